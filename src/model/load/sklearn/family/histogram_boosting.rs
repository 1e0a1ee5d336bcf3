//! Histogram-based gradient boosting: a baseline and trees over values, missing values and categories.

use crate::model::link::LinkFunction;
use crate::model::tree_check::{TreeRules, arrange};
use crate::model::trees::{Accumulate, CategorySet, Compare};
use crate::model::{Missing, ModelError, Node, TaskKind, Tree, TreeEnsemble};

use super::super::super::pickle::{Array, At};
use super::super::categories::Categories;
use super::super::part::{Answer, Core, Inputs, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;
use super::decision_tree::described;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.ensemble", "HistGradientBoostingClassifier"),
        ("sklearn.ensemble", "HistGradientBoostingRegressor"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let mut inputs = Inputs::read(at)?;
    let regression = at.class().is_some_and(|(_, name)| name.ends_with("Regressor"));
    let loss = at.field("loss")?;
    let loss =
        loss.text().map_err(|_error| unsupported(at, "the loss is an object", "Train with a loss given by name"))?;
    let (task, link) = match loss {
        "poisson" | "gamma" => (TaskKind::Count, LinkFunction::Exp),
        _ => (TaskKind::Regression, LinkFunction::Identity),
    };
    let answer = if regression { Answer::Numbers(task, 1) } else { Answer::Classes(classes(at)?) };
    let link = match (regression, answer.outputs()) {
        (true, _) => link,
        (false, 1) => LinkFunction::Sigmoid { slope: 1.0 },
        (false, _) => LinkFunction::Softmax,
    };
    let categories = Categories::of_histogram(at, &mut inputs)?;
    let outputs = answer.outputs();
    let baseline = at.field("_baseline_prediction")?;
    let base = baseline.real().map(|single| vec![single]).or_else(|_error| baseline.array()?.reals())?;
    if base.len() != outputs || base.iter().any(|b| !b.is_finite()) {
        return Err(baseline.refuse(format!("{} finite numbers are expected", outputs)));
    }
    let rounds = at.optional("_predictors").ok_or_else(|| not_fitted(at))?.items()?;
    let mut reader =
        TreeReader { reading, categories, rules: TreeRules { inputs: inputs.count(), outputs, unreached: 0 } };
    let mut trees = Vec::new();
    reading.task.begin("reading the trees", rounds.len() as u64);
    for round in &rounds {
        let predictors = round.items()?;
        if predictors.len() != outputs {
            return Err(round.refuse(format!("{} trees for {outputs} outputs", predictors.len())));
        }
        for (output, predictor) in (0_u32..).zip(&predictors) {
            trees.push(reader.tree(predictor, output)?);
        }
        reading.task.advance(1)?;
    }
    let (count, rounds) = (inputs.count(), rounds.len());
    let (compare, accumulate) = (Compare::LessEqualF64, Accumulate::F64FromBase);
    let ensemble = TreeEnsemble { trees, inputs: count, base, compare, accumulate, divisor: 1.0 };
    let part = Part::margins("histogram gradient-boosted trees", inputs, answer, Core::Trees(ensemble), link);
    let part = described(part, true).fact("Boosting rounds", rounds);
    Ok(Part { objective: Some(loss.to_owned()), ..part })
}

struct TreeReader<'r, 't> {
    reading: &'r Reading<'t>,
    categories: Categories,
    rules: TreeRules,
}

impl TreeReader<'_, '_> {
    fn tree(&mut self, at: &At<'_>, output: u32) -> Result<Tree, ModelError> {
        let nodes = at.field("nodes")?.array()?;
        let count = nodes.count();
        if u32::try_from(count).is_err() {
            return Err(at.refuse("the tree is too large"));
        }
        self.reading.charge(count.saturating_mul(8), at)?;
        let leaf_values = nodes.real_field("value")?;
        let mut sets = Vec::new();
        let mut built = Vec::with_capacity(count);
        let columns = Columns::read(&nodes)?;
        let bitsets = at.field("raw_left_cat_bitsets")?.array()?;
        let words: Vec<i64> =
            if columns.is_categorical.iter().any(|c| *c != 0) { bitsets.integers()? } else { Vec::new() };
        for (i, raw) in columns.rows().enumerate() {
            let missing = if raw.missing_left { Missing::Left } else { Missing::Right };
            let leaf = Node {
                feature: Node::LEAF,
                left: u32::try_from(i).unwrap_or(0),
                right: 0,
                set: Node::NUMERIC,
                threshold: 0.0,
                missing,
                cover: raw.cover,
            };
            if raw.is_leaf {
                built.push(leaf);
                continue;
            }
            let index = |value: i64| u32::try_from(value).ok().filter(|v| *v != Node::LEAF);
            let (Some(left), Some(right)) = (index(raw.left), index(raw.right)) else {
                return Err(at.refuse(format!("node {i} refers to no node")));
            };
            let place = usize::try_from(raw.feature).ok().and_then(|f| self.categories.input(f));
            let Some(feature) = place.and_then(|f| u32::try_from(f).ok()) else {
                return Err(at.refuse(format!("node {i} splits by an input the model lacks")));
            };
            let mut node = Node { feature, left, right, threshold: raw.threshold, ..leaf };
            if raw.is_categorical {
                let bits = usize::try_from(raw.bitset)
                    .ok()
                    .and_then(|b| words.get(b.checked_mul(8)?..b.checked_add(1)?.checked_mul(8)?));
                let bits = bits.ok_or_else(|| at.refuse(format!("node {i} has no category set")))?;
                node.set = u32::try_from(sets.len()).unwrap_or(Node::NUMERIC);
                let set = self.set(at, usize::try_from(raw.feature).unwrap_or(usize::MAX), bits, raw.missing_left)?;
                sets.push(set);
            }
            built.push(node);
        }
        let tree = Tree { nodes: built, leaf_values, output: Some(output), sets };
        arrange(tree, self.rules, at.place())
    }

    /// What goes left in words of the model's codes: an unknown category goes where a missing value goes.
    fn set(&self, at: &At<'_>, feature: usize, bits: &[i64], missing_left: bool) -> Result<CategorySet, ModelError> {
        let goes_left = |code: usize| {
            let word = bits.get(code / 32).copied().unwrap_or(0);
            word >> (code % 32) & 1 == 1
        };
        let known = self.categories.known(feature);
        // Codes go up to 255 here; the values they stand for may be larger.
        let matching: Vec<usize> =
            known.iter().filter(|(code, _)| goes_left(*code) != missing_left).map(|(_, value)| *value).collect();
        let length = matching.iter().max().map_or(0, |top| top / 64 + 1);
        self.reading.charge(length, at)?;
        let mut words = vec![0_u64; length];
        for value in matching {
            if let Some(word) = words.get_mut(value / 64) {
                *word |= 1 << (value % 64);
            }
        }
        Ok(CategorySet { words, matching_goes_left: !missing_left })
    }
}

/// The fields of all nodes.
struct Columns {
    cover: Vec<f64>,
    threshold: Vec<f64>,
    feature: Vec<i64>,
    left: Vec<i64>,
    right: Vec<i64>,
    missing_left: Vec<i64>,
    is_leaf: Vec<i64>,
    is_categorical: Vec<i64>,
    bitset: Vec<i64>,
}

/// One node as it is stored.
struct RawNode {
    cover: f64,
    threshold: f64,
    feature: i64,
    left: i64,
    right: i64,
    missing_left: bool,
    is_leaf: bool,
    is_categorical: bool,
    bitset: i64,
}

impl Columns {
    fn read(nodes: &Array<'_>) -> Result<Self, ModelError> {
        Ok(Self {
            cover: nodes.real_field("count")?,
            threshold: nodes.real_field("num_threshold")?,
            feature: nodes.integer_field("feature_idx")?,
            left: nodes.integer_field("left")?,
            right: nodes.integer_field("right")?,
            missing_left: nodes.integer_field("missing_go_to_left")?,
            is_leaf: nodes.integer_field("is_leaf")?,
            is_categorical: nodes.integer_field("is_categorical")?,
            bitset: nodes.integer_field("bitset_idx")?,
        })
    }

    fn rows(&self) -> impl Iterator<Item = RawNode> {
        // All columns come from the same records, so they have one length.
        (0..self.cover.len()).map(|i| RawNode {
            cover: self.cover[i],
            threshold: self.threshold[i],
            feature: self.feature[i],
            left: self.left[i],
            right: self.right[i],
            missing_left: self.missing_left[i] != 0,
            is_leaf: self.is_leaf[i] != 0,
            is_categorical: self.is_categorical[i] != 0,
            bitset: self.bitset[i],
        })
    }
}
