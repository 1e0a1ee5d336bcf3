//! Explaining in batches: the same bytes as in one go, whatever the batch, and nothing left behind when it ends early.

use std::path::{Path, PathBuf};

use candor::base::Task;
use candor::data::read::ReadOptions;
use candor::data::stored::Stored;
use candor::data::{encode, link};
use candor::explain::Shape;
use candor::explain::method::find;
use candor::model::load;
use candor::session::stream::{Wish, stream};
use candor::session::write::Append;
use candor::session::{Command, Export, Plan, RowChoice, Session};
use candor::worker::inline::run_all;

use super::session::sample;

const MEMORY: u64 = 1_000_000_000;

fn wish(model: &str, data: &Path, out: &Path) -> Wish {
    Wish {
        model: sample(model),
        data: data.to_owned(),
        target: None,
        plan: Plan::default(),
        own_background: false,
        output: None,
        with_errors: false,
        out: out.to_owned(),
        memory: MEMORY,
        batch: Some(37),
    }
}

/// What the session writes for the same wish, and its fidelity and provenance as JSON.
fn at_once(wish: &Wish, out: &Path) -> serde_json::Value {
    let mut session = Session::headless();
    let mut carry_out = |command: Command| {
        let jobs = session.apply(command);
        run_all(&mut session, jobs, |_| ());
        assert!(session.problems().is_empty(), "{:?}", session.problems());
    };
    carry_out(Command::OpenData(wish.data.clone(), ReadOptions::default()));
    carry_out(Command::SetPlan(wish.plan.clone()));
    carry_out(Command::OpenModel(wish.model.clone()));
    carry_out(Command::Explain);
    let shape = find(&wish.plan.method).map_or(Shape::Attribution, |method| method.answers());
    let export = match shape {
        Shape::Attribution => Export::AttributionColumns { with_errors: wish.with_errors, output: None },
        _ => Export::Answer(shape, None),
    };
    carry_out(Command::Export(export, out.into()));
    let explanation = session.answer(shape).expect("explained");
    serde_json::json!({ "fidelity": explanation.fidelity, "provenance": explanation.provenance })
}

/// The bundled table as Parquet, in small row groups, so that a column comes from many places of the file.
fn as_parquet(csv: &Path, folder: &Path) -> PathBuf {
    let task = Task::silent();
    let data = candor::data::read(csv, &ReadOptions::default(), &task).expect("a bundled table");
    let path = folder.join("table.parquet");
    let mut append = Append::begin(&path).expect("begun");
    let rows = data.row_count();
    for first in (0..rows).step_by(100) {
        let part: Vec<candor::data::Column> = data
            .columns()
            .iter()
            .map(|c| candor::data::Column {
                name: c.name.clone(),
                values: part_of(&c.values, first..(first + 100).min(rows)),
            })
            .collect();
        append.push(&part, &task).expect("written");
    }
    append.finish().expect("kept");
    path
}

fn part_of(values: &candor::data::Values, rows: std::ops::Range<usize>) -> candor::data::Values {
    use candor::data::Values;
    match values {
        Values::Number { values, whole } => Values::Number { values: values[rows].into(), whole: *whole },
        Values::YesNo(flags) => Values::YesNo(flags[rows].into()),
        Values::Date { millis, day } => Values::Date { millis: millis[rows].into(), day: *day },
        Values::Category { codes, levels } => Values::Category { codes: codes[rows].into(), levels: levels.clone() },
        Values::Text(texts) => {
            let mut part = candor::data::TextValues::default();
            rows.for_each(|i| part.push(texts.get(i)));
            Values::Text(std::sync::Arc::new(part))
        }
    }
}

