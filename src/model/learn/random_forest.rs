//! A forest of trees by smartcore, each from rows drawn with replacement.

use smartcore::ensemble::random_forest_classifier::{RandomForestClassifier, RandomForestClassifierParameters};
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};

use crate::base::{Entry, Kind, Knob, Knobs, Seed, Task};
use crate::num::parallel;

use super::super::card::TaskKind;
use super::super::error::ModelError;
use super::super::link::LinkFunction;
use super::super::load::native::NativeBody;
use super::super::predict::Scale;
use super::super::training::{dense, failed, grow};
use super::super::trees::Tree;
use super::{Fitted, HELD_OUT, Learner, TrainingSet, say_level_codes};

/// Most rows handed to smartcore in one call that cannot be interrupted.
const MOST_ROWS: usize = 50_000;

const KNOBS: &[Knob] = &[
    Knob {
        id: "trees",
        label: "Trees",
        help: "Number of trees that are averaged",
        kind: Kind::Count { default: 100, min: 1, max: 2000 },
    },
    Knob {
        id: "depth",
        label: "Deepest path",
        help: "Most splits on the way to a leaf",
        kind: Kind::Count { default: 12, min: 1, max: 30 },
    },
    Knob {
        id: "leaf-rows",
        label: "Rows in a leaf",
        help: "Fewest training rows in a leaf",
        kind: Kind::Count { default: 3, min: 1, max: 100_000 },
    },
    Knob {
        id: "columns",
        label: "Columns per split",
        help: "Columns tried at each split; 0 takes the square root of their number for classes, a third for numbers",
        kind: Kind::Count { default: 0, min: 0, max: 100_000 },
    },
    HELD_OUT,
];

/// An average of trees.
pub struct RandomForest;

impl Entry for RandomForest {
    fn id(&self) -> &'static str {
        "random-forest"
    }

    fn title(&self) -> &'static str {
        "Random forest"
    }

    fn summary(&self) -> &'static str {
        "The average of many trees, each grown on rows drawn at random"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Breiman 2001, Random forests; class shares of leaves are averaged (Provost and Domingos 2003)"]
    }
}

impl Learner for RandomForest {
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
        let count = knobs.count("trees").max(1) as usize;
        task.begin("growing trees", count as u64);
        // One call per tree, so that work can stop between trees; the draws depend on seed and tree alone.
        let grown = parallel::map(count, task, |i| one_tree(&set, knobs, seed.child("forest tree", i as u64).bits()))?;
        let trees = grown.into_iter().collect::<Result<Vec<Tree>, ModelError>>()?;
        let ensemble = grow::ensemble(&set, trees, vec![0.0; set.outputs()], count as f64);
        let facts = grow::facts(&ensemble);
        let native_scale = if set.kind == TaskKind::Regression { Scale::Target } else { Scale::Probability };
        Ok(Fitted { body: NativeBody::Trees { ensemble, link: LinkFunction::Identity }, native_scale, facts, notes })
    }
}

fn one_tree(set: &TrainingSet, knobs: &Knobs, seed: u64) -> Result<Tree, ModelError> {
    let x = dense(set.rows(), set.inputs.len(), set.filled.values().to_vec())?;
    // smartcore counts levels of nodes, we count splits: one less.
    let (depth, leaf) = (knobs.count("depth") as u16 + 1, knobs.count("leaf-rows") as usize);
    let width = set.inputs.len();
    let chosen = match (knobs.count("columns") as usize, set.kind) {
        (0, TaskKind::Regression) => width.div_ceil(3),
        (0, _) => (width as f64).sqrt().ceil() as usize,
        (some, _) => some,
    };
    let columns = chosen.clamp(1, width.max(1));
    let regression = set.kind == TaskKind::Regression;
    let trees = if regression {
        let parameters = RandomForestRegressorParameters::default()
            .with_max_depth(depth)
            .with_min_samples_leaf(leaf)
            .with_n_trees(1)
            .with_m(columns)
            .with_seed(seed);
        let fitted = RandomForestRegressor::fit(&x, &set.targets, parameters).map_err(|e| failed(&e))?;
        grow::trees(&fitted, &set.fills)?
    } else {
        let classes: Vec<u32> = set.targets.iter().map(|t| *t as u32).collect();
        let parameters = RandomForestClassifierParameters::default()
            .with_max_depth(depth)
            .with_min_samples_leaf(leaf)
            .with_n_trees(1)
            .with_m(columns as _)
            .with_seed(seed);
        let fitted = RandomForestClassifier::fit(&x, &classes, parameters).map_err(|e| failed(&e))?;
        grow::trees(&fitted, &set.fills)?
    };
    let mut tree = trees.into_iter().next().expect("a forest of one tree holds one tree");
    if regression {
        grow::recount(&mut tree, set.filled.view());
    } else {
        grow::class_shares(&mut tree, set);
    }
    Ok(tree)
}
