//! A model made of a card and one of the structures, and ways to ask about it.

use candor::base::{Fingerprint, Knobs, RowId, Seed, Task};
use candor::data::{Input, InputKind};
use candor::explain::{Answer, Attribution, Background, Body, Explainer, Request};
use candor::model::{LinearForm, Model, ModelCard, Scale, Structure, TaskKind, TreeEnsemble};
use candor::num::{Matrix, MatrixView};

use super::hills::Hills;

/// What a toy model computes.
pub enum Inside {
    Trees(TreeEnsemble),
    Linear(LinearForm),
    Hills(Hills),
    /// A function of one row with a single output.
    Function(fn(&[f64]) -> f64),
}

/// A model for tests.
pub struct Toy {
    card: ModelCard,
    inside: Inside,
}

impl Toy {
    pub fn new(inside: Inside, inputs: usize) -> Self {
        let outputs = match &inside {
            Inside::Trees(trees) => trees.outputs(),
            Inside::Linear(form) => form.outputs(),
            Inside::Hills(hills) => hills.intercept.len(),
            Inside::Function(_) => 1,
        };
        let input = |j| Input { name: format!("x{j}"), kind: InputKind::Number };
        let card = ModelCard {
            name: "toy".to_owned(),
            path: None,
            sha256: Fingerprint::of(b"toy"),
            bytes: 0,
            format: "toy".to_owned(),
            library: None,
            algorithm: "toy".to_owned(),
            objective: None,
            task: TaskKind::Regression,
            inputs: (0..inputs).map(input).collect(),
            outputs: (0..outputs).map(|k| format!("y{k}")).collect(),
            classes: Vec::new(),
            native_scale: Scale::Margin,
            log_odds: true,
            scales: vec![Scale::Margin],
            steps: None,
            facts: Vec::new(),
            notes: Vec::new(),
        };
        Self { card, inside }
    }

    pub fn trees(ensemble: TreeEnsemble) -> Self {
        let inputs = ensemble.inputs;
        Self::new(Inside::Trees(ensemble), inputs)
    }

    pub fn ensemble(&self) -> &TreeEnsemble {
        match &self.inside {
            Inside::Trees(trees) => trees,
            _ => panic!("this toy has no trees"),
        }
    }
}

impl Model for Toy {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, _scale: Scale, out: &mut [f64]) {
        match &self.inside {
            Inside::Linear(form) => form.evaluate(rows, out),
            Inside::Trees(trees) => {
                for (i, out) in out.chunks_exact_mut(trees.outputs()).enumerate() {
                    trees.score_f64(rows.row(i), out);
                }
            }
            Inside::Hills(hills) => {
                for (i, out) in out.chunks_exact_mut(hills.intercept.len()).enumerate() {
                    hills.evaluate(rows.row(i), out);
                }
            }
            Inside::Function(function) => {
                for (i, out) in out.iter_mut().enumerate() {
                    *out = function(rows.row(i));
                }
            }
        }
    }

    fn structure(&self) -> Structure<'_> {
        match &self.inside {
            Inside::Trees(trees) => Structure::Trees(trees),
            Inside::Linear(form) => Structure::Linear(form),
            Inside::Hills(hills) => Structure::Products(hills),
            Inside::Function(_) => Structure::Opaque,
        }
    }
}

/// A model, its rows and its background.
pub struct Setting {
    pub model: Toy,
    pub rows: Matrix,
    pub ids: Vec<RowId>,
    pub background: Background,
}

impl Setting {
    pub fn new(model: Toy, rows: Matrix, background: Matrix) -> Self {
        let ids = (0..rows.rows() as u32).map(RowId).collect();
        let background =
            Background { name: "toy".to_owned(), matrix: background, rows: Vec::new().into(), weights: None };
        Self { model, rows, ids, background }
    }

    pub fn request<'a>(&'a self, knobs: &'a Knobs) -> Request<'a> {
        Request {
            model: &self.model,
            features: self.rows.view(),
            rows: &self.ids,
            background: &self.background,
            truth: None,
            scale: Scale::Margin,
            knobs,
            seed: Seed(7),
        }
    }

    /// The method's answer with the given settings.
    pub fn answer(&self, method: &dyn Explainer, settings: &[(&str, &str)]) -> Answer {
        let knobs = Knobs::check(method.knobs(), settings.iter().copied()).expect("known settings");
        method.explain(&self.request(&knobs), &Task::silent()).expect("an answer")
    }

    /// The contributions in the method's answer.
    pub fn attribution(&self, method: &dyn Explainer, settings: &[(&str, &str)]) -> Attribution {
        match self.answer(method, settings).body {
            Body::Attribution(attribution) => attribution,
            _ => panic!("{} does not attribute", method.id()),
        }
    }

    /// The model's prediction of the row at `position`.
    pub fn prediction(&self, position: usize) -> Vec<f64> {
        let mut out = vec![0.0; self.model.card().outputs.len()];
        self.model.predict(self.rows.view().slice(position, position + 1), Scale::Margin, &mut out);
        out
    }
}

/// The method with this id.
pub fn method(id: &str) -> &'static dyn Explainer {
    candor::explain::method::find(id).expect("a registered method")
}

/// The largest difference of two slices as a share of the largest value in `truth`, or of 1 where that is smaller.
pub fn difference(found: &[f64], truth: &[f64]) -> f64 {
    assert_eq!(found.len(), truth.len());
    let size = truth.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
    found.iter().zip(truth).fold(0.0f64, |m, (a, b)| m.max((a - b).abs())) / size
}
