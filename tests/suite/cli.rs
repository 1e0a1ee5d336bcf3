//! The built program on the bundled samples: layouts, exit codes, and what it says to bad input.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::session::sample;

/// A program run without a display, in its own folder.
pub struct Desk {
    folder: tempfile::TempDir,
}

pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), text).expect("written");
        name.to_owned()
    }

    pub fn run(&self, args: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command.args(args).current_dir(self.folder.path()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        let Output { status, stdout, stderr } = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Said { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }

    /// Runs a command that must succeed.
    pub fn done(&self, args: &[&str]) -> Said {
        let said = self.run(args);
        assert_eq!(said.code, 0, "{args:?}: {}", said.err);
        said
    }

    /// Runs a command that must be refused, and answers the sentence.
    pub fn refused(&self, code: i32, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, code, "{args:?}: {}", said.err);
        let line = said.err.trim_end().to_owned();
        assert!(!line.is_empty() && !line.contains("panicked"), "{line}");
        assert!(!line.to_lowercase().contains("error:") && !line.contains('!'), "{line}");
        line
    }

    pub fn rows(&self, name: &str) -> Vec<Vec<String>> {
        table(&std::fs::read_to_string(self.path(name)).expect("the file was written"))
    }
}

/// Cells of a CSV text without quotes.
pub fn table(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn number(cell: &str) -> f64 {
    cell.parse().expect("the cell holds a number")
}

pub fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

pub fn credit() -> [String; 2] {
    [text(&sample("models/credit-xgboost.json")), text(&sample("credit.csv"))]
}

#[test]
fn attributions_have_the_stated_layout_and_add_up() {
    let desk = Desk::new();
    let [model, data] = credit();
    let said = desk.done(&["explain", "--model", &model, "--data", &data, "--rows", "3,17", "--out", "a.csv"]);
    assert!(said.err.contains("tree-shap"), "it says which method it took: {}", said.err);
    assert!(said.out.is_empty());
    let rows = desk.rows("a.csv");
    assert_eq!(rows[0][..4], ["row", "output", "base", "prediction"]);
    assert_eq!(rows[0].len(), 4 + 8);
    assert_eq!((rows.len(), rows[1][0].as_str(), rows[2][0].as_str()), (3, "3", "17"));
    for row in &rows[1..] {
        let total: f64 = row[4..].iter().map(|c| number(c)).sum();
        assert!((number(&row[2]) + total - number(&row[3])).abs() < 1e-9, "{row:?}");
    }
    let standard =
        desk.done(&["explain", "--model", &model, "--data", &data, "--rows", "3,17", "--out", "-", "--quiet"]);
    assert_eq!(standard.out, std::fs::read_to_string(desk.path("a.csv")).expect("written"));
    assert!(standard.err.is_empty(), "{}", standard.err);
}

#[test]
fn a_background_takes_the_interventional_method() {
    let desk = Desk::new();
    let [model, data] = credit();
    let base = ["explain", "--model", &model, "--data", &data, "--rows", "0..3"];
    let file = desk.done(&[&base[..], &["--background", &data, "--out", "a.csv"]].concat());
    assert!(
        file.err.contains("tree-shap-interventional") && file.err.contains("1000 rows of credit.csv"),
        "{}",
        file.err
    );
    let drawn = desk.done(&[&base[..], &["--background-rows", "50", "--seed", "7", "--out", "b.csv"]].concat());
    assert!(drawn.err.contains("50 of 1000 rows drawn with seed 7"), "{}", drawn.err);
    desk.done(&[&base[..], &["--background-rows", "50", "--seed", "7", "--threads", "3", "--out", "c.csv"]].concat());
    let bytes = |name: &str| std::fs::read(desk.path(name)).expect("written");
    assert_eq!(bytes("b.csv"), bytes("c.csv"), "the same bits for any number of threads");
    assert_ne!(bytes("a.csv"), bytes("b.csv"));
}

#[test]
fn one_line_per_row_and_output_or_the_named_output_alone() {
    let desk = Desk::new();
    let (model, data) = (text(&sample("models/penguins-xgboost.json")), text(&sample("penguins.csv")));
    let base = ["explain", "--model", &model, "--data", &data, "--rows", "0..5"];
    desk.done(&[&base[..], &["--out", "all.csv"]].concat());
    let all = desk.rows("all.csv");
    assert_eq!(all.len(), 1 + 5 * 3);
    let name = all[2][1].clone();
    desk.done(&[&base[..], &["--output", &name, "--out", "one.csv"]].concat());
    let one = desk.rows("one.csv");
    assert_eq!(one.len(), 1 + 5);
    assert_eq!(one[1], all[2]);
    let sentence = desk.refused(1, &[&base[..], &["--output", "Emperor", "--out", "x.csv"]].concat());
    assert!(sentence.contains("Emperor") && sentence.contains(&name), "{sentence}");
}

#[test]
fn sampled_methods_tell_their_standard_errors() {
    let desk = Desk::new();
    let [model, data] = credit();
    let base = ["explain", "--model", &model, "--data", &data, "--method", "permutation-shap", "--rows", "0..2"];
    desk.done(&[&base[..], &["--background-rows", "10", "--out", "a.csv"]].concat());
    assert_eq!(desk.rows("a.se.csv").len(), 3, "a second file holds the errors");
    desk.done(&[&base[..], &["--background-rows", "10", "--set", "std-error=on", "--out", "b.csv"]].concat());
    let rows = desk.rows("b.csv");
    assert_eq!(rows[0][4..6], ["age", "age.se"]);
    assert_eq!(rows[1][5], desk.rows("a.se.csv")[1][2]);
    assert!(!desk.path("b.se.csv").exists());
}

#[test]
fn tables_come_as_csv_json_and_parquet() {
    let desk = Desk::new();
    let [model, data] = credit();
    for name in ["p.csv", "p.json", "p.parquet"] {
        desk.done(&["predict", "--model", &model, "--data", &data, "--scale", "probability", "--out", name]);
    }
    let rows = desk.rows("p.csv");
    assert_eq!((rows.len(), rows[0].len(), rows[0][0].as_str()), (1001, 2, "row"));
    assert!(rows[1..].iter().all(|r| (0.0..=1.0).contains(&number(&r[1]))));
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(desk.path("p.json")).expect("written")).expect("valid JSON");
    assert_eq!(json["rows"][16]["row"], 16);
    assert_eq!(json["rows"][16][&rows[0][1]].as_f64(), Some(number(&rows[17][1])));
    assert!(std::fs::read(desk.path("p.parquet")).expect("written").starts_with(b"PAR1"));
    let back = desk.done(&["inspect", "p.parquet", "--json"]);
    let back: serde_json::Value = serde_json::from_str(&back.out).expect("valid JSON");
    assert_eq!((&back["kind"], &back["rows"]), (&"table".into(), &1000.into()));
}

