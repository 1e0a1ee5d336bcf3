//! The closed set of answers. Charts and report sections match on it; methods hand over an [`Answer`] and only
//! [`super::ask::ask`] makes it an [`Explanation`], with measured fidelity and provenance.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Fingerprint, Knobs, RowId, Seed};
use crate::model::Scale;

use super::shape::Shape;

/// What a method hands over, not yet graded.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer.
    pub body: Body,
    /// Whether the numbers are exact for the stated game (not sampled).
    pub exact: bool,
    /// Model evaluations spent (rows predicted); 0 for structural methods.
    pub evaluations: u64,
    /// `Some(true)` when a sampled answer met its own stopping rule within the budget.
    pub converged: Option<bool>,
    /// What a reader must know, one sentence each.
    pub notes: Vec<String>,
}

/// The shapes an answer can have.
#[derive(Clone, Debug)]
pub enum Body {
    /// One contribution per row, feature and output.
    Attribution(Attribution),
    /// One number per feature about the whole table.
    Importance(Importance),
    /// Curves of the prediction over the values of features.
    Curves(Curves),
    /// One effect per row, pair of features and output.
    Interactions(Interactions),
    /// How much of the prediction is interaction, per pair of features and per feature.
    Strengths(Strengths),
}

/// What adds up to predictions: for every output and row, the base and all values of the row.
#[derive(Clone, Copy, Debug)]
pub struct Addends<'a> {
    /// Per output.
    pub base: &'a [f64],
    /// Shape (outputs, rows, width), row-major.
    pub values: &'a [f64],
    /// Rows; at least one.
    pub rows: usize,
    /// Values of one row and output.
    pub width: usize,
}

impl Body {
    /// Which of the shapes this is.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Attribution(_) => Shape::Attribution,
            Self::Importance(_) => Shape::Importance,
            Self::Curves(_) => Shape::Curves,
            Self::Interactions(_) => Shape::Interactions,
            Self::Strengths(_) => Shape::Strengths,
        }
    }

    /// Rows the answer is about.
    pub fn row_count(&self) -> usize {
        match self {
            Self::Attribution(attribution) => attribution.rows.len(),
            Self::Importance(importance) => importance.rows,
            Self::Curves(curves) => curves.rows,
            Self::Interactions(interactions) => interactions.row_count,
            Self::Strengths(strengths) => strengths.rows,
        }
    }

    /// What adds up to the predictions of the first rows; `None` where nothing does or no row's values are held.
    pub fn addends(&self) -> Option<Addends<'_>> {
        let found = match self {
            Self::Attribution(a) => {
                Addends { base: &a.base, values: &a.values, rows: a.rows.len(), width: a.features.len() }
            }
            Self::Interactions(i) if i.complete => {
                Addends { base: &i.base, values: &i.values, rows: i.rows.len(), width: i.pairs.len() }
            }
            Self::Importance(_) | Self::Curves(_) | Self::Interactions(_) | Self::Strengths(_) => return None,
        };
        (found.rows > 0).then_some(found)
    }

    /// The names of its outputs; `None` where outputs are not told apart.
    pub fn outputs(&self) -> Option<&[String]> {
        match self {
            Self::Attribution(attribution) => Some(&attribution.outputs),
            Self::Curves(curves) => Some(&curves.outputs),
            Self::Interactions(interactions) => Some(&interactions.outputs),
            Self::Strengths(strengths) => Some(&strengths.outputs),
            Self::Importance(_) => None,
        }
    }

    /// The same answer with other names for its outputs, where it has outputs.
    #[must_use]
    pub fn with_outputs(&self, names: &[String]) -> Self {
        let mut body = self.clone();
        match &mut body {
            Self::Attribution(attribution) => attribution.outputs = names.into(),
            Self::Curves(curves) => curves.outputs = names.into(),
            Self::Interactions(interactions) => interactions.outputs = names.into(),
            Self::Strengths(strengths) => strengths.outputs = names.into(),
            Self::Importance(_) => {}
        }
        body
    }

    /// The feature that matters most to `output`, the first of equals: by its mean absolute contribution, its importance
    /// or the span of its curve. `None` where single features are not compared.
    pub fn strongest(&self, output: usize) -> Option<usize> {
        let sizes: Vec<(usize, f64)> = match self {
            Self::Attribution(a) if output < a.outputs.len() => {
                a.mean_absolute(output).into_iter().enumerate().collect()
            }
            Self::Importance(i) => i.entries.iter().map(|e| e.value).enumerate().collect(),
            Self::Curves(c) if output < c.outputs.len() => {
                c.features.iter().map(|curve| (curve.feature, curve.span(output))).collect()
            }
            _ => Vec::new(),
        };
        sizes.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(feature, _)| feature)
    }
}