#[test]
fn batches_of_any_size_write_what_one_go_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    for (model, csv) in [
        ("models/credit-xgboost.json", "credit.csv"),
        ("models/credit-lightgbm.txt", "credit.csv"),
        ("models/penguins-xgboost.json", "penguins.csv"),
        ("models/breast-cancer-xgboost.ubj", "breast_cancer.csv"),
    ] {
        let csv = sample(csv);
        for data in [csv.clone(), as_parquet(&csv, folder.path())] {
            for (method, rows) in [
                ("tree-shap", RowChoice::All),
                ("tree-shap-interventional", RowChoice::Range(5, 201)),
                ("tree-shap", RowChoice::Draw(60)),
                ("tree-interactions", RowChoice::Range(5, 201)),
            ] {
                let [one, many] = ["one.csv", "many.csv"].map(|name| folder.path().join(name));
                let mut wish = wish(model, &data, &many);
                wish.plan = Plan { method: method.to_owned(), rows, ..Plan::default() };
                let expected = at_once(&wish, &one);
                let told = stream(&wish, &Task::silent()).expect("streamed");
                let found = serde_json::json!({ "fidelity": told.fidelity, "provenance": told.provenance });
                assert_eq!(found, expected, "{model} on {}", data.display());
                assert_eq!(told.batches, told.rows.div_ceil(37));
                let [one, many] = [one, many].map(|path| std::fs::read(path).expect("written"));
                assert!(one == many, "{model} on {}: the bytes differ", data.display());
            }
        }
    }
}

#[test]
fn a_parquet_result_holds_the_numbers_of_one_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let [one, many] = ["one.parquet", "many.parquet"].map(|name| folder.path().join(name));
    let wish = wish("models/credit-xgboost.json", &sample("credit.csv"), &many);
    at_once(&wish, &one);
    stream(&wish, &Task::silent()).expect("streamed");
    let task = Task::silent();
    let [one, many] =
        [one, many].map(|path| candor::data::read(&path, &ReadOptions::default(), &task).expect("a table"));
    assert_eq!(one.row_count(), many.row_count());
    for (a, b) in one.columns().iter().zip(many.columns()) {
        assert_eq!(a.name, b.name);
        for i in 0..one.row_count() {
            assert_eq!(a.values.exact(i), b.values.exact(i), "{} in row {i}", a.name);
        }
    }
}

#[test]
fn sampled_answers_get_their_errors_beside_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let [one, many] = ["one.csv", "many.csv"].map(|name| folder.path().join(name));
    let mut wish = wish("models/penguins-xgboost.json", &sample("penguins.csv"), &many);
    wish.plan = Plan {
        method: "permutation-shap".to_owned(),
        knobs: vec![("budget".to_owned(), "60".to_owned())],
        rows: RowChoice::Range(0, 80),
        background_rows: 10,
        ..Plan::default()
    };
    at_once(&wish, &one);
    stream(&wish, &Task::silent()).expect("streamed");
    for [one, many] in [["one.csv", "many.csv"], ["one.se.csv", "many.se.csv"]] {
        let [one, many] = [one, many].map(|name| std::fs::read(folder.path().join(name)).expect("written"));
        assert!(!one.is_empty() && one == many);
    }
}

#[test]
fn the_strongest_pairs_are_not_chosen_batch_by_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("pairs.csv");
    let mut wish = wish("models/credit-xgboost.json", &sample("credit.csv"), &out);
    let knobs = |pairs: &str| vec![("pairs".to_owned(), pairs.to_owned())];
    wish.plan = Plan { method: "tree-interactions".to_owned(), knobs: knobs("3"), ..Plan::default() };
    let problem = stream(&wish, &Task::silent()).expect_err("every batch would choose its own");
    assert!(problem.place.contains("about the table as a whole"), "{problem}");
    assert!(!out.exists());
    wish.plan.knobs = knobs("0");
    stream(&wish, &Task::silent()).expect("all pairs are streamed");
}

