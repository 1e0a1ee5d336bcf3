//! What jobs do, one file each. Work sees its inputs, a task and nothing of the session.

pub mod associate;
pub mod challenge;
mod comparable;
pub mod compare_file;
pub mod draw;
pub mod explain;
pub mod export;
pub mod forget;
pub mod link;
pub mod open;
pub mod profile;
pub mod report;
pub mod room;
pub mod save;
pub mod select;
pub mod session;
pub mod train;
pub mod what_if;

use std::sync::Arc;

use crate::base::{Problem, RowId, Seed};
use crate::data::{Dataset, Link};
use crate::model::Model;

use super::command::RowChoice;

use crate::explain::Truth;

/// A table and a model that fit each other.
#[derive(Clone)]
pub struct Joined {
    /// The table.
    pub data: Arc<Dataset>,
    /// The model.
    pub model: Arc<dyn Model>,
    /// Which column feeds which input.
    pub link: Arc<Link>,
}

/// The rows a choice means, each inside the table.
pub fn choose_rows(choice: &RowChoice, total: usize, seed: Seed) -> Result<Vec<RowId>, Problem> {
    let all = |range: std::ops::Range<u32>| range.map(RowId).collect::<Vec<_>>();
    let outside = |row: u32| {
        Problem::new(
            "Could not choose the rows",
            format!("row {row}"),
            format!("The table has {total} rows, counted from 0; choose rows below {total}"),
        )
    };
    match choice {
        RowChoice::All => Ok(all(0..total as u32)),
        RowChoice::Range(start, end) if *end as usize > total => Err(outside(end.saturating_sub(1).max(*start))),
        RowChoice::Range(start, end) => Ok(all(*start..*end)),
        RowChoice::List(list) => match list.iter().find(|r| r.index() >= total) {
            Some(row) => Err(outside(row.0)),
            None => Ok(list.clone()),
        },
        RowChoice::Draw(count) => {
            let picked = seed.child("rows", 0).choose(total, *count);
            Ok(picked.into_iter().map(|i| RowId(i as u32)).collect())
        }
    }
}

/// What a job answers when it was cancelled; `Job::run` turns it into `Outcome::Nothing`.
pub fn cancelled() -> Problem {
    Problem::new("Cancelled", "", "")
}

/// The true values of `rows`, from those of all rows.
fn truth_of(truth: &Truth, rows: &[RowId]) -> Truth {
    let pick = |values: &[f64]| rows.iter().map(|r| values.get(r.index()).copied().unwrap_or(f64::NAN)).collect();
    Truth { values: pick(&truth.values), weights: truth.weights.as_ref().map(|w| pick(w)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_outside_the_table_are_named() {
        let seed = Seed(1);
        assert_eq!(choose_rows(&RowChoice::Range(1, 3), 3, seed).expect("inside"), vec![RowId(1), RowId(2)]);
        let problem = choose_rows(&RowChoice::Range(1, 5), 3, seed).expect_err("row 4 is outside");
        assert_eq!(problem.place, "row 4");
        let problem = choose_rows(&RowChoice::List(vec![RowId(2), RowId(9)]), 3, seed).expect_err("row 9 is outside");
        assert_eq!(problem.place, "row 9");
    }

    #[test]
    fn drawn_rows_depend_on_the_seed_only() {
        let draw = |seed| choose_rows(&RowChoice::Draw(5), 1_000, Seed(seed)).expect("drawn inside");
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
