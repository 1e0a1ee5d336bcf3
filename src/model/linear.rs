//! A linear form (intercept plus weights times inputs, per output) and the predictor made of it.

use serde::{Deserialize, Serialize};

use crate::num::MatrixView;

use super::card::ModelCard;
use super::link::LinkFunction;
use super::load::native::NativeBody;
use super::predict::{Model, Scale, Structure};
use super::tree_model::{finish, fits};
use super::trees::Accumulate;

/// `intercept[k] + Σ_j weights[j · outputs + k] · x[j]`; a missing input contributes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearForm {
    /// Shape (inputs, outputs), row-major.
    pub weights: Vec<f64>,
    /// One per output.
    pub intercept: Vec<f64>,
}

impl LinearForm {
    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.intercept.len()
    }

    /// The form's value for every row in f64; `out` has shape (rows, outputs).
    pub fn evaluate(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        self.accumulate(rows, out, |sum, weight, x| sum + weight * x);
    }

    /// The same in f32, input by input, as XGBoost's linear booster computes it.
    pub fn evaluate_f32(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        self.accumulate(rows, out, |sum, weight, x| f64::from(sum as f32 + x as f32 * weight as f32));
    }

    fn accumulate(&self, rows: MatrixView<'_>, out: &mut [f64], add: impl Fn(f64, f64, f64) -> f64) {
        let outputs = self.outputs().max(1);
        for (i, target) in out.chunks_exact_mut(outputs).enumerate().take(rows.rows()) {
            target.copy_from_slice(&self.intercept);
            for (x, weights) in rows.row(i).iter().zip(self.weights.chunks_exact(outputs)) {
                if !x.is_nan() {
                    for (value, weight) in target.iter_mut().zip(weights) {
                        *value = add(*value, *weight, *x);
                    }
                }
            }
        }
    }
}

/// A linear form, a link and a card.
#[derive(Clone, Debug)]
pub struct LinearModel {
    /// What the model says about itself.
    pub card: ModelCard,
    /// The form; its value is in `card.native_scale`.
    pub form: LinearForm,
    /// From the margin to every other scale of the card.
    pub link: LinkFunction,
    /// Arithmetic of the source library.
    pub arithmetic: Accumulate,
}

impl LinearModel {
    fn fits(&self, rows: MatrixView<'_>, out: &mut [f64]) -> bool {
        let outputs = self.form.outputs();
        outputs > 0 && fits(self.form.weights.len() / outputs, outputs, rows, out)
    }
}

impl Model for LinearModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        if self.fits(rows, out) {
            match self.arithmetic {
                Accumulate::F32 => self.form.evaluate_f32(rows, out),
                Accumulate::F64 | Accumulate::F64FromBase => self.form.evaluate(rows, out),
            }
            finish(&self.card, self.link, self.arithmetic, scale, out);
        }
    }

    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        if self.fits(rows, out) {
            self.form.evaluate(rows, out);
            finish(&self.card, self.link, Accumulate::F64, scale, out);
        }
    }

    fn structure(&self) -> Structure<'_> {
        Structure::Linear(&self.form)
    }

    fn portable(&self) -> Option<NativeBody> {
        // The stored form is computed in f64; a form of a library that computes in f32 keeps its own file.
        let plain = matches!(self.arithmetic, Accumulate::F64);
        plain.then(|| NativeBody::Linear { form: self.form.clone(), link: self.link })
    }
}