/// Every oddity of delimited text that the reader of whole tables mends, in a table that is cut into records again.
#[test]
fn odd_texts_are_typed_as_in_whole_tables() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("odd.csv");
    let mut text = String::from("\u{feff}row_id;amount;group;when;flag;code;mark\r\n");
    for i in 0..5_000 {
        let amount = if i % 97 == 0 { "NA".to_owned() } else { format!("{},{}", i % 13, i % 10) };
        let group = ["\"a; b\"", "\"say \"\"x\"\"\"", "plain", ""][i % 4];
        let mark = ["+", "-"][i % 2];
        text.push_str(&format!(
            "r{i};{amount};{group};2024-01-{:02};{};{:05};{mark}",
            1 + i % 28,
            ["yes", "no"][i % 2],
            i % 999
        ));
        // Some lines lack their last cells, some end in surplus ones.
        if i % 501 == 7 {
            text.truncate(text.len() - 2);
        }
        text.push_str(["\r\n", "\n", "\r\n\r\n", ";\n"][i % 4]);
    }
    std::fs::write(&path, text).expect("written");
    let task = Task::silent();
    let whole = candor::data::read(&path, &ReadOptions::default(), &task).expect("a table");
    let inputs: Vec<candor::data::Input> = ["amount", "flag", "code", "group", "mark"]
        .iter()
        .map(|name| {
            let kind = match *name {
                "group" => candor::data::InputKind::Levels(["plain", "a; b", "say \"x\""].map(str::to_owned).into()),
                "mark" => candor::data::InputKind::Levels(["-", "+"].map(str::to_owned).into()),
                _ => candor::data::InputKind::Number,
            };
            candor::data::Input { name: (*name).to_owned(), kind }
        })
        .collect();
    let joined = link(&inputs, &whole).expect("the columns fit");
    let rows: Vec<candor::base::RowId> = (0..whole.row_count() as u32).map(candor::base::RowId).collect();
    let expected = encode(&joined, &whole, &rows);
    let stored = Stored::new(&path, (&inputs, None), folder.path(), &task).expect("stored");
    assert_eq!(stored.row_count(), whole.row_count());
    assert_eq!(stored.warnings, joined.warnings);
    let found = stored.encode(&rows, &task).expect("read");
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(found.matrix.values()), bits(expected.matrix.values()));
    assert!(found.matrix.values().iter().filter(|v| v.is_nan()).count() > 50, "some cells are missing");
}

#[test]
fn a_cancelled_stream_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("result.parquet");
    std::fs::write(&out, "old").expect("written");
    let wish = wish("models/credit-xgboost.json", &sample("credit.csv"), &out);
    let task = Task::silent();
    // Cancelled while it runs: whoever comes first, the file is old or whole.
    std::thread::scope(|scope| {
        #[expect(clippy::disallowed_methods, reason = "the test needs a second thread")]
        scope.spawn(|| {
            while task.stage() != candor::session::stream::STAGE {
                std::thread::yield_now();
            }
            task.cancel();
        });
        stream(&wish, &task).expect_err("the task was cancelled");
    });
    assert_eq!(std::fs::read(&out).expect("still there"), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1, "no draft is left behind");
}

#[test]
fn the_command_line_streams_when_memory_is_short_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |out: &str, memory: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(["explain", "--out", out, "--memory", memory, "--model"])
            .arg(sample("models/credit-xgboost.json"))
            .arg("--data")
            .arg(sample("credit.csv"))
            .current_dir(folder.path())
            .output()
            .expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run("one.csv", "1GB");
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("batch"), "{said}");
    let (code, said) = run("many.csv", "67.5MB");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("working in batches within 67.5") && said.contains("additivity gap"), "{said}");
    let [one, many] = ["one.csv", "many.csv"].map(|name| std::fs::read(folder.path().join(name)).expect("written"));
    assert!(one == many, "the bytes differ");
    let (code, said) = run("none.csv", "2MB");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Allow at least"), "{said}");
    assert_eq!(run("none.csv", "a lot").0, Some(2));
}

#[test]
fn what_cannot_be_streamed_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("result.csv");
    let credit = sample("credit.csv");
    let refused = |wish: &Wish| stream(wish, &Task::silent()).expect_err("refused").to_string();
    let mut importance = wish("models/credit-xgboost.json", &credit, &out);
    importance.plan.method = "permutation-importance".to_owned();
    assert!(refused(&importance).contains("as a whole"), "{}", refused(&importance));
    let json = wish("models/credit-xgboost.json", &credit, &folder.path().join("result.json"));
    assert!(refused(&json).contains("JSON"), "{}", refused(&json));
    let mut small = wish("models/credit-xgboost.json", &credit, &out);
    (small.memory, small.batch) = (2_000_000, None);
    assert!(refused(&small).contains("Allow at least"), "{}", refused(&small));
    let lines = folder.path().join("lines.jsonl");
    std::fs::write(&lines, "{\"a\":1}\n{\"a\":2}\n").expect("written");
    let text = refused(&wish("models/credit-xgboost.json", &lines, &out));
    assert!(text.contains("read as a whole"), "{text}");
    assert!(!out.exists());
    // The refusals are about the wish, not about the model.
    load::load(&sample("models/credit-xgboost.json"), &Task::silent()).expect("the model opens");
}
