//! The trait of explanation methods and the list of all of them.

mod exact_shapley;
mod friedman_h;
mod linear_shap;
mod partial_dependence;
mod permutation_importance;
mod permutation_shap;
mod product_shap;
mod tree_interactions;
mod tree_shap;
mod tree_shap_interventional;

use std::sync::Arc;

use crate::base::{Entry, Kind, Knob, Knobs, RowId, Seed, Task};
use crate::model::{Model, Scale, Structure, TreeEnsemble};
use crate::num::MatrixView;

use super::answer::{Answer, Attribution, Body, Provenance};
use super::background::Background;
use super::error::ExplainError;
use super::shape::Shape;
use super::tree::Stopped;

/// Every explanation method, in menu order.
pub static METHODS: &[&dyn Explainer] = &[
    &tree_shap::TreeShap,
    &tree_shap_interventional::TreeShapInterventional,
    &linear_shap::LinearShap,
    &product_shap::ProductShap,
    &exact_shapley::ExactShapley,
    &permutation_shap::PermutationShap,
    &permutation_importance::PermutationImportance,
    &partial_dependence::PartialDependence,
    &tree_interactions::TreeInteractions,
    &friedman_h::FriedmanH,
];

/// Whether a method applies to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// Exact for the game it states.
    Exact,
    /// Sampled, with standard errors.
    Estimate,
    /// Not at all, and why (shown in the menu).
    No(&'static str),
}

/// An explanation method.
pub trait Explainer: Entry {
    /// Its settings.
    fn knobs(&self) -> &'static [Knob] {
        &[]
    }

    /// Whether it applies to `model`.
    fn supports(&self, model: &dyn Model) -> Support;

    /// The scales it can answer in for `model`; the first is its default.
    fn scales(&self, model: &dyn Model) -> Vec<Scale>;

    /// Whether it measures against a background set.
    fn needs_background(&self) -> bool {
        false
    }

    /// Whether it needs the true values of the target.
    fn needs_truth(&self) -> bool {
        false
    }

    /// Whether it answers every row on its own, so that parts of a table together give the answer of the whole; `false`
    /// for answers about the table as one.
    fn answers_rows(&self) -> bool {
        true
    }

    /// The shape of its answers.
    fn answers(&self) -> Shape {
        Shape::Attribution
    }

    /// Whether batches of a table, answered one after the other, give the values of its rows.
    fn streams(&self, _knobs: &Knobs) -> bool {
        self.answers_rows()
    }

    /// Numbers in the answer about one row.
    fn row_numbers(&self, model: &dyn Model, _knobs: &Knobs) -> usize {
        let kinds = if self.supports(model) == Support::Estimate { 2 } else { 1 };
        model.card().outputs.len() * model.card().inputs.len() * kinds
    }

    /// Answers the request. Pure: same request, same bits, on any number of threads.
    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError>;
}

/// One question to a method.
#[derive(Clone)]
pub struct Request<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// Inputs of the rows to explain, shape (rows, inputs).
    pub features: MatrixView<'a>,
    /// The table row of each.
    pub rows: &'a [RowId],
    /// The reference set.
    pub background: &'a Background,
    /// True target values of the rows, for methods that measure performance.
    pub truth: Option<&'a Truth>,
    /// Unit of the answer.
    pub scale: Scale,
    /// Checked settings.
    pub knobs: &'a Knobs,
    /// Seed of all randomness.
    pub seed: Seed,
}

/// True target values of the explained rows.
#[derive(Clone, Debug)]
pub struct Truth {
    /// Class index (0 or 1 for two classes) or the target's number; NaN when unknown.
    pub values: Arc<[f64]>,
    /// Weight of each row, when the table has one.
    pub weights: Option<Arc<[f64]>>,
}

/// The method with this id.
pub fn find(id: &str) -> Option<&'static dyn Explainer> {
    METHODS.iter().copied().find(|m| m.id() == id)
}

/// The first method whose answers have this shape: what a face asks where a chart wants such an answer.
pub fn answering(shape: Shape) -> &'static dyn Explainer {
    METHODS.iter().copied().find(|m| m.answers() == shape).expect("every shape has a method")
}

