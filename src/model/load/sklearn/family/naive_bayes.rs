//! Naive Bayes: the multinomial and complement kinds are linear forms of the inputs, the others one term for each.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::{Additive, LinearForm, ModelError};

use super::super::super::pickle::At;
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
        ("sklearn.naive_bayes", "CategoricalNB"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let names = classes(at)?;
    let shape = (names.len(), inputs.count());
    let answer = Answer::Classes(names);
    let link = if answer.outputs() == 1 { LinkFunction::Sigmoid { slope: 1.0 } } else { LinkFunction::Softmax };
    let (name, core) = match at.class().map_or("", |(_, name)| name) {
        "GaussianNB" => ("Gaussian naive Bayes", gaussian(reading, at, shape)?),
        "CategoricalNB" => ("categorical naive Bayes", categorical(reading, at, shape)?),
        kind => counts(reading, at, (kind, shape))?,
    };
    let terms = matches!(core, Core::Additive(_));
    let part = Part::margins(name, inputs, answer, core, link).deciding(Decision::Missing).note(NO_MISSING);
    let part = if name == "categorical naive Bayes" { part.note(UNSEEN) } else { part };
    Ok(if terms { part.note(TERMS) } else { part })
}

/// Said of sums of terms.
pub const TERMS: &str = "Every input adds a term of its own to the margin, so exact methods explain it";
/// Said of categories.
const UNSEEN: &str = "Inputs are numbers of categories, cut to whole numbers; one that training did not see is refused by \
    the library and adds nothing here";

fn gaussian(reading: &Reading<'_>, at: &At<'_>, shape: (usize, usize)) -> Result<Core, ModelError> {
    // `var_` was `sigma_` before 1.0.
    let variance = if at.optional("var_").is_some() { "var_" } else { "sigma_" };
    let (means, variances) = (table(at, "theta_", shape)?, table(at, variance, shape)?);
    reading.charge(means.len() * 2, at)?;
    let priors = table(at, "class_prior_", (shape.0, 1))?;
    let pi = std::f64::consts::PI;
    let starts = priors.iter().zip(variances.chunks(shape.1.max(1))).map(|(prior, variances)| {
        libm::log(*prior) - 0.5 * variances.iter().map(|v| libm::log(2.0 * pi * v)).sum::<f64>()
    });
    let starts = by_output(&starts.collect::<Vec<_>>());
    Ok(Core::Additive(Arc::new(Gaussian { starts, means, variances, width: shape.1 })))
}

fn categorical(reading: &Reading<'_>, at: &At<'_>, shape: (usize, usize)) -> Result<Core, ModelError> {
    let stored = at.field("feature_log_prob_")?;
    let mut logs = Vec::new();
    for one in stored.items()? {
        let array = one.array()?;
        if array.shape.len() != 2 || array.shape.first() != Some(&shape.0) {
            return Err(one.refuse(format!("logarithms of shape {:?} for {} classes", array.shape, shape.0)));
        }
        reading.charge(array.count(), &one)?;
        logs.push(array.reals()?);
    }
    if logs.len() != shape.1 {
        return Err(stored.refuse(format!("{} lists of categories for {} inputs", logs.len(), shape.1)));
    }
    let starts = by_output(&table(at, "class_log_prior_", (shape.0, 1))?);
    Ok(Core::Additive(Arc::new(Categorical { starts, logs, classes: shape.0 })))
}

/// The kinds that count or that know only yes and no.
fn counts(
    reading: &Reading<'_>,
    at: &At<'_>,
    (kind, shape): (&str, (usize, usize)),
) -> Result<(&'static str, Core), ModelError> {
    let logs = table(at, "feature_log_prob_", shape)?;
    reading.charge(logs.len() * 2, at)?;
    let priors = table(at, "class_log_prior_", (shape.0, 1))?;
    match kind {
        "MultinomialNB" => Ok(("multinomial naive Bayes", Core::Linear(linear(&logs, &priors, shape)))),
        "ComplementNB" => {
            let none = vec![0.0; shape.0];
            let form = linear(&logs, if shape.0 == 1 { &priors } else { &none }, shape);
            Ok(("complement naive Bayes", Core::Linear(form)))
        }
        _ => {
            let negatives: Vec<f64> = logs.iter().map(|p| libm::log(1.0 - libm::exp(*p))).collect();
            let weights: Vec<f64> = logs.iter().zip(&negatives).map(|(p, n)| p - n).collect();
            let sums = negatives.chunks(shape.1.max(1)).map(|n| n.iter().sum::<f64>());
            let starts: Vec<f64> = priors.iter().zip(sums).map(|(prior, sum)| prior + sum).collect();
            let form = linear(&weights, &starts, shape);
            let core = match at.optional("binarize") {
                Some(threshold) => Core::Additive(Arc::new(Steps { form, threshold: threshold.real()? })),
                None => Core::Linear(form),
            };
            Ok(("Bernoulli naive Bayes", core))
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

/// One number per class as one per output.
fn by_output(all: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; if all.len() == 2 { 1 } else { all.len() }];
    write_margins(all, &mut out);
    out
}

#[derive(Debug)]
struct Gaussian {
    starts: Vec<f64>,
    /// Shape (classes, inputs).
    means: Vec<f64>,
    variances: Vec<f64>,
    width: usize,
}

impl Additive for Gaussian {
    fn intercept(&self) -> &[f64] {
        &self.starts
    }

    fn term(&self, input: usize, x: f64, out: &mut [f64]) {
        let column =
            |table: &'_ [f64]| table.iter().skip(input).step_by(self.width.max(1)).copied().collect::<Vec<_>>();
        let gap = |(mean, variance): (f64, f64)| -0.5 * ((x - mean) * (x - mean) / variance);
        let all: Vec<f64> = column(&self.means).into_iter().zip(column(&self.variances)).map(gap).collect();
        if x.is_nan() { out.fill(0.0) } else { write_margins(&all, out) }
    }
}

#[derive(Debug)]
struct Categorical {
    starts: Vec<f64>,
    /// For each input, shape (classes, categories).
    logs: Vec<Vec<f64>>,
    classes: usize,
}

impl Additive for Categorical {
    fn intercept(&self) -> &[f64] {
        &self.starts
    }

    fn term(&self, input: usize, x: f64, out: &mut [f64]) {
        let logs = self.logs.get(input).map_or(&[][..], Vec::as_slice);
        let categories = logs.len() / self.classes.max(1);
        let code = x.trunc();
        if !(code >= 0.0 && code < categories as f64) {
            return out.fill(0.0);
        }
        let all: Vec<f64> = logs.chunks(categories).filter_map(|logs| logs.get(code as usize).copied()).collect();
        write_margins(&all, out);
    }
}

/// A linear form of inputs that are 1 above the threshold and 0 elsewhere.
#[derive(Debug)]
struct Steps {
    form: LinearForm,
    threshold: f64,
}

impl Additive for Steps {
    fn intercept(&self) -> &[f64] {
        &self.form.intercept
    }

    fn term(&self, input: usize, x: f64, out: &mut [f64]) {
        self.form.term(input, f64::from(u8::from(x > self.threshold)), out);
    }
}
