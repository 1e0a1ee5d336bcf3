//! CatBoost models, `.cbm` and `.json`: oblivious and other trees, numbers and categories.
//!
//! Splits on one category, or on a statistic of one categorical feature, are sets of categories, so such models are
//! ordinary trees. Statistics of combinations are computed as the library does (`combined`). Texts and embeddings are
//! refused.

mod asks;
mod binary;
mod combined;
mod ctr;
mod flat;
mod inputs;
mod json;
mod objective;
mod parts;
mod settings;
mod trees;

use std::path::Path;
use std::sync::Arc;

use crate::base::{Entry, Task};
use crate::model::tree_model::TreeModel;
use crate::model::{Model, ModelCard, ModelError, TreeEnsemble};

use self::combined::CombinedModel;
use self::inputs::Inputs;
use self::objective::Objective;
use self::parts::Parts;
use super::document::{At, Value, shown};
use super::foreign::contains;
use super::{Loader, OUTPUT_LIMIT, Origin, output_names};

/// The loader of CatBoost files.
pub struct CatBoost;

impl Entry for CatBoost {
    fn id(&self) -> &'static str {
        "catboost"
    }

    fn title(&self) -> &'static str {
        "CatBoost"
    }

    fn summary(&self) -> &'static str {
        "Models saved by CatBoost as .cbm or .json"
    }
}

impl Loader for CatBoost {
    fn endings(&self) -> &'static [&'static str] {
        &["cbm", "json"]
    }

    fn recognises(&self, head: &[u8], _path: &Path) -> bool {
        let fields = ["\"features_info\"", "\"ctr_data\"", "\"oblivious_trees\"", "\"catboost_version_info\""];
        let named = || fields.iter().any(|field| contains(head, field.as_bytes()));
        head.starts_with(binary::MAGIC) || (head.trim_ascii_start().starts_with(b"{") && named())
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        if bytes.starts_with(binary::MAGIC) {
            return build(binary::read(bytes, task)?, "CatBoost binary (cbm)", origin, task);
        }
        let document = Value::from_json(bytes)?;
        task.check()?;
        build(json::read(&At::root(&document), task)?, "CatBoost JSON", origin, task)
    }
}

/// The refusal of what texts and embeddings need.
fn refuse_texts(what: String) -> ModelError {
    ModelError::Unsupported {
        what,
        hint: "Texts and embeddings are computed by parts of CatBoost that Candor does not have; train without them: \
               drop text_features and embedding_features, or turn them into numbers first"
            .to_owned(),
    }
}

fn build(parts: Parts, format: &str, origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
    let loss = &parts.info.loss;
    let objective = objective::parse(loss).ok_or_else(|| ModelError::Unsupported {
        what: format!("the loss function “{}” is not known", shown(loss)),
        hint: "Its link function is unknown, so predictions could be wrong; train with one of CatBoost's own losses"
            .to_owned(),
    })?;
    let mut card = origin.card(format, objective.task, objective.link);
    let inputs = Inputs::new(&parts)?;
    card.inputs.clone_from(&inputs.inputs);
    name_outputs(&mut card, &parts)?;
    if let Some(asks) = inputs.exact(&parts, task)? {
        let ensemble = trees::ensemble(&parts, &asks, card.inputs.len(), task)?;
        describe(&mut card, &parts, objective, &ensemble);
        return Ok(Arc::new(TreeModel { card, ensemble, link: objective.link }));
    }
    let columns = parts.floats.len() + parts.one_hots.len() + parts.ctrs.len();
    let ensemble = trees::ensemble(&parts, &inputs.computed(&parts, task)?, columns, task)?;
    describe(&mut card, &parts, objective, &ensemble);
    card.notes.push(inputs.note(&parts));
    Ok(Arc::new(CombinedModel::new(card, ensemble, objective.link, (parts, inputs))?))
}

fn name_outputs(card: &mut ModelCard, parts: &Parts) -> Result<(), ModelError> {
    let (task, outputs) = (card.task, parts.outputs);
    if outputs > OUTPUT_LIMIT {
        return Err(ModelError::malformed("leaf values", format!("{outputs} outputs are too many")));
    }
    if task == crate::model::TaskKind::Binary && outputs != 1 {
        let reason = format!("a loss of two classes has one output, the leaves have {outputs} values");
        return Err(ModelError::malformed("leaf values", reason));
    }
    card.outputs = output_names(task, outputs);
    if parts.info.loss == "RMSEWithUncertainty" && outputs == 2 {
        card.outputs = vec!["mean".to_owned(), "log of the standard deviation".to_owned()];
    }
    if !task.is_classification() {
        return Ok(());
    }
    let known = &parts.info.classes;
    if known.len() == outputs.max(2) && known.iter().all(|name| !name.is_empty()) {
        card.classes.clone_from(known);
        card.outputs = if outputs == 1 { known.iter().skip(1).cloned().collect() } else { known.clone() };
    } else {
        card.notes.push("The file holds no class names".to_owned());
    }
    Ok(())
}

fn describe(card: &mut ModelCard, parts: &Parts, objective: Objective, ensemble: &TreeEnsemble) {
    let version = &parts.info.version;
    card.library = Some(if version.is_empty() { "CatBoost".to_owned() } else { version.clone() });
    card.algorithm = "gradient-boosted trees".to_owned();
    card.objective = Some(if parts.info.loss.is_empty() { "custom" } else { &parts.info.loss }.to_owned());
    let facts =
        [("Trees", ensemble.trees.len()), ("Leaves", ensemble.leaf_count()), ("Deepest path", ensemble.deepest_path())];
    card.facts.extend(facts.map(|(name, value)| (name.to_owned(), value.to_string())));
    card.facts.push(("Cover".to_owned(), "training weight".to_owned()));
    card.facts.extend(parts.info.learning_rate.map(|rate| ("Learning rate".to_owned(), rate.to_string())));
    card.notes.extend(objective.note.map(str::to_owned));
    if !parts.weighted && !parts.trees.is_empty() {
        card.notes.push("The file holds no leaf weights, so path-dependent attributions have no weights".to_owned());
    }
    if !parts.categories.is_empty() {
        card.notes.push(
            "A missing category counts as a text the model has never seen; CatBoost itself takes no missing categories"
                .to_owned(),
        );
    }
}
