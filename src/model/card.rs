//! What a model says about itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::{Fingerprint, text};
use crate::data::Input;

use super::predict::Scale;

/// What kind of answer the model gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// One output: the probability of the positive class.
    Binary,
    /// One output per class.
    Multiclass,
    /// A real number, or several.
    Regression,
    /// A non-negative expected count or amount (log link).
    Count,
    /// A score whose order matters, not its size.
    Ranking,
    /// A survival model's risk or time (log link).
    Survival,
}

impl TaskKind {
    /// Whether outputs are classes.
    pub fn is_classification(self) -> bool {
        matches!(self, Self::Binary | Self::Multiclass)
    }

    /// The task's name on screens.
    pub fn title(self) -> &'static str {
        match self {
            Self::Binary => "two classes",
            Self::Multiclass => "several classes",
            Self::Regression => "regression",
            Self::Count => "counts or amounts",
            Self::Ranking => "ranking",
            Self::Survival => "survival",
        }
    }
}

/// A step between the columns of the table and the estimator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCard {
    /// What it is: `StandardScaler`.
    pub title: String,
    /// Its settings that say what it does: `strategy median`.
    pub settings: String,
    /// Parts that work side by side; empty for a step without parts.
    pub branches: Vec<BranchCard>,
}

/// One of several parts of a step that work side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchCard {
    /// Its name in the file.
    pub name: String,
    /// The columns it sees: the first of them by name, and how many there are; `None` for all that come.
    pub columns: Option<(Vec<String>, usize)>,
    /// What it does with them, in order. Empty where they pass unchanged.
    pub steps: Vec<StepCard>,
}

impl BranchCard {
    /// Its columns in words: the first names, and how many more there are.
    pub fn seen(&self) -> String {
        match &self.columns {
            None => "all columns".to_owned(),
            Some((names, count)) if *count > names.len() => {
                format!("{} and {} more", names.join(", "), text::count(count - names.len()))
            }
            Some((names, _)) => names.join(", "),
        }
    }
}

impl StepCard {
    /// What it is, with its settings in brackets.
    pub fn line(&self) -> String {
        if self.settings.is_empty() { self.title.clone() } else { format!("{} ({})", self.title, self.settings) }
    }

    /// Steps as lines of an outline, each with its depth.
    pub fn outline(steps: &[Self]) -> Vec<(usize, String)> {
        let mut lines = Vec::new();
        for step in steps {
            lines.push((0, step.line()));
            for branch in &step.branches {
                lines.push((1, format!("{}: {}", branch.name, branch.seen())));
                lines.extend(Self::outline(&branch.steps).into_iter().map(|(depth, line)| (depth + 2, line)));
            }
        }
        lines
    }
}

/// A model's identity and interface.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelCard {
    /// File name without ending, or a title for models trained here.
    pub name: String,
    /// The file, when there is one.
    pub path: Option<PathBuf>,
    /// SHA-256 of the file.
    pub sha256: Fingerprint,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Format in words: `XGBoost JSON`, `LightGBM text`, `Candor model`.
    pub format: String,
    /// Training library and version when the file says so: `XGBoost 3.2.0`.
    pub library: Option<String>,
    /// Kind of model in words: `gradient-boosted trees`, `linear regression`.
    pub algorithm: String,
    /// The training objective as the library names it.
    pub objective: Option<String>,
    /// What kind of answer.
    pub task: TaskKind,
    /// Inputs in the model's own order.
    pub inputs: Vec<Input>,
    /// Outputs as the model names them; one for two classes (the positive class).
    pub outputs: Vec<String>,
    /// All class names when known; for two classes both, negative first.
    pub classes: Vec<String>,
    /// The scale in which the structure adds up.
    pub native_scale: Scale,
    /// Whether the margins of classes are log-odds: a sigmoid, or exponentials divided by their sum, makes them probabilities.
    #[serde(default = "yes")]
    pub log_odds: bool,
    /// Every scale `predict` can answer in; the first is the default.
    pub scales: Vec<Scale>,
    /// Steps between the table and the estimator, in order, and the number of values that reach the estimator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<(Vec<StepCard>, usize)>,
    /// Facts worth showing as name and value: trees, leaves, deepest path, learning rate.
    pub facts: Vec<(String, String)>,
    /// What the file does not tell, or what should be known before trusting a result.
    pub notes: Vec<String>,
}

impl ModelCard {
    /// The unit of `scale` in words for axes and tables.
    pub fn unit(&self, scale: Scale) -> &'static str {
        match (scale, self.task) {
            (Scale::Probability, _) => "probability",
            (Scale::Margin, TaskKind::Binary | TaskKind::Multiclass) if self.log_odds => "log-odds",
            (Scale::Margin, TaskKind::Binary | TaskKind::Multiclass) => "decision value",
            (Scale::Margin, TaskKind::Count | TaskKind::Survival) => "log of the mean",
            (Scale::Margin, TaskKind::Ranking) => "score",
            (Scale::Margin, TaskKind::Regression) if self.native_scale == Scale::Margin => "score before the link",
            (Scale::Margin | Scale::Target, _) => "target units",
        }
    }
}

/// Cards of older files are of models whose margins are log-odds.
fn yes() -> bool {
    true
}
