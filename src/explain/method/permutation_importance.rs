//! Permutation importance.

use crate::base::{Entry, Kind, Knob, Task};
use crate::explain::answer::{Answer, Body, FeatureImportance, Importance};
use crate::explain::error::ExplainError;
use crate::explain::rivals::{self, Draws};
use crate::explain::shape::Shape;
use crate::explain::shuffle::{MANY_ROWS, Trial};
use crate::model::metrics::{self, Metric};
use crate::model::{Model, Scale};
use crate::num::{Matrix, MatrixView};

use super::{Explainer, Request, Support};

/// How much a metric suffers when one column is shuffled.
pub struct PermutationImportance;

/// The choices of the setting `metric`; a test keeps them equal to the registered metrics.
const CHOICES: &[&str] = &[
    "auto",
    "log-loss",
    "auc",
    "brier",
    "accuracy",
    "balanced-accuracy",
    "poisson-deviance",
    "rmse",
    "mae",
    "r2",
    "rank-correlation",
];

impl Entry for PermutationImportance {
    fn id(&self) -> &'static str {
        "permutation-importance"
    }

    fn title(&self) -> &'static str {
        "Permutation importance"
    }

    fn summary(&self) -> &'static str {
        "How much the model's quality on this table suffers when the values of one column are shuffled"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Breiman 2001, Random forests", "Fisher, Rudin and Dominici 2019, All models are wrong, but many are useful"]
    }
}

impl Explainer for PermutationImportance {
    fn knobs(&self) -> &'static [Knob] {
        &[
            Knob {
                id: "metric",
                label: "Metric",
                help: "What is measured before and after; auto takes the usual one for the kind of task",
                kind: Kind::Choice { default: "auto", of: CHOICES },
            },
            Knob {
                id: "repeats",
                label: "Repeats",
                help: "Shuffles of every column",
                kind: Kind::Count { default: 10, min: 2, max: 1000 },
            },
            Knob {
                id: "exact",
                label: "All shuffles",
                help: "For trees: the exact expectation over all shuffles instead of the mean of some",
                kind: Kind::Switch { default: false },
            },
            Knob {
                id: "draws",
                label: "Resamples of rows",
                help: "Resamples behind the interval over rows",
                kind: Kind::Count { default: 200, min: 50, max: 10_000 },
            },
        ]
    }

    fn supports(&self, _model: &dyn Model) -> Support {
        Support::Estimate
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![metrics::scale_for(model.card())]
    }

    fn needs_truth(&self) -> bool {
        true
    }

    fn answers_rows(&self) -> bool {
        false
    }

    fn answers(&self) -> Shape {
        Shape::Importance
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let metric = chosen(self, request)?;
        let known = Known::of(request)?;
        let trial = Trial {
            model: request.model,
            metric,
            scale: request.scale,
            rows: known.rows(),
            truth: &known.truth,
            weights: known.weights.as_deref(),
            seed: request.seed,
        };
        let (repeats, draws) = (request.knobs.count("repeats") as usize, request.knobs.count("draws") as usize);
        let (inputs, count) = (trial.rows.cols(), trial.rows.rows());
        task.begin("shuffling columns", ((inputs * repeats + 1) * count) as u64);
        let mut untouched = trial.untouched(task)?;
        if !untouched.value.is_finite() {
            return Err(super::refusal(self, format!("{} is not defined for these rows", metric.title())));
        }
        let exact = request.knobs.switch("exact");
        let stopped = |reason| super::stopped(self, reason);
        let measured = if exact {
            let found = trial.expectations(&untouched, draws, task).map_err(stopped)?;
            found.ok_or_else(|| {
                super::refusal(self, "only trees and metrics of single rows have an exact expectation")
            })?
        } else {
            trial.importances(&mut untouched, (repeats, draws), task).map_err(stopped)?
        };
        let change = if metric.higher_is_better() { "decrease" } else { "increase" };
        let mut notes = vec!["Columns that carry the same information can each look unimportant".to_owned()];
        if count < request.rows.len() {
            notes.push("Rows without a known target or with weight 0 were left out".to_owned());
        }
        if count > MANY_ROWS {
            notes.push(
                "Intervals over so many rows use the normal limit of the bootstrap where there is one".to_owned(),
            );
        }
        if exact {
            notes.push(match metric.id() {
                "rmse" => "The root of the mean squared error over all shuffles, none of them drawn".to_owned(),
                _ => "The mean over all shuffles, none of them drawn".to_owned(),
            });
        }
        let measure = format!("{change} in {} when the column is shuffled", in_sentence(metric.title()));
        let (entries, draws): (Vec<FeatureImportance>, Vec<Draws>) = measured.into_iter().unzip();
        let values: Vec<f64> = entries.iter().map(|entry| entry.value).collect();
        let mut found = Importance { measure, entries, baseline: untouched.value, rows: count, gaps: Vec::new() };
        found.gaps = rivals::gaps(&found.order(), &values, &draws);
        let body = Body::Importance(found);
        let rounds = if exact { 1 } else { inputs * repeats + 1 };
        Ok(Answer { body, exact, evaluations: (rounds * count) as u64, converged: None, notes })
    }
}

