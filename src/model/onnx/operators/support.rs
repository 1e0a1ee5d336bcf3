//! Support vector machines.

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor, elements};
use super::linear::labels;
use super::post::{Post, Second, logistic, to_f32};
use super::{Family, ML, Operator, need};

/// The operators of this file.
pub static FAMILY: Family = Family { domain: ML, names: &["SVMClassifier", "SVMRegressor"], build };

/// How two rows are compared.
#[derive(Clone, Copy, Debug)]
enum Kernel {
    Linear,
    Poly { gamma: f64, start: f64, degree: f64 },
    Rbf { gamma: f64 },
    Sigmoid { gamma: f64, start: f64 },
}

#[derive(Debug)]
struct Machine {
    kernel: Kernel,
    /// Shape (vectors, inputs); for machines without vectors the coefficients, shape (outputs, inputs).
    vectors: Vec<f32>,
    inputs: usize,
    coefficients: Vec<f32>,
    rho: Vec<f32>,
    post: Post,
    task: Task,
}

#[derive(Debug)]
enum Task {
    /// Machines without vectors add `rho` inside the product.
    Regression {
        one_class: bool,
        linear: bool,
    },
    Classes {
        labels: Data,
        starts: Vec<usize>,
        counts: Vec<usize>,
        prob_a: Vec<f32>,
        prob_b: Vec<f32>,
    },
    LinearClasses {
        labels: Data,
    },
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let parameter = |place: usize| -> Result<f64, ModelError> {
        Ok(f64::from(node.floats("kernel_params")?.get(place).copied().unwrap_or(0.0)))
    };
    let (gamma, start, degree) = (parameter(0)?, parameter(1)?, parameter(2)?);
    let kernel = match node.text("kernel_type")? {
        "" | "LINEAR" => Kernel::Linear,
        "POLY" => Kernel::Poly { gamma, start, degree },
        "RBF" => Kernel::Rbf { gamma },
        "SIGMOID" => Kernel::Sigmoid { gamma, start },
        _ => return Err(node.refuse("the kernel is not known")),
    };
    let machine = Machine {
        kernel,
        vectors: node.floats("support_vectors")?.to_vec(),
        inputs: 0,
        coefficients: node.floats("coefficients")?.to_vec(),
        rho: node.floats("rho")?.to_vec(),
        post: Post::of(node)?,
        task: Task::Regression { one_class: node.int("one_class")?.unwrap_or(0) != 0, linear: false },
    };
    if machine.coefficients.is_empty() || machine.rho.is_empty() {
        return Err(node.refuse("coefficients or rho are missing"));
    }
    Ok(Box::new(match node.operator.as_str() {
        "SVMRegressor" => regressor(node, machine)?,
        _ => classifier(node, machine)?,
    }))
}

fn regressor(node: &NodeSpec, mut machine: Machine) -> Result<Machine, ModelError> {
    let count = usize::try_from(node.int("n_supports")?.unwrap_or(0)).unwrap_or(0);
    if count == 0 {
        machine.kernel = Kernel::Linear;
        machine.inputs = machine.coefficients.len();
        machine.vectors = std::mem::take(&mut machine.coefficients);
        machine.task = Task::Regression { one_class: node.int("one_class")?.unwrap_or(0) != 0, linear: true };
        return Ok(machine);
    }
    machine.inputs = width(node, machine.vectors.len(), count)?;
    match machine.coefficients.len() == count {
        true => Ok(machine),
        false => Err(node.refuse(format!("{} coefficients do not fit {count} vectors", machine.coefficients.len()))),
    }
}

fn classifier(node: &NodeSpec, mut machine: Machine) -> Result<Machine, ModelError> {
    let labels = labels(node, "classlabels_ints")?;
    let classes = labels.len();
    let counts: Option<Vec<usize>> = node.ints("vectors_per_class")?.iter().map(|c| usize::try_from(*c).ok()).collect();
    let counts = counts.ok_or_else(|| node.refuse("a count of vectors is negative"))?;
    let total = counts.iter().try_fold(0_usize, |sum, c| sum.checked_add(*c)).unwrap_or(usize::MAX);
    if total == 0 {
        machine.kernel = Kernel::Linear;
        machine.inputs = width(node, machine.coefficients.len(), classes)?;
        machine.vectors = std::mem::take(&mut machine.coefficients);
        machine.task = Task::LinearClasses { labels };
        return Ok(machine);
    }
    machine.inputs = width(node, machine.vectors.len(), total)?;
    let pairs = classes.checked_mul(classes.saturating_sub(1)).map_or(usize::MAX, |p| p / 2);
    let (prob_a, prob_b) = (node.floats("prob_a")?.to_vec(), node.floats("prob_b")?.to_vec());
    let probable = prob_a.is_empty() || prob_a.len() >= pairs;
    let enough = total.checked_mul(classes.saturating_sub(1)).is_some_and(|n| machine.coefficients.len() >= n);
    if counts.len() != classes
        || classes < 2
        || machine.rho.len() < pairs
        || !enough
        || !probable
        || prob_a.len() != prob_b.len()
    {
        return Err(node.refuse("counts of vectors, coefficients, rho and labels do not fit each other"));
    }
    let starts = counts.iter().scan(0, |next, count| {
        let start = *next;
        *next += count;
        Some(start)
    });
    machine.task = Task::Classes { labels, starts: starts.collect(), counts, prob_a, prob_b };
    Ok(machine)
}

