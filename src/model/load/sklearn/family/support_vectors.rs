//! Support vector machines with kernels; a linear kernel of two classes or numbers is a linear form.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::trees::Accumulate;
use crate::model::{LinearForm, ModelError, Products, TaskKind};

use super::super::super::pickle::At;
use super::super::formula::{Formula, OPAQUE};
use super::super::gaussian::{Gaussian, PRODUCTS};
use super::super::pair_coupling::Coupled;
use super::super::part::{Answer, Choice, Core, Decision, Inputs, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::linear_classifier::{CHOSEN, chosen};
use super::{Family, linear};

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.svm", "SVC"),
        ("sklearn.svm", "NuSVC"),
        ("sklearn.svm", "SVR"),
        ("sklearn.svm", "NuSVR"),
        ("sklearn.svm", "OneClassSVM"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let classifier = at.class().is_some_and(|(_, name)| name.ends_with("SVC"));
    let machine = Machine::read(reading, at, inputs.count(), classifier)?;
    if !classifier {
        let answer = Answer::Numbers(TaskKind::Regression, 1);
        let part = finished(machine, inputs, answer, LinkFunction::Identity);
        return Ok(if at.class().is_some_and(|(_, name)| name == "OneClassSVM") { part.note(OUTSIDE) } else { part });
    }
    let answer = Answer::Classes(classes(at)?);
    let count = answer.outputs().max(2);
    if machine.counts.len() != count {
        return Err(at.refuse(format!("vectors of {} classes for {count} classes", machine.counts.len())));
    }
    if let Some(coupled) = Coupled::read(at, machine.intercepts.len())? {
        let vectors = machine.vectors.len() / inputs.count().max(1);
        if let Some(hills) = machine.hills(inputs.count()).filter(|_| count == 2) {
            let core = Core::Formula(Arc::new(Radial { hills, machine, coupled: Some(coupled) }));
            let part = Part::margins("support vector machine", inputs, answer, core, chosen(true));
            return Ok(part.fact("Support vectors", vectors).note(PLATT).note(PRODUCTS));
        }
        let core = Core::Formula(Arc::new(Probable { machine, coupled }));
        let part = Part::direct("support vector machine", inputs, answer, core).fact("Support vectors", vectors);
        let part = part.deciding(Decision::Other);
        return Ok(part.note(&format!("A support vector machine with probabilities {OPAQUE}")));
    }
    let shape = at.optional("decision_function_shape").and_then(|s| s.text().ok());
    if count > 2 && shape == Some("ovo") {
        let vectors = machine.vectors.len() / inputs.count().max(1);
        let core = Core::Formula(Arc::new(Chosen(machine)));
        let part = Part::direct("support vector machine", inputs, answer, core).fact("Support vectors", vectors);
        return Ok(part.deciding(Decision::Other).note(PAIRS));
    }
    let ties = at.optional("break_ties").map_or(Ok(false), |ties| ties.flag())?;
    match count {
        2 => Ok(finished(machine, inputs, answer, chosen(true)).note(CHOSEN)),
        _ if ties => Ok(finished(machine, inputs, answer, chosen(false)).note(CHOSEN)),
        _ => Ok(finished(machine, inputs, answer, LinkFunction::MostVotes).choosing(Choice::Votes).note(CHOSEN)),
    }
}

fn finished(machine: Machine, inputs: Inputs, answer: Answer, link: LinkFunction) -> Part {
    let vectors = machine.vectors.len() / inputs.count().max(1);
    let part = match (machine.linear(inputs.count()), machine.hills(inputs.count())) {
        (Some(form), _) => {
            Part::margins("support vector machine", inputs, answer, Core::Linear(form), link).note(linear::NO_MISSING)
        }
        (None, Some(hills)) => {
            let core = Core::Formula(Arc::new(Radial { hills, machine, coupled: None }));
            Part::margins("support vector machine", inputs, answer, core, link).note(PRODUCTS)
        }
        (None, None) => {
            let core = Core::Formula(Arc::new(machine));
            let part = Part::margins("support vector machine", inputs, answer, core, link);
            part.note(&format!("A support vector machine with a kernel {OPAQUE}"))
        }
    };
    part.fact("Support vectors", vectors)
}

/// Said of the margin of two classes beside probabilities.
const PLATT: &str =
    "The margin is decision_function, no log-odds; probabilities come from it by the file\u{2019}s own sigmoid";
/// Said of detectors of outliers.
pub const OUTSIDE: &str = "The prediction is decision_function: rows below 0 are outliers";
/// Said where margins are of pairs.
const PAIRS: &str = "The margins belong to pairs of classes; the class with most votes has probability 1, the others 0, so \
    the model has no form as trees or weights and only methods for any model apply";

/// A machine of several classes that only chooses: the class most pairs vote for.
struct Chosen(Machine);

impl Formula for Chosen {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        self.0.evaluate(row, out);
        LinkFunction::MostVotes.apply(Accumulate::F64, out);
    }
}

