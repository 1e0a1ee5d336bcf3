//! The terms of an EBM as trees: a term's table of scores is a balanced tree that asks its features one after the other.

use std::collections::HashMap;

use crate::model::tree_check::{TreeRules, arrange};
use crate::model::{ModelError, Node, Tree};

use super::super::document::{At, Value, shown};
use super::features::{Bins, Feature};

/// What all terms of a model share while they are read.
pub struct TermReader<'f> {
    features: &'f [Feature],
    places: HashMap<&'f str, usize>,
    outputs: usize,
    spare_words: usize,
}

/// One term.
pub struct Term {
    /// Its features.
    pub features: Vec<usize>,
    /// Its scores, as a tree.
    pub tree: Tree,
    /// Whether the file holds the training weight of every bin.
    pub weighted: bool,
}

impl<'f> TermReader<'f> {
    /// A reader for terms of `features` that give `outputs` scores; category sets may take `spare_words` in all.
    pub fn new(features: &'f [Feature], outputs: usize, spare_words: usize) -> Result<Self, ModelError> {
        let mut places = HashMap::with_capacity(features.len());
        for (k, feature) in features.iter().enumerate() {
            if places.insert(feature.input.name.as_str(), k).is_some() {
                let reason = format!("two features are called “{}”", shown(&feature.input.name));
                return Err(ModelError::malformed(format!("ebm.features[{k}].name"), reason));
            }
        }
        Ok(Self { features, places, outputs, spare_words })
    }

    /// Reads one term.
    pub fn read(&mut self, at: &At<'_>) -> Result<Term, ModelError> {
        let named = at.field("term_features")?;
        let mut features = Vec::new();
        for name in named.texts()? {
            match self.places.get(name) {
                Some(place) if !features.contains(place) => features.push(*place),
                Some(_) => return Err(named.refuse(format!("“{}” is named twice", shown(name)))),
                None => return Err(named.refuse(format!("“{}” is no feature of the model", shown(name)))),
            }
        }
        let all = self.features;
        let mut bins: Vec<(u32, &Bins)> = Vec::with_capacity(features.len());
        for f in &features {
            let found = all.get(*f).and_then(|feature| feature.bins(features.len()));
            bins.push((
                *f as u32,
                found.ok_or_else(|| named.refuse("the file holds no bins for one of the features"))?,
            ));
        }
        let mut shape: Vec<usize> = bins.iter().map(|(_, bins)| bins.count()).collect();
        let weights = match at.optional("bin_weights") {
            Some(weights) => Some(table(&weights, &shape)?),
            None => None,
        };
        if self.outputs > 1 {
            shape.push(self.outputs);
        }
        let scores = table(&at.field("scores")?, &shape)?;
        let weighted = weights.is_some();
        let tree = self.tree(&bins, scores, weights.as_deref(), at)?;
        let rules = TreeRules { inputs: all.len(), outputs: self.outputs, unreached: 0 };
        Ok(Term { tree: arrange(tree, rules, &at.place)?, features, weighted })
    }

    /// The balanced tree over all bins an input can reach. Cost O(bins), no recursion.
    fn tree(
        &mut self,
        bins: &[(u32, &Bins)],
        scores: Vec<f64>,
        weights: Option<&[f64]>,
        at: &At<'_>,
    ) -> Result<Tree, ModelError> {
        let mut tree = Tree { nodes: vec![Node::BARE_LEAF], leaf_values: scores, output: None, sets: Vec::new() };
        let first = bins.first().map_or(0, |(_, bins)| bins.reachable());
        let mut waiting = vec![Part { node: 0, depth: 0, start: 0, end: first, cell: 0 }];
        while let Some(mut part) = waiting.pop() {
            // One bin is left of this feature: the next feature is asked, or the scores are reached.
            while let Some((_, bins_here)) = bins.get(part.depth).filter(|_| part.end - part.start == 1) {
                part.cell = part.cell * bins_here.count() + part.start;
                part.depth += 1;
                part.start = 0;
                part.end = bins.get(part.depth).map_or(0, |(_, next)| next.reachable());
            }
            let children = tree.nodes.len();
            let Some(node) = tree.nodes.get_mut(part.node) else { continue };
            let Some((feature, bins_here)) = bins.get(part.depth) else {
                node.left = index(part.cell.saturating_mul(self.outputs), at)?;
                node.cover = weights.and_then(|w| w.get(part.cell)).copied().unwrap_or(0.0);
                continue;
            };
            let middle = part.start + (part.end - part.start) / 2;
            node.feature = *feature;
            node.left = index(children, at)?;
            node.right = index(children + 1, at)?;
            match bins_here {
                Bins::Cuts(cuts) => node.threshold = Bins::threshold(cuts, middle),
                Bins::Groups(groups) => {
                    let set = Bins::set(groups, part.start, middle, &mut self.spare_words);
                    node.set = index(tree.sets.len(), at)?;
                    tree.sets.push(set.ok_or_else(|| at.refuse("the categories are too many for the file's size"))?);
                }
            }
            // The missing value stands before all others, so it goes left at every split, as a bare leaf says.
            tree.nodes.extend([Node::BARE_LEAF, Node::BARE_LEAF]);
            waiting.push(Part { node: children, end: middle, ..part });
            waiting.push(Part { node: children + 1, start: middle, ..part });
        }
        add_covers(&mut tree.nodes);
        Ok(tree)
    }
}

/// A node that waits for its split: bins `start` to `end` of the feature at `depth`, behind the cell chosen above.
#[derive(Clone, Copy)]
struct Part {
    node: usize,
    depth: usize,
    start: usize,
    end: usize,
    cell: usize,
}

fn index(value: usize, at: &At<'_>) -> Result<u32, ModelError> {
    u32::try_from(value).map_err(|_error| at.refuse("the term has too many bins"))
}

/// Covers of splits from those of leaves; a child has a larger index than its parent.
fn add_covers(nodes: &mut [Node]) {
    for i in (0..nodes.len()).rev() {
        let cover = |child: u32| nodes.get(child as usize).map_or(0.0, |n| n.cover);
        let sum = nodes.get(i).filter(|n| !n.is_leaf()).map(|n| cover(n.left) + cover(n.right));
        if let (Some(sum), Some(node)) = (sum, nodes.get_mut(i)) {
            node.cover = sum;
        }
    }
}

/// Nested lists of exactly this shape, row-major.
fn table(at: &At<'_>, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
    let mut out = Vec::new();
    fill(at, shape, &mut out)?;
    Ok(out)
}

/// The recursion is as deep as the document is nested, which is limited.
fn fill(at: &At<'_>, shape: &[usize], out: &mut Vec<f64>) -> Result<(), ModelError> {
    let check = |found: usize, wanted: usize| match found == wanted {
        true => Ok(()),
        false => Err(at.refuse(format!("{found} values are stored, the bins need {wanted}"))),
    };
    match (shape, at.value) {
        ([last], Value::Integers(_) | Value::Reals(_)) => {
            let values = at.reals()?;
            check(values.len(), *last)?;
            out.extend_from_slice(&values);
        }
        ([last], Value::List(list)) => {
            check(list.len(), *last)?;
            return Err(at.refuse("every score must be a finite number"));
        }
        ([first, rest @ ..], Value::List(list)) => {
            check(list.len(), *first)?;
            for item in at.items()? {
                fill(&item, rest, out)?;
            }
        }
        _ => return Err(at.refuse("the nesting does not fit the features of the term")),
    }
    Ok(())
}
