//! Logistic and softmax regression by smartcore, on centred and scaled columns.

use smartcore::linalg::basic::arrays::Array as _;
use smartcore::linear::logistic_regression::{LogisticRegression as Solver, LogisticRegressionParameters};

use crate::base::{Entry, Kind, Knob, Knobs, Seed, Task};

use super::super::card::TaskKind;
use super::super::error::ModelError;
use super::super::predict::Scale;
use super::super::training::{dense, failed};
use super::linear_regression::body;
use super::{Fitted, HELD_OUT, Learner, TrainingSet};

/// Most numbers (rows · columns · classes) in the call that cannot be interrupted; it reads them some hundred times.
const MOST_WORK: usize = 2_000_000;

const KNOBS: &[Knob] = &[
    Knob {
        id: "penalty",
        label: "Penalty",
        help: "Pull of the weights of scaled columns towards 0 (ridge)",
        kind: Kind::Real { default: 1.0, min: 0.000_001, max: 1_000_000.0 },
    },
    HELD_OUT,
];

/// Weighted sums through the logistic function.
pub struct LogisticRegression;

impl Entry for LogisticRegression {
    fn id(&self) -> &'static str {
        "logistic-regression"
    }

    fn title(&self) -> &'static str {
        "Logistic regression"
    }

    fn summary(&self) -> &'static str {
        "A weighted sum of the inputs for the log-odds of each class"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Cox 1958; le Cessie and van Houwelingen 1992 for the penalty"]
    }
}

impl Learner for LogisticRegression {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn tasks(&self) -> &'static [TaskKind] {
        &[TaskKind::Binary, TaskKind::Multiclass]
    }

    fn train(&self, set: &TrainingSet, knobs: &Knobs, seed: Seed, task: &Task) -> Result<Fitted, ModelError> {
        let mut notes = Vec::new();
        let outputs = set.outputs();
        let width = set.coding().width();
        let set = set.at_most((MOST_WORK / (width * outputs).max(1)).max(1000), seed, &mut notes);
        let coding = set.coding();
        task.begin("solving", 1);
        let x = dense(set.rows(), width, set.coded(&coding))?;
        let classes: Vec<u32> = set.targets.iter().map(|t| *t as u32).collect();
        let parameters = LogisticRegressionParameters::default().with_alpha(knobs.real("penalty"));
        let fitted = Solver::fit(&x, &classes, parameters).map_err(|e| failed(&e))?;
        task.advance(1)?;
        let solved = fitted.coefficients();
        // smartcore holds (classes, columns), ours are (columns, outputs).
        let weights = (0..width).flat_map(|j| (0..outputs).map(move |k| *solved.get((k, j)))).collect();
        let intercept = (0..outputs).map(|k| *fitted.intercept().get((k, 0))).collect();
        let (body, more) = body(&set, coding, weights, intercept);
        notes.extend(more);
        let facts = vec![("coded columns".to_owned(), width.to_string())];
        Ok(Fitted { body, native_scale: Scale::Margin, facts, notes })
    }
}
