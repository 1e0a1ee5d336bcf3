//! What arrives at a split with few features above: the product of their factors takes one of a few values, told by whether
//! the row satisfies each of them, so a row looks it up instead of carrying it down.

use crate::num::simd::Eight;

use super::asks::{Asks, BITS};
use super::forest::{Above, Lean};
use super::outcomes::Bit;
use super::steps::Nodes;

/// Most features of such a path: one bit each.
pub(super) const FEW: usize = BITS;

/// The products that arrive at one split, at every node, the node's weight included.
#[derive(Clone, Debug)]
pub(super) struct Arrival<const Q: usize> {
    /// The number of its question in [`super::steps::Program::asks`].
    pub ask: u32,
    pub products: [Eight; Q],
    /// Those with the fourth feature.
    pub fourth: Option<Box<[Eight; Q]>>,
}

impl<const Q: usize> Arrival<Q> {
    /// The table for the split at `place`, which has at most four distinct features above. Cost O(level + 16 · Q).
    pub fn new(tree: &Lean<'_>, parents: &[Option<Above>], place: u32, nodes: &Nodes<Q>, asks: &mut Asks) -> Self {
        let (mut bits, mut kept, mut features) = (Vec::with_capacity(FEW), [1.0; FEW], Vec::with_capacity(FEW));
        let mut at = parents[place as usize];
        while let Some(above) = at {
            let split = &tree.splits[above.split as usize];
            if !features.contains(&split.feature) && features.len() < FEW {
                bits.push(Bit::satisfied(above));
                kept[features.len()] = split.kept * split.share(above.left);
                features.push(split.feature);
            }
            at = parents[above.split as usize];
        }
        let mut tables = [[Eight::default(); Q]; 2];
        for q in 0..Q {
            let t = nodes.nodes[q];
            let mut states = [nodes.weights[q]; 2 * 8];
            for (k, kept) in kept[..features.len()].iter().enumerate() {
                let (without, with) = states[..2 << k].split_at_mut(1 << k);
                for (without, with) in without.iter_mut().zip(with) {
                    *with = *without * (kept * (1.0 - t) + t);
                    *without *= kept * (1.0 - t);
                }
            }
            tables[0][q].0.copy_from_slice(&states[..8]);
            tables[1][q].0.copy_from_slice(&states[8..]);
        }
        let [products, rest] = tables;
        Self { ask: asks.add(&bits), products, fourth: (features.len() == FEW).then(|| Box::new(rest)) }
    }
}
