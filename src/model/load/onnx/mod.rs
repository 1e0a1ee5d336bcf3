//! ONNX models of classic machine learning, as skl2onnx, onnxmltools and CatBoost export them, and networks on columns of
//! a table, as PyTorch exports them.
//!
//! `wire` and `proto` read the file, `model::onnx` computes the graph, `interface` and `meaning` say what its inputs and
//! outputs are. `lower` finds the trees or the linear form in it: `columns` follows the raw columns, `scores` the sums of
//! columns and trees, `composed` makes one structure of them. Convolutions, recurrent layers and gradients are absent.

mod columns;
mod composed;
mod interface;
mod lower;
mod lower_trees;
mod meaning;
mod predictor;
mod proto;
mod scores;
mod sums;
mod terms;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::base::{Entry, Task};
use crate::data::InputKind;
use crate::model::link::{LinkFunction, scales};
use crate::model::onnx::{Graph, GraphSpec, family};
use crate::model::{Model, ModelCard, ModelError, Scale, TaskKind};

use self::lower::{Lowered, Tail, lower};
use self::meaning::Meaning;
use self::predictor::{Inner, OnnxModel};
use self::wire::Message;
use super::{Loader, Origin};

/// The loader of ONNX files.
pub struct Onnx;

impl Entry for Onnx {
    fn id(&self) -> &'static str {
        "onnx"
    }

    fn title(&self) -> &'static str {
        "ONNX"
    }

    fn summary(&self) -> &'static str {
        "Models exported by skl2onnx, onnxmltools or CatBoost as .onnx"
    }
}

impl Loader for Onnx {
    fn endings(&self) -> &'static [&'static str] {
        &["onnx"]
    }

    fn recognises(&self, head: &[u8], path: &Path) -> bool {
        let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"));
        let mut fields = Message::of_file(head).fields();
        // Every exporter writes the version of the format first.
        let starts = fields
            .next()
            .is_some_and(|f| f.is_ok_and(|f| f.number == 1 && f.int().is_ok_and(|v| (1..=64).contains(&v))));
        if named || !starts {
            return starts;
        }
        // What follows must be the fields of a model until the head ends inside one of them.
        let last = fields.map_while(Result::ok).map(|f| f.number).last();
        let shape = head.get(2).is_some_and(|key| matches!(key, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42));
        shape && last.is_none_or(|number| matches!(number, 2..=8 | 14 | 20 | 25))
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        let file = proto::read(bytes)?;
        task.check()?;
        let (mut ports, batch) = interface::ports(&file.graph)?;
        check_operators(&file)?;
        let meaning = Meaning::find(&file.graph)?;
        let graph = Graph::build(&file.graph, std::slice::from_ref(&meaning.output), &[])?;
        task.check()?;
        interface::find_levels(&mut ports, &graph)?;
        let seen = meaning.probe(&graph, &ports, batch)?;
        let tail = Tail {
            shares: false,
            binary: seen.task == TaskKind::Binary,
            classes: seen.task.is_classification(),
            probable: seen.scale == Scale::Probability,
        };
        let lowered = lower(&graph, &ports, tail);
        let mut card = origin.card("ONNX", seen.task, LinkFunction::Identity);
        card.inputs = interface::inputs(&ports);
        card.outputs = seen.outputs;
        card.classes = seen.classes;
        card.notes = seen.notes;
        let mut opaque = card.clone();
        describe(&mut opaque, &file, None, seen.scale);
        describe(&mut card, &file, lowered.as_ref(), seen.scale);
        let (inner, link) = lowered.map_or((Inner::Opaque, LinkFunction::Identity), |l| (l.inner, l.link));
        let rows = meaning::made_up(&ports)?;
        let mut model = OnnxModel { card, graph, ports, batch, answer: seen.answer, scale: seen.scale, inner, link };
        if !model.agrees(rows.view().slice(0, seen.tried.min(rows.rows()))) {
            (model.card, model.inner, model.link) = (opaque, Inner::Opaque, LinkFunction::Identity);
        }
        Ok(Arc::new(model))
    }
}

