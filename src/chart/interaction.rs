//! Which other feature explains the spread of a dependence plot, if any does convincingly.
//!
//! Rows are ordered by the feature's value and cut into windows; inside each window the contributions are explained by
//! another feature (a line for numbers, means for levels; missing values get a mean of their own). The share of
//! explained squares over all windows, adjusted for the parameters spent, is the score. The best score is compared with
//! the best score under shuffling inside the windows, so that having searched many features is paid for.
//!
//! Source: the windowed weighted R² of the R package shapviz (`potential_interactions`); Westfall and Young 1993 for the
//! maximum over candidates.

use crate::base::Seed;
use crate::data::Values;

use super::view::View;

/// Rows looked at, at most.
const MOST_ROWS: usize = 2_000;
/// Shuffles of the test.
const SHUFFLES: usize = 99;
/// Largest p-value that convinces.
const CONVINCING_P: f64 = 0.05;
/// Smallest share of the spread that is worth a colour.
const CONVINCING_SHARE: f64 = 0.02;

/// A suggestion, or the best that did not convince.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suggestion {
    /// The feature, by input index.
    pub feature: usize,
    /// Share of the spread inside windows it explains, adjusted; at most 1.
    pub share: f64,
    /// p-value of the best score, corrected for the number of candidates.
    pub p: f64,
    /// Rows looked at.
    pub rows: usize,
    /// Whether it is convincing.
    pub convincing: bool,
}

/// A candidate's values of the looked-at rows: NaN missing; levels compare by equality.
struct Candidate {
    feature: usize,
    values: Vec<f64>,
    levels: bool,
}

/// The feature that best explains the spread of `feature`'s contributions at equal value; `None` when there is no other
/// feature, no table, or fewer than 40 rows. Cost O(features · rows · 100), rows at most 2 000.
pub fn suggest(view: &View<'_>, feature: usize) -> Option<Suggestion> {
    let x = view.column(feature)?;
    let total = view.row_count();
    let step = total.div_ceil(MOST_ROWS).max(1);
    let mut rows: Vec<usize> = (0..total).step_by(step).collect();
    if rows.len() < 40 {
        return None;
    }
    let ids = &view.attribution.rows;
    let place = |i: usize| x.values.position(ids[i].index());
    rows.sort_by(|&a, &b| place(a).total_cmp(&place(b)).then(a.cmp(&b)));
    let contributions: Vec<f64> = rows.iter().map(|&i| view.values()[i * view.width() + feature]).collect();
    let candidates: Vec<Candidate> = (0..view.width())
        .filter(|&k| k != feature)
        .filter_map(|k| {
            let values = &view.column(k)?.values;
            let levels = matches!(values, Values::Category { .. } | Values::YesNo(_));
            let values = rows.iter().map(|&i| values.position(ids[i].index())).collect();
            Some(Candidate { feature: k, values, levels })
        })
        .collect();
    let windows = windows(rows.len());
    let (best, share) = best(&candidates, &contributions, &windows)?;
    let mut larger = 0;
    let mut shuffled = contributions.clone();
    for draw in 0..SHUFFLES {
        let mut stream = Seed::default().child("interaction", draw as u64);
        for &(start, end) in &windows {
            stream.shuffle(&mut shuffled[start..end]);
        }
        larger += usize::from(self::best(&candidates, &shuffled, &windows).is_some_and(|(_, s)| s >= share));
    }
    let p = (larger + 1) as f64 / (SHUFFLES + 1) as f64;
    let convincing = p <= CONVINCING_P && share >= CONVINCING_SHARE;
    Some(Suggestion { feature: best, share, p, rows: rows.len(), convincing })
}

/// Equal windows: the root of the row count, but never fewer than 20 rows in one.
fn windows(rows: usize) -> Vec<(usize, usize)> {
    let count = (rows / 20).min((rows as f64).sqrt() as usize).max(1);
    (0..count).map(|w| (w * rows / count, (w + 1) * rows / count)).collect()
}

fn best(candidates: &[Candidate], y: &[f64], windows: &[(usize, usize)]) -> Option<(usize, f64)> {
    let mut best: Option<(usize, f64)> = None;
    for candidate in candidates {
        let score = score(candidate, y, windows);
        if score.is_finite() && best.is_none_or(|(_, s)| score > s) {
            best = Some((candidate.feature, score));
        }
    }
    best
}

/// Adjusted share of squares explained inside windows.
fn score(candidate: &Candidate, y: &[f64], windows: &[(usize, usize)]) -> f64 {
    let (mut residual, mut total, mut free, mut rows) = (0.0, 0.0, 0.0, 0.0);
    for &(start, end) in windows {
        let (values, y) = (&candidate.values[start..end], &y[start..end]);
        let mean = crate::num::stats::mean(y);
        total += y.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        let (rest, parameters) = if candidate.levels { by_means(values, y) } else { by_line(values, y) };
        residual += rest;
        free += (y.len() as f64 - parameters).max(0.0);
        rows += y.len() as f64 - 1.0;
    }
    if total <= 1e-24 || free < 1.0 { f64::NAN } else { 1.0 - (residual / free) / (total / rows) }
}

/// Squares left after the mean of every level (missing is a level), and the means spent.
fn by_means(values: &[f64], y: &[f64]) -> (f64, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
    let (mut rest, mut groups) = (0.0, 0.0);
    for group in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        let mean = group.iter().map(|&i| y[i]).sum::<f64>() / group.len() as f64;
        rest += group.iter().map(|&i| (y[i] - mean) * (y[i] - mean)).sum::<f64>();
        groups += 1.0;
    }
    (rest, groups)
}

/// Squares left after a line through the present values and a mean for the missing ones, and the parameters spent.
fn by_line(values: &[f64], y: &[f64]) -> (f64, f64) {
    let present: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_finite()).collect();
    let absent: Vec<f64> = (0..values.len()).filter(|&i| !values[i].is_finite()).map(|i| y[i]).collect();
    let n = present.len().max(1) as f64;
    let mean_x = present.iter().map(|&i| values[i]).sum::<f64>() / n;
    let mean_y = present.iter().map(|&i| y[i]).sum::<f64>() / n;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for &i in &present {
        let (dx, dy) = (values[i] - mean_x, y[i] - mean_y);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    let explained = if xx > 0.0 { xy * xy / xx } else { 0.0 };
    let mean_absent = crate::num::stats::mean(&absent);
    let rest_absent: f64 = absent.iter().map(|v| (v - mean_absent) * (v - mean_absent)).sum();
    let parameters = if present.is_empty() { 0.0 } else { 1.0 } + f64::from(u8::from(xx > 0.0));
    ((yy - explained).max(0.0) + rest_absent, parameters + f64::from(u8::from(!absent.is_empty())))
}
