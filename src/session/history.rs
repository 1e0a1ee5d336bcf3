//! Undo and redo of everything the user decides, each step with its name.

use std::sync::Arc;

use super::document::Decisions;
use super::document::decisions::{Known, Owner, Weight};
use super::job::Job;
use super::state::Session;

/// Steps kept; older ones are forgotten.
const DEPTH: usize = 10_000;
/// Bytes that the selections of all steps may take; older steps are forgotten.
const BYTES: usize = 256 << 20;

/// One change that can be taken back.
#[derive(Clone, Debug)]
pub struct Step {
    /// What undo would take back, as the menu shows it: `Role of “age”`.
    pub name: String,
    /// What was decided before.
    pub before: Decisions,
    /// What was decided then.
    pub after: Decisions,
    /// The part that may go on changing within this step.
    open: Option<&'static str>,
}

/// Done and undone steps.
#[derive(Debug, Default)]
pub struct History {
    /// Newest last.
    done: Vec<Step>,
    /// Next to repeat last.
    undone: Vec<Step>,
    /// Bytes of selections in all steps.
    bytes: usize,
}

impl History {
    /// Remembers a change; what was undone before can no longer be repeated. Changes by dragging that follow each other
    /// become one step, which vanishes when everything is as before. Where somebody looks while something can be
    /// repeated is no step of its own, so that looking around after undo does not take redo away.
    pub fn push(&mut self, before: Decisions, after: Decisions, known: Known<'_>) {
        let Some(part) = before.change(&after) else { return };
        if part.weight == Weight::Glance && !self.undone.is_empty() {
            if let Some(last) = self.done.last_mut() {
                if let Some(part) = last.before.change(&after) {
                    last.name = (part.name)(&last.before, &after, known);
                }
                last.after = after;
            }
            return;
        }
        self.undone.clear();
        let open = part.weight.goes_on().then_some(part.id);
        let name = (part.name)(&before, &after, known);
        match self.done.last_mut().filter(|last| open.is_some() && last.open == open) {
            Some(last) if last.before.same(&after) => {
                self.done.pop();
            }
            Some(last) => {
                last.after = after;
                last.name = name;
            }
            None => self.done.push(Step { name, before, after, open }),
        }
        self.trim();
    }

    /// Takes back the newest step and answers what was decided before it.
    pub fn undo(&mut self) -> Option<Decisions> {
        let mut step = self.done.pop()?;
        step.open = None;
        let before = step.before.clone();
        self.undone.push(step);
        self.close();
        Some(before)
    }

    /// Repeats what was taken back last and answers what was decided then.
    pub fn redo(&mut self) -> Option<Decisions> {
        let step = self.undone.pop()?;
        let after = step.after.clone();
        self.done.push(step);
        Some(after)
    }

    /// Ends the newest step: what follows is a step of its own.
    pub fn close(&mut self) {
        if let Some(last) = self.done.last_mut() {
            last.open = None;
        }
    }

    /// The name of what undo would take back.
    pub fn undo_name(&self) -> Option<&str> {
        self.done.last().map(|s| s.name.as_str())
    }

    /// The name of what redo would repeat.
    pub fn redo_name(&self) -> Option<&str> {
        self.undone.last().map(|s| s.name.as_str())
    }

    /// How many steps are done; the others were taken back.
    pub fn done_count(&self) -> usize {
        self.done.len()
    }

    /// How many steps there are, done and taken back.
    pub fn len(&self) -> usize {
        self.done.len() + self.undone.len()
    }

    /// Whether nothing was decided yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether steps stand that are more than looking, and whose sum is a change.
    pub fn has_weight(&self) -> bool {
        let back = |first: &Step, last: &Step| first.before.saves_same(&last.after);
        let is_back = self.done.first().zip(self.done.last()).is_some_and(|(first, last)| back(first, last));
        !is_back && self.done.iter().any(|step| !step.before.saves_same(&step.after))
    }

    /// The name of the step at `position`, oldest first.
    pub fn name(&self, position: usize) -> Option<&str> {
        let undone = || self.undone.iter().rev().nth(position.checked_sub(self.done.len())?);
        self.done.get(position).or_else(undone).map(|step| step.name.as_str())
    }

    /// Another table or model is open: decisions about the old one are forgotten, all others stay.
    pub fn rebase(&mut self, owner: Owner, current: &Decisions) {
        for steps in [&mut self.done, &mut self.undone] {
            for step in steps.iter_mut() {
                step.before.rebase(owner, current);
                step.after.rebase(owner, current);
                step.open = None;
            }
            steps.retain(|step| !step.before.same(&step.after));
        }
        self.trim();
    }

    /// Forgets everything: another document is open.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn trim(&mut self) {
        let size = |step: &Step| match (&step.before.selection, &step.after.selection) {
            (Some(before), Some(after)) if Arc::ptr_eq(before, after) => 0,
            (_, Some(after)) => after.total() / 8,
            _ => 0,
        };
        self.bytes = self.done.iter().map(size).sum();
        let mut drop = self.done.len().saturating_sub(DEPTH);
        let mut held = self.bytes - self.done.iter().take(drop).map(size).sum::<usize>();
        // The newest step can always be taken back.
        while held > BYTES && drop + 1 < self.done.len() {
            held -= self.done.get(drop).map_or(0, size);
            drop += 1;
        }
        self.done.drain(..drop);
        self.bytes = held;
    }
}

