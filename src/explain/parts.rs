//! Answers that arrive in parts: first a sample over the whole range of predictions, so that a first picture can be
//! drawn at once, then the rest. Contributions, errors and base are the same bits as in one go.

use std::sync::Arc;

use crate::base::{Cancelled, RowId, Task};
use crate::num::Matrix;
use crate::num::parallel::{self, BLOCK};

use super::answer::{Answer, Attribution, Body, Explanation};
use super::ask::{Told, check, collect, finish};
use super::error::ExplainError;
use super::method::{Explainer, Request};

/// Every part is this many times as large as all before it.
const GROWTH: usize = 4;

/// Asks `method` in parts and hands every state but the last to `tell`: first the answer for about `first_rows` rows,
/// one drawn from each of as many equal ranges of the sorted predictions, then larger and larger ones. Rows stay in
/// the order of the request. Tables of at most twice `first_rows` rows, and methods that answer about the table as
/// one, are asked at once. Cost: that of asking at once, the background's share once per part, and copies of the parts.
pub fn ask_in_parts(
    method: &dyn Explainer,
    request: &Request<'_>,
    first_rows: usize,
    task: &Task,
    tell: &mut dyn FnMut(Explanation),
) -> Result<Explanation, ExplainError> {
    let total = request.rows.len();
    let first_rows = first_rows.max(1);
    if !method.answers_rows() || total <= first_rows.saturating_mul(2) {
        return super::ask::ask(method, request, task);
    }
    check(method, request)?;
    let sample = sample(request, first_rows, task)?;
    let mut is_chosen = vec![false; total];
    sample.iter().for_each(|&i| is_chosen[i] = true);
    let rest: Vec<usize> = (0..total).filter(|&i| !is_chosen[i]).collect();
    let mut known = part(method, request, &sample, task)?;
    let mut done = 0;
    while done < rest.len() {
        tell(known.explain(method, request, task)?);
        let size = known.positions.len() * GROWTH;
        // A last part much smaller than its predecessor is not worth another state.
        let end = if rest.len() - done < 2 * size { rest.len() } else { done + size };
        known = known.join(part(method, request, &rest[done..end], task)?, task)?;
        done = end;
    }
    known.explain(method, request, task)
}

/// Rows predicted for each row of the first sample: enough to know the ranges of the predictions, and few enough that
/// nobody waits for the predictions of a million rows before the first picture.
const CANDIDATES: usize = 20;

/// One position from each of `count` equal ranges of the sorted predictions of the first output; ascending. Of large
/// tables, a seeded draw of rows stands for all.
fn sample(request: &Request<'_>, count: usize, task: &Task) -> Result<Vec<usize>, ExplainError> {
    let width = request.model.card().outputs.len().max(1);
    let mut candidates: Vec<usize> = (0..request.rows.len()).collect();
    if candidates.len() > count.saturating_mul(CANDIDATES) {
        candidates = request.seed.child("first-candidates", 0).choose(candidates.len(), count * CANDIDATES);
        candidates.sort_unstable();
    }
    let total = candidates.len();
    let features = gather(request, &candidates, task)?;
    let mut predictions = vec![0.0; total * width];
    task.begin("choosing a first sample", total as u64);
    parallel::fill_rows(&mut predictions, width, task, |first, out| {
        let rows = features.view().slice(first, first + out.len() / width);
        request.model.predict_f64(rows, request.scale, out);
    })?;
    let mut order: Vec<usize> = (0..total).collect();
    order.sort_by(|&a, &b| predictions[a * width].total_cmp(&predictions[b * width]).then(a.cmp(&b)));
    let mut stream = request.seed.child("first-part", 0);
    let mut pick = |k: usize| {
        let (from, to) = (k * total / count, (k + 1) * total / count);
        order[from + stream.below((to - from).max(1))]
    };
    let mut chosen: Vec<usize> = (0..count).filter_map(|k| candidates.get(pick(k)).copied()).collect();
    chosen.sort_unstable();
    Ok(chosen)
}

/// What is known about some of the rows.
struct Known {
    /// Positions in the request, ascending.
    positions: Vec<usize>,
    answer: Answer,
    told: Told,
}

fn part(
    method: &dyn Explainer,
    request: &Request<'_>,
    positions: &[usize],
    task: &Task,
) -> Result<Known, ExplainError> {
    let rows: Vec<RowId> = positions.iter().map(|&i| request.rows[i]).collect();
    let features = gather(request, positions, task)?;
    let asked = Request { features: features.view(), rows: &rows, ..request.clone() };
    let (answer, told) = collect(method, &asked, task)?;
    Ok(Known { positions: positions.to_vec(), answer, told })
}

fn gather(request: &Request<'_>, positions: &[usize], task: &Task) -> Result<Matrix, Cancelled> {
    let width = request.features.cols();
    let mut values = vec![0.0; positions.len() * width];
    task.begin("gathering rows", positions.len() as u64);
    parallel::fill_rows(&mut values, width, task, |first, out| {
        for (row, &position) in out.chunks_exact_mut(width).zip(&positions[first..]) {
            row.copy_from_slice(request.features.row(position));
        }
    })?;
    Ok(Matrix::new(values, positions.len(), width).expect("every row has the same length"))
}

