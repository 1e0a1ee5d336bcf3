//! XGBoost models in JSON, UBJSON and the old binary format: gbtree, DART and gblinear, versions 0.9 to 3.4.

mod inputs;
mod legacy;
mod objective;
mod trees;

use std::path::Path;
use std::sync::Arc;

use crate::base::{Entry, Task};
use crate::model::linear::LinearModel;
use crate::model::tree_model::TreeModel;
use crate::model::trees::{Accumulate, Compare};
use crate::model::{LinearForm, Model, ModelCard, ModelError, TaskKind, TreeEnsemble};

use self::objective::Objective;
use super::document::{At, Value, shown};
use super::foreign::contains;
use super::{Loader, OUTPUT_LIMIT, Origin, output_names};

/// Parts of a tree that no prediction or explanation needs, half of a file.
const UNREAD: [&str; 3] = ["base_weights", "loss_changes", "parents"];
/// Where the trees stand; DART wraps them once more, which is looked at first.
const PATHS: [&[&str]; 2] =
    [&["learner", "gradient_booster", "gbtree", "model", "trees"], &["learner", "gradient_booster", "model", "trees"]];

/// Said of categories in files of old versions.
const OLD_CODES: &str = "XGBoost 1.6 sends a negative category code, and one beyond those of a split, in the default \
    direction, as here; other versions send it left";

/// The loader of XGBoost files.
pub struct Xgboost;

impl Entry for Xgboost {
    fn id(&self) -> &'static str {
        "xgboost"
    }

    fn title(&self) -> &'static str {
        "XGBoost"
    }

    fn summary(&self) -> &'static str {
        "Boosters saved by XGBoost as .json, .ubj or in its old binary format"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["XGBoost documentation, Introduction to Model IO"]
    }
}

impl Loader for Xgboost {
    fn endings(&self) -> &'static [&'static str] {
        &["json", "ubj", "model", "bin"]
    }

    fn recognises(&self, head: &[u8], _path: &Path) -> bool {
        if legacy::recognises(head) {
            return true;
        }
        let start = head.trim_ascii_start();
        let table = start.strip_prefix(b"{").unwrap_or_default();
        let Some(at) = table.windows(7).position(|w| w == b"learner") else { return false };
        // In JSON `"learner": {`, in UBJSON the key is followed by `{` at once.
        let after = table.get(at + 7..).unwrap_or_default();
        let after = after.strip_prefix(b"\"").map_or(after, |rest| {
            let rest = rest.trim_ascii_start();
            rest.strip_prefix(b":").unwrap_or_default().trim_ascii_start()
        });
        after.starts_with(b"{") && !contains(start.get(..at).unwrap_or_default(), b"candor-model")
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        let (mut document, kind) = document(bytes, Vec::new())?;
        let trees = PATHS.iter().find_map(|path| document.take_list(path)).unwrap_or_default();
        task.check()?;
        read((&At::root(&document), trees), (kind, Rounds::All), origin, task)
    }
}

/// The document in any of the forms, and its name. The binary format has no input names, but a pickle may have.
fn document(bytes: &[u8], names: Vec<String>) -> Result<(Value, &'static str), ModelError> {
    let start = bytes.trim_ascii_start();
    match (start.first(), start.get(1)) {
        (Some(b'{'), Some(second)) if *second == b'"' || second.is_ascii_whitespace() => {
            Ok((most(|unread| Value::from_json_without(bytes, unread))?, "XGBoost JSON"))
        }
        (Some(b'{'), _) => Ok((most(|unread| Value::from_ubjson_without(bytes, unread))?, "XGBoost UBJSON")),
        _ => Ok((legacy::read(bytes, names)?, "XGBoost binary")),
    }
}

/// What `parse` gives without the names to leave out, and that which predictions need.
fn most(parse: impl Fn(&[&str]) -> Result<Value, ModelError>) -> Result<Value, ModelError> {
    let most = parse(&UNREAD)?;
    // Rare trees keep their leaves in what is passed over.
    if lacks_leaves(&most) { parse(&UNREAD[1..]) } else { Ok(most) }
}

fn lacks_leaves(document: &Value) -> bool {
    let below = |path: &[&str]| path.iter().try_fold(At::root(document), |at, key| at.optional(key));
    let trees = PATHS.iter().find_map(|path| below(path).or_else(|| below(&[&["Model"], *path].concat())));
    let first = trees.and_then(|trees| trees.items().ok()?.next());
    first.is_some_and(|tree| trees::has_weights_in_nodes(&tree))
}

