//! Joining table and model: predictions of every row, true values, performance.

use std::sync::Arc;

use crate::base::{Cancelled, Problem, RowId, RowSet, Task, text};
use crate::data::{Dataset, Link, Role, encode, link};
use crate::explain::Truth;
use crate::model::measure::{Measured, measure};
use crate::model::metrics;
use crate::model::named::named;
use crate::model::{Model, ModelCard, Performance, Scale, TaskKind, TruthColumn, truth};
use crate::num::MatrixView;
use crate::num::parallel;

use crate::session::event::{Outcome, Predictions};
use crate::session::job::Work;
use crate::session::scene::Scene;

/// Rows encoded at once: bounds the memory that predicting a large table takes.
const CHUNK: usize = 16 * 1024;

/// Joins table and model.
pub struct Join {
    /// The table.
    pub data: Arc<Dataset>,
    /// The model.
    pub model: Arc<dyn Model>,
    /// Threads of the loops; `None` takes all.
    pub threads: Option<usize>,
    /// The rows performance is measured on; `None` takes all.
    pub held_out: Option<Arc<[RowId]>>,
}

impl Work for Join {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { data, model, threads, held_out } = *self;
        let mut link = link(&model.card().inputs, &data)?;
        let scale = default_scale(&*model);
        let values = parallel::with_threads(threads, || predict(&data, &*model, &link, scale, task))
            .map_err(|_cancelled| super::cancelled())?;
        // A target that cannot be compared is no reason to refuse the table: attributions need none.
        let truth = match data.column_with(Role::Target).map(|_| truth(model.card(), &data)) {
            Some(Ok(truth)) => Some(truth),
            Some(Err(error)) => {
                link.warnings.push(format!("Performance was not measured: {}", Problem::from(error)));
                None
            }
            None => None,
        };
        let all: Vec<RowId> = (0..data.row_count()).map(|i| RowId(i as u32)).collect();
        let rows = held_out.as_deref().unwrap_or(&all);
        let performance = match &truth {
            Some(truth) => {
                let wanted = metrics::scale_for(model.card());
                let again =
                    if wanted == scale { Ok(None) } else { predict(&data, &*model, &link, wanted, task).map(Some) };
                let again = again.map_err(|_cancelled| super::cancelled())?;
                let values = gather(again.as_deref().unwrap_or(&values), model.card().outputs.len(), rows);
                let mut measured =
                    performance(model.card(), truth, (&values, rows), task).map_err(|_cancelled| super::cancelled())?;
                if held_out.is_some() {
                    let count = text::counted(rows.len(), "row");
                    let note = format!("Measured on the {count} that the model has not seen while it was trained");
                    measured.notes.push(note);
                }
                Some(measured)
            }
            None => None,
        };
        let classes = truth.as_ref().map_or(&[][..], |t| &t.classes);
        let named = named(&model, classes);
        let known = truth.as_ref().map_or(&[][..], |t| &t.values);
        let surprising = surprising(&values, model.card().outputs.len(), known, model.card().task);
        let predictions = Predictions {
            surprising,
            order: order(&values, model.card().outputs.len(), data.row_count()),
            values: values.into(),
            scale,
            outputs: model.card().outputs.len(),
            truth: truth.map_or_else(|| Arc::from([]), |t| t.values),
        };
        Ok(Outcome::Linked {
            model: named,
            link: Arc::new(link),
            predictions: Arc::new(predictions),
            performance: performance.map(Arc::new),
        })
    }
}

/// The scale in which predictions are shown: probability for classifiers, target units where the model has them,
/// else its own score.
pub fn default_scale(model: &dyn Model) -> Scale {
    let scales = &model.card().scales;
    [Scale::Probability, Scale::Target].into_iter().find(|s| scales.contains(s)).unwrap_or(Scale::Margin)
}

/// Predictions of every row, shape (rows, outputs). Encodes block by block, so that a wide table needs little memory.
pub fn predict(
    data: &Dataset,
    model: &dyn Model,
    link: &Link,
    scale: Scale,
    task: &Task,
) -> Result<Vec<f64>, Cancelled> {
    let (rows, width) = (data.row_count(), model.card().outputs.len());
    let mut values = vec![f64::NAN; rows * width];
    task.begin("predicting", rows as u64);
    for (chunk, out) in values.chunks_mut((CHUNK * width).max(1)).enumerate() {
        let first = chunk * CHUNK;
        let last = (first + CHUNK).min(rows);
        let ids: Vec<RowId> = (first..last).map(|i| RowId(i as u32)).collect();
        task.check()?;
        let encoded = encode(link, data, &ids);
        let view = encoded.matrix.view();
        parallel::fill_rows(out, width, task, |start, part| {
            model.predict(view.slice(start, start + part.len() / width), scale, part);
        })?;
    }
    Ok(values)
}

