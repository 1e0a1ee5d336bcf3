//! Estimates from random orders: inputs become known one by one, forwards and then in the opposite order, so that
//! effects of single inputs and of pairs are exact in every pair of passes.
//!
//! Every pair of passes adds up to the prediction exactly, because its steps telescope. Orders are balanced: `n`
//! consecutive ones start with each of the `n` players once. Pairs that start alike are independent draws, so the
//! error comes from their spread; with too few pairs for that, all pairs count as independent, which can only
//! overstate the error.

use crate::base::{Cancelled, Stream, Task};
use crate::num::parallel;

use super::coalition::Game;
use super::method::Request;

/// Pairs between two looks at the tolerance, and the fewest before the first.
const ROUND: usize = 8;
/// Fewest pairs before a row may stop.
const FEWEST: usize = 16;

/// When a row is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Largest standard error as a share of the range of contributions.
    pub tolerance: f64,
    /// Most coalitions tried.
    pub coalitions: usize,
}

/// One row's contributions.
#[derive(Clone, Debug)]
pub(super) struct RowEstimate {
    /// Shape (outputs, inputs).
    pub values: Vec<f64>,
    /// Standard errors, same shape.
    pub errors: Vec<f64>,
    /// Coalitions tried.
    pub coalitions: u64,
    /// Whether the tolerance was met.
    pub converged: bool,
}

/// Estimates the contributions of the row at `position`. Draws depend on the seed and the row's id alone.
/// Cost: at most `limits.coalitions · background` predictions, and never less than two pairs of passes.
pub(super) fn estimate(
    request: &Request<'_>,
    position: usize,
    base: &[f64],
    limits: Limits,
    task: &Task,
) -> Result<RowEstimate, Cancelled> {
    let game = Game::new(request, position);
    let row = request.rows.get(position).map_or(0, |r| u64::from(r.0));
    let sampler = Sampler { whole: game.whole(), nobody: base.to_vec(), game: &game, task };
    let (pairs, converged) = sampler.run(limits, &mut request.seed.child("permutation-shap", row))?;
    let inputs = request.features.cols();
    let mut found = RowEstimate {
        values: vec![0.0; base.len() * inputs],
        errors: vec![0.0; base.len() * inputs],
        coalitions: (pairs.count * 2 * game.players.len().saturating_sub(1)) as u64,
        converged,
    };
    let players = game.players.len();
    for (k, slot) in (0..base.len()).flat_map(|k| (0..players).map(move |p| (k, p))) {
        let place = k * inputs + game.players[slot];
        found.values[place] = pairs.mean(k * players + slot);
        found.errors[place] = pairs.error(k * players + slot);
    }
    Ok(found)
}

/// Draws and evaluates pairs for one row.
struct Sampler<'a> {
    game: &'a Game<'a>,
    nobody: Vec<f64>,
    whole: Vec<f64>,
    task: &'a Task,
}