/// Settings of an answer that are not its method's defaults, in words: `encoded columns sum`.
pub fn changed_settings(provenance: &Provenance) -> Vec<String> {
    let known = find(&provenance.method).map_or(&[][..], |method| method.knobs());
    let changed = known.iter().filter_map(|knob| {
        let value = provenance.knobs.iter().find(|(id, _)| *id == knob.id)?.1;
        (*value != knob.default()).then(|| format!("{} {value}", knob.label.to_lowercase()))
    });
    changed.collect()
}

/// The id `auto` stands for: the exact method of the model's structure; with a background of the user's own, and where the
/// trees do not know their training cover, the interventional one. Cost O(nodes).
pub fn automatic(model: &dyn Model, own_background: bool) -> &'static str {
    match model.structure() {
        Structure::Trees(trees) if own_background || !trees.knows_cover() => "tree-shap-interventional",
        Structure::Trees(_) => "tree-shap",
        Structure::Linear(_) | Structure::Additive(_) => "linear-shap",
        Structure::Products(_) => "product-shap",
        Structure::Opaque if model.card().inputs.len() <= 10 => "exact-shapley",
        Structure::Opaque => "permutation-shap",
    }
}

/// Why a method of trees refuses all other models.
const NO_TREES: &str = "the model is not a sum of trees";

/// The support of a method that is exact for trees and for nothing else.
fn trees_only(model: &dyn Model) -> Support {
    match model.structure() {
        Structure::Trees(_) => Support::Exact,
        _ => Support::No(NO_TREES),
    }
}

/// The trees of a model, or the refusal of `method`.
fn trees_of<'m>(method: &dyn Explainer, model: &'m dyn Model) -> Result<&'m TreeEnsemble, ExplainError> {
    match model.structure() {
        Structure::Trees(ensemble) => Ok(ensemble),
        _ => Err(refusal(method, NO_TREES)),
    }
}

/// What a reader must know about splits without training cover.
pub(super) const NO_COVER: &str =
    "Some splits carry no training cover in the model file; both their branches count half";

/// The setting that limits an answer to one feature.
const FEATURE: Knob = Knob {
    id: "feature",
    label: "Feature",
    help: "Number of the model input, counted from 1; 0 takes all",
    kind: Kind::Count { default: 0, min: 0, max: 1_000_000 },
};

/// The input that the setting `feature` names; `None` for all.
fn one_feature(method: &dyn Explainer, model: &dyn Model, knobs: &Knobs) -> Result<Option<usize>, ExplainError> {
    let inputs = model.card().inputs.len();
    match knobs.count(FEATURE.id) as usize {
        0 => Ok(None),
        number if number <= inputs => Ok(Some(number - 1)),
        number => Err(refusal(method, format!("there is no input number {number}; the model has {inputs}"))),
    }
}

/// The names of a model's inputs.
fn feature_names(model: &dyn Model) -> Arc<[String]> {
    model.card().inputs.iter().map(|i| i.name.clone()).collect()
}

/// The refusal of `method` for a reason.
fn refusal(method: &dyn Explainer, reason: impl Into<String>) -> ExplainError {
    ExplainError::NotApplicable { method: method.title().to_owned(), reason: reason.into() }
}

/// Why the tree kernels stopped, in the words of `method`.
pub(super) fn stopped(method: &dyn Explainer, reason: Stopped) -> ExplainError {
    match reason {
        Stopped::Cancelled => ExplainError::Cancelled(crate::base::Cancelled),
        Stopped::TooLarge => refusal(method, "the table of a pair of inputs would need more than 512 MB"),
        Stopped::TooManyPairs => refusal(method, "more pairs of features meet on paths than fit in memory"),
        Stopped::NoTree(tree) => refusal(method, format!("the nodes of tree {tree} are not connected as a tree")),
    }
}

/// An exact answer without model evaluations; `values` has shape (outputs, rows, features).
pub(super) fn exact_attribution(request: &Request<'_>, values: Vec<f64>, base: Vec<f64>, notes: Vec<String>) -> Answer {
    let body = Body::Attribution(attribution(request, values, base, None));
    Answer { body, exact: true, evaluations: 0, converged: None, notes }
}

/// Contributions with the names the request's model gives.
fn attribution(request: &Request<'_>, values: Vec<f64>, base: Vec<f64>, std_error: Option<Vec<f64>>) -> Attribution {
    let card = request.model.card();
    Attribution {
        features: feature_names(request.model),
        outputs: card.outputs.clone().into(),
        values: values.into(),
        base,
        std_error: std_error.map(Into::into),
        rows: request.rows.into(),
        scale: request.scale,
    }
}
