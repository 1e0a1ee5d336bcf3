//! Random forests and extremely randomised forests: the sum of the trees divided by their number.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::{Core, Inputs, Part, not_fitted};
use super::super::reading::Reading;
use super::super::tree::{Leaf, LeafRules, read_all};
use super::Family;
use super::decision_tree::{answer, averaged, described};

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.ensemble", "RandomForestClassifier"),
        ("sklearn.ensemble", "RandomForestRegressor"),
        ("sklearn.ensemble", "ExtraTreesClassifier"),
        ("sklearn.ensemble", "ExtraTreesRegressor"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let answer = answer(at)?;
    let estimators = at.optional("estimators_").ok_or_else(|| not_fitted(at))?.items()?;
    if estimators.is_empty() {
        return Err(at.refuse("the forest has no trees"));
    }
    let rules = LeafRules { answer: &answer, inputs: inputs.count(), leaf: Leaf::Values, missing: true };
    let trees = read_all(reading, &estimators, &rules)?;
    let has_missing = trees.iter().all(|tree| tree.has_missing);
    let trees = trees.into_iter().map(|tree| tree.tree).collect();
    let name = match at.class() {
        Some((_, name)) if name.starts_with("Extra") => "extremely randomised trees",
        _ => "random forest",
    };
    let ensemble = averaged(trees, &answer, inputs.count());
    Ok(described(Part::direct(name, inputs, answer, Core::Trees(ensemble)), has_missing))
}