fn width(node: &NodeSpec, values: usize, rows: usize) -> Result<usize, ModelError> {
    match values.is_multiple_of(rows) && values > 0 {
        true => Ok(values / rows),
        false => Err(node.refuse(format!("{values} values are no {rows} rows of one width"))),
    }
}

impl Kernel {
    /// Compared in f64 and rounded once.
    fn of(self, a: &[f32], b: &[f32]) -> f64 {
        let pairs = a.iter().zip(b).map(|(x, y)| (f64::from(*x), f64::from(*y)));
        let product = |pairs: &mut dyn Iterator<Item = (f64, f64)>| pairs.fold(0.0, |sum, (x, y)| sum + x * y);
        let mut pairs = pairs;
        to_f32(match self {
            Self::Linear => product(&mut pairs),
            Self::Poly { gamma, start, degree } => libm::pow(gamma * product(&mut pairs) + start, degree),
            Self::Rbf { gamma } => libm::exp(-gamma * pairs.fold(0.0, |sum, (x, y)| sum + (x - y) * (x - y))),
            Self::Sigmoid { gamma, start } => libm::tanh(gamma * product(&mut pairs) + start),
        })
    }
}

impl Operator for Machine {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let (rows, width) = x.matrix()?;
        if width != self.inputs {
            return Err(format!("it wants {} columns and is given {width}", self.inputs));
        }
        let vectors = self.vectors.len() / self.inputs.max(1);
        elements(&[rows, vectors])?;
        run.charge(rows.saturating_mul(self.vectors.len() + self.coefficients.len()))?;
        let x = x.f32s()?;
        let mut labels_of = Vec::new();
        let mut scores = Vec::new();
        let mut wide = 1;
        for row in x.chunks_exact(width.max(1)) {
            let kernels: Vec<f64> =
                self.vectors.chunks_exact(width.max(1)).map(|vector| self.kernel.of(row, vector)).collect();
            let (answer, label) = self.answer(&kernels);
            wide = answer.len();
            scores.extend(answer.iter().map(|s| *s as f32));
            labels_of.push(label);
        }
        let scores = Tensor::new(vec![rows, wide], Data::F32(scores))?;
        Ok(match &self.task {
            Task::Regression { .. } => vec![scores],
            Task::Classes { labels, .. } | Task::LinearClasses { labels } => {
                vec![Tensor::list(labels.pick(&labels_of)), scores]
            }
        })
    }
}