#[test]
fn importance_has_its_own_layout() {
    let desk = Desk::new();
    let [model, data] = credit();
    let base = ["explain", "--model", &model, "--data", &data, "--method", "permutation-importance"];
    desk.done(&[&base[..], &["--target", "default", "--out", "i.csv"]].concat());
    let rows = desk.rows("i.csv");
    assert_eq!(rows[0], ["feature", "importance", "std_error", "ci_low", "ci_high"]);
    assert_eq!(rows.len(), 1 + 8);
    assert!(rows[1..].iter().all(|r| number(&r[3]) <= number(&r[1]) && number(&r[1]) <= number(&r[4])));
}

#[test]
fn interaction_values_stand_pair_by_pair_and_add_up() {
    let desk = Desk::new();
    let [model, data] = credit();
    let base = ["explain", "--model", &model, "--data", &data, "--rows", "3,17", "--method"];
    desk.done(&[&base[..], &["tree-shap", "--out", "a.csv"]].concat());
    let said = desk.done(&[&base[..], &["tree-interactions", "--out", "i.csv"]].concat());
    assert!(said.err.contains("additivity gap") && said.err.contains("whole effect"), "{}", said.err);
    let (single, rows) = (desk.rows("a.csv"), desk.rows("i.csv"));
    assert_eq!(rows[0], ["row", "output", "feature_a", "feature_b", "value"]);
    assert_eq!(rows.len(), 1 + 2 * (8 + 8 * 7 / 2));
    for line in &single[1..] {
        let of = |feature: Option<&str>| -> f64 {
            rows[1..]
                .iter()
                .filter(|r| r[0] == line[0])
                .map(|r| match feature {
                    None => number(&r[4]),
                    Some(f) if r[2] == f && r[3] == f => number(&r[4]),
                    // A feature's contribution holds half of what it does together with another.
                    Some(f) if r[2] == f || r[3] == f => number(&r[4]) / 2.0,
                    Some(_) => 0.0,
                })
                .sum()
        };
        assert!((number(&line[2]) + of(None) - number(&line[3])).abs() < 1e-9, "{line:?}");
        for (name, contribution) in single[0][4..].iter().zip(&line[4..]) {
            assert!((of(Some(name)) - number(contribution)).abs() < 1e-9, "{name} in row {}", line[0]);
        }
    }
    desk.done(&[&base[..], &["tree-interactions", "--out", "i.json"]].concat());
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(desk.path("i.json")).expect("written")).expect("valid JSON");
    assert_eq!((json["rows"].as_array().map(Vec::len), json["means"].as_array().map(Vec::len)), (Some(72), Some(36)));
    assert_eq!(json["means_of_rows"], 2);
    let mean = (json["rows"][0]["value"].as_f64(), json["rows"][36]["value"].as_f64());
    let mean = (mean.0.expect("a number") + mean.1.expect("a number")) / 2.0;
    assert!((json["means"][0]["mean"].as_f64().expect("a number") - mean).abs() < 1e-12);
    desk.done(&[&base[..], &["tree-interactions", "--set", "feature=1", "--out", "one.csv"]].concat());
    let one = desk.rows("one.csv");
    assert!(one.len() == 1 + 2 * 8 && one[1..].iter().all(|r| r[2] == "age" || r[3] == "age"));
}

