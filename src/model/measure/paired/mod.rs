//! Two models on the same rows: the difference of every metric with a paired 95 % interval.
//!
//! Rows that both models predict with the same success say nothing about the difference, so the interval of a difference
//! is usually far narrower than the two intervals beside each other suggest. All intervals are closed forms. No model is
//! called here.

mod area;
mod shares;

use serde_json::{Value, json};

use crate::base::text::counted;
use crate::base::{Cancelled, RowId, Task};
use crate::num::{MatrixView, stats};

use super::super::card::{ModelCard, TaskKind};
use super::super::metrics;
use super::super::performance::{Good, MetricValue};
use super::interval::{effective_rows, standard_error};
use super::{Measured, Sample, measure};

/// What is compared. Both matrices have the same shape and the same order of outputs; slices have one entry per row.
#[derive(Clone, Copy, Debug)]
pub struct Paired<'a> {
    /// The champion's card; the challenger's task is of the same kind.
    pub card: &'a ModelCard,
    /// The champion's predictions in the scale of `metrics::scale_for`, shape (rows, outputs).
    pub champion: MatrixView<'a>,
    /// The challenger's, in the same unit.
    pub challenger: MatrixView<'a>,
    /// Index of the class, or the number; NaN when unknown.
    pub truth: &'a [f64],
    /// Weight of each row; rows of weight 0 are left out.
    pub weights: Option<&'a [f64]>,
    /// The table row of each.
    pub rows: &'a [RowId],
}

/// Metrics of two models on the same rows.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Rows measured: those that both models can be measured on.
    pub rows: usize,
    /// Rows left out.
    pub skipped: usize,
    /// Whether a weight column was used.
    pub weighted: bool,
    /// In display order.
    pub metrics: Vec<MetricDifference>,
    /// What a reader must know, one sentence each.
    pub notes: Vec<String>,
}

/// One metric of both models.
#[derive(Clone, Debug)]
pub struct MetricDifference {
    /// Stable name: `log-loss`.
    pub id: &'static str,
    /// Name for people: `Log loss`.
    pub title: &'static str,
    /// The champion's value.
    pub champion: f64,
    /// The challenger's value.
    pub challenger: f64,
    /// Paired 95 % interval of the challenger's value minus the champion's; `None` where no closed form is known.
    pub interval: Option<(f64, f64)>,
    /// Which values are good ones.
    pub good: Good,
    /// Unit or range in words.
    pub unit: &'static str,
}

/// What a difference says about two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The interval holds 0.
    CannotBeToldApart,
    /// The challenger is better.
    ChallengerBetter,
    /// The champion is better.
    ChampionBetter,
    /// They differ, and neither direction is the better one.
    Differ,
    /// There is no interval to judge by.
    Unknown,
}

impl Verdict {
    /// In words for tables.
    pub fn words(self) -> &'static str {
        match self {
            Self::CannotBeToldApart => "cannot be told apart",
            Self::ChallengerBetter => "challenger is better",
            Self::ChampionBetter => "champion is better",
            Self::Differ => "the two differ",
            Self::Unknown => "no interval to judge by",
        }
    }
}

impl MetricDifference {
    /// The challenger's value minus the champion's.
    pub fn difference(&self) -> f64 {
        self.challenger - self.champion
    }

    /// Who is better, where the interval leaves 0 out.
    pub fn verdict(&self) -> Verdict {
        match (self.interval, self.good) {
            (None, _) => Verdict::Unknown,
            (Some((low, high)), _) if low <= 0.0 && high >= 0.0 => Verdict::CannotBeToldApart,
            (Some((low, _)), Good::High) if low > 0.0 => Verdict::ChallengerBetter,
            (Some((_, high)), Good::Low) if high < 0.0 => Verdict::ChallengerBetter,
            (Some(_), Good::High | Good::Low) => Verdict::ChampionBetter,
            (Some(_), Good::Zero | Good::Neither) => Verdict::Differ,
        }
    }
}