fn chosen(method: &dyn Explainer, request: &Request<'_>) -> Result<&'static dyn Metric, ExplainError> {
    let task = request.model.card().task;
    let metric = match request.knobs.choice("metric") {
        "auto" | "" => metrics::default_for(task),
        id => metrics::find(id).ok_or_else(|| super::refusal(method, format!("there is no metric “{id}”")))?,
    };
    if metric.applies(task) {
        Ok(metric)
    } else {
        let reason = format!("{} says nothing about a model for {}", metric.title(), task.title());
        Err(super::refusal(method, reason))
    }
}

/// A title inside a sentence: `Log loss` becomes `log loss`, `ROC AUC` stays.
fn in_sentence(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => title.to_owned(),
    }
}

/// The rows that can be measured.
struct Known<'a> {
    all: MatrixView<'a>,
    /// A copy of those that can be measured, where some cannot.
    part: Option<Matrix>,
    truth: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl<'a> Known<'a> {
    fn of(request: &Request<'a>) -> Result<Self, ExplainError> {
        let none = |what: &str| ExplainError::Incomplete {
            what: what.to_owned(),
            hint: "Give one column with values the role Target".to_owned(),
        };
        let truth = request.truth.ok_or_else(|| none("no target column is known"))?;
        let count = request.rows.len();
        if truth.values.len() != count || truth.weights.as_ref().is_some_and(|w| w.len() != count) {
            return Err(none("the target does not have one value for each row"));
        }
        let weighs = |i: usize| truth.weights.as_ref().is_none_or(|w| w[i] > 0.0);
        let kept: Vec<usize> = (0..count).filter(|&i| !truth.values[i].is_nan() && weighs(i)).collect();
        if kept.len() < 2 {
            return Err(none("fewer than two rows have a known target and a positive weight"));
        }
        let all = request.features;
        let part =
            if kept.len() < count { Some(part(all, &kept).ok_or_else(|| none("the rows differ"))?) } else { None };
        let pick = |all: &[f64]| kept.iter().map(|&i| all[i]).collect::<Vec<f64>>();
        Ok(Self { all, part, truth: pick(&truth.values), weights: truth.weights.as_ref().map(|w| pick(w)) })
    }

    fn rows(&self) -> MatrixView<'_> {
        self.part.as_ref().map_or(self.all, Matrix::view)
    }
}

fn part(rows: MatrixView<'_>, kept: &[usize]) -> Option<Matrix> {
    let mut values = Vec::with_capacity(kept.len() * rows.cols());
    kept.iter().for_each(|&i| values.extend_from_slice(rows.row(i)));
    Matrix::new(values, kept.len(), rows.cols())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_can_be_chosen() {
        let ids: Vec<&str> = std::iter::once("auto").chain(metrics::METRICS.iter().map(|m| m.id())).collect();
        assert_eq!(CHOICES, ids);
    }

    #[test]
    fn titles_keep_their_capitals_when_they_are_initials() {
        assert_eq!(in_sentence("Log loss"), "log loss");
        assert_eq!(in_sentence("ROC AUC"), "ROC AUC");
    }
}
