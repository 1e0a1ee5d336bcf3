//! The terms of an explainable boosting machine as tables: what a term plot draws.
//!
//! A prediction is the intercept plus one score of every term, in the model's native scale. The same tables stand in
//! `Structure::Trees` as trees; here they keep their bins, which no walk through a tree could give back.

use std::sync::Arc;

use crate::base::text;
use crate::data::{Input, InputKind};

/// One term: a table of scores over the bins of one input or of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// One axis for each input of the term, in the order of the table.
    pub axes: Vec<Axis>,
    /// Outputs of the model.
    pub outputs: usize,
    /// What each bin adds to each output, in the native scale. Shape (bins of the first axis, …, outputs), row-major;
    /// every number is finite.
    pub scores: Vec<f64>,
    /// Standard deviations of the scores between the bags of the training, of the same shape, never negative; `None`
    /// where the file holds none. interpret draws one of them above and below a score.
    pub deviations: Option<Vec<f64>>,
    /// Training weight in each bin (the number of rows unless rows had weights). Shape (bins of the first axis, …);
    /// never negative. `None` where the file holds none.
    pub weights: Option<Vec<f64>>,
}

/// One axis of a term's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The input, a place in the card's list.
    pub input: usize,
    /// How the values of the input fall into bins. The bins of a pair may be wider than those of a single input.
    pub bins: Arc<Bins>,
    /// Smallest and largest value in the training data, where the file tells them; only for numbers.
    pub range: Option<(f64, f64)>,
}

/// One division of an input into bins. Bin 0 is the missing value, the last one whatever the training has never seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Bins {
    /// Ascending, finite cuts: a number lies in bin 1 + how many of them do not exceed it. The last bin stays empty,
    /// because no number is of the unseen kind.
    Cuts(Vec<f64>),
    /// The category codes of bins 1, 2 and so on: places in the levels of the input.
    Groups(Vec<Vec<u32>>),
}

impl Bins {
    /// Number of bins, the missing and the unseen one included.
    pub fn count(&self) -> usize {
        match self {
            Self::Cuts(cuts) => cuts.len() + 3,
            Self::Groups(groups) => groups.len() + 2,
        }
    }

    /// The bin of an encoded value: NaN is missing, a negative or unknown code was never seen. Cost O(log bins) for
    /// numbers, O(categories) for codes.
    pub fn of(&self, value: f64) -> usize {
        match self {
            _ if value.is_nan() => 0,
            Self::Cuts(cuts) => 1 + cuts.partition_point(|cut| *cut <= value),
            Self::Groups(groups) => {
                let inside = |group: &Vec<u32>| group.iter().any(|code| f64::from(*code) == value.trunc());
                let known = if value > -1.0 { groups.iter().position(inside) } else { None };
                known.map_or(groups.len() + 1, |group| group + 1)
            }
        }
    }

    /// Lower and upper end of a bin of numbers; infinite at the outermost ones. `None` for missing, unseen and
    /// categories.
    pub fn interval(&self, bin: usize) -> Option<(f64, f64)> {
        let Self::Cuts(cuts) = self else { return None };
        let upper = bin.checked_sub(1).filter(|upper| *upper <= cuts.len())?;
        let lower = upper.checked_sub(1).and_then(|lower| cuts.get(lower)).copied();
        Some((lower.unwrap_or(f64::NEG_INFINITY), cuts.get(upper).copied().unwrap_or(f64::INFINITY)))
    }

    /// A bin in words: `missing`, `never seen`, `0.5 to 1.2`, `blue, green`. `input` is the input of the axis.
    pub fn title(&self, bin: usize, input: &Input) -> String {
        if bin == 0 {
            return "missing".to_owned();
        }
        match (self, self.interval(bin)) {
            (_, Some((f64::NEG_INFINITY, f64::INFINITY))) => "any number".to_owned(),
            (_, Some((f64::NEG_INFINITY, upper))) => format!("below {}", text::number(upper)),
            (_, Some((lower, f64::INFINITY))) => format!("from {}", text::number(lower)),
            (_, Some((lower, upper))) => format!("{} to {}", text::number(lower), text::number(upper)),
            (Self::Groups(groups), None) if bin <= groups.len() => {
                let group = groups.get(bin - 1).map_or(&[][..], Vec::as_slice);
                let names: Vec<&str> = group.iter().filter_map(|code| level(input, *code)).collect();
                names.join(", ")
            }
            _ => "never seen".to_owned(),
        }
    }
}

