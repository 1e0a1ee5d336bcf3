//! Dummies: they answer the same for every row.

use std::sync::Arc;

use crate::model::link::LinkFunction;
use crate::model::{LinearForm, ModelError, TaskKind};

use super::super::super::OUTPUT_LIMIT;
use super::super::super::pickle::At;
use super::super::formula::{Formula, write_probabilities};
use super::super::part::{Answer, Core, Inputs, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("sklearn.dummy", "DummyClassifier"),
        ("sklearn.dummy", "DummyRegressor"),
        ("sklearn.multiclass", "_ConstantPredictor"),
    ],
    read,
};

fn read(_reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at).map_err(|_error| {
        let hint = "Fit it with scikit-learn 1.3 or newer";
        unsupported(at, "a dummy of this version does not say which inputs it takes", hint)
    })?;
    if at.class().is_some_and(|(_, name)| name == "DummyRegressor") {
        let values = at.optional("constant_").ok_or_else(|| not_fitted(at))?.array()?.reals()?;
        if values.is_empty() || values.len() > OUTPUT_LIMIT {
            return Err(at.refuse("the constant has no values or too many"));
        }
        let answer = Answer::Numbers(TaskKind::Regression, values.len());
        return Ok(Part::direct("constant", inputs, answer, Core::Formula(Arc::new(Constant(values)))));
    }
    if at.class().is_some_and(|(_, name)| name == "_ConstantPredictor") {
        return only_one(inputs, at);
    }
    let names = classes(at)?;
    let priors = at.field("class_prior_")?.array()?.reals()?;
    if priors.len() != names.len() {
        return Err(at.refuse(format!("{} shares for {} classes", priors.len(), names.len())));
    }
    let strategy = at.field("strategy")?;
    let only = |best: usize| (0..names.len()).map(|k| f64::from(u8::from(k == best))).collect();
    let values = match strategy.text()? {
        "prior" => priors,
        "uniform" => vec![1.0 / names.len() as f64; names.len()],
        "most_frequent" => only(super::super::formula::largest(&priors)),
        "constant" => {
            let constant = at.field("constant")?.label()?;
            let place = names.iter().position(|n| *n == constant);
            only(place.ok_or_else(|| at.refuse("the constant is none of the classes"))?)
        }
        other => {
            let what = format!("the strategy “{other}” answers at random");
            return Err(unsupported(at, &what, "Use strategy=\"prior\""));
        }
    };
    Ok(Part::direct("constant", inputs, Answer::Classes(names), Core::Formula(Arc::new(Constant(values)))))
}

/// What stands in for a classifier whose rows were all of one of two classes: the margin is that class, 0 or 1.
fn only_one(inputs: Inputs, at: &At<'_>) -> Result<Part, ModelError> {
    let class = at.field("y_")?.array()?.reals()?.first().copied();
    let class =
        class.filter(|class| [0.0, 1.0].contains(class)).ok_or_else(|| at.refuse("expected the class 0 or 1"))?;
    let form = LinearForm { weights: vec![0.0; inputs.count()], intercept: vec![class] };
    let answer = Answer::Classes(vec!["0".to_owned(), "1".to_owned()]);
    Ok(Part::margins("constant", inputs, answer, Core::Linear(form), LinkFunction::Step))
}

/// One probability per class, or one number per target.
struct Constant(Vec<f64>);

impl Formula for Constant {
    fn evaluate(&self, _row: &[f64], out: &mut [f64]) {
        write_probabilities(&self.0, out);
    }
}
