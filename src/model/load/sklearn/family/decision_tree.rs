//! Single decision trees and extremely randomised ones.

use crate::model::trees::{Accumulate, Compare};
use crate::model::{ModelError, TaskKind, Tree, TreeEnsemble};

use super::super::super::OUTPUT_LIMIT;
use super::super::super::pickle::At;
use super::super::part::{Answer, Core, Inputs, Part, classes, not_fitted};
use super::super::reading::Reading;
use super::super::tree::{Leaf, LeafRules, read as read_tree};
use super::{Family, tree_facts};

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.tree", "DecisionTreeClassifier"),
        ("sklearn.tree", "DecisionTreeRegressor"),
        ("sklearn.tree", "ExtraTreeClassifier"),
        ("sklearn.tree", "ExtraTreeRegressor"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let answer = answer(at)?;
    let rules = LeafRules { answer: &answer, inputs: inputs.count(), leaf: Leaf::Values, missing: true };
    let tree = read_tree(reading, &at.optional("tree_").ok_or_else(|| not_fitted(at))?, &rules)?;
    let ensemble = averaged(vec![tree.tree], &answer, inputs.count());
    Ok(described(Part::direct("decision tree", inputs, answer, Core::Trees(ensemble)), tree.has_missing))
}

/// What a tree or forest answers: from its class name, `classes_` and `n_outputs_`.
pub fn answer(at: &At<'_>) -> Result<Answer, ModelError> {
    let targets = at.optional("n_outputs_").map_or(Ok(1), |n| n.count())?;
    if targets == 0 || targets > OUTPUT_LIMIT {
        return Err(at.refuse(format!("{targets} targets are none or too many")));
    }
    if at.class().is_some_and(|(_, name)| name.ends_with("Regressor")) {
        return Ok(Answer::Numbers(TaskKind::Regression, targets));
    }
    if targets == 1 {
        return classes(at).map(Answer::Classes);
    }
    let lists = at.field("classes_")?.items()?;
    if lists.len() != targets {
        return Err(at.refuse(format!("{} lists of classes for {targets} targets", lists.len())));
    }
    let lists: Vec<Vec<String>> = lists.iter().map(|list| list.array()?.labels()).collect::<Result<_, _>>()?;
    let several = Answer::Several(lists);
    match several.outputs() {
        count if count > OUTPUT_LIMIT => Err(at.refuse(format!("{count} outputs are too many"))),
        _ => Ok(several),
    }
}

/// The mean of trees that answer alike.
pub fn averaged(trees: Vec<Tree>, answer: &Answer, inputs: usize) -> TreeEnsemble {
    TreeEnsemble {
        divisor: trees.len().max(1) as f64,
        trees,
        inputs,
        base: vec![0.0; answer.outputs()],
        compare: Compare::LessEqualRounded,
        accumulate: Accumulate::F64,
    }
}

/// Adds what a card says about trees.
pub fn described(part: Part, has_missing: bool) -> Part {
    let part = tree_facts(part);
    let part = match part.answer {
        Answer::Several(_) => part.note("Several targets: the probabilities of each target's classes add up to 1"),
        _ => part,
    };
    if has_missing { part } else { part.note(NO_MISSING) }
}

/// Said where the library refuses missing values.
pub const NO_MISSING: &str = "The library refuses missing values for this model; here they go right at every split";
