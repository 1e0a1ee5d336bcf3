//! Multi-layer perceptrons.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::{ModelError, TaskKind};

use super::super::super::pickle::At;
use super::super::formula::{Formula, OPAQUE};
use super::super::part::{Answer, Core, Decision, Inputs, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[("sklearn.neural_network", "MLPClassifier"), ("sklearn.neural_network", "MLPRegressor")],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let layers = layers(reading, at, inputs.count())?;
    let outputs = layers.last().map_or(0, |layer| layer.biases.len());
    let activation = at.field("activation")?;
    let activation = match activation.text()? {
        "identity" => Activation::Identity,
        "logistic" => Activation::Logistic,
        "tanh" => Activation::Tanh,
        "relu" => Activation::Relu,
        other => {
            return Err(unsupported(
                at,
                &format!("the activation “{other}” is not known"),
                "Use relu, tanh or logistic",
            ));
        }
    };
    let last = at.field("out_activation_")?;
    let regression = at.class().is_some_and(|(_, name)| name == "MLPRegressor");
    let answer =
        if regression { Answer::Numbers(TaskKind::Regression, outputs) } else { Answer::Classes(classes(at)?) };
    let link = match (regression, last.text()?) {
        (true, "identity") => LinkFunction::Identity,
        (false, "logistic") if outputs == 1 => LinkFunction::Sigmoid { slope: 1.0 },
        (false, "softmax") => LinkFunction::Softmax,
        (_, other) => {
            let what = format!("an output layer “{other}” with {outputs} outputs is not read");
            return Err(unsupported(at, &what, "Fit one model for each label"));
        }
    };
    if outputs != answer.outputs() {
        return Err(at.refuse(format!("{outputs} values leave the last layer for {} outputs", answer.outputs())));
    }
    let count = layers.len();
    let core = Core::Formula(Arc::new(Network { layers, activation }));
    let part = Part::margins("neural network", inputs, answer, core, link);
    let part = part.deciding(Decision::Missing).fact("Layers", count);
    Ok(part.note(&format!("A neural network {OPAQUE}")))
}

fn layers(reading: &Reading<'_>, at: &At<'_>, inputs: usize) -> Result<Vec<Layer>, ModelError> {
    let weights = at.optional("coefs_").ok_or_else(|| not_fitted(at))?.items()?;
    let biases = at.field("intercepts_")?.items()?;
    if weights.is_empty() || weights.len() != biases.len() {
        return Err(at.refuse(format!("{} layers of weights and {} of biases", weights.len(), biases.len())));
    }
    let mut width = inputs;
    let mut layers = Vec::new();
    for (weights, biases) in weights.iter().zip(&biases) {
        let (matrix, biases) = (weights.array()?, biases.array()?.reals()?);
        if matrix.shape != [width, biases.len()] || biases.is_empty() {
            return Err(weights.refuse(format!("weights of shape {:?} do not follow {width} values", matrix.shape)));
        }
        reading.charge(matrix.count(), weights)?;
        width = biases.len();
        layers.push(Layer { weights: matrix.reals()?, biases });
    }
    Ok(layers)
}

#[derive(Clone, Copy, PartialEq)]
enum Activation {
    Identity,
    Logistic,
    Tanh,
    Relu,
}

impl Activation {
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Identity => value,
            Self::Logistic => 1.0 / (1.0 + libm::exp(-value)),
            Self::Tanh => libm::tanh(value),
            // Written so that NaN stays NaN.
            Self::Relu if value < 0.0 => 0.0,
            Self::Relu => value,
        }
    }
}

/// Weights of shape (values in, values out).
struct Layer {
    weights: Vec<f64>,
    biases: Vec<f64>,
}

struct Network {
    layers: Vec<Layer>,
    activation: Activation,
}

impl Formula for Network {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let mut values = row.to_vec();
        for (i, layer) in self.layers.iter().enumerate() {
            let mut next = vec![0.0; layer.biases.len()];
            for (value, weights) in values.iter().zip(layer.weights.chunks(next.len().max(1))) {
                next.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
            }
            next.iter_mut().zip(&layer.biases).for_each(|(sum, bias)| *sum += bias);
            if i + 1 < self.layers.len() {
                next.iter_mut().for_each(|v| *v = self.activation.of(*v));
            }
            values = next;
        }
        out.iter_mut().zip(values).for_each(|(out, value)| *out = value);
    }
}
