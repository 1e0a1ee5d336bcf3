//! An EBM made ready: its terms as tables for plots and as trees for everything else.

use std::sync::Arc;

use crate::base::text::counted;
use crate::model::load::native::NativeBody;
use crate::model::term::{Axis, Bins, Term};
use crate::model::tree_check::TreeRules;
use crate::model::tree_model::TreeModel;
use crate::model::trees::{Accumulate, Compare};
use crate::model::{Model, ModelCard, ModelError, Node, Scale, Structure, TaskKind, Tree, TreeEnsemble};
use crate::num::MatrixView;

use super::super::{Origin, output_names};
use super::parts::{Feature, Parts, Table, reachable};
use super::table_tree::TreeMaker;

/// A sum of trees that also knows the tables they stand for.
pub struct EbmModel {
    trees: TreeModel,
    terms: Vec<Term>,
}

impl Model for EbmModel {
    fn card(&self) -> &ModelCard {
        &self.trees.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.trees.predict(rows, scale, out);
    }

    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.trees.predict_f64(rows, scale, out);
    }

    fn structure(&self) -> Structure<'_> {
        self.trees.structure()
    }

    fn terms(&self) -> Option<&[Term]> {
        Some(&self.terms)
    }

    fn portable(&self) -> Option<NativeBody> {
        self.trees.portable()
    }
}

/// Makes the model. The lengths of all tables fit the bins of their features.
pub fn assemble(parts: Parts, format: &str, origin: &Origin<'_>) -> Result<EbmModel, ModelError> {
    let Parts { output, objective, intercept, features, tables } = parts;
    let rules = TreeRules { inputs: features.len(), outputs: intercept.len(), unreached: 0 };
    // As for other formats: more words than any real model needs, far fewer than a hostile one asks for.
    let spare_words = (8 << 20) + (origin.bytes as usize).saturating_mul(8);
    let mut maker = TreeMaker { rules, spare_words };
    let mut trees = Vec::with_capacity(tables.len() + 1);
    let mut terms = Vec::with_capacity(tables.len());
    let outputs = intercept.len();
    trees.push(constant(intercept));
    for table in tables {
        let axes = axes(&features, &table)?;
        let bins: Vec<(u32, &Bins)> = axes.iter().map(|axis| (axis.input as u32, &*axis.bins)).collect();
        trees.push(maker.tree(&bins, &table)?);
        terms.push(Term { axes, outputs, scores: table.scores, deviations: table.deviations, weights: table.weights });
    }
    let mut card = origin.card(format, output.task, output.link);
    card.inputs = features.into_iter().map(|f| f.input).collect();
    card.objective = objective;
    describe(&mut card, output.name, &terms);
    card.outputs = match (output.task, output.classes.as_slice()) {
        (TaskKind::Binary, [_, positive]) => vec![positive.clone()],
        (TaskKind::Multiclass, classes) => classes.to_vec(),
        _ => output_names(output.task, outputs),
    };
    card.classes = output.classes;
    let ensemble = TreeEnsemble {
        inputs: card.inputs.len(),
        base: vec![0.0; outputs],
        trees,
        compare: Compare::LessF64,
        accumulate: Accumulate::F64,
        divisor: 1.0,
    };
    Ok(EbmModel { trees: TreeModel { card, ensemble, link: output.link }, terms })
}

fn axes(features: &[Feature], table: &Table) -> Result<Vec<Axis>, ModelError> {
    let axis = |input: &usize| {
        let feature = features.get(*input)?;
        let bins = Arc::clone(feature.bins(table.features.len())?);
        Some(Axis { input: *input, bins, range: feature.range })
    };
    let missing = || ModelError::malformed(&table.place, "the file holds no bins for one of the features");
    table.features.iter().map(|input| axis(input).ok_or_else(missing)).collect()
}

/// A tree of one leaf.
fn constant(values: Vec<f64>) -> Tree {
    Tree { nodes: vec![Node::BARE_LEAF], leaf_values: values, output: None, sets: Vec::new() }
}

fn describe(card: &mut ModelCard, link: &str, terms: &[Term]) {
    let of = |features: usize| terms.iter().filter(|t| t.axes.len() == features).count();
    let (single, pairs) = (of(1), of(2));
    card.library = Some("InterpretML".to_owned());
    card.algorithm = "explainable boosting machine".to_owned();
    card.facts.extend([
        ("Terms".to_owned(), terms.len().to_string()),
        ("Single features".to_owned(), single.to_string()),
        ("Pairs".to_owned(), pairs.to_string()),
    ]);
    if single + pairs < terms.len() {
        card.facts.push(("Larger terms".to_owned(), (terms.len() - single - pairs).to_string()));
    }
    let bins = |axis: &Axis| reachable(&axis.bins);
    let bins: usize = terms.iter().map(|t| t.axes.iter().map(bins).product::<usize>()).sum();
    card.facts.push(("Bins".to_owned(), bins.to_string()));
    card.facts.push(("Link".to_owned(), link.to_owned()));
    if terms.iter().all(|t| t.weights.is_some()) {
        card.facts.push(("Cover".to_owned(), "training weight of every bin".to_owned()));
    } else {
        let note = "The file holds no bin weights, so path-dependent attributions have no weights; save it with \
            to_json(file, detail=\"interpretable\")";
        card.notes.push(note.to_owned());
    }
    card.notes.push(format!(
        "The model explains itself: the prediction is the intercept plus one score for each of its {}",
        counted(terms.len(), "term")
    ));
    if pairs > 0 {
        card.notes.push(
            "Path-dependent attributions ask the features of a pair in the order of the file; against a background \
             the order makes no difference"
                .to_owned(),
        );
    }
}
