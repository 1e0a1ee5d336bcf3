//! What both file forms hold, before any tree is built.

use std::collections::HashMap;

use super::ctr::{Ctr, CtrTable};

/// A model as the file gives it. Feature numbers are those of the table: floats and categories count together.
#[derive(Debug, Default)]
pub struct Parts {
    /// Numeric features.
    pub floats: Vec<FloatFeature>,
    /// Categorical features.
    pub categories: Vec<CategoryFeature>,
    /// Categories that splits ask for one by one.
    pub one_hots: Vec<OneHot>,
    /// Statistics of categories that splits compare with borders.
    pub ctrs: Vec<Ctr>,
    /// What the statistics are made of.
    pub tables: Vec<CtrTable>,
    /// The trees, in file order.
    pub trees: Vec<RawTree>,
    /// Values of one leaf.
    pub outputs: usize,
    /// The sum of trees is multiplied by this.
    pub scale: f64,
    /// Added to the scaled sum; one number for each output, or one for all.
    pub bias: Vec<f64>,
    /// Whether leaves have weights.
    pub weighted: bool,
    /// Texts of category hashes, as far as the file holds them.
    pub names: HashMap<u32, String>,
    /// What the training was told.
    pub info: Info,
}

/// Facts beside the trees.
#[derive(Debug, Default)]
pub struct Info {
    /// Name of the loss function; empty when the file does not hold it.
    pub loss: String,
    /// Class names in the order of the outputs; for two classes both.
    pub classes: Vec<String>,
    /// The library's account of its own version.
    pub version: String,
    /// Rate of learning.
    pub learning_rate: Option<f64>,
}

/// A numeric feature.
#[derive(Debug)]
pub struct FloatFeature {
    /// Number among numeric features.
    pub index: i64,
    /// Number among all features.
    pub flat: i64,
    /// Its name, or nothing.
    pub name: String,
    /// The borders that splits use.
    pub borders: Vec<f32>,
    /// Whether a missing value lies above every border (else below).
    pub missing_above: bool,
}

/// A categorical feature.
#[derive(Debug)]
pub struct CategoryFeature {
    /// Number among categorical features.
    pub index: i64,
    /// Number among all features.
    pub flat: i64,
    /// Its name, or nothing.
    pub name: String,
}

/// Categories of one feature that splits ask for.
#[derive(Debug)]
pub struct OneHot {
    /// Number of the feature among categorical features.
    pub category: i64,
    /// Their hashes.
    pub hashes: Vec<u32>,
}

/// One question of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Split {
    /// The value lies above the border.
    Float {
        /// Place in [`Parts::floats`].
        feature: usize,
        /// The border.
        border: f32,
    },
    /// The category is this one.
    OneHot {
        /// Place in [`Parts::one_hots`].
        one_hot: usize,
        /// Place of the category in it.
        value: usize,
    },
    /// The statistic lies above the border.
    Ctr {
        /// Place in [`Parts::ctrs`].
        ctr: usize,
        /// The border.
        border: f32,
    },
}

/// A tree; node 0 is the root.
#[derive(Debug)]
pub struct RawTree {
    /// The nodes, in any order.
    pub nodes: Vec<RawNode>,
    /// Values of the leaves, as many as the model has outputs for each.
    pub values: Vec<f64>,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug)]
pub enum RawNode {
    /// Left when the question is answered no.
    Split {
        /// Place in the list of all splits.
        split: usize,
        /// Node for no.
        left: usize,
        /// Node for yes.
        right: usize,
    },
    /// An end.
    Leaf {
        /// Its first value.
        first: usize,
        /// Summed weight of the training rows.
        weight: f64,
    },
}

impl Parts {
    /// Every split of the model in the order that trees count them: borders of numbers, single categories, borders of
    /// statistics.
    pub fn splits(&self) -> Vec<Split> {
        let floats = self.floats.iter().enumerate();
        let floats =
            floats.flat_map(|(feature, f)| f.borders.iter().map(move |b| Split::Float { feature, border: *b }));
        let one_hots = self.one_hots.iter().enumerate();
        let one_hots =
            one_hots.flat_map(|(one_hot, o)| (0..o.hashes.len()).map(move |value| Split::OneHot { one_hot, value }));
        let ctrs = self.ctrs.iter().enumerate();
        let ctrs = ctrs.flat_map(|(ctr, c)| c.borders.iter().map(move |b| Split::Ctr { ctr, border: *b }));
        floats.chain(one_hots).chain(ctrs).collect()
    }
}

impl RawTree {
    /// A tree that asks `splits[0]` last and the last split first, so that leaf `i` is the one whose answers are the
    /// binary digits of `i`; `None` unless `values` and `weights` fit, where no weights are zeros.
    pub fn oblivious(splits: &[usize], values: &[f64], weights: &[f64], outputs: usize) -> Option<Self> {
        let leaves =
            u32::try_from(splits.len()).ok().and_then(|depth| 1_usize.checked_shl(depth)).filter(|n| *n > 0)?;
        let fits = leaves.checked_mul(outputs) == Some(values.len()) && (weights.is_empty() || weights.len() == leaves);
        if !fits {
            return None;
        }
        let inner = splits.iter().rev().enumerate().flat_map(|(level, split)| {
            let first = (1 << level) - 1;
            (first..2 * first + 1).map(|i| RawNode::Split { split: *split, left: 2 * i + 1, right: 2 * i + 2 })
        });
        let ends =
            (0..leaves).map(|i| RawNode::Leaf { first: i * outputs, weight: weights.get(i).copied().unwrap_or(0.0) });
        Some(Self { nodes: inner.chain(ends).collect(), values: values.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_split_of_an_oblivious_tree_is_the_lowest_digit_of_the_leaf() {
        let values: Vec<f64> = (0..8).map(f64::from).collect();
        let tree = RawTree::oblivious(&[10, 11, 12], &values, &[], 1).expect("it fits");
        for leaf in 0..8_usize {
            let (mut at, mut levels) = (0, 0);
            while let RawNode::Split { split, left, right } = tree.nodes[at] {
                at = if leaf >> (split - 10) & 1 == 1 { right } else { left };
                levels += 1;
            }
            assert!(matches!(tree.nodes[at], RawNode::Leaf { first, .. } if first == leaf && levels == 3));
        }
        assert!(RawTree::oblivious(&[1; 70], &values, &[], 1).is_none());
        assert!(RawTree::oblivious(&[1, 2], &values, &[], 1).is_none());
        assert!(RawTree::oblivious(&[], &[0.5], &[2.0], 1).is_some());
    }
}
