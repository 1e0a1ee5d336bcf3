//! The section of two models: its numbers are those of the comparison, it is in every format, and it verifies.

use candor::app::ScreenId;
use candor::report::ReportPlan;
use candor::session::{Command, Export, Session};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use serde_json::Value;

use super::challenger::{carry_out, challenge, comparison};
use super::cli::{Desk, credit, text};
use super::session::sample;
use super::ui_tree;

const SECTION: &str = "two-models";
const OTHER: &str = "models/credit-lightgbm.txt";

fn two() -> Session {
    let mut session = Session::headless();
    carry_out(&mut session, Command::OpenSample("credit".to_owned()));
    carry_out(&mut session, Command::SetThreshold(0.3));
    carry_out(&mut session, Command::OpenChallenger(sample(OTHER)));
    assert_eq!(session.problems(), []);
    session
}

/// A report of this section alone, as text and as its twin.
fn written(session: &mut Session, ending: &str) -> (String, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("r.{ending}"));
    let plan = ReportPlan { sections: vec![SECTION.to_owned()], ..ReportPlan::default() };
    carry_out(session, Command::Export(Export::Report(plan), path.clone()));
    assert_eq!(session.problems(), []);
    let twin = std::fs::read(path.with_extension("json")).expect("its twin was written");
    let text = std::fs::read_to_string(path).expect("the report was written");
    (text, serde_json::from_slice(&twin).expect("the twin is JSON"))
}

#[test]
fn the_twin_quotes_the_comparison_to_the_last_bit() {
    let mut session = two();
    let (_, twin) = written(&mut session, "html");
    let section = &twin["sections"][SECTION];
    let compared = comparison(&session);
    let metrics = section["metrics"]["values"].as_array().expect("metrics");
    assert_eq!(metrics.len(), compared.metrics.len());
    for (told, metric) in metrics.iter().zip(&compared.metrics) {
        let number = |field: &str| told[field].as_f64().map(f64::to_bits);
        assert_eq!(told["id"], metric.id);
        assert_eq!(number("champion"), Some(metric.champion.to_bits()));
        assert_eq!(number("challenger"), Some(metric.challenger.to_bits()));
        assert_eq!(number("ci_low"), metric.interval.map(|i| i.0.to_bits()));
        assert_eq!(number("ci_high"), metric.interval.map(|i| i.1.to_bits()));
    }
    let known = challenge(&session).importance(0);
    let told = section["importance"]["outputs"][0]["columns"].as_array().expect("columns");
    assert_eq!(told.len(), known.len());
    let largest = known.iter().map(|c| c.champion.max(c.challenger)).fold(0.0, f64::max);
    let first = told.first().expect("a column");
    assert_eq!(
        first["champion"].as_f64().expect("a number").max(first["challenger"].as_f64().expect("a number")),
        largest
    );
    let flips = session.challenger().and_then(|c| c.differences()).and_then(|d| d.flips.clone()).expect("flips");
    assert_eq!(section["flips"]["count"], flips.len());
    assert!(flips.len() > 20, "{} flips", flips.len());
    let shown = section["flips"]["largest"].as_array().expect("flips");
    for (told, flip) in shown.iter().zip(flips.iter()) {
        assert_eq!(told["row"], flip.row.0);
        let position = challenge(&session).both().0.position(flip.row).expect("every row is explained");
        let (column, by) = challenge(&session).carriers(0, position)[0];
        assert_eq!(told["carried_by"][0][0], challenge(&session).columns()[column].name.as_str());
        assert_eq!(told["carried_by"][0][1].as_f64(), Some(by));
    }
}

#[test]
fn the_section_is_in_every_format_and_only_where_a_second_model_is_open() {
    let mut session = two();
    for (ending, heading) in [("html", "<section id=\"two-models\">"), ("md", "## Champion and challenger")] {
        let (text, twin) = written(&mut session, ending);
        assert!(text.contains(heading), "{ending}");
        for part in
            ["ROC AUC", "credit-lightgbm", "Decisions that flip", "What matters to each model", "at the threshold 0.3"]
        {
            assert!(text.contains(part), "{part} is missing in {ending}");
        }
        assert!(twin["reproduce"]["command_line"].as_str().is_some_and(|line| line.contains("--threshold 0.3")));
    }
    carry_out(&mut session, Command::CloseChallenger);
    let (text, twin) = written(&mut session, "html");
    assert!(!text.contains("two-models") || twin["sections"].get(SECTION).is_none());
    assert!(twin["sections"].get(SECTION).is_none() && twin["reproduce"].get("challenger").is_none());
}

#[test]
fn the_command_line_writes_the_section_and_verifies_it() {
    let desk = Desk::new();
    let [model, data] = credit();
    let other = text(&sample(OTHER));
    let words = ["report", "--model", &model, "--data", &data, "--target", "default", "--out", "r.json"];
    desk.done(&[words.as_slice(), &["--with", &other, "--threshold", "0.3", "--show-rows", "3,17"]].concat());
    let twin: Value = serde_json::from_slice(&std::fs::read(desk.path("r.json")).expect("written")).expect("JSON");
    assert!(twin["sections"][SECTION]["flips"]["count"].as_u64().is_some_and(|count| count > 20));
    assert_eq!(twin["sections"]["local"]["rows"].as_array().map(Vec::len), Some(2));
    let said = desk.done(&["verify", "r.json"]);
    assert!(said.out.starts_with("PASS"), "{}", said.out);
    // Another second model is another report.
    let same = desk.run(&["verify", "r.json", "--with", &model]);
    assert!(same.code == 1 && same.out.starts_with("FAIL"), "{}", same.out);
    // The command line in the report writes the same report again.
    let line = twin["reproduce"]["command_line"].as_str().expect("a line").replace("r.json", "again.json");
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    assert!(!line.contains('\'') || line.contains("--title 'Explanation report'"), "{line}");
    let words: Vec<&str> = words.into_iter().map(|w| w.trim_matches('\'')).collect();
    let joined = words.join("\u{1}").replace("Explanation\u{1}report", "Explanation report");
    desk.done(&joined.split('\u{1}').collect::<Vec<_>>());
    let again: Value = serde_json::from_slice(&std::fs::read(desk.path("again.json")).expect("written")).expect("JSON");
    assert_eq!(again["sections"], twin["sections"]);
    let line =
        desk.refused(2, &[words_of(&model, &data).as_slice(), &["--template", SECTION, "--out", "r.html"]].concat());
    assert!(line.contains("--with"), "{line}");
}

fn words_of<'w>(model: &'w str, data: &'w str) -> [&'w str; 5] {
    ["report", "--model", model, "--data", data]
}

#[test]
fn the_report_screen_offers_the_section_while_two_models_are_compared() {
    let mut window = ui_tree::credit(ScreenId::Report);
    let offered = |window: &ui_tree::Window| {
        let tick = window.get_by_label("Champion and challenger");
        !tick.accesskit_node().is_disabled()
    };
    assert!(!offered(&window));
    ui_tree::command(&mut window, Command::OpenChallenger(sample(OTHER)));
    assert!(offered(&window));
    ui_tree::command(&mut window, Command::CloseChallenger);
    assert!(!offered(&window));
}
