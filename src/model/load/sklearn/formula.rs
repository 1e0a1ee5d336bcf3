//! Estimators that are neither trees nor linear: a formula of one row, and estimators that ask others.

use std::sync::Arc;

use crate::model::card::ModelCard;
use crate::model::link::LinkFunction;
use crate::model::tree_model::{finish, fits};
use crate::model::trees::Accumulate;
use crate::model::{Additive, Model, ModelError, Products, Scale, Structure};
use crate::num::MatrixView;

use super::super::pickle::At;
use super::part::{Answer, Choice, Decision, Part};
use super::reading::{Reading, unsupported};

/// A function of one row.
pub trait Formula: Send + Sync {
    /// Writes one value per output, in the native scale of its part.
    fn evaluate(&self, row: &[f64], out: &mut [f64]);

    /// Writes probabilities where no link makes them of the values; false where one does.
    fn probabilities(&self, _row: &[f64], _out: &mut [f64]) -> bool {
        false
    }

    /// The same function as a sum of products of one factor for each input, when it is one.
    fn products(&self) -> Option<&dyn Products> {
        None
    }
}

/// A formula with a card: predictions only.
pub struct FormulaModel {
    /// What the model says about itself.
    pub card: ModelCard,
    /// The formula.
    pub formula: Arc<dyn Formula>,
    /// From the formula's value to every other scale of the card.
    pub link: LinkFunction,
}

impl Model for FormulaModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let outputs = self.card.outputs.len();
        if fits(self.card.inputs.len(), outputs, rows, out) {
            let mut own = scale == Scale::Probability;
            for (i, out) in out.chunks_exact_mut(outputs.max(1)).enumerate() {
                own = own && self.formula.probabilities(rows.row(i), out);
                if !own {
                    self.formula.evaluate(rows.row(i), out);
                }
            }
            if !own || rows.rows() == 0 {
                finish(&self.card, self.link, Accumulate::F64, scale, out);
            }
        }
    }

    fn structure(&self) -> Structure<'_> {
        self.formula.products().map_or(Structure::Opaque, Structure::Products)
    }
}

/// One term for each input, that can be kept.
pub trait Terms: Additive + Send {}

impl<T: Additive + Send> Terms for T {}

/// A sum of one term for each input, with a card.
pub struct AdditiveModel {
    /// What the model says about itself.
    pub card: ModelCard,
    /// The terms; their sum is in the native scale of the card.
    pub terms: Arc<dyn Terms>,
    /// From the sum to every other scale of the card.
    pub link: LinkFunction,
}

impl Model for AdditiveModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let outputs = self.card.outputs.len();
        if !fits(self.card.inputs.len(), outputs, rows, out) || self.terms.intercept().len() != outputs {
            return;
        }
        let mut term = vec![0.0; outputs];
        for (i, out) in out.chunks_exact_mut(outputs.max(1)).enumerate() {
            out.copy_from_slice(self.terms.intercept());
            for (j, x) in rows.row(i).iter().enumerate() {
                self.terms.term(j, *x, &mut term);
                out.iter_mut().zip(&term).for_each(|(sum, term)| *sum += term);
            }
        }
        finish(&self.card, self.link, Accumulate::F64, scale, out);
    }

    fn structure(&self) -> Structure<'_> {
        Structure::Additive(&*self.terms)
    }
}

/// Said on the card of a model without structure.
pub const OPAQUE: &str = "has no form as trees or weights, so only methods for any model apply";

/// An estimator inside another, asked row by row.
#[derive(Clone)]
pub struct Asked {
    model: Arc<dyn Model>,
    /// What it answers.
    pub answer: Answer,
    choice: Choice,
    decision: Decision,
    /// The inputs of the outer estimator that it sees; all of them when there is no list.
    columns: Option<Vec<usize>>,
}

