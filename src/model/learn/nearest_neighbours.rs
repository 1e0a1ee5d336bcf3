//! k nearest neighbours on scaled columns. There is nothing to fit: the rows are the model.

use crate::base::{Entry, Kind, Knob, Knobs, Seed, Task};

use super::super::card::TaskKind;
use super::super::error::ModelError;
use super::super::learned::{Body, Neighbours};
use super::super::load::native::NativeBody;
use super::super::predict::Scale;
use super::{Fitted, HELD_OUT, Learner, TrainingSet};

/// Most rows a model stores; every prediction reads all of them.
const MOST_ROWS: usize = 10_000;

const KNOBS: &[Knob] = &[
    Knob {
        id: "k",
        label: "Neighbours",
        help: "Number of nearest rows that vote",
        kind: Kind::Count { default: 15, min: 1, max: 1000 },
    },
    Knob {
        id: "weights",
        label: "Votes",
        help: "Whether near rows weigh more",
        kind: Kind::Choice { default: "equal", of: &["equal", "distance"] },
    },
    HELD_OUT,
];

/// The mean of the nearest rows.
pub struct NearestNeighbours;

impl Entry for NearestNeighbours {
    fn id(&self) -> &'static str {
        "nearest-neighbours"
    }

    fn title(&self) -> &'static str {
        "Nearest neighbours"
    }

    fn summary(&self) -> &'static str {
        "The vote or mean of the most similar training rows, all of which the model stores"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Fix and Hodges 1951; Cover and Hart 1967"]
    }
}

impl Learner for NearestNeighbours {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn tasks(&self) -> &'static [TaskKind] {
        &[TaskKind::Binary, TaskKind::Multiclass, TaskKind::Regression]
    }

    fn train(&self, set: &TrainingSet, knobs: &Knobs, seed: Seed, task: &Task) -> Result<Fitted, ModelError> {
        let mut notes = Vec::new();
        let set = set.at_most(MOST_ROWS, seed, &mut notes);
        task.begin("storing rows", 1);
        notes.push("The model file holds its training rows; do not pass it on where the table must not go".to_owned());
        let coding = set.coding();
        let stored = Neighbours {
            rows: set.coded(&coding),
            coding,
            targets: set.targets.clone(),
            k: (knobs.count("k").max(1) as usize).min(set.rows()),
            by_distance: knobs.choice("weights") == "distance",
            classes: set.classes.len(),
        };
        task.advance(1)?;
        let facts = vec![("stored rows".to_owned(), set.rows().to_string())];
        let native_scale = if set.kind == TaskKind::Regression { Scale::Target } else { Scale::Probability };
        Ok(Fitted { body: NativeBody::Learned(Body::Neighbours(stored)), native_scale, facts, notes })
    }
}
