//! Joining table and model: predictions of every row, true values, performance.

use std::sync::Arc;

use crate::base::{Cancelled, Problem, RowId, Task};
use crate::data::{Dataset, Link, encode, link};
use crate::model::{Model, Scale};
use crate::num::parallel;

use crate::session::event::{Outcome, Predictions};
use crate::session::job::Work;

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
}

impl Work for Join {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { data, model, threads } = *self;
        let link = link(&model.card().inputs, &data)?;
        let scale = default_scale(&*model);
        let values = parallel::with_threads(threads, || predict(&data, &*model, &link, scale, task))
            .map_err(|_cancelled| super::cancelled())?;
        let truth = super::ports::known_truth(&*model, &data);
        let performance = match &truth {
            Some(truth) => super::ports::measure(&*model, &data, truth, &values, task)?,
            None => None,
        };
        let predictions = Predictions {
            order: order(&values, model.card().outputs.len(), data.row_count()),
            values: values.into(),
            scale,
            outputs: model.card().outputs.len(),
            truth: truth.map_or_else(|| Arc::from([]), |t| t.values),
        };
        Ok(Outcome::Linked {
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

/// Rows by their first output, ascending; rows without a number come last.
fn order(values: &[f64], outputs: usize, rows: usize) -> Arc<[RowId]> {
    let mut order: Vec<RowId> = (0..rows).map(|i| RowId(i as u32)).collect();
    let score = |row: &RowId| values.get(row.index() * outputs).copied().unwrap_or(f64::NAN);
    order.sort_by(|a, b| score(a).total_cmp(&score(b)));
    order.into()
}
