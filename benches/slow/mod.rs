//! Slow, obvious values for the error column: definitions written out over the public structure of a tree.
//! Path-dependent values have theirs in `candor::explain::tree::reference`.

use candor::model::{Node, Tree, TreeEnsemble};
use candor::num::{MatrixView, parallel};

/// Covers whose sum differs from their parent's by less are taken to add up, as in the engine: files round them to f32.
const ROUNDED: f64 = 1.0 / (1 << 20) as f64;

/// Adds what `each(row, sums)` gives for every row, in parallel; shape (rows, width).
fn by_row(rows: MatrixView<'_>, width: usize, each: impl Fn(&[f64], &mut [f64]) + Sync) -> Vec<f64> {
    let mut out = vec![0.0; rows.rows() * width];
    let task = candor::base::Task::silent();
    // One row a block: rows are few and slow.
    let done = parallel::map(rows.rows(), &task, |i| {
        let mut sums = vec![0.0; width];
        each(rows.row(i), &mut sums);
        sums
    });
    for (out, sums) in out.chunks_exact_mut(width).zip(done.expect("nobody cancels")) {
        out.copy_from_slice(&sums);
    }
    out
}

/// Interventional values by the definition of Chen and Lundberg: one walk for every row, reference and tree.
/// Shape (rows, inputs). Cost O(rows · references · nodes that either reaches).
pub fn interventional(ensemble: &TreeEnsemble, rows: MatrixView<'_>, background: MatrixView<'_>) -> Vec<f64> {
    let count = background.rows() as f64;
    by_row(rows, ensemble.inputs, |row, sums| {
        for tree in &ensemble.trees {
            for b in 0..background.rows() {
                let mut owner = vec![None; ensemble.inputs];
                let pair = Pair { ensemble, tree, row, reference: background.row(b) };
                pair.walk(0, &mut owner, sums);
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= ensemble.divisor * count);
    })
}

struct Pair<'a> {
    ensemble: &'a TreeEnsemble,
    tree: &'a Tree,
    row: &'a [f64],
    reference: &'a [f64],
}

impl Pair<'_> {
    /// `owner[f]` says whose value of `f` the path needs: the row's (`true`), the reference's, or either.
    fn walk(&self, place: u32, owner: &mut Vec<Option<bool>>, sums: &mut [f64]) {
        let node = &self.tree.nodes[place as usize];
        if node.is_leaf() {
            return self.leaf(node, owner, sums);
        }
        let feature = node.feature as usize;
        let ours = self.ensemble.goes_left(self.tree, node, self.row[feature]);
        let theirs = self.ensemble.goes_left(self.tree, node, self.reference[feature]);
        let child = |left: bool| if left { node.left } else { node.right };
        match owner[feature] {
            _ if ours == theirs => self.walk(child(ours), owner, sums),
            Some(true) => self.walk(child(ours), owner, sums),
            Some(false) => self.walk(child(theirs), owner, sums),
            None => {
                owner[feature] = Some(true);
                self.walk(child(ours), owner, sums);
                owner[feature] = Some(false);
                self.walk(child(theirs), owner, sums);
                owner[feature] = None;
            }
        }
    }

    fn leaf(&self, node: &Node, owner: &[Option<bool>], sums: &mut [f64]) {
        let value = self.tree.leaf_values[node.left as usize];
        let ours = owner.iter().filter(|o| **o == Some(true)).count();
        let theirs = owner.iter().filter(|o| **o == Some(false)).count();
        for (sum, owner) in sums.iter_mut().zip(owner) {
            match owner {
                Some(true) => *sum += value * weight(ours - 1, theirs),
                Some(false) => *sum -= value * weight(ours, theirs - 1),
                None => {}
            }
        }
    }
}

/// a! b! / (a + b + 1)!
fn weight(a: usize, b: usize) -> f64 {
    (1..=b).map(|k| k as f64 / (a + k) as f64).product::<f64>() / (a + b + 1) as f64
}