impl Known {
    /// The graded answer for the rows known so far.
    fn explain(&self, method: &dyn Explainer, request: &Request<'_>, task: &Task) -> Result<Explanation, ExplainError> {
        let gathered;
        let (rows, features): (Vec<RowId>, _) = match self.positions.len() == request.rows.len() {
            // All rows stand in the order of the request: a copy of a large table would be its largest piece of memory.
            true => (request.rows.to_vec(), request.features),
            false => {
                gathered = gather(request, &self.positions, task)?;
                (self.positions.iter().map(|&i| request.rows[i]).collect(), gathered.view())
            }
        };
        let asked = Request { features, rows: &rows, ..request.clone() };
        let told = Told { predictions: self.told.predictions.clone(), source_rounding: self.told.source_rounding };
        finish(method, &asked, (self.answer.clone(), told), task)
    }

    /// Both together, in the order of the request.
    fn join(self, other: Self, task: &Task) -> Result<Self, Cancelled> {
        let mut places: Vec<(usize, bool, usize)> = Vec::with_capacity(self.positions.len() + other.positions.len());
        places.extend(self.positions.iter().enumerate().map(|(k, &position)| (position, false, k)));
        places.extend(other.positions.iter().enumerate().map(|(k, &position)| (position, true, k)));
        places.sort_unstable();
        let width = self.told.predictions.len() / self.positions.len().max(1);
        let predictions = weave(&places, width, (&self.told.predictions, &other.told.predictions), task)?;
        let rounding = self.told.source_rounding.max(other.told.source_rounding);
        let mut notes = self.answer.notes;
        notes.extend(other.answer.notes.into_iter().filter(|n| !notes.contains(n)).collect::<Vec<_>>());
        let converged = match (self.answer.converged, other.answer.converged) {
            (Some(a), Some(b)) => Some(a && b),
            (a, b) => a.or(b),
        };
        let body = match (self.answer.body, other.answer.body) {
            (Body::Attribution(a), Body::Attribution(b)) => Body::Attribution(join_bodies(&places, &a, &b, task)?),
            (body, _) => body,
        };
        Ok(Self {
            positions: places.iter().map(|p| p.0).collect(),
            answer: Answer {
                body,
                exact: self.answer.exact && other.answer.exact,
                evaluations: self.answer.evaluations + other.answer.evaluations,
                converged,
                notes,
            },
            told: Told { predictions, source_rounding: rounding },
        })
    }
}

/// Takes slices of `width` values from `a` or `b` in the order of `places`.
fn weave<T: Copy>(
    places: &[(usize, bool, usize)],
    width: usize,
    (a, b): (&[T], &[T]),
    task: &Task,
) -> Result<Vec<T>, Cancelled> {
    let mut woven = Vec::with_capacity(places.len() * width);
    for block in places.chunks(BLOCK) {
        task.check()?;
        for &(_, from_b, k) in block {
            woven.extend_from_slice(&if from_b { b } else { a }[k * width..(k + 1) * width]);
        }
    }
    Ok(woven)
}

fn join_bodies(
    places: &[(usize, bool, usize)],
    a: &Attribution,
    b: &Attribution,
    task: &Task,
) -> Result<Attribution, Cancelled> {
    let width = a.features.len();
    let planes = |x: &[f64], y: &[f64]| -> Result<Arc<[f64]>, Cancelled> {
        let (in_x, in_y) = ((a.rows.len() * width).max(1), (b.rows.len() * width).max(1));
        // Shared from the beginning: turning a vector into shared numbers would hold both for a moment.
        let mut joined: Arc<[f64]> = std::iter::repeat_n(0.0, x.len() + y.len()).collect();
        let planes = Arc::get_mut(&mut joined).expect("nobody else holds what was just made");
        let pairs = x.chunks_exact(in_x).zip(y.chunks_exact(in_y));
        for (plane, (x, y)) in planes.chunks_exact_mut((places.len() * width).max(1)).zip(pairs) {
            for (block, out) in places.chunks(BLOCK).zip(plane.chunks_mut((BLOCK * width).max(1))) {
                task.check()?;
                for (&(_, from_b, k), row) in block.iter().zip(out.chunks_exact_mut(width.max(1))) {
                    row.copy_from_slice(&if from_b { y } else { x }[k * width..(k + 1) * width]);
                }
            }
        }
        Ok(joined)
    };
    let errors = a.std_error.as_ref().zip(b.std_error.as_ref());
    Ok(Attribution {
        features: a.features.clone(),
        outputs: a.outputs.clone(),
        values: planes(&a.values, &b.values)?,
        base: a.base.clone(),
        std_error: errors.map(|(x, y)| planes(x, y)).transpose()?,
        rows: weave(places, 1, (&a.rows, &b.rows), task)?.into(),
        scale: a.scale,
    })
}
