//! A pickled EBM: attributes of the estimator that hold what `to_json` writes.

use std::sync::Arc;

use crate::data::{Input, InputKind};
use crate::model::ModelError;
use crate::model::term::Bins;

use super::super::document::shown;
use super::super::pickle::{Array, At};
use super::parts::{Coder, Feature, Output, Parts, Table, unknown_link};

/// Takes a count of numbers from what may still be made, at a place.
pub type Charge<'c> = dyn Fn(usize, &At<'_>) -> Result<(), ModelError> + 'c;

/// Reads an estimator of interpret 0.6 or 0.7; `classes` are the class names, none for numbers. One value can stand in a file many
/// times, so what is made of it is charged.
pub fn read(at: &At<'_>, classes: Vec<String>, charge: &Charge<'_>) -> Result<Parts, ModelError> {
    let link = at.optional("link_").ok_or_else(|| old(at))?;
    let output =
        Output::of_link(link.text()?, classes).ok_or_else(|| unknown_link(&shown(link.text().unwrap_or(""))))?;
    if let Some(parameter) = at.optional("link_param_").filter(|p| !p.real().is_ok_and(f64::is_nan)) {
        return Err(parameter.refuse("this link has no parameter"));
    }
    let at_intercept = at.field("intercept_")?;
    let intercept = match at_intercept.array() {
        Ok(array) => array.reals()?,
        Err(_) => vec![at_intercept.real()?],
    };
    output.check(&intercept).map_err(|reason| at_intercept.refuse(reason))?;
    let features = features(at, charge)?;
    let tables = tables(at, &features, intercept.len(), charge)?;
    let objective = at.optional("objective").and_then(|o| o.text().ok().map(shown));
    Ok(Parts { output, objective, intercept, features, tables })
}

/// The refusal of an estimator that has no `link_`.
fn old(at: &At<'_>) -> ModelError {
    let (what, hint) = match at.optional("term_scores_").or_else(|| at.optional("additive_terms_")) {
        Some(_) => (
            "the estimator was saved by an interpret older than 0.6",
            "Fit it again with interpret 0.6 or 0.7 and save it: joblib.dump(ebm, \"ebm.joblib\")",
        ),
        None => ("the estimator is not fitted", "Call fit before saving it"),
    };
    ModelError::Unsupported { what: format!("{}: {what}", at.place()), hint: hint.to_owned() }
}

fn features(at: &At<'_>, charge: &Charge<'_>) -> Result<Vec<Feature>, ModelError> {
    let (names, kinds) = (at.field("feature_names_in_")?.items()?, at.field("feature_types_in_")?.items()?);
    let stored = at.field("bins_")?;
    let bins = stored.items()?;
    if names.len() != kinds.len() || names.len() != bins.len() {
        let reason = format!("{} names and {} types for {} lists of bins", names.len(), kinds.len(), bins.len());
        return Err(stored.refuse(reason));
    }
    let bounds = match at.optional("feature_bounds_") {
        Some(bounds) => bounds.array()?.reals()?,
        None => Vec::new(),
    };
    let feature = |(k, ((name, kind), bins)): (usize, ((&At<'_>, &At<'_>), &At<'_>))| {
        let (kind, levels) = match kind.text()? {
            "continuous" => (InputKind::Number, cuts(bins, charge)?),
            "nominal" | "ordinal" => categories(bins, charge)?,
            other => return Err(kind.refuse(format!("“{}” is no type of a feature", shown(other)))),
        };
        let ends = bounds.get(2 * k..).and_then(|ends| Some((*ends.first()?, *ends.get(1)?)));
        let range = ends.filter(|(low, high)| low.is_finite() && high.is_finite() && low <= high);
        let range = range.filter(|_| kind == InputKind::Number);
        let input = Input { name: name.label()?, kind };
        Ok(Feature { input, levels: levels.into_iter().map(Arc::new).collect(), range })
    };
    names.iter().zip(&kinds).zip(&bins).enumerate().map(feature).collect()
}

fn cuts(at: &At<'_>, charge: &Charge<'_>) -> Result<Vec<Bins>, ModelError> {
    let level = |level: &At<'_>| {
        let array = level.array()?;
        charge(array.count(), level)?;
        let cuts = array.reals()?;
        let ascending = cuts.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        if !ascending || cuts.iter().any(|cut| !cut.is_finite()) {
            return Err(level.refuse("the cuts must be finite and ascend"));
        }
        Ok(Bins::Cuts(cuts))
    };
    at.items()?.iter().map(level).collect()
}

