//! XGBoost's objectives: what kind of answer, which link, and how the base score becomes a margin.

use crate::model::ModelError;
use crate::model::TaskKind;
use crate::model::link::LinkFunction;

use super::super::document::{At, Value, shown};

/// How a base score in prediction units becomes a margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BaseRule {
    Identity,
    Logit,
    Logarithm,
}

/// What an objective's name means.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    /// What kind of answer.
    pub task: TaskKind,
    /// From the margin to the prediction.
    pub link: LinkFunction,
    /// What the reader should know.
    pub note: Option<&'static str>,
    base: BaseRule,
}

/// The objective of a name; `None` for one this program does not know.
pub fn find(name: &str) -> Option<Objective> {
    use BaseRule::{Identity, Logarithm, Logit};
    let logistic = LinkFunction::Sigmoid { slope: 1.0 };
    let (task, link, base) = match name {
        "reg:squarederror"
        | "reg:linear"
        | "reg:squaredlogerror"
        | "reg:pseudohubererror"
        | "reg:absoluteerror"
        | "reg:quantileerror" => (TaskKind::Regression, LinkFunction::Identity, Identity),
        "reg:logistic" => (TaskKind::Regression, logistic, Logit),
        "binary:logistic" => (TaskKind::Binary, logistic, Logit),
        "binary:logitraw" => (TaskKind::Binary, logistic, Identity),
        "binary:hinge" => (TaskKind::Binary, LinkFunction::Step, Identity),
        "multi:softprob" | "multi:softmax" => (TaskKind::Multiclass, LinkFunction::Softmax, Identity),
        "count:poisson" | "reg:gamma" | "reg:tweedie" => (TaskKind::Count, LinkFunction::Exp, Logarithm),
        "rank:pairwise" | "rank:ndcg" | "rank:map" => (TaskKind::Ranking, LinkFunction::Identity, Identity),
        "survival:cox" | "survival:aft" => (TaskKind::Survival, LinkFunction::Exp, Logarithm),
        _ => return None,
    };
    let note = match name {
        "binary:logitraw" => {
            Some("The objective binary:logitraw answers in log-odds; the probability shown is their logistic function")
        }
        "binary:hinge" => Some("The objective binary:hinge gives 0 or 1, which is no graded probability"),
        "multi:softmax" => Some(
            "The objective multi:softmax answers with the most probable class; the probabilities shown are the softmax of its margins",
        ),
        "survival:cox" => Some("The prediction of survival:cox is a hazard ratio"),
        _ => None,
    };
    Some(Objective { task, link, note, base })
}

impl Objective {
    /// The same objective for a file whose base score is a margin already.
    pub fn of_margins(self) -> Self {
        Self { base: BaseRule::Identity, ..self }
    }

    /// The margins that stand in the file as `base_score`: one text or number, or a list in one text; a single value
    /// holds for every output. `clamped` says that the library limits probabilities to [1e-6, 1 − 1e-6] first.
    pub fn base_margins(self, at: &At<'_>, outputs: usize, clamped: bool) -> Result<Vec<f64>, ModelError> {
        let text = match at.value {
            Value::Real(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            _ => at.text()?.to_owned(),
        };
        let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
        let mut margins = Vec::new();
        for part in inner.split(',') {
            let value: f32 =
                part.trim().parse().map_err(|_error| at.refuse(format!("“{}” is no number", shown(part))))?;
            let margin = self.base_margin(value, clamped);
            if !margin.is_finite() {
                return Err(at.refuse(format!("{value} is no possible base score of this objective")));
            }
            margins.push(f64::from(margin));
        }
        match margins.as_slice() {
            [one] => Ok(vec![*one; outputs]),
            _ if margins.len() == outputs => Ok(margins),
            _ => Err(at.refuse(format!("{} base scores are stored for {outputs} outputs", margins.len()))),
        }
    }

    /// Every step rounded to f32 as XGBoost does; logarithms in f64, so that they are rounded once.
    fn base_margin(self, score: f32, clamped: bool) -> f32 {
        let logarithm = |v: f32| libm::log(f64::from(v)) as f32;
        match self.base {
            BaseRule::Identity => score,
            BaseRule::Logarithm => logarithm(score),
            BaseRule::Logit => {
                let score = if clamped { score.clamp(1e-6, 1.0 - 1e-6) } else { score };
                -logarithm(1.0 / score - 1.0)
            }
        }
    }
}
