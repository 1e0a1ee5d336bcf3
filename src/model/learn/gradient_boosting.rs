//! Gradient boosting in our own loop over smartcore's regression trees: squared error, logistic loss, softmax loss.

use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::tree::decision_tree_regressor::{DecisionTreeRegressor, DecisionTreeRegressorParameters};

use crate::base::{Entry, Kind, Knob, Knobs, Seed, Task};
use crate::num::stats::mean;

use super::super::card::TaskKind;
use super::super::error::ModelError;
use super::super::load::native::NativeBody;
use super::super::predict::Scale;
use super::super::training::{dense, failed, grow};
use super::super::trees::{Accumulate, Tree};
use super::{Fitted, HELD_OUT, Learner, TrainingSet, link_of, say_level_codes};

/// Most rows handed to smartcore in one call that cannot be interrupted.
const MOST_ROWS: usize = 50_000;
/// Added to the summed curvature of a leaf, so that pure leaves stay finite (XGBoost's `lambda`).
const LAMBDA: f64 = 1.0;

const KNOBS: &[Knob] = &[
    Knob {
        id: "rounds",
        label: "Rounds",
        help: "Trees that are added one after the other (for each class when there are several)",
        kind: Kind::Count { default: 100, min: 1, max: 2000 },
    },
    Knob {
        id: "rate",
        label: "Learning rate",
        help: "Share of each tree that is added",
        kind: Kind::Real { default: 0.1, min: 0.001, max: 1.0 },
    },
    Knob {
        id: "depth",
        label: "Deepest path",
        help: "Most splits on the way to a leaf",
        kind: Kind::Count { default: 3, min: 1, max: 30 },
    },
    Knob {
        id: "leaf-rows",
        label: "Rows in a leaf",
        help: "Fewest training rows in a leaf",
        kind: Kind::Count { default: 5, min: 1, max: 100_000 },
    },
    HELD_OUT,
];

/// A sum of small trees.
pub struct GradientBoosting;

impl Entry for GradientBoosting {
    fn id(&self) -> &'static str {
        "gradient-boosting"
    }

    fn title(&self) -> &'static str {
        "Gradient-boosted trees"
    }

    fn summary(&self) -> &'static str {
        "A sum of small trees, each correcting the ones before"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Friedman 2001, Greedy function approximation; leaves by a Newton step as in Chen and Guestrin 2016"]
    }
}

impl Learner for GradientBoosting {
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
        let x = dense(set.rows(), set.inputs.len(), set.filled.values().to_vec())?;
        let base = start(&set);
        let mut boost = Boost { set: &set, x: &x, knobs, scores: base.repeat(set.rows()), trees: Vec::new() };
        let rounds = knobs.count("rounds").max(1);
        task.begin("boosting", rounds);
        for _ in 0..rounds {
            boost.round(task)?;
            task.advance(1)?;
        }
        let ensemble = grow::ensemble(&set, boost.trees, base, 1.0);
        let facts = grow::facts(&ensemble);
        let native_scale = if set.kind == TaskKind::Regression { Scale::Target } else { Scale::Margin };
        Ok(Fitted { body: NativeBody::Trees { ensemble, link: link_of(set.kind) }, native_scale, facts, notes })
    }
}

/// The best constant of each output: the mean, the log-odds of the positive class, the logarithms of the class shares.
fn start(set: &TrainingSet) -> Vec<f64> {
    match set.kind {
        TaskKind::Multiclass => {
            let share = |k: usize| set.targets.iter().filter(|t| **t as usize == k).count() as f64 / set.rows() as f64;
            (0..set.classes.len()).map(|k| libm::log(share(k).max(1e-6))).collect()
        }
        TaskKind::Binary => {
            let share = mean(&set.targets).clamp(1e-6, 1.0 - 1e-6);
            vec![libm::log(share / (1.0 - share))]
        }
        _ => vec![mean(&set.targets)],
    }
}

struct Boost<'a> {
    set: &'a TrainingSet,
    x: &'a DenseMatrix<f64>,
    knobs: &'a Knobs,
    /// Shape (rows, outputs), row-major.
    scores: Vec<f64>,
    trees: Vec<Tree>,
}

impl Boost<'_> {
    /// One tree for each output, all against the scores before the round.
    fn round(&mut self, task: &Task) -> Result<(), ModelError> {
        let outputs = self.set.outputs();
        let (slopes, curvatures) = self.derivatives();
        for k in 0..outputs {
            task.check()?;
            let goal: Vec<f64> = slopes.iter().skip(k).step_by(outputs).map(|g| -g).collect();
            let parameters = DecisionTreeRegressorParameters::default()
                .with_max_depth(self.knobs.count("depth") as u16 + 1)
                .with_min_samples_leaf(self.knobs.count("leaf-rows") as usize);
            let fitted = DecisionTreeRegressor::fit(self.x, &goal, parameters).map_err(|e| failed(&e))?;
            let mut tree = grow::trees(&fitted, &self.set.fills)?.into_iter().next().expect("one tree was fitted");
            tree.output = Some(k as u32);
            let reached = grow::recount(&mut tree, self.set.filled.view());
            self.newton(&mut tree, &reached, (&goal, &curvatures), k);
            self.trees.push(tree);
        }
        Ok(())
    }

    /// Slope and curvature of the loss in each score.
    fn derivatives(&self) -> (Vec<f64>, Vec<f64>) {
        let outputs = self.set.outputs();
        let (mut slopes, mut curvatures) = (self.scores.clone(), vec![1.0; self.scores.len()]);
        for (i, (row, bend)) in slopes.chunks_exact_mut(outputs).zip(curvatures.chunks_exact_mut(outputs)).enumerate() {
            let y = self.set.targets[i];
            if self.set.kind == TaskKind::Regression {
                row[0] -= y;
                continue;
            }
            link_of(self.set.kind).apply(Accumulate::F64, row);
            for (k, (p, h)) in row.iter_mut().zip(bend).enumerate() {
                *h = *p * (1.0 - *p);
                let came_true = if outputs == 1 { y > 0.5 } else { y as usize == k };
                *p -= f64::from(u8::from(came_true));
            }
        }
        (slopes, curvatures)
    }

    /// Leaf values by one Newton step times the learning rate; adds the tree to the scores.
    fn newton(&mut self, tree: &mut Tree, reached: &[usize], (goal, curvatures): (&[f64], &[f64]), k: usize) {
        let outputs = self.set.outputs();
        // Squared error has curvature 1 in every row: the plain mean of the leaf, without a pull towards 0.
        let pull = if self.set.kind == TaskKind::Regression { 0.0 } else { LAMBDA };
        let mut sums = vec![(0.0, pull); tree.leaf_values.len()];
        for (i, at) in reached.iter().enumerate() {
            let sum = &mut sums[tree.nodes[*at].left as usize];
            sum.0 += goal[i];
            sum.1 += curvatures[i * outputs + k];
        }
        let rate = self.knobs.real("rate");
        for (value, (slope, bend)) in tree.leaf_values.iter_mut().zip(sums) {
            *value = if bend > 0.0 { rate * slope / bend } else { 0.0 };
        }
        for (i, at) in reached.iter().enumerate() {
            self.scores[i * outputs + k] += tree.leaf_values[tree.nodes[*at].left as usize];
        }
    }
}
