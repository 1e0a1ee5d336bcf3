//! Decisions taken over as a whole: by undo, redo, an opened session or a recovered one.

use std::sync::Arc;

use super::command::{Plan, RowChoice};
use super::document::Decisions;
use super::job::Job;
use super::state::Session;

impl Session {
    /// Takes over what was decided elsewhere or earlier, as far as the open table and model allow it.
    pub(super) fn take_decisions(&mut self, wanted: Decisions) -> Vec<Job> {
        let rows = self.data.as_ref().map_or(0, |d| d.row_count());
        let (inputs, outputs) = self.model.as_ref().map_or((0, 0), |m| (m.card().inputs.len(), m.card().outputs.len()));
        let roles = Arc::clone(&wanted.roles);
        self.decided = Decisions {
            roles: Arc::clone(&self.decided.roles),
            row: wanted.row.filter(|row| row.index() < rows),
            feature: wanted.feature.filter(|feature| *feature < inputs),
            selection: wanted.selection.filter(|set| set.total() == rows && !set.is_empty()),
            cohorts: wanted.cohorts,
            output: wanted.output.min(outputs.saturating_sub(1)),
            threshold: if (0.0..=1.0).contains(&wanted.threshold) { wanted.threshold } else { 0.5 },
            plan: wanted.plan,
        };
        if self.data.is_some() {
            self.fit_plan(rows);
        }
        let fits = self.data.as_ref().is_some_and(|d| d.roles().len() == roles.len() && *d.roles() != *roles);
        let mut jobs = if fits { self.take_roles(roles.to_vec()) } else { Vec::new() };
        jobs.extend(self.what_if_again(true));
        jobs.extend(self.differ_jobs());
        jobs.extend(self.take_cohorts());
        jobs
    }

    /// A plan about rows outside a table of `total` rows is about all of them instead.
    pub(super) fn fit_plan(&mut self, total: usize) {
        if !fits(&self.decided.plan.rows, total) {
            self.decided.plan = Arc::new(Plan { rows: RowChoice::All, ..Plan::clone(&self.decided.plan) });
        }
    }
}

/// Whether a choice of rows lies inside a table of `total` rows.
fn fits(rows: &RowChoice, total: usize) -> bool {
    match rows {
        RowChoice::All | RowChoice::Draw(_) => true,
        RowChoice::Range(_, end) => *end as usize <= total,
        RowChoice::List(list) => list.iter().all(|r| r.index() < total),
    }
}
