//! XGBoost's trees: parallel arrays per tree, leaf values among the thresholds, categories in segments.

use crate::model::tree_check::{CATEGORY_LIMIT, TreeRules, arrange};
use crate::model::trees::CategorySet;
use crate::model::{Missing, ModelError, Node, Tree};

use super::super::document::At;

/// What all trees of a model share while they are read.
pub struct TreeReader {
    /// Inputs of the model.
    pub inputs: usize,
    /// Outputs of the model.
    pub outputs: usize,
    /// Words of category sets that may still be reserved; keeps a small file from asking for much memory.
    pub spare_words: usize,
    /// Whether codes that a split does not know, negative or beyond its set, follow the default direction.
    pub unknown_by_default: bool,
}

impl TreeReader {
    /// Reads one tree that adds to `output`; leaf values are multiplied by `weight` in f32.
    pub fn read(&mut self, at: &At<'_>, output: i64, weight: f32) -> Result<Tree, ModelError> {
        let param = at.field("tree_param")?;
        let width = param.count_of("size_leaf_vector")?.unwrap_or(1).max(1);
        if width != 1 && width != self.outputs {
            return Err(param.refuse(format!("leaves hold {width} values, the model has {} outputs", self.outputs)));
        }
        let output = match width {
            1 => {
                Some(u32::try_from(output).map_err(|_error| at.refuse(format!("{output} is no output of the model")))?)
            }
            _ => None,
        };
        let (sets, set_of) = self.categories(at)?;
        let mut tree = nodes(at, (&param, width), &set_of)?;
        tree.sets = sets;
        tree.output = output;
        tree.leaf_values.iter_mut().for_each(|v| *v = f64::from(*v as f32 * weight));
        let unreached = param.count_of("num_deleted")?.unwrap_or(0);
        arrange(tree, TreeRules { inputs: self.inputs, outputs: self.outputs, unreached }, &at.place)
    }

    /// The category sets, and for each node its set.
    fn categories(&mut self, at: &At<'_>) -> Result<Categories, ModelError> {
        if at.integers_of("categories_nodes").is_ok_and(<[i64]>::is_empty) {
            return Ok((Vec::new(), Vec::new()));
        }
        let (Some(nodes), Some(codes)) = (at.optional("categories_nodes"), at.optional("categories")) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let (nodes, codes) = (nodes.integers()?, codes.integers()?);
        let (starts, sizes) = (at.field("categories_segments")?, at.field("categories_sizes")?);
        let (segments, lengths) = (starts.integers()?, sizes.integers()?);
        if segments.len() != nodes.len() || lengths.len() != nodes.len() {
            return Err(starts.refuse("the category arrays differ in length"));
        }
        let mut sets = Vec::new();
        let mut set_of = Vec::new();
        let default_left = at.field("default_left")?.integers()?;
        for (i, ((node, start), length)) in nodes.iter().zip(segments).zip(lengths).enumerate() {
            let range = usize::try_from(*start).ok().zip(usize::try_from(*length).ok());
            let part = range.and_then(|(from, length)| codes.get(from..from.checked_add(length)?));
            let part = part.ok_or_else(|| starts.refuse(format!("segment {i} lies outside the categories")))?;
            let words = self.bits(part).map_err(|reason| starts.refuse(format!("segment {i}: {reason}")))?;
            let to_left = |node: usize| default_left.get(node).is_some_and(|left| *left != 0);
            sets.push(match self.unknown_by_default && !usize::try_from(*node).is_ok_and(to_left) {
                true => CategorySet { words: others(words), matching_goes_left: true },
                false => CategorySet { words, matching_goes_left: false },
            });
            set_of.push((*node, i as u32));
        }
        set_of.sort_unstable();
        Ok((sets, set_of))
    }

    fn bits(&mut self, codes: &[i64]) -> Result<Vec<u64>, String> {
        let Some(&largest) = codes.iter().max() else { return Ok(Vec::new()) };
        if codes.iter().any(|c| !(0..CATEGORY_LIMIT as i64).contains(c)) {
            return Err("a category code lies outside 0 to 2^24".to_owned());
        }
        let count = largest as usize / 64 + 1;
        let spare = self.spare_words.checked_sub(count);
        self.spare_words = spare.ok_or("the category sets of this file need too much memory")?;
        let mut words = vec![0_u64; count];
        for code in codes {
            if let Some(word) = words.get_mut(*code as usize / 64) {
                *word |= 1 << (code % 64);
            }
        }
        Ok(words)
    }
}

/// The codes that XGBoost has bits for and that are not in the set: it keeps 32 bits in a word.
fn others(mut words: Vec<u64>) -> Vec<u64> {
    let short = words.last().is_some_and(|last| *last <= u64::from(u32::MAX));
    words.iter_mut().for_each(|word| *word = !*word);
    if let Some(last) = words.last_mut().filter(|_| short) {
        *last &= u64::from(u32::MAX);
    }
    words
}

/// Category sets, and pairs of node and set in node order.
type Categories = (Vec<CategorySet>, Vec<(i64, u32)>);

