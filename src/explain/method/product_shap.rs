//! Exact Shapley values of models that are sums of products with one factor for each input.

use crate::base::{Entry, Task};
use crate::explain::answer::Answer;
use crate::explain::coalition::worth_of_nobody;
use crate::explain::error::ExplainError;
use crate::explain::products::contributions;
use crate::model::{Model, Scale, Structure};

use super::{Explainer, Request, Support};

/// Exact Shapley values of machines with a kernel that is a product over the columns.
pub struct ProductShap;

impl Entry for ProductShap {
    fn id(&self) -> &'static str {
        "product-shap"
    }

    fn title(&self) -> &'static str {
        "Product-kernel SHAP"
    }

    fn summary(&self) -> &'static str {
        "Exact contributions for machines with a radial kernel, whose prediction is a sum of products over the columns"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Shapley 1953, A value for n-person games",
            "Mohammadi, Chau and Muandet 2025, Computing exact Shapley values in polynomial time for product-kernel methods",
        ]
    }
}

/// Why other models are refused.
const NO_PRODUCTS: &str = "the model is not a sum of products with one factor for each input";

impl Explainer for ProductShap {
    fn supports(&self, model: &dyn Model) -> Support {
        match model.structure() {
            Structure::Products(_) => Support::Exact,
            _ => Support::No(NO_PRODUCTS),
        }
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![model.card().native_scale]
    }

    fn needs_background(&self) -> bool {
        true
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let Structure::Products(products) = request.model.structure() else {
            return Err(super::refusal(self, NO_PRODUCTS));
        };
        let base = worth_of_nobody(request, task)?;
        let found = contributions(products, request.features, request.background, task)?;
        let (outputs, inputs, count) = (base.len(), request.features.cols(), request.rows.len());
        let mut values = vec![0.0; found.len()];
        for (i, row) in found.chunks_exact((outputs * inputs).max(1)).enumerate() {
            for (k, own) in row.chunks_exact(inputs.max(1)).enumerate() {
                values[(k * count + i) * inputs..][..inputs].copy_from_slice(own);
            }
        }
        let mut answer = super::exact_attribution(request, values, base, Vec::new());
        answer.evaluations = request.background.matrix.rows() as u64;
        Ok(answer)
    }
}
