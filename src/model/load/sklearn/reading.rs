//! What the readers of one file share: the way from a class to its reader, and how much may still be made.

use std::cell::Cell;

use crate::base::Task;
use crate::model::ModelError;

use super::super::Origin;
use super::super::pickle::At;
use super::family;
use super::part::Part;

/// Estimators inside estimators.
const NESTING_LIMIT: usize = 16;
/// Estimators of one file, trees of a forest not counted.
const PARTS_LIMIT: usize = 1 << 16;

/// The state of reading one file.
pub struct Reading<'t> {
    /// Where the file comes from.
    pub origin: &'t Origin<'t>,
    /// Progress and cancelling.
    pub task: &'t Task,
    /// Numbers that may still be made: one value can stand in a file many times.
    spare: Cell<usize>,
    depth: Cell<usize>,
    parts: Cell<usize>,
}

impl<'t> Reading<'t> {
    /// The start of reading `size` bytes.
    pub fn new(origin: &'t Origin<'t>, task: &'t Task, size: usize) -> Self {
        let spare = Cell::new((8_usize << 20).saturating_add(size.saturating_mul(4)));
        Self { origin, task, spare, depth: Cell::new(0), parts: Cell::new(PARTS_LIMIT) }
    }

    /// The part that the estimator at `at` predicts with. Refuses a class without a reader by its name and place.
    pub fn part(&self, at: &At<'_>) -> Result<Part, ModelError> {
        self.task.check()?;
        let Some((module, name)) = at.class() else { return Err(no_estimator(at)) };
        let Some(family) = family::find(module, name) else { return Err(unknown_class(at)) };
        self.deeper(at, || (family.read)(self, at))
    }

    /// Runs `read` one level deeper. Refuses steps inside steps without end.
    pub fn deeper<T>(&self, at: &At<'_>, read: impl FnOnce() -> Result<T, ModelError>) -> Result<T, ModelError> {
        let depth = self.depth.get();
        let left = self.parts.get().checked_sub(1).filter(|_| depth < NESTING_LIMIT);
        self.parts.set(left.ok_or_else(|| at.refuse("the estimators are nested too deeply"))?);
        self.depth.set(depth + 1);
        let result = read();
        self.depth.set(depth);
        result
    }

    /// Takes `count` numbers from what may still be made.
    pub fn charge(&self, count: usize, at: &At<'_>) -> Result<(), ModelError> {
        let left = self.spare.get().checked_sub(count);
        self.spare.set(left.ok_or_else(|| at.refuse("the same data is used too often"))?);
        Ok(())
    }
}

/// The refusal of something that the readers know and cannot predict.
pub fn unsupported(at: &At<'_>, what: &str, hint: &str) -> ModelError {
    ModelError::Unsupported { what: format!("{}: {what}", at.place()), hint: hint.to_owned() }
}

fn unknown_class(at: &At<'_>) -> ModelError {
    let hint = match at.class() {
        Some((module, _)) if module.starts_with("torch") => {
            "Neural networks in pickles do not open; export the model as ONNX: torch.onnx.export(model, sample, \"model.onnx\")"
        }
        Some((module, _)) if module.starts_with("sklearn") => {
            "This estimator is not read yet; fit one of the others, or save its predictions as a column of the table"
        }
        _ => {
            "Only the class itself knows how it predicts, and no code of a file runs here; save the scikit-learn, \
             XGBoost or LightGBM estimator inside it by itself: joblib.dump(model.estimator, \"model.joblib\")"
        }
    };
    let what = format!("{} is of the class {}, which is not known", at.place(), at.class_path());
    ModelError::Unsupported { what, hint: hint.to_owned() }
}

fn no_estimator(at: &At<'_>) -> ModelError {
    ModelError::Unsupported {
        what: format!("{} is {}, no estimator", at.place(), at.described()),
        hint: "Save the fitted estimator by itself: joblib.dump(model, \"model.joblib\")".to_owned(),
    }
}