/// A machine with a radial kernel and one margin.
struct Radial {
    machine: Machine,
    /// The same margin as hills.
    hills: Gaussian,
    /// What makes probabilities of the margin of two classes.
    coupled: Option<Coupled>,
}

impl Formula for Radial {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        self.machine.evaluate(row, out);
    }

    fn probabilities(&self, row: &[f64], out: &mut [f64]) -> bool {
        let Some(coupled) = &self.coupled else { return false };
        self.machine.coupled(coupled, row, out);
        true
    }

    fn products(&self) -> Option<&dyn Products> {
        Some(&self.hills)
    }
}

#[derive(Clone, Copy)]
enum Kernel {
    Linear,
    Polynomial { gamma: f64, start: f64, degree: i32 },
    Radial { gamma: f64 },
    Sigmoid { gamma: f64, start: f64 },
}

impl Kernel {
    fn read(at: &At<'_>) -> Result<Self, ModelError> {
        let kernel = at.field("kernel")?;
        let gamma = at.field("_gamma")?.real()?;
        let start = at.field("coef0")?.real()?;
        match kernel.text() {
            Ok("linear") => Ok(Self::Linear),
            Ok("poly") => {
                let degree = i32::try_from(at.field("degree")?.integer()?)
                    .map_err(|_error| at.refuse("the degree is too large"))?;
                Ok(Self::Polynomial { gamma, start, degree })
            }
            Ok("rbf") => Ok(Self::Radial { gamma }),
            Ok("sigmoid") => Ok(Self::Sigmoid { gamma, start }),
            _ => Err(unsupported(at, "its kernel is a function or precomputed", "Use a kernel given by name")),
        }
    }

    fn of(self, a: &[f64], b: &[f64]) -> f64 {
        let product = || a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        match self {
            Self::Linear => product(),
            Self::Polynomial { gamma, start, degree } => (gamma * product() + start).powi(degree),
            Self::Radial { gamma } => libm::exp(-gamma * a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()),
            Self::Sigmoid { gamma, start } => libm::tanh(gamma * product() + start),
        }
    }
}

/// A machine whose margins become probabilities.
struct Probable {
    machine: Machine,
    coupled: Coupled,
}

impl Formula for Probable {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        self.machine.coupled(&self.coupled, row, out);
    }
}

/// Support vectors and what they weigh.
struct Machine {
    kernel: Kernel,
    /// Shape (vectors, inputs).
    vectors: Vec<f64>,
    /// Shape (classes − 1, vectors); one row for numbers.
    weights: Vec<f64>,
    /// One per pair of classes.
    intercepts: Vec<f64>,
    /// Vectors of each class; empty for numbers.
    counts: Vec<usize>,
}

impl Machine {
    fn read(reading: &Reading<'_>, at: &At<'_>, inputs: usize, classifier: bool) -> Result<Self, ModelError> {
        let stored = at.optional("support_vectors_").ok_or_else(|| not_fitted(at))?;
        let vectors = match stored.class() {
            Some((module, _)) if module.starts_with("scipy.sparse") => {
                return Err(unsupported(at, "it was fitted on sparse rows", "Fit it on dense rows"));
            }
            _ => stored.array()?,
        };
        let weights = at.field("dual_coef_")?.array()?;
        let intercepts = at.field("intercept_")?.array()?.reals()?;
        // `n_support_` is a property of the private attribute.
        let counts = at.optional("_n_support").or_else(|| at.optional("n_support_"));
        let counts = match counts.filter(|_| classifier) {
            Some(counts) => counts.array()?.integers()?.iter().filter_map(|c| usize::try_from(*c).ok()).collect(),
            None => Vec::new(),
        };
        let pairs = if counts.is_empty() { 1 } else { counts.len() * counts.len().saturating_sub(1) / 2 };
        let (count, rows) =
            (vectors.shape.first().copied().unwrap_or(0), if counts.is_empty() { 1 } else { counts.len() - 1 });
        let fits = vectors.shape == [count, inputs] && weights.shape == [rows, count] && intercepts.len() == pairs;
        if !fits || (classifier && counts.iter().sum::<usize>() != count) {
            return Err(stored.refuse("the support vectors do not fit their weights or the inputs"));
        }
        reading.charge(vectors.count().saturating_add(weights.count()), &stored)?;
        let kernel = Kernel::read(at)?;
        Ok(Self { kernel, vectors: vectors.reals()?, weights: weights.reals()?, intercepts, counts })
    }

