//! Bins of numbers: the number of the bin, or a column for each bin.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::not_fitted;
use super::super::reading::{Reading, unsupported};
use super::{Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "KBinsDiscretizer")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    let rounds = match at.optional("dtype").map(|dtype| dtype.class().map(|(_, name)| name)) {
        None | Some(Some("float64")) => false,
        Some(Some("float32")) => true,
        _ => return Err(unsupported(at, "its numbers are of another type", "Leave dtype out")),
    };
    let lists = at.optional("bin_edges_").ok_or_else(|| not_fitted(at))?.items()?;
    if lists.len() != width {
        return Err(at.refuse(format!("{} lists of bin edges for {width} columns", lists.len())));
    }
    let mut limits = Vec::new();
    for list in &lists {
        let array = list.array()?;
        reading.charge(array.count().saturating_mul(3), list)?;
        let edges = array.reals()?;
        // The outermost edges bound nothing: what lies beyond belongs to the first or last bin.
        let [_, inner @ .., _] = edges.as_slice() else {
            return Err(list.refuse("a column of bins has two edges or more"));
        };
        if !inner.is_sorted() {
            return Err(list.refuse("the edges of the bins do not rise"));
        }
        limits.push(inner.to_vec());
    }
    let each = match at.field("encode")?.text()? {
        "ordinal" => false,
        "onehot" | "onehot-dense" => true,
        _ => return Err(at.field("encode")?.wrong("onehot, onehot-dense or ordinal")),
    };
    let places = limits.iter().enumerate().flat_map(|(column, limits)| {
        let bins = if each { limits.len() + 1 } else { 1 };
        (0..bins).map(move |bin| (column, bin))
    });
    Ok(Box::new(Bins { places: places.collect(), limits, each, rounds }))
}

struct Bins {
    /// The column of each value, and the bin it marks when each has a value of its own.
    places: Vec<(usize, usize)>,
    /// For each column the inner edges; a number on an edge belongs to the bin above.
    limits: Vec<Vec<f64>>,
    each: bool,
    /// Whether numbers are rounded to f32 first.
    rounds: bool,
}

impl Step for Bins {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let value = |column: usize| row.get(column).copied().unwrap_or(f64::NAN);
        out.extend(self.places.iter().enumerate().map(|(output, (column, _))| self.one(output, value(*column))));
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.places.get(output).map(|(column, _)| *column)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let Some((column, shown)) = self.places.get(output) else { return f64::NAN };
        let Some(limits) = self.limits.get(*column) else { return f64::NAN };
        if value.is_nan() {
            return value;
        }
        let value = if self.rounds { f64::from(value as f32) } else { value };
        let bin = limits.partition_point(|limit| *limit <= value);
        if self.each { f64::from(u8::from(bin == *shown)) } else { bin as f64 }
    }

    fn rises(&self, _output: usize) -> bool {
        !self.each
    }

    fn width(&self) -> usize {
        self.places.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.limits.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_on_an_edge_belongs_to_the_bin_above() {
        let bins = Bins { places: vec![(0, 0)], limits: vec![vec![0.0, 1.5]], each: false, rounds: false };
        let made = [-9.0, -0.0, 1.0, 1.5, f64::INFINITY].map(|value| bins.one(0, value));
        assert_eq!(made, [0.0, 1.0, 1.0, 2.0, 2.0]);
        assert!(bins.one(0, f64::NAN).is_nan());
    }
}