/// Rows far from their truth, furthest first. Cost O(rows · outputs), then the sort.
fn surprising(values: &[f64], outputs: usize, truth: &[f64], task: TaskKind) -> Arc<[RowId]> {
    let mut found: Vec<(f64, RowId)> = Vec::new();
    for (row, (answer, &truth)) in values.chunks_exact(outputs.max(1)).zip(truth).enumerate() {
        if let Some(size) = surprise(answer, truth, task) {
            found.push((size, RowId(row as u32)));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().take(Predictions::MOST_SURPRISING).map(|f| f.1).collect()
}

/// How far an answer is from the truth; `None` where nothing is wrong or nothing is known.
fn surprise(answer: &[f64], truth: f64, task: TaskKind) -> Option<f64> {
    if truth.is_nan() || answer.iter().any(|v| v.is_nan()) {
        return None;
    }
    match task {
        TaskKind::Binary => Some((answer.first()? - truth).abs()).filter(|size| *size > 0.5),
        TaskKind::Multiclass => {
            let (best, confidence) = answer.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
            (best != truth as usize).then_some(*confidence)
        }
        _ => Some((answer.first()? - truth).abs()),
    }
}

/// Performance of a scene's model on some rows of its table; `None` without a target that can be compared.
pub fn of_rows(scene: &Scene, rows: &RowSet, task: &Task) -> Result<Option<Performance>, Problem> {
    let (Some(data), Some(model), Some(link)) = (&scene.data, &scene.model, &scene.link) else { return Ok(None) };
    let Ok(truth) = truth(model.card(), data) else { return Ok(None) };
    let wanted = metrics::scale_for(model.card());
    let cancelled = |_: Cancelled| super::cancelled();
    let rows: Vec<RowId> = rows.iter().collect();
    let values = match scene.predictions.as_deref().filter(|known| known.scale == wanted) {
        Some(known) => gather(&known.values, known.outputs, &rows),
        None => {
            gather(&predict(data, &**model, link, wanted, task).map_err(cancelled)?, model.card().outputs.len(), &rows)
        }
    };
    performance(model.card(), &truth, (&values, &rows), task).map(Some).map_err(cancelled)
}

/// The predictions of `rows`, from those of all rows.
fn gather(values: &[f64], width: usize, rows: &[RowId]) -> Vec<f64> {
    rows.iter().flat_map(|r| values.iter().skip(r.index() * width).take(width).copied()).collect()
}

/// Performance on the rows among `rows` whose target is known, from their predictions in the scale of the metrics.
fn performance(
    card: &ModelCard,
    truth: &TruthColumn,
    (values, rows): (&[f64], &[RowId]),
    task: &Task,
) -> Result<Performance, Cancelled> {
    let known = super::truth_of(&Truth { values: truth.values.clone(), weights: truth.weights.clone() }, rows);
    let predicted =
        MatrixView::new(values, rows.len(), card.outputs.len()).expect("one prediction for each row and output");
    let measured = Measured {
        card,
        predicted,
        truth: &known.values,
        classes: &truth.classes,
        weights: known.weights.as_deref(),
        rows,
    };
    let mut performance = measure(&measured, task)?;
    performance.notes.extend(truth.notes.iter().cloned());
    Ok(performance)
}

/// Rows by their first output, ascending; rows without a number come last.
fn order(values: &[f64], outputs: usize, rows: usize) -> Arc<[RowId]> {
    let mut order: Vec<RowId> = (0..rows).map(|i| RowId(i as u32)).collect();
    let score = |row: &RowId| values.get(row.index() * outputs).copied().unwrap_or(f64::NAN);
    order.sort_by(|a, b| score(a).total_cmp(&score(b)));
    order.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_confident_wrong_rows_come_first_and_right_or_unknown_rows_not_at_all() {
        let rows = |found: Arc<[RowId]>| found.iter().map(|r| r.0).collect::<Vec<_>>();
        let binary = surprising(&[0.9, 0.2, 0.7, 0.99], 1, &[0.0, 0.0, 0.0, f64::NAN], TaskKind::Binary);
        assert_eq!(rows(binary), [0, 2]);
        let classes = surprising(&[0.6, 0.4, 0.1, 0.9, 0.8, 0.2], 2, &[1.0, 1.0, 1.0], TaskKind::Multiclass);
        assert_eq!(rows(classes), [2, 0]);
        assert_eq!(rows(surprising(&[1.0, 5.0], 1, &[1.5, 2.0], TaskKind::Regression)), [1, 0]);
    }
}
