//! Shallow ensembles collapsed to tables.
//!
//! Where no path asks more than two features, a leaf of value `v` that asks `f` and `g` gives to `f` its single effect and
//! half of the joint effect, `φ_f = m_f + ½ m_fg`, with
//! `m_f = v (p_g o_f − p_fg)` and `m_fg = v (o_f o_g − p_g o_f − p_f o_g + p_fg)`:
//! `o` tells whether the row satisfies the leaf's splits on a feature, and `p` is the share of everything unknown that
//! does. In the path-dependent game the shares are products of cover, `p_fg = p_f p_g`; in the interventional game they
//! are shares of the reference rows. A leaf that asks one feature is the case of a second one that always holds. Thus
//! all leaves of all trees add up to one table a feature, over its code, and one a pair, over both codes: a row costs one
//! look-up for each, however many trees and reference rows there are.
//!
//! A pair's table distinguishes no more codes than its own leaves do: with all thresholds of both features on its sides,
//! the tables of 1000 trees over 30 features would be a hundred times as large and leave every cache.
//!
//! Whether to collapse is decided by the model alone, so that a row has the same bits in any company.
//! Sources: Grabisch 1997 (games of single and joint effects); Laberge and Pequignot 2022 (the interventional game).

mod conditions;
mod fill;
mod pieces;
mod price;
mod read;

use crate::base::{Cancelled, Task};
use crate::model::TreeEnsemble;
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::simd::run;

use super::forest::Forest;
use super::interventional::alone;
use super::rank::ROWS;
use super::tables;
use super::twofold::Twofold;
use super::{Contributions, base_of};

use conditions::{Coded, Leaf, gather};
use fill::{Filled, fill};
use pieces::{CellsJob, Grid};
use price::pays;
use read::{Main, Reading};

/// Bytes of all tables together. Filling them takes up to six times as much for a moment.
const LARGEST: usize = 32 << 20;

/// All leaves that ask the same features for the same outputs, and the table they will fill.
struct Plan<'a> {
    grid: Grid,
    leaves: Vec<Leaf<'a>>,
}

/// An ensemble that can be collapsed.
pub(super) struct Collapse<'f, 'a> {
    forest: &'f Forest<'a>,
    ensemble: &'a TreeEnsemble,
    /// Per input.
    columns: Vec<Coded>,
    plans: Vec<Plan<'a>>,
}

impl<'f, 'a> Collapse<'f, 'a> {
    /// Lays the tables out; `None` where a path asks more than two features, where trees read one input in several
    /// ways, where the tables would be too large, or where they do not clearly pay. Cost O(leaves · levels + codes of
    /// all tables).
    pub fn new(forest: &'f Forest<'a>, ensemble: &'a TreeEnsemble) -> Option<Self> {
        let groups = gather(forest, ensemble)?;
        let (mut plans, mut bytes) = (Vec::with_capacity(groups.all.len()), 0usize);
        for (key, leaves) in groups.all {
            let grid = Grid::new(&key, &groups.columns, &leaves);
            bytes = bytes.saturating_add(grid.bytes());
            if bytes > LARGEST {
                return None;
            }
            plans.push(Plan { grid, leaves });
        }
        pays(forest, &plans).then_some(Self { forest, ensemble, columns: groups.columns, plans })
    }

    /// The values of [`super::path_dependent`].
    pub fn path_dependent(&self, rows: MatrixView<'_>, task: &Task) -> Result<Contributions, Cancelled> {
        task.begin("explaining with tree paths", rows.rows() as u64);
        let filled = self.fill(&vec![None; self.plans.len()], task)?;
        self.read(&filled, rows, &self.forest.mean(), task)
    }

    /// The values of [`super::interventional`], with equal weight or with one weight per reference row.
    pub fn interventional(
        &self,
        rows: MatrixView<'_>,
        background: MatrixView<'_>,
        weights: Option<&[f64]>,
        task: &Task,
    ) -> Result<Contributions, Cancelled> {
        task.begin("explaining against the background", rows.rows() as u64);
        let counts: Vec<Option<Vec<f64>>> = self.counts(background, weights, task)?.into_iter().map(Some).collect();
        let filled = self.fill(&counts, task)?;
        let mut base = alone(self.forest);
        for (plan, filled) in self.plans.iter().zip(&filled) {
            filled.mean.iter().zip(&mut base[plan.grid.first_output..]).for_each(|(mean, base)| *base += mean);
        }
        let found = self.read(&filled, rows, &base, task)?;
        Ok(Contributions { without_cover: false, ..found })
    }

    /// The weight of the reference rows in every cell of every table. Cost O(reference rows · tables).
    fn counts(
        &self,
        background: MatrixView<'_>,
        weights: Option<&[f64]>,
        task: &Task,
    ) -> Result<Vec<Vec<f64>>, Cancelled> {
        let equal = [1.0; ROWS];
        let sizes = self.plans.iter().map(|plan| plan.grid.cells());
        tables::count(self.forest, background, sizes, task, |k, coded, counts| {
            for (place, block) in coded {
                let start = place * ROWS;
                let end = background.rows().min(start + ROWS);
                let own = weights.map_or(&equal[..end - start], |w| &w[start..end]);
                let cells = run(CellsJob { grid: &self.plans[k].grid, block });
                cells.iter().zip(own).for_each(|(cell, weight)| counts[*cell as usize] += weight);
            }
        })
    }

    /// Fills all tables, by cover where there are no counts.
    fn fill(&self, counts: &[Option<Vec<f64>>], task: &Task) -> Result<Vec<Filled>, Cancelled> {
        parallel::map(self.plans.len(), &Task::silent(), |k| {
            task.check()?;
            let Plan { grid, leaves } = &self.plans[k];
            Ok(fill(grid, leaves, counts[k].as_deref()))
        })?
        .into_iter()
        .collect()
    }

