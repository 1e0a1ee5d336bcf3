//! Linear SHAP.

use crate::base::{Entry, Task};
use crate::explain::answer::Answer;
use crate::explain::error::ExplainError;
use crate::model::{LinearForm, Model, Scale, Structure};
use crate::num::MatrixView;
use crate::num::parallel;
use crate::num::parallel::Planes;
use crate::num::stats;

use super::{Explainer, Request, Support};

/// Exact Shapley values of a linear form: weight times distance from the background mean.
pub struct LinearShap;

impl Entry for LinearShap {
    fn id(&self) -> &'static str {
        "linear-shap"
    }

    fn title(&self) -> &'static str {
        "Linear SHAP"
    }

    fn summary(&self) -> &'static str {
        "Exact contributions for linear models: weight times the distance from the background mean"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Štrumbelj and Kononenko 2014, Explaining prediction models and individual predictions"]
    }
}

impl Explainer for LinearShap {
    fn supports(&self, model: &dyn Model) -> Support {
        match model.structure() {
            Structure::Linear(_) => Support::Exact,
            _ => Support::No("the model is not a linear form"),
        }
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![model.card().native_scale]
    }

    fn needs_background(&self) -> bool {
        true
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let Structure::Linear(form) = request.model.structure() else {
            return Err(super::refusal(self, "the model is not a linear form"));
        };
        let (outputs, inputs) = (form.outputs(), request.features.cols());
        let means = mean_terms(form, request.background.matrix.view(), request.background.weights.as_deref());
        let mut values = vec![0.0; outputs * request.rows.len() * inputs];
        task.begin("explaining a linear form", request.rows.len() as u64);
        let shape = Planes { rows: request.rows.len(), width: inputs, block: parallel::BLOCK };
        parallel::fill_planes(&mut values, shape, |first, planes| {
            for (k, plane) in planes.iter_mut().enumerate() {
                for (i, out) in plane.chunks_exact_mut(inputs).enumerate() {
                    for (j, (value, x)) in out.iter_mut().zip(request.features.row(first + i)).enumerate() {
                        *value = term(form.weights[j * outputs + k], *x) - means[j * outputs + k];
                    }
                }
            }
            task.advance(planes.first().map_or(0, |p| p.len() / inputs) as u64)
        })?;
        let base = |k: usize| form.intercept[k] + means.iter().skip(k).step_by(outputs).sum::<f64>();
        Ok(super::exact_attribution(request, values, (0..outputs).map(base).collect(), Vec::new()))
    }
}

/// What an input adds to the form; a missing one adds nothing.
fn term(weight: f64, x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { weight * x }
}

/// The (weighted) mean of every term over the background, shape (inputs, outputs).
fn mean_terms(form: &LinearForm, background: MatrixView<'_>, weights: Option<&[f64]>) -> Vec<f64> {
    let outputs = form.outputs();
    let mean = |(index, weight): (usize, &f64)| {
        let terms: Vec<f64> = background.column(index / outputs).map(|z| term(*weight, z)).collect();
        let Some(weights) = weights else { return stats::mean(&terms) };
        let weighed: Vec<f64> = terms.iter().zip(weights).map(|(term, weight)| term * weight).collect();
        stats::sum(&weighed) / stats::sum(weights)
    };
    form.weights.iter().enumerate().map(mean).collect()
}
