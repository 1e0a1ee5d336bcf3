//! Exact Shapley values by enumerating every coalition.

use crate::base::{Cancelled, Entry, Kind, Knob, Task};
use crate::explain::answer::Answer;
use crate::explain::coalition::{Game, worth_of_nobody};
use crate::explain::error::ExplainError;
use crate::model::{Model, Scale};
use crate::num::parallel;

use super::{Explainer, Request, Support};

/// The largest number of inputs the setting allows.
const MOST: usize = 20;
/// Coalitions evaluated in one piece of work.
const PIECE: usize = 16;

/// Exact Shapley values of any model: all coalitions, all background rows.
pub struct ExactShapley;

impl Entry for ExactShapley {
    fn id(&self) -> &'static str {
        "exact-shapley"
    }

    fn title(&self) -> &'static str {
        "Exact Shapley values"
    }

    fn summary(&self) -> &'static str {
        "Exact contributions for any model with few inputs, by asking it about every combination of known inputs"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Shapley 1953, A value for n-person games", "Štrumbelj and Kononenko 2010, An efficient explanation"]
    }
}

impl Explainer for ExactShapley {
    fn knobs(&self) -> &'static [Knob] {
        &[Knob {
            id: "limit",
            label: "Most inputs",
            help: "More inputs than this are refused, because every further one doubles the work",
            kind: Kind::Count { default: 16, min: 1, max: MOST as u64 },
        }]
    }

    fn supports(&self, model: &dyn Model) -> Support {
        if model.card().inputs.len() <= MOST {
            Support::Exact
        } else {
            Support::No(
                "the model has more than 20 inputs, so it would have to be asked more than a million times a row",
            )
        }
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        model.card().scales.clone()
    }

    fn needs_background(&self) -> bool {
        true
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let (inputs, limit) = (request.features.cols(), request.knobs.count("limit").clamp(1, MOST as u64));
        if inputs as u64 > limit {
            let reason = format!("the model has {inputs} inputs, the setting “Most inputs” allows {limit}");
            return Err(super::refusal(self, reason));
        }
        let base = worth_of_nobody(request, task)?;
        task.begin("asking about every combination", request.rows.len() as u64);
        let rows = parallel::map(request.rows.len(), task, |position| row(request, position, &base, task))?;
        let (outputs, count) = (base.len(), request.rows.len());
        let mut values = vec![0.0; outputs * count * inputs];
        let mut evaluations = request.background.matrix.rows() as u64;
        for (position, row) in rows.into_iter().enumerate() {
            let (own, spent) = row?;
            evaluations += spent;
            for (k, own) in own.chunks_exact(inputs).enumerate() {
                values[(k * count + position) * inputs..][..inputs].copy_from_slice(own);
            }
        }
        let mut answer = super::exact_attribution(request, values, base, Vec::new());
        answer.evaluations = evaluations;
        Ok(answer)
    }
}

/// The contributions of one row, shape (outputs, inputs), and the predictions spent.
fn row(request: &Request<'_>, position: usize, base: &[f64], task: &Task) -> Result<(Vec<f64>, u64), Cancelled> {
    let game = Game::new(request, position);
    let (outputs, players) = (base.len(), game.players.len());
    let mut values = vec![0.0; outputs * request.features.cols()];
    if players == 0 {
        return Ok((values, 0));
    }
    let worth = every_worth(&game, base, task)?;
    let weights = size_weights(players);
    for mask in 0..1usize << players {
        if mask % 4096 == 0 {
            task.check()?;
        }
        for (p, &input) in game.players.iter().enumerate().filter(|(p, _)| mask >> p & 1 == 0) {
            let weight = weights[mask.count_ones() as usize];
            for k in 0..outputs {
                let gain = worth[(mask | 1 << p) * outputs + k] - worth[mask * outputs + k];
                values[k * request.features.cols() + input] += weight * gain;
            }
        }
    }
    let coalitions = (1u64 << players) - 2;
    Ok((values, coalitions * request.background.matrix.rows() as u64 + 1))
}

/// The worth of every coalition, by bit mask over players; shape (coalitions, outputs).
fn every_worth(game: &Game<'_>, base: &[f64], task: &Task) -> Result<Vec<f64>, Cancelled> {
    let total = 1usize << game.players.len();
    let inner = total - 2;
    let pieces = parallel::map(inner.div_ceil(PIECE), &Task::silent(), |piece| {
        let first = piece * PIECE;
        let count = PIECE.min(inner - first);
        game.worth(count, |k, p| (first + k + 1) >> p & 1 == 1, task)
    })?;
    let mut worth = Vec::with_capacity(total * base.len());
    worth.extend_from_slice(base);
    for piece in pieces {
        worth.extend(piece?);
    }
    worth.extend(game.whole());
    Ok(worth)
}

/// `s! (n − 1 − s)! / n!` for coalitions of size `s` among `n` players.
fn size_weights(players: usize) -> Vec<f64> {
    let mut weights = vec![1.0 / players as f64];
    for size in 1..players {
        let before = weights[size - 1];
        weights.push(before * size as f64 / (players - size) as f64);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_over_all_coalitions_of_the_others_sum_to_one() {
        for players in 1..12usize {
            let mut total = 0.0;
            let mut choose = 1.0;
            for (size, weight) in size_weights(players).into_iter().enumerate() {
                total += weight * choose;
                choose *= (players - 1 - size) as f64 / (size + 1) as f64;
            }
            assert!((total - 1.0).abs() < 1e-14, "{players} players: {total}");
        }
    }
}
