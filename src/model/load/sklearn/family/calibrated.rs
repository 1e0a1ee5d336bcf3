//! Calibrated classifiers: the mean of classifiers whose scores a curve turns into probabilities.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::trees::Accumulate;
use crate::model::{ModelError, Scale};

use super::super::super::pickle::At;
use super::super::formula::{Asked, Formula, OPAQUE, write_probabilities};
use super::super::part::{Answer, Core, Decision, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::super::weighted::{Term, affordable, diagonal, weighted};
use super::voting::inputs;
use super::{Family, tree_facts};

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
        let own = Curves::read(reading, one, answer.outputs())?;
        if part.answer.outputs() != answer.outputs() {
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
    if let ([part], [curves]) = (parts.as_slice(), curves.as_slice())
        && affordable((reading, at), parts.iter(), (inputs.count(), answer.outputs()))
        && let Some((core, link)) = curves.worked_in(part)
    {
        let notes = part.notes.iter().filter(|note| KEPT.contains(&note.as_str())).cloned().collect();
        let part = Part::margins("calibrated classifier", inputs, answer, core, link).deciding(Decision::Missing);
        return Ok(tree_facts(Part { notes, ..part }).note(WORKED_IN));
    }
    let asked = parts.into_iter().zip(&stored).map(|(part, at)| Asked::scoring(part, reading, at));
    let asked: Vec<Asked> = asked.collect::<Result<_, _>>()?;
    let formula = Calibrated { members: asked.into_iter().zip(curves).collect() };
    let part = Part::direct("calibrated classifier", inputs, answer, Core::Formula(Arc::new(formula)));
    Ok(part.note(&format!("A calibrated classifier {OPAQUE}")))
}

/// Said of one classifier with curves that are sigmoids.
const WORKED_IN: &str = "The sigmoid of the calibration is worked into the classifier's weights or leaves: the margin is \
    the log-odds after calibration";
/// Notes of the classifier inside that stay true.
const KEPT: [&str; 2] = [super::linear::NO_MISSING, super::decision_tree::NO_MISSING];

/// What turns the scores of one classifier into probabilities.
enum Curves {
    /// A curve for each output.
    Each(Vec<Curve>),
    /// The softmax of scores times this.
    Temperature(f64),
}

impl Curves {
    fn read(reading: &Reading<'_>, one: &At<'_>, outputs: usize) -> Result<Self, ModelError> {
        let stored = one.field("calibrators")?.items()?;
        if let [only] = stored.as_slice()
            && only.class().is_some_and(|(_, name)| name == "_TemperatureScaling")
        {
            return Ok(Self::Temperature(only.field("beta_")?.real()?));
        }
        let own: Vec<Curve> = stored.iter().map(|c| Curve::read(reading, c)).collect::<Result<_, _>>()?;
        match own.len() == outputs {
            true => Ok(Self::Each(own)),
            false => Err(one.refuse("the curves do not fit the classes")),
        }
    }

    /// The classifier with sigmoids or a temperature worked in, where its scores are trees or a linear form.
    fn worked_in(&self, part: &Part) -> Option<(Core, LinkFunction)> {
        let outputs = part.answer.outputs();
        let scale = if part.asked.1 == Decision::Margin { Scale::Margin } else { Scale::Probability };
        let single = outputs == 1;
        let (factors, starts, link) = match self {
            Self::Temperature(_) if scale == Scale::Probability => return None,
            Self::Temperature(beta) if single => (vec![2.0 * beta], vec![0.0], LinkFunction::Sigmoid { slope: 1.0 }),
            Self::Temperature(beta) => (vec![*beta; outputs], vec![0.0; outputs], LinkFunction::Softmax),
            Self::Each(curves) => {
                let sigmoids = curves.iter().map(|c| match c {
                    Curve::Sigmoid { slope, start } => Some((-slope, -start)),
                    Curve::Isotonic { .. } => None,
                });
                let (factors, starts) = sigmoids.collect::<Option<(Vec<f64>, Vec<f64>)>>()?;
                let sigmoid = LinkFunction::Sigmoid { slope: 1.0 };
                (factors, starts, if single { sigmoid } else { LinkFunction::SigmoidShares })
            }
        };
        let weights = diagonal(outputs, |k| factors.get(k).copied().unwrap_or(f64::NAN));
        let term = Term { part, columns: None, scale, weights };
        Some((weighted(&[term], part.inputs.count(), &starts)?, link))
    }

    /// Probabilities of all classes from the scores of `asked`.
    fn of(&self, asked: &Asked, row: &[f64]) -> Vec<f64> {
        let scores = asked.scores(row);
        match self {
            Self::Each(curves) => {
                let mut values: Vec<f64> = curves.iter().zip(&scores).map(|(curve, score)| curve.of(*score)).collect();
                if let &[positive] = values.as_slice() {
                    return vec![1.0 - positive, positive];
                }
                let sum: f64 = values.iter().sum();
                let equal = 1.0 / values.len() as f64;
                values.iter_mut().for_each(|v| *v = if sum == 0.0 { equal } else { *v / sum });
                values
            }
            Self::Temperature(beta) => {
                // One score belongs to the second class, its negative to the first; shares become logarithms.
                let mut logits: Vec<f64> = match scores.as_slice() {
                    &[score] if asked.decides() => vec![-score, score],
                    all if asked.decides() => all.to_vec(),
                    _ => asked.probabilities(row).iter().map(|share| libm::log(share + 1e-12)).collect(),
                };
                logits.iter_mut().for_each(|logit| *logit *= beta);
                LinkFunction::Softmax.apply(Accumulate::F64, &mut logits);
                logits
            }
        }
    }
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
    members: Vec<(Asked, Curves)>,
}

impl Formula for Calibrated {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let mut mean = vec![0.0; out.len().max(2)];
        for (asked, curves) in &self.members {
            let values = curves.of(asked, row);
            mean.iter_mut().zip(values).for_each(|(mean, value)| *mean += value);
        }
        mean.iter_mut().for_each(|value| *value /= self.members.len() as f64);
        write_probabilities(&mean, out);
    }
}
