//! CatBoost's loss functions and what they mean for the prediction.

use crate::model::TaskKind;
use crate::model::link::LinkFunction;

/// What a loss function means.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    /// What kind of answer.
    pub task: TaskKind,
    /// From the margin to the prediction.
    pub link: LinkFunction,
    /// What the reader should know.
    pub note: Option<&'static str>,
}

/// The meaning of a loss function; `None` when its name is not known.
pub fn parse(loss: &str) -> Option<Objective> {
    let sigmoid = LinkFunction::Sigmoid { slope: 1.0 };
    let mut note = None;
    let (task, link) = match loss {
        "Logloss" | "CrossEntropy" | "Focal" => (TaskKind::Binary, sigmoid),
        "MultiClass" => (TaskKind::Multiclass, LinkFunction::Softmax),
        "MultiClassOneVsAll" | "MultiLogloss" | "MultiCrossEntropy" => {
            note = Some("Each class has its own probability; those of one row need not add up to 1");
            (TaskKind::Multiclass, sigmoid)
        }
        "RMSE"
        | "MAE"
        | "Quantile"
        | "MultiQuantile"
        | "Expectile"
        | "MAPE"
        | "Lq"
        | "Huber"
        | "LogCosh"
        | "MultiRMSE"
        | "MultiRMSEWithMissingValues"
        | "GroupQuantile" => (TaskKind::Regression, LinkFunction::Identity),
        "RMSEWithUncertainty" => {
            note = Some(
                "The second output is the logarithm of the standard deviation; CatBoost's own prediction shows the \
                 variance instead, which is exp(2 · value)",
            );
            (TaskKind::Regression, LinkFunction::Identity)
        }
        "LogLinQuantile" => (TaskKind::Regression, LinkFunction::Exp),
        "Poisson" | "Tweedie" => (TaskKind::Count, LinkFunction::Exp),
        "Cox" | "SurvivalAft" => (TaskKind::Survival, LinkFunction::Exp),
        "YetiRank" | "YetiRankPairwise" | "PairLogit" | "PairLogitPairwise" | "QueryRMSE" | "QuerySoftMax"
        | "QueryCrossEntropy" | "StochasticFilter" | "StochasticRank" | "LambdaMart" => {
            (TaskKind::Ranking, LinkFunction::Identity)
        }
        ""
        | "PythonUserDefinedPerObject"
        | "PythonUserDefinedMultiTarget"
        | "UserPerObjMetric"
        | "UserQuerywiseMetric" => {
            note = Some("The file names no loss function; the raw score is shown, its unit is unknown");
            (TaskKind::Regression, LinkFunction::Identity)
        }
        _ => return None,
    };
    Some(Objective { task, link, note })
}
