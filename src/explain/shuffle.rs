//! How much a metric suffers when the values of one column are dealt to other rows.
//!
//! All columns of a repeat share one shuffle, so that their differences are not noise of the dealing.

use crate::base::{Cancelled, Seed, Task};
use crate::model::metrics::Metric;
use crate::model::{Model, Scale};
use crate::num::MatrixView;
use crate::num::{parallel, stats};

use super::answer::FeatureImportance;
use super::dealing::Dealing;
use super::rivals::{self, Draws};
use super::tree::Stopped;

/// Rows above which the bootstrap of a mean is replaced by its normal limit.
pub(super) const MANY_ROWS: usize = 20_000;

/// The table on which columns are shuffled: only rows whose target is known and whose weight is positive.
pub(super) struct Trial<'a> {
    pub model: &'a dyn Model,
    pub metric: &'a dyn Metric,
    pub scale: Scale,
    pub rows: MatrixView<'a>,
    pub truth: &'a [f64],
    pub weights: Option<&'a [f64]>,
    pub seed: Seed,
}

/// One shuffle of one column.
struct Outcome {
    predicted: Vec<f64>,
    /// Deterioration of the metric.
    harm: f64,
}

/// A feature's importance with its draws.
pub(super) type Measured = (FeatureImportance, Draws);

/// The table as it is.
pub(super) struct Untouched {
    /// The metric's value.
    pub value: f64,
    predicted: Vec<f64>,
    /// The metric on every resample, once it was needed.
    resampled: Option<Vec<f64>>,
}

