//! Finding the rows that a query names, in the columns of the table and in what was computed for its rows.

use std::sync::Arc;

use crate::base::{Problem, RowSet, Task};
use crate::data::find_rows_among;

use crate::session::derived::Derived;
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::scene::Scene;

/// Finds rows.
pub struct Select {
    /// What they are found in.
    pub scene: Scene,
    /// The output whose predictions and contributions are meant.
    pub output: usize,
    /// What is asked.
    pub query: String,
}

impl Work for Select {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        task.begin("finding rows", 0);
        let rows = rows_where(&self.scene, self.output, &self.query)?;
        if rows.is_empty() {
            // Selecting nothing would look as if nothing had happened.
            let hint = "Ask for less; the selection is as it was before";
            return Err(Problem::new("No row was found", format!("“{}”", self.query), hint));
        }
        Ok(Outcome::Rows(Arc::new(rows)))
    }
}

/// The rows of the scene's table that match `query`. Cost O(rows · conditions).
pub fn rows_where(scene: &Scene, output: usize, query: &str) -> Result<RowSet, Problem> {
    let what = "Could not find the rows";
    let data = scene.data.as_ref().ok_or_else(|| Problem::new(what, "no table is open", "Open a table first"))?;
    let derived = Derived { scene, output };
    let rows = find_rows_among(data, &|name| derived.column(name), query)
        .map_err(|error| Problem::new(what, format!("“{query}”: {}", error.what), error.hint))?;
    Ok(RowSet::of(data.row_count(), rows))
}
