//! The table “how exact” of the README: every recorded model opened, asked and compared with what its library answered.
//!
//! `CANDOR_WRITE_TABLE=1 cargo test --release exact_table` writes it; without the variable the README is compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use candor::base::Task;
use candor::data::Input;
use candor::model::load::load;
use candor::model::{Model, ModelCard, Scale, Structure};
use candor::num::Matrix;
use serde_json::Value;

use super::common::recorded::cell;

/// Library, and its folders under `tests/oracle`.
const LIBRARIES: [(&str, &[&str]); 6] = [
    ("scikit-learn", &["sklearn-1.2", "sklearn-1.5", "sklearn-1.9"]),
    (
        "XGBoost",
        &[
            "xgboost-0.9",
            "xgboost-1.0",
            "xgboost-1.5",
            "xgboost-1.6",
            "xgboost-1.7",
            "xgboost-2.1",
            "xgboost-3.0",
            "xgboost",
            "mlflow",
        ],
    ),
    ("LightGBM", &["lightgbm-3.3", "lightgbm-4.3", "lightgbm"]),
    ("CatBoost", &["catboost-1.0", "catboost"]),
    ("InterpretML", &["ebm-0.6", "ebm"]),
    ("ONNX (onnxruntime)", &["onnx-skl1.14", "onnx", "onnx-torch"]),
];
/// Where the table stands in the README.
const MARKS: [&str; 2] = ["<!-- exact:begin -->\n", "<!-- exact:end -->"];

/// A model file and what its library answered.
struct Recorded {
    file: PathBuf,
    version: String,
    record: Value,
}

/// One line of the table.
#[derive(Default)]
struct Line {
    /// In the order of the folders.
    versions: Vec<String>,
    files: usize,
    /// Files by structure.
    structures: BTreeMap<&'static str, usize>,
    /// The largest difference of raw scores and of answers; `None` when none is recorded.
    score: Option<f64>,
    answer: Option<f64>,
}

fn oracle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

fn json(file: &Path) -> Value {
    let text = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Every model file of a record of many cases.
fn gathered(folder: &Path, record: &Value) -> Vec<Recorded> {
    let version = record["version"].as_str().expect("a version").to_owned();
    // Some are recorded because they must stay closed.
    let cases = record["cases"].as_object().expect("cases").values().filter(|case| case["refused"].is_null());
    let files = |case: &Value| {
        let one = |file: &str| Recorded { file: folder.join(file), version: version.clone(), record: case.clone() };
        texts(&case["files"]).map(one).collect::<Vec<_>>()
    };
    cases.flat_map(files).collect()
}

/// Every recorded model file of a folder.
fn recorded(folder: &Path) -> Vec<Recorded> {
    let collected = ["record.json", "estimators.json"].map(|name| folder.join(name));
    let collected: Vec<Value> = collected.iter().filter(|file| file.exists()).map(|file| json(file)).collect();
    if !collected.is_empty() {
        return collected.iter().flat_map(|record| gathered(folder, record)).collect();
    }
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    cases.retain(|path| name(path).ends_with(".json") && !name(path).ends_with(".model.json"));
    cases.sort();
    let mut all = Vec::new();
    for case in cases {
        let record = json(&case);
        let version = record["version"].as_str().expect("a version").to_owned();
        let files: Vec<PathBuf> =
            ["model", "also"].iter().filter_map(|k| record[k].as_str()).map(|f| folder.join(f)).collect();
        all.extend(files.into_iter().map(|file| Recorded { file, version: version.clone(), record: record.clone() }));
    }
    all
}

/// The largest difference of one recorded table, 0 only when every bit is the same.
fn difference(model: &dyn Model, rows: &Matrix, scale: Scale, table: &Value, floor: f64) -> f64 {
    let outputs = model.card().outputs.len();
    let mut ours = vec![0.0; rows.rows() * outputs];
    model.predict(rows.view(), scale, &mut ours);
    let rows = table.as_array().expect("rows of answers").iter().map(|row| row.as_array().expect("a row"));
    // Of two classes an ONNX graph answers with both.
    let theirs = rows.flat_map(|row| &row[row.len().saturating_sub(outputs)..]);
    let theirs: Vec<f64> = theirs.map(|v| v.as_f64().unwrap_or(f64::NAN)).collect();
    assert_eq!(ours.len(), theirs.len());
    let gap = |(a, b): (&f64, &f64)| match a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) {
        true => 0.0,
        false => ((a - b).abs() / b.abs().max(floor)).max(f64::from_bits(1)),
    };
    ours.iter().zip(&theirs).map(gap).fold(0.0, |most, gap| if gap.is_nan() { f64::NAN } else { most.max(gap) })
}

fn structure(model: &dyn Model) -> &'static str {
    match model.structure() {
        Structure::Trees(_) => "trees",
        Structure::Linear(_) => "weights",
        Structure::Additive(_) => "terms",
        Structure::Products(_) => "products",
        Structure::Opaque => "predictions",
    }
}

