//! Steps one after the other.

use std::sync::Arc;

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};
use super::{Mix, Step, imputer, read};

/// Steps one after the other.
pub struct Chain {
    steps: Vec<Arc<dyn Step>>,
    width: usize,
}

impl Chain {
    /// These steps; the first is given `width` values.
    pub fn of(steps: Vec<Box<dyn Step>>, width: usize) -> Self {
        Self { steps: steps.into_iter().map(Arc::from).collect(), width }
    }

    /// These steps behind `first`, which makes the values that they are given.
    pub fn behind(&self, first: impl Step + 'static) -> Self {
        let width = first.kinds().len();
        let first: Arc<dyn Step> = Arc::new(first);
        Self { steps: std::iter::once(first).chain(self.steps.iter().cloned()).collect(), width }
    }

    /// The chain without its last step, and that step; `None` when there is none.
    pub fn split_last(&self) -> Option<(Self, &dyn Step)> {
        let (last, first) = self.steps.split_last()?;
        Some((Self { steps: first.to_vec(), width: self.width }, last.as_ref()))
    }

    /// The steps of the transformers `all`; the first is given `width` values.
    pub fn read(reading: &Reading<'_>, all: &[At<'_>], width: usize) -> Result<Self, ModelError> {
        let mut steps: Vec<Box<dyn Step>> = Vec::new();
        let mut at_hand = width;
        let mut fill: Option<Vec<String>> = None;
        for at in all {
            if let Some(levels) = imputer::texts(at)? {
                if !steps.is_empty() || fill.is_some() {
                    return Err(unsupported(
                        at,
                        "it fills texts behind another step",
                        "Put the imputer of texts first",
                    ));
                }
                fill = Some(levels);
                continue;
            }
            let mut step = read(reading, at, at_hand)?;
            if let Some(levels) = fill.take()
                && !step.fill(&levels)
            {
                return Err(unsupported(
                    at,
                    "it reads filled texts and is no encoder",
                    "Put an encoder behind the imputer",
                ));
            }
            if !steps.is_empty() && step.kinds().iter().any(|k| *k != InputKind::Number) {
                return Err(unsupported(at, "it encodes texts behind another step", "Put the encoder first"));
            }
            at_hand = step.width();
            steps.push(step);
        }
        if fill.is_some() {
            return Err(unsupported(&all[0], "it fills texts that nothing encodes", "Put an encoder behind it"));
        }
        Ok(Self::of(steps, width))
    }

    /// The steps and the value of each that lead to value `output`, from the first on.
    fn path(&self, output: usize) -> Option<Vec<(&dyn Step, usize)>> {
        let mut path = Vec::new();
        let mut at = output;
        for step in self.steps.iter().rev() {
            path.push((step.as_ref(), at));
            at = step.source(at)?;
        }
        path.reverse();
        Some(path)
    }
}

impl Step for Chain {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let Some((last, first)) = self.steps.split_last() else {
            out.extend_from_slice(row);
            return;
        };
        let mut values = row.to_vec();
        for step in first {
            let mut next = Vec::with_capacity(step.width());
            step.apply(&values, &mut next);
            values = next;
        }
        last.apply(&values, out);
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.steps.iter().rev().try_fold(output, |at, step| step.source(at)).filter(|at| *at < self.width)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let path = self.path(output).unwrap_or_default();
        path.into_iter().fold(value, |value, (step, at)| step.one(at, value))
    }

    fn rises(&self, output: usize) -> bool {
        let Some(path) = self.path(output) else { return false };
        // What lies below the domain of a function must not be filled in behind it.
        let mut lowest = f64::NEG_INFINITY;
        path.iter().all(|(step, at)| {
            let outside = lowest.is_nan();
            lowest = step.one(*at, lowest);
            step.rises(*at) && (!outside || lowest.is_nan())
        })
    }

    fn line(&self, output: usize) -> Option<(f64, f64)> {
        let path = self.path(output)?;
        path.into_iter().try_fold((1.0, 0.0), |(slope, start), (step, at)| {
            let (by, moved) = step.line(at)?;
            Some((slope * by, start * by + moved))
        })
    }

    fn mix(&self, output: usize) -> Option<Mix> {
        // The work for one mixture is that of its step; mixtures of mixtures could grow without end.
        if self.steps.iter().filter(|step| step.mixes().is_some()).count() > 1 {
            return None;
        }
        let mut all = Mix { weights: vec![(output, 1.0)], start: 0.0 };
        for step in self.steps.iter().rev() {
            let mut next = Mix { weights: Vec::new(), start: all.start };
            for (at, weight) in all.weights {
                let mix = step.mix(at)?;
                next.start += weight * mix.start;
                next.weights.extend(mix.weights.into_iter().map(|(input, by)| (input, weight * by)));
            }
            all = next;
        }
        Some(all)
    }

    fn reads(&self, input: usize) -> bool {
        self.steps.first().is_none_or(|step| step.reads(input))
    }

    fn mixes(&self) -> Option<&str> {
        self.steps.iter().find_map(|step| step.mixes())
    }

    fn width(&self) -> usize {
        self.steps.last().map_or(self.width, |step| step.width())
    }

    fn kinds(&self) -> Vec<InputKind> {
        self.steps.first().map_or_else(|| vec![InputKind::Number; self.width], |step| step.kinds())
    }
}
