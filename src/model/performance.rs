//! How well a model predicts a table: metrics with intervals, and the curves behind the performance charts.

use std::sync::Arc;

use crate::base::RowId;

/// Performance on the rows whose target is known.
#[derive(Clone, Debug)]
pub struct Performance {
    /// Rows measured.
    pub rows: usize,
    /// Rows left out because their target is missing or no class of the model.
    pub skipped: usize,
    /// Whether a weight column was used.
    pub weighted: bool,
    /// Metrics in display order.
    pub metrics: Vec<MetricValue>,
    /// Curves and tables.
    pub detail: Detail,
    /// What a reader must know, one sentence each.
    pub notes: Vec<String>,
}

/// One metric with its 95 % interval.
#[derive(Clone, Debug)]
pub struct MetricValue {
    /// Stable name: `log-loss`.
    pub id: &'static str,
    /// Name for people: `Log loss`.
    pub title: &'static str,
    /// The value.
    pub value: f64,
    /// 95 % interval over rows; `None` where none is computed.
    pub interval: Option<(f64, f64)>,
    /// Which values are good ones.
    pub good: Good,
    /// Unit or range in words: `0–1`, `target units`.
    pub unit: &'static str,
}

/// Which values of a metric are good ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Good {
    /// The higher the better.
    High,
    /// The lower the better.
    Low,
    /// The nearer to zero the better.
    Zero,
    /// Neither: it describes the table.
    Neither,
}

impl Good {
    /// In a word for tables; empty where no value is better.
    pub fn title(self) -> &'static str {
        match self {
            Self::High => "higher",
            Self::Low => "lower",
            Self::Zero => "near 0",
            Self::Neither => "",
        }
    }
}

/// Curves by kind of task.
#[derive(Clone, Debug)]
pub enum Detail {
    /// Two classes.
    Binary(BinaryDetail),
    /// Several classes.
    Multiclass(MulticlassDetail),
    /// Numbers.
    Regression(RegressionDetail),
}

/// Two classes: everything as a function of the threshold.
#[derive(Clone, Debug)]
pub struct BinaryDetail {
    /// Class names, negative first.
    pub classes: [String; 2],
    /// Probabilities of the positive class, ascending.
    pub scores: Arc<[f64]>,
    /// Weight (1 without a weight column) of positive rows at or above each position of `scores`; one longer than
    /// `scores`, ending with 0.
    pub positives_above: Arc<[f64]>,
    /// The same for negative rows.
    pub negatives_above: Arc<[f64]>,
    /// False positive rate, true positive rate, threshold; from (0, 0) to (1, 1). At most 2 000 points;
    /// empty when a class is absent.
    pub roc: Vec<[f64; 3]>,
    /// Recall, precision, threshold, from the highest threshold down. At most 2 000 points; empty without positive
    /// rows.
    pub precision_recall: Vec<[f64; 3]>,
    /// Calibration bins of equal row counts, ascending; empty when predictions leave 0–1.
    pub calibration: Vec<CalibrationBin>,
}

/// Rows of similar predicted probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationBin {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Observed share of the positive class.
    pub observed: f64,
    /// 95 % Wilson interval of the observed share.
    pub interval: (f64, f64),
    /// Rows.
    pub rows: usize,
}

/// Counts (or weights) at one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confusion {
    /// Positive and predicted positive.
    pub true_positive: f64,
    /// Negative but predicted positive.
    pub false_positive: f64,
    /// Negative and predicted negative.
    pub true_negative: f64,
    /// Positive but predicted negative.
    pub false_negative: f64,
}

impl BinaryDetail {
    /// The confusion counts when probabilities at or above `threshold` are called positive. Cost O(log rows).
    pub fn confusion_at(&self, threshold: f64) -> Confusion {
        let from = self.scores.partition_point(|s| *s < threshold);
        let (tp, fp) = (self.positives_above[from], self.negatives_above[from]);
        Confusion {
            true_positive: tp,
            false_positive: fp,
            true_negative: self.negatives_above[0] - fp,
            false_negative: self.positives_above[0] - tp,
        }
    }
}

/// Several classes.
#[derive(Clone, Debug)]
pub struct MulticlassDetail {
    /// Class names.
    pub classes: Vec<String>,
    /// `confusion[actual][predicted]`, rows or weights.
    pub confusion: Vec<Vec<f64>>,
    /// One-against-the-rest ROC curve of each class: false positive rate, true positive rate, threshold.
    pub roc: Vec<Vec<[f64; 3]>>,
    /// One-against-the-rest area under the ROC curve; NaN where a class has no rows or all rows.
    pub roc_area: Vec<f64>,
}

/// Numbers.
#[derive(Clone, Debug)]
pub struct RegressionDetail {
    /// Measured rows.
    pub rows: Arc<[RowId]>,
    /// Predicted value of each.
    pub predicted: Arc<[f64]>,
    /// Actual value of each.
    pub actual: Arc<[f64]>,
}