/// Effects of pairs of features on single predictions and on average: Shapley interaction values. A pair of two different
/// features stands here once with its whole effect, which is twice an entry of the symmetric matrix that shap and xgboost
/// write; a feature paired with itself is its main effect, the diagonal of that matrix.
#[derive(Clone, Debug)]
pub struct Interactions {
    /// Feature names in input order.
    pub features: Arc<[String]>,
    /// Output names.
    pub outputs: Arc<[String]>,
    /// The two inputs of each pair, the smaller first, ascending; both alike for main effects.
    pub pairs: Arc<[(u32, u32)]>,
    /// Whether every pair that is not 0 for every possible row is held, so that a row adds up to its prediction.
    pub complete: bool,
    /// Effects in the rows of [`Interactions::rows`], shape (outputs, rows, pairs), row-major.
    pub values: Arc<[f64]>,
    /// Mean effect over all rows, shape (outputs, pairs).
    pub mean: Vec<f64>,
    /// Mean absolute effect over all rows, shape (outputs, pairs).
    pub mean_absolute: Vec<f64>,
    /// Expected prediction, per output.
    pub base: Vec<f64>,
    /// Rows behind the means.
    pub row_count: usize,
    /// The rows whose own effects are held: the first ones, all of them where they fit.
    pub rows: Arc<[RowId]>,
    /// Unit of every number here.
    pub scale: Scale,
}

impl Interactions {
    /// Effects of every pair on `output` in one row, by its position in [`Interactions::rows`].
    pub fn row(&self, output: usize, position: usize) -> &[f64] {
        let width = self.pairs.len();
        &self.values[(output * self.rows.len() + position) * width..][..width]
    }

    /// Mean absolute effects of every pair on `output`.
    pub fn mean_absolute_of(&self, output: usize) -> &[f64] {
        &self.mean_absolute[output * self.pairs.len()..][..self.pairs.len()]
    }

    /// Mean effects of every pair on `output`.
    pub fn mean_of(&self, output: usize) -> &[f64] {
        &self.mean[output * self.pairs.len()..][..self.pairs.len()]
    }
}

/// Friedman's H: which share of a curve's variance over the rows is interaction.
#[derive(Clone, Debug)]
pub struct Strengths {
    /// Feature names in input order.
    pub features: Arc<[String]>,
    /// Output names.
    pub outputs: Arc<[String]>,
    /// Pairs in ascending order, then single features with all others together.
    pub entries: Vec<Strength>,
    /// Rows behind every number.
    pub rows: usize,
    /// Unit of the sizes.
    pub scale: Scale,
}

/// How strong one interaction is.
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// An input.
    pub first: usize,
    /// The other input; `None` for all other inputs together.
    pub second: Option<usize>,
    /// H² per output: of a pair, the share of the variance of their joint partial dependence; of a feature with all
    /// others, the share of the variance of the prediction. NaN where there is nothing to be a share of.
    pub h_squared: Vec<f64>,
    /// Root mean square of the interaction over the rows, per output.
    pub size: Vec<f64>,
}

/// How the prediction depends on single features: means over rows, and the curves of some rows.
#[derive(Clone, Debug)]
pub struct Curves {
    /// Output names.
    pub outputs: Arc<[String]>,
    /// One curve per feature, in input order.
    pub features: Vec<FeatureCurve>,
    /// Rows whose own curves are held.
    pub individual: Arc<[RowId]>,
    /// Rows over which the mean is taken.
    pub rows: usize,
    /// Whether every curve is measured from its own first point that is no missing value.
    pub centred: bool,
    /// Unit of every number here.
    pub scale: Scale,
}

