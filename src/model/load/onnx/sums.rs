//! Sums of columns and of trees: what the columns of a tensor inside the graph are, before a link.

use std::cell::Cell;
use std::collections::BTreeMap;

/// `base + Σ weight · column + Σ weight · trees`.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// The constant.
    pub base: f64,
    /// Weights of columns, by the slot of their tensor and their place in it.
    pub columns: BTreeMap<(usize, usize), f64>,
    /// Weights of the sums of trees, by forest and target.
    pub trees: BTreeMap<(usize, u32), f64>,
}

/// What happens to all sums of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bent {
    /// Nothing.
    Not,
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
    /// The same, divided by their total.
    SigmoidShares,
    /// Exponentials divided by their total.
    Softmax,
    /// `exp(x)`.
    Exp,
    /// `1 + exp(x)`.
    OneAndExp,
}

/// The columns of a tensor.
#[derive(Clone, Debug)]
pub struct Value {
    /// One sum for each column.
    pub sums: Vec<Sum>,
    /// What happens to them.
    pub bent: Bent,
}

/// How many terms may be touched before a graph counts as one without structure.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Budget {
    /// A budget of `terms`.
    pub fn new(terms: usize) -> Self {
        Self(Cell::new(terms))
    }

    /// Takes `terms` from the budget; `None` when it is used up.
    pub fn take(&self, terms: usize) -> Option<()> {
        self.0.set(self.0.get().checked_sub(terms)?);
        Some(())
    }
}

impl Sum {
    /// A number.
    pub fn number(base: f64) -> Self {
        Self { base, ..Self::default() }
    }

    /// Adds `factor` times another sum.
    pub fn add(&mut self, other: &Self, factor: f64, budget: &Budget) -> Option<()> {
        budget.take(1 + other.columns.len() + other.trees.len())?;
        if factor != 0.0 {
            self.base += factor * other.base;
            other.columns.iter().for_each(|(key, weight)| *self.columns.entry(*key).or_default() += factor * weight);
            other.trees.iter().for_each(|(key, weight)| *self.trees.entry(*key).or_default() += factor * weight);
        }
        Some(())
    }
}

impl Value {
    /// How many terms it has.
    pub fn size(&self) -> usize {
        self.sums.iter().map(|sum| 1 + sum.columns.len() + sum.trees.len()).sum()
    }

    /// Sums to which nothing happens.
    pub fn plain(sums: Vec<Sum>) -> Self {
        Self { sums, bent: Bent::Not }
    }

    /// The sums, when nothing happens to them.
    pub fn straight(&self) -> Option<&[Sum]> {
        (self.bent == Bent::Not).then_some(&self.sums)
    }

    /// `factor(k) · x + added(k)` for column `k`.
    pub fn moved(&self, factor: impl Fn(usize) -> f64, added: impl Fn(usize) -> f64, budget: &Budget) -> Option<Self> {
        let mut sums = Vec::with_capacity(self.sums.len());
        for (k, sum) in self.straight()?.iter().enumerate() {
            let mut new = Sum::number(added(k));
            new.add(sum, factor(k), budget)?;
            sums.push(new);
        }
        Some(Self::plain(sums))
    }

    /// A matrix product: `weights` has a row for each column of this and `width` columns.
    pub fn times(&self, weights: &[f64], width: usize, budget: &Budget) -> Option<Self> {
        let sums = self.straight()?;
        if sums.len().checked_mul(width)? != weights.len() {
            return None;
        }
        let mut all = vec![Sum::default(); width];
        for (sum, row) in sums.iter().zip(weights.chunks_exact(width.max(1))) {
            for (to, weight) in all.iter_mut().zip(row) {
                to.add(sum, *weight, budget)?;
            }
        }
        Some(Self::plain(all))
    }

    /// `factor` times another tensor of as many columns, or of one for all, is added.
    pub fn plus(&self, other: &Self, factor: f64, budget: &Budget) -> Option<Self> {
        let (own, added) = (self.straight()?, other.straight()?);
        let width = own.len().max(added.len());
        let fits = |sums: &[Sum]| sums.len() == width || sums.len() == 1;
        if !(fits(own) && fits(added)) {
            return None;
        }
        let one = |sums: &[Sum], k: usize| sums.get(if sums.len() == 1 { 0 } else { k }).cloned();
        let mut all = Vec::with_capacity(width);
        for k in 0..width {
            let mut sum = one(own, k)?;
            sum.add(&one(added, k)?, factor, budget)?;
            all.push(sum);
        }
        Some(Self::plain(all))
    }

    /// The same sums, bent when they are straight.
    pub fn bend(&self, bent: Bent) -> Option<Self> {
        self.straight().map(|sums| Self { sums: sums.to_vec(), bent })
    }

    /// The columns at `places`. Shares of all columns are none of some.
    pub fn picked(&self, places: &[usize]) -> Option<Self> {
        let whole = places.iter().copied().eq(0..self.sums.len());
        let alone = matches!(self.bent, Bent::Not | Bent::Sigmoid | Bent::Exp | Bent::OneAndExp);
        if !(whole || alone) {
            return None;
        }
        let sums = places.iter().map(|place| self.sums.get(*place).cloned()).collect::<Option<_>>()?;
        Some(Self { sums, bent: self.bent })
    }

    /// The columns of all parts side by side.
    pub fn beside(parts: Vec<Self>) -> Option<Self> {
        let bent = parts.first()?.bent;
        let alone = matches!(bent, Bent::Not | Bent::Sigmoid);
        let fits = alone && parts.iter().all(|part| part.bent == bent);
        fits.then(|| Self { sums: parts.into_iter().flat_map(|part| part.sums).collect(), bent })
    }
}
