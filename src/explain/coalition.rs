//! The game of model-agnostic methods: a coalition of features is known, the others take their values from each
//! background row in turn, and the worth of the coalition is the (weighted) mean prediction.

use crate::base::{Cancelled, Task};
use crate::model::{Model, Scale};
use crate::num::MatrixView;

use super::error::ExplainError;
use super::method::Request;

/// Rows handed to the model in one call; small enough to look at the task often.
const BATCH: usize = 64;

/// The game of one explained row.
pub(super) struct Game<'a> {
    model: &'a dyn Model,
    background: MatrixView<'a>,
    weights: Option<&'a [f64]>,
    scale: Scale,
    row: &'a [f64],
    /// Inputs that can change the prediction here: those whose value differs from some background row's. All others
    /// are worth exactly nothing.
    pub players: Vec<usize>,
}

impl<'a> Game<'a> {
    /// The game of the row at `position` of the request. Cost O(background · inputs).
    pub fn new(request: &Request<'a>, position: usize) -> Self {
        let background = request.background.matrix.view();
        let row = request.features.row(position);
        let differs = |j: usize| background.column(j).any(|z| z != row[j] && !(z.is_nan() && row[j].is_nan()));
        let players = (0..row.len()).filter(|&j| differs(j)).collect();
        let weights = request.background.weights.as_deref();
        Self { model: request.model, background, weights, scale: request.scale, row, players }
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.model.card().outputs.len()
    }

    /// The prediction of the row itself: the worth of all players together.
    pub fn whole(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.outputs()];
        if let Some(row) = MatrixView::new(self.row, 1, self.row.len()) {
            self.model.predict_f64(row, self.scale, &mut out);
        }
        out
    }

    /// The worth of `count` coalitions, shape (count, outputs). `member(k, p)` tells whether player number `p` is in
    /// coalition `k`. Cost: `count · background` predictions.
    pub fn worth(
        &self,
        count: usize,
        member: impl Fn(usize, usize) -> bool,
        task: &Task,
    ) -> Result<Vec<f64>, Cancelled> {
        let outputs = self.outputs();
        let mut worth = vec![0.0; count * outputs];
        let mut mean = Mean::new(self.model, self.scale, self.weights);
        let mut known = Vec::with_capacity(self.players.len());
        for (k, worth) in worth.chunks_exact_mut(outputs).enumerate() {
            known.clear();
            known.extend(self.players.iter().enumerate().filter(|(p, _)| member(k, *p)).map(|(_, &j)| j));
            mean.predict(self.background, |hybrid| known.iter().for_each(|&j| hybrid[j] = self.row[j]), task, worth)?;
        }
        Ok(worth)
    }
}

/// The mean prediction over the background of `request`: the worth of nobody. Cost: one prediction per row.
pub(super) fn worth_of_nobody(request: &Request<'_>, task: &Task) -> Result<Vec<f64>, ExplainError> {
    let mut worth = vec![0.0; request.model.card().outputs.len()];
    let mut mean = Mean::new(request.model, request.scale, request.background.weights.as_deref());
    mean.predict(request.background.matrix.view(), |_| (), task, &mut worth)?;
    Ok(worth)
}

/// Averages predictions over changed background rows.
struct Mean<'a> {
    model: &'a dyn Model,
    scale: Scale,
    /// One per background row; `None` when all count the same.
    weights: Option<&'a [f64]>,
    rows: Vec<f64>,
    predictions: Vec<f64>,
}

impl<'a> Mean<'a> {
    fn new(model: &'a dyn Model, scale: Scale, weights: Option<&'a [f64]>) -> Self {
        Self { model, scale, weights, rows: Vec::new(), predictions: Vec::new() }
    }

    /// Writes the mean prediction over `background`, each row changed by `change`, to `out`. The order of the sum is
    /// fixed.
    fn predict(
        &mut self,
        background: MatrixView<'_>,
        change: impl Fn(&mut [f64]),
        task: &Task,
        out: &mut [f64],
    ) -> Result<(), Cancelled> {
        let (total, width) = (background.rows(), background.cols());
        out.fill(0.0);
        let mut first = 0;
        while first < total {
            task.check()?;
            let last = (first + BATCH).min(total);
            self.rows.clear();
            self.rows.extend_from_slice(background.slice(first, last).values());
            self.rows.chunks_exact_mut(width.max(1)).for_each(&change);
            self.predictions.resize((last - first) * out.len(), 0.0);
            if let Some(rows) = MatrixView::new(&self.rows, last - first, width) {
                self.model.predict_f64(rows, self.scale, &mut self.predictions);
            }
            for (k, sum) in out.iter_mut().enumerate() {
                let own = self.predictions.iter().skip(k).step_by(self.predictions.len() / (last - first));
                *sum += match self.weights {
                    None => own.sum::<f64>(),
                    Some(weights) => own.zip(&weights[first..last]).map(|(p, w)| p * w).sum(),
                };
            }
            first = last;
        }
        let whole = self.weights.map_or(total as f64, |weights| weights.iter().sum());
        out.iter_mut().for_each(|sum| *sum /= whole);
        Ok(())
    }
}
