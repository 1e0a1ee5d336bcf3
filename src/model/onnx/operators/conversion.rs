//! Conversions between kinds of elements, and constants.

use std::sync::Arc;

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::half::{bf16_of_f32, f16_of_f32, f32_of_bf16, f32_of_f16};
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor};
use super::{Family, Operator, View, need};

/// The operators of this file.
pub static FAMILY: Family =
    Family { domain: "", names: &["Cast", "CastLike", "Constant", "Identity", "Dropout"], build };

#[derive(Debug)]
enum Conversion {
    /// To a kind.
    Cast(Kind),
    /// To the kind of the second input.
    CastLike,
    Constant(Tensor),
    Identity,
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    Ok(Box::new(match node.operator.as_str() {
        "Cast" => {
            let code = node.int("to")?.unwrap_or(0);
            let kind = Kind::of_onnx(code);
            Conversion::Cast(kind.ok_or_else(|| node.unsupported(&format!("a conversion to ONNX type {code}")))?)
        }
        "CastLike" => Conversion::CastLike,
        "Constant" => Conversion::Constant(constant(node)?),
        _ => Conversion::Identity,
    }))
}

fn constant(node: &NodeSpec) -> Result<Tensor, ModelError> {
    let single = |data: Data| Tensor { shape: Vec::new(), data };
    let texts = |all: &[String]| Data::Text(all.iter().map(|t| Arc::from(t.as_str())).collect());
    if let Some(tensor) = node.tensor("value")? {
        return Ok(tensor.clone());
    }
    if let Some(value) = node.float("value_float")? {
        return Ok(single(Data::F32(vec![value])));
    }
    if let Some(value) = node.int("value_int")? {
        return Ok(single(Data::I64(vec![value])));
    }
    if node.has("value_string") {
        return Ok(single(texts(&[node.text("value_string")?.to_owned()])));
    }
    if node.has("value_floats") {
        return Ok(Tensor::list(Data::F32(node.floats("value_floats")?.to_vec())));
    }
    if node.has("value_ints") {
        return Ok(Tensor::list(Data::I64(node.ints("value_ints")?.to_vec())));
    }
    if node.has("value_strings") {
        return Ok(Tensor::list(texts(node.texts("value_strings")?)));
    }
    Err(node.refuse("the constant has no value"))
}

impl Operator for Conversion {
    fn run(&self, inputs: &[Option<&Tensor>], _run: &Run) -> Result<Vec<Tensor>, String> {
        let tensor = match self {
            Self::Constant(tensor) => tensor.clone(),
            Self::Identity => need(inputs, 0)?.clone(),
            Self::Cast(kind) => cast(need(inputs, 0)?, *kind)?,
            Self::CastLike => cast(need(inputs, 0)?, need(inputs, 1)?.kind())?,
        };
        Ok(vec![tensor])
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Identity => View::Same,
            Self::Cast(Kind::F32) => View::Round,
            Self::Cast(Kind::F64) => View::Widen,
            Self::Cast(Kind::I64) => View::Whole,
            _ => View::Opaque,
        }
    }
}

/// The elements as another kind, as onnxruntime converts them: fractions are cut off, what no whole number can hold
/// becomes the smallest.
pub(super) fn cast(tensor: &Tensor, kind: Kind) -> Result<Tensor, String> {
    if tensor.kind() == kind {
        return Ok(tensor.clone());
    }
    let data = match (&tensor.data, kind) {
        (Data::Text(v), Kind::Text) => Data::Text(v.clone()),
        (Data::Text(v), _) => {
            let numbers = v.iter().map(|t| number(t)).collect::<Result<Vec<f64>, String>>()?;
            return cast(&Tensor { shape: tensor.shape.clone(), data: Data::F64(numbers) }, kind);
        }
        (_, Kind::F32) => Data::F32(numbers(tensor, |x| x as f32, |i| i as f32)),
        (_, Kind::F64) => Data::F64(numbers(tensor, |x| x, |i| i as f64)),
        // By way of 32 bits, as onnxruntime rounds.
        (_, Kind::F16) => Data::F16(numbers(tensor, |x| f16_of_f32(x as f32), |i| f16_of_f32(i as f32))),
        (_, Kind::BF16) => Data::BF16(numbers(tensor, |x| bf16_of_f32(x as f32), |i| bf16_of_f32(i as f32))),
        (_, Kind::I64) => Data::I64(numbers(tensor, to_i64, |i| i)),
        (_, Kind::I32) => Data::I32(numbers(tensor, to_i32, |i| i as i32)),
        (_, Kind::U8) => Data::U8(numbers(tensor, |x| to_i32(x) as u8, |i| i as u8)),
        (_, Kind::Bool) => Data::Bool(numbers(tensor, |x| x != 0.0, |i| i != 0)),
        (Data::F32(v), Kind::Text) => Data::Text(v.iter().map(|x| written(f64::from(*x), 8)).collect()),
        (Data::F64(v), Kind::Text) => Data::Text(v.iter().map(|x| written(*x, 17)).collect()),
        (_, Kind::Text) => Data::Text(numbers(tensor, |x| written(x, 17), |i| Arc::from(i.to_string()))),
    };
    Ok(Tensor { shape: tensor.shape.clone(), data })
}

