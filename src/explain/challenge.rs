//! Two models' attributions of the same rows, column by column: what the second gives more or less than the first.
//!
//! Nothing is computed by a model here. A column that only one of the models reads contributes 0 in the other.

use std::sync::Arc;

use crate::base::RowId;
use crate::data::Link;
use crate::model::Scale;
use crate::num::stats;

use super::answer::{Attribution, Body, Explanation};

/// A column of the table that at least one of the models reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedColumn {
    /// The champion's name of the input, else the challenger's.
    pub name: String,
    /// The column of the table.
    pub column: usize,
    /// The champion's input.
    pub champion: Option<usize>,
    /// The challenger's input.
    pub challenger: Option<usize>,
}

/// The columns of two models: the champion's inputs in their order, then those that only the challenger reads.
pub fn shared_columns(
    (champion, own): (&Link, &[String]),
    (challenger, other): (&Link, &[String]),
) -> Vec<SharedColumn> {
    let name = |names: &[String], i: usize| names.get(i).cloned().unwrap_or_default();
    let mut columns: Vec<SharedColumn> = champion
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| SharedColumn {
            name: name(own, i),
            column: *column,
            champion: Some(i),
            challenger: challenger.columns.iter().position(|c| c == column),
        })
        .collect();
    for (i, column) in challenger.columns.iter().enumerate() {
        if !champion.columns.contains(column) {
            columns.push(SharedColumn { name: name(other, i), column: *column, champion: None, challenger: Some(i) });
        }
    }
    columns
}

/// Two explanations of the same rows on the same scale, outputs in the same order.
#[derive(Clone, Debug)]
pub struct Challenge {
    champion: Arc<Explanation>,
    challenger: Arc<Explanation>,
    columns: Arc<[SharedColumn]>,
}

/// How much a column matters to each model. All numbers in the attributions' unit.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnImportance {
    /// Index among [`Challenge::columns`].
    pub column: usize,
    /// The champion's mean absolute contribution.
    pub champion: f64,
    /// The challenger's.
    pub challenger: f64,
    /// 95 % t-interval over the explained rows of the challenger's minus the champion's; `None` below two rows.
    pub interval: Option<(f64, f64)>,
    /// Mean absolute difference of the two contributions: 0 only where both models use the column alike in every row.
    pub moved: f64,
}

impl Challenge {
    /// Joins two attributions; `None` where they are not of the same rows, scale and number of outputs.
    pub fn new(champion: Arc<Explanation>, challenger: Arc<Explanation>, columns: Arc<[SharedColumn]>) -> Option<Self> {
        let challenge = Self { champion, challenger, columns };
        let (own, other) = challenge.try_both()?;
        let alike = own.rows == other.rows && own.scale == other.scale && own.outputs.len() == other.outputs.len();
        alike.then_some(challenge)
    }

    fn try_both(&self) -> Option<(&Attribution, &Attribution)> {
        match (&self.champion.body, &self.challenger.body) {
            (Body::Attribution(own), Body::Attribution(other)) => Some((own, other)),
            _ => None,
        }
    }

    /// The champion's attributions and the challenger's.
    pub fn both(&self) -> (&Attribution, &Attribution) {
        self.try_both().expect("both bodies were checked to be attributions")
    }

    /// The champion's explanation.
    pub fn champion(&self) -> &Arc<Explanation> {
        &self.champion
    }

    /// The challenger's explanation.
    pub fn challenger(&self) -> &Arc<Explanation> {
        &self.challenger
    }

    /// The columns, in the order of every list here.
    pub fn columns(&self) -> &Arc<[SharedColumn]> {
        &self.columns
    }

    /// The explained rows.
    pub fn rows(&self) -> &[RowId] {
        &self.both().0.rows
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.both().0.outputs.len()
    }

    /// Unit of every number here.
    pub fn scale(&self) -> Scale {
        self.both().0.scale
    }

    /// The champion's and the challenger's expected prediction.
    pub fn bases(&self, output: usize) -> (f64, f64) {
        let (own, other) = self.both();
        let base = |a: &Attribution| a.base.get(output).copied().unwrap_or(0.0);
        (base(own), base(other))
    }

    /// The contributions of every column in one row (by position): the champion's and the challenger's.
    pub fn row(&self, output: usize, position: usize) -> Vec<(f64, f64)> {
        let (own, other) = self.both();
        let (own, other) = (own.row(output, position), other.row(output, position));
        let of = |values: &[f64], input: Option<usize>| input.and_then(|i| values.get(i)).copied().unwrap_or(0.0);
        self.columns.iter().map(|c| (of(own, c.champion), of(other, c.challenger))).collect()
    }

