//! A single tree (CART) by smartcore.

use smartcore::tree::decision_tree_classifier::{DecisionTreeClassifier, DecisionTreeClassifierParameters};
use smartcore::tree::decision_tree_regressor::{DecisionTreeRegressor, DecisionTreeRegressorParameters};

use crate::base::{Entry, Kind, Knob, Knobs, Seed, Task};

use super::super::card::TaskKind;
use super::super::error::ModelError;
use super::super::link::LinkFunction;
use super::super::load::native::NativeBody;
use super::super::predict::Scale;
use super::super::training::{dense, failed, grow};
use super::{Fitted, HELD_OUT, Learner, TrainingSet, say_level_codes};

/// Most rows handed to smartcore in one call that cannot be interrupted.
const MOST_ROWS: usize = 100_000;

const KNOBS: &[Knob] = &[
    Knob {
        id: "depth",
        label: "Deepest path",
        help: "Most splits on the way to a leaf",
        kind: Kind::Count { default: 6, min: 1, max: 30 },
    },
    Knob {
        id: "leaf-rows",
        label: "Rows in a leaf",
        help: "Fewest training rows in a leaf",
        kind: Kind::Count { default: 5, min: 1, max: 100_000 },
    },
    HELD_OUT,
];

/// A single tree.
pub struct DecisionTree;

impl Entry for DecisionTree {
    fn id(&self) -> &'static str {
        "decision-tree"
    }

    fn title(&self) -> &'static str {
        "Decision tree"
    }

    fn summary(&self) -> &'static str {
        "One tree of yes-or-no questions that a person can follow"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Breiman, Friedman, Olshen and Stone 1984, Classification and regression trees"]
    }
}

impl Learner for DecisionTree {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn tasks(&self) -> &'static [TaskKind] {
        &[TaskKind::Binary, TaskKind::Multiclass, TaskKind::Regression]
    }

    fn train(&self, set: &TrainingSet, knobs: &Knobs, seed: Seed, task: &Task) -> Result<Fitted, ModelError> {
        let mut notes = Vec::new();
        let set = set.at_most(MOST_ROWS, seed, &mut notes);
        say_level_codes(&set, &mut notes);
        task.begin("growing a tree", 1);
        let x = dense(set.rows(), set.inputs.len(), set.filled.values().to_vec())?;
        // smartcore counts levels of nodes, we count splits: one less.
        let (depth, leaf) = (knobs.count("depth") as u16 + 1, knobs.count("leaf-rows") as usize);
        let regression = set.kind == TaskKind::Regression;
        let mut trees = if regression {
            let parameters =
                DecisionTreeRegressorParameters::default().with_max_depth(depth).with_min_samples_leaf(leaf);
            let fitted = DecisionTreeRegressor::fit(&x, &set.targets, parameters).map_err(|e| failed(&e))?;
            grow::trees(&fitted, &set.fills)?
        } else {
            let classes: Vec<u32> = set.targets.iter().map(|t| *t as u32).collect();
            let parameters =
                DecisionTreeClassifierParameters::default().with_max_depth(depth).with_min_samples_leaf(leaf);
            let fitted = DecisionTreeClassifier::fit(&x, &classes, parameters).map_err(|e| failed(&e))?;
            grow::trees(&fitted, &set.fills)?
        };
        task.advance(1)?;
        for tree in &mut trees {
            if regression {
                grow::recount(tree, set.filled.view());
            } else {
                grow::class_shares(tree, &set);
            }
        }
        let ensemble = grow::ensemble(&set, trees, vec![0.0; set.outputs()], 1.0);
        let facts = grow::facts(&ensemble);
        let native_scale = if regression { Scale::Target } else { Scale::Probability };
        Ok(Fitted { body: NativeBody::Trees { ensemble, link: LinkFunction::Identity }, native_scale, facts, notes })
    }
}