impl Trial<'_> {
    fn outputs(&self) -> usize {
        self.model.card().outputs.len()
    }

    /// Measures the table as it is. Cost: one prediction per row.
    pub fn untouched(&self, task: &Task) -> Result<Untouched, Cancelled> {
        let predicted = self.predict(None, task)?;
        Ok(Untouched { value: self.measure(&predicted, self.weights), predicted, resampled: None })
    }

    /// The importance of every feature, in input order.
    /// Cost: `repeats` predictions a row and feature; for trees, one sweep of all rows whatever the number of repeats.
    /// In both cases `draws` passes over the rows for each feature.
    pub fn importances(
        &self,
        untouched: &mut Untouched,
        (repeats, draws): (usize, usize),
        task: &Task,
    ) -> Result<Vec<Measured>, Stopped> {
        let orders: Vec<Vec<usize>> = (0..repeats).map(|repeat| self.order(repeat)).collect();
        if let Some(dealing) = Dealing::of(self.model, self.scale) {
            let mut found: Vec<Option<Measured>> = vec![None; self.rows.cols()];
            dealing.each(self.rows, &orders, task, |feature, predicted| {
                let before = untouched.value;
                let outcomes: Vec<Outcome> = predicted.into_iter().map(|p| self.outcome(p, before)).collect();
                found[feature] = Some(self.importance(feature, untouched, (&outcomes, draws), task)?);
                Ok(())
            })?;
            let mut all = Vec::with_capacity(found.len());
            for (feature, one) in found.into_iter().enumerate() {
                all.push(match one {
                    Some(one) => one,
                    // No tree asks for the input: no shuffle changes anything.
                    None => {
                        let outcomes = self.unchanged(untouched, repeats);
                        self.importance(feature, untouched, (&outcomes, draws), task)?
                    }
                });
            }
            return Ok(all);
        }
        let mut found = Vec::with_capacity(self.rows.cols());
        for feature in 0..self.rows.cols() {
            let before = untouched.value;
            let dealt = |r: usize| Ok(self.outcome(self.predict(Some((feature, &orders[r])), task)?, before));
            let outcomes = parallel::map(repeats, &Task::silent(), dealt)?;
            let outcomes = outcomes.into_iter().collect::<Result<Vec<Outcome>, Cancelled>>()?;
            found.push(self.importance(feature, untouched, (&outcomes, draws), task)?);
        }
        Ok(found)
    }

    /// The importance of every feature over all shuffles there are; `None` where only some of them can be tried: for
    /// models other than trees, and for metrics that make no mean over rows (or its root).
    /// Cost: one sweep of all rows, one loss for each row and step of the curves, and `draws` passes over the rows.
    pub fn expectations(
        &self,
        untouched: &Untouched,
        draws: usize,
        task: &Task,
    ) -> Result<Option<Vec<Measured>>, Stopped> {
        let Some((dealing, before)) = Dealing::of(self.model, self.scale).zip(self.losses(&untouched.predicted)) else {
            return Ok(None);
        };
        let root = self.metric.id() == "rmse";
        let loss = |i: usize, row: &[f64]| self.metric.row_loss(self.truth[i], row).unwrap_or(f64::NAN);
        let expected = dealing.expected(self.rows, task, loss)?;
        let mut found = Vec::with_capacity(expected.len());
        for (feature, after) in expected.into_iter().enumerate() {
            let after = after.unwrap_or_else(|| before.clone());
            let level = |losses: &[f64]| {
                let mean = self.weighted_mean(losses);
                if root { mean.sqrt() } else { mean }
            };
            let value = level(&after) - level(&before);
            let (over_rows, tables) = self.over_expected(&before, &after, (root, value, draws), task)?;
            let importance = FeatureImportance {
                feature: self.model.card().inputs[feature].name.clone(),
                value,
                std_error: 0.0,
                over_repeats: (value, value),
                over_rows,
            };
            found.push((importance, Draws { shuffles: Vec::new(), tables }));
        }
        Ok(Some(found))
    }

    /// The 95 % interval over rows of a change between two means of losses, or between their roots.
    fn over_expected(
        &self,
        before: &[f64],
        after: &[f64],
        (root, value, draws): (bool, f64, usize),
        task: &Task,
    ) -> Result<OverRows, Cancelled> {
        if before.len() > MANY_ROWS {
            let slope = |losses: &[f64]| if root { 0.5 / self.weighted_mean(losses).sqrt() } else { 1.0 };
            let (a, b) = (slope(after), slope(before));
            let changes: Vec<f64> = after.iter().zip(before).map(|(y, x)| a * y - b * x).collect();
            let ((low, high), tables) = self.normal_limit(&changes);
            let reach = (high - low) / 2.0;
            return Ok(((value - reach, value + reach), tables));
        }
        let draw = |b: usize| {
            let counts = self.counts(b);
            let level = |losses: &[f64]| {
                let mean = losses.iter().zip(&counts).map(|(l, n)| l * n).sum::<f64>() / counts.iter().sum::<f64>();
                if root { mean.sqrt() } else { mean }
            };
            level(after) - level(before)
        };
        let found = parallel::map(draws, &Task::silent(), |b| task.check().map(|()| draw(b)))?;
        let found = found.into_iter().collect::<Result<Vec<f64>, Cancelled>>()?;
        Ok(middle(found))
    }

    /// Shuffles that change nothing.
    fn unchanged(&self, untouched: &Untouched, repeats: usize) -> Vec<Outcome> {
        (0..repeats).map(|_| Outcome { predicted: untouched.predicted.clone(), harm: 0.0 }).collect()
    }

    fn importance(
        &self,
        feature: usize,
        untouched: &mut Untouched,
        (outcomes, draws): (&[Outcome], usize),
        task: &Task,
    ) -> Result<Measured, Cancelled> {
        let harms: Vec<f64> = outcomes.iter().map(|o| o.harm).collect();
        let value = stats::mean(&harms);
        let std_error = (stats::variance(&harms) / harms.len() as f64).sqrt();
        let reach = stats::student(harms.len().saturating_sub(1)) * std_error;
        let (over_rows, tables) = self.over_rows(untouched, outcomes, draws, task)?;
        let importance = FeatureImportance {
            feature: self.model.card().inputs[feature].name.clone(),
            value,
            std_error,
            over_repeats: (value - reach, value + reach),
            over_rows,
        };
        Ok((importance, Draws { shuffles: harms, tables }))
    }

    /// The order in which every column is dealt in one repeat.
    fn order(&self, repeat: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.rows()).collect();
        self.seed.child("permutation-importance", repeat as u64).shuffle(&mut order);
        order
    }

    fn outcome(&self, predicted: Vec<f64>, before: f64) -> Outcome {
        let after = self.measure(&predicted, self.weights);
        let harm = if self.metric.higher_is_better() { before - after } else { after - before };
        Outcome { predicted, harm }
    }

    /// Predictions of all rows, with one column dealt in another order.
    fn predict(&self, deal: Option<(usize, &[usize])>, task: &Task) -> Result<Vec<f64>, Cancelled> {
        let (outputs, inputs) = (self.outputs(), self.rows.cols());
        let mut predicted = vec![0.0; self.rows.rows() * outputs];
        parallel::fill_rows(&mut predicted, outputs, task, |first, out| {
            let count = out.len() / outputs;
            let mut block = self.rows.slice(first, first + count).values().to_vec();
            if let Some((feature, order)) = deal {
                for (row, from) in block.chunks_exact_mut(inputs).zip(&order[first..]) {
                    row[feature] = self.rows.row(*from)[feature];
                }
            }
            if let Some(rows) = MatrixView::new(&block, count, inputs) {
                self.model.predict_f64(rows, self.scale, out);
            }
        })?;
        Ok(predicted)
    }

    fn measure(&self, predicted: &[f64], weights: Option<&[f64]>) -> f64 {
        let view = MatrixView::new(predicted, self.rows.rows(), self.outputs());
        view.map_or(f64::NAN, |view| self.metric.value(self.truth, view, weights))
    }

    /// The loss of every row; `None` for metrics without one.
    fn losses(&self, predicted: &[f64]) -> Option<Vec<f64>> {
        let mut rows = self.truth.iter().zip(predicted.chunks_exact(self.outputs().max(1)));
        rows.try_fold(Vec::with_capacity(self.truth.len()), |mut losses, (y, p)| {
            losses.push(self.metric.row_loss(*y, p)?);
            Some(losses)
        })
    }

    /// Mean change of every row's loss over the shuffles; `None` where the metric's change is not the mean of these
    /// changes, as with ranks or the root of a mean.
    fn changes(&self, untouched: &Untouched, outcomes: &[Outcome]) -> Option<Vec<f64>> {
        let before = self.losses(&untouched.predicted)?;
        let mut changes = vec![0.0; before.len()];
        for outcome in outcomes {
            let after = self.losses(&outcome.predicted)?;
            let own: Vec<f64> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
            if (self.weighted_mean(&own) - outcome.harm).abs() > 1e-9 * outcome.harm.abs().max(1.0) {
                return None;
            }
            for (change, own) in changes.iter_mut().zip(own) {
                *change += own / outcomes.len() as f64;
            }
        }
        Some(changes)
    }

    fn weighted_mean(&self, values: &[f64]) -> f64 {
        match self.weights {
            None => stats::mean(values),
            Some(weights) => {
                let products: Vec<f64> = values.iter().zip(weights).map(|(v, w)| v * w).collect();
                stats::sum(&products) / stats::sum(weights)
            }
        }
    }

    /// The 95 % interval over rows: of the mean loss change where the metric is a mean, else of the metric itself.
    fn over_rows(
        &self,
        untouched: &mut Untouched,
        outcomes: &[Outcome],
        draws: usize,
        task: &Task,
    ) -> Result<OverRows, Cancelled> {
        let Some(changes) = self.changes(untouched, outcomes) else {
            let before = match untouched.resampled.take() {
                Some(before) => before,
                None => self.resample(draws, &[&untouched.predicted], task)?,
            };
            let predicted: Vec<&[f64]> = outcomes.iter().map(|o| o.predicted.as_slice()).collect();
            let after = self.resample(draws, &predicted, task)?;
            let sign = if self.metric.higher_is_better() { 1.0 } else { -1.0 };
            let interval = middle(before.iter().zip(&after).map(|(b, a)| sign * (b - a)).collect());
            untouched.resampled = Some(before);
            return Ok(interval);
        };
        if changes.len() > MANY_ROWS {
            return Ok(self.normal_limit(&changes));
        }
        let draw = |b: usize| {
            let counts = self.counts(b);
            let total: f64 = counts.iter().sum();
            changes.iter().zip(&counts).map(|(c, n)| c * n).sum::<f64>() / total
        };
        let means = parallel::map(draws, &Task::silent(), |b| task.check().map(|()| draw(b)))?;
        let means: Vec<f64> = means.into_iter().collect::<Result<_, _>>()?;
        Ok(middle(means))
    }

    fn normal_limit(&self, changes: &[f64]) -> OverRows {
        let mean = self.weighted_mean(changes);
        let scaled = |(c, w): (&f64, f64)| w * (c - mean);
        let weight = |i: usize| self.weights.map_or(1.0, |w| w[i]);
        let squares: Vec<f64> = changes.iter().enumerate().map(|(i, c)| scaled((c, weight(i))).powi(2)).collect();
        let total: f64 = (0..changes.len()).map(weight).sum();
        let reach = 1.96 * stats::sum(&squares).sqrt() / total;
        ((mean - reach, mean + reach), rivals::parts(changes, mean, weight))
    }

    /// How often every row is drawn in resample `b`, times its weight.
    fn counts(&self, b: usize) -> Vec<f64> {
        let total = self.truth.len();
        let mut stream = self.seed.child("importance-rows", b as u64);
        let mut counts = vec![0.0; total];
        for _ in 0..total {
            let i = stream.below(total);
            counts[i] += self.weights.map_or(1.0, |w| w[i]);
        }
        counts
    }

    /// The metric on every resample of rows; resample `b` takes the predictions number `b` in turn.
    fn resample(&self, draws: usize, predicted: &[&[f64]], task: &Task) -> Result<Vec<f64>, Cancelled> {
        let one = |b: usize| {
            task.check()?;
            Ok(self.measure(predicted[b % predicted.len()], Some(&self.counts(b))))
        };
        parallel::map(draws, &Task::silent(), one)?.into_iter().collect()
    }
}

/// A 95 % interval over rows, and numbers that spread as the importance would over tables of such rows.
type OverRows = ((f64, f64), Vec<f64>);

/// The middle 95 % of resampled values, and the values.
fn middle(values: Vec<f64>) -> OverRows {
    let sorted = stats::sorted_present(values.iter().copied());
    ((stats::quantile_sorted(&sorted, 0.025), stats::quantile_sorted(&sorted, 0.975)), values)
}
