//! Exact Shapley values of sums of products, against every reference row.
//!
//! A product in which every feature takes its value from the row or from one reference row is the multilinear game of the
//! tree kernels: its Shapley values are integrals over the unit interval, and Gauss–Legendre nodes give them exactly.
//! Products stand in lanes, so that the inner loops have neither branches nor divisions.

use crate::base::{Cancelled, Task};
use crate::model::Products;
use crate::num::{MatrixView, parallel};

use super::background::Background;
use super::tree::quadrature::{Rule, nodes_for};

/// Products handled at once: their factors for a tile of reference rows stay in the caches.
const BLOCK: usize = 128;
/// Reference rows handled at once.
const TILE: usize = 64;
/// Factors of reference rows that are kept at once, 32 MB: the factors of an explained row serve all their tiles.
const KEPT: usize = 4 << 20;

/// Contributions of shape (rows, outputs, features), row by row.
///
/// Cost: rows · references · products · (features that differ)² / 2 multiplications. Memory: the answer, 32 MB, and a
/// few MB for each thread.
pub(super) fn contributions(
    products: &dyn Products,
    rows: MatrixView<'_>,
    background: &Background,
    task: &Task,
) -> Result<Vec<f64>, Cancelled> {
    let outputs = products.outputs();
    let game = Game {
        products,
        references: background.matrix.view(),
        shares: shares(background),
        rules: (0..=rows.cols()).map(|players| Rule::new(nodes_for(players))).collect(),
    };
    let mut values = vec![0.0; rows.rows() * outputs * rows.cols()];
    let blocks = products.count().div_ceil(BLOCK);
    let tiles = game.references.rows().div_ceil(TILE);
    let at_once = (KEPT / (TILE * BLOCK * rows.cols().max(1))).max(1);
    task.begin("explaining a sum of products", (rows.rows() * blocks * tiles.div_ceil(at_once)) as u64);
    for block in 0..blocks {
        for first in (0..tiles).step_by(at_once) {
            let count = at_once.min(tiles - first);
            let tables = parallel::map(count, &task.uncounted(), |tile| game.table(block, first + tile))?;
            parallel::fill_rows(&mut values, outputs * rows.cols(), task, |from, out| {
                game.block(rows, from, &tables, out);
            })?;
        }
    }
    Ok(values)
}

/// What each reference row counts; the sum is 1.
fn shares(background: &Background) -> Vec<f64> {
    let rows = background.matrix.rows();
    match &background.weights {
        None => vec![1.0 / rows as f64; rows],
        Some(weights) => {
            let whole: f64 = weights.iter().sum();
            weights.iter().map(|weight| weight / whole).collect()
        }
    }
}

/// What does not depend on the explained row.
struct Game<'a> {
    products: &'a dyn Products,
    references: MatrixView<'a>,
    shares: Vec<f64>,
    /// By number of players.
    rules: Vec<Rule>,
}

/// The factors of one block of products for one tile of reference rows.
struct Table {
    /// The first product and how many there are.
    first: usize,
    lanes: usize,
    /// The first reference row.
    from: usize,
    /// Shape (reference rows, features, products).
    factors: Vec<f64>,
    /// Shape (outputs, products).
    weights: Vec<f64>,
}

/// Room for one row, shape (features, products) each.
struct Lanes {
    /// Mixed factors at one node.
    mixed: Vec<f64>,
    /// Products of the mixed factors before each player.
    before: Vec<f64>,
    /// What was found for each feature and product.
    found: Vec<f64>,
    /// Products of the factors that are the same, and of the mixed factors behind a player.
    same: Vec<f64>,
    behind: Vec<f64>,
    players: Vec<usize>,
}

impl Lanes {
    fn new(features: usize, lanes: usize) -> Self {
        let room = || vec![0.0; features * lanes];
        let (same, behind) = (vec![0.0; lanes], vec![0.0; lanes]);
        Self { mixed: room(), before: room(), found: room(), same, behind, players: Vec::new() }
    }
}