impl Sampler<'_> {
    fn run(&self, limits: Limits, stream: &mut Stream) -> Result<(Pairs, bool), Cancelled> {
        let players = self.game.players.len();
        let size = players * self.nobody.len();
        if players <= 2 {
            let mut pairs = Pairs::new(1, size);
            pairs.add(0, &self.pair(&(0..players).collect::<Vec<_>>())?);
            return Ok((pairs, true));
        }
        let affordable = (limits.coalitions / (2 * (players - 1))).max(2);
        let balanced = affordable >= 2 * players;
        let (round, most) = if balanced { (players, affordable / players * players) } else { (ROUND, affordable) };
        let mut pairs = Pairs::new(if balanced { players } else { 1 }, size);
        let mut starts = Vec::new();
        loop {
            let count = round.min(most - pairs.count);
            let orders: Vec<Vec<usize>> = (0..count).map(|_| draw(players, &mut starts, stream)).collect();
            let found = parallel::map(count, &Task::silent(), |k| self.pair(&orders[k]))?;
            for (order, values) in orders.iter().zip(found) {
                pairs.add(if balanced { order[0] } else { 0 }, &values?);
            }
            let enough = pairs.count >= FEWEST.min(most) && pairs.count >= 2 * round.min(most / 2);
            let met = enough && self.met(&pairs, limits.tolerance);
            if met || pairs.count >= most {
                return Ok((pairs, met));
            }
        }
    }

    /// Whether every output's largest error is small against the range of its contributions.
    fn met(&self, pairs: &Pairs, tolerance: f64) -> bool {
        let players = self.game.players.len();
        (0..self.nobody.len()).all(|k| {
            let slots = k * players..(k + 1) * players;
            let largest = slots.clone().map(|s| pairs.error(s)).fold(0.0, f64::max);
            let high = slots.clone().map(|s| pairs.mean(s)).fold(f64::NEG_INFINITY, f64::max);
            let low = slots.map(|s| pairs.mean(s)).fold(f64::INFINITY, f64::min);
            largest <= tolerance * (high - low)
        })
    }

    /// Contributions of one order and its opposite, averaged; shape (outputs, players).
    fn pair(&self, order: &[usize]) -> Result<Vec<f64>, Cancelled> {
        let (players, outputs) = (order.len(), self.nobody.len());
        let steps = players.saturating_sub(1);
        let mut place = vec![0; players];
        order.iter().enumerate().for_each(|(k, &p)| place[p] = k);
        let forwards = self.game.worth(steps, |k, p| place[p] <= k, self.task)?;
        let backwards = self.game.worth(steps, |k, p| place[p] + k + 1 >= players, self.task)?;
        let at = |pass: &[f64], known: usize, k: usize| match known {
            0 => self.nobody[k],
            all if all == players => self.whole[k],
            some => pass[(some - 1) * outputs + k],
        };
        let mut values = vec![0.0; outputs * players];
        for (step, &player) in order.iter().enumerate() {
            for k in 0..outputs {
                let first = at(&forwards, step + 1, k) - at(&forwards, step, k);
                let second = at(&backwards, players - step, k) - at(&backwards, players - step - 1, k);
                values[k * players + player] = 0.5 * (first + second);
            }
        }
        Ok(values)
    }
}

/// The next order; its first player comes from `starts`, which is refilled with all players in random order.
fn draw(players: usize, starts: &mut Vec<usize>, stream: &mut Stream) -> Vec<usize> {
    if starts.is_empty() {
        starts.extend(0..players);
        stream.shuffle(starts);
    }
    let first = starts.pop().unwrap_or(0);
    let mut rest: Vec<usize> = (0..players).filter(|&p| p != first).collect();
    stream.shuffle(&mut rest);
    std::iter::once(first).chain(rest).collect()
}

/// Running means and spreads of pairs, by the group they start in.
struct Pairs {
    /// Pairs added.
    count: usize,
    size: usize,
    counts: Vec<usize>,
    means: Vec<f64>,
    spreads: Vec<f64>,
}

impl Pairs {
    fn new(groups: usize, size: usize) -> Self {
        let cells = groups * size;
        Self { count: 0, size, counts: vec![0; groups], means: vec![0.0; cells], spreads: vec![0.0; cells] }
    }

    fn add(&mut self, group: usize, values: &[f64]) {
        self.count += 1;
        self.counts[group] += 1;
        let seen = self.counts[group] as f64;
        let cells = group * self.size..(group + 1) * self.size;
        let spreads = self.spreads[cells.clone()].iter_mut();
        for ((mean, spread), value) in self.means[cells].iter_mut().zip(spreads).zip(values) {
            let before = value - *mean;
            *mean += before / seen;
            *spread += before * (value - *mean);
        }
    }

    fn mean(&self, slot: usize) -> f64 {
        let groups = self.counts.iter().zip(self.means.iter().skip(slot).step_by(self.size.max(1)));
        groups.map(|(count, mean)| *count as f64 * mean).sum::<f64>() / self.count.max(1) as f64
    }

    /// The standard error of the mean from the spread inside groups.
    fn error(&self, slot: usize) -> f64 {
        let freedom = self.count.saturating_sub(self.counts.len());
        if freedom == 0 {
            return 0.0;
        }
        let spread: f64 = self.spreads.iter().skip(slot).step_by(self.size.max(1)).sum();
        (spread / freedom as f64 / self.count as f64).sqrt()
    }
}
