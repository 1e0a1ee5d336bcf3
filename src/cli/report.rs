//! `candor report` and `candor verify`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::base::{Problem, RowId, text};
use crate::data::Role;
use crate::data::read::ReadOptions;
use crate::explain::Shape;
use crate::report::{ReportPlan, SECTIONS, Verdict, compare, section};
use crate::session::{Command, Export, Plan, RowChoice};

use super::args::{Common, Report, Verify};
use super::desk::{Desk, Failure};
use super::destination::Destination;
use super::{explain, print};

/// Writes a report.
pub fn report(args: &Report, common: Common) -> Result<(), Failure> {
    let destination = Destination::new(&args.out, if common.json { "json" } else { "html" })?;
    check_ending(destination.path())?;
    let sections = sections(&args.template)?;
    let (how, _) = explain::without_error_switch(&args.how)?;
    let shape = explain::shape(how.method());
    if shape != Shape::Attribution {
        return Err(Failure::Usage(Problem::new(
            format!("A report is made of attributions, and {} gives {}", how.method(), shape.noun()),
            "--method",
            "Leave --method out, or take a method that attributes; candor methods lists them",
        )));
    }
    let (second, needed) = (args.with.as_deref(), comparing(&sections));
    let mut desk = Desk::of_two(common, second, &args.inputs, needed.as_deref())?;
    explain::open(&mut desk, &args.inputs, &how)?;
    explain::settle(&mut desk, &how, Shape::Attribution)?;
    if let Some(threshold) = args.threshold {
        desk.carry_out(Command::SetThreshold(threshold))?;
    }
    desk.open_second(second, needed.as_deref())?;
    explain::answer(&mut desk, &how)?;
    if desk.session.performance().is_some() && desk.session.answer(Shape::Importance).is_none() {
        desk.carry_out(Command::ask(Shape::Importance))?;
    }
    explain::warn_of_link(&desk);
    let defaults = ReportPlan::default();
    let plan = ReportPlan {
        title: args.title.clone().unwrap_or(defaults.title),
        author: args.author.clone().unwrap_or(defaults.author),
        sections,
        rows: one_by_one(args),
        top_features: args.dependence.map_or(defaults.top_features, usize::from),
        created_at: None,
    };
    desk.carry_out(Command::Export(Export::Report(plan), destination.path().to_owned()))?;
    if let Some(explanation) = desk.session.attribution() {
        print::say(common, &explain::summary(explanation));
    }
    print::say(common, &format!("Report · {}", destination.words()));
    if common.json && !destination.is_standard() {
        print::put_json(&json!({ "file": destination.words() }))?;
    }
    destination.finish()
}

fn check_ending(path: &Path) -> Result<(), Failure> {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).unwrap_or_default();
    match ending.as_str() {
        "html" | "htm" | "md" | "json" => Ok(()),
        "pdf" => Err(Failure::Usage(Problem::new(
            "Could not write the report as PDF",
            path.display().to_string(),
            "Write .html and print it from a browser; the page is laid out for paper",
        ))),
        _ => Err(Failure::Usage(Problem::new(
            "Could not write the report",
            format!("the ending of “{}” names no report format", path.display()),
            "Use .html, .md or .json",
        ))),
    }
}

