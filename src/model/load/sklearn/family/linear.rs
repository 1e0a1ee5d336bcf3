//! Linear regressions of every kind: they differ in how they are fitted, not in how they predict.

use crate::model::link::LinkFunction;
use crate::model::{LinearForm, ModelError, TaskKind};

use super::super::super::OUTPUT_LIMIT;
use super::super::super::pickle::At;
use super::super::part::{Answer, Core, Inputs, Part, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;

const PACKAGE: &str = "sklearn.linear_model";

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        (PACKAGE, "LinearRegression"),
        (PACKAGE, "Ridge"),
        (PACKAGE, "RidgeCV"),
        (PACKAGE, "Lasso"),
        (PACKAGE, "LassoCV"),
        (PACKAGE, "LassoLars"),
        (PACKAGE, "LassoLarsCV"),
        (PACKAGE, "LassoLarsIC"),
        (PACKAGE, "Lars"),
        (PACKAGE, "LarsCV"),
        (PACKAGE, "ElasticNet"),
        (PACKAGE, "ElasticNetCV"),
        (PACKAGE, "MultiTaskLasso"),
        (PACKAGE, "MultiTaskLassoCV"),
        (PACKAGE, "MultiTaskElasticNet"),
        (PACKAGE, "MultiTaskElasticNetCV"),
        (PACKAGE, "OrthogonalMatchingPursuit"),
        (PACKAGE, "OrthogonalMatchingPursuitCV"),
        (PACKAGE, "BayesianRidge"),
        (PACKAGE, "ARDRegression"),
        (PACKAGE, "HuberRegressor"),
        (PACKAGE, "TheilSenRegressor"),
        (PACKAGE, "QuantileRegressor"),
        (PACKAGE, "SGDRegressor"),
        (PACKAGE, "PassiveAggressiveRegressor"),
        (PACKAGE, "PoissonRegressor"),
        (PACKAGE, "GammaRegressor"),
        (PACKAGE, "TweedieRegressor"),
        ("sklearn.svm", "LinearSVR"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let form = form(reading, at, inputs.count())?;
    let (task, link) = link(at)?;
    let answer = Answer::Numbers(task, form.outputs());
    let name = match at.class() {
        Some((_, "Ridge" | "RidgeCV" | "BayesianRidge")) => "ridge regression",
        Some((_, "Lasso" | "LassoCV" | "LassoLars" | "LassoLarsCV" | "LassoLarsIC" | "MultiTaskLasso")) => {
            "lasso regression"
        }
        Some((_, "ElasticNet" | "ElasticNetCV" | "MultiTaskElasticNet")) => "elastic net regression",
        _ if task == TaskKind::Count => "generalised linear model",
        _ => "linear regression",
    };
    let part = Part::margins(name, inputs, answer, Core::Linear(form), link).note(NO_MISSING);
    let objective = at.class().map(|(_, name)| name.to_owned());
    Ok(Part { objective, ..part })
}

/// Said where the library refuses missing values.
pub const NO_MISSING: &str = "The library refuses missing values for this model; here they add nothing to the sum";

fn link(at: &At<'_>) -> Result<(TaskKind, LinkFunction), ModelError> {
    let log = match at.class() {
        Some((_, "PoissonRegressor" | "GammaRegressor")) => true,
        Some((_, "TweedieRegressor")) => {
            let (power, link) = (at.field("power")?.real()?, at.field("link")?);
            match link.text()? {
                "auto" => power > 0.0,
                "log" => true,
                "identity" => false,
                other => return Err(unsupported(at, &format!("the link “{other}” is not known"), "Use link=\"log\"")),
            }
        }
        _ => false,
    };
    Ok(if log { (TaskKind::Count, LinkFunction::Exp) } else { (TaskKind::Regression, LinkFunction::Identity) })
}

/// The weights `coef_` and `intercept_` of an estimator with `inputs` inputs.
pub fn form(reading: &Reading<'_>, at: &At<'_>, inputs: usize) -> Result<LinearForm, ModelError> {
    let stored = at.optional("coef_").ok_or_else(|| not_fitted(at))?;
    let coefficients = stored.array()?;
    let Some((outputs, columns)) = coefficients.matrix_shape() else {
        return Err(stored.refuse("expected one row of weights per output"));
    };
    if columns != inputs || outputs == 0 || outputs > OUTPUT_LIMIT {
        return Err(stored.refuse(format!("{outputs} rows of {columns} weights for {inputs} inputs")));
    }
    reading.charge(coefficients.count(), &stored)?;
    let by_output = coefficients.reals()?;
    let weights = (0..inputs).flat_map(|j| (0..outputs).map(move |k| (j, k)));
    let weights = weights.filter_map(|(j, k)| by_output.get(k * inputs + j).copied()).collect();
    Ok(LinearForm { weights, intercept: intercepts(at, outputs)? })
}

/// `intercept_`: one number for all outputs or one for each.
fn intercepts(at: &At<'_>, outputs: usize) -> Result<Vec<f64>, ModelError> {
    let Some(stored) = at.optional("intercept_") else { return Ok(vec![0.0; outputs]) };
    let intercepts = stored.real().map(|single| vec![single]).or_else(|_error| stored.array()?.reals())?;
    match intercepts.as_slice() {
        &[single] => Ok(vec![single; outputs]),
        all if all.len() == outputs => Ok(intercepts),
        all => Err(stored.refuse(format!("{} intercepts for {outputs} outputs", all.len()))),
    }
}
