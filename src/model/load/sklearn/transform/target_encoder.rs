//! Encoders of categories by the mean of the target, for several classes the share of each.

use crate::data::InputKind;

use super::super::super::pickle::At;
use super::super::part::not_fitted;
use super::super::reading::Reading;
use super::categories::{Categories, fill};
use super::{Made, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.preprocessing", "TargetEncoder")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    let columns = Categories::all(reading, at, (width, true))?;
    let (stored, mean) = (at.optional("encodings_").ok_or_else(|| not_fitted(at))?, at.field("target_mean_")?);
    let unseen = mean.real().map(|single| vec![single]).or_else(|_error| mean.array()?.reals())?;
    let lists = stored.items()?;
    if unseen.is_empty() || lists.len() != width.saturating_mul(unseen.len()) {
        return Err(stored.refuse(format!("{} lists of means for {width} columns", lists.len())));
    }
    let mut means = Vec::new();
    for (list, column) in lists.iter().zip(columns.iter().flat_map(|column| std::iter::repeat_n(column, unseen.len())))
    {
        let array = list.array()?;
        reading.charge(array.count(), list)?;
        if array.count() != column.count() {
            return Err(list.refuse(format!("{} means for {} categories", array.count(), column.count())));
        }
        means.push(array.reals()?);
    }
    Ok(Box::new(Means { columns, means, unseen }))
}

struct Means {
    columns: Vec<Categories>,
    /// For each column and class, in this order, the mean of each category.
    means: Vec<Vec<f64>>,
    /// For each class the mean of all, which stands for categories that training did not see.
    unseen: Vec<f64>,
}

impl Step for Means {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let value = |output: usize| self.source(output).and_then(|column| row.get(column)).copied().unwrap_or(f64::NAN);
        out.extend((0..self.means.len()).map(|output| self.one(output, value(output))));
    }

    fn source(&self, output: usize) -> Option<usize> {
        output.checked_div(self.unseen.len()).filter(|column| *column < self.columns.len())
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let category = self.source(output).and_then(|column| self.columns.get(column)?.of(value));
        let known = category.and_then(|category| self.means.get(output)?.get(category));
        let unseen = || self.unseen.get(output % self.unseen.len().max(1));
        known.or_else(unseen).copied().unwrap_or(f64::NAN)
    }

    fn rises(&self, _output: usize) -> bool {
        false
    }

    fn width(&self) -> usize {
        self.means.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        self.columns.iter().map(Categories::kind).collect()
    }

    fn fill(&mut self, levels: &[String]) -> bool {
        fill(self.columns.iter_mut(), levels)
    }
}
