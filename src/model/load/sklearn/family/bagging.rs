//! Bagging: the mean of estimators that may see some of the inputs only.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::combine::{Member, mean};
use super::super::part::{Decision, Inputs, Part, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;
use super::decision_tree::answer;

/// The family.
pub static FAMILY: Family =
    Family { classes: &[("sklearn.ensemble", "BaggingClassifier"), ("sklearn.ensemble", "BaggingRegressor")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let estimators = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    let seen = at.field("estimators_features_")?.items()?;
    if seen.len() != estimators.len() {
        return Err(at.refuse(format!("{} lists of inputs for {} estimators", seen.len(), estimators.len())));
    }
    let answer = answer(at)?;
    let mut members = Vec::new();
    for (estimator, seen) in estimators.iter().zip(seen) {
        let part = reading.part(estimator)?;
        if part.answer.outputs() != answer.outputs() {
            return Err(unsupported(
                estimator,
                "this estimator of a bagging saw only some of the classes",
                "Train with more rows for each estimator (max_samples)",
            ));
        }
        let columns: Vec<usize> = seen.array()?.integers()?.iter().filter_map(|c| usize::try_from(*c).ok()).collect();
        if columns.iter().any(|c| *c >= inputs.count()) {
            return Err(seen.refuse("an estimator sees an input that the whole lacks"));
        }
        let all = columns.iter().copied().eq(0..inputs.count());
        reading.charge(columns.len(), &seen)?;
        members.push(Member { part, weight: 1.0, columns: (!all).then_some(columns) });
    }
    let decides = members.iter().any(|m| m.part.asked.1 != Decision::Missing);
    let part = mean("bagging", members, (inputs, answer), (reading, at))?;
    Ok(if decides { part.deciding(Decision::Other) } else { part })
}
