//! What a model says about itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::Fingerprint;
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
    /// Every scale `predict` can answer in; the first is the default.
    pub scales: Vec<Scale>,
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
            (Scale::Margin, TaskKind::Binary | TaskKind::Multiclass) => "log-odds",
            (Scale::Margin, TaskKind::Count | TaskKind::Survival) => "log of the mean",
            (Scale::Margin, TaskKind::Ranking) => "score",
            (Scale::Margin, TaskKind::Regression) if self.native_scale == Scale::Margin => "score before the link",
            (Scale::Margin | Scale::Target, _) => "target units",
        }
    }
}
