//! Support vector machines with a Gaussian kernel by smartcore; probabilities by Platt's sigmoid.

use serde_json::Value;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::svm::Kernels;
use smartcore::svm::svc::{SVC, SVCParameters};
use smartcore::svm::svr::{SVR, SVRParameters};

use crate::base::{Entry, Kind, Knob, Knobs, Seed, Task};
use crate::num::stats::{mean, variance};

use super::super::card::TaskKind;
use super::super::error::ModelError;
use super::super::learned::{Body, Machine, Support};
use super::super::load::native::NativeBody;
use super::super::predict::Scale;
use super::super::training::{dense, failed};
use super::{Fitted, HELD_OUT, Learner, TrainingSet};

/// Most rows: the cost of one uninterrupted call grows with their square.
const MOST_ROWS: usize = 1000;

const KNOBS: &[Knob] = &[
    Knob {
        id: "cost",
        label: "Cost of errors",
        help: "Larger follows single rows more closely",
        kind: Kind::Real { default: 1.0, min: 0.001, max: 10_000.0 },
    },
    Knob {
        id: "width",
        label: "Kernel width",
        help: "Reach of a support vector in scaled units; 0 takes the square root of the number of coded columns",
        kind: Kind::Real { default: 0.0, min: 0.0, max: 1000.0 },
    },
    HELD_OUT,
];

/// Support vectors.
pub struct SupportVectors;

impl Entry for SupportVectors {
    fn id(&self) -> &'static str {
        "support-vectors"
    }

    fn title(&self) -> &'static str {
        "Support vector machine"
    }

    fn summary(&self) -> &'static str {
        "A smooth boundary or curve carried by the training rows that matter most"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Cortes and Vapnik 1995; probabilities: Platt 1999, fitted as in Lin, Lin and Weng 2007"]
    }
}

impl Learner for SupportVectors {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn tasks(&self) -> &'static [TaskKind] {
        &[TaskKind::Binary, TaskKind::Multiclass, TaskKind::Regression]
    }

    fn train(&self, set: &TrainingSet, knobs: &Knobs, seed: Seed, task: &Task) -> Result<Fitted, ModelError> {
        let mut notes = Vec::new();
        let set = set.at_most(MOST_ROWS, seed, &mut notes);
        let coding = set.coding();
        let width = coding.width();
        let coded = set.coded(&coding);
        let reach = if knobs.real("width") > 0.0 { knobs.real("width") } else { (width as f64).sqrt() };
        let gamma = 1.0 / (reach * reach);
        let x = dense(set.rows(), width, coded.clone())?;
        let fit = Fit { coded: &coded, width, gamma, cost: knobs.real("cost") };
        let regression = set.kind == TaskKind::Regression;
        task.begin("training support vectors", set.outputs() as u64);
        let mut machines = Vec::new();
        for k in 0..set.outputs() {
            task.check()?;
            let class = if set.outputs() == 1 { 1 } else { k };
            machines.push(if regression { fit.numbers(&x, &set.targets)? } else { fit.class(&x, &set, class, seed)? });
            task.advance(1)?;
        }
        if !regression {
            notes.push(
                "Probabilities come from a logistic curve fitted to the decision values of the training rows"
                    .to_owned(),
            );
        }
        notes.push("The model file holds the training rows that became support vectors".to_owned());
        let vectors: usize = machines.iter().map(|m| m.weights.len()).sum();
        let facts = vec![("support vectors".to_owned(), vectors.to_string())];
        let support = Support { coding, gamma, machines, probabilities: !regression };
        let native_scale = if regression { Scale::Target } else { Scale::Probability };
        Ok(Fitted { body: NativeBody::Learned(Body::Support(support)), native_scale, facts, notes })
    }
}

struct Fit<'a> {
    coded: &'a [f64],
    width: usize,
    gamma: f64,
    cost: f64,
}