impl Machine {
    /// The scores and the label's place for one row.
    fn answer(&self, kernels: &[f64]) -> (Vec<f64>, usize) {
        let rho = |place: usize| f64::from(self.rho.get(place).copied().unwrap_or(0.0));
        match &self.task {
            Task::Regression { one_class, linear } => {
                let sum = match linear {
                    true => kernels.iter().sum::<f64>(),
                    false => kernels.iter().zip(&self.coefficients).map(|(k, c)| k * f64::from(*c)).sum(),
                };
                let sum = to_f32(sum + rho(0));
                let side = if sum > 0.0 { 1.0 } else { -1.0 };
                (vec![if *one_class { side } else { sum }], 0)
            }
            Task::LinearClasses { labels } => {
                let mut scores: Vec<f64> = kernels.iter().map(|k| to_f32(k + rho(0))).collect();
                let best = (1..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best });
                self.post.apply(&mut scores, to_f32);
                (scores, best.min(labels.len().saturating_sub(1)))
            }
            Task::Classes { starts, counts, prob_a, prob_b, .. } => {
                let (pairs, votes) = self.pairs(kernels, starts, counts);
                let best = (1..votes.len()).fold(0, |best, k| if votes[k] > votes[best] { k } else { best });
                let mut scores = match prob_a.is_empty() {
                    false => shares(&pairs, counts.len(), prob_a, prob_b),
                    true if counts.len() == 2 => {
                        let second = if self.post == Post::Plain { Second::Opposite } else { Second::Rest };
                        let score = pairs.first().copied().unwrap_or(f64::NAN);
                        return (second.widen(score, self.post, to_f32).to_vec(), best);
                    }
                    true => pairs,
                };
                self.post.apply(&mut scores, to_f32);
                (scores, best)
            }
        }
    }

    /// The score of every pair of classes, and how many pairs each class wins.
    fn pairs(&self, kernels: &[f64], starts: &[usize], counts: &[usize]) -> (Vec<f64>, Vec<usize>) {
        let classes = counts.len();
        let part = |line: usize, class: usize| {
            let (start, end) = (starts[class], starts[class] + counts[class]);
            let line = self.coefficients.get(line * kernels.len()..).unwrap_or_default();
            let weights = line.get(start..end).unwrap_or_default();
            let own = kernels.get(start..end).unwrap_or_default();
            weights.iter().zip(own).map(|(w, k)| to_f32(f64::from(*w) * k)).sum::<f64>()
        };
        let (mut scores, mut votes) = (Vec::new(), vec![0; classes]);
        for i in 0..classes {
            for j in i + 1..classes {
                let rho = f64::from(self.rho.get(scores.len()).copied().unwrap_or(0.0));
                let sum = part(j - 1, i) + part(i, j) + rho;
                votes[if sum > 0.0 { i } else { j }] += 1;
                scores.push(to_f32(sum));
            }
        }
        (scores, votes)
    }
}

/// Probabilities of classes from the scores of pairs: Wu, Lin and Weng 2004, as libsvm and onnxruntime compute it in f32.
fn shares(pairs: &[f64], classes: usize, prob_a: &[f32], prob_b: &[f32]) -> Vec<f64> {
    let mut pair = vec![0.0; classes * classes];
    let mut place = 0;
    for i in 0..classes {
        for j in i + 1..classes {
            let (a, b) = (f64::from(prob_a[place]), f64::from(prob_b[place]));
            let x = to_f32(to_f32(pairs[place] * a) + b);
            let share = to_f32(1.0 - logistic(x, to_f32));
            let share = share.max(to_f32(1e-7)).min(to_f32(1.0 - to_f32(1e-7)));
            pair[i * classes + j] = share;
            pair[j * classes + i] = to_f32(1.0 - share);
            place += 1;
        }
    }
    let mut q = vec![0.0; classes * classes];
    for i in 0..classes {
        for j in (0..classes).filter(|j| *j != i) {
            let (ji, ij) = (pair[j * classes + i], pair[i * classes + j]);
            q[i * classes + i] = to_f32(q[i * classes + i] + to_f32(ji * ji));
            q[i * classes + j] = if j < i { q[j * classes + i] } else { to_f32(-ji * ij) };
        }
    }
    settle(&q, classes)
}

/// The shares that make `q` smallest, by at most a hundred rounds of improvement.
fn settle(q: &[f64], classes: usize) -> Vec<f64> {
    let enough = to_f32(to_f32(0.005) / classes as f64);
    let mut p = vec![to_f32(1.0 / classes as f64); classes];
    for _round in 0..100 {
        let line = |i: usize, p: &[f64]| {
            q[i * classes..(i + 1) * classes].iter().zip(p).fold(0.0, |sum, (q, p)| to_f32(sum + to_f32(q * p)))
        };
        let mut qp: Vec<f64> = (0..classes).map(|i| line(i, &p)).collect();
        let mut whole = p.iter().zip(&qp).fold(0.0, |sum, (p, qp)| to_f32(sum + to_f32(p * qp)));
        if qp.iter().all(|v| (v - whole).abs() < enough) {
            break;
        }
        for i in 0..classes {
            let diagonal = q[i * classes + i];
            let step = to_f32(to_f32(whole - qp[i]) / diagonal);
            p[i] = to_f32(p[i] + step);
            let scale = to_f32(1.0 + step);
            let raised = to_f32(whole + to_f32(step * to_f32(to_f32(step * diagonal) + to_f32(2.0 * qp[i]))));
            whole = to_f32(to_f32(raised / scale) / scale);
            for j in 0..classes {
                qp[j] = to_f32(to_f32(qp[j] + to_f32(step * q[i * classes + j])) / scale);
                p[j] = to_f32(p[j] / scale);
            }
        }
    }
    p
}