/// Section ids of a template: `full` takes all.
fn sections(template: &str) -> Result<Vec<String>, Failure> {
    if template == "full" {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = template.split(',').map(|id| id.trim().to_owned()).collect();
    match ids.iter().find(|id| !SECTIONS.iter().any(|s| s.id() == *id)) {
        Some(unknown) => {
            let known: Vec<&str> = SECTIONS.iter().map(|s| s.id()).collect();
            Err(Failure::Usage(Problem::new(
                format!("There is no report section “{unknown}”"),
                "--template",
                format!("Use full, or sections from {}", known.join(", ")),
            )))
        }
        None => Ok(ids),
    }
}

/// The rows that words name to be shown one by one.
fn one_by_one(args: &Report) -> Vec<RowId> {
    match &args.show_rows {
        Some(RowChoice::Range(start, end)) => (*start..*end).map(RowId).collect(),
        Some(RowChoice::List(rows)) => rows.clone(),
        Some(RowChoice::All | RowChoice::Draw(_)) | None => Vec::new(),
    }
}

/// The section that needs a second model, in words, where words name one.
fn comparing(sections: &[String]) -> Option<String> {
    let section = sections.iter().filter_map(|id| section::find(id)).find(|section| section.needs_challenger())?;
    Some(format!("The section “{}”", section.title()))
}

/// Computes a report's numbers again and compares every one.
pub fn verify(args: &Verify, common: Common) -> Result<(), Failure> {
    let recorded = read_twin(&args.report)?;
    let fresh = recompute(args, common, &recorded)?;
    let verdict = compare(&recorded, &fresh);
    let word = if verdict.passes() { "PASS" } else { "FAIL" };
    if common.json {
        print::put_json(&json!({
            "verdict": word,
            "numbers": verdict.numbers,
            "largest_deviation": verdict.largest,
            "place": verdict.place,
            "differences": verdict.differences,
            "difference_count": verdict.difference_count,
        }))?;
    } else {
        print::put_text(&verdict_text(word, &verdict))?;
    }
    if verdict.passes() { Ok(()) } else { Err(Failure::Failed) }
}

fn verdict_text(word: &str, verdict: &Verdict) -> String {
    let place = if verdict.place.is_empty() { String::new() } else { format!(" at {}", verdict.place) };
    let compared = text::counted(verdict.numbers, "number");
    let mut out =
        format!("{word} · {compared} compared · largest deviation {}{place}\n", text::number(verdict.largest));
    for difference in &verdict.differences {
        out.push_str(&format!("  {difference}\n"));
    }
    let hidden = verdict.difference_count.saturating_sub(verdict.differences.len());
    if hidden > 0 {
        out.push_str(&format!("  and {hidden} more\n"));
    }
    out
}

fn refuse(place: impl Into<String>, hint: &str) -> Failure {
    Failure::Refused(Problem::new("Could not verify the report", place, hint))
}

/// The JSON twin: the file itself, or the one beside the document.
fn read_twin(path: &Path) -> Result<Value, Failure> {
    let is_twin = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let twin = if is_twin { path.to_owned() } else { path.with_extension("json") };
    let bytes = std::fs::read(&twin).map_err(|error| {
        refuse(format!("{}: {error}", twin.display()), "Give the JSON twin that was written beside the report")
    })?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        refuse(
            format!("{}: {error}", twin.display()),
            "The file is no JSON; give the twin that was written beside the report",
        )
    })?;
    if value["format"] != "candor-report" {
        return Err(refuse(
            twin.display().to_string(),
            "This JSON is no report; give the twin written beside the report",
        ));
    }
    Ok(value)
}

/// Does everything again that the twin says was done, and answers the fresh twin.
fn recompute(args: &Verify, common: Common, recorded: &Value) -> Result<Value, Failure> {
    let recipe = &recorded["reproduce"];
    let plan: Plan = part(recipe, "plan")?;
    let report: ReportPlan = part(recipe, "report")?;
    let options: ReadOptions = part(recipe, "read_options")?;
    let data = place(args.data.as_deref(), recipe, "data", &args.report)?;
    let model = place(args.model.as_deref(), recipe, "model", &args.report)?;
    let mut desk = Desk::new(common);
    desk.carry_out(Command::OpenData(data, options))?;
    set_roles(&mut desk, &recipe["roles"])?;
    desk.carry_out(Command::SetPlan(plan))?;
    desk.carry_out(Command::OpenModel(model))?;
    if let Some(threshold) = recipe["threshold"].as_f64() {
        desk.carry_out(Command::SetThreshold(threshold))?;
    }
    if recipe["challenger"].is_object() {
        let challenger = place(args.with.as_deref(), recipe, "challenger", &args.report)?;
        desk.carry_out(Command::OpenChallenger(challenger))?;
    }
    desk.carry_out(Command::Explain)?;
    if recorded["sections"]["global"]["permutation_importance"].is_object() {
        desk.carry_out(Command::ask(Shape::Importance))?;
    }
    let draft = tempfile::tempdir().map_err(|error| refuse(error.to_string(), "Free space for temporary files"))?;
    let path = draft.path().join("fresh.json");
    desk.carry_out(Command::Export(Export::Report(report), path.clone()))?;
    read_twin(&path)
}

fn part<T: serde::de::DeserializeOwned>(recipe: &Value, name: &str) -> Result<T, Failure> {
    serde_json::from_value(recipe[name].clone()).map_err(|error| {
        refuse(format!("reproduce.{name}: {error}"), "The twin was edited or comes from another version")
    })
}

/// A recorded file, or where the caller says it is now; relative paths also count from the report.
fn place(given: Option<&Path>, recipe: &Value, name: &str, report: &Path) -> Result<PathBuf, Failure> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    let recorded = PathBuf::from(recipe[name]["path"].as_str().unwrap_or_default());
    let beside = report.parent().map(|folder| folder.join(&recorded));
    [Some(recorded.clone()), beside].into_iter().flatten().find(|p| p.is_file()).ok_or_else(|| {
        let option = if name == "challenger" { "with" } else { name };
        let hint = format!("Say where it is now with --{option}");
        refuse(format!("the recorded {name} file “{}” is not there", recorded.display()), &hint)
    })
}

fn set_roles(desk: &mut Desk, roles: &Value) -> Result<(), Failure> {
    for (name, role) in roles.as_object().into_iter().flatten() {
        let role: Role = serde_json::from_value(role.clone())
            .map_err(|error| refuse(format!("role of “{name}”: {error}"), "The twin was edited"))?;
        // A column that is gone is told by the comparison of hashes, together with everything else that changed.
        if let Ok(column) = desk.column(name) {
            desk.carry_out(Command::SetRole(column, role))?;
        }
    }
    Ok(())
}
