//! Memory and time of explaining a table that is larger than the memory allowed, with the built program.
//!
//! `cargo bench --bench stream -- --rows 3000000 --trees 50 --depth 6 --memory 1GB [--format csv]`

#![expect(clippy::print_stdout, reason = "a measurement tells its numbers")]
#![allow(missing_docs, unused_crate_dependencies, dead_code, reason = "the shared part serves several measurements")]

#[path = "made/trees.rs"]
mod trees;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use candor::base::Task;
use candor::data::{Column, Values};
use candor::session::write::Append;
use trees::Shape;

const INPUTS: usize = 30;
/// Rows made at once.
const PART: usize = 50_000;

fn main() {
    let number = |name: &str, otherwise: usize| word(name).map_or(otherwise, |w| w.parse().expect("a number"));
    let (rows, count, depth) = (number("--rows", 3_000_000), number("--trees", 50), number("--depth", 6));
    let memory = word("--memory").unwrap_or_else(|| "1GB".to_owned());
    let format = word("--format").unwrap_or_else(|| "parquet".to_owned());
    let folder = tempfile::Builder::new().tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let [model, table, out] = [
        "model.json".to_owned(),
        format!("table.{format}"),
        format!("out.{}", word("--out").unwrap_or_else(|| "parquet".to_owned())),
    ]
    .map(|name| folder.path().join(name));
    std::fs::write(&model, trees::xgboost(&trees::ensemble(Shape::full(count, depth, INPUTS)))).expect("written");
    make_table(&table, rows);
    println!("table {} MB, model {} MB", megabytes(&table), megabytes(&model));
    let begun = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_candor"))
        .arg("explain")
        .args(["--method", &word("--method").unwrap_or_else(|| "tree-shap".to_owned()), "--memory", &memory])
        .args(["--threads", "2"])
        .arg("--model")
        .arg(&model)
        .arg("--data")
        .arg(&table)
        .arg("--out")
        .arg(&out)
        .status()
        .expect("the program starts");
    println!("{status}, {:.1} s, result {} MB", begun.elapsed().as_secs_f64(), megabytes(&out));
}

fn make_table(path: &Path, rows: usize) {
    let task = Task::silent();
    let mut append = Append::begin(path).expect("the table is begun");
    for first in (0..rows).step_by(PART) {
        let count = PART.min(rows - first);
        let part = trees::rows(count, INPUTS, first as u64 + 11);
        let column = |j: usize| Column {
            name: format!("x{j:02}").into(),
            values: Values::Number { values: (0..count).map(|i| part.row(i)[j]).collect(), whole: false },
        };
        append.push(&(0..INPUTS).map(column).collect::<Vec<_>>(), &task).expect("written");
    }
    append.finish().expect("the table is kept");
}

fn megabytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len()) / 1_000_000
}

fn word(name: &str) -> Option<String> {
    let words: Vec<String> = std::env::args().collect();
    words.iter().position(|w| w == name).and_then(|i| words.get(i + 1)).cloned()
}
