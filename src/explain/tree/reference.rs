//! The slow, obvious computation of path-dependent values, for comparison with the fast one.
//!
//! A leaf of value v with d distinct features on its path pays, when the features in S are known,
//! v · Π_{f∈S} o_f · Π_{f∉S} c_f, where o_f is 1 if the row satisfies all of the path's splits on f and 0 otherwise, and
//! c_f is the product of their cover shares. Hence the Shapley value of f is
//!   φ_f = v · (o_f − c_f) · Σ_k W_k · k! (d − 1 − k)! / d!
//! with W_k the sum over all sets of k other features of the products of o inside and c outside the set. The W_k are
//! built up feature by feature; all terms are non-negative, nothing is divided and only o_f − c_f subtracted. What leaves
//! give may cancel down to a small part of it, so that sums and differences are twofold: the error is that of the W_k.
//!
//! Source: Lundberg et al. 2020, algorithm 1, written out. Cost O(rows · leaves · features of a path cubed).

use crate::base::{Cancelled, Task};
use crate::num::MatrixView;
use crate::num::parallel;

use super::forest::{Child, Forest, Lean};
use super::twofold::Twofold;

/// What one feature does on the path to a leaf.
#[derive(Clone, Copy)]
struct Player {
    feature: usize,
    /// Whether the row satisfies all splits on it.
    open: bool,
    /// Share of the cover that does.
    cover: f64,
}

/// Values of every row, shape (outputs, rows, inputs), before division.
pub(super) fn values(forest: &Forest<'_>, rows: MatrixView<'_>, task: &Task) -> Result<Vec<f64>, Cancelled> {
    let (width, outputs) = (forest.inputs, forest.outputs);
    let by_row = parallel::map(rows.rows(), task, |i| {
        let mut sums = vec![Twofold::default(); outputs * width];
        for tree in &forest.trees {
            add_tree(forest, tree, rows.row(i), &mut sums);
        }
        sums.into_iter().map(Twofold::rounded).collect::<Vec<f64>>()
    })?;
    let mut values = Vec::with_capacity(outputs * rows.rows() * width);
    for output in 0..outputs {
        values.extend(by_row.iter().flat_map(|sums| &sums[output * width..(output + 1) * width]));
    }
    Ok(values)
}

fn add_tree(forest: &Forest<'_>, tree: &Lean<'_>, row: &[f64], sums: &mut [Twofold]) {
    let mut waiting = Vec::new();
    if !tree.splits.is_empty() {
        waiting.push((Child::Split(0), Vec::new()));
    }
    while let Some((child, path)) = waiting.pop() {
        match child {
            Child::Leaf(first) => add_leaf(forest, tree, (first as usize, &path), sums),
            Child::Split(place) => {
                let split = &tree.splits[place as usize];
                let test = &tree.tests[place as usize];
                let goes_left = test.takes(forest.coding.code(test.column, row[split.feature as usize]));
                for (child, open, cover) in
                    [(split.left, goes_left, split.shares.0), (split.right, !goes_left, split.shares.1)]
                {
                    let mut path = path.clone();
                    add_player(&mut path, Player { feature: split.feature as usize, open, cover });
                    waiting.push((child, path));
                }
            }
        }
    }
}

/// Several splits on one feature are one player.
fn add_player(path: &mut Vec<Player>, next: Player) {
    match path.iter_mut().find(|player| player.feature == next.feature) {
        Some(player) => {
            player.open &= next.open;
            player.cover *= next.cover;
        }
        None => path.push(next),
    }
}

fn add_leaf(forest: &Forest<'_>, tree: &Lean<'_>, (first, path): (usize, &[Player]), sums: &mut [Twofold]) {
    for (j, player) in path.iter().enumerate() {
        let others = path.iter().enumerate().filter(|(k, _)| *k != j).map(|(_, other)| *other);
        let known = if player.open { 1.0 } else { 0.0 };
        let mut effect = Twofold::from(known);
        effect += Twofold::from(-player.cover);
        let effect = effect.times(weighted(path.len(), others));
        for k in 0..tree.width {
            sums[(tree.first_output + k) * forest.inputs + player.feature] += effect.times(tree.values[first + k]);
        }
    }
}

/// Σ_k W_k · k! (d − 1 − k)! / d! over the `others` of `d` players.
fn weighted(d: usize, others: impl Iterator<Item = Player>) -> f64 {
    let mut by_size = vec![1.0];
    for other in others {
        by_size.push(0.0);
        for k in (0..by_size.len()).rev() {
            let with = if k > 0 && other.open { by_size[k - 1] } else { 0.0 };
            by_size[k] = by_size[k] * other.cover + with;
        }
    }
    // 0! (d − 1)! / d! = 1 / d, and every further weight is the one before times (k + 1) / (d − 1 − k).
    let (mut weight, mut sum) = (1.0 / d as f64, 0.0);
    for (k, total) in by_size.iter().enumerate() {
        sum += weight * total;
        weight *= (k + 1) as f64 / (d - 1).saturating_sub(k).max(1) as f64;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_of_all_sets_add_up_to_one() {
        for d in 1..40 {
            let others = (1..d).map(|feature| Player { feature, open: feature % 2 == 0, cover: 1.0 });
            // With cover 1 every set of open features counts once; closed ones only stay outside.
            let open = (1..d).filter(|f| f % 2 == 0).count();
            let expected: f64 = (0..=open).map(|k| binomial(open, k) / (d as f64 * binomial(d - 1, k))).sum();
            assert!((weighted(d, others) - expected).abs() <= 1e-13 * expected, "{d} players");
        }
    }

    fn binomial(n: usize, k: usize) -> f64 {
        (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
    }
}
