//! LightGBM models in text: every boosting type, file versions v2 to v4.

mod inputs;
mod linear;
mod objective;
mod text;
mod trees;

use std::path::Path;
use std::sync::Arc;

use crate::base::{Entry, Task};
use crate::model::tree_check::TreeRules;
use crate::model::tree_model::TreeModel;
use crate::model::trees::{Accumulate, Compare};
use crate::model::{Model, ModelCard, ModelError, TreeEnsemble};

use self::linear::LinearTreeModel;
use self::text::Parts;
use super::document::shown;
use super::{Loader, Origin, output_names};

/// The loader of LightGBM files.
pub struct LightGbm;

impl Entry for LightGbm {
    fn id(&self) -> &'static str {
        "lightgbm"
    }

    fn title(&self) -> &'static str {
        "LightGBM"
    }

    fn summary(&self) -> &'static str {
        "Boosters saved by LightGBM as .txt"
    }
}

impl Loader for LightGbm {
    fn endings(&self) -> &'static [&'static str] {
        &["txt"]
    }

    fn recognises(&self, head: &[u8], _path: &Path) -> bool {
        let rest = head.strip_prefix(b"tree").unwrap_or_default();
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        rest.strip_prefix(b"\n").is_some_and(|next| next.starts_with(b"version=") || next.starts_with(b"num_class="))
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        let text = String::from_utf8_lossy(bytes);
        let parts = text::split(&text)?;
        task.check()?;
        read(&parts, ("LightGBM text", 0), origin, task)
    }
}

/// Reads the text that a pickled booster keeps. Only `rounds` rounds predict, as in the scikit-learn wrapper after
/// early stopping; all of them when it is 0.
pub(super) fn read_pickled(
    text: &str,
    rounds: usize,
    origin: &Origin<'_>,
    task: &Task,
) -> Result<Arc<dyn Model>, ModelError> {
    read(&text::split(text)?, ("LightGBM in a pickle", rounds), origin, task)
}

fn read(
    parts: &Parts<'_>,
    (format, rounds): (&str, usize),
    origin: &Origin<'_>,
    task: &Task,
) -> Result<Arc<dyn Model>, ModelError> {
    let header = &parts.header;
    let line = header.optional("objective").unwrap_or("");
    let Some(objective) = objective::parse(line) else {
        return Err(ModelError::Unsupported {
            what: format!("the objective “{}” is not known", shown(line)),
            hint:
                "Its link function is unknown, so predictions could be wrong; train with one of LightGBM's objectives"
                    .to_owned(),
        });
    };
    let (inputs, note) = inputs::inputs(parts)?;
    let outputs = header.count("num_tree_per_iteration")?;
    if outputs == 0 || outputs > parts.trees.len().max(1) || !parts.trees.len().is_multiple_of(outputs) {
        let reason = format!("{outputs} trees per round do not fit {} trees", parts.trees.len());
        return Err(header.refuse("num_tree_per_iteration", reason));
    }
    let mut card = origin.card(format, objective.task, objective.link);
    card.inputs = inputs;
    card.notes.extend(note);
    card.notes.extend(objective.note.map(str::to_owned));
    card.outputs = output_names(card.task, outputs);
    card.objective = Some(if line.is_empty() { "custom" } else { line }.to_owned());

    let rules = TreeRules { inputs: card.inputs.len(), outputs, unreached: 0 };
    let (mut trees, mut leaves, mut counted) = (Vec::new(), Vec::new(), true);
    task.begin("reading the trees", parts.trees.len() as u64);
    let kept = if rounds == 0 { parts.trees.len() } else { rounds.saturating_mul(outputs) };
    for (t, block) in parts.trees.iter().enumerate().take(kept) {
        let tree = trees::read(block, (t % outputs) as u32, rules)?;
        // A tree of one leaf may lack its count; nothing is divided by it.
        counted &= tree.has_counts || tree.tree.nodes.len() == 1;
        trees.push(tree.tree);
        leaves.push(tree.linear);
        task.advance(1)?;
    }
    let averaged = header.optional("average_output").is_some() && !trees.is_empty();
    let ensemble = TreeEnsemble {
        divisor: if averaged { (trees.len() / outputs) as f64 } else { 1.0 },
        trees,
        inputs: rules.inputs,
        base: vec![0.0; outputs],
        compare: Compare::LessEqualF64,
        accumulate: Accumulate::F64,
    };
    let linear = leaves.iter().any(|l| !l.is_empty());
    describe(&mut card, &ensemble, parts, averaged);
    if !counted {
        card.notes.push("The file holds no row counts, so path-dependent attributions have no weights".to_owned());
    }
    if linear {
        card.algorithm = "gradient-boosted trees with linear leaves".to_owned();
        let note = "What a leaf adds depends on the row (leaves are linear), so the exact tree methods, which move \
            constants, do not apply; exact-shapley of few inputs and the sampled methods do";
        card.notes.push(note.to_owned());
        return Ok(Arc::new(LinearTreeModel { card, ensemble, leaves, link: objective.link }));
    }
    Ok(Arc::new(TreeModel { card, ensemble, link: objective.link }))
}

fn describe(card: &mut ModelCard, ensemble: &TreeEnsemble, parts: &Parts<'_>, averaged: bool) {
    let header = &parts.header;
    let setting = |name: &str| parts.settings.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    card.library = Some("LightGBM".to_owned());
    card.algorithm = match (averaged, setting("boosting")) {
        (true, _) => "random forest".to_owned(),
        (_, Some("dart")) => "gradient-boosted trees with dropout (DART)".to_owned(),
        _ => "gradient-boosted trees".to_owned(),
    };
    if averaged {
        card.notes.push(
            "A random forest: the margin shown is the mean over rounds, which the prediction is made of; \
             LightGBM's raw_score and pred_contrib give the sum instead"
                .to_owned(),
        );
    }
    if card.task.is_classification() {
        card.notes.push("The file holds no class names".to_owned());
    }
    let facts = [
        ("Trees", ensemble.trees.len()),
        ("Boosting rounds", ensemble.trees.len() / ensemble.outputs().max(1)),
        ("Leaves", ensemble.leaf_count()),
        ("Deepest path", ensemble.deepest_path()),
    ];
    card.facts.extend(facts.map(|(name, value)| (name.to_owned(), value.to_string())));
    card.facts.push(("Cover".to_owned(), "training rows".to_owned()));
    let stored = [("Learning rate", setting("learning_rate")), ("File version", header.optional("version"))];
    for (name, value) in stored {
        card.facts.extend(value.map(|v| (name.to_owned(), shown(v))));
    }
}
