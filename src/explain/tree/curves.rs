//! Exact partial dependence of every input at every threshold, and of pairs of inputs, by counting rows.
//!
//! With value v of a leaf, the pieces I of input j that lead to it, and N(−j) the rows that meet all its conditions but
//! those on j: n · PD_j(z) = Σ over leaves of v · [z ∈ I] · N(−j). Nothing is sampled and no grid is chosen.
//! Source: Friedman 2001, Greedy function approximation, section 8.2; the counts are those of [`super::counting`].

use crate::base::Task;
use crate::model::TreeEnsemble;
use crate::num::MatrixView;

use super::Stopped;
use super::axis::{Axes, Reach};
use super::counting::{Counts, Freeing, NOBODY, Pairs, count};
use super::forest::Forest;
use super::leaves::{Arrival, each_leaf};
use super::twofold::Twofold;

/// Paths with more distinct features than this free so many at a time: memory stays small for chains of any length.
pub(super) const LONG: usize = 64;

/// Partial dependence in the ensemble's native unit.
#[derive(Clone, Debug)]
pub struct Dependence {
    /// The pieces of every used input.
    pub axes: Axes,
    /// Per axis, shape (outputs, pieces): the mean prediction when every row takes a value of the piece.
    pub values: Vec<Vec<f64>>,
    /// Per output, the mean prediction of the rows as they are; also the dependence on an input no tree uses.
    pub mean: Vec<f64>,
}

/// Partial dependence on two inputs together, in the ensemble's native unit.
#[derive(Clone, Debug)]
pub struct PairDependence {
    /// The places of the two axes.
    pub axes: [usize; 2],
    /// Shape (outputs, pieces of the first, pieces of the second).
    pub values: Vec<f64>,
}

/// Partial dependence on every input at every threshold over `rows`, at least one.
/// Cost per 64 rows and leaf: about four words for each distinct feature above it. The same bits on any number of threads.
pub fn partial_dependence(ensemble: &TreeEnsemble, rows: MatrixView<'_>, task: &Task) -> Result<Dependence, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let axes = Axes::new(&forest.coding, ensemble);
    let most = forest.trees.iter().map(|tree| tree.distinct).max().unwrap_or(0);
    let at_once = if most > LONG { LONG } else { ensemble.inputs.max(1) };
    let (mut values, mut mean) = (vec![Vec::new(); axes.all().len()], Vec::new());
    for first in (0..ensemble.inputs.max(1)).step_by(at_once) {
        let group = first..first + at_once;
        let freeing =
            Freeing { features: (0..ensemble.inputs).map(|f| group.contains(&f)).collect(), pairs: Pairs::None };
        let counted = Counted::new(&forest, &axes, freeing, rows, task)?;
        let lines = counted.lines(ensemble, task)?;
        for (value, line) in values.iter_mut().zip(lines.0).filter(|(_, line)| !line.is_empty()) {
            *value = line;
        }
        mean = lines.1;
    }
    Ok(Dependence { axes, values, mean })
}

/// A forest whose rows have been counted.
pub(super) struct Counted<'a> {
    forest: &'a Forest<'a>,
    axes: &'a Axes,
    freeing: Freeing,
    counts: Counts,
    rows: usize,
}

impl<'a> Counted<'a> {
    /// Counts `rows` once for everything that is asked later.
    pub fn new(
        forest: &'a Forest<'a>,
        axes: &'a Axes,
        freeing: Freeing,
        rows: MatrixView<'_>,
        task: &Task,
    ) -> Result<Self, Stopped> {
        let counts = count(forest, &freeing, rows, task)?;
        Ok(Self { forest, axes, freeing, counts, rows: rows.rows() })
    }

    /// Per axis the dependence of shape (outputs, pieces), empty for inputs that were not freed, and the mean per output.
    pub fn lines(&self, ensemble: &TreeEnsemble, task: &Task) -> Result<(Vec<Vec<f64>>, Vec<f64>), Stopped> {
        let outputs = self.forest.outputs;
        let mut mean = vec![Twofold::default(); outputs];
        let freed = |feature: usize| self.freeing.features[feature];
        let pieces = self.axes.all().iter().map(|axis| if freed(axis.feature) { axis.pieces.len() } else { 0 });
        let mut sums: Vec<Line> = pieces.map(|pieces| Line::new(outputs, pieces)).collect();
        self.each_arrival(&|feature| self.freeing.features[feature as usize], task, |arrival| {
            arrival.each_value(|output, value| {
                let own = Twofold::product(value, arrival.count([NOBODY; 2]));
                mean[output] += own;
                for (feature, reach) in arrival.reaches {
                    let Some(place) = self.axes.place(*feature as usize) else { continue };
                    sums[place].own[output] += own;
                    sums[place].add(output, reach, Twofold::product(value, arrival.count([*feature, NOBODY])));
                }
            });
        })?;
        let by = self.rows as f64 * ensemble.divisor;
        let finish = |line: Line| {
            let mut values = Vec::with_capacity(line.steps.len());
            for (output, steps) in line.steps.chunks_exact(line.pieces + 1).enumerate() {
                let mut sum = mean[output];
                sum += line.own[output].negative();
                for step in &steps[..line.pieces] {
                    sum += *step;
                    values.push(sum.rounded() / by + ensemble.base[output]);
                }
            }
            values
        };
        let values = sums.into_iter().map(finish).collect();
        Ok((values, mean.iter().zip(&ensemble.base).map(|(sum, base)| sum.rounded() / by + base).collect()))
    }