/// Interaction values as shap lays them out: a pair's effect halved over both places, the rest on the diagonal.
/// `values` are the path-dependent values, shape (rows, inputs). Shape (rows, inputs, inputs).
pub fn interactions(ensemble: &TreeEnsemble, rows: MatrixView<'_>, values: &[f64]) -> Vec<f64> {
    let width = ensemble.inputs;
    let mut out = by_row(rows, width * width, |row, sums| {
        for tree in &ensemble.trees {
            leaves(ensemble, tree, row, 0, &mut Vec::new(), &mut |value, path| pairs(value, path, width, sums));
        }
        sums.iter_mut().for_each(|sum| *sum /= ensemble.divisor);
    });
    for (matrix, values) in out.chunks_exact_mut(width * width).zip(values.chunks_exact(width)) {
        for (j, value) in values.iter().enumerate() {
            let others: f64 = (0..width).filter(|k| *k != j).map(|k| matrix[j * width + k]).sum();
            matrix[j * width + j] = value - others;
        }
    }
    out
}

/// A feature on a path: whether the row satisfies its splits, and the share of the cover that does.
type Player = (usize, bool, f64);

#[expect(clippy::too_many_arguments, reason = "a recursion names what it carries")]
fn leaves(
    ensemble: &TreeEnsemble,
    tree: &Tree,
    row: &[f64],
    place: u32,
    path: &mut Vec<Player>,
    each: &mut dyn FnMut(f64, &[Player]),
) {
    let node = &tree.nodes[place as usize];
    if node.is_leaf() {
        return each(tree.leaf_values[node.left as usize], path);
    }
    let goes_left = ensemble.goes_left(tree, node, row[node.feature as usize]);
    let shares = shares(tree, node);
    for (child, open, share) in [(node.left, goes_left, shares.0), (node.right, !goes_left, shares.1)] {
        let before = path.clone();
        match path.iter_mut().find(|p| p.0 == node.feature as usize) {
            Some(player) => *player = (player.0, player.1 && open, player.2 * share),
            None => path.push((node.feature as usize, open, share)),
        }
        leaves(ensemble, tree, row, child, path, each);
        *path = before;
    }
}

fn shares(tree: &Tree, node: &Node) -> (f64, f64) {
    let [left, right] = [node.left, node.right].map(|child| tree.nodes[child as usize].cover);
    let sum = left + right;
    if !(node.cover > 0.0 && sum > 0.0) {
        (0.5, 0.5)
    } else if (sum - node.cover).abs() <= ROUNDED * node.cover {
        (left / sum, 1.0 - left / sum)
    } else {
        (left / node.cover, right / node.cover)
    }
}

/// Half of v (o_i − c_i) (o_j − c_j) Σ_k W_k k! (d − 2 − k)! / (d − 1)! for every pair of a path's features.
fn pairs(value: f64, path: &[Player], width: usize, sums: &mut [f64]) {
    let d = path.len();
    let effect = |p: &Player| if p.1 { 1.0 - p.2 } else { -p.2 };
    for i in 0..d {
        for j in 0..i {
            let mut by_size = vec![1.0];
            for (_, open, cover) in path.iter().enumerate().filter(|(k, _)| *k != i && *k != j).map(|(_, p)| p) {
                by_size.push(0.0);
                for k in (0..by_size.len()).rev() {
                    let with = if k > 0 && *open { by_size[k - 1] } else { 0.0 };
                    by_size[k] = by_size[k] * cover + with;
                }
            }
            let total: f64 = by_size.iter().enumerate().map(|(k, w)| w * weight(k, d - 2 - k)).sum();
            let half = 0.5 * value * effect(&path[i]) * effect(&path[j]) * total;
            sums[path[i].0 * width + path[j].0] += half;
            sums[path[j].0 * width + path[i].0] += half;
        }
    }
}

/// The mean prediction with feature `j` set to each value of `grid` (shape (inputs, points)); same shape.
pub fn partial_dependence(ensemble: &TreeEnsemble, rows: MatrixView<'_>, grid: MatrixView<'_>) -> Vec<f64> {
    let task = candor::base::Task::silent();
    let points = grid.cols();
    let mean = |place: usize| {
        let (feature, value) = (place / points, grid.row(place / points)[place % points]);
        let (mut row, mut score, mut sum) = (vec![0.0; rows.cols()], [0.0], 0.0);
        for i in 0..rows.rows() {
            row.copy_from_slice(rows.row(i));
            row[feature] = value;
            ensemble.score_f64(&row, &mut score);
            sum += score[0];
        }
        sum / rows.rows() as f64
    };
    parallel::map(grid.rows() * points, &task, mean).expect("nobody cancels")
}
