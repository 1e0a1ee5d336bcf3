//! The features of an EBM file and how each is cut into bins, once for single terms and more coarsely for pairs.

use std::sync::Arc;

use crate::data::{Input, InputKind};
use crate::model::ModelError;
use crate::model::term::Bins;

use super::super::document::{At, Value, shown};
use super::parts::{Coder, Feature};

/// Reads all features.
pub fn read(ebm: &At<'_>) -> Result<Vec<Feature>, ModelError> {
    ebm.field("features")?.items()?.map(|at| feature(&at)).collect()
}

fn feature(at: &At<'_>) -> Result<Feature, ModelError> {
    let name = at.field("name")?.text()?.to_owned();
    let kind = at.field("type")?;
    let (kind, levels) = match kind.text()? {
        "continuous" => (InputKind::Number, cuts(&at.field("cuts")?)?),
        "nominal" | "ordinal" => categories(&at.field("categories")?)?,
        other => return Err(kind.refuse(format!("“{}” is no type of a feature", shown(other)))),
    };
    let end = |key: &str| at.optional(key).and_then(|end| end.real()).filter(|end| end.is_finite());
    let range = end("min").zip(end("max")).filter(|(low, high)| kind == InputKind::Number && low <= high);
    Ok(Feature { input: Input { name, kind }, levels: levels.into_iter().map(Arc::new).collect(), range })
}

fn cuts(at: &At<'_>) -> Result<Vec<Bins>, ModelError> {
    let level = |level: At<'_>| {
        let cuts = level.reals()?.into_owned();
        let ascending = cuts.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        if !ascending || cuts.iter().any(|cut| !cut.is_finite()) {
            return Err(level.refuse("the cuts must be finite and ascend"));
        }
        Ok(Bins::Cuts(cuts))
    };
    at.items()?.map(level).collect()
}

fn categories(at: &At<'_>) -> Result<(InputKind, Vec<Bins>), ModelError> {
    let mut coder = Coder::default();
    let level = |level: At<'_>| coder.groups(members(&level)?).map_err(|reason| level.refuse(reason));
    let levels = at.items()?.map(level).collect::<Result<Vec<_>, _>>()?;
    Ok((InputKind::OpenLevels(Arc::from(coder.names)), levels))
}

/// The categories of every bin; a bin that holds several lists them.
fn members(at: &At<'_>) -> Result<Vec<Vec<String>>, ModelError> {
    let one = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    };
    if let Value::Integers(numbers) = at.value {
        return Ok(numbers.iter().map(|n| vec![n.to_string()]).collect());
    }
    let group = |item: At<'_>| {
        match item.value {
            Value::List(several) => several.iter().map(one).collect::<Option<Vec<String>>>(),
            single => one(single).map(|name| vec![name]),
        }
        .ok_or_else(|| item.refuse("a category must be a text"))
    };
    at.items()?.map(group).collect()
}
