//! Lists of rooms that are still being furnished.

use crate::base::{Entry, Knob};

/// A learner.
pub(crate) trait Learner: Entry {
    /// Its settings.
    fn knobs(&self) -> &'static [Knob];
}

pub(crate) static LEARNERS: &[&dyn Learner] = &[];