impl Asked {
    /// `part` as an estimator that can be asked.
    pub fn new(part: Part, reading: &Reading<'_>, at: &At<'_>) -> Result<Self, ModelError> {
        let (answer, (choice, decision)) = (part.answer.clone(), part.asked);
        let model = part.into_model(reading.origin, "", at)?;
        Ok(Self { model, answer, choice, decision, columns: None })
    }

    /// `part` as an estimator whose scores are asked: what `decision_function` gives, else probabilities.
    pub fn scoring(part: Part, reading: &Reading<'_>, at: &At<'_>) -> Result<Self, ModelError> {
        if part.asked.1 == Decision::Other {
            let what = format!("the {} gives another decision function than the one known here", part.algorithm);
            return Err(unsupported(at, &what, "Use an estimator without others inside"));
        }
        Self::new(part, reading, at)
    }

    /// The same estimator, shown only these inputs of the outer one.
    pub fn seeing(self, columns: Option<Vec<usize>>) -> Self {
        Self { columns, ..self }
    }

    /// Inputs it wants.
    pub fn inputs(&self) -> usize {
        self.model.card().inputs.len()
    }

    /// Whether it has probabilities.
    pub fn has_probabilities(&self) -> bool {
        self.model.card().scales.contains(&Scale::Probability)
    }

    /// Its outputs for one row in one of its scales.
    pub fn outputs(&self, row: &[f64], scale: Scale) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.answer.outputs()];
        let chosen: Vec<f64>;
        let row = match &self.columns {
            Some(columns) => {
                chosen = columns.iter().map(|c| row.get(*c).copied().unwrap_or(f64::NAN)).collect();
                &chosen
            }
            None => row,
        };
        if let Some(rows) = MatrixView::new(row, 1, row.len()) {
            self.model.predict(rows, scale, &mut out);
        }
        out
    }

    /// One probability per class, also for two classes.
    pub fn probabilities(&self, row: &[f64]) -> Vec<f64> {
        let outputs = self.outputs(row, Scale::Probability);
        match (&self.answer, outputs.as_slice()) {
            (Answer::Classes(classes), &[positive]) if classes.len() == 2 => vec![1.0 - positive, positive],
            _ => outputs,
        }
    }

    /// What `decision_function` gives, or probabilities where there is none; one number for two classes.
    pub fn scores(&self, row: &[f64]) -> Vec<f64> {
        let margin = self.decision == Decision::Margin;
        self.outputs(row, if margin { Scale::Margin } else { Scale::Probability })
    }

    /// Whether the library's estimator has a `decision_function` that is known here.
    pub fn decides(&self) -> bool {
        self.decision == Decision::Margin
    }

    /// The class that `predict` gives, by its index.
    pub fn class(&self, row: &[f64]) -> usize {
        if let Choice::From { scale, threshold, first } = self.choice {
            let score = self.outputs(row, scale).first().copied().unwrap_or(f64::NAN);
            let score = match (first, scale) {
                (false, _) => score,
                (true, Scale::Probability) => 1.0 - score,
                (true, _) => -score,
            };
            return usize::from((score >= threshold) != first);
        }
        if self.choice == Choice::Largest && self.model.card().scales.contains(&Scale::Margin) {
            return match self.outputs(row, Scale::Margin).as_slice() {
                &[margin] => usize::from(margin > 0.0),
                all => largest(all),
            };
        }
        largest(&self.probabilities(row))
    }

    /// The predictions of a regression.
    pub fn numbers(&self, row: &[f64]) -> Vec<f64> {
        self.outputs(row, Scale::Target)
    }
}

/// Index of the largest value; of equal ones the first, as numpy's `argmax`.
pub fn largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (k, value) in values.iter().enumerate() {
        if values.get(best).is_none_or(|top| value > top) {
            best = k;
        }
    }
    best
}

/// The output of two classes, or one output per class, from one probability per class.
pub fn write_probabilities(all: &[f64], out: &mut [f64]) {
    match (all, out) {
        (&[_, positive], [out]) => *out = positive,
        (all, out) => out.iter_mut().zip(all).for_each(|(out, p)| *out = *p),
    }
}
