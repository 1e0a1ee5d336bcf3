//! Comparing the columns that feed a model with each other.

use std::sync::Arc;

use crate::base::{Problem, Task};
use crate::data::{Associations, Dataset, Link};

use crate::session::event::Outcome;
use crate::session::job::Work;

/// Looks for pairs of columns that go together.
pub struct Associate {
    /// The table.
    pub data: Arc<Dataset>,
    /// Which of its columns the model reads.
    pub link: Arc<Link>,
}

impl Work for Associate {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let found = Associations::of(&self.data, &self.link.columns, task).map_err(|_cancelled| super::cancelled())?;
        Ok(Outcome::Associations(Arc::new(found)))
    }
}
