//! Profiling the columns of a table.

use std::sync::Arc;

use crate::base::{Problem, Task};
use crate::data::{Dataset, TableProfile};

use crate::session::event::Outcome;
use crate::session::job::Work;

/// Looks at every column.
pub struct Profile {
    /// The table.
    pub data: Arc<Dataset>,
}

impl Work for Profile {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let profile = TableProfile::of(&self.data, task).map_err(|_cancelled| super::cancelled())?;
        Ok(Outcome::Profile(Arc::new(profile)))
    }
}
