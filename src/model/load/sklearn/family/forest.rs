//! Random forests and extremely randomised forests: the sum of the trees divided by their number.

use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::{Core, Inputs, Part, not_fitted};
use super::super::reading::Reading;
use super::super::tree::{Leaf, LeafRules, read as read_tree};
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
    let (mut trees, mut has_missing) = (Vec::new(), true);
    reading.task.begin("reading the trees", estimators.len() as u64);
    for estimator in &estimators {
        let tree = read_tree(reading, &estimator.field("tree_")?, &rules)?;
        has_missing &= tree.has_missing;
        trees.push(tree.tree);
        reading.task.advance(1)?;
    }
    let name = match at.class() {
        Some((_, name)) if name.starts_with("Extra") => "extremely randomised trees",
        _ => "random forest",
    };
    let ensemble = averaged(trees, &answer, inputs.count());
    Ok(described(Part::direct(name, inputs, answer, Core::Trees(ensemble)), has_missing))
}
