//! Named groups of rows: chosen once, or found by a query whenever what it asks about changes.

use std::sync::Arc;

use crate::base::{Problem, RowSet, Task};

use super::command::CohortBy;
use super::document::decisions::Named;
use super::event::Outcome;
use super::job::{Job, Work};
use super::ledger::Purpose;
use super::scene::Scene;
use super::state::Session;
use super::work::select::rows_where;

/// A named group of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    /// Its name, unlike that of any other.
    pub name: String,
    /// What makes a row belong to it.
    pub by: CohortBy,
    /// Its rows now.
    pub rows: Arc<RowSet>,
    /// Why its query finds no rows any more: a column is gone, or nothing is predicted.
    pub problem: Option<String>,
    /// Told apart from what the cohort was before: charts of older rows are drawn anew.
    pub(super) serial: u64,
}

impl Session {
    /// Makes or changes a cohort.
    pub(super) fn set_cohort(&mut self, name: &str, by: CohortBy) -> Vec<Job> {
        let name = name.trim();
        let Some(data) = &self.data else { return Vec::new() };
        if name.is_empty() {
            let hint = "Give the cohort a name";
            self.problems.push(Problem::new("Could not keep the cohort", "it has no name", hint));
            return Vec::new();
        }
        let choice = match by {
            CohortBy::Rows(rows) if rows.total() == data.row_count() => {
                Named { name: name.to_owned(), query: None, rows: Some(rows) }
            }
            CohortBy::Rows(_) => return Vec::new(),
            CohortBy::Query(query) => Named { name: name.to_owned(), query: Some(query), rows: None },
        };
        let mut all = self.decided.cohorts.to_vec();
        match all.iter_mut().find(|c| c.name == name) {
            Some(known) => *known = choice,
            None => all.push(choice),
        }
        self.decided.cohorts = all.into();
        self.take_cohorts()
    }

    /// Removes a cohort.
    pub(super) fn remove_cohort(&mut self, name: &str) -> Vec<Job> {
        self.decided.cohorts = self.decided.cohorts.iter().filter(|c| c.name != name).cloned().collect();
        self.take_cohorts()
    }

    /// Makes cohorts of what was decided; those that are as before keep their rows until they are found anew. Rows that were
    /// chosen in another table are no cohort of this one.
    pub(super) fn take_cohorts(&mut self) -> Vec<Job> {
        let total = self.data.as_ref().map_or(0, |d| d.row_count());
        let mut old = std::mem::take(&mut self.cohorts);
        for choice in self.decided.cohorts.iter() {
            let by = match (&choice.query, &choice.rows) {
                (Some(query), _) => CohortBy::Query(query.clone()),
                (None, Some(rows)) if rows.total() == total => CohortBy::Rows(Arc::clone(rows)),
                (None, _) => continue,
            };
            let same = old.iter().position(|c| c.name == choice.name && c.by == by && c.rows.total() == total);
            let cohort = same.map(|place| old.swap_remove(place)).unwrap_or_else(|| {
                self.ledger.cohorts += 1;
                let rows = match &by {
                    CohortBy::Rows(rows) => Arc::clone(rows),
                    CohortBy::Query(_) => Arc::new(RowSet::empty(total)),
                };
                Cohort { name: choice.name.clone(), by, rows, problem: None, serial: self.ledger.cohorts }
            });
            self.cohorts.push(cohort);
        }
        if !old.is_empty() {
            self.ledger.cohorts += 1;
        }
        self.find_cohorts()
    }

    /// One job that finds the rows of every cohort with a query, in the order in which they were made, so that a query may
    /// name the cohorts before its own. None where no cohort has a query.
    pub(super) fn find_cohorts(&mut self) -> Vec<Job> {
        self.cancel_where(|p| *p == Purpose::Cohorts);
        let query = |cohort: &Cohort| match &cohort.by {
            CohortBy::Query(query) => Some((cohort.name.clone(), query.clone())),
            CohortBy::Rows(_) => None,
        };
        let queries: Vec<(String, String)> = self.cohorts.iter().filter_map(query).collect();
        if queries.is_empty() || self.data.is_none() {
            return Vec::new();
        }
        let work = Find { scene: self.scene(), output: self.decided.output, queries };
        vec![self.issue(Purpose::Cohorts, "Finding the rows of cohorts".to_owned(), work)]
    }

    /// The same where a query names one of `words`, all of them parts of computed columns' names.
    pub(super) fn find_cohorts_by(&mut self, words: &[&str]) -> Vec<Job> {
        let asks = self.cohorts.iter().any(|cohort| match &cohort.by {
            CohortBy::Query(query) => words.iter().any(|word| query.to_lowercase().contains(word)),
            CohortBy::Rows(_) => false,
        });
        if asks { self.find_cohorts() } else { Vec::new() }
    }

    /// The rows of cohorts were found.
    pub(super) fn adopt_cohorts(&mut self, found: Vec<(String, Found)>) {
        let total = self.data.as_ref().map_or(0, |d| d.row_count());
        for (name, found) in found {
            let Some(cohort) = self.cohorts.iter_mut().find(|c| c.name == name) else { continue };
            let (rows, problem) = match found {
                Ok(rows) => (rows, None),
                Err(problem) => (Arc::new(RowSet::empty(total)), Some(problem)),
            };
            if cohort.rows != rows || cohort.problem != problem {
                self.ledger.cohorts += 1;
                (cohort.rows, cohort.problem, cohort.serial) = (rows, problem, self.ledger.cohorts);
            }
        }
    }
}

/// The rows of a cohort, or why its query finds none.
pub type Found = Result<Arc<RowSet>, String>;

/// Finds the rows of cohorts. A query that cannot be answered now is no failure of the job: its cohort says why.
struct Find {
    scene: Scene,
    output: usize,
    /// Names and queries, in order.
    queries: Vec<(String, String)>,
}

impl Work for Find {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { mut scene, output, queries } = *self;
        task.begin("finding rows", queries.len() as u64);
        let mut cohorts = scene.cohorts.to_vec();
        let mut all = Vec::new();
        for (name, query) in queries {
            let place = cohorts.iter().position(|c| c.name == name).unwrap_or(cohorts.len());
            // A query sees the cohorts before its own only, so that none can ask about itself.
            scene.cohorts = cohorts.get(..place).unwrap_or(&[]).into();
            let found = rows_where(&scene, output, &query).map(Arc::new);
            if let (Ok(rows), Some(cohort)) = (&found, cohorts.get_mut(place)) {
                cohort.rows = Arc::clone(rows);
            }
            all.push((name, found.map_err(|p| format!("{}. {}", p.place, p.hint))));
            task.advance(1).map_err(|_cancelled| super::work::cancelled())?;
        }
        Ok(Outcome::Cohorts(all))
    }
}