impl Comparison {
    /// Everything as JSON, for files and scripts.
    pub fn facts(&self) -> Value {
        let one = |m: &MetricDifference| {
            json!({
                "id": m.id,
                "title": m.title,
                "champion": m.champion,
                "challenger": m.challenger,
                "difference": m.difference(),
                "interval": m.interval.map(|(low, high)| [low, high]),
                "verdict": m.verdict().words(),
            })
        };
        json!({
            "rows": self.rows,
            "skipped": self.skipped,
            "weighted": self.weighted,
            "values": self.metrics.iter().map(one).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// Measures both models on the rows that both can be measured on. Cost O(rows · log rows) for each output.
pub fn compare(input: &Paired<'_>, task: &Task) -> Result<Comparison, Cancelled> {
    let mut notes = Vec::new();
    let sides = Sides::gather(input, &mut notes);
    let (champion, challenger) =
        (sides.measured(input, &sides.champion, task)?, sides.measured(input, &sides.challenger, task)?);
    let describes = |metric: &MetricValue| metric.good == Good::Neither;
    let pairs = champion.metrics.iter().zip(&challenger.metrics).filter(|(metric, _)| !describes(metric));
    let metrics: Vec<MetricDifference> = pairs
        .map(|(own, other)| MetricDifference {
            id: own.id,
            title: own.title,
            champion: own.value,
            challenger: other.value,
            interval: sides.interval(own.id, own.value, other.value),
            good: own.good,
            unit: own.unit,
        })
        .collect();
    task.check()?;
    let bare: Vec<String> = metrics
        .iter()
        .filter(|m| m.interval.is_none() && m.difference().is_finite())
        .map(|m| m.title.to_lowercase())
        .collect();
    if !bare.is_empty() {
        notes.push(format!("No paired interval is known in closed form for {}", bare.join(" and ")));
    }
    notes
        .push("Intervals cover 95 % of the difference on the same rows and treat rows as independent draws".to_owned());
    Ok(Comparison {
        rows: sides.truth.len(),
        skipped: input.truth.len() - sides.truth.len(),
        weighted: input.weights.is_some(),
        metrics,
        notes,
    })
}

/// Both models on the rows that both can be measured on.
struct Sides {
    task: TaskKind,
    /// Outputs of one row; 1 for two classes, whose positive one is kept.
    width: usize,
    champion: Vec<f64>,
    challenger: Vec<f64>,
    truth: Vec<f64>,
    weights: Vec<f64>,
    rows: Vec<RowId>,
}

impl Sides {
    fn gather(input: &Paired<'_>, notes: &mut Vec<String>) -> Self {
        let measured = |predicted| Measured {
            card: input.card,
            predicted,
            truth: input.truth,
            classes: &[],
            weights: input.weights,
            rows: input.rows,
        };
        let own = Sample::gather(&measured(input.champion), notes);
        let other = Sample::gather(&measured(input.challenger), &mut Vec::new());
        let both: Vec<usize> = own.index.iter().copied().filter(|i| other.index.binary_search(i).is_ok()).collect();
        let lost = own.index.len() - both.len();
        if lost > 0 {
            notes.push(format!("Left out: {} without a finite prediction of the challenger", counted(lost, "row")));
        }
        let cols = input.champion.cols();
        let kept = if input.card.task == TaskKind::Binary { cols.saturating_sub(1)..cols } else { 0..cols };
        let values = |of: MatrixView<'_>| both.iter().flat_map(|&i| of.row(i)[kept.clone()].to_vec()).collect();
        Self {
            task: input.card.task,
            width: kept.len(),
            champion: values(input.champion),
            challenger: values(input.challenger),
            truth: both.iter().map(|&i| input.truth[i]).collect(),
            weights: both.iter().map(|&i| input.weights.map_or(1.0, |w| w[i])).collect(),
            rows: both.iter().filter_map(|&i| input.rows.get(i).copied()).collect(),
        }
    }

    fn measured(&self, input: &Paired<'_>, values: &[f64], task: &Task) -> Result<super::Performance, Cancelled> {
        let predicted =
            MatrixView::new(values, self.truth.len(), self.width).expect("one prediction for each row and output");
        measure(
            &Measured {
                card: input.card,
                predicted,
                truth: &self.truth,
                classes: &[],
                weights: input.weights.is_some().then_some(&self.weights),
                rows: &self.rows,
            },
            task,
        )
    }

    /// The interval of a metric's difference, where one is known and both values are numbers.
    fn interval(&self, id: &str, own: f64, other: f64) -> Option<(f64, f64)> {
        if !own.is_finite() || !other.is_finite() || self.truth.len() < 2 {
            return None;
        }
        match id {
            "accuracy" => Some(self.accuracy()),
            "auc" => Some(self.around(other - own, area::error(self))),
            "balanced-accuracy" | "precision" | "recall" | "f1" => {
                let influence = [&self.champion, &self.challenger].map(|side| shares::influence(id, self, side));
                Some(self.by_influence(other - own, &influence))
            }
            "rmse" | "r2" => Some(self.of_squares(id, own, other)),
            "bias" | "mae" | "mape" => self.mean_of(|y, p| numbers_loss(id, y, p[0])),
            "log-loss" | "brier" | "poisson-deviance" => {
                let metric = metrics::find(id)?;
                self.mean_of(|y, p| metric.row_loss(y, p))
            }
            _ => None,
        }
    }

    /// The interval of a mean loss: each row's two losses are subtracted first.
    fn mean_of(&self, loss: impl Fn(f64, &[f64]) -> Option<f64>) -> Option<(f64, f64)> {
        let (mut differences, mut weights) = (Vec::new(), Vec::new());
        let rows = self.champion.chunks_exact(self.width).zip(self.challenger.chunks_exact(self.width));
        for ((own, other), (y, w)) in rows.zip(self.truth.iter().zip(&self.weights)) {
            if let (Some(own), Some(other)) = (loss(*y, own), loss(*y, other)) {
                differences.push(other - own);
                weights.push(*w);
            }
        }
        let total = stats::sum(&weights);
        let products: Vec<f64> = differences.iter().zip(&weights).map(|(d, w)| d * w).collect();
        let mean = stats::sum(&products) / total;
        let error = standard_error(differences.iter().map(|d| d - mean), &weights);
        (differences.len() > 1).then(|| around(mean, error, effective_rows(&weights)))
    }

    /// Root mean square and R²: functions of mean squares, by the delta method.
    fn of_squares(&self, id: &str, own: f64, other: f64) -> (f64, f64) {
        let squares = |side: &[f64]| -> Vec<f64> {
            side.chunks_exact(self.width).zip(&self.truth).map(|(p, y)| (p[0] - y) * (p[0] - y)).collect()
        };
        let centre = self.mean(&self.truth);
        let spread: Vec<f64> = self.truth.iter().map(|y| (y - centre) * (y - centre)).collect();
        let total = self.mean(&spread);
        let influence = [&self.champion, &self.challenger].map(|side| {
            let squares = squares(side);
            let mean = self.mean(&squares);
            let of_row = |(s, v): (&f64, &f64)| match id {
                "rmse" if mean > 0.0 => (s - mean) / (2.0 * mean.sqrt()),
                "rmse" => 0.0,
                _ => -(s - mean / total * v) / total,
            };
            squares.iter().zip(&spread).map(of_row).collect::<Vec<f64>>()
        });
        self.by_influence(other - own, &influence)
    }

    /// The share of right calls: Newcombe's paired interval from Wilson's single ones.
    fn accuracy(&self) -> (f64, f64) {
        let right = |side: &[f64]| -> Vec<bool> {
            let rows = side.chunks_exact(self.width).zip(&self.truth);
            rows.map(|(row, y)| (metrics::called(row) as f64 - y).abs() < 0.5).collect()
        };
        let (own, other) = (right(&self.champion), right(&self.challenger));
        let mut cells = [0.0; 4];
        for ((own, other), w) in own.iter().zip(&other).zip(&self.weights) {
            cells[2 * usize::from(!own) + usize::from(!other)] += w;
        }
        shares::newcombe(cells, effective_rows(&self.weights))
    }

    fn by_influence(&self, difference: f64, [own, other]: &[Vec<f64>; 2]) -> (f64, f64) {
        let error = standard_error(own.iter().zip(other).map(|(a, b)| b - a), &self.weights);
        self.around(difference, error)
    }

    fn around(&self, difference: f64, error: f64) -> (f64, f64) {
        around(difference, error, effective_rows(&self.weights))
    }

    fn mean(&self, values: &[f64]) -> f64 {
        let products: Vec<f64> = values.iter().zip(&self.weights).map(|(v, w)| v * w).collect();
        stats::sum(&products) / stats::sum(&self.weights)
    }
}

/// A t-interval; an error of 0 leaves the difference alone, because then every row says the same.
fn around(difference: f64, error: f64, rows: f64) -> (f64, f64) {
    let reach = if error > 0.0 { stats::student((rows - 1.0).max(0.0) as usize) * error } else { 0.0 };
    (difference - reach, difference + reach)
}

/// What one row adds to a mean over numbers; `None` where the row does not count.
fn numbers_loss(id: &str, y: f64, p: f64) -> Option<f64> {
    match id {
        "bias" => Some(p - y),
        "mae" => Some((p - y).abs()),
        _ => (y.abs() > 0.0).then(|| (p - y).abs() / y.abs()),
    }
}
