//! Regressions of a transformed target: the prediction is transformed back.

use std::sync::Arc;

use crate::model::{ModelError, TaskKind};

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE};
use super::super::part::{Answer, Core, Part, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::super::transform::function::ufunc;
use super::Family;

/// The family.
pub static FAMILY: Family = Family { classes: &[("sklearn.compose", "TransformedTargetRegressor")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inner = reading.part(&at.optional("regressor_").ok_or_else(|| not_fitted(at))?)?;
    let transformer = at.field("transformer_")?;
    let back = Back::read(&transformer)?;
    if inner.answer.outputs() != 1 {
        return Err(unsupported(at, "several targets are transformed", "Fit one model for each target"));
    }
    let (inputs, notes) = (inner.inputs.clone(), inner.notes.clone());
    let asked = Asked::new(inner, reading, at)?;
    let core = Core::Formula(Arc::new(Transformed { asked, back }));
    let part =
        Part::direct("regression of a transformed target", inputs, Answer::Numbers(TaskKind::Regression, 1), core);
    let part = Part { notes, ..part };
    Ok(part.note(&format!("A regression of a transformed target {OPAQUE}")))
}

/// From the transformed target back to the target.
#[derive(Clone, Copy)]
enum Back {
    Same,
    Exp,
    ExpMinusOne,
    Square,
    Line { scale: f64, offset: f64 },
}

impl Back {
    fn read(transformer: &At<'_>) -> Result<Self, ModelError> {
        let one = |key: &str| -> Result<Option<f64>, ModelError> {
            match transformer.optional(key) {
                Some(value) => Ok(value.array()?.reals()?.first().copied()),
                None => Ok(None),
            }
        };
        match transformer.class() {
            Some((_, "FunctionTransformer")) => {
                let Some(inverse) = transformer.optional("inverse_func") else { return Ok(Self::Same) };
                match inverse.class() {
                    // A universal function of numpy is pickled by its name, wherever it lives.
                    _ if ufunc(&inverse) == Some("exp") => Ok(Self::Exp),
                    _ if ufunc(&inverse) == Some("expm1") => Ok(Self::ExpMinusOne),
                    _ if ufunc(&inverse) == Some("square") => Ok(Self::Square),
                    _ => Err(unknown(&inverse)),
                }
            }
            Some((module, "StandardScaler")) if module.starts_with("sklearn.") => {
                Ok(Self::Line { scale: one("scale_")?.unwrap_or(1.0), offset: one("mean_")?.unwrap_or(0.0) })
            }
            _ => Err(unknown(transformer)),
        }
    }

    fn of(self, value: f64) -> f64 {
        match self {
            Self::Same => value,
            Self::Exp => libm::exp(value),
            Self::ExpMinusOne => libm::expm1(value),
            Self::Square => value * value,
            Self::Line { scale, offset } => value * scale + offset,
        }
    }
}

fn unknown(at: &At<'_>) -> ModelError {
    let what = format!("the target is transformed back by {}, which is not known", at.described());
    unsupported(at, &what, "Use func=numpy.log1p and inverse_func=numpy.expm1, or a StandardScaler")
}

struct Transformed {
    asked: Asked,
    back: Back,
}

impl Formula for Transformed {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let inner = self.asked.numbers(row);
        out.iter_mut().zip(inner).for_each(|(out, value)| *out = self.back.of(value));
    }
}
