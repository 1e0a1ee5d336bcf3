//! What a session file holds, read from its manifest alone: nothing it refers to is opened.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::base::text;
use crate::session::Manifest;
use crate::session::document::FileRef;

use super::desk::Failure;

/// For scripts.
pub fn session_json(manifest: &Manifest) -> Result<Value, Failure> {
    let document = &manifest.document;
    Ok(json!({
        "kind": "session",
        "version": manifest.version,
        "program": manifest.program,
        "table": document.table,
        "model": document.model,
        "challenger": document.challenger,
        "what_if": document.what_if,
        "decisions": document.decisions,
        "answers": manifest.answers,
    }))
}

/// For people.
pub fn session_text(manifest: &Manifest, path: &Path) -> String {
    let document = &manifest.document;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut out = format!("{name} · Candor session, version {} · Candor {}\n", manifest.version, manifest.program);
    let mut line = |name: &str, value: &str| {
        writeln!(out, "{name:<18}{value}").expect("writing to memory does not fail");
    };
    if let Some(table) = &document.table {
        line("table", &format!("{} · {}", file(&table.file, false), text::counted(table.columns.len(), "column")));
        line("", &format!("SHA-256 {}", table.file.sha256));
    }
    for (name, model) in [("model", &document.model), ("challenger", &document.challenger)] {
        let Some(model) = model else { continue };
        line(name, &file(&model.file, model.trained));
        line("", &format!("SHA-256 {}", model.file.sha256));
    }
    let decisions = &document.decisions;
    line("method", &decisions.plan.method);
    if let Some(query) = &decisions.plan.background_where {
        line("reference set", query);
    }
    for cohort in decisions.cohorts.iter() {
        let rows = cohort.rows.as_ref().map(|rows| text::counted(rows.len(), "row"));
        line("cohort", &format!("{} · {}", cohort.name, cohort.query.clone().or(rows).unwrap_or_default()));
    }
    line("seed", &decisions.plan.seed.0.to_string());
    line("threshold", &text::number(decisions.threshold));
    let edited = &document.what_if;
    if !edited.is_empty() {
        let changed = edited.now.iter().zip(edited.start.iter()).filter(|(a, b)| !a.is_same(b)).count();
        line("what-if", &format!("{} · {} changed", edited.name, text::counted(changed, "value")));
    }
    for pin in &edited.pins {
        line("pinned", &pin.name);
    }
    if let Some(rows) = &decisions.selection {
        line("selected", &text::counted(rows.len(), "row"));
    }
    line("answers", &text::count(manifest.answers));
    out
}

fn file(file: &FileRef, trained: bool) -> String {
    let place = match (&file.sample, &file.path) {
        _ if trained => "trained in Candor, held in the session".to_owned(),
        _ if file.copied => "a copy is held in the session".to_owned(),
        (Some(sample), _) => format!("of the bundled sample {sample}"),
        (None, Some(path)) => format!("referred to at {path}"),
        (None, None) => "without a file".to_owned(),
    };
    format!("{} · {} · {place}", file.name, text::bytes(file.bytes))
}
