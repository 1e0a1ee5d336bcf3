//! Writing a report and its JSON twin.

use std::path::Path;

use serde_json::json;

use crate::base::{Problem, Task};
use crate::explain::Shape;
use crate::report::{Document, Evidence, Recipe, build};
use crate::report::{write_html, write_json, write_markdown};

use crate::session::command::{Plan, ReportPlan};
use crate::session::recipe::Words;
use crate::session::scene::Scene;
use crate::session::write::write_file;

/// Writes a report by its ending, and its JSON twin beside it.
pub fn write(scene: &Scene, plan: &Plan, report: &ReportPlan, path: &Path, task: &Task) -> Result<(), Problem> {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).unwrap_or_default();
    let write: fn(&Document) -> Result<String, Problem> = match ending.as_str() {
        "html" | "htm" => |document| Ok(write_html::html(document)?),
        "md" => |document| Ok(write_markdown::markdown(document)),
        "json" => |document| Ok(write_json::json(document)),
        "pdf" => {
            return Err(Problem::new(
                "Could not write the report as PDF",
                path.display().to_string(),
                "Write .html and print it from a browser; the page is laid out for paper",
            ));
        }
        _ => {
            return Err(Problem::new(
                "Could not write the report",
                format!("the ending of “{}” names no report format", path.display()),
                "Use .html, .md or .json",
            ));
        }
    };
    let recipe = recipe(scene, plan, report, path);
    let document = document(scene, &recipe, report, task)?;
    write_file(path, write(&document)?.as_bytes())?;
    if ending != "json" {
        write_file(&path.with_extension("json"), write_json::json(&document).as_bytes())?;
    }
    Ok(())
}

fn document(scene: &Scene, recipe: &Recipe, report: &ReportPlan, task: &Task) -> Result<Document, Problem> {
    let missing = |what: &str| {
        Problem::new("Could not make the report", what.to_owned(), "Open a table and a model, explain, then write")
    };
    let model = scene.model.as_ref().ok_or_else(|| missing("no model is open"))?;
    let evidence = Evidence {
        data: scene.data.as_deref().ok_or_else(|| missing("no table is open"))?,
        profile: scene.profile.as_deref().ok_or_else(|| missing("the columns were not looked at yet"))?,
        card: model.card(),
        link: scene.link.as_deref().ok_or_else(|| missing("table and model are not joined"))?,
        explanation: scene.answers.get(Shape::Attribution).ok_or_else(|| missing("nothing was explained yet"))?,
        answers: &scene.answers,
        associations: scene.associations.as_deref(),
        performance: scene.performance.as_deref(),
        truth: scene.predictions.as_deref().map_or(&[], |p| &p.truth),
        threshold: scene.threshold,
        second: scene.second(),
        recipe,
        task,
    };
    build(&evidence, report, task)?.ok_or_else(super::cancelled)
}

/// How to compute the report again: paths as given, the plan, and the command that writes it.
fn recipe(scene: &Scene, plan: &Plan, report: &ReportPlan, path: &Path) -> Recipe {
    let text = |path: Option<&std::path::PathBuf>| path.map_or_else(String::new, |p| p.display().to_string());
    let data_path = text(scene.data.as_ref().and_then(|d| d.source().path.as_ref()));
    let model_path = text(scene.model.as_ref().and_then(|m| m.card().path.as_ref()));
    let target = scene.data.as_ref().and_then(|d| {
        let column = d.column_with(crate::data::Role::Target)?;
        d.columns().get(column).map(|c| c.name.to_string())
    });
    // Threads and the place of the output change no number, so they are no part of the plan.
    let portable = Plan { threads: None, ..plan.clone() };
    let challenger = scene.challenger.as_ref().filter(|c| c.meeting().is_some()).map(|c| c.opened());
    let challenger_path = text(challenger.and_then(|c| c.card().path.as_ref()));
    let mut words = Words::of("report", [&data_path, &model_path], target.as_deref());
    if !challenger_path.is_empty() {
        words.option("--with", &challenger_path);
    }
    if let Some(data) = &scene.data {
        words.roles(data);
    }
    words.threshold(scene);
    Recipe {
        command_line: command_line(words, (&portable, report), &file_name(path)),
        challenger_path,
        data_path,
        model_path,
        plan: json!(portable),
        read_options: json!(scene.read_options),
        environment: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

/// The words that write this report again, quoted for a shell.
fn command_line(mut words: Words, (plan, report): (&Plan, &ReportPlan), out: &str) -> String {
    words.plan(plan);
    if !report.sections.is_empty() {
        words.option("--template", &report.sections.join(","));
    }
    if !report.rows.is_empty() {
        words.option("--show-rows", &report.rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    }
    if report.top_features != ReportPlan::default().top_features {
        words.option("--dependence", &report.top_features.to_string());
    }
    words.option("--title", &report.title);
    if !report.author.is_empty() {
        words.option("--author", &report.author);
    }
    words.option("--out", out);
    words.line()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_survives_spaces_and_quotes() {
        let words = Words::of("report", ["my table.csv", "m.json"], Some("it's"));
        let words = command_line(words, (&Plan::default(), &ReportPlan::default()), "r.html");
        assert!(words.starts_with("candor report --model m.json --data 'my table.csv' --target 'it'\\''s'"), "{words}");
        assert!(words.ends_with("--title 'Explanation report' --out r.html"), "{words}");
    }
}