/// Which rounds predict when early stopping marked one as best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounds {
    /// All of them, as `Booster.predict` does.
    All,
    /// Those up to the best one, as the scikit-learn wrapper does.
    UpToBest,
}

/// Reads what a pickled booster keeps: its settings beside the model, in any of the forms. `names` are the input names
/// that the estimator knows, for forms without them.
pub(super) fn read_pickled(
    bytes: &[u8],
    (rounds, names): (Rounds, Vec<String>),
    origin: &Origin<'_>,
    task: &Task,
) -> Result<Arc<dyn Model>, ModelError> {
    let (mut document, _form) = document(bytes, names)?;
    let take = |path: &&[&str]| document.take_list(&[&["Model"], *path].concat()).or_else(|| document.take_list(path));
    let trees = PATHS.iter().find_map(take).unwrap_or_default();
    let root = At::root(&document);
    let model = root.optional("Model").unwrap_or(root);
    read((&model, trees), ("XGBoost in a pickle", rounds), origin, task)
}

/// The parts of a file that every booster has.
struct Learner<'d> {
    at: At<'d>,
    objective: Objective,
    base: Vec<f64>,
    inputs: usize,
    version: Option<[i64; 3]>,
}

impl Learner<'_> {
    /// Whether codes that a split does not know go where missing values go: the rule of 1.6, before and after which
    /// they went left.
    fn unknown_by_default(&self) -> bool {
        matches!(self.version, Some([1, 6, _]))
    }
}