impl Session {
    /// Remembers what changed since `before` as a step.
    pub(super) fn remember(&mut self, before: Decisions) {
        let known = Known { data: self.data.as_deref(), model: self.model.as_deref() };
        self.history.push(before, self.decided.clone(), known);
    }

    pub(super) fn undo(&mut self) -> Vec<Job> {
        self.history.undo().map_or_else(Vec::new, |before| self.take_decisions(before))
    }

    pub(super) fn redo(&mut self) -> Vec<Job> {
        self.history.redo().map_or_else(Vec::new, |after| self.take_decisions(after))
    }

    /// Goes to the state after `steps` steps.
    pub(super) fn revisit(&mut self, steps: usize) -> Vec<Job> {
        let mut found = None;
        while self.history.done_count() > steps {
            found = self.history.undo();
        }
        while self.history.done_count() < steps {
            match self.history.redo() {
                Some(after) => found = Some(after),
                None => break,
            }
        }
        found.map_or_else(Vec::new, |decisions| self.take_decisions(decisions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RowId;
    use crate::session::command::Plan;

    fn threshold(value: f64) -> Decisions {
        Decisions { threshold: value, ..Decisions::default() }
    }

    fn output(value: usize) -> Decisions {
        Decisions { output: value, ..Decisions::default() }
    }

    fn push(history: &mut History, before: &Decisions, after: &Decisions) {
        history.push(before.clone(), after.clone(), Known::default());
    }

    #[test]
    fn a_new_change_ends_what_could_be_repeated() {
        let mut history = History::default();
        push(&mut history, &output(0), &output(1));
        push(&mut history, &output(1), &output(2));
        assert_eq!(history.undo().map(|d| d.output), Some(1));
        assert_eq!((history.done_count(), history.len()), (1, 2));
        assert_eq!(history.redo().map(|d| d.output), Some(2));
        history.undo();
        push(&mut history, &output(1), &output(7));
        assert_eq!((history.done_count(), history.redo_name()), (2, None));
    }

    #[test]
    fn dragging_is_one_step_and_dragging_back_is_none() {
        let mut history = History::default();
        push(&mut history, &threshold(0.5), &threshold(0.6));
        push(&mut history, &threshold(0.6), &threshold(0.75));
        assert_eq!((history.len(), history.undo_name()), (1, Some("Decision threshold 0.75")));
        assert_eq!(history.undo().map(|d| d.threshold.to_bits()), Some(0.5_f64.to_bits()));
        push(&mut history, &threshold(0.5), &threshold(0.6));
        push(&mut history, &threshold(0.6), &threshold(0.5));
        assert!(history.is_empty());
        push(&mut history, &output(0), &output(1));
        push(&mut history, &output(1), &output(2));
        assert_eq!(history.len(), 2, "choices are steps of their own");
    }

    #[test]
    fn a_change_after_undo_is_a_step_of_its_own() {
        let mut history = History::default();
        push(&mut history, &threshold(0.5), &threshold(0.6));
        push(&mut history, &output(0), &output(1));
        history.undo();
        push(&mut history, &threshold(0.6), &threshold(0.7));
        assert_eq!(history.len(), 2, "undo ended the first dragging");
    }

    #[test]
    fn looking_around_after_undo_leaves_redo() {
        let mut history = History::default();
        let (start, row) = (Decisions::default(), Decisions { row: Some(RowId(3)), ..Decisions::default() });
        push(&mut history, &start, &row);
        push(&mut history, &row, &Decisions { threshold: 0.7, ..row.clone() });
        history.undo();
        history.undo();
        push(&mut history, &start, &Decisions { row: Some(RowId(0)), ..Decisions::default() });
        assert_eq!((history.done_count(), history.redo_name()), (0, Some("Row 3")));
        assert!(history.redo().is_some_and(|after| after.same(&row)));
        // What was looked at meanwhile is found again, even where the undone step ends with the model it was about.
        let looked = Decisions { row: Some(RowId(5)), ..Decisions::default() };
        push(&mut history, &row, &looked);
        history.rebase(Owner::Model, &looked);
        assert_eq!((history.undo_name(), history.redo_name()), (Some("Row 5"), None));
        history.undo();
        assert!(history.redo().is_some_and(|after| after.same(&looked)));
    }

    #[test]
    fn another_table_forgets_what_was_about_it_but_not_the_plan() {
        let mut history = History::default();
        let row = Decisions { row: Some(RowId(3)), ..Decisions::default() };
        let plan = Decisions { plan: Arc::new(Plan { background_rows: 7, ..Plan::default() }), ..row.clone() };
        push(&mut history, &Decisions::default(), &row);
        push(&mut history, &row, &plan);
        history.rebase(Owner::Table, &Decisions::default());
        assert_eq!((history.len(), history.undo_name()), (1, Some("How to explain")));
        assert_eq!(history.undo().map(|d| d.row), Some(None));
    }

    #[test]
    fn ten_thousand_steps_are_kept_and_the_oldest_go_first() {
        let mut history = History::default();
        for step in 0..DEPTH + 5 {
            push(&mut history, &output(step), &output(step + 1));
        }
        assert_eq!(history.len(), DEPTH);
        let oldest = std::iter::from_fn(|| history.undo()).last();
        assert_eq!(oldest.map(|d| d.output), Some(5));
    }
}
