//! Trees with linear leaves: predictions only, no additive structure is offered.

use crate::model::link::LinkFunction;
use crate::model::tree_model::{finish, fits};
use crate::model::trees::Accumulate;
use crate::model::{Model, ModelCard, ModelError, Scale, TreeEnsemble};
use crate::num::MatrixView;

use super::text::Block;

/// `constant + Σ weight · input`; where one of the inputs is missing, the plain leaf value holds instead.
#[derive(Clone, Debug)]
pub struct LinearLeaf {
    constant: f64,
    terms: Vec<(u32, f64)>,
}

/// Reads the linear forms of one tree's leaves.
pub fn read(block: &Block<'_>, leaves: usize, inputs: usize) -> Result<Vec<LinearLeaf>, ModelError> {
    let constants: Vec<f64> = block.numbers("leaf_const", Some(leaves))?;
    let counts: Vec<usize> = block.numbers("num_features", Some(leaves))?;
    let total = counts.iter().try_fold(0_usize, |sum, count| sum.checked_add(*count));
    let total = total.ok_or_else(|| block.refuse("num_features", "the counts are too large"))?;
    let features: Vec<u32> = block.numbers("leaf_features", Some(total))?;
    let weights: Vec<f64> = block.numbers("leaf_coeff", Some(total))?;
    if features.iter().any(|f| *f as usize >= inputs) {
        return Err(block.refuse("leaf_features", format!("an input beyond the {inputs} of the model is used")));
    }
    if constants.iter().chain(&weights).any(|v| !v.is_finite()) {
        return Err(block.refuse("leaf_coeff", "every constant and weight must be finite"));
    }
    let mut terms = features.into_iter().zip(weights);
    let leaf = |(constant, count): (f64, usize)| LinearLeaf { constant, terms: terms.by_ref().take(count).collect() };
    Ok(constants.into_iter().zip(counts).map(leaf).collect())
}

/// A model some of whose trees have linear leaves.
pub struct LinearTreeModel {
    /// What the model says about itself.
    pub card: ModelCard,
    /// The trees with their plain leaf values.
    pub ensemble: TreeEnsemble,
    /// Per tree, the forms of its leaves; empty where the leaves are plain.
    pub leaves: Vec<Vec<LinearLeaf>>,
    /// From the margin to every other scale of the card.
    pub link: LinkFunction,
}

impl LinearTreeModel {
    fn value(&self, tree: usize, row: &[f64]) -> f64 {
        let Some(structure) = self.ensemble.trees.get(tree) else { return 0.0 };
        let first = self.ensemble.leaf(structure, row).left as usize;
        let plain = structure.leaf_values.get(first).copied().unwrap_or(0.0);
        let Some(leaf) = self.leaves.get(tree).and_then(|leaves| leaves.get(first)) else { return plain };
        let mut sum = leaf.constant;
        for (feature, weight) in &leaf.terms {
            let x = row.get(*feature as usize).copied().unwrap_or(f64::NAN);
            if x.is_nan() {
                return plain;
            }
            sum += weight * x;
        }
        sum
    }
}

impl Model for LinearTreeModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let outputs = self.ensemble.outputs();
        if !fits(self.ensemble.inputs, outputs, rows, out) {
            return;
        }
        out.fill(0.0);
        for (i, target) in out.chunks_exact_mut(outputs.max(1)).enumerate() {
            for (t, tree) in self.ensemble.trees.iter().enumerate() {
                if let Some(sum) = tree.output.and_then(|k| target.get_mut(k as usize)) {
                    *sum += self.value(t, rows.row(i));
                }
            }
            target.iter_mut().for_each(|v| *v /= self.ensemble.divisor);
        }
        finish(&self.card, self.link, Accumulate::F64, scale, out);
    }
}