fn read(
    (root, trees): (&At<'_>, Vec<Value>),
    (format, rounds): (&str, Rounds),
    origin: &Origin<'_>,
    task: &Task,
) -> Result<Arc<dyn Model>, ModelError> {
    let learner = learner(root, origin)?;
    let mut card = origin.card(format, learner.objective.task, learner.objective.link);
    describe(&mut card, &learner)?;
    let booster = learner.at.field("gradient_booster")?;
    // DART wraps the trees once more up to 3.3; 3.4 puts its weights beside the trees.
    let name = booster.field("name")?.text()?.to_owned();
    let inner = booster.optional("gbtree");
    let model = inner.as_ref().unwrap_or(&booster).field("model")?;
    let (names, named) = inputs::names(&learner.at, learner.inputs)?;
    if !named {
        card.notes.push("The file holds no input names; columns are matched to f0, f1 and so on".to_owned());
    }
    card.inputs = inputs::inputs(names, &learner.at, &model)?;
    match name.as_str() {
        "gbtree" | "dart" => {
            let weights = booster.optional("weight_drop").or_else(|| model.optional("weight_drop"));
            let mut ensemble = ensemble(&learner, (&model, trees), weights.as_ref(), (origin, task))?;
            if rounds == Rounds::UpToBest {
                keep_best(&mut ensemble, &learner, &model, &mut card)?;
            }
            describe_trees(&mut card, &ensemble, (&model, rounds), &learner)?;
            inputs::mark_codes(&mut card.inputs, &ensemble);
            if learner.unknown_by_default() && ensemble.trees.iter().any(|tree| !tree.sets.is_empty()) {
                card.notes.push(OLD_CODES.to_owned());
            }
            card.algorithm = match weights {
                Some(_) => "gradient-boosted trees with dropout (DART)".to_owned(),
                None => "gradient-boosted trees".to_owned(),
            };
            Ok(Arc::new(TreeModel { card, ensemble, link: learner.objective.link }))
        }
        "gblinear" => {
            let form = linear(&learner, &model)?;
            card.algorithm = "boosted linear model".to_owned();
            Ok(Arc::new(LinearModel { card, form, link: learner.objective.link, arithmetic: Accumulate::F32 }))
        }
        other => Err(ModelError::Unsupported {
            what: format!("the booster “{}” is not known", shown(other)),
            hint: "Train with booster gbtree, dart or gblinear".to_owned(),
        }),
    }
}

fn learner<'d>(root: &At<'d>, origin: &Origin<'_>) -> Result<Learner<'d>, ModelError> {
    let version = root.optional("version").and_then(|v| v.integers().ok().and_then(|v| v.try_into().ok()));
    let at = root.field("learner")?;
    let param = at.field("learner_model_param")?;
    let optional = |key: &str| param.optional(key).map_or(Ok(0), |value| value.count());
    let outputs = optional("num_class")?.max(optional("num_target")?).max(1);
    if outputs > OUTPUT_LIMIT || outputs as u64 > origin.bytes {
        return Err(param.refuse(format!("{outputs} outputs are announced, more than the file can hold")));
    }
    let named = at.field("objective")?.field("name")?;
    let Some(objective) = objective::find(named.text()?) else {
        return Err(ModelError::Unsupported {
            what: format!("the objective “{}” is not known", shown(named.text()?)),
            hint: "Its link function is unknown, so predictions could be wrong; train with one of XGBoost's objectives"
                .to_owned(),
        });
    };
    let clamped = version.is_none_or(|v: [i64; 3]| v >= [3, 2, 0]);
    // Before 1.0 the margin itself was stored.
    let rule = if version.is_some_and(|v| v < [1, 0, 0]) { objective.of_margins() } else { objective };
    let base = match param.optional("base_score") {
        Some(score) => rule.base_margins(&score, outputs, clamped)?,
        None => return Err(param.refuse("base_score is missing")),
    };
    let inputs = param.field("num_feature")?.count()?;
    Ok(Learner { at, objective, base, inputs, version })
}

fn ensemble(
    learner: &Learner<'_>,
    (model, values): (&At<'_>, Vec<Value>),
    weights: Option<&At<'_>>,
    (origin, task): (&Origin<'_>, &Task),
) -> Result<TreeEnsemble, ModelError> {
    let all = model.field("trees")?;
    let groups = model.field("tree_info")?;
    let output_of = groups.integers()?;
    let weight_of = match weights {
        Some(weights) => Some((weights, weights.reals()?)),
        None => None,
    };
    // The list itself was taken out; anything else in its place is refused here.
    if all.items()?.next().is_some() {
        return Err(all.refuse("the trees stand in two places of the file"));
    }
    let count = values.len();
    if output_of.len() != count {
        return Err(groups.refuse(format!("{} entries for {count} trees", output_of.len())));
    }
    if let Some((weights, values)) = weight_of.as_ref().filter(|(_, values)| values.len() != count) {
        return Err(weights.refuse(format!("{} weights for {count} trees", values.len())));
    }
    // 64 MiB and eight words per byte of the file: more than any real model, far less than a hostile one asks for.
    let spare_words = (8 << 20) + (origin.bytes as usize).saturating_mul(8);
    let unknown_by_default = learner.unknown_by_default();
    let (inputs, outputs) = (learner.inputs, learner.base.len());
    let mut reader = trees::TreeReader { inputs, outputs, spare_words, unknown_by_default };
    let mut trees = Vec::with_capacity(count);
    task.begin("reading the trees", count as u64);
    // Each tree of the document is dropped as soon as it is read: a large file is never in memory three times.
    for (t, (value, output)) in values.into_iter().zip(output_of).enumerate() {
        let item = At { value: &value, place: format!("{}[{t}]", all.place) };
        let weight = weight_of.as_ref().and_then(|(_, w)| w.get(t)).map_or(1.0, |w| *w as f32);
        trees.push(reader.read(&item, *output, weight)?);
        task.advance(1)?;
    }
    Ok(TreeEnsemble {
        trees,
        inputs: learner.inputs,
        base: learner.base.clone(),
        compare: Compare::LessF32,
        accumulate: Accumulate::F32,
        divisor: 1.0,
    })
}

fn linear(learner: &Learner<'_>, model: &At<'_>) -> Result<LinearForm, ModelError> {
    let at = model.field("weights")?;
    let weights = at.reals()?;
    let outputs = learner.base.len();
    let wanted = learner.inputs.checked_add(1).and_then(|n| n.checked_mul(outputs));
    if wanted != Some(weights.len()) {
        let reason = format!("{} weights for {} inputs and {outputs} outputs", weights.len(), learner.inputs);
        return Err(at.refuse(reason));
    }
    if let Some(place) = weights.iter().position(|w| !w.is_finite()) {
        return Err(at.refuse(format!("weight {place} is not finite")));
    }
    let (weights, biases) = weights.split_at(weights.len() - outputs);
    let intercept = biases.iter().zip(&learner.base).map(|(b, base)| f64::from(*b as f32 + *base as f32));
    Ok(LinearForm { weights: weights.to_vec(), intercept: intercept.collect() })
}

fn describe(card: &mut ModelCard, learner: &Learner<'_>) -> Result<(), ModelError> {
    let outputs = learner.base.len();
    let named = learner.at.field("objective")?;
    card.library = Some(match learner.version {
        Some([0, ..]) => "XGBoost before 1.0".to_owned(),
        Some([major, minor, patch]) => format!("XGBoost {major}.{minor}.{patch}"),
        None => "XGBoost".to_owned(),
    });
    card.objective = Some(named.field("name")?.text()?.to_owned());
    card.outputs = match named.optional("quantile_loss_param").and_then(|p| p.optional("quantile_alpha")) {
        Some(alphas) => quantiles(alphas.text()?, outputs),
        None => output_names(card.task, outputs),
    };
    card.notes.extend(learner.objective.note.map(str::to_owned));
    if learner.version.is_some_and(|version| version < [1, 3, 0]) {
        let note = "XGBoost up to 1.2 adds the base score behind the trees, every later version in front of them, as here; \
            the last digits of its own predictions differ";
        card.notes.push(note.to_owned());
    }
    if card.task.is_classification() {
        card.notes.push("The file holds no class names".to_owned());
    }
    let margin_base: Vec<String> = learner.base.iter().take(8).map(f64::to_string).collect();
    card.facts.push(("Base margin".to_owned(), margin_base.join(", ")));
    Ok(())
}

fn quantiles(text: &str, outputs: usize) -> Vec<String> {
    let alphas = text.trim_start_matches(['[', '(']).trim_end_matches([']', ')', ',']).split(',');
    let alphas: Vec<f64> = alphas.filter_map(|a| a.trim().parse::<f32>().ok()?.to_string().parse().ok()).collect();
    match alphas.len() == outputs {
        true => alphas.iter().map(|a| format!("quantile {a}")).collect(),
        false => output_names(TaskKind::Regression, outputs),
    }
}

fn describe_trees(
    card: &mut ModelCard,
    ensemble: &TreeEnsemble,
    (model, kept): (&At<'_>, Rounds),
    learner: &Learner<'_>,
) -> Result<(), ModelError> {
    let rounds = match model.optional("iteration_indptr") {
        Some(starts) if kept == Rounds::All => starts.integers()?.len().saturating_sub(1),
        _ => ensemble.trees.len() / trees_per_round(ensemble, model)?,
    };
    for (name, value) in [
        ("Trees", ensemble.trees.len()),
        ("Boosting rounds", rounds),
        ("Leaves", ensemble.leaf_count()),
        ("Deepest path", ensemble.deepest_path()),
    ] {
        card.facts.push((name.to_owned(), value.to_string()));
    }
    if ensemble.trees.iter().any(|tree| tree.nodes.len() > 1 && tree.nodes.first().is_some_and(|n| n.cover == 0.0)) {
        card.notes.push("The file holds no hessians, so path-dependent attributions have no weights".to_owned());
    } else {
        card.facts.push(("Cover".to_owned(), "sum of hessians of the training rows".to_owned()));
    }
    if let Some(best) = best_rounds(learner).filter(|best| *best < rounds) {
        card.notes.push(format!(
            "Early stopping kept {best} of {rounds} rounds as best; all rounds are used, as Booster.predict does, \
             while the scikit-learn wrapper uses the best ones only"
        ));
    }
    Ok(())
}

/// Rounds up to the best one, when early stopping marked it.
fn best_rounds(learner: &Learner<'_>) -> Option<usize> {
    let best = learner.at.optional("attributes").and_then(|a| a.optional("best_iteration"))?;
    best.count().ok()?.checked_add(1)
}

fn trees_per_round(ensemble: &TreeEnsemble, model: &At<'_>) -> Result<usize, ModelError> {
    let parallel = model.optional("gbtree_model_param").and_then(|p| p.optional("num_parallel_tree"));
    let parallel = parallel.map_or(Ok(1), |p| p.count())?.max(1);
    let vector = ensemble.trees.first().is_some_and(|tree| tree.output.is_none());
    Ok(parallel.saturating_mul(if vector { 1 } else { ensemble.outputs() }).max(1))
}

/// Drops the trees behind the best round.
fn keep_best(
    ensemble: &mut TreeEnsemble,
    learner: &Learner<'_>,
    model: &At<'_>,
    card: &mut ModelCard,
) -> Result<(), ModelError> {
    let Some(best) = best_rounds(learner) else { return Ok(()) };
    let (all, kept) = (ensemble.trees.len(), best.saturating_mul(trees_per_round(ensemble, model)?));
    ensemble.trees.truncate(kept);
    if kept < all {
        card.notes.push(format!("Early stopping: the first {best} rounds predict, as in the scikit-learn wrapper"));
    }
    Ok(())
}
