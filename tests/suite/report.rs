//! Reports: self-contained, escaped, complete, the same bytes twice.

use std::path::Path;

use candor::base::RowId;
use candor::report::{ReportPlan, SECTIONS};
use candor::session::{Command, Export, Session};
use candor::worker::inline::run_all;
use serde_json::Value;

fn carry_out(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    run_all(session, jobs, |_| ());
}

fn explained() -> Session {
    let mut session = Session::headless();
    carry_out(&mut session, Command::OpenSample("credit".to_owned()));
    assert!(session.problems().is_empty(), "{:?}", session.problems());
    session
}

/// Writes a report and returns its text and its twin.
fn written(session: &mut Session, plan: ReportPlan, path: &Path) -> (String, Value) {
    carry_out(session, Command::Export(Export::Report(plan), path.to_owned()));
    assert!(session.problems().is_empty(), "{:?}", session.problems());
    let text = std::fs::read_to_string(path).expect("the report was written");
    let twin = std::fs::read_to_string(path.with_extension("json")).expect("its twin was written");
    (text, serde_json::from_str(&twin).expect("the twin is JSON"))
}

#[test]
fn a_report_is_one_file_without_script_or_outside_resource() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = explained();
    let hostile = "</title><script>alert(1)</script>";
    let plan = ReportPlan { title: hostile.to_owned(), author: "A & <b>".to_owned(), ..ReportPlan::default() };
    let (html, twin) = written(&mut session, plan, &folder.path().join("r.html"));
    for forbidden in ["<script", "javascript:", "<link", "@import", "src=\"http", "href=\"http", "url(http"] {
        assert!(!html.contains(forbidden), "the report holds {forbidden}");
    }
    assert!(html.contains("default-src 'none'"), "a policy forbids what the template never writes");
    assert!(html.contains("A &amp; &lt;b&gt;"), "texts are escaped");
    assert_eq!(twin["header"]["title"], hostile);
    for section in SECTIONS.iter().filter(|section| !section.needs_challenger()) {
        assert!(html.contains(&format!("<section id=\"{}\">", section.id())), "{} is missing", section.id());
        assert!(!twin["sections"][section.id()].is_null(), "{} has no numbers", section.id());
    }
}

#[test]
fn the_twin_quotes_the_explanation_to_the_last_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = explained();
    let plan = ReportPlan { rows: vec![RowId(17)], ..ReportPlan::default() };
    let (_, twin) = written(&mut session, plan, &folder.path().join("r.html"));
    let explanation = session.attribution().expect("explained").clone();
    let candor::explain::Body::Attribution(attribution) = &explanation.body else { panic!("attributions") };
    let row = &twin["sections"]["local"]["rows"][0];
    assert_eq!(row["row"], 17);
    let quoted: Vec<f64> = row["outputs"][0]["contributions"]
        .as_array()
        .expect("contributions")
        .iter()
        .map(|c| c["contribution"].as_f64().expect("a number"))
        .collect();
    assert_eq!(quoted, attribution.row(0, 17));
    assert_eq!(row["outputs"][0]["prediction"].as_f64(), explanation.predictions.get(17).copied());
    assert_eq!(row["outputs"][0]["output"], "yes", "the class is named by the target");
}

#[test]
fn chosen_sections_come_alone_and_unknown_ones_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = explained();
    let plan = |ids: &[&str]| ReportPlan {
        sections: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..ReportPlan::default()
    };
    let (text, twin) = written(&mut session, plan(&["limits", "model"]), &folder.path().join("r.md"));
    let sections: Vec<&String> = twin["sections"].as_object().expect("sections").keys().collect();
    assert_eq!(sections, ["limits", "model"]);
    assert!(text.contains("## Limits") && !text.contains("## Performance"));
    let path = folder.path().join("none.html");
    carry_out(&mut session, Command::Export(Export::Report(plan(&["fortune"])), path.clone()));
    let problem = session.problems().last().expect("a refusal").to_string();
    assert!(problem.contains("fortune") && problem.contains("provenance"), "{problem}");
    assert!(!path.exists(), "nothing half-written is left");
}

#[test]
fn a_row_that_was_not_explained_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = explained();
    let plan = ReportPlan { rows: vec![RowId(5_000)], ..ReportPlan::default() };
    carry_out(&mut session, Command::Export(Export::Report(plan), folder.path().join("r.html")));
    assert!(session.problems().last().is_some_and(|p| p.to_string().contains("5000")), "{:?}", session.problems());
}

#[test]
fn the_same_report_has_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let once = written(&mut explained(), ReportPlan::default(), &folder.path().join("r.html")).0;
    let again = written(&mut explained(), ReportPlan::default(), &folder.path().join("r.html")).0;
    assert!(once == again, "two runs differ");
}
