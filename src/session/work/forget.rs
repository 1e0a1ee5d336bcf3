//! Freeing what is no longer needed, away from the window's thread.

use std::any::Any;
use std::sync::Arc;

use crate::base::{Problem, Task};

use crate::session::event::Outcome;
use crate::session::job::Work;

/// Frees what nobody else holds any more.
pub struct Forget(pub Vec<Arc<dyn Any + Send + Sync>>);

impl Work for Forget {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        task.begin("freeing memory", 0);
        let Self(gone) = *self;
        drop(gone);
        Ok(Outcome::Nothing)
    }
}
