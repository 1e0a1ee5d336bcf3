//! Estimators around one other that answer what it answers; some choose a class at a threshold of their own.

use crate::model::{ModelError, Scale};

use super::super::super::pickle::At;
use super::super::part::{Answer, Choice, Inputs, Part, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.frozen", "FrozenEstimator"),
        ("sklearn.semi_supervised", "SelfTrainingClassifier"),
        ("sklearn.linear_model", "RANSACRegressor"),
        ("sklearn.model_selection", "FixedThresholdClassifier"),
        ("sklearn.model_selection", "TunedThresholdClassifierCV"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let name = at.class().map_or("", |(_, name)| name);
    // Up to 1.5 self-training kept its estimator as `base_estimator_`; a frozen one is inside as it was given.
    let inside = ["estimator_", "base_estimator_", "estimator"].iter().find_map(|key| at.optional(key));
    let mut part = reading.part(&inside.ok_or_else(|| not_fitted(at))?)?;
    // Some hand on bare arrays, so that only they know the names.
    let named = Inputs::read(at).ok().filter(|own| own.named && own.count() == part.inputs.count());
    if let Some(own) = named.filter(|_| !part.inputs.named) {
        part.inputs = own;
    }
    match name {
        "FixedThresholdClassifier" | "TunedThresholdClassifierCV" => with_threshold(part, name, at),
        "SelfTrainingClassifier" => Ok(part.note("Fitted by self-training; the last estimator predicts")),
        "RANSACRegressor" => Ok(part.note("Fitted on the rows that a random sample consensus kept")),
        _ => Ok(part),
    }
}

/// The part with the threshold from which on a class is chosen.
fn with_threshold(part: Part, name: &str, at: &At<'_>) -> Result<Part, ModelError> {
    let Answer::Classes(classes) = &part.answer else { return Err(at.refuse("the estimator inside has no classes")) };
    if classes.len() != 2 {
        return Err(at.refuse(format!("a threshold chooses between two classes, not {}", classes.len())));
    }
    let first = match at.optional("pos_label") {
        Some(label) => classes.first().is_some_and(|class| label.label().is_ok_and(|label| *class == label)),
        None => false,
    };
    let asked = at.optional("response_method").and_then(|method| method.text().ok()).unwrap_or("auto");
    let scale = match asked {
        "decision_function" if part.scales.1.contains(&Scale::Margin) => Scale::Margin,
        "auto" | "predict_proba" => Scale::Probability,
        _ => return Err(unsupported(at, &format!("its threshold is one of {asked}"), "Use response_method=\"auto\"")),
    };
    let key = if name == "FixedThresholdClassifier" { "threshold" } else { "best_threshold_" };
    let stored = at.field(key)?;
    let threshold = match stored.text() {
        Ok(_auto) if scale == Scale::Margin => 0.0,
        Ok(_auto) => 0.5,
        Err(_) => stored.real()?,
    };
    let class = classes.get(usize::from(!first)).cloned().unwrap_or_default();
    let note = format!("The class {class} is chosen where its {} reaches {threshold}", scale.id());
    Ok(part.choosing(Choice::From { scale, threshold, first }).note(&note))
}
