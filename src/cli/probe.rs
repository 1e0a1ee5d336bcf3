//! Three tiny models, one of each structure: what `candor methods` asks when no model is given.

use crate::base::Fingerprint;
use crate::data::{Input, InputKind};
use crate::model::linear::LinearForm;
use crate::model::trees::{Accumulate, Compare};
use crate::model::{Missing, Model, ModelCard, Node, Scale, Structure, TaskKind, Tree, TreeEnsemble};
use crate::num::MatrixView;

/// A model that has a structure and nothing to say.
pub struct Probe {
    card: ModelCard,
    shape: Shape,
}

enum Shape {
    Trees(TreeEnsemble),
    Linear(LinearForm),
    Opaque,
}

impl Probe {
    /// One probe of each structure, with the structure's name.
    pub fn all() -> Vec<(&'static str, Self)> {
        let probe = |shape| Self { card: card(), shape };
        vec![
            ("trees", probe(Shape::Trees(trees()))),
            ("linear", probe(Shape::Linear(linear()))),
            ("other", probe(Shape::Opaque)),
        ]
    }
}

impl Model for Probe {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, _rows: MatrixView<'_>, _scale: Scale, out: &mut [f64]) {
        out.fill(0.0);
    }

    fn structure(&self) -> Structure<'_> {
        match &self.shape {
            Shape::Trees(trees) => Structure::Trees(trees),
            Shape::Linear(form) => Structure::Linear(form),
            Shape::Opaque => Structure::Opaque,
        }
    }
}

fn card() -> ModelCard {
    ModelCard {
        name: "probe".to_owned(),
        path: None,
        sha256: Fingerprint::default(),
        bytes: 0,
        format: "none".to_owned(),
        library: None,
        algorithm: "none".to_owned(),
        objective: None,
        task: TaskKind::Regression,
        inputs: vec![Input { name: "x".to_owned(), kind: InputKind::Number }],
        outputs: vec!["y".to_owned()],
        classes: Vec::new(),
        native_scale: Scale::Target,
        log_odds: true,
        scales: vec![Scale::Target],
        steps: None,
        facts: Vec::new(),
        notes: Vec::new(),
    }
}

/// One tree that splits once.
fn trees() -> TreeEnsemble {
    let leaf = |value: u32| Node {
        feature: Node::LEAF,
        left: value,
        right: 0,
        set: Node::NUMERIC,
        threshold: 0.0,
        missing: Missing::Left,
        cover: 1.0,
    };
    let root = Node { feature: 0, left: 1, right: 2, cover: 2.0, ..leaf(0) };
    TreeEnsemble {
        trees: vec![Tree {
            nodes: vec![root, leaf(0), leaf(1)],
            leaf_values: vec![0.0, 1.0],
            output: Some(0),
            sets: Vec::new(),
        }],
        inputs: 1,
        base: vec![0.0],
        compare: Compare::LessEqualF64,
        accumulate: Accumulate::F64,
        divisor: 1.0,
    }
}

fn linear() -> LinearForm {
    LinearForm { weights: vec![1.0], intercept: vec![0.0] }
}
