//! Trees of a graph as trees of raw columns: every test becomes one that the exact methods know.

use std::collections::BTreeMap;

use crate::model::onnx::{Aggregate, Branch, Forest, Test};
use crate::model::tree_check::{CATEGORY_LIMIT, TreeRules, arrange};
use crate::model::trees::{Accumulate, CategorySet, Compare};
use crate::model::{Missing, Node, Tree, TreeEnsemble};

use super::columns::{Column, Content};

/// What each output adds up: targets of the leaves and their signs; and its base.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Per output.
    pub rows: Vec<Vec<(u32, f64)>>,
    /// Per output.
    pub base: Vec<f64>,
}

/// Words of 64 codes that all sets together may take.
const SET_WORDS: usize = 1 << 22;

/// A test on a raw column.
struct Split {
    threshold: f64,
    /// Index among the tree's sets, or none.
    set: Option<CategorySet>,
    /// Whether those that pass go left.
    yes_left: bool,
}

/// The ensemble, and the inputs that take category codes. `None` when a test has no form here.
pub fn ensemble(
    forest: &Forest,
    columns: &[Column<'_>],
    inputs: usize,
    weights: &Weights,
) -> Option<(TreeEnsemble, Vec<usize>)> {
    let divisor = match forest.aggregate {
        Aggregate::Sum => 1.0,
        Aggregate::Average => forest.roots.len() as f64,
        Aggregate::Min | Aggregate::Max => return None,
    };
    let codes = codes(forest, columns)?;
    let compare = compare(forest, columns)?;
    let lowering = Lowering { forest, columns, codes: &codes, compare, weights };
    let rules = TreeRules { inputs, outputs: weights.rows.len(), unreached: 0 };
    let tree = |(t, root): (usize, &u32)| arrange(lowering.tree(*root)?, rules, &format!("tree {t}")).ok();
    let trees = forest.roots.iter().enumerate().map(tree).collect::<Option<Vec<Tree>>>()?;
    let base = weights.base.clone();
    let finite = base.iter().all(|b| b.is_finite()) && !trees.is_empty();
    let ensemble = TreeEnsemble { trees, inputs, base, compare, accumulate: Accumulate::F64, divisor };
    finite.then_some((ensemble, codes))
}

/// The inputs that are only asked whether they are whole numbers: category codes. `None` when an input is asked that and
/// compared, too.
fn codes(forest: &Forest, columns: &[Column<'_>]) -> Option<Vec<usize>> {
    let mut of: BTreeMap<usize, bool> = BTreeMap::new();
    let code = |v: f64| v >= 0.0 && v < CATEGORY_LIMIT as f64 && v.fract() == 0.0;
    let mut words = 0_usize;
    for branch in forest.nodes.iter().filter(|n| n.test != Test::Leaf) {
        let column = columns.get(branch.feature as usize)?;
        if let Content::Table(values) = &column.content {
            words += values.len() / 64 + 1;
            continue;
        }
        if let Content::Coded { codes, values } = &column.content {
            let (members, _) = members(forest, branch, codes, values)?;
            if members.iter().any(|member| !code(*member)) || of.insert(column.input, true) == Some(false) {
                return None;
            }
            words += members.iter().copied().fold(0.0, f64::max) as usize / 64 + 1;
            continue;
        }
        let coded = match branch.test {
            Test::Equal | Test::NotEqual => Some(code(branch.value)),
            Test::Member(set) => Some(forest.sets.get(set as usize)?.iter().all(|v| code(*v))),
            _ => None,
        };
        let largest = match branch.test {
            Test::Member(set) => forest.sets.get(set as usize)?.iter().copied().fold(0.0, f64::max),
            _ => branch.value,
        };
        words += if coded == Some(true) { largest as usize / 64 + 1 } else { 0 };
        if coded == Some(false) || (coded.is_some() && !column.is_plain()) {
            return None;
        }
        if *of.entry(column.input).or_insert(coded.is_some()) != coded.is_some() {
            return None;
        }
    }
    if words > SET_WORDS {
        return None;
    }
    Some(of.into_iter().filter(|(_, coded)| *coded).map(|(input, _)| input).collect())
}

/// One comparison for all nodes.
fn compare(forest: &Forest, columns: &[Column<'_>]) -> Option<Compare> {
    let asked = forest.nodes.iter().filter(|n| n.test != Test::Leaf);
    let asked: Vec<(&Branch, &Column<'_>)> =
        asked.map(|n| columns.get(n.feature as usize).map(|c| (n, c))).collect::<Option<_>>()?;
    if asked.iter().any(|(_, c)| matches!(c.content, Content::Text)) {
        return None;
    }
    if asked.iter().all(|(_, c)| c.stays_double()) && !asked.is_empty() {
        return Some(Compare::LessEqualF64);
    }
    if asked.iter().any(|(_, c)| !c.is_f32()) {
        // Doubles that are scaled: the threshold is the largest double that passes.
        let doubles = asked.iter().all(|(_, c)| c.is_double() || !matches!(c.content, Content::Number { .. }));
        return doubles.then_some(Compare::LessEqualF64);
    }
    let strict = |(n, c): &(&Branch, &Column<'_>)| c.is_plain() && !matches!(n.test, Test::LessEqual | Test::Greater);
    Some(if asked.iter().all(strict) && !asked.is_empty() { Compare::LessF32 } else { Compare::LessEqualRounded })
}

struct Lowering<'f> {
    forest: &'f Forest,
    columns: &'f [Column<'f>],
    codes: &'f [usize],
    compare: Compare,
    weights: &'f Weights,
}

impl Lowering<'_> {
    fn tree(&self, root: u32) -> Option<Tree> {
        let mut tree = Tree { nodes: Vec::new(), leaf_values: Vec::new(), output: self.output(root), sets: Vec::new() };
        // Each entry is a node of the file and the place of the reference to it: a parent and whether it is its left.
        let mut waiting = vec![(root, None::<(usize, bool)>)];
        while let Some((place, parent)) = waiting.pop() {
            let (branch, values) = self.chain(self.forest.nodes.get(place as usize)?);
            let branch = &branch;
            let index = tree.nodes.len();
            // What several nodes share is written out; a tree that grows by that has no form here.
            if index > self.forest.nodes.len() {
                return None;
            }
            if let Some(node) = parent.and_then(|(p, _)| tree.nodes.get_mut(p)) {
                let child = u32::try_from(index).ok()?;
                if parent.is_some_and(|(_, left)| left) { node.left = child } else { node.right = child }
            }
            let leaf = Node {
                feature: Node::LEAF,
                left: u32::try_from(tree.leaf_values.len()).ok()?,
                right: 0,
                set: Node::NUMERIC,
                threshold: 0.0,
                missing: Missing::Right,
                cover: 0.0,
            };
            if branch.test == Test::Leaf {
                tree.nodes.push(leaf);
                self.leaf(branch, tree.output, &mut tree.leaf_values);
                continue;
            }
            let column = self.columns.get(branch.feature as usize)?;
            let split = self.split(branch, column, &values)?;
            let set = match split.set {
                Some(set) => {
                    tree.sets.push(set);
                    u32::try_from(tree.sets.len() - 1).ok()?
                }
                None => Node::NUMERIC,
            };
            let missing_left = self.missing_passes(branch, column) == split.yes_left;
            tree.nodes.push(Node {
                feature: u32::try_from(column.input).ok()?,
                set,
                threshold: split.threshold,
                missing: if missing_left { Missing::Left } else { Missing::Right },
                ..leaf
            });
            let (left, right) = if split.yes_left { (branch.yes, branch.no) } else { (branch.no, branch.yes) };
            waiting.extend([(right, Some((index, false))), (left, Some((index, true)))]);
        }
        Some(tree)
    }

    /// The only output that a tree adds to.
    fn output(&self, root: u32) -> Option<u32> {
        if self.weights.rows.len() == 1 {
            return Some(0);
        }
        let mut only = None;
        for (target, _) in self.forest.nodes_of(root).into_iter().flat_map(|node| self.forest.weights_of(node)) {
            if *only.get_or_insert(*target) != *target {
                return None;
            }
        }
        let only = only?;
        let row =
            self.weights.rows.iter().position(|row| matches!(row.as_slice(), [(target, _)] if *target == only))?;
        u32::try_from(row).ok()
    }

    fn leaf(&self, branch: &Branch, output: Option<u32>, values: &mut Vec<f64>) {
        let given = self.forest.weights_of(branch);
        let part = |(target, sign): &(u32, f64)| {
            sign * given.iter().filter(|(t, _)| t == target).map(|(_, value)| value).sum::<f64>()
        };
        let rows = self.weights.rows.iter().enumerate();
        let rows = rows.filter(|(k, _)| output.is_none_or(|only| only as usize == *k));
        values.extend(rows.map(|(_, parts)| parts.iter().map(part).sum::<f64>()));
    }

    /// Whether a missing value, or a text that is none of the levels, passes the test after its way.
    fn missing_passes(&self, branch: &Branch, column: &Column<'_>) -> bool {
        let seen = match &column.content {
            Content::Table(values) | Content::Coded { values, .. } => {
                f64::from(values.last().copied().unwrap_or(f32::NAN))
            }
            _ => column.seen(f64::NAN),
        };
        self.forest.passes(branch, seen)
    }

    fn split(&self, branch: &Branch, column: &Column<'_>, values: &[f64]) -> Option<Split> {
        if let Content::Table(values) = &column.content {
            return Some(self.level_split(branch, values));
        }
        if let Content::Coded { codes, values } = &column.content {
            let (members, matching_passes) = members(self.forest, branch, codes, values)?;
            return code_set(&members, matching_passes);
        }
        if self.codes.contains(&column.input) {
            return self.code_split(branch, values);
        }
        let (strict, yes_left) = match branch.test {
            Test::LessEqual => (false, true),
            Test::Greater => (false, false),
            Test::Less => (true, true),
            Test::GreaterEqual => (true, false),
            _ => return None,
        };
        let value = branch.value;
        if value.is_nan() {
            return None;
        }
        let double = self.compare == Compare::LessEqualF64;
        if column.is_plain() && (column.stays_double() || !double) {
            let threshold = match (strict, self.compare) {
                (true, Compare::LessEqualF64) => value.next_down(),
                (true, Compare::LessEqualRounded) => f64::from((value as f32).next_down()),
                _ => value,
            };
            // Nothing is below the smallest number.
            let impossible = strict && value == f64::NEG_INFINITY;
            return (!impossible).then_some(Split { threshold, set: None, yes_left });
        }
        let below = |x: f64| if strict { column.seen(x) < value } else { column.seen(x) <= value };
        let (threshold, below_left) = turn(below, column, double)?;
        Some(Split { threshold, set: None, yes_left: below_left == yes_left })
    }

    /// The levels that pass go left. The last number of `values` belongs to no level.
    fn level_split(&self, branch: &Branch, values: &[f32]) -> Split {
        let mut words = vec![0_u64; values.len() / 64 + 1];
        for (level, value) in values.iter().enumerate().take(values.len().saturating_sub(1)) {
            words[level / 64] |= u64::from(self.forest.passes(branch, f64::from(*value))) << (level % 64);
        }
        Split { threshold: 0.0, set: Some(CategorySet { words, matching_goes_left: true }), yes_left: true }
    }

    /// A test for one code and the tests for other codes of the same input behind its no that lead to the same yes, as
    /// one: LightGBM's category splits are exported so. The node with the last no, and the codes.
    fn chain(&self, first: &Branch) -> (Branch, Vec<f64>) {
        let (mut all, mut values) = (*first, vec![first.value]);
        while all.test == Test::Equal {
            let Some(next) = self.forest.nodes.get(all.no as usize) else { break };
            if next.test != Test::Equal || next.feature != all.feature || next.yes != all.yes {
                break;
            }
            values.push(next.value);
            all = Branch { no: next.no, missing_is_yes: all.missing_is_yes || next.missing_is_yes, ..all };
        }
        (all, values)
    }

    fn code_split(&self, branch: &Branch, chained: &[f64]) -> Option<Split> {
        let (values, matching_passes) = match branch.test {
            Test::Equal => (chained, true),
            Test::NotEqual => (chained, false),
            Test::Member(set) => (self.forest.sets.get(set as usize)?.as_slice(), true),
            _ => return None,
        };
        code_set(values, matching_passes)
    }
}

/// The codes for which a test has another outcome than for all other numbers, and whether it is a yes.
fn members(forest: &Forest, branch: &Branch, codes: &[i64], values: &[f32]) -> Option<(Vec<f64>, bool)> {
    let passes = |value: &f32| forest.passes(branch, f64::from(*value));
    let other = passes(values.last()?);
    let differing = codes.iter().zip(values).filter(|(_, value)| passes(value) != other);
    Some((differing.map(|(code, _)| *code as f64).collect(), !other))
}

fn code_set(codes: &[f64], matching_passes: bool) -> Option<Split> {
    let largest = codes.iter().copied().fold(0.0, f64::max) as usize;
    let mut words = vec![0_u64; largest / 64 + 1];
    for code in codes {
        *words.get_mut(*code as usize / 64)? |= 1 << (*code as usize % 64);
    }
    let set = CategorySet { words, matching_goes_left: true };
    Some(Split { threshold: 0.0, set: Some(set), yes_left: matching_passes })
}

/// The largest value on the first side of the turn of a test that turns at most once from the smallest to the largest
/// number, and whether those below it pass. Exact: halves the range of bit patterns of numbers of 32 bits, or of doubles.
fn turn(passes: impl Fn(f64) -> bool, column: &Column<'_>, double: bool) -> Option<(f64, bool)> {
    let ends = [f64::NEG_INFINITY, f64::INFINITY];
    // A scale of 0 makes infinite values missing, so that the test turns twice.
    if ends.iter().any(|x| column.seen(*x).is_nan()) {
        return None;
    }
    let first = passes(f64::NEG_INFINITY);
    if passes(f64::INFINITY) == first {
        return Some((f64::INFINITY, first));
    }
    let of_rank = |rank: i64| if double { of_rank_f64(rank) } else { f64::from(of_rank_f32(rank)) };
    let end =
        if double { i64::try_from(f64::INFINITY.to_bits()) } else { Ok(i64::from(f32::INFINITY.to_bits())) }.ok()?;
    let (mut low, mut high) = (-end, end);
    // The distance of two doubles may be more than a signed number holds.
    while high.abs_diff(low) > 1 {
        let middle = i64::midpoint(low, high);
        if passes(of_rank(middle)) == first { low = middle } else { high = middle }
    }
    Some((of_rank(low), first))
}

/// The number of 32 bits at a place in the order of all; both zeros have one place.
fn of_rank_f32(rank: i64) -> f32 {
    let size = f32::from_bits(u32::try_from(rank.unsigned_abs()).unwrap_or(0));
    if rank < 0 { -size } else { size }
}

/// The double at a place in the order of all; both zeros have one place.
fn of_rank_f64(rank: i64) -> f64 {
    let size = f64::from_bits(rank.unsigned_abs());
    if rank < 0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_the_order_of_numbers() {
        let end = i64::from(f32::INFINITY.to_bits());
        let places = [-end, -1_065_353_216, -1, 0, 1, 1_065_353_216, end];
        assert!(places.windows(2).all(|pair| of_rank_f32(pair[0]) < of_rank_f32(pair[1])));
        assert!(places.windows(2).all(|pair| of_rank_f64(pair[0]) < of_rank_f64(pair[1])));
        assert_eq!([of_rank_f32(-end), of_rank_f32(1_065_353_216)], [f32::NEG_INFINITY, 1.0]);
    }

    #[test]
    fn the_turn_of_a_test_is_found_to_the_last_bit() {
        for double in [false, true] {
            let column = Column { input: 0, content: Content::Number { double, steps: Vec::new() } };
            for (value, below) in [(0.3_f32, true), (-1e-40, true), (7e30, false)] {
                let value = f64::from(value);
                let (threshold, passes) = turn(|x| (x <= value) == below, &column, double).expect("it turns once");
                assert_eq!((threshold, passes), (value, below));
            }
        }
    }
}