fn level(input: &Input, code: u32) -> Option<&str> {
    match &input.kind {
        InputKind::Levels(names) | InputKind::OpenLevels(names) => names.get(code as usize).map(String::as_str),
        _ => None,
    }
}

impl Term {
    /// Its name as interpret writes it: `age`, `age & town`. `inputs` are those of the card.
    pub fn name(&self, inputs: &[Input]) -> String {
        let names: Vec<&str> = self.axes.iter().filter_map(|a| inputs.get(a.input)).map(|i| i.name.as_str()).collect();
        names.join(" & ")
    }

    /// Number of cells: the product of the bins of all axes.
    pub fn cells(&self) -> usize {
        self.scores.len() / self.outputs.max(1)
    }

    /// The cell of one bin on every axis, as `weights` counts cells; `None` when a bin is out of range.
    pub fn cell(&self, bins: &[usize]) -> Option<usize> {
        if bins.len() != self.axes.len() {
            return None;
        }
        let step = |cell: usize, (axis, bin): (&Axis, &usize)| {
            let count = axis.bins.count();
            (*bin < count).then_some(cell * count + bin)
        };
        self.axes.iter().zip(bins).try_fold(0, step)
    }

    /// The scores of a cell, one for each output.
    pub fn scores_of(&self, cell: usize) -> Option<&[f64]> {
        let start = cell.checked_mul(self.outputs)?;
        self.scores.get(start..start.checked_add(self.outputs)?)
    }

    /// The deviations of a cell, one for each output.
    pub fn deviations_of(&self, cell: usize) -> Option<&[f64]> {
        let start = cell.checked_mul(self.outputs)?;
        self.deviations.as_ref()?.get(start..start.checked_add(self.outputs)?)
    }

    /// What the term adds to a row of encoded inputs, one number for each output; `None` for a row that is too short.
    pub fn scores_at(&self, row: &[f64]) -> Option<&[f64]> {
        let bin = |axis: &Axis| row.get(axis.input).map(|value| axis.bins.of(*value));
        let bins: Option<Vec<usize>> = self.axes.iter().map(bin).collect();
        self.scores_of(self.cell(&bins?)?)
    }

    /// How much the term moves predictions: the mean size of its scores over the training rows, averaged over the
    /// outputs. What interpret calls the importance of a term; `None` without weights.
    pub fn importance(&self) -> Option<f64> {
        let weights = self.weights.as_ref()?;
        let total: f64 = weights.iter().sum();
        let cells = self.scores.chunks_exact(self.outputs.max(1)).zip(weights);
        let sum: f64 = cells.map(|(scores, weight)| weight * scores.iter().map(|s| s.abs()).sum::<f64>()).sum();
        (total > 0.0).then(|| sum / total / self.outputs.max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bin_has_a_name_and_a_place() {
        let number = Input { name: "age".to_owned(), kind: InputKind::Number };
        let cuts = Bins::Cuts(vec![1.0, 2.5]);
        let titles: Vec<String> = (0..cuts.count()).map(|bin| cuts.title(bin, &number)).collect();
        assert_eq!(titles, ["missing", "below 1", "1 to 2.5", "from 2.5", "never seen"]);
        assert_eq!([f64::NAN, 0.9, 1.0, 2.4, 2.5].map(|v| cuts.of(v)), [0, 1, 2, 2, 3]);
        let names: Vec<String> = ["blue", "green", "red"].map(str::to_owned).to_vec();
        let colour = Input { name: "colour".to_owned(), kind: InputKind::OpenLevels(Arc::from(names)) };
        let groups = Bins::Groups(vec![vec![1], vec![0, 2]]);
        let titles: Vec<String> = (0..groups.count()).map(|bin| groups.title(bin, &colour)).collect();
        assert_eq!(titles, ["missing", "green", "blue, red", "never seen"]);
        assert_eq!([f64::NAN, 0.0, 1.0, 2.0, 3.0, -1.0].map(|v| groups.of(v)), [0, 2, 1, 2, 3, 3]);
    }

    #[test]
    fn a_cell_out_of_range_is_no_cell() {
        let axis = Axis { input: 0, bins: Arc::new(Bins::Cuts(vec![0.0])), range: None };
        let term = Term {
            axes: vec![axis.clone(), Axis { input: 1, ..axis }],
            outputs: 1,
            scores: (0..16_u8).map(f64::from).collect(),
            deviations: None,
            weights: None,
        };
        assert_eq!(term.scores_at(&[0.5, f64::NAN]), Some(&[8.0][..]));
        assert_eq!((term.cell(&[3, 4]), term.cell(&[1]), term.scores_of(16)), (None, None, None));
    }
}
