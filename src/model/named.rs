//! A model whose classes carry the names of a table's target, or whose inputs those of a folder, because its own file
//! holds none.

use std::sync::Arc;

use crate::num::MatrixView;

use super::behind::Behind;
use super::card::{ModelCard, TaskKind};
use super::load::native::NativeBody;
use super::predict::{Model, Scale, Structure};
use super::term::Term;

/// The same predictor with more names on its card.
struct Named {
    model: Arc<dyn Model>,
    card: ModelCard,
    /// The estimator behind steps, where the model itself does not know it.
    behind: Option<Arc<dyn Behind>>,
}

/// `model` with its outputs named by `classes` (two classes: negative first). The model itself when it knows its own
/// names or the count does not fit.
pub fn named(model: &Arc<dyn Model>, classes: &[String]) -> Arc<dyn Model> {
    let card = model.card();
    let outputs = match (card.task, classes) {
        (TaskKind::Binary, [_, positive]) => vec![positive.clone()],
        (TaskKind::Multiclass, _) if classes.len() == card.outputs.len() => classes.to_vec(),
        _ => return Arc::clone(model),
    };
    if !card.classes.is_empty() {
        return Arc::clone(model);
    }
    let card = ModelCard { outputs, classes: classes.to_vec(), ..card.clone() };
    Arc::new(Named { model: Arc::clone(model), card, behind: None })
}

/// `model` with another card, which must have as many inputs and outputs as its own.
pub fn with_card(model: Arc<dyn Model>, card: ModelCard) -> Arc<dyn Model> {
    debug_assert_eq!(card.inputs.len(), model.card().inputs.len());
    debug_assert_eq!(card.outputs.len(), model.card().outputs.len());
    Arc::new(Named { model, card, behind: None })
}

/// `model` with the estimator that stands behind its steps.
pub fn with_behind(model: Arc<dyn Model>, behind: Arc<dyn Behind>) -> Arc<dyn Model> {
    let card = model.card().clone();
    Arc::new(Named { model, card, behind: Some(behind) })
}

impl Model for Named {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.model.predict(rows, scale, out);
    }

    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.model.predict_f64(rows, scale, out);
    }

    fn portable(&self) -> Option<NativeBody> {
        self.model.portable()
    }

    fn structure(&self) -> Structure<'_> {
        self.model.structure()
    }

    fn behind(&self) -> Option<&dyn Behind> {
        self.behind.as_deref().or_else(|| self.model.behind())
    }

    fn terms(&self) -> Option<&[Term]> {
        self.model.terms()
    }
}
