//! LightGBM's objectives: the line `objective=binary sigmoid:1` and what it means.

use crate::model::TaskKind;
use crate::model::link::LinkFunction;

/// What an objective line means.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    /// What kind of answer.
    pub task: TaskKind,
    /// From the margin to the prediction.
    pub link: LinkFunction,
    /// What the reader should know.
    pub note: Option<&'static str>,
}

/// The objective of a line; `None` when the name is not known or a setting is no number.
pub fn parse(line: &str) -> Option<Objective> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or("custom");
    let mut slope = 1.0;
    let mut square = false;
    for word in words {
        match word.split_once(':') {
            Some(("sigmoid", value)) => slope = value.parse().ok()?,
            None if word == "sqrt" => square = true,
            _ => {}
        }
    }
    let sigmoid = LinkFunction::Sigmoid { slope };
    let plain = if square { LinkFunction::SignedSquare } else { LinkFunction::Identity };
    let mut note = None;
    let (task, link) = match name {
        "binary" => (TaskKind::Binary, sigmoid),
        "multiclass" | "softmax" => (TaskKind::Multiclass, LinkFunction::Softmax),
        "multiclassova" | "multiclass_ova" | "ova" | "ovr" => {
            note = Some("Each class has its own probability; those of one row need not add up to 1");
            (TaskKind::Multiclass, sigmoid)
        }
        "regression" | "regression_l2" | "regression_l1" | "huber" | "fair" | "quantile" | "mape" => {
            (TaskKind::Regression, plain)
        }
        "poisson" | "gamma" | "tweedie" => (TaskKind::Count, LinkFunction::Exp),
        "cross_entropy" | "xentropy" => (TaskKind::Regression, LinkFunction::Sigmoid { slope: 1.0 }),
        "cross_entropy_lambda" | "xentlambda" => (TaskKind::Regression, LinkFunction::SoftPlus),
        "lambdarank" | "rank_xendcg" => (TaskKind::Ranking, LinkFunction::Identity),
        "custom" | "none" => {
            note = Some("The file names no objective; the raw score is shown, its unit is unknown");
            (TaskKind::Regression, LinkFunction::Identity)
        }
        _ => return None,
    };
    link.is_sound().then_some(Objective { task, link, note })
}
