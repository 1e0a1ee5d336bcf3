//! What every form of an EBM holds: features with their bins, and terms with their tables of scores.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::Input;
use crate::model::link::LinkFunction;
use crate::model::term::Bins;
use crate::model::trees::CategorySet;
use crate::model::{ModelError, TaskKind};

/// A model as its file tells it.
pub struct Parts {
    /// What the sum of all terms means.
    pub output: Output,
    /// The training objective.
    pub objective: Option<String>,
    /// One number per output, finite.
    pub intercept: Vec<f64>,
    /// The features, in the order of the columns.
    pub features: Vec<Feature>,
    /// The terms, in the order in which they are added.
    pub tables: Vec<Table>,
}

/// The output of a model.
pub struct Output {
    /// What kind of answer.
    pub task: TaskKind,
    /// From the sum to predictions.
    pub link: LinkFunction,
    /// The link's name.
    pub name: &'static str,
    /// Class names; empty for numbers.
    pub classes: Vec<String>,
}

/// One feature.
#[derive(Debug)]
pub struct Feature {
    /// The input it asks for.
    pub input: Input,
    /// One division into bins per resolution: the first for single terms, the second for pairs, and so on.
    pub levels: Vec<Arc<Bins>>,
    /// Smallest and largest number of the training.
    pub range: Option<(f64, f64)>,
}

/// One term: its features and numbers for every bin, row-major. The reader has checked the lengths.
pub struct Table {
    /// Where the term stands in the file.
    pub place: String,
    /// Its features.
    pub features: Vec<usize>,
    /// Shape (bins of the first feature, …, outputs).
    pub scores: Vec<f64>,
    /// Standard deviations, of the same shape.
    pub deviations: Option<Vec<f64>>,
    /// Training weights, shape (bins of the first feature, …).
    pub weights: Option<Vec<f64>>,
}

impl Output {
    /// The output behind a link of interpret.
    pub fn of_link(link: &str, classes: Vec<String>) -> Option<Self> {
        let logistic = LinkFunction::Sigmoid { slope: 1.0 };
        let (task, link, name) = match link {
            "logit" => (TaskKind::Binary, logistic, "logit"),
            "mlogit" => (TaskKind::Multiclass, LinkFunction::Softmax, "mlogit (softmax)"),
            "vlogit" => (TaskKind::Multiclass, logistic, "vlogit (each class by itself)"),
            "identity" => (TaskKind::Regression, LinkFunction::Identity, "identity"),
            "log" => (TaskKind::Count, LinkFunction::Exp, "log"),
            _ => return None,
        };
        Some(Self { task, link, name, classes })
    }

    /// Checks the intercept, one finite number for each output, and the number of classes.
    pub fn check(&self, intercept: &[f64]) -> Result<(), String> {
        let wanted = if self.task == TaskKind::Multiclass { self.classes.len() } else { 1 };
        if intercept.len() != wanted || wanted == 0 {
            return Err(format!("{} values are stored, expected {wanted}", intercept.len()));
        }
        if self.task == TaskKind::Binary && self.classes.len() != 2 {
            return Err(format!("the link logit needs two classes, not {}", self.classes.len()));
        }
        match intercept.iter().find(|v| !v.is_finite()) {
            Some(value) => Err(format!("the intercept is {value}, expected a finite number")),
            None => Ok(()),
        }
    }
}

/// The refusal of a link that no model here has.
pub fn unknown_link(link: &str) -> ModelError {
    ModelError::Unsupported {
        what: format!("the link “{link}” is not supported"),
        hint: "Train with two classes or more, or with a regression objective".to_owned(),
    }
}

/// Gives codes to the categories of one feature: in the order of the first resolution; what only coarser ones name
/// comes behind.
#[derive(Default)]
pub struct Coder {
    /// Names of the codes.
    pub names: Vec<String>,
    codes: HashMap<String, u32>,
}

impl Coder {
    /// The bins of one resolution, from the names in each of them. Refuses a category that stands in two places.
    pub fn groups(&mut self, named: Vec<Vec<String>>) -> Result<Bins, String> {
        let mut seen = vec![false; self.names.len()];
        let mut groups = Vec::with_capacity(named.len());
        for group in named {
            let mut inside = Vec::with_capacity(group.len());
            for name in group {
                let code = *self.codes.entry(name.clone()).or_insert(self.names.len() as u32);
                if code as usize == self.names.len() {
                    self.names.push(name);
                    seen.push(false);
                }
                match seen.get_mut(code as usize) {
                    Some(flag) if !*flag => *flag = true,
                    _ => return Err(format!("category {code} is listed twice")),
                }
                inside.push(code);
            }
            groups.push(inside);
        }
        Ok(Bins::Groups(groups))
    }
}

impl Feature {
    /// The bins that a term of `features` features uses; `None` for a feature that no term may use.
    pub fn bins(&self, features: usize) -> Option<&Arc<Bins>> {
        self.levels.get(features.min(self.levels.len()).checked_sub(1)?)
    }
}

/// Bins that an input can reach, from the first one on: no number was never seen.
pub fn reachable(bins: &Bins) -> usize {
    match bins {
        Bins::Cuts(cuts) => cuts.len() + 2,
        Bins::Groups(groups) => groups.len() + 2,
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
