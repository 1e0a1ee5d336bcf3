//! A predictor made of trees.

use crate::num::MatrixView;

use super::card::ModelCard;
use super::link::LinkFunction;
use super::load::native::NativeBody;
use super::predict::{Model, Scale, Structure};
use super::trees::{Accumulate, TreeEnsemble};

/// Trees, a link and a card. The ensemble must have passed `tree_check`.
#[derive(Clone, Debug)]
pub struct TreeModel {
    /// What the model says about itself.
    pub card: ModelCard,
    /// The trees; their sum is in `card.native_scale`.
    pub ensemble: TreeEnsemble,
    /// From the margin to every other scale of the card.
    pub link: LinkFunction,
}

/// Applies `link` to each row of `out` when `scale` is not the native one; fills with NaN a scale the card lacks.
pub(super) fn finish(card: &ModelCard, link: LinkFunction, arithmetic: Accumulate, scale: Scale, out: &mut [f64]) {
    if !card.scales.contains(&scale) {
        out.fill(f64::NAN);
    } else if scale != card.native_scale && scale != Scale::Margin {
        out.chunks_exact_mut(card.outputs.len().max(1)).for_each(|row| link.apply(arithmetic, row));
    }
}

/// Whether a request fits the shapes; a request that does not is answered with NaN.
pub(super) fn fits(inputs: usize, outputs: usize, rows: MatrixView<'_>, out: &mut [f64]) -> bool {
    let fits = rows.cols() == inputs && outputs.checked_mul(rows.rows()) == Some(out.len());
    if !fits {
        out.fill(f64::NAN);
    }
    fits
}

impl Model for TreeModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        if fits(self.ensemble.inputs, self.ensemble.outputs(), rows, out) {
            self.ensemble.score_rows(rows, out);
            finish(&self.card, self.link, self.ensemble.accumulate, scale, out);
        }
    }

    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        if fits(self.ensemble.inputs, self.ensemble.outputs(), rows, out) {
            self.ensemble.score_rows_f64(rows, out);
            finish(&self.card, self.link, Accumulate::F64, scale, out);
        }
    }

    fn structure(&self) -> Structure<'_> {
        Structure::Trees(&self.ensemble)
    }

    fn portable(&self) -> Option<NativeBody> {
        Some(NativeBody::Trees { ensemble: self.ensemble.clone(), link: self.link })
    }
}
