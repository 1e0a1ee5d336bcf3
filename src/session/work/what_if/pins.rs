//! Predictions of pinned variants that were never answered: those of an opened session, and those left in a hurry.

use std::sync::Arc;

use crate::base::{Problem, Task};
use crate::data::Value;

use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::work::Joined;

use super::Found;
use super::answer::predict;

/// Predicts them.
pub struct PredictPins {
    /// Table and model.
    pub joined: Joined,
    /// Cells of each variant.
    pub variants: Vec<Arc<[Value]>>,
}

impl Work for PredictPins {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { joined, variants } = *self;
        task.begin("predicting pinned variants", variants.len() as u64);
        let mut known = Vec::new();
        for values in variants {
            task.advance(1).map_err(|_cancelled| crate::session::work::cancelled())?;
            let (_, _, _, predictions) = predict(&joined, &values)?;
            known.push((values, predictions));
        }
        Ok(Outcome::WhatIf(Found::Pins(known)))
    }
}
