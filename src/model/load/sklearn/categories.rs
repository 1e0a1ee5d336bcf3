//! Categories of histogram boosting: which input a tree's feature is, and what its codes stand for.

use std::sync::Arc;

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::pickle::At;
use super::part::Inputs;

/// Largest whole number that is taken for a category code; others are levels with names.
const CODE_LIMIT: f64 = 65536.0;

/// What the features inside the trees are.
#[derive(Clone, Debug, Default)]
pub struct Categories {
    /// For each feature of the trees the model's input.
    input_of: Vec<usize>,
    /// For each feature of the trees its categories: the code in the trees' bit sets and the model's own code.
    known: Vec<Vec<(usize, usize)>>,
}

impl Categories {
    /// The model's input behind feature `feature` of the trees.
    pub fn input(&self, feature: usize) -> Option<usize> {
        self.input_of.get(feature).copied()
    }

    /// Codes in the trees and codes of the model of a feature's categories.
    pub fn known(&self, feature: usize) -> &[(usize, usize)] {
        self.known.get(feature).map_or(&[], Vec::as_slice)
    }

    /// The categories of a histogram booster; gives the inputs they come from their kind.
    pub fn of_histogram(at: &At<'_>, inputs: &mut Inputs) -> Result<Self, ModelError> {
        let count = inputs.count();
        let mut all = Self { input_of: (0..count).collect(), known: vec![Vec::new(); count] };
        let Some(mask) = at.optional("is_categorical_") else { return Ok(all) };
        let flags = mask.array()?.integers()?;
        if flags.len() != count {
            return Err(mask.refuse(format!("{} marks for {count} inputs", flags.len())));
        }
        let (categorical, plain): (Vec<usize>, Vec<usize>) = (0..count).partition(|i| flags.get(*i) != Some(&0));
        let Some(preprocessor) = at.optional("_preprocessor") else {
            // Up to 1.3 the values themselves are the codes; what is known stands among the bin limits.
            let limits = at.field("_bin_mapper")?.field("bin_thresholds_")?.items()?;
            for input in categorical {
                let values =
                    limits.get(input).ok_or_else(|| mask.refuse("a category has no bins"))?.array()?.reals()?;
                let codes = values.iter().filter(|v| (0.0..256.0).contains(*v)).map(|v| (*v as usize, *v as usize));
                set(&mut all.known, input, codes.collect());
                mark(inputs, input, InputKind::Codes);
            }
            return Ok(all);
        };
        // The categories come first, then the numbers.
        all.input_of = categorical.iter().chain(&plain).copied().collect();
        let encoder = encoder(&preprocessor)?;
        let lists = encoder.field("categories_")?.items()?;
        if lists.len() != categorical.len() {
            return Err(encoder.refuse(format!(
                "{} lists of categories for {} inputs",
                lists.len(),
                categorical.len()
            )));
        }
        for (feature, (list, input)) in lists.iter().zip(categorical).enumerate() {
            let (kind, known) = levels(list)?;
            set(&mut all.known, feature, known);
            mark(inputs, input, kind);
        }
        Ok(all)
    }
}

fn set(known: &mut [Vec<(usize, usize)>], feature: usize, codes: Vec<(usize, usize)>) {
    if let Some(slot) = known.get_mut(feature) {
        *slot = codes;
    }
}

fn mark(inputs: &mut Inputs, input: usize, kind: InputKind) {
    if let Some(input) = inputs.all.get_mut(input) {
        input.kind = kind;
    }
}

/// The ordinal encoder of the column transformer in front of the trees.
fn encoder<'d>(preprocessor: &At<'d>) -> Result<At<'d>, ModelError> {
    let steps = preprocessor.field("transformers_")?;
    for step in steps.items()? {
        if let [name, transformer, ..] = step.items()?.as_slice()
            && name.text().is_ok_and(|name| name == "encoder")
        {
            return Ok(transformer.clone());
        }
    }
    Err(steps.refuse("the encoder of categories is missing"))
}

/// Kind of an input and its codes: whole numbers stay codes, everything else becomes levels with names.
fn levels(list: &At<'_>) -> Result<(InputKind, Vec<(usize, usize)>), ModelError> {
    let array = list.array()?;
    if let Ok(values) = array.reals() {
        let present: Vec<f64> = values.into_iter().filter(|v| !v.is_nan()).collect();
        if present.iter().all(|v| v.fract() == 0.0 && (0.0..CODE_LIMIT).contains(v)) {
            return Ok((InputKind::Codes, present.iter().enumerate().map(|(code, v)| (code, *v as usize)).collect()));
        }
    }
    let labels = array.labels()?;
    let missing = |label: &String| matches!(label.as_str(), "nan" | "NaN" | "None");
    let names: Vec<String> = labels.into_iter().filter(|label| !missing(label)).collect();
    let known = (0..names.len()).map(|code| (code, code)).collect();
    Ok((InputKind::Levels(Arc::from(names)), known))
}
