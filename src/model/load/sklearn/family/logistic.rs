//! Logistic regression and classifiers fitted by gradient descent: linear margins with a sigmoid, softmax or choice.

use crate::model::ModelError;
use crate::model::link::LinkFunction;

use super::super::super::pickle::At;
use super::super::part::{Answer, Core, Inputs, Part, classes};
use super::super::reading::Reading;
use super::Family;
use super::gradient_boosting::release;
use super::linear::{NO_MISSING, form};
use super::linear_classifier::{CHOSEN, chosen};

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.linear_model", "LogisticRegression"),
        ("sklearn.linear_model", "LogisticRegressionCV"),
        ("sklearn.linear_model", "SGDClassifier"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let answer = Answer::Classes(classes(at)?);
    let form = form(reading, at, inputs.count())?;
    if form.outputs() != answer.outputs() {
        return Err(at.refuse(format!("{} rows of weights for {} outputs", form.outputs(), answer.outputs())));
    }
    let link = link(at, answer.outputs() == 1)?;
    let part = match link {
        LinkFunction::Step | LinkFunction::Largest => {
            Part::margins("linear classifier", inputs, answer, Core::Linear(form), link).note(CHOSEN)
        }
        LinkFunction::Ramp | LinkFunction::RampShares => {
            Part::margins("linear classifier", inputs, answer, Core::Linear(form), link).note(RAMP)
        }
        _ => Part::margins("logistic regression", inputs, answer, Core::Linear(form), link),
    };
    let part = if link == LinkFunction::SigmoidShares { part.note(SHARES) } else { part };
    let objective = at.optional("loss").and_then(|loss| loss.text().ok()).map(str::to_owned);
    let part = Part { objective, ..part };
    Ok(part.note(NO_MISSING))
}

/// Said of one-vs-rest probabilities.
pub const SHARES: &str = "Each class has its own log-odds; their probabilities are divided by their sum";

/// Said of the modified Huber loss.
const RAMP: &str = "The probability rises in a straight line between the margins -1 and 1, which are no log-odds";

fn link(at: &At<'_>, binary: bool) -> Result<LinkFunction, ModelError> {
    if at.class().is_some_and(|(_, name)| name == "SGDClassifier") {
        let loss = at.field("loss")?;
        return match (loss.text()?, binary) {
            ("log_loss" | "log", true) => Ok(LinkFunction::Sigmoid { slope: 1.0 }),
            ("log_loss" | "log", false) => Ok(LinkFunction::SigmoidShares),
            ("modified_huber", true) => Ok(LinkFunction::Ramp),
            ("modified_huber", false) => Ok(LinkFunction::RampShares),
            _ => Ok(chosen(binary)),
        };
    }
    let word = |key: &str| at.optional(key).and_then(|value| value.text().ok());
    // Since 1.8 there is no multi_class; before, "auto" meant one-vs-rest for two classes and for liblinear.
    let separate = match word("multi_class").unwrap_or("auto") {
        "ovr" => true,
        "multinomial" => false,
        _ => binary || word("solver") == Some("liblinear"),
    };
    Ok(match (separate, binary) {
        (true, true) => LinkFunction::Sigmoid { slope: 1.0 },
        (true, false) => LinkFunction::SigmoidShares,
        // The softmax of the margin and its negative.
        (false, true) => LinkFunction::Sigmoid { slope: 2.0 },
        (false, false) if release(at) >= (0, 22) => LinkFunction::Softmax,
        (false, false) => LinkFunction::SigmoidShares,
    })
}