    /// The tables of single effects, joined from all tables in their order.
    fn mains(&self, filled: &[Filled]) -> Vec<Main> {
        let Forest { inputs, outputs, .. } = *self.forest;
        let mut steps: Vec<Vec<Twofold>> = vec![Vec::new(); outputs * inputs];
        for (Plan { grid, .. }, filled) in self.plans.iter().zip(filled) {
            for (side, own) in [(Some(&grid.first), &filled.first), (grid.second.as_ref(), &filled.second)] {
                let Some(side) = side else { continue };
                for (k, own) in own.chunks_exact(side.len()).enumerate() {
                    let steps = &mut steps[(grid.first_output + k) * inputs + side.feature as usize];
                    steps.resize(self.columns[side.feature as usize].codes, Twofold::default());
                    side.starts.iter().zip(own).for_each(|(start, step)| steps[*start as usize] += *step);
                }
            }
        }
        let used = steps.iter().enumerate().filter(|(_, steps)| !steps.is_empty());
        used.map(|(place, steps)| Main::new(place, self.columns[place % inputs].column, steps)).collect()
    }

    fn read(
        &self,
        filled: &[Filled],
        rows: MatrixView<'_>,
        sums: &[f64],
        task: &Task,
    ) -> Result<Contributions, Cancelled> {
        let divisor = self.ensemble.divisor;
        let pairs = self.plans.iter().map(|plan| &plan.grid).zip(filled.iter().map(|filled| filled.cells.as_slice()));
        let pairs = pairs.filter(|(grid, _)| grid.second.is_some()).collect();
        let reading = Reading { forest: self.forest, mains: self.mains(filled), pairs, divisor };
        let values = reading.read(rows, task)?;
        let base = base_of(sums, self.ensemble);
        Ok(Contributions { values, base, without_cover: self.forest.without_cover })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Accumulate, CategorySet, Compare, Missing, Node, Tree};

    const LEAF: Node = Node {
        feature: Node::LEAF,
        left: 0,
        right: 0,
        set: Node::NUMERIC,
        threshold: 0.0,
        missing: Missing::Left,
        cover: 1.0,
    };

    fn split(feature: u32, left: u32, threshold: f64) -> Node {
        Node { feature, left, right: left + 1, threshold, cover: 2.0, ..LEAF }
    }

    /// A tree of depth 2 whose lower splits are on one feature.
    fn tree(upper: u32, lower: u32, place: usize) -> Tree {
        let threshold = place as f64;
        let nodes = vec![
            Node { cover: 4.0, ..split(upper, 1, threshold) },
            split(lower, 3, threshold + 0.25),
            split(lower, 5, threshold + 0.5),
            LEAF,
            Node { left: 1, ..LEAF },
            Node { left: 2, ..LEAF },
            Node { left: 3, ..LEAF },
        ];
        Tree { nodes, leaf_values: vec![1.0, -2.0, 0.5, 3.0], output: Some(0), sets: Vec::new() }
    }

    fn ensemble(trees: Vec<Tree>) -> TreeEnsemble {
        let (compare, accumulate) = (Compare::LessF32, Accumulate::F64);
        TreeEnsemble { trees, inputs: 4, base: vec![0.0], compare, accumulate, divisor: 1.0 }
    }

    /// Many trees of depth 2 on four features.
    fn shallow() -> TreeEnsemble {
        ensemble((0..200).map(|k| tree(k as u32 % 4, (k as u32 / 4 + 1) % 4, k)).collect())
    }

    fn collapses(ensemble: &TreeEnsemble) -> bool {
        let forest = Forest::new(ensemble, &Task::silent()).expect("proper trees");
        Collapse::new(&forest, ensemble).is_some()
    }

    #[test]
    fn many_shallow_trees_collapse() {
        assert!(collapses(&shallow()));
    }

    #[test]
    fn a_path_with_three_features_keeps_the_whole_ensemble_from_it() {
        let mut model = shallow();
        let last = &mut model.trees[199];
        assert_ne!((last.nodes[0].feature, last.nodes[1].feature), (2, 1));
        last.nodes[3] = Node { cover: 1.0, ..split(0, 7, 3.0) };
        (last.nodes[0].feature, last.nodes[1].feature) = (2, 1);
        last.nodes.extend([Node { cover: 0.5, ..LEAF }; 2]);
        assert!(!collapses(&model));
        model.trees[199].nodes[3].feature = 1;
        assert!(collapses(&model), "a repeated feature is no third one");
    }

    #[test]
    fn an_input_that_trees_read_in_two_ways_keeps_the_ensemble_from_it() {
        for (missing, is_set) in [(Missing::ZeroLeft, false), (Missing::Left, true)] {
            let mut model = shallow();
            let last = &mut model.trees[199];
            last.nodes[0].missing = missing;
            if is_set {
                last.nodes[0].set = 0;
                last.sets.push(CategorySet { words: vec![5], matching_goes_left: true });
            }
            assert!(!collapses(&model));
        }
    }

    #[test]
    fn few_trees_are_walked() {
        assert!(!collapses(&ensemble(vec![tree(0, 1, 0), tree(2, 3, 0)])));
    }

    #[test]
    fn tables_that_would_be_too_large_are_not_made() {
        // All trees together would pay for the 2300 · 4600 cells of one pair, if these fitted.
        let trees = |wide: usize| (0..20_000).map(move |k| if k < wide { tree(0, 1, k) } else { tree(2, 3, k % 10) });
        assert!(collapses(&ensemble(trees(1000).collect())));
        assert!(!collapses(&ensemble(trees(2300).collect())));
    }
}
