//! Functions of single elements.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Tensor};
use super::smooth::Smooth;
use super::{Bend, Family, Operator, View, need, optional};

/// The operators of this file.
pub static FAMILY: Family = Family {
    domain: "",
    names: &[
        "Abs",
        "Neg",
        "Sqrt",
        "Exp",
        "Log",
        "Reciprocal",
        "Floor",
        "Ceil",
        "Round",
        "Sign",
        "Relu",
        "Sigmoid",
        "Tanh",
        "Erf",
        "Softplus",
        "Softsign",
        "Sin",
        "Cos",
        "Tan",
        "Asin",
        "Acos",
        "Atan",
        "Sinh",
        "Cosh",
        "Asinh",
        "Acosh",
        "Atanh",
        "Gelu",
        "Celu",
        "HardSwish",
        "Mish",
        "Swish",
        "ThresholdedRelu",
        "Shrink",
        "IsNaN",
        "IsInf",
        "LeakyRelu",
        "Elu",
        "Selu",
        "HardSigmoid",
        "Clip",
    ],
    build,
};

/// A function of a number in f64, and its two settings where it has them.
#[derive(Clone, Copy, Debug)]
struct Function {
    of: fn(f64, [f64; 2]) -> f64,
    settings: [f64; 2],
    bend: Option<Bend>,
    /// How many 32-bit numbers are computed at once.
    smooth: Option<Smooth>,
}

#[derive(Debug)]
enum Elementwise {
    /// Computed in f64 and rounded once; whole numbers where the function has a form for them.
    Real(Function, Option<fn(i64) -> i64>),
    /// The number, or 0 when it is less.
    Relu,
    /// A truth about a number.
    Truth(fn(f64) -> bool),
    /// Between limits, which may be inputs.
    Clip([Option<f32>; 2]),
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    let setting = |name: &str, usual: f32| Ok::<_, ModelError>(f64::from(node.float(name)?.unwrap_or(usual)));
    let mut settings = [0.0; 2];
    let mut whole: Option<fn(i64) -> i64> = None;
    let of: fn(f64, [f64; 2]) -> f64 = match node.operator.as_str() {
        "Abs" => {
            whole = Some(i64::wrapping_abs);
            |x, _| x.abs()
        }
        "Neg" => {
            whole = Some(i64::wrapping_neg);
            |x, _| -x
        }
        "Sign" => {
            whole = Some(i64::signum);
            |x, _| if x == 0.0 || x.is_nan() { x } else { x.signum() }
        }
        "Relu" => return Ok(Box::new(Elementwise::Relu)),
        "Sqrt" => |x, _| x.sqrt(),
        "Exp" => |x, _| libm::exp(x),
        "Log" => |x, _| libm::log(x),
        "Reciprocal" => |x, _| 1.0 / x,
        "Floor" => |x, _| x.floor(),
        "Ceil" => |x, _| x.ceil(),
        "Round" => |x, _| x.round_ties_even(),
        "Sigmoid" => |x, _| 1.0 / (1.0 + libm::exp(-x)),
        "Tanh" => |x, _| libm::tanh(x),
        "Erf" => |x, _| libm::erf(x),
        "Softplus" => |x, _| softplus(x),
        "Softsign" => |x, _| x / (1.0 + x.abs()),
        "Sin" => |x, _| libm::sin(x),
        "Cos" => |x, _| libm::cos(x),
        "Tan" => |x, _| libm::tan(x),
        "Asin" => |x, _| libm::asin(x),
        "Acos" => |x, _| libm::acos(x),
        "Atan" => |x, _| libm::atan(x),
        "Sinh" => |x, _| libm::sinh(x),
        "Cosh" => |x, _| libm::cosh(x),
        "Asinh" => |x, _| libm::asinh(x),
        "Acosh" => |x, _| libm::acosh(x),
        "Atanh" => |x, _| libm::atanh(x),
        "Gelu" => match node.text("approximate")? {
            "" | "none" => |x, _| 0.5 * x * (1.0 + libm::erf(x * FRAC_1_SQRT_2)),
            "tanh" => |x, _| 0.5 * x * (1.0 + libm::tanh(FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (x + 0.044715 * x * x * x))),
            _ => return Err(node.refuse("the approximation is neither none nor tanh")),
        },
        "HardSwish" => |x, _| x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        "Mish" => |x, _| x * libm::tanh(softplus(x)),
        "Swish" => {
            settings = [setting("alpha", 1.0)?, 0.0];
            |x, [steepness, _]| x / (1.0 + libm::exp(-steepness * x))
        }
        "Celu" => {
            settings = [setting("alpha", 1.0)?, 0.0];
            |x, [height, _]| if x < 0.0 { height * libm::expm1(x / height) } else { x }
        }
        "ThresholdedRelu" => {
            settings = [setting("alpha", 1.0)?, 0.0];
            |x, [least, _]| if x > least || x.is_nan() { x } else { 0.0 }
        }
        "Shrink" => {
            settings = [setting("lambd", 0.5)?, setting("bias", 0.0)?];
            |x, [width, bias]| match x {
                _ if x < -width => x + bias,
                _ if x > width => x - bias,
                _ => 0.0,
            }
        }
        "LeakyRelu" => {
            settings = [setting("alpha", 0.01)?, 0.0];
            |x, [slope, _]| if x < 0.0 { slope * x } else { x }
        }
        "Elu" => {
            settings = [setting("alpha", 1.0)?, 0.0];
            |x, [height, _]| if x < 0.0 { height * libm::expm1(x) } else { x }
        }
        "Selu" => {
            settings = [setting("alpha", 1.673_263_2)?, setting("gamma", 1.050_701)?];
            |x, [height, scale]| scale * if x < 0.0 { height * libm::expm1(x) } else { x }
        }
        "HardSigmoid" => {
            settings = [setting("alpha", 0.2)?, setting("beta", 0.5)?];
            |x, [slope, middle]| (slope * x + middle).clamp(0.0, 1.0)
        }
        "IsNaN" => return Ok(Box::new(Elementwise::Truth(f64::is_nan))),
        "IsInf" => return Ok(Box::new(Elementwise::Truth(f64::is_infinite))),
        _ => return Ok(Box::new(Elementwise::Clip([node.float("min")?, node.float("max")?]))),
    };
    let smooth = match node.operator.as_str() {
        "Exp" => Some(Smooth::Exp),
        "Sigmoid" => Some(Smooth::Sigmoid),
        "Tanh" => Some(Smooth::Tanh),
        _ => None,
    };
    let bend = match node.operator.as_str() {
        "Exp" => Some(Bend::Exp),
        "Sigmoid" => Some(Bend::Sigmoid),
        "Reciprocal" => Some(Bend::Reciprocal),
        "Neg" => Some(Bend::Negative),
        _ => None,
    };
    Ok(Box::new(Elementwise::Real(Function { of, settings, bend, smooth }, whole)))
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

impl Operator for Elementwise {
    fn run(&self, inputs: &[Option<&Tensor>], _run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        let data = match (self, &x.data) {
            (Self::Relu, Data::F32(v)) => Data::F32(v.iter().map(|x| if *x < 0.0 { 0.0 } else { *x }).collect()),
            (Self::Relu, Data::F64(v)) => Data::F64(v.iter().map(|x| if *x < 0.0 { 0.0 } else { *x }).collect()),
            (Self::Relu, Data::I64(v)) => Data::I64(v.iter().map(|x| (*x).max(0)).collect()),
            (Self::Real(Function { smooth: Some(smooth), .. }, _), Data::F32(v)) => Data::F32(smooth.of(v)),
            (Self::Real(f, _), Data::F32(v)) => {
                Data::F32(v.iter().map(|x| (f.of)(f64::from(*x), f.settings) as f32).collect())
            }
            (Self::Real(f, _), Data::F64(v)) => Data::F64(v.iter().map(|x| (f.of)(*x, f.settings)).collect()),
            (Self::Real(_, Some(whole)), Data::I64(v)) => Data::I64(v.iter().map(|x| whole(*x)).collect()),
            (Self::Truth(test), Data::F32(v)) => Data::Bool(v.iter().map(|x| test(f64::from(*x))).collect()),
            (Self::Truth(test), Data::F64(v)) => Data::Bool(v.iter().map(|x| test(*x)).collect()),
            (Self::Clip(limits), _) => clip(x, limits, inputs)?,
            _ => return Err(x.odd()),
        };
        Ok(vec![Tensor::new(x.shape.clone(), data)?])
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Real(Function { bend: Some(bend), .. }, _) => View::Bend(*bend),
            _ => View::Opaque,
        }
    }
}

