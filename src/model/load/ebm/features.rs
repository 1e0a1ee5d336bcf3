//! The features of an EBM and how each is cut into bins, once for single terms and more coarsely for pairs.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::{Input, InputKind};
use crate::model::ModelError;
use crate::model::trees::CategorySet;

use super::super::document::{At, Value, shown};

/// One feature of the file.
#[derive(Debug)]
pub struct Feature {
    /// The input it asks for.
    pub input: Input,
    /// One division into bins per resolution: the first for single terms, the second for pairs, and so on.
    levels: Vec<Bins>,
}

/// One division of a feature into bins. Bin 0 is the missing value, the last one whatever the model has never seen.
#[derive(Debug)]
pub enum Bins {
    /// Ascending cuts: a number lies in bin 1 + how many of them do not exceed it. No number is of the unseen kind.
    Cuts(Vec<f64>),
    /// The category codes of bins 1, 2 and so on.
    Groups(Vec<Vec<u32>>),
}

impl Feature {
    /// The bins that a term of `features` features uses; `None` for a feature that no term may use.
    pub fn bins(&self, features: usize) -> Option<&Bins> {
        self.levels.get(features.min(self.levels.len()).checked_sub(1)?)
    }
}

impl Bins {
    /// Bins as the scores of a term count them.
    pub fn count(&self) -> usize {
        match self {
            Self::Cuts(cuts) => cuts.len() + 3,
            Self::Groups(groups) => groups.len() + 2,
        }
    }

    /// Bins that an input can reach, from the first one on.
    pub fn reachable(&self) -> usize {
        match self {
            Self::Cuts(cuts) => cuts.len() + 2,
            Self::Groups(groups) => groups.len() + 2,
        }
    }

    /// The threshold below which bins before `end` lie; minus infinity tells the missing value from all numbers.
    pub fn threshold(cuts: &[f64], end: usize) -> f64 {
        end.checked_sub(2).and_then(|cut| cuts.get(cut)).copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// The set of the codes in bins `start` to `end`; its words are taken from `spare`, `None` when too few are left.
    pub fn set(groups: &[Vec<u32>], start: usize, end: usize, spare: &mut usize) -> Option<CategorySet> {
        let inside = groups.get(start.saturating_sub(1)..end.saturating_sub(1)).unwrap_or_default();
        let length = inside.iter().flatten().max().map_or(0, |code| *code as usize / 64 + 1);
        *spare = spare.checked_sub(length)?;
        let mut words = vec![0_u64; length];
        for code in inside.iter().flatten() {
            if let Some(word) = words.get_mut(*code as usize / 64) {
                *word |= 1 << (code % 64);
            }
        }
        Some(CategorySet { words, matching_goes_left: true })
    }
}

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
    Ok(Feature { input: Input { name, kind }, levels })
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

/// Codes follow the first resolution; categories that only coarser ones name come behind.
fn categories(at: &At<'_>) -> Result<(InputKind, Vec<Bins>), ModelError> {
    let mut codes: HashMap<String, u32> = HashMap::new();
    let mut names: Vec<String> = Vec::new();
    let mut levels = Vec::new();
    for level in at.items()? {
        let mut seen = vec![false; names.len()];
        let mut groups = Vec::new();
        for group in members(&level)? {
            let mut inside = Vec::with_capacity(group.len());
            for name in group {
                let code = *codes.entry(name.clone()).or_insert(names.len() as u32);
                if code as usize == names.len() {
                    names.push(name);
                    seen.push(false);
                }
                match seen.get_mut(code as usize) {
                    Some(flag) if !*flag => *flag = true,
                    _ => return Err(level.refuse(format!("category {code} is listed twice"))),
                }
                inside.push(code);
            }
            groups.push(inside);
        }
        levels.push(Bins::Groups(groups));
    }
    Ok((InputKind::OpenLevels(Arc::from(names)), levels))
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
