//! Linear classifiers without probabilities: the class with the largest margin has probability 1.

use crate::model::ModelError;
use crate::model::link::LinkFunction;

use super::super::super::pickle::At;
use super::super::part::{Answer, Core, Inputs, Part, classes};
use super::super::reading::Reading;
use super::Family;
use super::linear::{NO_MISSING, form};

const PACKAGE: &str = "sklearn.linear_model";

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        (PACKAGE, "RidgeClassifier"),
        (PACKAGE, "RidgeClassifierCV"),
        (PACKAGE, "Perceptron"),
        (PACKAGE, "PassiveAggressiveClassifier"),
        ("sklearn.svm", "LinearSVC"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    // Ridge classifiers keep their classes in the coding of the target.
    let names = match at.optional("classes_") {
        Some(_) => classes(at)?,
        None => classes(&at.optional("_label_binarizer").unwrap_or_else(|| at.clone()))?,
    };
    let answer = Answer::Classes(names);
    let form = form(reading, at, inputs.count())?;
    if form.outputs() != answer.outputs() {
        return Err(at.refuse(format!("{} rows of weights for {} outputs", form.outputs(), answer.outputs())));
    }
    let link = chosen(answer.outputs() == 1);
    let part = Part::margins("linear classifier", inputs, answer, Core::Linear(form), link);
    let objective = at.class().map(|(_, name)| name.to_owned());
    Ok(Part { objective, ..part }.note(CHOSEN).note(NO_MISSING))
}

/// The link of a classifier that only chooses.
pub fn chosen(single: bool) -> LinkFunction {
    if single { LinkFunction::Step } else { LinkFunction::Largest }
}

/// Said of a classifier without probabilities.
pub const CHOSEN: &str =
    "The model has no probabilities: the class it chooses has probability 1, and the margin is no log-odds";