/// The curve of one feature.
#[derive(Clone, Debug)]
pub struct FeatureCurve {
    /// The feature, by input index.
    pub feature: usize,
    /// Its name.
    pub name: String,
    /// Where the curve is known: the missing value first, then ascending.
    pub places: Vec<Place>,
    /// Rows of the table at every place.
    pub counts: Vec<u64>,
    /// Partial dependence, shape (outputs, places).
    pub mean: Vec<f64>,
    /// Individual curves, shape (individual rows, outputs, places).
    pub individual: Vec<f64>,
}

impl FeatureCurve {
    /// The partial dependence of `output`, place by place.
    pub fn mean_of(&self, output: usize) -> &[f64] {
        &self.mean[output * self.places.len()..][..self.places.len()]
    }

    /// Largest minus smallest partial dependence of `output`, over the places that some row holds.
    pub fn span(&self, output: usize) -> f64 {
        let held = self.mean_of(output).iter().zip(&self.counts).filter(|(_, count)| **count > 0);
        let (low, high) =
            held.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (v, _)| (low.min(*v), high.max(*v)));
        (high - low).max(0.0)
    }
}

/// Where a curve is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// No value.
    Missing,
    /// All values between two thresholds, where the curve is constant; the ends may be infinite.
    Between(f64, f64),
    /// One value.
    At(f64),
    /// One category or several, in words.
    Category(String),
}

impl Place {
    /// The place in words, numbers with every digit.
    pub fn words(&self) -> String {
        match self {
            Self::Missing => "missing".to_owned(),
            Self::Between(low, high) if low.is_infinite() && high.is_infinite() => "all".to_owned(),
            Self::Between(low, high) if low.is_infinite() => format!("up to {high}"),
            Self::Between(low, high) if high.is_infinite() => format!("from {low}"),
            Self::Between(low, high) => format!("{low} to {high}"),
            Self::At(value) => value.to_string(),
            Self::Category(name) => name.clone(),
        }
    }

    /// Its ends; NaN where it has none.
    pub fn ends(&self) -> (f64, f64) {
        let finite = |x: f64| if x.is_finite() { x } else { f64::NAN };
        match self {
            Self::Between(low, high) => (finite(*low), finite(*high)),
            Self::At(value) => (*value, *value),
            Self::Missing | Self::Category(_) => (f64::NAN, f64::NAN),
        }
    }
}

/// Contributions of features to predictions, unit [`Attribution::scale`].
#[derive(Clone, Debug)]
pub struct Attribution {
    /// Feature names in input order.
    pub features: Arc<[String]>,
    /// Output names.
    pub outputs: Arc<[String]>,
    /// Shape (outputs, rows, features), row-major.
    pub values: Arc<[f64]>,
    /// Expected prediction over the background, per output.
    pub base: Vec<f64>,
    /// Standard errors, same shape as `values`; `None` when exact.
    pub std_error: Option<Arc<[f64]>>,
    /// The explained rows.
    pub rows: Arc<[RowId]>,
    /// Unit of every number here.
    pub scale: Scale,
}

impl Attribution {
    /// Contributions to `output`: shape (rows, features), row-major.
    pub fn of_output(&self, output: usize) -> &[f64] {
        let size = self.rows.len() * self.features.len();
        &self.values[output * size..(output + 1) * size]
    }

    /// Contributions of one row (by position, not id) to `output`, in feature order.
    pub fn row(&self, output: usize, position: usize) -> &[f64] {
        let width = self.features.len();
        &self.of_output(output)[position * width..(position + 1) * width]
    }

    /// Standard errors of one row, when there are any.
    pub fn row_error(&self, output: usize, position: usize) -> Option<&[f64]> {
        let width = self.features.len();
        let start = (output * self.rows.len() + position) * width;
        self.std_error.as_ref().and_then(|e| e.get(start..start + width))
    }

    /// Where row `id` stands in `rows`.
    pub fn position(&self, id: RowId) -> Option<usize> {
        match self.rows.get(id.index()) {
            Some(found) if *found == id => Some(id.index()),
            _ => self.rows.binary_search(&id).ok().or_else(|| self.rows.iter().position(|r| *r == id)),
        }
    }