/// The scale of the library's own `predict`, or of its probabilities.
fn answer_scale(card: &ModelCard, key: &str) -> Scale {
    let wanted = if key == "prediction" { Scale::Target } else { Scale::Probability };
    let first = card.scales.iter().find(|scale| **scale != Scale::Margin);
    if card.scales.contains(&wanted) { wanted } else { *first.unwrap_or(&Scale::Margin) }
}

/// Opens one file, compares it and adds it to its line.
fn compare(library: &str, one: &Recorded, lines: &mut BTreeMap<String, Line>) {
    let name = one.file.display();
    let model = load(&one.file, &Task::silent()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let card = model.card();
    // Columns that a pipeline never reads are recorded and not asked for.
    let features: Vec<&str> = texts(&one.record["features"]).collect();
    let place = |input: &Input| features.iter().position(|name| *name == input.name).expect("the input is recorded");
    let encode =
        |row: &Value| -> Vec<f64> { card.inputs.iter().map(|input| cell(&row[place(input)], &input.kind)).collect() };
    let rows: Vec<Vec<f64>> = one.record["rows"].as_array().expect("rows").iter().map(encode).collect();
    let rows = Matrix::from_rows(&rows).expect("rows of one length");
    let line = lines.entry(card.algorithm.clone()).or_default();
    if !line.versions.contains(&one.version) {
        line.versions.push(one.version.clone());
    }
    line.files += 1;
    *line.structures.entry(structure(&*model)).or_default() += 1;
    let command = one.record["command"].as_str().unwrap_or("");
    let floor = if library.starts_with("ONNX") { 1.0 } else { 0.0 };
    for key in ["margin", "probability", "choice", "prediction"] {
        let table = &one.record[key];
        // LightGBM's raw score of a random forest is the sum, not the mean; two objectives of XGBoost answer with the
        // number of a class and with the raw score.
        let other = key == "margin" && command.contains("_rf")
            || key != "margin" && ["multi_softmax", "binary_logitraw"].iter().any(|end| command.ends_with(end));
        if table.is_null() || other {
            continue;
        }
        let (scale, most) = match key {
            "margin" => (Scale::Margin, &mut line.score),
            _ => (answer_scale(card, key), &mut line.answer),
        };
        let gap = difference(&*model, &rows, scale, table, floor);
        assert!(gap.is_finite(), "{name}: {key} is not a number on one side");
        *most = Some(most.unwrap_or(0.0).max(gap));
    }
}

/// A difference in words: rounded up to one digit.
fn words(gap: Option<f64>) -> String {
    match gap {
        None => String::new(),
        Some(0.0) => "same bits".to_owned(),
        Some(gap) => {
            let power = gap.log10().floor();
            let digit = (gap / 10f64.powf(power)).ceil();
            let (digit, power) = if digit >= 10.0 { (1.0, power + 1.0) } else { (digit, power) };
            format!("≤ {digit}e{power}")
        }
    }
}

fn table() -> String {
    let mut text = "| written by | model | versions | files | explained as | raw score | answer |\n\
                    |---|---|---|---:|---|---:|---:|\n"
        .to_owned();
    for (library, folders) in LIBRARIES {
        let mut lines = BTreeMap::new();
        for folder in folders {
            recorded(&oracle().join(folder)).iter().for_each(|one| compare(library, one, &mut lines));
        }
        for (model, line) in lines {
            let structures: Vec<String> = match line.structures.len() {
                1 => line.structures.keys().map(|s| (*s).to_owned()).collect(),
                _ => line.structures.iter().map(|(s, n)| format!("{s} {n}")).collect(),
            };
            let (versions, structures) = (line.versions.join(", "), structures.join(", "));
            let (score, answer) = (words(line.score), words(line.answer));
            writeln!(text, "| {library} | {model} | {versions} | {} | {structures} | {score} | {answer} |", line.files)
                .expect("a text can be written");
        }
    }
    text
}

/// What must stay true of a line: everything but the sizes of differences, and whether answers, which pass exponentials of
/// the machine's mathematics library, have the same bits.
fn claims(line: &str) -> Vec<&str> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let answer = cells.len().saturating_sub(2);
    let claim = |(i, cell)| match cell {
        _ if i == answer => "",
        cell if str::contains(cell, '≤') => "≤",
        cell => cell,
    };
    cells.into_iter().enumerate().map(claim).collect()
}

#[test]
fn the_exact_table_of_the_readme_is_what_the_records_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README can be read");
    let (before, rest) = readme.split_once(MARKS[0]).expect("the table has a beginning");
    let (old, after) = rest.split_once(MARKS[1]).expect("the table has an end");
    let new = table();
    if std::env::var_os("CANDOR_WRITE_TABLE").is_some() {
        let text = [before, MARKS[0], &new, MARKS[1], after].concat();
        std::fs::write(&path, text).expect("the README can be written");
        return;
    }
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().map(claims).collect(), new.lines().map(claims).collect());
    for (old, new) in old.iter().zip(&new) {
        assert_eq!(old, new, "CANDOR_WRITE_TABLE=1 writes the table again");
    }
    assert_eq!(old.len(), new.len());
}