impl Game<'_> {
    fn table(&self, block: usize, tile: usize) -> Table {
        let first = block * BLOCK;
        let lanes = BLOCK.min(self.products.count() - first);
        let (from, features) = (tile * TILE, self.references.cols());
        let to = (from + TILE).min(self.references.rows());
        let mut factors = vec![0.0; (to - from) * features * lanes];
        for (z, factors) in factors.chunks_exact_mut((features * lanes).max(1)).enumerate() {
            self.factors(self.references.row(from + z), first, lanes, factors);
        }
        let mut weights = vec![0.0; self.products.outputs() * lanes];
        for (output, weights) in weights.chunks_exact_mut(lanes.max(1)).enumerate() {
            self.products.weights(output, first, weights);
        }
        Table { first, lanes, from, factors, weights }
    }

    fn factors(&self, row: &[f64], first: usize, lanes: usize, out: &mut [f64]) {
        for (input, (x, out)) in row.iter().zip(out.chunks_exact_mut(lanes.max(1))).enumerate() {
            self.products.factors(input, *x, first, out);
        }
    }

    /// Adds what the products and reference rows of `tables`, all of one block of products, give to the contributions of
    /// the rows from number `from` on. Every row meets the tables in their order.
    fn block(&self, rows: MatrixView<'_>, from: usize, tables: &[Table], out: &mut [f64]) {
        let Some(Table { first, lanes: width, .. }) = tables.first() else { return };
        let (features, size) = (rows.cols(), (rows.cols() * width).max(1));
        let length = (self.products.outputs() * features).max(1);
        let mut own = vec![0.0; out.len() / length * size];
        for (i, own) in own.chunks_exact_mut(size).enumerate() {
            self.factors(rows.row(from + i), *first, *width, own);
        }
        let mut lanes = Lanes::new(features, *width);
        for table in tables {
            for (i, (own, out)) in own.chunks_exact(size).zip(out.chunks_exact_mut(length)).enumerate() {
                self.add((rows.row(from + i), own), table, &mut lanes, out);
            }
        }
    }

    /// Adds what the products and reference rows of `table` give to the contributions of one row with these factors.
    fn add(&self, (row, own): (&[f64], &[f64]), table: &Table, lanes: &mut Lanes, out: &mut [f64]) {
        let width = table.lanes;
        lanes.found.fill(0.0);
        for (z, theirs) in table.factors.chunks_exact((row.len() * width).max(1)).enumerate() {
            let reference = self.references.row(table.from + z);
            let differs = |j: &usize| row[*j] != reference[*j] && !(row[*j].is_nan() && reference[*j].is_nan());
            lanes.players.clear();
            lanes.players.extend((0..row.len()).filter(differs));
            self.meet((own, theirs), self.shares[table.from + z], row.len(), lanes);
        }
        for (weights, out) in table.weights.chunks_exact(width).zip(out.chunks_exact_mut(row.len().max(1))) {
            for (found, out) in lanes.found.chunks_exact(width).zip(out) {
                *out += found.iter().zip(weights).map(|(found, weight)| found * weight).sum::<f64>();
            }
        }
    }

    /// One row against one reference row that counts `share`.
    fn meet(&self, (own, theirs): (&[f64], &[f64]), share: f64, features: usize, lanes: &mut Lanes) {
        let width = lanes.same.len();
        let Lanes { mixed, before, found, same, behind, players } = lanes;
        if players.is_empty() {
            return;
        }
        let of = |j: usize| j * width..(j + 1) * width;
        same.fill(share);
        let mut next = players.iter().peekable();
        for j in 0..features {
            if next.next_if_eq(&&j).is_none() {
                multiply(same, &own[of(j)]);
            }
        }
        let rule = &self.rules[players.len()];
        for (node, weight) in rule.nodes.iter().zip(&rule.weights) {
            behind.iter_mut().zip(same.iter()).for_each(|(behind, same)| *behind = weight * same);
            // From here on `before` holds the products of what stands before each player, the shared part included.
            for (place, &j) in players.iter().enumerate() {
                mix(&mut mixed[place * width..][..width], &own[of(j)], &theirs[of(j)], *node);
                before[place * width..][..width].copy_from_slice(behind);
                multiply(behind, &mixed[place * width..][..width]);
            }
            behind.fill(1.0);
            for (place, &j) in players.iter().enumerate().rev() {
                let before = &before[place * width..][..width];
                gain(&mut found[of(j)], (&own[of(j)], &theirs[of(j)]), (before, behind));
                multiply(behind, &mixed[place * width..][..width]);
            }
        }
    }
}

fn multiply(all: &mut [f64], by: &[f64]) {
    all.iter_mut().zip(by).for_each(|(all, by)| *all *= by);
}

/// The factor at one node: a share `node` of the row's, the rest of the reference row's.
fn mix(out: &mut [f64], own: &[f64], theirs: &[f64], node: f64) {
    for ((out, own), theirs) in out.iter_mut().zip(own).zip(theirs) {
        *out = theirs + node * (own - theirs);
    }
}

fn gain(found: &mut [f64], (own, theirs): (&[f64], &[f64]), (before, behind): (&[f64], &[f64])) {
    let lanes = found.iter_mut().zip(own).zip(theirs).zip(before).zip(behind);
    for ((((found, own), theirs), before), behind) in lanes {
        *found += (own - theirs) * (before * behind);
    }
}
