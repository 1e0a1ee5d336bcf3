//! The difference of two areas under the ROC curve on the same rows.
//!
//! Source: DeLong, DeLong and Clarke-Pearson 1988: the two areas share their rows, so the placement values are subtracted
//! row by row before their variance is taken. Several classes: the mean over classes of the placements' differences, so
//! that what classes share is kept, too.

use super::super::super::card::TaskKind;
use super::super::interval::standard_error;
use super::Sides;

/// Standard error of the challenger's area minus the champion's; NaN where a class has fewer than two rows.
pub(super) fn error(sides: &Sides) -> f64 {
    if sides.task == TaskKind::Binary { of_two(sides) } else { of_several(sides) }
}

fn of_two(sides: &Sides) -> f64 {
    let positive: Vec<bool> = sides.truth.iter().map(|y| *y > 0.5).collect();
    let own = placements(&sides.champion, &positive, &sides.weights);
    let other = placements(&sides.challenger, &positive, &sides.weights);
    let change = other.area - own.area;
    let variance = |wanted: bool| {
        let rows = || (0..positive.len()).filter(|i| positive[*i] == wanted);
        let weights: Vec<f64> = rows().map(|i| sides.weights[i]).collect();
        let error = standard_error(rows().map(|i| other.of_row[i] - own.of_row[i] - change), &weights);
        error * error
    };
    (variance(true) + variance(false)).sqrt()
}

fn of_several(sides: &Sides) -> f64 {
    let (count, classes) = (sides.truth.len(), sides.width);
    let mut influence = vec![0.0; count];
    let mut present = 0.0;
    for k in 0..classes {
        let positive: Vec<bool> = sides.truth.iter().map(|y| *y as usize == k).collect();
        let scores = |side: &[f64]| -> Vec<f64> { side.iter().skip(k).step_by(classes).copied().collect() };
        let own = placements(&scores(&sides.champion), &positive, &sides.weights);
        let other = placements(&scores(&sides.challenger), &positive, &sides.weights);
        if own.area.is_nan() {
            continue;
        }
        present += 1.0;
        let total: f64 = sides.weights.iter().sum();
        let held: f64 = positive.iter().zip(&sides.weights).filter(|(p, _)| **p).map(|(_, w)| w).sum();
        let change = other.area - own.area;
        for (i, sum) in influence.iter_mut().enumerate() {
            let share = if positive[i] { held / total } else { 1.0 - held / total };
            *sum += (other.of_row[i] - own.of_row[i] - change) / share;
        }
    }
    standard_error(influence.iter().map(|v| v / present), &sides.weights)
}

/// How each row is placed among those of the other class.
struct Placements {
    /// Positive rows: the share of negative weight below, ties half. Negative rows: the share of positive weight above.
    of_row: Vec<f64>,
    /// The area, their mean over either class; NaN where a class is absent.
    area: f64,
}

/// Cost O(rows · log rows).
fn placements(scores: &[f64], positive: &[bool], weights: &[f64]) -> Placements {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let weight_of = |rows: &[usize], wanted: bool| -> f64 {
        rows.iter().filter(|&&i| positive[i] == wanted).map(|&i| weights[i]).sum()
    };
    let (positives, negatives) = (weight_of(&order, true), weight_of(&order, false));
    let mut of_row = vec![0.0; scores.len()];
    let (mut low_positive, mut low_negative, mut wins) = (0.0, 0.0, 0.0);
    // −0 and 0 are equal scores.
    for tie in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let (p, n) = (weight_of(tie, true), weight_of(tie, false));
        for &i in tie {
            of_row[i] = if positive[i] {
                (low_negative + n / 2.0) / negatives
            } else {
                1.0 - (low_positive + p / 2.0) / positives
            };
        }
        wins += p * (low_negative + n / 2.0);
        low_positive += p;
        low_negative += n;
    }
    let area = if positives > 0.0 && negatives > 0.0 { wins / (positives * negatives) } else { f64::NAN };
    Placements { of_row, area }
}
