//! XGBoost's inputs: names, types, and since 3.1 the levels of categories.

use std::sync::Arc;

use crate::data::{Input, InputKind};
use crate::model::{ModelError, Node, TreeEnsemble};

use super::super::document::{At, Value};

/// Inputs a model without names may have; a table has no more columns than this.
pub const NAMELESS_LIMIT: usize = 100_000;

/// Names of the inputs, `f0`, `f1` … when the file has none, and whether it has them.
pub fn names(learner: &At<'_>, count: usize) -> Result<(Vec<String>, bool), ModelError> {
    let stored = match learner.optional("feature_names") {
        Some(names) => names.texts()?,
        None => Vec::new(),
    };
    if stored.is_empty() {
        let place = "learner.learner_model_param.num_feature";
        if count > NAMELESS_LIMIT {
            return Err(ModelError::malformed(place, format!("{count} inputs without names are too many")));
        }
        return Ok(((0..count).map(|i| format!("f{i}")).collect(), false));
    }
    if stored.len() != count {
        let reason = format!("{} names are stored for {count} inputs", stored.len());
        return Err(ModelError::malformed("learner.feature_names", reason));
    }
    Ok((stored.into_iter().map(str::to_owned).collect(), true))
}

/// The inputs with their types; `model` is the booster's part that may hold categories.
pub fn inputs(names: Vec<String>, learner: &At<'_>, model: &At<'_>) -> Result<Vec<Input>, ModelError> {
    let types = match learner.optional("feature_types") {
        Some(types) => types.texts()?,
        None => Vec::new(),
    };
    let levels = match model.optional("cats").and_then(|cats| cats.optional("enc")) {
        Some(lists) => lists.items()?.map(|list| levels(&list)).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let kind = |i: usize| match levels.get(i) {
        Some(levels) if !levels.is_empty() => InputKind::Levels(Arc::from(levels.as_slice())),
        _ if types.get(i) == Some(&"c") => InputKind::Codes,
        _ => InputKind::Number,
    };
    Ok(names.into_iter().enumerate().map(|(i, name)| Input { name, kind: kind(i) }).collect())
}

/// Inputs that trees split by category although the file gives them no type take codes.
pub fn mark_codes(inputs: &mut [Input], ensemble: &TreeEnsemble) {
    for node in ensemble.trees.iter().flat_map(|t| &t.nodes).filter(|n| !n.is_leaf() && n.set != Node::NUMERIC) {
        if let Some(input) = inputs.get_mut(node.feature as usize).filter(|i| i.kind == InputKind::Number) {
            input.kind = InputKind::Codes;
        }
    }
}

fn levels(at: &At<'_>) -> Result<Vec<String>, ModelError> {
    let values = at.field("values")?;
    let Some(offsets) = at.optional("offsets") else {
        return Ok(match values.value {
            Value::Integers(codes) => codes.iter().map(i64::to_string).collect(),
            _ => values.reals()?.iter().map(f64::to_string).collect(),
        });
    };
    let bytes: Vec<u8> = values.integers()?.iter().map(|b| *b as u8).collect();
    let ends = offsets.integers()?;
    ends.windows(2)
        .map(|pair| {
            let range = usize::try_from(pair[0]).ok().zip(usize::try_from(pair[1]).ok());
            let part = range.and_then(|(start, end)| bytes.get(start..end));
            let part = part.ok_or_else(|| offsets.refuse("a level lies outside the text of all levels"))?;
            Ok(String::from_utf8_lossy(part).into_owned())
        })
        .collect()
}
