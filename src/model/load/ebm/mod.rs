//! Explainable boosting machines of InterpretML, saved with `to_json`.
//!
//! A term is a table of scores over the bins of its features. Such a table is exactly a small tree, so the model is a
//! sum of trees: the intercept first, because that is the order in which interpret adds, then the terms of the file.

mod features;
mod terms;

use std::path::Path;
use std::sync::Arc;

use crate::base::text::counted;
use crate::base::{Entry, Task};
use crate::model::link::LinkFunction;
use crate::model::tree_model::TreeModel;
use crate::model::trees::{Accumulate, Compare};
use crate::model::{Model, ModelCard, ModelError, Node, TaskKind, Tree, TreeEnsemble};

use self::terms::{Term, TermReader};
use super::document::{At, Value, shown};
use super::{Loader, Origin, output_names};

/// The loader of EBM files.
pub struct Ebm;

impl Entry for Ebm {
    fn id(&self) -> &'static str {
        "ebm"
    }

    fn title(&self) -> &'static str {
        "InterpretML EBM"
    }

    fn summary(&self) -> &'static str {
        "Explainable boosting machines saved by InterpretML as .json"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Nori, Jenkins, Koch and Caruana 2019, InterpretML"]
    }
}

impl Loader for Ebm {
    fn recognises(&self, head: &[u8], _path: &Path) -> bool {
        let table = head.trim_ascii_start().strip_prefix(b"{").unwrap_or_default();
        let key = b"\"ebm\"";
        let Some(at) = table.windows(key.len()).position(|w| w == key) else { return false };
        let after = table.get(at + key.len()..).unwrap_or_default().trim_ascii_start();
        let inside = after.strip_prefix(b":").unwrap_or_default().trim_ascii_start().strip_prefix(b"{");
        inside.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"outputs\""))
    }

    fn load(&self, bytes: &[u8], origin: &Origin, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
        let document = Value::from_json(bytes)?;
        task.check()?;
        let root = At::root(&document);
        let version = root.field("version")?;
        if version.text()? != "1.0" {
            return Err(ModelError::Unsupported {
                what: format!("the file has version “{}” of the EBM format", shown(version.text()?)),
                hint: "Save the model with to_json of interpret 0.6 or 0.7, which write version 1.0".to_owned(),
            });
        }
        read(&root.field("ebm")?, origin, task)
    }
}

/// What the only output of a file says.
struct Output {
    task: TaskKind,
    link: LinkFunction,
    name: &'static str,
    classes: Vec<String>,
}

fn read(ebm: &At<'_>, origin: &Origin, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
    let output = output(ebm)?;
    let intercept = intercept(ebm, &output)?;
    let features = features::read(ebm)?;
    // As for other formats: more words than any real model needs, far fewer than a hostile one asks for.
    let spare_words = (8 << 20) + (origin.bytes as usize).saturating_mul(8);
    let mut reader = TermReader::new(&features, intercept.len(), spare_words)?;
    let items: Vec<At<'_>> = ebm.field("terms")?.items()?.collect();
    task.begin("reading the terms", items.len() as u64);
    let mut terms = Vec::with_capacity(items.len());
    for item in &items {
        terms.push(reader.read(item)?);
        task.advance(1)?;
    }
    let mut card = origin.card("InterpretML EBM JSON", output.task, output.link);
    card.inputs = features.into_iter().map(|f| f.input).collect();
    describe(&mut card, ebm, output.name, &terms);
    card.outputs = match (output.task, output.classes.as_slice()) {
        (TaskKind::Binary, [_, positive]) => vec![positive.clone()],
        (TaskKind::Multiclass, classes) => classes.to_vec(),
        _ => output_names(output.task, intercept.len()),
    };
    card.classes = output.classes;
    let ensemble = TreeEnsemble {
        inputs: card.inputs.len(),
        base: vec![0.0; intercept.len()],
        trees: std::iter::once(constant(intercept)).chain(terms.into_iter().map(|t| t.tree)).collect(),
        compare: Compare::LessF64,
        accumulate: Accumulate::F64,
        divisor: 1.0,
    };
    Ok(Arc::new(TreeModel { card, ensemble, link: output.link }))
}