    /// How every column's contribution changes in one row; with the change of the base they add up to the change of the
    /// prediction.
    pub fn difference(&self, output: usize, position: usize) -> Vec<f64> {
        self.row(output, position).into_iter().map(|(own, other)| other - own).collect()
    }

    /// Both models' prediction of one row (by position), each the sum of its base and contributions.
    pub fn predictions(&self, output: usize, position: usize) -> (f64, f64) {
        let (own, other) = self.both();
        let (first, second) = self.bases(output);
        (first + stats::sum(own.row(output, position)), second + stats::sum(other.row(output, position)))
    }

    /// Columns of one row by the size of their change, largest first; ties by column.
    pub fn carriers(&self, output: usize, position: usize) -> Vec<(usize, f64)> {
        let mut order: Vec<(usize, f64)> = self.difference(output, position).into_iter().enumerate().collect();
        order.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        order
    }

    /// Mean change of every column over some rows (by position); 0 without rows. Cost O(rows · columns).
    pub fn mean_difference(&self, output: usize, positions: &[usize]) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns.len()];
        for &position in positions {
            for (sum, (own, other)) in sums.iter_mut().zip(self.row(output, position)) {
                *sum += other - own;
            }
        }
        let count = positions.len().max(1) as f64;
        sums.into_iter().map(|s| s / count).collect()
    }

    /// How much every column matters to each model, in the order of the columns. Cost O(rows · columns).
    pub fn importance(&self, output: usize) -> Vec<ColumnImportance> {
        let (own, other) = self.both();
        (0..self.columns.len()).map(|column| self.importance_of(output, column, (own, other))).collect()
    }

    fn importance_of(
        &self,
        output: usize,
        column: usize,
        (own, other): (&Attribution, &Attribution),
    ) -> ColumnImportance {
        let values = |of: &Attribution, input: Option<usize>| -> Vec<f64> {
            let width = of.features.len().max(1);
            match input {
                Some(i) => of.of_output(output).iter().skip(i).step_by(width).copied().collect(),
                None => vec![0.0; of.rows.len()],
            }
        };
        let shared = &self.columns[column];
        let (first, second) = (values(own, shared.champion), values(other, shared.challenger));
        let gaps: Vec<f64> = first.iter().zip(&second).map(|(a, b)| b.abs() - a.abs()).collect();
        let mean_absolute = |v: &[f64]| stats::mean(&v.iter().map(|x| x.abs()).collect::<Vec<_>>());
        let centre = stats::mean(&gaps);
        let reach = stats::student(gaps.len().saturating_sub(1)) * (stats::variance(&gaps) / gaps.len() as f64).sqrt();
        ColumnImportance {
            column,
            champion: mean_absolute(&first),
            challenger: mean_absolute(&second),
            interval: (gaps.len() > 1).then_some((centre - reach, centre + reach)),
            moved: mean_absolute(&first.iter().zip(&second).map(|(a, b)| b - a).collect::<Vec<_>>()),
        }
    }
}

/// The same explanation with its outputs in another order: output `k` of the result is output `order[k]` of the given one.
/// Attributions only; anything else, and an order that changes nothing, comes back as it is.
pub fn reordered(explanation: Explanation, order: &[usize]) -> Explanation {
    let Body::Attribution(attribution) = &explanation.body else { return explanation };
    if order.iter().enumerate().all(|(k, from)| k == *from) {
        return explanation;
    }
    let pick = |values: &[f64]| -> Arc<[f64]> {
        let size = attribution.rows.len() * attribution.features.len();
        order.iter().flat_map(|k| values[k * size..(k + 1) * size].iter().copied()).collect()
    };
    let body = Body::Attribution(Attribution {
        outputs: order.iter().map(|k| attribution.outputs[*k].clone()).collect(),
        values: pick(&attribution.values),
        base: order.iter().map(|k| attribution.base[*k]).collect(),
        std_error: attribution.std_error.as_deref().map(pick),
        ..attribution.clone()
    });
    let width = order.len().max(1);
    let rows = explanation.predictions.chunks_exact(width);
    let predictions = rows.flat_map(|row| order.iter().map(|k| row[*k])).collect();
    Explanation { body, predictions, ..explanation }
}