/// The arrays of one tree.
struct Arrays<'d> {
    left: &'d [i64],
    right: &'d [i64],
    feature: &'d [i64],
    default_left: &'d [i64],
    split_type: Option<&'d [i64]>,
    condition: std::borrow::Cow<'d, [f64]>,
    cover: std::borrow::Cow<'d, [f64]>,
}

fn arrays<'d>(at: &At<'d>, param: &At<'_>, in_nodes: bool) -> Result<Arrays<'d>, ModelError> {
    let left = at.integers_of("left_children")?;
    let fits = |key: &str, length: usize| match length == left.len() {
        true => Ok(()),
        false => Err(at.refuse(format!("{key} has {length} entries, left_children has {}", left.len()))),
    };
    let integers = |key: &str| -> Result<&'d [i64], ModelError> {
        let values = at.integers_of(key)?;
        fits(key, values.len()).map(|()| values)
    };
    let reals = |key: &str| -> Result<std::borrow::Cow<'d, [f64]>, ModelError> {
        let values = at.reals_of(key)?;
        fits(key, values.len()).map(|()| values)
    };
    let split_type = match at.optional("split_type") {
        Some(_) => Some(integers("split_type")?),
        None => None,
    };
    if param.count_of("num_nodes")? != Some(left.len()) {
        let stated = param.field("num_nodes")?;
        return Err(stated.refuse(format!("{} nodes are announced, {} are stored", stated.count()?, left.len())));
    }
    let cover = match in_nodes {
        // Vector leaves before 3.1 come without.
        true if at.optional("sum_hessian").is_none() => vec![0.0; left.len()].into(),
        _ => reals("sum_hessian")?,
    };
    Ok(Arrays {
        left,
        right: integers("right_children")?,
        feature: integers("split_indices")?,
        default_left: integers("default_left")?,
        split_type,
        condition: reals("split_conditions")?,
        cover,
    })
}

/// Whether a tree of vector leaves keeps them where every node has a row, as versions 2.0 to 3.0 write it.
pub fn has_weights_in_nodes(tree: &At<'_>) -> bool {
    let width = tree.optional("tree_param").and_then(|param| param.optional("size_leaf_vector")?.count().ok());
    width.is_some_and(|width| width > 1) && tree.optional("leaf_weights").is_none()
}

fn nodes(at: &At<'_>, (param, width): (&At<'_>, usize), set_of: &[(i64, u32)]) -> Result<Tree, ModelError> {
    // Leaf vectors are rows of an own table and a leaf's right child is its row, or every node has a row.
    let in_nodes = width > 1 && has_weights_in_nodes(at);
    let arrays = arrays(at, param, in_nodes)?;
    let mut leaf_values = match width {
        1 => Vec::with_capacity(arrays.left.len().div_ceil(2)),
        _ if in_nodes => at.field("base_weights")?.reals()?.into_owned(),
        _ => at.field("leaf_weights")?.reals()?.into_owned(),
    };
    let all = arrays.left.iter().zip(arrays.right).zip(arrays.feature).zip(arrays.default_left);
    let all = all.zip(arrays.condition.iter()).zip(arrays.cover.iter()).enumerate();
    let mut nodes = Vec::with_capacity(arrays.left.len());
    for (i, (((((left, right), feature), default_left), condition), cover)) in all {
        let index = |value: i64, what: &str| {
            let refusal = || ModelError::malformed(format!("{}, node {i}", at.place), format!("{value} is no {what}"));
            u32::try_from(value).ok().filter(|v| *v != Node::LEAF).ok_or_else(refusal)
        };
        // Differences of sums leave tiny negative hessians behind.
        let cover = if *cover < 0.0 && *cover > -1e-3 { 0.0 } else { *cover };
        let missing = if *default_left == 0 { Missing::Right } else { Missing::Left };
        let leaf = Node { feature: Node::LEAF, left: 0, right: 0, set: Node::NUMERIC, threshold: 0.0, missing, cover };
        nodes.push(if *left == -1 && width == 1 {
            leaf_values.push(*condition);
            Node { left: leaf_values.len() as u32 - 1, ..leaf }
        } else if *left == -1 {
            let right = if in_nodes { &(i as i64) } else { right };
            Node { left: index(right.saturating_mul(width as i64), "row of leaf_weights")?, ..leaf }
        } else {
            let (left, right) = (index(*left, "node")?, index(*right, "node")?);
            let feature = index(*feature, "input")?;
            match arrays.split_type.is_some_and(|types| types.get(i) == Some(&1)) {
                true => Node { feature, left, right, set: set_at(set_of, i, at)?, ..leaf },
                false => Node { feature, left, right, threshold: *condition, ..leaf },
            }
        });
    }
    Ok(Tree { nodes, leaf_values, output: None, sets: Vec::new() })
}

fn set_at(set_of: &[(i64, u32)], node: usize, at: &At<'_>) -> Result<u32, ModelError> {
    let found = set_of.binary_search_by_key(&(node as i64), |(n, _)| *n).ok().and_then(|i| set_of.get(i));
    let refusal = || ModelError::malformed(format!("{}, node {node}", at.place), "the split has no categories");
    found.map(|(_, set)| *set).ok_or_else(refusal)
}