/// Every resolution is a dictionary from category to bin; codes are given in the order of bins.
fn categories(at: &At<'_>, charge: &Charge<'_>) -> Result<(InputKind, Vec<Bins>), ModelError> {
    let mut coder = Coder::default();
    let mut levels = Vec::new();
    for level in at.items()? {
        let entries = level.entries()?;
        charge(entries.len(), &level)?;
        let mut groups: Vec<Vec<String>> = Vec::new();
        for (name, bin) in &entries {
            let name = name.label()?;
            charge(name.len() / 8, &level)?;
            // Every bin holds a category, so there cannot be more of them.
            let place = bin.count()?.checked_sub(1).filter(|place| *place < entries.len());
            let place = place.ok_or_else(|| bin.refuse("the bin of a category is out of range"))?;
            groups.resize(groups.len().max(place + 1), Vec::new());
            if let Some(group) = groups.get_mut(place) {
                group.push(name);
            }
        }
        levels.push(coder.groups(groups).map_err(|reason| level.refuse(reason))?);
    }
    Ok((InputKind::OpenLevels(Arc::from(coder.names)), levels))
}

fn tables(at: &At<'_>, features: &[Feature], outputs: usize, charge: &Charge<'_>) -> Result<Vec<Table>, ModelError> {
    let (terms, scores) = (at.field("term_features_")?.items()?, at.field("term_scores_")?.items()?);
    let list = |key: &str| match at.optional(key) {
        Some(list) => list.items(),
        None => Ok(Vec::new()),
    };
    let (deviations, weights) = (list("standard_deviations_")?, list("bin_weights_")?);
    if terms.len() != scores.len() {
        return Err(at.refuse(format!("{} tables of scores for {} terms", scores.len(), terms.len())));
    }
    let mut tables = Vec::with_capacity(terms.len());
    for (k, (term, scores)) in terms.iter().zip(&scores).enumerate() {
        let inside = term.counts()?;
        let repeated = inside.iter().enumerate().any(|(i, f)| inside.iter().take(i).any(|other| other == f));
        let bins = |f: &usize| features.get(*f).and_then(|feature| feature.bins(inside.len()));
        let shape: Option<Vec<usize>> = inside.iter().map(|f| bins(f).map(|bins| bins.count())).collect();
        let Some(mut shape) = shape.filter(|_| !repeated) else {
            return Err(term.refuse("a feature of the term is named twice or has no bins"));
        };
        let weights = given(&weights, k).map(|at| table(at, &shape, charge)).transpose()?;
        if let Some(at) = weights.iter().flatten().any(|weight| *weight < 0.0).then_some(term) {
            return Err(at.refuse("the weight of a bin is negative"));
        }
        if outputs > 1 {
            shape.push(outputs);
        }
        // Only plots need the deviations; a file without usable ones still predicts.
        let deviations = given(&deviations, k).and_then(|at| table(at, &shape, charge).ok());
        let deviations = deviations.filter(|all| all.iter().all(|deviation| *deviation >= 0.0));
        let place = scores.place().to_owned();
        tables.push(Table { place, features: inside, scores: table(scores, &shape, charge)?, deviations, weights });
    }
    Ok(tables)
}

fn given<'l, 'd>(list: &'l [At<'d>], term: usize) -> Option<&'l At<'d>> {
    list.get(term).filter(|at| !at.is_nothing())
}

/// An array of exactly this shape, row-major, of finite numbers.
fn table(at: &At<'_>, shape: &[usize], charge: &Charge<'_>) -> Result<Vec<f64>, ModelError> {
    let array: Array<'_> = at.array()?;
    if array.shape != shape {
        return Err(at.refuse(format!("the shape is {:?}, the bins need {shape:?}", array.shape)));
    }
    charge(array.count(), at)?;
    let values = array.reals()?;
    match values.iter().all(|value| value.is_finite()) {
        true => Ok(values),
        false => Err(at.refuse("every number of a term must be finite")),
    }
}