    /// The dependence on the axes `places`, two different ones, whose features must have been freed together.
    /// Cost O(leaves · pieces of the first, for those above which both are asked + pieces · pieces).
    pub fn plane(&self, ensemble: &TreeEnsemble, places: [usize; 2], task: &Task) -> Result<PairDependence, Stopped> {
        let features = places.map(|place| self.axes.all()[place].feature as u32);
        let [rows, cols] = places.map(|place| self.axes.all()[place].pieces.len());
        let outputs = self.forest.outputs;
        let mut constant = vec![Twofold::default(); outputs];
        let mut lines = [Line::new(outputs, rows), Line::new(outputs, cols)];
        let mut steps = vec![Twofold::default(); outputs * rows * (cols + 1)];
        let sorted = [features[0].min(features[1]), features[0].max(features[1])];
        self.each_arrival(&|feature| features.contains(&feature), task, |arrival| {
            let reach = |which: usize| arrival.reaches.iter().find(|(f, _)| *f == features[which]).map(|(_, r)| r);
            arrival.each_value(|output, value| match (reach(0), reach(1)) {
                (None, None) => constant[output] += Twofold::product(value, arrival.count([NOBODY; 2])),
                (Some(first), None) => {
                    lines[0].add(output, first, Twofold::product(value, arrival.count([features[0], NOBODY])));
                }
                (None, Some(second)) => {
                    lines[1].add(output, second, Twofold::product(value, arrival.count([features[1], NOBODY])));
                }
                (Some(first), Some(second)) => {
                    let part = Twofold::product(value, arrival.count(sorted));
                    first.each_run(|start, end| {
                        for row in start as usize..end as usize {
                            let line = &mut steps[(output * rows + row) * (cols + 1)..][..=cols];
                            add_runs(line, second, part);
                        }
                    });
                }
            });
        })?;
        let by = self.rows as f64 * ensemble.divisor;
        let mut values = Vec::with_capacity(outputs * rows * cols);
        for output in 0..outputs {
            let mut above = constant[output];
            for row in 0..rows {
                above += lines[0].steps[output * (rows + 1) + row];
                let mut sum = above;
                for col in 0..cols {
                    sum += lines[1].steps[output * (cols + 1) + col];
                    sum += steps[(output * rows + row) * (cols + 1) + col];
                    values.push(sum.rounded() / by + ensemble.base[output]);
                }
            }
        }
        Ok(PairDependence { axes: places, values })
    }

    /// The pairs of axes that meet on a path, ascending. Cost O(counters).
    pub fn meeting(&self) -> Vec<[usize; 2]> {
        let freed = self.counts.programs.iter().flat_map(|program| &program.freed);
        let mut pairs: Vec<[u32; 2]> = freed.filter(|set| set[1] != NOBODY).copied().collect();
        pairs.sort_unstable();
        pairs.dedup();
        let place = |feature: u32| self.axes.place(feature as usize);
        pairs.into_iter().filter_map(|[a, b]| Some([place(a)?, place(b)?])).collect()
    }

    fn each_arrival(
        &self,
        wanted: &dyn Fn(u32) -> bool,
        task: &Task,
        mut see: impl FnMut(&Arrival<'_>),
    ) -> Result<(), Stopped> {
        for ((tree, program), counts) in self.forest.trees.iter().zip(&self.counts.programs).zip(&self.counts.counts) {
            task.check()?;
            each_leaf(tree, self.axes, wanted, |leaf, reaches| {
                let (own, next) = (program.leaves[leaf], program.leaves[leaf + 1]);
                let counters = own.first as usize..next.first as usize;
                let first = own.value as usize;
                see(&Arrival {
                    values: &tree.values[first..first + tree.width],
                    first_output: tree.first_output,
                    reaches,
                    freed: &program.freed[counters.clone()],
                    counts: &counts[counters],
                });
            });
        }
        Ok(())
    }
}

/// A curve as its steps.
struct Line {
    pieces: usize,
    /// Per output, the sum over the leaves above which the input is asked, at the rows' own values.
    own: Vec<Twofold>,
    /// Shape (outputs, pieces + 1): by how much the curve rises at the start of every piece.
    steps: Vec<Twofold>,
}

impl Line {
    fn new(outputs: usize, pieces: usize) -> Self {
        let zero = Twofold::default();
        Self { pieces, own: vec![zero; outputs], steps: vec![zero; outputs * (pieces + 1)] }
    }

    fn add(&mut self, output: usize, reach: &Reach, part: Twofold) {
        let start = output * (self.pieces + 1);
        add_runs(&mut self.steps[start..=start + self.pieces], reach, part);
    }
}

fn add_runs(steps: &mut [Twofold], reach: &Reach, part: Twofold) {
    reach.each_run(|start, end| {
        steps[start as usize] += part;
        steps[end as usize] += part.negative();
    });
}
