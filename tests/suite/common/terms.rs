//! Made-up terms of an explainable boosting machine over inputs of a fixture.

use std::sync::Arc;

use candor::data::{Input, InputKind};
use candor::model::{Axis, Bins, Term};

/// Terms of the first two inputs alone and of both together, with deviations when `deviating`.
pub fn terms(inputs: &[Input], deviating: bool) -> Vec<Term> {
    let axes: Vec<Axis> = inputs.iter().take(2).enumerate().map(axis).collect();
    let mut all: Vec<Term> = axes.iter().map(|axis| term(vec![axis.clone()], deviating)).collect();
    if axes.len() == 2 {
        all.push(term(axes, deviating));
    }
    all
}

fn axis((input, known): (usize, &Input)) -> Axis {
    let bins = match &known.kind {
        InputKind::Levels(levels) => Bins::Groups((0..levels.len() as u32).map(|code| vec![code]).collect()),
        _ => Bins::Cuts(vec![300.0, 700.0, 900.0, 1_400.0, 2_500.0]),
    };
    Axis { input, bins: Arc::new(bins), range: None }
}

/// Scores 0.5, 0.25 … 0 for the bins, with the sign of every second one turned; the last bin was never seen.
fn term(axes: Vec<Axis>, deviating: bool) -> Term {
    let cells = axes.iter().map(|axis| axis.bins.count()).product::<usize>();
    let last = axes.last().map_or(1, |axis| axis.bins.count());
    let is_seen = |cell: usize| cell % last + 1 < last;
    let score = |cell: usize| if is_seen(cell) { 0.5 - 0.125 * (cell % 9) as f64 } else { 0.0 };
    Term {
        axes,
        outputs: 1,
        scores: (0..cells).map(score).collect(),
        deviations: deviating.then(|| vec![0.05; cells]),
        weights: Some((0..cells).map(|cell| if is_seen(cell) { 10.0 + cell as f64 } else { 0.0 }).collect()),
    }
}
