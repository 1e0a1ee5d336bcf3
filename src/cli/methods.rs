//! `candor methods`: every method, its settings, what it supports.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::base::{Kind, Knob};
use crate::explain::{Explainer, METHODS, Support};
use crate::model::Model;
use crate::session::Command;

use super::args::{Common, Methods};
use super::desk::{Desk, Failure};
use super::print;
use super::probe::Probe;

/// Lists the methods, for the given model or for one model of each structure.
pub fn methods(args: &Methods, common: Common) -> Result<(), Failure> {
    let mut asked: Vec<(String, Arc<dyn Model>)> = Vec::new();
    match &args.model {
        Some(path) => {
            let mut desk = Desk::new(common);
            desk.carry_out(Command::OpenModel(path.clone()))?;
            asked.extend(desk.session.model().map(|m| (m.card().name.clone(), Arc::clone(m))));
        }
        None => asked
            .extend(Probe::all().into_iter().map(|(name, probe)| (name.to_owned(), Arc::new(probe) as Arc<dyn Model>))),
    }
    if common.json {
        return print::put_json(&METHODS.iter().map(|m| as_json(*m, &asked)).collect());
    }
    let text: String = METHODS.iter().map(|m| as_text(*m, &asked)).collect();
    print::put_text(&text)
}

fn as_json(method: &dyn Explainer, asked: &[(String, Arc<dyn Model>)]) -> Value {
    let supports: Map<String, Value> =
        asked.iter().map(|(name, model)| (name.clone(), Value::from(support(method, &**model)))).collect();
    json!({
        "id": method.id(),
        "title": method.title(),
        "summary": method.summary(),
        "sources": method.sources(),
        "needs_background": method.needs_background(),
        "needs_target": method.needs_truth(),
        "settings": method.knobs().iter().map(knob_json).collect::<Vec<_>>(),
        "supports": supports,
    })
}

fn support(method: &dyn Explainer, model: &dyn Model) -> String {
    match method.supports(model) {
        Support::Exact => "exact".to_owned(),
        Support::Estimate => "estimate".to_owned(),
        Support::No(reason) => format!("no: {reason}"),
    }
}

/// A declared setting as JSON.
pub fn knob_json(knob: &Knob) -> Value {
    let kind = match knob.kind {
        Kind::Count { .. } => "count",
        Kind::Real { .. } => "real",
        Kind::Choice { .. } => "choice",
        Kind::Switch { .. } => "switch",
    };
    json!({
        "id": knob.id,
        "label": knob.label,
        "help": knob.help,
        "type": kind,
        "default": knob.default(),
        "allowed": knob.range(),
    })
}

fn as_text(method: &dyn Explainer, asked: &[(String, Arc<dyn Model>)]) -> String {
    let mut out = format!("{}\n  {}: {}\n", method.id(), method.title(), method.summary());
    let mut push = |text: String| writeln!(out, "  {text}").expect("writing to memory does not fail");
    for (name, model) in asked {
        push(format!("{name:<11}{}", support(method, &**model)));
    }
    for knob in method.knobs() {
        push(format!("--set {}={} ({}): {}", knob.id, knob.default(), knob.range(), knob.help));
    }
    out.push('\n');
    out
}
