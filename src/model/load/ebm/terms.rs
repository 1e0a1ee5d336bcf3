//! The terms of an EBM file: features by name and nested lists of numbers.

use std::collections::HashMap;

use crate::model::ModelError;

use super::super::document::{At, Value, shown};
use super::parts::{Feature, Table};

/// What all terms of a model share while they are read.
pub struct TermReader<'f> {
    features: &'f [Feature],
    places: HashMap<&'f str, usize>,
    outputs: usize,
}

impl<'f> TermReader<'f> {
    /// A reader for terms of `features` that give `outputs` scores.
    pub fn new(features: &'f [Feature], outputs: usize) -> Result<Self, ModelError> {
        let mut places = HashMap::with_capacity(features.len());
        for (k, feature) in features.iter().enumerate() {
            if places.insert(feature.input.name.as_str(), k).is_some() {
                let reason = format!("two features are called “{}”", shown(&feature.input.name));
                return Err(ModelError::malformed(format!("ebm.features[{k}].name"), reason));
            }
        }
        Ok(Self { features, places, outputs })
    }

    /// Reads one term.
    pub fn read(&self, at: &At<'_>) -> Result<Table, ModelError> {
        let named = at.field("term_features")?;
        let mut features = Vec::new();
        for name in named.texts()? {
            match self.places.get(name) {
                Some(place) if !features.contains(place) => features.push(*place),
                Some(_) => return Err(named.refuse(format!("“{}” is named twice", shown(name)))),
                None => return Err(named.refuse(format!("“{}” is no feature of the model", shown(name)))),
            }
        }
        let bins = |f: &usize| self.features.get(*f).and_then(|feature| feature.bins(features.len()));
        let shape: Option<Vec<usize>> = features.iter().map(|f| bins(f).map(|bins| bins.count())).collect();
        let mut shape = shape.ok_or_else(|| named.refuse("the file holds no bins for one of the features"))?;
        let weights = match at.optional("bin_weights") {
            Some(weights) => Some(table(&weights, &shape)?),
            None => None,
        };
        if self.outputs > 1 {
            shape.push(self.outputs);
        }
        if weights.iter().flatten().any(|weight| *weight < 0.0) {
            return Err(at.refuse("the weight of a bin is negative"));
        }
        let scores = table(&at.field("scores")?, &shape)?;
        // Only plots need the deviations; a file without usable ones still predicts.
        let deviations = at.optional("standard_deviations").and_then(|at| table(&at, &shape).ok());
        let deviations = deviations.filter(|all| all.iter().all(|deviation| *deviation >= 0.0));
        Ok(Table { place: at.place.clone(), features, scores, deviations, weights })
    }
}

/// Nested lists of exactly this shape, row-major.
fn table(at: &At<'_>, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
    let mut out = Vec::new();
    fill(at, shape, &mut out)?;
    Ok(out)
}

/// The recursion is as deep as the document is nested, which is limited.
fn fill(at: &At<'_>, shape: &[usize], out: &mut Vec<f64>) -> Result<(), ModelError> {
    let check = |found: usize, wanted: usize| match found == wanted {
        true => Ok(()),
        false => Err(at.refuse(format!("{found} values are stored, the bins need {wanted}"))),
    };
    match (shape, at.value) {
        ([last], Value::Integers(_) | Value::Reals(_)) => {
            let values = at.reals()?;
            check(values.len(), *last)?;
            if values.iter().any(|value| !value.is_finite()) {
                return Err(at.refuse("every number of a term must be finite"));
            }
            out.extend_from_slice(&values);
        }
        ([last], Value::List(list)) => {
            check(list.len(), *last)?;
            return Err(at.refuse("every number of a term must be finite"));
        }
        ([first, rest @ ..], Value::List(list)) => {
            check(list.len(), *first)?;
            for item in at.items()? {
                fill(&item, rest, out)?;
            }
        }
        _ => return Err(at.refuse("the nesting does not fit the features of the term")),
    }
    Ok(())
}
