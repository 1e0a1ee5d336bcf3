//! LightGBM's trees: splits and leaves in arrays of their own, a negative child is a leaf.

use crate::model::tree_check::{TreeRules, arrange};
use crate::model::trees::CategorySet;
use crate::model::{Missing, ModelError, Node, Tree};

use super::linear::LinearLeaf;
use super::text::Block;

/// A tree and, when its leaves are linear, their forms in the order of `leaf_values`.
pub struct ReadTree {
    /// The tree with plain leaf values.
    pub tree: Tree,
    /// One form per leaf; empty for plain trees.
    pub linear: Vec<LinearLeaf>,
    /// Whether the file holds row counts.
    pub has_counts: bool,
}

/// Reads one tree that adds to `output`.
pub fn read(block: &Block<'_>, output: u32, rules: TreeRules) -> Result<ReadTree, ModelError> {
    let leaves = block.count("num_leaves")?;
    let leaf_values: Vec<f64> = block.numbers("leaf_value", None)?;
    if leaves == 0 || leaf_values.len() != leaves {
        return Err(block.refuse("leaf_value", format!("{} values for {leaves} leaves", leaf_values.len())));
    }
    let mut leaf_cover: Vec<f64> = block.numbers("leaf_count", None)?;
    let mut split_cover: Vec<f64> = block.numbers("internal_count", None)?;
    let has_counts = leaf_cover.len() == leaves && split_cover.len() == leaves - 1;
    leaf_cover.resize(leaves, 0.0);
    split_cover.resize(leaves - 1, 0.0);
    let sets = sets(block)?;
    let mut nodes = splits(block, leaves, &split_cover, sets.len())?;
    nodes.extend(leaf_cover.iter().enumerate().map(|(leaf, cover)| Node {
        feature: Node::LEAF,
        left: leaf as u32,
        right: 0,
        set: Node::NUMERIC,
        threshold: 0.0,
        missing: Missing::Right,
        cover: *cover,
    }));
    let tree = Tree { nodes, leaf_values, output: Some(output), sets };
    let linear = match block.optional("is_linear").map(str::trim) {
        Some("1") => super::linear::read(block, leaves, rules.inputs)?,
        _ => Vec::new(),
    };
    Ok(ReadTree { tree: arrange(tree, rules, &block.place)?, linear, has_counts })
}

fn splits(block: &Block<'_>, leaves: usize, cover: &[f64], sets: usize) -> Result<Vec<Node>, ModelError> {
    let count = Some(leaves - 1);
    let feature: Vec<u32> = block.numbers("split_feature", count)?;
    let threshold: Vec<f64> = block.numbers("threshold", count)?;
    let decision: Vec<u8> = block.numbers("decision_type", count)?;
    let left: Vec<i64> = block.numbers("left_child", count)?;
    let right: Vec<i64> = block.numbers("right_child", count)?;
    let child = |i: usize, value: i64, key: &str| {
        // Leaves stand behind the splits: leaf `!value` is node `leaves − 1 + !value`.
        let index = if value >= 0 { value.checked_add(0) } else { (!value).checked_add(leaves as i64 - 1) };
        let inside = index.filter(|i| if value >= 0 { *i < leaves as i64 - 1 } else { *i < 2 * leaves as i64 - 1 });
        inside
            .and_then(|i| u32::try_from(i).ok())
            .ok_or_else(|| block.refuse(key, format!("the child {value} of node {i} is no node of the tree")))
    };
    let all = feature.iter().zip(&threshold).zip(&decision).zip(left.iter().zip(&right)).zip(cover);
    let mut nodes = Vec::with_capacity(2 * leaves - 1);
    for (i, ((((feature, threshold), decision), (left, right)), cover)) in all.enumerate() {
        let (left, right) = (child(i, *left, "left_child")?, child(i, *right, "right_child")?);
        if *feature == Node::LEAF {
            return Err(block.refuse("split_feature", format!("{feature} is no input of the model")));
        }
        let set = match decision & 1 {
            0 => Node::NUMERIC,
            _ if threshold.fract() == 0.0 && (0.0..sets as f64).contains(threshold) => *threshold as u32,
            _ => {
                return Err(
                    block.refuse("threshold", format!("entry {i}, {threshold}, is no category set of the tree"))
                );
            }
        };
        let default_left = decision & 2 != 0;
        let missing = match (set != Node::NUMERIC, decision >> 2 & 3, default_left) {
            (true, ..) => Missing::Right,
            (_, 0, _) => Missing::AsZero,
            (_, 1, true) => Missing::ZeroLeft,
            (_, 1, false) => Missing::ZeroRight,
            (_, 2, true) => Missing::Left,
            (_, 2, false) => Missing::Right,
            _ => {
                return Err(
                    block.refuse("decision_type", format!("entry {i}, {decision}, has an unknown missing type"))
                );
            }
        };
        nodes.push(Node { feature: *feature, left, right, set, threshold: *threshold, missing, cover: *cover });
    }
    Ok(nodes)
}

fn sets(block: &Block<'_>) -> Result<Vec<CategorySet>, ModelError> {
    let starts: Vec<usize> = block.numbers("cat_boundaries", None)?;
    let words: Vec<u32> = block.numbers("cat_threshold", None)?;
    let mut sets = Vec::new();
    for (i, pair) in starts.windows(2).enumerate() {
        let &[start, end] = pair else { continue };
        let part = words.get(start..end);
        let part = part.ok_or_else(|| block.refuse("cat_boundaries", format!("set {i} lies outside cat_threshold")))?;
        let pairs = part.chunks(2).map(|p| {
            let high = p.get(1).copied().unwrap_or(0);
            u64::from(p.first().copied().unwrap_or(0)) | u64::from(high) << 32
        });
        sets.push(CategorySet { words: pairs.collect(), matching_goes_left: true });
    }
    Ok(sets)
}
