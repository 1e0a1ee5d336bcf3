//! `candor inspect`: what a model, a table or a session is.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::base::{Problem, text};
use crate::data::{Dataset, TableProfile};
use crate::model::{Model, ModelCard, StepCard, Structure};
use crate::session::{self, Command};

use super::args::{Common, Inspect};
use super::contents::{session_json, session_text};
use super::desk::{Desk, Failure};
use super::print;

/// Features shown on screen; `--json` has all of them.
const SHOWN: usize = 40;

/// Says what the file is.
pub fn inspect(args: &Inspect, common: Common) -> Result<(), Failure> {
    if let Some(manifest) = session::describe(&args.file)? {
        return match common.json {
            true => print::put_json(&session_json(&manifest)?),
            false => print::put_text(&session_text(&manifest, &args.file)),
        };
    }
    let mut desk = Desk::new(common);
    desk.carry_out(Command::Open(args.file.clone()))?;
    let session = &desk.session;
    match (session.model(), session.data()) {
        (Some(model), _) if common.json => print::put_json(&model_json(&**model)?),
        (Some(model), _) => print::put_text(&model_text(&**model)),
        (None, Some(data)) => {
            let empty = TableProfile::default();
            let profile = session.profile().map_or(&empty, |p| &**p);
            if common.json {
                print::put_json(&table_json(data, profile)?)
            } else {
                print::put_text(&table_text(data, profile))
            }
        }
        (None, None) => Err(Failure::Refused(Problem::new(
            "Could not tell what the file is",
            args.file.display().to_string(),
            "Open a table or a model",
        ))),
    }
}

fn object(value: &impl serde::Serialize) -> Result<Map<String, Value>, Failure> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(Failure::Refused(Problem::new("Could not describe the file", "", "Leave --json out"))),
    }
}

/// The structure in one word.
fn structure(model: &dyn Model) -> &'static str {
    match model.structure() {
        Structure::Trees(_) => "trees",
        Structure::Linear(_) => "linear",
        Structure::Additive(_) => "additive",
        Structure::Products(_) => "products",
        Structure::Opaque => "opaque",
    }
}

fn model_json(model: &dyn Model) -> Result<Value, Failure> {
    let card = model.card();
    let mut all = Map::from_iter([("kind".to_owned(), Value::from("model"))]);
    all.extend(object(card)?);
    all.insert("structure".to_owned(), structure(model).into());
    if let Structure::Trees(trees) = model.structure() {
        all.insert("trees".to_owned(), trees.trees.len().into());
        all.insert("base".to_owned(), json!(trees.base));
    }
    // The words that scripts look for first, beside the card's own.
    all.insert("features".to_owned(), card.inputs.iter().map(|i| Value::from(i.name.as_str())).collect());
    all.insert("warnings".to_owned(), json!(card.notes));
    Ok(Value::Object(all))
}

fn model_text(model: &dyn Model) -> String {
    let card = model.card();
    let mut out = format!("{} · {} · {}\n", card.name, card.format, text::bytes(card.bytes));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            writeln!(out, "{name:<18}{value}").expect("writing to memory does not fail");
        }
    };
    line("algorithm", &card.algorithm);
    line("library", card.library.as_deref().unwrap_or_default());
    line("objective", card.objective.as_deref().unwrap_or_default());
    line("task", card.task.title());
    line("outputs", &card.outputs.join(", "));
    line("classes", &card.classes.join(", "));
    line("scales", &card.scales.iter().map(|s| s.id()).collect::<Vec<_>>().join(", "));
    for (name, value) in &card.facts {
        line(name, value);
    }
    line("SHA-256", &card.sha256.0);
    if let Some((steps, values)) = &card.steps {
        line("steps", &format!("in front of the estimator, which takes {}", text::counted(*values, "value")));
        for (depth, step) in StepCard::outline(steps) {
            line("", &format!("{:1$}{step}", "", 2 * depth));
        }
    }
    features(card, &mut out);
    for note in &card.notes {
        writeln!(out, "{:<18}{note}", "note").expect("writing to memory does not fail");
    }
    out
}

fn features(card: &ModelCard, out: &mut String) {
    let mut push = |text: String| writeln!(out, "{text}").expect("writing to memory does not fail");
    push(text::counted(card.inputs.len(), "feature"));
    for input in card.inputs.iter().take(SHOWN) {
        push(format!("  {} ({})", input.name, input.kind.words()));
    }
    if card.inputs.len() > SHOWN {
        push(format!("  and {} more; --json lists all", text::count(card.inputs.len() - SHOWN)));
    }
}

fn table_json(data: &Dataset, profile: &TableProfile) -> Result<Value, Failure> {
    let mut columns = Vec::with_capacity(data.columns().len());
    for (j, (column, role)) in data.columns().iter().zip(data.roles()).enumerate() {
        let mut entry = Map::from_iter([
            ("name".to_owned(), Value::from(&*column.name)),
            ("kind".to_owned(), json!(column.values.kind())),
            ("role".to_owned(), json!(role)),
        ]);
        if let Some(found) = profile.columns.get(j) {
            entry.extend(object(found)?);
        }
        columns.push(Value::Object(entry));
    }
    let mut all = Map::from_iter([("kind".to_owned(), Value::from("table"))]);
    all.extend(object(data.source())?);
    all.insert("rows".to_owned(), data.row_count().into());
    all.insert("columns".to_owned(), Value::Array(columns));
    all.insert("warnings".to_owned(), json!(data.source().notes));
    Ok(Value::Object(all))
}

fn table_text(data: &Dataset, profile: &TableProfile) -> String {
    let source = data.source();
    let size =
        format!("{} · {}", text::counted(data.row_count(), "row"), text::counted(data.columns().len(), "column"));
    let mut out = format!("{} · {} · {} · {size}\n", source.name, source.format, text::bytes(source.bytes));
    let mut push = |text: String| writeln!(out, "{text}").expect("writing to memory does not fail");
    let width = data.columns().iter().map(|c| c.name.chars().count()).max().unwrap_or(0).min(32);
    for (j, (column, role)) in data.columns().iter().zip(data.roles()).enumerate().take(SHOWN) {
        let name = text::shorten(&column.name, 32);
        let missing = profile.columns.get(j).filter(|p| p.missing > 0);
        let missing = missing.map_or_else(String::new, |p| format!(" · {} missing", text::count(p.missing)));
        push(format!("  {name:<width$}  {:<9} {:<11}{}", column.values.kind().title(), role.title(), missing));
    }
    if data.columns().len() > SHOWN {
        push(format!("  and {} more; --json lists all", text::count(data.columns().len() - SHOWN)));
    }
    push(format!("SHA-256 {}", source.sha256));
    for note in &source.notes {
        push(format!("note    {note}"));
    }
    out
}