#[test]
fn interaction_strengths_have_their_own_layout() {
    let desk = Desk::new();
    let [model, data] = credit();
    let base = ["explain", "--model", &model, "--data", &data, "--method", "friedman-h"];
    let said = desk.done(&[&base[..], &["--out", "h.csv"]].concat());
    assert!(said.err.contains("Exact over 1000 rows"), "{}", said.err);
    let rows = desk.rows("h.csv");
    assert_eq!(rows[0], ["output", "feature_a", "feature_b", "h", "h_squared", "size"]);
    assert_eq!(rows.len(), 1 + 28 + 8);
    assert_eq!(rows.iter().filter(|r| r[2].is_empty()).count(), 8, "every feature with all others");
    for row in &rows[1..] {
        assert!((number(&row[3]).powi(2) - number(&row[4])).abs() < 1e-12 && number(&row[5]) > 0.0, "{row:?}");
    }
    desk.done(&[&base[..], &["--set", "feature=2", "--out", "one.csv"]].concat());
    let one = desk.rows("one.csv");
    let expected: Vec<_> = rows.iter().filter(|r| r[1] == one[8][1] || r[2] == one[8][1]).cloned().collect();
    assert_eq!(one[1..], expected);
}

#[test]
fn a_chart_asks_the_method_that_gives_what_it_shows() {
    let desk = Desk::new();
    let [model, data] = credit();
    let base = ["chart", "--model", &model, "--data", &data, "--kind"];
    let said = desk.done(&[&base[..], &["interaction-matrix", "--out", "m.csv"]].concat());
    assert!(said.err.contains("Interaction matrix"), "{}", said.err);
    let rows = desk.rows("m.csv");
    assert_eq!(rows[0], ["feature_a", "feature_b", "mean absolute effect", "mean effect"]);
    assert_eq!(rows.len(), 1 + 36);
    let curve = [&base[..], &["partial-dependence", "--feature", "age", "--out", "p.csv"]].concat();
    desk.done(&curve);
    assert_eq!(desk.rows("p.csv")[0][0], "value");
    let said = desk.done(&[&base[..], &["partial-dependence", "--out", "p.svg"]].concat());
    assert!(said.err.contains("Showing “checking_account”"), "{}", said.err);
    let wrong = [&base[..], &["interaction-matrix", "--method", "tree-shap", "--out", "x.svg"]].concat();
    let sentence = desk.refused(2, &wrong);
    assert!(sentence.contains("tree-shap does not give") && sentence.contains("tree-interactions"), "{sentence}");
    let report = ["report", "--model", &model, "--data", &data, "--method", "friedman-h", "--out", "r.html"];
    assert!(desk.refused(2, &report).contains("made of attributions"));
}