/// Refuses a file with operators that are not known here, with all of them and the first node of each.
fn check_operators(file: &proto::File) -> Result<(), ModelError> {
    let mut missing: BTreeMap<String, String> = BTreeMap::new();
    let mut waiting: Vec<&GraphSpec> = vec![&file.graph];
    while let Some(graph) = waiting.pop() {
        for node in &graph.nodes {
            waiting.extend(node.graphs());
            if family(&node.domain, &node.operator).is_none() {
                let domain =
                    if node.domain.is_empty() { String::new() } else { format!(" of {}", proto::shown(&node.domain)) };
                let name =
                    if node.name.is_empty() { String::new() } else { format!(" “{}”", proto::shown(&node.name)) };
                let place = format!("node {}{name}", node.index);
                missing.entry(format!("{}{domain}", proto::shown(&node.operator))).or_insert(place);
            }
        }
    }
    let functions = file.functions.iter().map(|name| (proto::shown(name), "a function of the file".to_owned()));
    missing.extend(functions);
    if missing.is_empty() {
        return Ok(());
    }
    let has = |names: &[&str]| missing.keys().any(|key| names.iter().any(|name| key.starts_with(name)));
    let hint = if has(&["TfIdf", "Tokenizer", "StringNormalizer", "StringSplit", "StringConcat", "RegexFullMatch"]) {
        "Text is no column of a table: export the step behind the vectorizer alone and open the table of its features"
    } else if has(&["Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "LSTM", "GRU", "RNN", "Attention"]) {
        "Networks for images, texts and series do not open; those on columns of a table do"
    } else if has(&["QuantizeLinear", "DequantizeLinear", "MatMulInteger", "DynamicQuantizeLinear"]) {
        "Export the model before it is quantized, in float32"
    } else {
        "Export the model itself without custom steps, or save a tree model in its own format: \
         booster.save_model(\"model.json\") for XGBoost, \"model.txt\" for LightGBM"
    };
    let all: Vec<String> = missing.into_iter().map(|(name, place)| format!("{name} ({place})")).collect();
    Err(ModelError::Unsupported {
        what: format!("the graph uses operators that Candor does not compute: {}", all.join(", ")),
        hint: hint.to_owned(),
    })
}

fn describe(card: &mut ModelCard, file: &proto::File, lowered: Option<&Lowered>, answer: Scale) {
    card.library = (!file.producer.is_empty()).then(|| proto::shown(&file.producer));
    let operators: BTreeSet<&str> = file.graph.nodes.iter().map(|n| n.operator.as_str()).collect();
    card.algorithm = algorithm(&operators).to_owned();
    card.facts.push(("Nodes".to_owned(), file.graph.nodes.len().to_string()));
    (card.native_scale, card.scales) = (answer, vec![answer]);
    if answer == Scale::Target {
        card.scales.push(Scale::Margin);
    }
    let Some(lowered) = lowered else {
        card.notes.push(
            "The graph is not a single ensemble of trees or linear form on the raw columns, so exact methods for those do \
             not apply; sampled methods do"
                .to_owned(),
        );
        return;
    };
    if lowered.native == Scale::Margin && answer != Scale::Margin {
        (card.native_scale, card.scales) = scales(card.task, lowered.link);
    }
    for input in &lowered.codes {
        if let Some(input) = card.inputs.get_mut(*input) {
            input.kind = InputKind::Codes;
        }
    }
    if let Inner::Trees(ensemble) = &lowered.inner {
        let facts = [
            ("Trees", ensemble.trees.len()),
            ("Leaves", ensemble.leaf_count()),
            ("Deepest path", ensemble.deepest_path()),
        ];
        card.facts.extend(facts.map(|(name, value)| (name.to_owned(), value.to_string())));
        card.notes.push(
            "The file holds no row counts, so path-dependent attributions have no weights; interventional ones are exact"
                .to_owned(),
        );
    }
}

/// The kind of model in words, from the operators that only one kind has.
fn algorithm(operators: &BTreeSet<&str>) -> &'static str {
    let has = |name: &str| operators.iter().any(|o| o.starts_with(name));
    match () {
        () if has("TreeEnsemble") => "tree ensemble",
        () if has("SVM") => "support vector machine",
        () if has("TopK") => "nearest neighbours",
        () if has("LinearClassifier") => "linear classifier",
        () if has("LinearRegressor") => "linear regression",
        () => "graph of operators",
    }
}
