//! Models that were trained here: stored parameters and the arithmetic that reads them. Nothing in a stored model can
//! run; opening one checks every index and number.

mod coding;
mod file;
mod neighbours;
mod support;

pub use coding::{CodedInput, Coding};
pub use file::{open, save};
pub use neighbours::Neighbours;
pub use support::{Machine, Support};

use serde::{Deserialize, Serialize};

use crate::num::MatrixView;

use super::card::ModelCard;
use super::error::ModelError;
use super::linear::LinearForm;
use super::predict::{Model, Scale, Structure};
use super::trees::{Node, Tree, TreeEnsemble};

/// The parameters of a trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Trees, single, averaged or summed.
    Trees(TreeEnsemble),
    /// A linear form of the raw inputs.
    Linear(LinearForm),
    /// A linear form of coded inputs: levels as columns, missing values filled.
    CodedLinear {
        /// Raw inputs to coded columns.
        coding: Coding,
        /// The form over coded columns.
        form: LinearForm,
    },
    /// Nearest neighbours.
    Neighbours(Neighbours),
    /// Support vectors.
    Support(Support),
}

/// A model that was trained here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Learned {
    /// What the model says about itself.
    pub card: ModelCard,
    /// Its parameters; their value is in `card.native_scale`.
    pub body: Body,
}

impl Learned {
    /// Refuses parameters that do not fit the card or each other. Cost O(parameters).
    pub fn checked(self) -> Result<Self, ModelError> {
        let (inputs, outputs) = (self.card.inputs.len(), self.card.outputs.len());
        let sound = match &self.body {
            Body::Trees(ensemble) => {
                if ensemble.inputs != inputs || ensemble.outputs() != outputs {
                    false
                } else {
                    ensemble.divisor.is_finite()
                        && ensemble.divisor > 0.0
                        && ensemble.base.iter().all(|v| v.is_finite())
                        && ensemble.trees.iter().all(|t| tree_is_sound(t, inputs, outputs))
                }
            }
            Body::Linear(form) => form_is_sound(form, inputs, outputs),
            Body::CodedLinear { coding, form } => {
                coding.is_sound(inputs) && form_is_sound(form, coding.width(), outputs)
            }
            Body::Neighbours(rows) => {
                rows.is_sound(inputs) && (rows.classes == 0 || outputs == 1 || rows.classes == outputs)
            }
            Body::Support(support) => support.is_sound(inputs, outputs),
        };
        if !sound || outputs == 0 || !self.card.scales.contains(&self.card.native_scale) {
            return Err(ModelError::malformed("body", "the parameters do not fit the inputs and outputs of the card"));
        }
        Ok(self)
    }

    fn native(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        let outputs = self.card.outputs.len();
        let each = |out: &mut [f64], answer: &dyn Fn(&[f64], &mut [f64])| {
            out.chunks_exact_mut(outputs).enumerate().for_each(|(i, place)| answer(rows.row(i), place));
        };
        match &self.body {
            Body::Trees(ensemble) => each(out, &|row, place| ensemble.score_f64(row, place)),
            Body::Linear(form) => form.evaluate(rows, out),
            Body::CodedLinear { coding, form } => {
                let mut coded = vec![0.0; coding.width()];
                for (i, place) in out.chunks_exact_mut(outputs).enumerate() {
                    coding.code(rows.row(i), &mut coded);
                    if let Some(view) = MatrixView::new(&coded, 1, coded.len()) {
                        form.evaluate(view, place);
                    }
                }
            }
            Body::Neighbours(stored) => each(out, &|row, place| stored.answer(row, place)),
            Body::Support(support) => each(out, &|row, place| support.answer(row, place)),
        }
    }
}

impl Model for Learned {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let outputs = self.card.outputs.len();
        let fits = rows.cols() == self.card.inputs.len() && rows.rows().checked_mul(outputs) == Some(out.len());
        if !fits || !self.card.scales.contains(&scale) {
            return out.fill(f64::NAN);
        }
        self.native(rows, out);
        if scale == Scale::Probability && self.card.native_scale == Scale::Margin {
            out.chunks_exact_mut(outputs).for_each(probabilities);
        }
    }

    fn structure(&self) -> Structure<'_> {
        match &self.body {
            Body::Trees(ensemble) => Structure::Trees(ensemble),
            Body::Linear(form) => Structure::Linear(form),
            Body::CodedLinear { .. } | Body::Neighbours(_) | Body::Support(_) => Structure::Opaque,
        }
    }

    fn portable(&self) -> Option<serde_json::Value> {
        serde_json::to_value(&self.body).ok()
    }
}

/// The logistic function for one output, softmax for several.
pub(super) fn probabilities(row: &mut [f64]) {
    if let [margin] = row {
        *margin = 1.0 / (1.0 + libm::exp(-*margin));
        return;
    }
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|v| *v = libm::exp(*v - top));
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|v| *v /= sum);
}

fn form_is_sound(form: &LinearForm, inputs: usize, outputs: usize) -> bool {
    form.outputs() == outputs
        && inputs.checked_mul(outputs) == Some(form.weights.len())
        && form.weights.iter().chain(&form.intercept).all(|v| v.is_finite())
}

fn tree_is_sound(tree: &Tree, inputs: usize, outputs: usize) -> bool {
    let wide = if tree.output.is_none() { outputs } else { 1 };
    let mut parents = vec![0_u32; tree.nodes.len()];
    let sound = |(i, node): (usize, &Node)| {
        let number = node.cover.is_finite() && node.cover >= 0.0;
        if node.is_leaf() {
            return number && (node.left as usize).checked_add(wide).is_some_and(|end| end <= tree.leaf_values.len());
        }
        let mut child = |c: u32| {
            let found = parents.get_mut(c as usize).map(|n| *n += 1).is_some();
            found && c as usize > i
        };
        let children = child(node.left) & child(node.right);
        let split = node.set == Node::NUMERIC || (node.set as usize) < tree.sets.len();
        number && children && split && (node.feature as usize) < inputs && !node.threshold.is_nan()
    };
    !tree.nodes.is_empty()
        && tree.output.is_none_or(|k| (k as usize) < outputs)
        && tree.leaf_values.iter().all(|v| v.is_finite())
        && tree.nodes.iter().enumerate().all(sound)
        && parents.iter().skip(1).all(|n| *n == 1)
        && parents.first() == Some(&0)
}