    /// Mean absolute contribution of every feature to `output`, in feature order. Cost O(rows · features).
    pub fn mean_absolute(&self, output: usize) -> Vec<f64> {
        let width = self.features.len();
        let mut sums = vec![0.0; width];
        for row in self.of_output(output).chunks_exact(width.max(1)) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value.abs();
            }
        }
        let count = self.rows.len().max(1) as f64;
        sums.iter().map(|s| s / count).collect()
    }
}

/// One number per feature with its uncertainty.
#[derive(Clone, Debug)]
pub struct Importance {
    /// What the numbers measure: `increase in log loss when the column is shuffled`.
    pub measure: String,
    /// The entries, in input order.
    pub entries: Vec<FeatureImportance>,
    /// The metric without any change.
    pub baseline: f64,
    /// Rows used.
    pub rows: usize,
    /// For each place in falling order of importance (ties by index) but the last: the 95 % interval of the difference to
    /// the next one, paired over shuffles and over rows, the wider of both; all of them hold together (Bonferroni over all
    /// pairs). Empty where it is not known.
    pub gaps: Vec<(f64, f64)>,
}

impl Importance {
    /// The entries in falling order of importance, ties by index.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by(|&a, &b| self.entries[b].value.total_cmp(&self.entries[a].value).then(a.cmp(&b)));
        order
    }
}

/// Importance of one feature.
#[derive(Clone, Debug)]
pub struct FeatureImportance {
    /// The feature.
    pub feature: String,
    /// Mean over repeats.
    pub value: f64,
    /// Standard error over repeats.
    pub std_error: f64,
    /// 95 % t-interval over repeats: noise of the shuffling.
    pub over_repeats: (f64, f64),
    /// 95 % interval over rows: noise of the table. The larger of the two is shown.
    pub over_rows: (f64, f64),
}

impl FeatureImportance {
    /// The wider of the two intervals.
    pub fn interval(&self) -> (f64, f64) {
        let width = |(low, high): (f64, f64)| high - low;
        if width(self.over_rows) >= width(self.over_repeats) { self.over_rows } else { self.over_repeats }
    }
}

/// A graded answer with its passport.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The answer.
    pub body: Body,
    /// Predictions of the rows whose values are held, shape (rows, outputs), in the answer's scale, in f64 throughout.
    /// Empty for answers that add up to no prediction.
    pub predictions: Arc<[f64]>,
    /// How good the answer is, measured.
    pub fidelity: Fidelity,
    /// What it depends on.
    pub provenance: Provenance,
}

/// How good an answer is, measured by asking the model itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fidelity {
    /// Largest |base + Σ contributions − prediction| over rows and outputs, in the answer's unit; `None` only where
    /// no completeness is claimed.
    pub gap: Option<f64>,
    /// The same divided by the largest |prediction − base|, or by 1 where that is smaller.
    pub relative_gap: Option<f64>,
    /// Largest difference between the source library's own arithmetic (f32 for some) and f64.
    pub source_rounding: f64,
    /// Whether the numbers are exact for the stated game.
    pub exact: bool,
    /// Largest standard error, for sampled answers.
    pub largest_error: Option<f64>,
    /// Whether a sampled answer met its stopping rule.
    pub converged: Option<bool>,
    /// Model evaluations spent.
    pub evaluations: u64,
}

/// What an answer depends on; enough to compute it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Provenance {
    /// Method id.
    pub method: String,
    /// Method title for people.
    pub method_title: String,
    /// Version of the program.
    pub program: String,
    /// SHA-256 of the model file.
    pub model: Fingerprint,
    /// Fingerprint of the explained rows' inputs.
    pub data: Fingerprint,
    /// Fingerprint of the background; `None` when the method uses none.
    pub background: Option<Fingerprint>,
    /// The background in words.
    pub background_text: String,
    /// Every setting.
    pub knobs: Knobs,
    /// Seed of all randomness.
    pub seed: Seed,
    /// Unit of the numbers.
    pub scale: Scale,
    /// Notes of the method.
    pub notes: Vec<String>,
}
