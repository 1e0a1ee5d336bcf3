//! Naive Bayes: the multinomial and complement kinds are linear forms of the inputs, the others formulas.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::{LinearForm, ModelError};

use super::super::super::pickle::At;
use super::super::formula::{Formula, OPAQUE};
use super::super::part::{Answer, Core, Decision, Inputs, Part, classes};
use super::super::reading::Reading;
use super::Family;
use super::linear::NO_MISSING;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.naive_bayes", "GaussianNB"),
        ("sklearn.naive_bayes", "MultinomialNB"),
        ("sklearn.naive_bayes", "ComplementNB"),
        ("sklearn.naive_bayes", "BernoulliNB"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    Ok(margins(reading, at)?.deciding(Decision::Missing))
}

fn margins(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let names = classes(at)?;
    let shape = (names.len(), inputs.count());
    let answer = Answer::Classes(names);
    let link = if answer.outputs() == 1 { LinkFunction::Sigmoid { slope: 1.0 } } else { LinkFunction::Softmax };
    let name = at.class().map_or("", |(_, name)| name);
    if name == "GaussianNB" {
        // `var_` was `sigma_` before 1.0.
        let variance = if at.optional("var_").is_some() { "var_" } else { "sigma_" };
        let (means, variances) = (table(at, "theta_", shape)?, table(at, variance, shape)?);
        reading.charge(means.len() * 2, at)?;
        let priors = table(at, "class_prior_", (shape.0, 1))?;
        let pi = std::f64::consts::PI;
        let starts = priors.iter().zip(variances.chunks(shape.1.max(1))).map(|(prior, variances)| {
            libm::log(*prior) - 0.5 * variances.iter().map(|v| libm::log(2.0 * pi * v)).sum::<f64>()
        });
        let formula = Gaussian { starts: starts.collect(), means, variances };
        let part = Part::margins("Gaussian naive Bayes", inputs, answer, Core::Formula(Arc::new(formula)), link);
        return Ok(part.note(&format!("Gaussian naive Bayes is quadratic in its inputs and {OPAQUE}")));
    }
    let logs = table(at, "feature_log_prob_", shape)?;
    reading.charge(logs.len() * 2, at)?;
    let priors = table(at, "class_log_prior_", (shape.0, 1))?;
    match name {
        "MultinomialNB" => {
            let form = linear(&logs, &priors, shape);
            Ok(Part::margins("multinomial naive Bayes", inputs, answer, Core::Linear(form), link).note(NO_MISSING))
        }
        "ComplementNB" => {
            let none = vec![0.0; shape.0];
            let form = linear(&logs, if shape.0 == 1 { &priors } else { &none }, shape);
            Ok(Part::margins("complement naive Bayes", inputs, answer, Core::Linear(form), link).note(NO_MISSING))
        }
        _ => {
            let negatives: Vec<f64> = logs.iter().map(|p| libm::log(1.0 - libm::exp(*p))).collect();
            let weights: Vec<f64> = logs.iter().zip(&negatives).map(|(p, n)| p - n).collect();
            let sums = negatives.chunks(shape.1.max(1)).map(|n| n.iter().sum::<f64>());
            let starts: Vec<f64> = priors.iter().zip(sums).map(|(prior, sum)| prior + sum).collect();
            let threshold = match at.optional("binarize") {
                Some(threshold) => Some(threshold.real()?),
                None => None,
            };
            let form = linear(&weights, &starts, shape);
            let Some(threshold) = threshold else {
                return Ok(
                    Part::margins("Bernoulli naive Bayes", inputs, answer, Core::Linear(form), link).note(NO_MISSING)
                );
            };
            let formula = Core::Formula(Arc::new(Steps { form, threshold }));
            let part = Part::margins("Bernoulli naive Bayes", inputs, answer, formula, link);
            Ok(part.note(&format!("Bernoulli naive Bayes turns its inputs into 0 and 1 first and {OPAQUE}")))
        }
    }
}

/// An attribute of one row per class.
fn table(at: &At<'_>, key: &str, (rows, columns): (usize, usize)) -> Result<Vec<f64>, ModelError> {
    let stored = at.field(key)?;
    let values = stored.array()?.reals()?;
    match rows.checked_mul(columns) == Some(values.len()) {
        true => Ok(values),
        false => Err(stored.refuse(format!("{} numbers for {rows} classes of {columns}", values.len()))),
    }
}

/// One margin per class, or their difference for two classes.
fn linear(by_class: &[f64], starts: &[f64], (classes, inputs): (usize, usize)) -> LinearForm {
    let at = |k: usize, j: usize| by_class.get(k * inputs + j).copied().unwrap_or(0.0);
    match starts {
        [negative, positive] => LinearForm {
            weights: (0..inputs).map(|j| at(1, j) - at(0, j)).collect(),
            intercept: vec![positive - negative],
        },
        _ => LinearForm {
            weights: (0..inputs).flat_map(|j| (0..classes).map(move |k| (k, j))).map(|(k, j)| at(k, j)).collect(),
            intercept: starts.to_vec(),
        },
    }
}

/// Writes one margin per class, or their difference for two classes.
pub fn write_margins(all: &[f64], out: &mut [f64]) {
    match (all, out) {
        (&[negative, positive], [out]) => *out = positive - negative,
        (all, out) => out.iter_mut().zip(all).for_each(|(out, margin)| *out = *margin),
    }
}

struct Gaussian {
    starts: Vec<f64>,
    means: Vec<f64>,
    variances: Vec<f64>,
}

impl Formula for Gaussian {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let width = row.len().max(1);
        let classes = self.starts.iter().zip(self.means.chunks(width)).zip(self.variances.chunks(width));
        let margin = |((start, means), variances): ((&f64, &[f64]), &[f64])| {
            let term = |((x, mean), variance): ((&f64, &f64), &f64)| (x - mean) * (x - mean) / variance;
            start - 0.5 * row.iter().zip(means).zip(variances).map(term).sum::<f64>()
        };
        write_margins(&classes.map(margin).collect::<Vec<_>>(), out);
    }
}

/// A linear form of inputs that are 1 above the threshold and 0 elsewhere.
struct Steps {
    form: LinearForm,
    threshold: f64,
}

impl Formula for Steps {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&self.form.intercept);
        for (x, weights) in row.iter().zip(self.form.weights.chunks(out.len().max(1))) {
            if *x > self.threshold {
                out.iter_mut().zip(weights).for_each(|(out, weight)| *out += weight);
            }
        }
    }
}