fn clip(x: &Tensor, limits: &[Option<f32>; 2], inputs: &[Option<&Tensor>]) -> Result<Data, String> {
    if let Data::I64(values) = &x.data {
        let limit = |place: usize, usual: i64| {
            optional(inputs, place).map_or(Ok(usual), |t| t.ints().map(|v| v.first().copied().unwrap_or(usual)))
        };
        let (low, high) = (limit(1, i64::MIN)?, limit(2, i64::MAX)?);
        return Ok(Data::I64(values.iter().map(|v| (*v).max(low).min(high)).collect()));
    }
    let limit = |place: usize, stored: Option<f32>, usual: f64| match optional(inputs, place) {
        Some(tensor) => tensor.f64s().map(|v| v.first().copied().unwrap_or(usual)),
        None => Ok(stored.map_or(usual, f64::from)),
    };
    let low = limit(1, limits[0], f64::NEG_INFINITY)?;
    let high = limit(2, limits[1], f64::INFINITY)?;
    // A missing value stays missing: both comparisons are false.
    let inside = |v: f64| {
        if v < low {
            low.min(high)
        } else if v > high {
            high
        } else {
            v
        }
    };
    match &x.data {
        Data::F32(v) => Ok(Data::F32(v.iter().map(|x| inside(f64::from(*x)) as f32).collect())),
        Data::F64(v) => Ok(Data::F64(v.iter().map(|x| inside(*x)).collect())),
        _ => Err(x.odd()),
    }
}
