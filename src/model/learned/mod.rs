//! Models that were trained here and are neither trees nor a plain linear form: stored parameters and the arithmetic
//! that reads them. Nothing in a stored model can run; opening one checks every index and number.

mod coding;
mod neighbours;
mod support;

pub use coding::{CodedInput, Coding};
pub use neighbours::Neighbours;
pub use support::{Machine, Support};

use serde::{Deserialize, Serialize};

use crate::num::MatrixView;

use super::additive::Additive;
use super::card::ModelCard;
use super::error::ModelError;
use super::linear::LinearForm;
use super::link::LinkFunction;
use super::load::native::NativeBody;
use super::predict::{Model, Scale, Structure};
use super::tree_model::{finish, fits};
use super::trees::Accumulate;

/// The parameters of such a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// A linear form of coded inputs: levels as columns, missing values filled.
    CodedLinear {
        /// Raw inputs to coded columns.
        coding: Coding,
        /// The form over coded columns.
        form: LinearForm,
        /// From the form's value to predictions.
        link: LinkFunction,
    },
    /// Nearest neighbours.
    Neighbours(Neighbours),
    /// Support vectors.
    Support(Support),
}

/// A card and parameters that passed [`Learned::checked`].
#[derive(Clone, Debug)]
pub struct Learned {
    card: ModelCard,
    body: Body,
}

impl Learned {
    /// Refuses parameters that do not fit the card or each other. Cost O(parameters).
    pub fn checked(card: ModelCard, body: Body) -> Result<Self, ModelError> {
        let (inputs, outputs) = (card.inputs.len(), card.outputs.len());
        let sound = match &body {
            Body::CodedLinear { coding, form, link } => {
                coding.is_sound(inputs) && form_is_sound(form, coding.width(), outputs) && link.is_sound()
            }
            Body::Neighbours(rows) => {
                rows.is_sound(inputs)
                    && if rows.classes == 0 { outputs == 1 } else { outputs == 1 || rows.classes == outputs }
            }
            Body::Support(support) => support.is_sound(inputs, outputs),
        };
        if !sound || outputs == 0 || !card.scales.contains(&card.native_scale) {
            return Err(ModelError::malformed("body", "the parameters do not fit the inputs and outputs of the card"));
        }
        Ok(Self { card, body })
    }
}

impl Model for Learned {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let outputs = self.card.outputs.len();
        if !fits(self.card.inputs.len(), outputs, rows, out) {
            return;
        }
        let places = || 0..rows.rows();
        let link = match &self.body {
            Body::CodedLinear { coding, form, link } => {
                let mut coded = vec![0.0; coding.width()];
                for (i, place) in places().zip(out.chunks_exact_mut(outputs)) {
                    coding.code(rows.row(i), &mut coded);
                    if let Some(view) = MatrixView::new(&coded, 1, coded.len()) {
                        form.evaluate(view, place);
                    }
                }
                *link
            }
            Body::Neighbours(stored) => {
                places().zip(out.chunks_exact_mut(outputs)).for_each(|(i, place)| stored.answer(rows.row(i), place));
                LinkFunction::Identity
            }
            Body::Support(support) => {
                places().zip(out.chunks_exact_mut(outputs)).for_each(|(i, place)| support.answer(rows.row(i), place));
                LinkFunction::Identity
            }
        };
        finish(&self.card, link, Accumulate::F64, scale, out);
    }

    fn structure(&self) -> Structure<'_> {
        match self.body {
            Body::CodedLinear { .. } => Structure::Additive(self),
            Body::Support(ref support) if support.is_sum() => Structure::Products(support),
            Body::Neighbours(_) | Body::Support(_) => Structure::Opaque,
        }
    }

    fn portable(&self) -> Option<NativeBody> {
        Some(NativeBody::Learned(self.body.clone()))
    }
}

/// The terms of a coded linear form; other bodies have none.
impl Additive for Learned {
    fn intercept(&self) -> &[f64] {
        match &self.body {
            Body::CodedLinear { form, .. } => &form.intercept,
            Body::Neighbours(_) | Body::Support(_) => &[],
        }
    }

    fn term(&self, input: usize, x: f64, out: &mut [f64]) {
        out.fill(0.0);
        if let Body::CodedLinear { coding, form, .. } = &self.body
            && let Some((column, value)) = coding.one(input, x)
        {
            let weights = form.weights.iter().skip(column * out.len());
            out.iter_mut().zip(weights).for_each(|(term, weight)| *term = weight * value);
        }
    }
}

fn form_is_sound(form: &LinearForm, inputs: usize, outputs: usize) -> bool {
    form.outputs() == outputs
        && inputs.checked_mul(outputs) == Some(form.weights.len())
        && form.weights.iter().chain(&form.intercept).all(|v| v.is_finite())
}
