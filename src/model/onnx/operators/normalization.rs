//! Numbers moved and scaled by means and variances: stored ones for a column, or a row's own.

use crate::model::ModelError;

use super::super::broadcast::{around, common, places};
use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor, wrapped};
use super::{Family, Operator, need, optional};

/// The operators of this file.
pub static FAMILY: Family =
    Family { domain: "", names: &["BatchNormalization", "LayerNormalization", "RMSNormalization"], build };

#[derive(Debug)]
enum Normalization {
    /// By the stored mean and variance of a column, the second axis.
    Batch { epsilon: f32 },
    /// By mean and variance, or by the mean of squares alone, of all elements from `axis` on.
    Layer { axis: i64, epsilon: f64, centred: bool },
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let epsilon = node.float("epsilon")?.unwrap_or(1e-5);
    if node.operator != "BatchNormalization" {
        let axis = node.int("axis")?.unwrap_or(-1);
        let centred = node.operator == "LayerNormalization";
        return Ok(Box::new(Normalization::Layer { axis, epsilon: f64::from(epsilon), centred }));
    }
    if node.opset < 7 || node.int("training_mode")? == Some(1) || node.int("spatial")? == Some(0) {
        return Err(node.unsupported("a normalization that is still in training; call model.eval() before the export"));
    }
    Ok(Box::new(Normalization::Batch { epsilon }))
}

impl Operator for Normalization {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        run.charge(x.data.len())?;
        let data = match self {
            Self::Batch { epsilon } => batch(x, inputs, *epsilon)?,
            Self::Layer { axis, epsilon, centred } => layer(x, inputs, (*axis, *epsilon, *centred))?,
        };
        Ok(vec![Tensor::new(x.shape.clone(), data)?])
    }
}

/// In the order in which onnxruntime computes: one factor and one summand for a column.
fn batch(x: &Tensor, inputs: &[Option<&Tensor>], epsilon: f32) -> Result<Data, String> {
    let (_, columns, apart) = around(&x.shape, 1);
    let settings = (1..5).map(|place| need(inputs, place)).collect::<Result<Vec<&Tensor>, _>>()?;
    let fits = |t: &&Tensor| t.shape == [columns] && t.kind() == x.kind();
    if x.shape.len() < 2 || !settings.iter().all(fits) {
        return Err(format!("scale, bias, mean and variance do not fit the shape {:?}", x.shape));
    }
    let column = |i: usize| i / apart.max(1) % columns.max(1);
    let parts: Vec<&Data> = settings.iter().map(|t| &t.data).collect();
    Ok(match (&x.data, parts.as_slice()) {
        (Data::F32(v), [Data::F32(scale), Data::F32(bias), Data::F32(mean), Data::F32(variance)]) => {
            let factor: Vec<f32> = scale.iter().zip(variance).map(|(s, v)| s / (v + epsilon).sqrt()).collect();
            let added: Vec<f32> = bias.iter().zip(mean).zip(&factor).map(|((b, m), f)| b - m * f).collect();
            Data::F32(v.iter().enumerate().map(|(i, x)| x * factor[column(i)] + added[column(i)]).collect())
        }
        (Data::F64(v), [Data::F64(scale), Data::F64(bias), Data::F64(mean), Data::F64(variance)]) => {
            let root = |v: &f64| (v + f64::from(epsilon)).sqrt();
            let factor: Vec<f64> = scale.iter().zip(variance).map(|(s, v)| s / root(v)).collect();
            let added: Vec<f64> = bias.iter().zip(mean).zip(&factor).map(|((b, m), f)| b - m * f).collect();
            Data::F64(v.iter().enumerate().map(|(i, x)| x * factor[column(i)] + added[column(i)]).collect())
        }
        _ => return Err(x.odd()),
    })
}

/// In f64, rounded once.
fn layer(x: &Tensor, inputs: &[Option<&Tensor>], (axis, epsilon, centred): (i64, f64, bool)) -> Result<Data, String> {
    if !x.kind().is_real() {
        return Err(x.odd());
    }
    let axis = wrapped(axis, x.shape.len())?;
    let inner = x.shape.get(axis..).unwrap_or_default();
    let length = inner.iter().product::<usize>();
    // Scale and bias, repeated along the axes where they have length one.
    let setting = |place: usize, usual: f64| -> Result<Vec<f64>, String> {
        let Some(tensor) = optional(inputs, place) else { return Ok(vec![usual; length]) };
        if common(&tensor.shape, inner)? != inner {
            return Err(format!("the shape {:?} does not fit {inner:?}", tensor.shape));
        }
        let values = tensor.f64s()?;
        Ok(match places(&tensor.shape, inner) {
            Some(from) => from.iter().map(|p| values.get(*p).copied().unwrap_or(f64::NAN)).collect(),
            None => values.into_owned(),
        })
    };
    let (scale, bias) = (setting(1, 1.0)?, setting(2, 0.0)?);
    let mut values = x.f64s()?.into_owned();
    for line in values.chunks_exact_mut(length.max(1)) {
        let count = length as f64;
        let mean = if centred { line.iter().sum::<f64>() / count } else { 0.0 };
        let squares = line.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        let factor = 1.0 / (squares / count + epsilon).sqrt();
        let settings = scale.iter().zip(&bias);
        line.iter_mut().zip(settings).for_each(|(v, (s, b))| *v = (*v - mean) * factor * s + b);
    }
    Ok(match x.kind() {
        Kind::F64 => Data::F64(values),
        _ => Data::F32(values.iter().map(|v| *v as f32).collect()),
    })
}
