//! XGBoost's estimators and its bare booster: their bytes go to the loader of XGBoost files.

use std::sync::Arc;

use crate::model::tree_model::fits;
use crate::model::{Model, ModelCard, ModelError, Scale};
use crate::num::{Matrix, MatrixView};

use super::super::super::pickle::At;
use super::super::super::xgboost::{Rounds, read_pickled};
use super::super::formula::OPAQUE;
use super::super::part::{Part, not_fitted};
use super::super::reading::Reading;
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[
        ("xgboost", "XGBClassifier"),
        ("xgboost", "XGBRegressor"),
        ("xgboost", "XGBRanker"),
        ("xgboost", "XGBRFClassifier"),
        ("xgboost", "XGBRFRegressor"),
        ("xgboost", "Booster"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let bare = at.class().is_some_and(|(_, name)| name == "Booster");
    let booster = if bare { at.clone() } else { at.optional("_Booster").ok_or_else(|| not_fitted(at))? };
    let stored = booster.optional("handle").ok_or_else(|| not_fitted(at))?;
    let bytes = stored.bytes()?;
    // The booster does not know which number its wrapper takes for a missing value.
    let missing = at.optional("missing").and_then(|m| m.real().ok()).filter(|m| !m.is_nan());
    reading.charge(bytes.len(), at)?;
    let rounds = if bare { Rounds::All } else { Rounds::UpToBest };
    let names = match booster.optional("feature_names") {
        Some(names) => names.items()?.iter().map(At::label).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let model = read_pickled(&bytes, (rounds, names), reading.origin, reading.task)?;
    let classes = match (at.optional("classes_"), at.optional("n_classes_")) {
        (Some(classes), _) => classes.array()?.labels()?,
        (None, Some(count)) if count.count()? == model.card().outputs.len().max(2) => {
            (0..count.count()?).map(|k| k.to_string()).collect()
        }
        _ => Vec::new(),
    };
    let Some(missing) = missing else { return Ok(Part::whole(model, classes)) };
    let note = format!("The number {missing} stands for a missing value, so the model {OPAQUE}");
    Ok(Part::whole(Arc::new(Replaced { model, missing: missing as f32 }), classes).note(&note))
}

/// A booster for which a number stands for a missing value.
struct Replaced {
    model: Arc<dyn Model>,
    /// Compared in f32, as XGBoost does.
    missing: f32,
}

impl Replaced {
    fn ask(&self, rows: MatrixView<'_>, out: &mut [f64], ask: impl Fn(MatrixView<'_>, &mut [f64])) {
        let width = self.model.card().inputs.len();
        if !fits(width, self.model.card().outputs.len(), rows, out) {
            return;
        }
        let replaced = |x: &f64| if *x as f32 == self.missing { f64::NAN } else { *x };
        let values = (0..rows.rows()).flat_map(|i| rows.row(i)).map(replaced).collect();
        match Matrix::new(values, rows.rows(), width) {
            Some(matrix) => ask(matrix.view(), out),
            None => out.fill(f64::NAN),
        }
    }
}

impl Model for Replaced {
    fn card(&self) -> &ModelCard {
        self.model.card()
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.ask(rows, out, |rows, out| self.model.predict(rows, scale, out));
    }

    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.ask(rows, out, |rows, out| self.model.predict_f64(rows, scale, out));
    }
}