fn output(ebm: &At<'_>) -> Result<Output, ModelError> {
    let outputs = ebm.field("outputs")?;
    let all: Vec<At<'_>> = outputs.items()?.collect();
    let [one] = all.as_slice() else {
        return Err(outputs.refuse(format!("{} outputs are stored, expected one", all.len())));
    };
    let link = one.field("link")?;
    let logistic = LinkFunction::Sigmoid { slope: 1.0 };
    let (task, function, name) = match link.text()? {
        "logit" => (TaskKind::Binary, logistic, "logit"),
        "mlogit" => (TaskKind::Multiclass, LinkFunction::Softmax, "mlogit (softmax)"),
        "vlogit" => (TaskKind::Multiclass, logistic, "vlogit (each class by itself)"),
        "identity" => (TaskKind::Regression, LinkFunction::Identity, "identity"),
        "log" => (TaskKind::Count, LinkFunction::Exp, "log"),
        other => {
            return Err(ModelError::Unsupported {
                what: format!("the link “{}” is not supported", shown(other)),
                hint: "Train with two classes or more, or with a regression objective".to_owned(),
            });
        }
    };
    if let Some(parameter) = one.optional("link_param").filter(|p| !matches!(p.value, Value::Text(t) if t == "nan")) {
        return Err(parameter.refuse("this link has no parameter"));
    }
    let classes = match one.optional("classes") {
        Some(classes) => class_names(&classes)?,
        None => Vec::new(),
    };
    Ok(Output { task, link: function, name, classes })
}

fn class_names(at: &At<'_>) -> Result<Vec<String>, ModelError> {
    match at.value {
        Value::Integers(numbers) => Ok(numbers.iter().map(i64::to_string).collect()),
        Value::Reals(numbers) => Ok(numbers.iter().map(f64::to_string).collect()),
        _ => Ok(at.texts()?.into_iter().map(str::to_owned).collect()),
    }
}

fn intercept(ebm: &At<'_>, output: &Output) -> Result<Vec<f64>, ModelError> {
    let at = ebm.field("intercept")?;
    let values = at.reals()?.into_owned();
    let wanted = match output.task {
        TaskKind::Multiclass => output.classes.len(),
        _ => 1,
    };
    if values.len() != wanted || wanted == 0 {
        return Err(at.refuse(format!("{} values are stored, expected {wanted}", values.len())));
    }
    if output.task == TaskKind::Binary && output.classes.len() != 2 {
        return Err(ebm.field("outputs")?.refuse("the link logit needs two classes"));
    }
    match values.iter().find(|v| !v.is_finite()) {
        Some(value) => Err(at.refuse(format!("the intercept is {value}, expected a finite number"))),
        None => Ok(values),
    }
}

/// A tree of one leaf.
fn constant(values: Vec<f64>) -> Tree {
    Tree { nodes: vec![Node::BARE_LEAF], leaf_values: values, output: None, sets: Vec::new() }
}

fn describe(card: &mut ModelCard, ebm: &At<'_>, link: &str, terms: &[Term]) {
    let settings = ebm.optional("implementation_params");
    let setting = |key: &str| settings.as_ref()?.optional(key)?.text().ok().map(shown);
    let of = |features: usize| terms.iter().filter(|t| t.features.len() == features).count();
    let (single, pairs) = (of(1), of(2));
    card.library = Some("InterpretML".to_owned());
    card.algorithm = "explainable boosting machine".to_owned();
    card.objective = setting("objective");
    card.facts.extend([
        ("Terms".to_owned(), terms.len().to_string()),
        ("Single features".to_owned(), single.to_string()),
        ("Pairs".to_owned(), pairs.to_string()),
    ]);
    if single + pairs < terms.len() {
        card.facts.push(("Larger terms".to_owned(), (terms.len() - single - pairs).to_string()));
    }
    let bins = terms.iter().map(|t| t.tree.nodes.iter().filter(|n| n.is_leaf()).count()).sum::<usize>();
    card.facts.push(("Bins".to_owned(), bins.to_string()));
    card.facts.push(("Link".to_owned(), link.to_owned()));
    if terms.iter().all(|t| t.weighted) {
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
