//! A tree method with its tables kept: the same answer about single rows, in a fraction of a millisecond instead of the
//! time that the tables take.

use crate::base::{Entry, Knob, Knobs, Task};
use crate::model::{Model, Scale, Structure};

use super::answer::Answer;
use super::encoded::wants_sums;
use super::error::ExplainError;
use super::method::{Explainer, NO_COVER, Request, Support, exact_attribution, stopped};
use super::tree::{Ready, Room};

/// A registered method of trees that answers through tables made once for one model and one background. Requests about
/// another model or background get the answer of the tables' own.
pub struct Kept {
    method: &'static dyn Explainer,
    ready: Ready,
    notes: Vec<String>,
}

impl Kept {
    /// Makes the tables of `method` for the model, background, scale and settings of `request`; its rows are not read.
    /// `None` for other methods, scales and settings, and where the tables would be too large.
    /// Cost: that of [`Ready::path_dependent`] or [`Ready::interventional`].
    pub fn new(
        method: &'static dyn Explainer,
        request: &Request<'_>,
        task: &Task,
    ) -> Result<Option<Self>, ExplainError> {
        let Structure::Trees(ensemble) = request.model.structure() else { return Ok(None) };
        let sums = request.model.behind().is_some() && wants_sums(request.knobs);
        if request.scale != request.model.card().native_scale || sums {
            return Ok(None);
        }
        let (ready, notes) = match method.id() {
            "tree-shap" => {
                let notes = if ensemble.knows_cover() { Vec::new() } else { vec![NO_COVER.to_owned()] };
                (Ready::path_dependent(ensemble, task), notes)
            }
            "tree-shap-interventional" => {
                let background = request.background;
                let (rows, weights) = (background.matrix.view(), background.weights.as_deref());
                (Ready::interventional(ensemble, rows, weights, task), Vec::new())
            }
            _ => return Ok(None),
        };
        let ready = ready.map_err(|reason| stopped(method, reason))?;
        Ok(ready.map(|ready| Self { method, ready, notes }))
    }

    /// Bytes of the tables.
    pub fn bytes(&self) -> u64 {
        self.ready.bytes()
    }
}

impl Entry for Kept {
    fn id(&self) -> &'static str {
        self.method.id()
    }

    fn title(&self) -> &'static str {
        self.method.title()
    }

    fn summary(&self) -> &'static str {
        self.method.summary()
    }

    fn sources(&self) -> &'static [&'static str] {
        self.method.sources()
    }
}

impl Explainer for Kept {
    fn knobs(&self) -> &'static [Knob] {
        self.method.knobs()
    }

    fn supports(&self, model: &dyn Model) -> Support {
        self.method.supports(model)
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![model.card().native_scale]
    }

    fn needs_background(&self) -> bool {
        self.method.needs_background()
    }

    fn row_numbers(&self, model: &dyn Model, knobs: &Knobs) -> usize {
        self.method.row_numbers(model, knobs)
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let (rows, inputs) = (request.features.rows(), self.ready.inputs());
        let outputs = self.ready.base().len();
        let mut values = vec![0.0; outputs * rows * inputs];
        let (mut room, mut of_row) = (Room::default(), vec![0.0; outputs * inputs]);
        for row in 0..rows {
            task.check()?;
            self.ready.explain(request.features.row(row), &mut room, &mut of_row);
            for (k, found) in of_row.chunks_exact(inputs.max(1)).enumerate() {
                values[(k * rows + row) * inputs..][..inputs].copy_from_slice(found);
            }
        }
        Ok(exact_attribution(request, values, self.ready.base().to_vec(), self.notes.clone()))
    }
}
