//! Explainable boosting machines of InterpretML, saved with `to_json` or as pickles.
//!
//! A term is a table of scores over the bins of its features. Such a table is exactly a small tree, so the model is a
//! sum of trees: the intercept first, because that is the order in which interpret adds, then the terms of the file.

mod features;
mod model;
mod parts;
mod pickled;
mod table_tree;
mod terms;

use std::path::Path;
use std::sync::Arc;

use crate::base::{Entry, Task};
use crate::model::{Model, ModelError};

use self::parts::{Output, Parts};
use self::terms::TermReader;
use super::document::{At, Value, shown};
use super::{Loader, Origin, pickle};

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
    fn endings(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn recognises(&self, head: &[u8], _path: &Path) -> bool {
        let table = head.trim_ascii_start().strip_prefix(b"{").unwrap_or_default();
        let key = b"\"ebm\"";
        let Some(at) = table.windows(key.len()).position(|w| w == key) else { return false };
        let after = table.get(at + key.len()..).unwrap_or_default().trim_ascii_start();
        let inside = after.strip_prefix(b":").unwrap_or_default().trim_ascii_start().strip_prefix(b"{");
        inside.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"outputs\""))
    }

    fn load(&self, bytes: &[u8], origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
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

/// Reads what a pickled estimator keeps; `classes` are its class names.
pub(super) fn read_pickled(
    at: &pickle::At<'_>,
    classes: Vec<String>,
    charge: &pickled::Charge<'_>,
    origin: &Origin<'_>,
) -> Result<Arc<dyn Model>, ModelError> {
    let parts = pickled::read(at, classes, charge)?;
    Ok(Arc::new(model::assemble(parts, "InterpretML EBM in a pickle", origin)?))
}

fn read(ebm: &At<'_>, origin: &Origin<'_>, task: &Task) -> Result<Arc<dyn Model>, ModelError> {
    let output = output(ebm)?;
    let at = ebm.field("intercept")?;
    let intercept = at.reals()?.into_owned();
    output.check(&intercept).map_err(|reason| at.refuse(reason))?;
    let features = features::read(ebm)?;
    let reader = TermReader::new(&features, intercept.len())?;
    let items: Vec<At<'_>> = ebm.field("terms")?.items()?.collect();
    task.begin("reading the terms", items.len() as u64);
    let mut tables = Vec::with_capacity(items.len());
    for item in &items {
        tables.push(reader.read(item)?);
        task.advance(1)?;
    }
    let settings = ebm.optional("implementation_params");
    let objective = settings.and_then(|all| all.optional("objective")?.text().ok().map(shown));
    let parts = Parts { output, objective, intercept, features, tables };
    Ok(Arc::new(model::assemble(parts, "InterpretML EBM JSON", origin)?))
}

fn output(ebm: &At<'_>) -> Result<Output, ModelError> {
    let outputs = ebm.field("outputs")?;
    let all: Vec<At<'_>> = outputs.items()?.collect();
    let [one] = all.as_slice() else {
        return Err(outputs.refuse(format!("{} outputs are stored, expected one", all.len())));
    };
    let classes = match one.optional("classes") {
        Some(classes) => class_names(&classes)?,
        None => Vec::new(),
    };
    let link = one.field("link")?;
    let output = Output::of_link(link.text()?, classes)
        .ok_or_else(|| parts::unknown_link(&shown(link.text().unwrap_or_default())))?;
    if let Some(parameter) = one.optional("link_param").filter(|p| !matches!(p.value, Value::Text(t) if t == "nan")) {
        return Err(parameter.refuse("this link has no parameter"));
    }
    Ok(output)
}

fn class_names(at: &At<'_>) -> Result<Vec<String>, ModelError> {
    match at.value {
        Value::Flags(flags) => {
            Ok(flags.iter().map(|flag| if *flag == 0 { "False" } else { "True" }.to_owned()).collect())
        }
        Value::Integers(numbers) => Ok(numbers.iter().map(i64::to_string).collect()),
        Value::Reals(numbers) => Ok(numbers.iter().map(f64::to_string).collect()),
        _ => Ok(at.texts()?.into_iter().map(str::to_owned).collect()),
    }
}