impl Fit<'_> {
    fn numbers(&self, x: &DenseMatrix<f64>, targets: &[f64]) -> Result<Machine, ModelError> {
        let (centre, scale) = (mean(targets), variance(targets).sqrt());
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let goal: Vec<f64> = targets.iter().map(|y| (y - centre) / scale).collect();
        let kernel = Kernels::rbf().with_gamma(self.gamma);
        let parameters = SVRParameters::default().with_c(self.cost).with_eps(0.1).with_kernel(kernel);
        let fitted = SVR::fit(x, &goal, &parameters).map_err(|e| failed(&e))?;
        let mut machine = self.read(&fitted)?;
        (machine.slope, machine.offset) = (scale, centre);
        Ok(machine)
    }

    /// `class` against the rest.
    fn class(&self, x: &DenseMatrix<f64>, set: &TrainingSet, class: usize, seed: Seed) -> Result<Machine, ModelError> {
        let labels: Vec<i32> = set.targets.iter().map(|t| if *t as usize == class { 1 } else { -1 }).collect();
        let kernel = Kernels::rbf().with_gamma(self.gamma);
        let draw = seed.child("support vectors", class as u64).bits();
        let parameters = SVCParameters::default().with_c(self.cost).with_kernel(kernel).with_seed(Some(draw));
        let fitted = SVC::fit(x, &labels, &parameters).map_err(|e| failed(&e))?;
        let mut machine = self.read(&fitted)?;
        let values: Vec<f64> = self.coded.chunks_exact(self.width).map(|row| machine.decide(row, self.gamma)).collect();
        (machine.slope, machine.offset) = platt(&values, &labels);
        Ok(machine)
    }

    /// smartcore keeps its support vectors private; they are read from its serialised form.
    fn read(&self, fitted: &impl serde::Serialize) -> Result<Machine, ModelError> {
        let broken = || ModelError::Training {
            reason: "the trained support vectors could not be read".to_owned(),
            hint: "Try other settings; constant columns can be the reason".to_owned(),
        };
        let value = serde_json::to_value(fitted).ok().ok_or_else(broken)?;
        let numbers = |v: &Value| v.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
        let rows = value.get("instances").and_then(Value::as_array).ok_or_else(broken)?;
        let rows: Vec<Vec<f64>> = rows.iter().map(numbers).collect::<Option<_>>().ok_or_else(broken)?;
        let weights = value.get("w").and_then(numbers).ok_or_else(broken)?;
        let bias = value.get("b").and_then(Value::as_f64).ok_or_else(broken)?;
        // Rows that ended with weight 0 say nothing.
        let mut machine = Machine { vectors: Vec::new(), weights: Vec::new(), bias, slope: 1.0, offset: 0.0 };
        for (row, weight) in rows.iter().zip(weights) {
            if weight.abs() > 0.0 && row.len() == self.width {
                machine.vectors.extend_from_slice(row);
                machine.weights.push(weight);
            }
        }
        Ok(machine)
    }
}

/// Slope and offset of the logistic curve through decision values: penalised by Platt's prior, by Newton's method.
fn platt(values: &[f64], labels: &[i32]) -> (f64, f64) {
    let positives = labels.iter().filter(|l| **l > 0).count() as f64;
    let negatives = labels.len() as f64 - positives;
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let goal = |label: i32| if label > 0 { high } else { low };
    let loss = |slope: f64, offset: f64| -> f64 {
        let each = |(v, l): (&f64, &i32)| {
            let line = slope * v + offset;
            // ln(1 + eˡ) − goal · l, without overflow
            line.max(0.0) + libm::log1p(libm::exp(-line.abs())) - goal(*l) * line
        };
        values.iter().zip(labels).map(each).sum()
    };
    let (mut slope, mut offset) = (0.0, libm::log((positives + 1.0) / (negatives + 1.0)));
    let mut now = loss(slope, offset);
    for _ in 0..100 {
        let (mut ga, mut gb, mut aa, mut ab, mut bb) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
        for (v, l) in values.iter().zip(labels) {
            let p = 1.0 / (1.0 + libm::exp(-(slope * v + offset)));
            let (d, h) = (p - goal(*l), p * (1.0 - p));
            ga += d * v;
            gb += d;
            aa += h * v * v;
            ab += h * v;
            bb += h;
        }
        let det = aa * bb - ab * ab;
        if ga.abs() + gb.abs() < 1e-9 || det <= 0.0 {
            break;
        }
        let (da, db) = (-(bb * ga - ab * gb) / det, -(aa * gb - ab * ga) / det);
        let mut step = 1.0;
        while step > 1e-10 && loss(slope + step * da, offset + step * db) >= now {
            step /= 2.0;
        }
        if step <= 1e-10 {
            break;
        }
        slope += step * da;
        offset += step * db;
        now = loss(slope, offset);
    }
    (slope, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decision_values_are_those_of_smartcore() {
        let mut stream = Seed(3).child("points", 0);
        let coded: Vec<f64> = (0..240).map(|_| stream.normal()).collect();
        let labels: Vec<i32> = coded.chunks_exact(2).map(|p| if p[0] * p[0] + p[1] > 0.7 { 1 } else { -1 }).collect();
        let x = dense(120, 2, coded.clone()).unwrap();
        let fit = Fit { coded: &coded, width: 2, gamma: 0.5, cost: 1.0 };
        let parameters =
            SVCParameters::default().with_c(1.0).with_kernel(Kernels::rbf().with_gamma(0.5)).with_seed(Some(9));
        let fitted = SVC::fit(&x, &labels, &parameters).unwrap();
        let machine = fit.read(&fitted).unwrap();
        let theirs = fitted.decision_function(&x).unwrap();
        for (row, theirs) in coded.chunks_exact(2).zip(theirs) {
            // The order of the sum is the same; libm's exponential may differ by one unit in the last place.
            assert!((machine.decide(row, 0.5) - theirs).abs() < 1e-12);
        }
    }
}