    /// The form of a linear kernel with one margin.
    fn linear(&self, inputs: usize) -> Option<LinearForm> {
        if !matches!(self.kernel, Kernel::Linear) || self.intercepts.len() != 1 {
            return None;
        }
        let mut weights = vec![0.0; inputs];
        for (vector, weight) in self.vectors.chunks(inputs.max(1)).zip(&self.weights) {
            weights.iter_mut().zip(vector).for_each(|(sum, x)| *sum += weight * x);
        }
        Some(LinearForm { weights, intercept: self.intercepts.clone() })
    }

    /// The only margin of a radial kernel, as hills.
    fn hills(&self, inputs: usize) -> Option<Gaussian> {
        let Kernel::Radial { gamma } = self.kernel else { return None };
        let [_] = self.intercepts.as_slice() else { return None };
        Gaussian::new((&self.vectors, &self.weights), (1.0, vec![gamma; inputs]), (&[1.0], &self.intercepts))
    }

    /// Writes the probabilities of a row.
    fn coupled(&self, coupled: &Coupled, row: &[f64], out: &mut [f64]) {
        let kernel = self.kernels(row);
        let margins = match self.counts.len() {
            // The margin of two classes is that of the second one; pairs are told from the first one's side.
            2 => vec![-self.margin(&kernel)],
            _ => self.pairs(&kernel),
        };
        let shares = coupled.probabilities(&margins, self.counts.len());
        // Two classes have one output, the second.
        let first = shares.len().saturating_sub(out.len());
        out.iter_mut().zip(shares.iter().skip(first)).for_each(|(out, share)| *out = *share);
    }

    /// The kernel of a row with every vector.
    fn kernels(&self, row: &[f64]) -> Vec<f64> {
        self.vectors.chunks(row.len().max(1)).map(|v| self.kernel.of(v, row)).collect()
    }

    /// The only margin.
    fn margin(&self, kernel: &[f64]) -> f64 {
        let sum: f64 = self.weights.iter().zip(kernel).map(|(w, k)| w * k).sum();
        sum + self.intercepts.first().copied().unwrap_or(0.0)
    }

    /// The margin of every pair of classes, positive for the first of the pair.
    fn pairs(&self, kernel: &[f64]) -> Vec<f64> {
        let starts: Vec<usize> = self.counts.iter().scan(0, |sum, n| Some(std::mem::replace(sum, *sum + n))).collect();
        let total = kernel.len();
        let side = |row: usize, class: usize| {
            let range = starts[class]..starts[class] + self.counts[class];
            let weights = self.weights.get(row * total..(row + 1) * total).unwrap_or_default();
            let pairs =
                weights.get(range.clone()).unwrap_or_default().iter().zip(kernel.get(range).unwrap_or_default());
            pairs.map(|(w, k)| w * k).sum::<f64>()
        };
        let classes = self.counts.len();
        let pairs = (0..classes).flat_map(|i| (i + 1..classes).map(move |j| (i, j)));
        pairs.zip(&self.intercepts).map(|((i, j), start)| side(j - 1, i) + side(i, j) + start).collect()
    }
}

impl Formula for Machine {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let kernel = self.kernels(row);
        if let [out] = out {
            *out = self.margin(&kernel);
            return;
        }
        // Votes of the pairs, with their margins, squeezed into a third, to tell equal votes apart.
        let classes = out.len();
        let (mut votes, mut confidences) = (vec![0.0; classes], vec![0.0; classes]);
        let pairs = (0..classes).flat_map(|i| (i + 1..classes).map(move |j| (i, j)));
        for ((i, j), margin) in pairs.zip(self.pairs(&kernel)) {
            votes[if margin < 0.0 { j } else { i }] += 1.0;
            confidences[i] += margin;
            confidences[j] -= margin;
        }
        for ((out, votes), confidence) in out.iter_mut().zip(votes).zip(confidences) {
            *out = votes + confidence / (3.0 * (f64::abs(confidence) + 1.0));
        }
    }
}
