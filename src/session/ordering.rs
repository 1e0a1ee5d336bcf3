//! Which rows a table shows, in which order: by a column, by what was computed, or by how much they tell.

use std::sync::Arc;

use crate::base::{Problem, RowId, RowSet};
use crate::data::{Dataset, Values, sorted_by};

use super::derived::Derived;
use super::scene::Scene;
use super::work::select::rows_where;

/// A column of the table, or one that was computed for its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A column of the table, by its place.
    Column(usize),
    /// A computed column, by the name that queries use.
    Computed(String),
}

/// An order of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As the file has them.
    #[default]
    File,
    /// By a field; missing values last in both directions.
    By(Field, bool),
    /// Furthest from the truth first: wrong and confident classes, large errors. Rows without a known truth last.
    Surprising,
    /// Nearest to the decision threshold first; for several classes, those whose two likeliest are nearest to each other.
    Undecided,
    /// Most alike to this row first, over the model's columns: the mean of differences, of numbers in parts of the column's
    /// range, of everything else 0 or 1 (Gower's distance). A missing value differs from every present one.
    Similar(RowId),
}

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// The output that computed columns mean.
    pub output: usize,
    /// A query; empty for all rows.
    pub query: String,
    /// Only these rows.
    pub only: Option<Arc<RowSet>>,
    /// Their order.
    pub order: Order,
}

/// The rows to show. Refuses a query that is not understood. Cost O(rows · log rows), for `Similar` O(rows · columns).
pub fn ordered(scene: &Scene, shown: &Shown) -> Result<Vec<RowId>, Problem> {
    let Some(data) = &scene.data else { return Ok(Vec::new()) };
    let mut rows = match &shown.order {
        Order::File => (0..data.row_count() as u32).map(RowId).collect(),
        Order::By(field, descending) => match values(scene, shown.output, field) {
            Some(values) => sorted_by(&values, *descending),
            None => (0..data.row_count() as u32).map(RowId).collect(),
        },
        Order::Surprising => by_number(data, &surprise(scene), true),
        Order::Undecided => by_number(data, &doubt(scene), false),
        Order::Similar(row) => by_number(data, &distances(scene, data, *row), false),
    };
    if !shown.query.trim().is_empty() {
        let found = rows_where(scene, shown.output, &shown.query)?;
        rows.retain(|row| found.contains(*row));
    }
    if let Some(only) = &shown.only {
        rows.retain(|row| only.contains(*row));
    }
    Ok(rows)
}

/// The values of a field, one for each row.
pub fn values(scene: &Scene, output: usize, field: &Field) -> Option<Values> {
    match field {
        Field::Column(column) => scene.data.as_ref()?.columns().get(*column).map(|c| c.values.clone()),
        Field::Computed(name) => Derived { scene, output }.column(name),
    }
}

fn by_number(data: &Dataset, numbers: &[f64], descending: bool) -> Vec<RowId> {
    if numbers.len() != data.row_count() {
        return (0..data.row_count() as u32).map(RowId).collect();
    }
    sorted_by(&Values::Number { values: numbers.into(), whole: false }, descending)
}

/// How far each row's prediction is from what is true: the probability that was withheld from the actual class, or the
/// size of the error. NaN where the truth is not known.
fn surprise(scene: &Scene) -> Vec<f64> {
    let (Some(known), Some(model)) = (&scene.predictions, &scene.model) else { return Vec::new() };
    let classes = model.card().task.is_classification();
    let rows = known.values.chunks_exact(known.outputs.max(1));
    rows.zip(known.truth.iter())
        .map(|(row, truth)| match row {
            _ if truth.is_nan() => f64::NAN,
            [p] if classes => (p - truth).abs(),
            [y] => (y - truth).abs(),
            row => 1.0 - row.get(*truth as usize).copied().unwrap_or(f64::NAN),
        })
        .collect()
}

/// How near each row is to another decision.
fn doubt(scene: &Scene) -> Vec<f64> {
    let (Some(known), Some(model)) = (&scene.predictions, &scene.model) else { return Vec::new() };
    if !model.card().task.is_classification() {
        return Vec::new();
    }
    let rows = known.values.chunks_exact(known.outputs.max(1));
    rows.map(|row| match row {
        [p] => (p - scene.threshold).abs(),
        row => {
            let mut sorted = row.to_vec();
            sorted.sort_by(|a, b| b.total_cmp(a));
            sorted.first().zip(sorted.get(1)).map_or(f64::NAN, |(a, b)| a - b)
        }
    })
    .collect()
}

/// Gower's distance of every row to one.
fn distances(scene: &Scene, data: &Dataset, row: RowId) -> Vec<f64> {
    let all = || (0..data.columns().len()).collect();
    let columns: Vec<usize> = scene.link.as_ref().map_or_else(all, |link| link.columns.clone());
    let mut sums = vec![0.0; data.row_count()];
    for values in columns.iter().filter_map(|c| data.columns().get(*c)).map(|c| &c.values) {
        let own = values.position(row.index());
        let missing = values.is_missing(row.index());
        let range = match values {
            Values::Number { .. } | Values::Date { .. } => {
                let present = (0..values.len()).map(|i| values.position(i)).filter(|v| v.is_finite());
                let (low, high) = present.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
                high - low
            }
            _ => f64::NAN,
        };
        for (i, sum) in sums.iter_mut().enumerate() {
            let differs = |same: bool| f64::from(u8::from(!same));
            *sum += match (missing, values.is_missing(i)) {
                (true, true) => 0.0,
                (true, false) | (false, true) => 1.0,
                _ if range > 0.0 => ((values.position(i) - own).abs() / range).min(1.0),
                _ => match values {
                    Values::Text(texts) => differs(texts.get(i) == texts.get(row.index())),
                    _ => differs(values.position(i).total_cmp(&own).is_eq()),
                },
            };
        }
    }
    let count = columns.len().max(1) as f64;
    sums.iter().map(|sum| sum / count).collect()
}