#[test]
fn files_are_described_for_people_and_for_programs() {
    let desk = Desk::new();
    let [model, data] = credit();
    let said: serde_json::Value = serde_json::from_str(&desk.done(&["inspect", &model, "--json"]).out).expect("JSON");
    assert_eq!((&said["kind"], &said["structure"], &said["trees"]), (&"model".into(), &"trees".into(), &200.into()));
    assert_eq!(said["features"][0], "age");
    assert!(desk.done(&["inspect", &model]).out.contains("binary:logistic"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/mlflow/arrays");
    for path in [folder.to_owned(), format!("{folder}/MLmodel")] {
        let said = desk.done(&["inspect", &path]).out;
        assert!(
            said.starts_with("arrays · MLflow folder with XGBoost UBJSON") && said.contains("a long name"),
            "{said}"
        );
    }
    let nothing = desk.path("nothing");
    std::fs::create_dir(&nothing).expect("a folder");
    assert!(desk.refused(1, &["inspect", &nothing.display().to_string()]).contains("without a file “MLmodel”"));
    let table: serde_json::Value = serde_json::from_str(&desk.done(&["inspect", &data, "--json"]).out).expect("JSON");
    assert_eq!((&table["kind"], &table["rows"]), (&"table".into(), &1000.into()));
    assert_eq!(table["columns"][1]["name"], "age");
    assert_eq!(table["columns"][1]["present"], 1000);
    let methods: serde_json::Value = serde_json::from_str(&desk.done(&["methods", "--json"]).out).expect("JSON");
    let tree = methods.as_array().and_then(|m| m.iter().find(|m| m["id"] == "tree-shap")).expect("registered");
    assert_eq!(tree["supports"]["trees"], "exact");
    assert!(desk.done(&["methods"]).out.contains("tree-shap-interventional"));
    assert!(desk.done(&["--help"]).out.contains("candor"));
    assert!(desk.done(&["--version"]).out.starts_with("candor "));
}

#[test]
fn charts_are_written_by_ending() {
    let desk = Desk::new();
    let [model, data] = credit();
    let base = ["chart", "--model", &model, "--data", &data, "--kind", "beeswarm"];
    let start = |name: &str| std::fs::read(desk.path(name)).expect("written");
    desk.done(&[&base[..], &["--out", "b.svg"]].concat());
    assert!(start("b.svg").starts_with(b"<svg"));
    desk.done(&[&base[..], &["--out", "b.png"]].concat());
    assert!(start("b.png").starts_with(b"\x89PNG"));
    desk.done(&[&base[..], &["--out", "b.csv", "--set", "features=3"]].concat());
    let said = desk.done(&["chart", "--model", &model, "--data", &data, "--kind", "waterfall", "--out", "w.svg"]);
    assert!(said.err.contains("Showing row 0"), "a chosen row is said: {}", said.err);
    assert!(desk.refused(2, &[&base[..], &["--out", "b.gif"]].concat()).contains(".svg"));
    let unknown = ["chart", "--model", &model, "--data", &data, "--kind", "pie", "--out", "p.svg"];
    assert!(desk.refused(2, &unknown).contains("beeswarm"));
}

#[test]
fn a_report_verifies_and_a_changed_one_does_not() {
    let desk = Desk::new();
    let [model, data] = credit();
    desk.done(&["report", "--model", &model, "--data", &data, "--target", "default", "--out", "r.html"]);
    let html = std::fs::read_to_string(desk.path("r.html")).expect("written");
    assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("<script"));
    assert!(desk.done(&["verify", "r.html"]).out.starts_with("PASS"));
    let twin = std::fs::read_to_string(desk.path("r.json")).expect("the twin stands beside it");
    let mut value: serde_json::Value = serde_json::from_str(&twin).expect("JSON");
    let importance = value.pointer_mut("/sections/global/outputs/0/importance/0");
    let place = importance.expect("the twin holds the importance");
    let number = place.as_object_mut().and_then(|o| o.values_mut().find(|v| v.is_f64())).expect("a number");
    *number = serde_json::json!(number.as_f64().expect("a number") * 1.000_001);
    desk.write("changed.json", value.to_string());
    let said = desk.run(&["verify", "changed.json"]);
    assert_eq!((said.code, said.out.starts_with("FAIL")), (1, true), "{}", said.out);
    let other = desk.run(&["verify", "r.json", "--data", &text(&sample("penguins.csv"))]);
    assert_eq!(other.code, 1, "{}", other.err);
    let pdf = desk.refused(2, &["report", "--model", &model, "--data", &data, "--out", "r.pdf"]);
    assert!(pdf.contains(".html"), "{pdf}");
}

#[test]
fn without_a_display_the_window_says_so_and_the_demonstration_writes_files() {
    let desk = Desk::new();
    for args in [&[][..], &["open"][..], &["open", "x.csv"][..]] {
        let sentence = desk.refused(3, args);
        assert!(sentence.contains("candor report"), "it names the way without a window: {sentence}");
        assert_eq!(sentence.lines().count(), 1);
    }
    let said = desk.done(&["demo"]);
    assert!(said.err.contains("candor-demo"), "{}", said.err);
    let folder = desk.path("candor-demo");
    for name in ["report.html", "report.json", "attributions.csv", "charts/beeswarm.svg"] {
        assert!(folder.join(name).is_file(), "{name} is missing");
    }
    desk.done(&["demo", "--out", "elsewhere", "--quiet"]);
    let bytes = |name: &str| std::fs::read(desk.path(name)).expect("written");
    assert_eq!(bytes("candor-demo/report.json"), bytes("elsewhere/report.json"), "reproducible to the byte");
}

#[test]
fn bad_tables_are_refused_in_one_sentence() {
    let desk = Desk::new();
    let [model, data] = credit();
    let text = std::fs::read_to_string(sample("credit.csv")).expect("bundled");
    let header = text.lines().next().expect("a header");
    let without: String = text.lines().take(5).map(|l| l.replacen("age,", "", 1) + "\n").collect();
    desk.write("without.csv", without.replacen("applicant_id,", "applicant_id,years,", 1));
    desk.write("empty.csv", "");
    desk.write("header.csv", format!("{header}\n"));
    desk.write(
        "words.csv",
        text.lines().take(3).map(|l| l.replace("67", "old").replace("22", "young") + "\n").collect::<String>(),
    );
    let explain = |name: &str| desk.refused(1, &["explain", "--model", &model, "--data", name, "--out", "x.csv"]);
    assert!(explain("nowhere.csv").contains("nowhere.csv"));
    assert!(explain("empty.csv").contains("empty.csv"));
    let missing = explain("without.csv");
    assert!(missing.contains("“age”"), "{missing}");
    let words = explain("words.csv");
    assert!(words.contains("age"), "{words}");
    explain("header.csv");
    assert!(!desk.path("x.csv").exists(), "nothing is written for a refused table");
    let target =
        desk.refused(1, &["explain", "--model", &model, "--data", &data, "--target", "risk", "--out", "x.csv"]);
    assert!(target.contains("risk") && target.contains("default"), "{target}");
    let rows = desk.refused(1, &["explain", "--model", &model, "--data", &data, "--rows", "0..2000", "--out", "x.csv"]);
    assert!(rows.contains("1000 rows"), "{rows}");
}

#[test]
fn unusual_tables_are_explained() {
    let desk = Desk::new();
    let [model, _] = credit();
    let text = std::fs::read_to_string(sample("credit.csv")).expect("bundled");
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let first = lines.next().expect("a row");
    desk.write("one.csv", format!("{header}\n{first}\n"));
    desk.write("missing.csv", format!("{header}\n{first}\nA9,,,,,,,,,,\n"));
    let names: Vec<String> = (0..10_000).map(|i| format!("extra_{i}")).collect();
    let zeros = vec!["0"; 10_000].join(",");
    desk.write("wide.csv", format!("{header},{}\n{first},{zeros}\n{first},{zeros}\n", names.join(",")));
    for (name, rows) in [("one.csv", 1), ("missing.csv", 2), ("wide.csv", 2)] {
        desk.done(&["explain", "--model", &model, "--data", name, "--out", "x.csv"]);
        assert_eq!(desk.rows("x.csv").len(), 1 + rows, "{name}");
    }
}

#[test]
fn bad_models_and_words_are_refused_in_one_sentence() {
    let desk = Desk::new();
    let [model, data] = credit();
    let whole = std::fs::read(sample("models/credit-xgboost.json")).expect("bundled");
    desk.write("half.json", &whole[..whole.len() / 2]);
    desk.write("pickle.pkl", b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00sklearn");
    for name in ["half.json", "pickle.pkl", "nowhere.json"] {
        let sentence = desk.refused(1, &["explain", "--model", name, "--data", &data, "--out", "x.csv"]);
        assert!(sentence.contains(" · "), "what · where · what to do: {sentence}");
    }
    let base = ["explain", "--model", &model, "--data", &data];
    assert!(desk.refused(2, &[&base[..], &["--method", "magic", "--out", "x.csv"]].concat()).contains("tree-shap"));
    assert!(desk.refused(2, &[&base[..], &["--out", "x.xlsx"]].concat()).contains(".parquet"));
    assert!(desk.refused(2, &[&base[..], &["--rows", "5..5", "--out", "x.csv"]].concat()).contains("empty"));
    desk.refused(2, &["explain", "--model", &model]);
    desk.refused(2, &["explode"]);
    let knob = desk.refused(1, &[&base[..], &["--set", "depth=3", "--out", "x.csv"]].concat());
    assert!(knob.contains("depth"), "{knob}");
    let linear = desk.refused(1, &[&base[..], &["--method", "linear-shap", "--out", "x.csv"]].concat());
    assert!(linear.contains("does not apply") || linear.contains("one term for each input"), "{linear}");
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let desk = Desk::new();
    let [model, data] = credit();
    let base = ["explain", "--model", &model, "--data", &data, "--rows", "0..5"];
    assert!(desk.refused(1, &[&base[..], &["--out", "no/such/x.csv"]].concat()).contains("does not exist"));
    #[cfg(target_os = "linux")]
    {
        std::os::unix::fs::symlink("/dev/full", desk.path("full.csv")).expect("linked");
        let full = desk.refused(1, &[&base[..], &["--out", "full.csv"]].concat());
        assert!(full.contains("No space left"), "{full}");
    }
}

#[test]
fn a_model_trained_here_is_saved_reopened_and_explained() {
    let desk = Desk::new();
    let data = text(&sample("penguins.csv"));
    let train = |learner: &str, out: &str| {
        ["train", "--data", &data, "--target", "species", "--learner", learner, "--out", out].map(str::to_owned)
    };
    let args = train("decision-tree", "m.json");
    desk.done(&args.iter().map(String::as_str).collect::<Vec<_>>());
    desk.done(&["explain", "--model", "m.json", "--data", &data, "--rows", "0..4", "--out", "a.csv"]);
    assert_eq!(desk.rows("a.csv").len(), 1 + 4 * 3, "one line per row and species");
    let args = train("oracle", "x.json");
    let sentence = desk.refused(1, &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(sentence.contains("decision-tree"), "{sentence}");
}

/// Names in a file are shown, and do nothing to the terminal.
#[test]
fn names_in_files_do_not_reach_the_terminal_as_commands() {
    let desk = Desk::new();
    let plain = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/lightgbm/binary.model.txt");
    let text = std::fs::read_to_string(plain).expect("the model can be read");
    let model = desk.write("m.txt", text.replace("feature_names=a ", "feature_names=\u{1b}[2Ja "));
    let said = desk.done(&["inspect", &model]);
    assert!(said.out.contains("\\u{1b}[2Ja") && !said.out.contains('\u{1b}'), "{}", said.out);
    let table = desk.write("t.csv", "x,y\n1,2\n");
    let refused = desk.refused(1, &["predict", "--model", &model, "--data", &table, "--out", "p.csv"]);
    assert!(!refused.contains('\u{1b}'), "{refused}");
}

#[test]
fn two_models_are_compared_and_their_charts_drawn() {
    let desk = Desk::new();
    let [model, data] = credit();
    let other = text(&sample("models/credit-lightgbm.txt"));
    let base = ["compare", "--model", &model, "--with", &other, "--data", &data, "--target", "default"];
    let said = desk.done(&[&base[..], &["--out", "c.csv"]].concat());
    assert!(said.err.contains("ROC AUC") && said.err.contains("62 rows decided differently"), "{}", said.err);
    let rows = desk.rows("c.csv");
    assert_eq!(rows.len(), 1 + 1000);
    let column = |name: &str| rows[0].iter().position(|n| n == name).expect("a column of the comparison");
    let [own, second, flip] = ["champion prediction", "challenger prediction", "flip"].map(column);
    let crosses = |row: &[String]| (number(&row[own]) >= 0.5) != (number(&row[second]) >= 0.5);
    assert!(rows[1..].iter().all(|row| (row[flip] == "yes") == crosses(row)));
    desk.done(&[&base[..], &["--threshold", "0.3", "--out", "c.json"]].concat());
    let whole = std::fs::read_to_string(desk.path("c.json")).expect("written").replace(' ', "");
    assert!(whole.contains("\"threshold\":0.3") && whole.contains("\"id\":\"auc\""));
    let chart = ["chart", "--kind", "decision-flips", "--model", &model, "--data", &data];
    desk.done(&[&chart[..], &["--with", &other, "--out", "f.svg"]].concat());
    let sentence = desk.refused(2, &[&chart[..], &["--out", "g.svg"]].concat());
    assert!(sentence.contains("--with"), "{sentence}");
    let diamonds = text(&sample("models/diamonds-lightgbm.txt"));
    let two = ["compare", "--model", &model, "--with", &diamonds, "--data", &data, "--out", "x.csv"];
    let sentence = desk.refused(1, &two);
    assert!(sentence.contains("cannot be compared"), "{sentence}");
}
