//! Shuffled columns of tree models without predicting again: native scores from the rows' own curves, then the model's
//! link.

use crate::base::Task;
use crate::model::load::native::NativeBody;
use crate::model::trees::Accumulate;
use crate::model::{LinkFunction, Model, Scale, Structure, TreeEnsemble};
use crate::num::MatrixView;
use crate::num::parallel;

use super::tree::{Stopped, tree_permutation};

/// A tree model whose columns are shuffled.
pub(super) struct Dealing<'a> {
    ensemble: &'a TreeEnsemble,
    /// From the native score to the scale that is asked for; `None` where that is the score itself.
    link: Option<LinkFunction>,
}

impl<'a> Dealing<'a> {
    /// `None` for a model that is no sum of trees, or whose link is not known.
    pub fn of(model: &'a dyn Model, scale: Scale) -> Option<Self> {
        let Structure::Trees(ensemble) = model.structure() else { return None };
        let card = model.card();
        if !card.scales.contains(&scale) {
            return None;
        }
        if scale == card.native_scale || scale == Scale::Margin {
            return Some(Self { ensemble, link: None });
        }
        match model.portable()? {
            NativeBody::Trees { link, .. } => Some(Self { ensemble, link: Some(link) }),
            _ => None,
        }
    }

    /// The predictions with one column dealt in each of `orders`: `keep(feature, predictions)` hears them for every
    /// feature some tree asks for.
    pub fn each(
        &self,
        rows: MatrixView<'_>,
        orders: &[Vec<usize>],
        task: &Task,
        mut keep: impl FnMut(usize, Vec<Vec<f64>>) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let scores = self.scores(rows, task)?;
        tree_permutation::dealt(self.ensemble, (rows, &scores), orders, task, |feature, mut dealt| {
            for scores in &mut dealt {
                task.check()?;
                scores.chunks_exact_mut(self.ensemble.outputs().max(1)).for_each(|row| self.link(row));
            }
            keep(feature, dealt)
        })
    }

    /// Per feature the expected loss of every row over all orders; `None` for features no tree asks for. `loss` takes a
    /// row's index and its predictions.
    pub fn expected(
        &self,
        rows: MatrixView<'_>,
        task: &Task,
        loss: impl Fn(usize, &[f64]) -> f64 + Sync,
    ) -> Result<Vec<Option<Vec<f64>>>, Stopped> {
        let scores = self.scores(rows, task)?;
        tree_permutation::expected_losses(self.ensemble, (rows, &scores), task, |i, row| {
            self.link(row);
            loss(i, row)
        })
    }

    fn scores(&self, rows: MatrixView<'_>, task: &Task) -> Result<Vec<f64>, Stopped> {
        let outputs = self.ensemble.outputs();
        let mut scores = vec![0.0; rows.rows() * outputs];
        parallel::fill_rows(&mut scores, outputs, task, |first, part| {
            self.ensemble.score_rows_f64(rows.slice(first, first + part.len() / outputs), part);
        })?;
        Ok(scores)
    }

    fn link(&self, row: &mut [f64]) {
        if let Some(link) = self.link {
            link.apply(Accumulate::F64, row);
        }
    }
}