fn numbers<R>(tensor: &Tensor, real: impl Fn(f64) -> R, whole: impl Fn(i64) -> R) -> Vec<R> {
    match &tensor.data {
        Data::F32(v) => v.iter().map(|x| real(f64::from(*x))).collect(),
        Data::F64(v) => v.iter().map(|x| real(*x)).collect(),
        Data::F16(v) => v.iter().map(|x| real(f64::from(f32_of_f16(*x)))).collect(),
        Data::BF16(v) => v.iter().map(|x| real(f64::from(f32_of_bf16(*x)))).collect(),
        Data::I64(v) => v.iter().map(|x| whole(*x)).collect(),
        Data::I32(v) => v.iter().map(|x| whole(i64::from(*x))).collect(),
        Data::U8(v) => v.iter().map(|x| whole(i64::from(*x))).collect(),
        Data::Bool(v) => v.iter().map(|x| whole(i64::from(*x))).collect(),
        Data::Text(_) => Vec::new(),
    }
}

/// As a processor converts: cut off, and the smallest whole number for everything that does not fit.
pub(super) fn to_i64(x: f64) -> i64 {
    let fits = x >= i64::MIN as f64 && x < i64::MAX as f64;
    if fits { x as i64 } else { i64::MIN }
}

fn to_i32(x: f64) -> i32 {
    let fits = x > f64::from(i32::MIN) - 1.0 && x < f64::from(i32::MAX) + 1.0;
    if fits { x as i32 } else { i32::MIN }
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_error| "a text that is no number is read as one".to_owned())
}

/// A number with `digits` significant digits, as C's `%g` writes it.
fn written(x: f64, digits: usize) -> Arc<str> {
    if x.is_nan() {
        return Arc::from("NaN");
    }
    if x.is_infinite() {
        return Arc::from(if x > 0.0 { "INF" } else { "-INF" });
    }
    let exact = format!("{x:.*e}", digits - 1);
    let (mantissa, exponent) = exact.split_once('e').unwrap_or((&exact, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let short = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let places = i32::try_from(digits).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= places {
        let sign = if exponent < 0 { '-' } else { '+' };
        return Arc::from(format!("{}e{sign}{:02}", short(mantissa), exponent.abs()));
    }
    let behind = usize::try_from(places - 1 - exponent).unwrap_or(0);
    Arc::from(short(&format!("{x:.behind$}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_texts_that_c_writes() {
        let cases = [
            (1.0, "1"),
            (0.1_f32 as f64, "0.1"),
            (1e10, "1e+10"),
            (-2.5, "-2.5"),
            (1e-5, "1e-05"),
            (123_456.0, "123456"),
        ];
        for (x, text) in cases {
            assert_eq!(&*written(x, 8), text);
        }
    }

    #[test]
    fn what_no_whole_number_holds_becomes_the_smallest() {
        assert_eq!([to_i64(2.9), to_i64(-2.9), to_i64(f64::NAN), to_i64(1e300)], [2, -2, i64::MIN, i64::MIN]);
        assert_eq!([to_i32(2.9), to_i32(2_147_483_647.5), to_i32(3e9)], [2, i32::MAX, i32::MIN]);
    }
}
