//! The profiler's curves: predictions along every column, of one row or as means over some rows.

use std::sync::Arc;

use crate::base::{Cancelled, Problem, RowId, Seed, Task};
use crate::data::{Column, TableProfile, Value, encode};
use crate::explain::Background;
use crate::model::Scale;
use crate::num::{Matrix, MatrixView, parallel};

use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::what_if::curves::{Curve, Curves, spots};
use crate::session::work::link::default_scale;
use crate::session::work::{Joined, cancelled};

use super::Found;

/// Predictions that mean curves may cost.
const COST: usize = 400_000;
/// Fewest and most rows of a mean.
const ROWS: (usize, usize) = (20, 200);
/// Columns between two pieces of news.
const TOLD: usize = 8;

/// Curves of one row.
pub struct OfRow {
    /// Table and model.
    pub joined: Joined,
    /// Ranges and levels of the columns.
    pub profile: Arc<TableProfile>,
    /// The cells of the row, in column order.
    pub values: Arc<[Value]>,
    /// Inputs of the model for the row.
    pub inputs: Arc<[f64]>,
    /// Threads of the loops; `None` takes all.
    pub threads: Option<usize>,
}

impl Work for OfRow {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { joined, profile, values, inputs, threads } = *self;
        let row = Matrix::new(inputs.to_vec(), 1, inputs.len()).expect("one row has this length");
        let course = Course { joined: &joined, profile: &profile, now: Some((&values, &inputs)) };
        task.begin("following the columns", 0);
        let mut curves = Vec::new();
        for column in course.columns() {
            let curve = parallel::with_threads(threads, || course.along(column, row.view(), task));
            curves.push(curve.map_err(|_cancelled| cancelled())?);
        }
        let found = course.curves(curves, 1, true);
        Ok(Outcome::WhatIf(Found::Curves(Arc::new(found))))
    }
}

/// Mean curves over rows drawn from the table.
pub struct OfRows {
    /// Table and model.
    pub joined: Joined,
    /// Ranges and levels of the columns.
    pub profile: Arc<TableProfile>,
    /// Seed of the draw.
    pub seed: Seed,
    /// Threads of the loops; `None` takes all.
    pub threads: Option<usize>,
}

impl Work for OfRows {
    fn run(self: Box<Self>, task: &Task, tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { joined, profile, seed, threads } = *self;
        let course = Course { joined: &joined, profile: &profile, now: None };
        let columns = course.columns();
        let points: usize = columns.iter().map(|column| spots(&joined.data, Some(&profile), *column, None).len()).sum();
        let count = (COST / points.max(1)).clamp(ROWS.0, ROWS.1);
        let (rows, _) = Background::draw(joined.data.row_count(), count, seed);
        let rows: Vec<RowId> = rows;
        let matrix = encode(&joined.link, &joined.data, &rows).matrix;
        task.begin("following the columns", columns.len() as u64);
        let mut curves = Vec::new();
        for column in columns {
            let curve = parallel::with_threads(threads, || course.along(column, matrix.view(), task));
            curves.push(curve.map_err(|_cancelled| cancelled())?);
            task.advance(1).map_err(|_cancelled| cancelled())?;
            if curves.len() % TOLD == 0 {
                let part = course.curves(curves.clone(), rows.len(), false);
                tell(Outcome::WhatIf(Found::Dependence(Arc::new(part))));
            }
        }
        let found = course.curves(curves, rows.len(), true);
        Ok(Outcome::WhatIf(Found::Dependence(Arc::new(found))))
    }
}

/// What curves are made of.
struct Course<'c> {
    joined: &'c Joined,
    profile: &'c TableProfile,
    /// The cells and inputs of the only row.
    now: Option<(&'c [Value], &'c [f64])>,
}

impl Course<'_> {
    /// The columns that feed the model, each once, in the order of its inputs.
    fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = Vec::new();
        for column in &self.joined.link.columns {
            if !columns.contains(column) {
                columns.push(*column);
            }
        }
        columns
    }

    fn scale(&self) -> Scale {
        default_scale(&*self.joined.model)
    }

    fn curves(&self, curves: Vec<Curve>, rows: usize, complete: bool) -> Curves {
        Curves { curves, rows, of: self.joined.data.row_count(), scale: self.scale(), complete }
    }

    /// The mean prediction over `rows` as `column` takes each of its values. Cost: one prediction per row and spot.
    fn along(&self, column: usize, rows: MatrixView<'_>, task: &Task) -> Result<Curve, Cancelled> {
        let Joined { data, model, link } = self.joined;
        let now = self.now.and_then(|(values, _)| values.get(column));
        let spots: Arc<[Value]> = spots(data, Some(self.profile), column, now).into();
        let inputs: Vec<usize> = (0..link.columns.len()).filter(|k| link.columns[*k] == column).collect();
        let held =
            data.columns().get(column).map(|c| Column { name: c.name.clone(), values: c.values.holding(&spots) });
        let mut block = Vec::with_capacity(spots.len() * rows.values().len());
        for (place, spot) in spots.iter().enumerate() {
            let start = block.len();
            block.extend_from_slice(rows.values());
            for input in &inputs {
                // The row's own value is known, also where the table lacks it.
                let number = match self.now {
                    Some((values, own)) if values.get(column).is_some_and(|v| v.is_same(spot)) => own[*input],
                    _ => held.as_ref().map_or(f64::NAN, |column| link.number(*input, &column.values, place)),
                };
                block[start..].chunks_exact_mut(rows.cols()).for_each(|row| row[*input] = number);
            }
        }
        let outputs = model.card().outputs.len();
        let mut predicted = vec![0.0; spots.len() * rows.rows() * outputs];
        let count = spots.len() * rows.rows();
        let scale = self.scale();
        if let Some(all) = MatrixView::new(&block, count, rows.cols()) {
            parallel::fill_rows(&mut predicted, outputs, task, |first, out| {
                model.predict(all.slice(first, first + out.len() / outputs.max(1)), scale, out);
            })?;
        }
        let mut values = vec![0.0; outputs * spots.len()];
        for (place, of_spot) in predicted.chunks_exact((rows.rows() * outputs).max(1)).enumerate() {
            for (k, value) in of_spot.iter().enumerate() {
                values[k % outputs * spots.len() + place] += value / rows.rows() as f64;
            }
        }
        Ok(Curve { column, spots, values })
    }
}
