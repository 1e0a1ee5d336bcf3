//! Calibrated classifiers: the mean of classifiers whose scores a curve turns into probabilities.

use std::sync::Arc;

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE, write_probabilities};
use super::super::part::{Answer, Core, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;
use super::voting::inputs;

/// The family.
pub static FAMILY: Family = Family { classes: &[("sklearn.calibration", "CalibratedClassifierCV")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let stored = at.optional("calibrated_classifiers_").ok_or_else(|| not_fitted(at))?.items()?;
    let answer = Answer::Classes(classes(at)?);
    let mut parts = Vec::new();
    let mut curves = Vec::new();
    for one in &stored {
        // `estimator` was `base_estimator` up to 1.1.
        let inner =
            one.optional("estimator").or_else(|| one.optional("base_estimator")).ok_or_else(|| not_fitted(one))?;
        let part = reading.part(&inner)?;
        let own: Vec<Curve> =
            one.field("calibrators")?.items()?.iter().map(|c| Curve::read(reading, c)).collect::<Result<_, _>>()?;
        if own.len() != answer.outputs() || part.answer.outputs() != answer.outputs() {
            return Err(one.refuse("the curves do not fit the classes"));
        }
        parts.push(part);
        curves.push(own);
    }
    if parts.is_empty() {
        return Err(not_fitted(at));
    }
    let inputs = inputs(at, &parts)?;
    if parts.iter().any(|p| p.inputs.count() != inputs.count()) {
        return Err(at.refuse("an estimator inside has other inputs than the whole"));
    }
    let asked = parts.into_iter().zip(&stored).map(|(part, at)| Asked::scoring(part, reading, at));
    let asked: Vec<Asked> = asked.collect::<Result<_, _>>()?;
    let formula = Calibrated { members: asked.into_iter().zip(curves).collect() };
    let part = Part::direct("calibrated classifier", inputs, answer, Core::Formula(Arc::new(formula)));
    Ok(part.note(&format!("A calibrated classifier {OPAQUE}")))
}

enum Curve {
    /// `1 / (1 + exp(slope · score + start))`.
    Sigmoid { slope: f64, start: f64 },
    /// Straight lines between points; scores beyond the first or last are moved to it.
    Isotonic { scores: Vec<f64>, values: Vec<f64> },
}

impl Curve {
    fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Self, ModelError> {
        match at.class() {
            Some((module, "_SigmoidCalibration")) if module.starts_with("sklearn.") => {
                Ok(Self::Sigmoid { slope: at.field("a_")?.real()?, start: at.field("b_")?.real()? })
            }
            Some((module, "IsotonicRegression")) if module.starts_with("sklearn.") => {
                let scores = at.field("X_thresholds_")?.array()?.reals()?;
                let values = at.field("y_thresholds_")?.array()?.reals()?;
                reading.charge(scores.len() * 2, at)?;
                let clipped = at.optional("out_of_bounds").is_some_and(|o| o.text().is_ok_and(|o| o == "clip"));
                let rising = scores.windows(2).all(|pair| pair[0] < pair[1]) && scores.iter().all(|s| s.is_finite());
                if scores.is_empty() || scores.len() != values.len() || !rising || !clipped {
                    return Err(at.refuse("the points of the curve are not in order"));
                }
                Ok(Self::Isotonic { scores, values })
            }
            _ => Err(unsupported(
                at,
                &format!("the scores are calibrated by {}, which is not known", at.class_path()),
                "Use method=\"sigmoid\" or \"isotonic\"",
            )),
        }
    }

    fn of(&self, score: f64) -> f64 {
        match self {
            Self::Sigmoid { slope, start } => 1.0 / (1.0 + libm::exp(slope * score + start)),
            Self::Isotonic { scores, values } => {
                let score = score.clamp(scores[0], scores[scores.len() - 1]);
                if score.is_nan() {
                    return f64::NAN;
                }
                // The first point that is not below the score; the line to it comes from the point before.
                let next = scores.partition_point(|s| *s < score).clamp(1, scores.len().max(2) - 1);
                match (scores.get(next - 1), scores.get(next), values.get(next - 1), values.get(next)) {
                    (Some(x0), Some(x1), Some(y0), Some(y1)) => (y1 - y0) / (x1 - x0) * (score - x0) + y0,
                    _ => values[0],
                }
            }
        }
    }
}

struct Calibrated {
    members: Vec<(Asked, Vec<Curve>)>,
}

impl Formula for Calibrated {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let mut mean = vec![0.0; out.len().max(2)];
        for (asked, curves) in &self.members {
            let scores = asked.scores(row);
            let mut values: Vec<f64> = curves.iter().zip(&scores).map(|(curve, score)| curve.of(*score)).collect();
            if let &[positive] = values.as_slice() {
                values = vec![1.0 - positive, positive];
            } else {
                let sum: f64 = values.iter().sum();
                let equal = 1.0 / values.len() as f64;
                values.iter_mut().for_each(|v| *v = if sum == 0.0 { equal } else { *v / sum });
            }
            mean.iter_mut().zip(values).for_each(|(mean, value)| *mean += value);
        }
        mean.iter_mut().for_each(|value| *value /= self.members.len() as f64);
        write_probabilities(&mean, out);
    }
}
