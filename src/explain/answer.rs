//! The closed set of answers. Charts and report sections match on it; methods hand over an [`Answer`] and only
//! [`super::ask::ask`] makes it an [`Explanation`], with measured fidelity and provenance.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Fingerprint, Knobs, RowId, Seed};
use crate::model::Scale;

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
    /// Predictions of the explained rows, shape (rows, outputs), in the answer's scale, in f64 throughout.
    /// Empty for answers about the whole table.
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
