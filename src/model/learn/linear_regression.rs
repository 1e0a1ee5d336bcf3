//! Linear regression by smartcore's ridge solver, on centred and scaled columns.

use smartcore::linalg::basic::arrays::Array as _;
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

use crate::base::{Entry, Kind, Knob, Knobs, Seed, Task};
use crate::num::stats::mean;

use super::super::card::TaskKind;
use super::super::error::ModelError;
use super::super::learned::{Body, Coding};
use super::super::linear::LinearForm;
use super::super::load::native::NativeBody;
use super::super::predict::Scale;
use super::super::training::{dense, failed};
use super::{Fitted, HELD_OUT, Learner, TrainingSet, has_levels, link_of};

/// Most multiplications (rows · columns²) in the call that cannot be interrupted.
const MOST_WORK: usize = 1_000_000_000;

const KNOBS: &[Knob] = &[
    Knob {
        id: "penalty",
        label: "Penalty",
        help: "Pull of the weights of scaled columns towards 0 (ridge); small values leave them free",
        kind: Kind::Real { default: 0.001, min: 0.000_001, max: 1_000_000.0 },
    },
    HELD_OUT,
];

/// Least squares.
pub struct LinearRegression;

impl Entry for LinearRegression {
    fn id(&self) -> &'static str {
        "linear-regression"
    }

    fn title(&self) -> &'static str {
        "Linear regression"
    }

    fn summary(&self) -> &'static str {
        "A weighted sum of the inputs that minimises squared error"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Hoerl and Kennard 1970, Ridge regression"]
    }
}

impl Learner for LinearRegression {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn tasks(&self) -> &'static [TaskKind] {
        &[TaskKind::Regression]
    }

    fn train(&self, set: &TrainingSet, knobs: &Knobs, seed: Seed, task: &Task) -> Result<Fitted, ModelError> {
        let mut notes = Vec::new();
        let width = set.coding().width();
        let set = set.at_most((MOST_WORK / (width * width).max(1)).max(1000), seed, &mut notes);
        let coding = set.coding();
        task.begin("solving", 1);
        if set.rows() <= width {
            return Err(ModelError::Training {
                reason: format!("{} training rows do not determine {width} weights", set.rows()),
                hint: "Use fewer columns or levels, or more rows".to_owned(),
            });
        }
        let mut coded = set.coded(&coding);
        // Columns of levels are centred too, so that the intercept is the mean and stays out of the penalty.
        let centres: Vec<f64> =
            (0..width).map(|j| mean(&coded.iter().skip(j).step_by(width).copied().collect::<Vec<_>>())).collect();
        coded.chunks_exact_mut(width).for_each(|row| row.iter_mut().zip(&centres).for_each(|(v, c)| *v -= c));
        let centre = mean(&set.targets);
        let goal: Vec<f64> = set.targets.iter().map(|y| y - centre).collect();
        let x = dense(set.rows(), width, coded)?;
        let parameters = RidgeRegressionParameters::default().with_alpha(knobs.real("penalty")).with_normalize(false);
        let fitted = RidgeRegression::fit(&x, &goal, parameters).map_err(|e| failed(&e))?;
        task.advance(1)?;
        let weights: Vec<f64> = fitted.coefficients().iterator(0).copied().collect();
        let shift: f64 = weights.iter().zip(&centres).map(|(w, c)| w * c).sum();
        let (body, more) = body(&set, coding, weights, vec![centre - shift]);
        notes.extend(more);
        let facts = vec![("coded columns".to_owned(), width.to_string())];
        Ok(Fitted { body, native_scale: Scale::Target, facts, notes })
    }
}

/// The fitted weights over coded columns as a model: a form of the raw inputs when that is the same function.
pub(super) fn body(
    set: &TrainingSet,
    coding: Coding,
    weights: Vec<f64>,
    intercept: Vec<f64>,
) -> (NativeBody, Vec<String>) {
    let form = LinearForm { weights, intercept };
    if set.has_missing || has_levels(&set.inputs) {
        let note =
            "Categories or missing values are coded inside the model, so it is no plain weighted sum of its inputs \
                    and methods for linear models do not apply"
                .to_owned();
        let body = Body::CodedLinear { coding, form, link: link_of(set.kind) };
        return (NativeBody::Learned(body), vec![note]);
    }
    let outputs = form.outputs();
    let mut raw = form.clone();
    for (j, input) in coding.inputs.iter().enumerate() {
        for k in 0..outputs {
            let weight = form.weights[j * outputs + k] / input.scale;
            raw.weights[j * outputs + k] = weight;
            raw.intercept[k] -= weight * input.centre;
        }
    }
    let note = "No training row lacks an input; where one is missing later, it contributes nothing".to_owned();
    (NativeBody::Linear { form: raw, link: link_of(set.kind) }, vec![note])
}
