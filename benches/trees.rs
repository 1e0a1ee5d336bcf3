//! Candor's side of the comparison with other libraries: one case, one JSON line, in the fields of
//! `benches/peers/README.md`.
//!
//! `cargo bench --no-default-features --bench trees -- CASE --data FOLDER [--values FILE] [--reference FILE] [--runs N]
//! [--threads 2] [--rows N]`

#![expect(clippy::print_stdout, reason = "a measurement tells its numbers")]
#![allow(missing_docs, unused_crate_dependencies, reason = "a program, not a library")]

mod slow;

use std::path::{Path, PathBuf};
use std::time::Instant;

use candor::base::{Seed, Task};
use candor::explain::tree::{self, Ready, Room};
use candor::model::{Structure, TreeEnsemble, load};
use candor::num::simd::Level;
use candor::num::{Matrix, MatrixView, parallel};
use serde_json::{Value, json};

/// Rows whose values are written and checked.
const WRITTEN: usize = 100;

fn main() {
    let options = Options::read();
    let case = Case::open(&options);
    if let Some(file) = &options.reference {
        match parallel::with_threads(Some(options.threads), || reference(&case)) {
            Some(values) => write(file, &values),
            None => eprintln_once("no reference for this case"),
        }
    }
    if options.runs == 0 {
        return;
    }
    let line = parallel::with_threads(Some(options.threads), || measured(&case, &options));
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "what is left out is told")]
fn eprintln_once(text: &str) {
    eprintln!("{text}");
}

/// The words after the program's name.
struct Options {
    case: String,
    folder: PathBuf,
    values: Option<PathBuf>,
    reference: Option<PathBuf>,
    runs: usize,
    threads: usize,
    rows: Option<usize>,
}

impl Options {
    fn read() -> Self {
        let words: Vec<String> = std::env::args().skip(1).filter(|w| w != "--bench").collect();
        let after = |name: &str| words.iter().position(|w| w == name).and_then(|i| words.get(i + 1)).cloned();
        let count = |name: &str| after(name).map(|n| n.parse::<usize>().expect("a number"));
        Self {
            case: words.first().filter(|w| !w.starts_with("--")).expect("the name of a case comes first").clone(),
            folder: after("--data").expect("--data FOLDER").into(),
            values: after("--values").map(Into::into),
            reference: after("--reference").map(Into::into),
            runs: count("--runs").unwrap_or(5),
            threads: count("--threads").unwrap_or(2),
            rows: count("--rows"),
        }
    }
}

/// One case, in memory.
struct Case {
    name: String,
    task: String,
    about: Value,
    ensemble: TreeEnsemble,
    rows: Matrix,
    rows_in_case: usize,
    background: Option<Matrix>,
    grid: Option<Matrix>,
    target: Option<Matrix>,
    /// Tables of the model where rows come one at a time.
    ready: Option<Ready>,
}

impl Case {
    fn open(options: &Options) -> Self {
        let text = std::fs::read_to_string(options.folder.join("bench.json")).expect("bench.json");
        let bench: Value = serde_json::from_str(&text).expect("bench.json is JSON");
        // One row at a time is asked of the first case's model.
        let (stored, task) = match options.case.as_str() {
            "single-row" => ("xgb", Some("single-row")),
            "deep" => ("interventional-deep", None),
            other => (other, None),
        };
        let about = bench["cases"][stored].clone();
        let word = |name: &str| about[name].as_str();
        let array =
            |what: &str, count: Option<usize>| word(what).map(|name| read(options, &bench["arrays"][name], count));
        let references = about["references"].as_u64().map(|n| n as usize);
        let model = options.folder.join(word("model").expect("a case of bench.json"));
        let model = load::load(&model, &Task::silent()).expect("the model opens");
        let Structure::Trees(ensemble) = model.structure() else { panic!("the model is no sum of trees") };
        let rows_in_case =
            bench["arrays"][word("rows").expect("rows")]["shape"][0].as_u64().expect("a number") as usize;
        Self {
            name: options.case.clone(),
            task: task.or(word("task")).expect("a task").to_owned(),
            ready: (task == Some("single-row"))
                .then(|| Ready::path_dependent(ensemble, &Task::silent()).expect("proper trees"))
                .flatten(),
            ensemble: ensemble.clone(),
            rows: array("rows", options.rows).expect("rows"),
            rows_in_case,
            background: array("background", references),
            grid: array("grid", None),
            target: array("target", None),
            about,
        }
    }
}

/// The first `count` rows of an array: raw little-endian f64, row-major.
fn read(options: &Options, about: &Value, count: Option<usize>) -> Matrix {
    use std::io::Read as _;
    let shape: Vec<usize> =
        about["shape"].as_array().expect("a shape").iter().map(|n| n.as_u64().expect("a number") as usize).collect();
    let width: usize = shape[1..].iter().product();
    let rows = count.map_or(shape[0], |n| n.min(shape[0]));
    let file = std::fs::File::open(options.folder.join(about["file"].as_str().expect("a file"))).expect("the array");
    let mut values = Vec::with_capacity(rows * width);
    let mut file = std::io::BufReader::with_capacity(1 << 20, file).take((rows * width * 8) as u64);
    let mut bytes = vec![0; 8 * width];
    for _ in 0..rows {
        file.read_exact(&mut bytes).expect("the array is complete");
        values.extend(bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)));
    }
    Matrix::new(values, rows, width).expect("the shape fits")
}

fn write(file: &Path, values: &[f64]) {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(file, bytes).expect("the values are written");
}

/// What the written rows give: their values, and the largest gap of additivity where there is one.
struct Found {
    values: Vec<f64>,
    shape: Vec<usize>,
    gap: Option<f64>,
}

/// What a public function answers.
enum Done {
    Contributions(tree::Contributions),
    Curves(tree::Dependence),
    Matrices(tree::InteractionMatrices),
    Growth(Vec<f64>),
}

/// The public function that is measured, from arrays to arrays, and how it was called.
fn run(case: &Case) -> Result<(Done, &'static str), String> {
    let (ensemble, rows, task) = (&case.ensemble, case.rows.view(), Task::silent());
    let (done, call) = match case.task.as_str() {
        "path-dependent" => (tree::path_dependent(ensemble, rows, &task), "candor::explain::tree::path_dependent"),
        "interventional" => {
            let background = case.background.as_ref().ok_or("the case has no background")?.view();
            let done = tree::interventional(ensemble, rows, background, None, &task);
            (done, "candor::explain::tree::interventional")
        }
        "single-row" => {
            let ready = case.ready.as_ref().ok_or("the model has too many features on a path for kept tables")?;
            (Ok(one_by_one(ready, rows)), "candor::explain::tree::Ready::explain")
        }
        "interactions" => {
            let done = tree::interaction_matrices(ensemble, rows, &task).map_err(|stopped| format!("{stopped:?}"))?;
            return Ok((Done::Matrices(done), "candor::explain::tree::interaction_matrices"));
        }
        "permutation-importance" => {
            let growth = importance(case, &task).map_err(|stopped| format!("{stopped:?}"))?;
            return Ok((Done::Growth(growth), "candor::explain::tree::tree_permutation::dealt"));
        }
        "partial-dependence" => {
            let done = tree::partial_dependence(ensemble, rows, &task).map_err(|stopped| format!("{stopped:?}"))?;
            return Ok((Done::Curves(done), "candor::explain::tree::partial_dependence"));
        }
        other => return Err(format!("no public function answers {other} yet")),
    };
    Ok((Done::Contributions(done.map_err(|stopped| format!("{stopped:?}"))?), call))
}

/// The growth of the mean squared error when the values of an input are dealt to other rows, per input.
fn importance(case: &Case, task: &Task) -> Result<Vec<f64>, tree::Stopped> {
    let (ensemble, rows) = (&case.ensemble, case.rows.view());
    let target = case.target.as_ref().expect("the case has a target").view();
    let mut scores = vec![0.0; rows.rows()];
    ensemble.score_rows_f64(rows, &mut scores);
    let error = |scores: &[f64]| {
        let squares = scores.iter().enumerate().map(|(i, score)| (score - target.row(i)[0]).powi(2));
        squares.sum::<f64>() / scores.len() as f64
    };
    let repeats = case.about["repeats"].as_u64().unwrap_or(5);
    let shuffled = |repeat: u64| {
        let mut order: Vec<usize> = (0..rows.rows()).collect();
        Seed(1).child("importance", repeat).shuffle(&mut order);
        order
    };
    let orders: Vec<Vec<usize>> = (0..repeats).map(shuffled).collect();
    let (before, mut growth) = (error(&scores), vec![0.0; ensemble.inputs]);
    tree::tree_permutation::dealt(ensemble, (rows, &scores), &orders, task, |input, dealt| {
        growth[input] = dealt.iter().map(|scores| error(scores) - before).sum::<f64>() / dealt.len() as f64;
        Ok(())
    })?;
    Ok(growth)
}

/// Every row by itself, by tables that were made before.
fn one_by_one(ready: &Ready, rows: MatrixView<'_>) -> tree::Contributions {
    let (mut room, mut values) = (Room::default(), vec![0.0; rows.rows() * rows.cols()]);
    for (i, out) in values.chunks_exact_mut(rows.cols()).enumerate() {
        ready.explain(rows.row(i), &mut room, out);
    }
    tree::Contributions { values, base: ready.base().to_vec(), without_cover: false }
}

/// What is kept of a run; not timed.
fn found(case: &Case, done: &Done) -> Found {
    let width = case.ensemble.inputs;
    let done = match done {
        Done::Contributions(done) => done,
        Done::Growth(growth) => return Found { values: growth.clone(), shape: vec![growth.len()], gap: None },
        Done::Matrices(matrices) => {
            let size = width * width;
            let count = WRITTEN.min(matrices.values.len() / (size * case.ensemble.outputs()));
            let sums = tree::Contributions {
                values: matrices.values[..count * size].chunks_exact(width).map(|row| row.iter().sum()).collect(),
                base: matrices.base.clone(),
                without_cover: matrices.without_cover,
            };
            return Found {
                values: matrices.values[..count * size].to_vec(),
                shape: vec![count, width, width],
                gap: Some(additivity(&case.ensemble, case.rows.view().slice(0, count), &sums)),
            };
        }
        Done::Curves(curves) => {
            let grid = case.grid.as_ref().expect("the case has a grid").view();
            let at = |j: usize, value: f64| match curves.axes.place(j) {
                Some(place) => curves.values[place][curves.axes.piece(place, value)],
                None => curves.mean[0],
            };
            let values = (0..grid.rows()).flat_map(|j| grid.row(j).iter().map(move |value| (j, *value)));
            let values = values.map(|(j, value)| at(j, value)).collect();
            return Found { values, shape: vec![grid.rows(), grid.cols()], gap: None };
        }
    };
    let count = WRITTEN.min(done.values.len() / (width * case.ensemble.outputs()));
    Found {
        values: done.values[..count * width].to_vec(),
        shape: vec![count, width],
        gap: Some(additivity(&case.ensemble, case.rows.view().slice(0, count), done)),
    }
}

/// The largest |base + Σ values − score| over the written rows.
fn additivity(ensemble: &TreeEnsemble, rows: MatrixView<'_>, done: &tree::Contributions) -> f64 {
    let mut score = vec![0.0; ensemble.outputs()];
    let gap = |i: usize, score: &mut [f64]| {
        ensemble.score_f64(rows.row(i), score);
        let row = &done.values[i * ensemble.inputs..][..ensemble.inputs];
        (done.base[0] + row.iter().sum::<f64>() - score[0]).abs()
    };
    (0..rows.rows()).map(|i| gap(i, &mut score)).fold(0.0, f64::max)
}

/// What slow definitions give for the written rows; `None` where that would take hours.
fn reference(case: &Case) -> Option<Vec<f64>> {
    let (ensemble, rows) = (&case.ensemble, case.rows.view());
    let first = rows.slice(0, WRITTEN.min(rows.rows()));
    let path_dependent = || tree::reference(ensemble, first, &Task::silent()).expect("trees").values;
    match case.task.as_str() {
        "path-dependent" | "single-row" => Some(path_dependent()),
        "interventional" => {
            let background = case.background.as_ref()?.view();
            (background.rows() <= 10_000).then(|| slow::interventional(ensemble, first, background))
        }
        "interactions" => Some(slow::interactions(ensemble, first, &path_dependent())),
        "partial-dependence" => Some(slow::partial_dependence(ensemble, rows, case.grid.as_ref()?.view())),
        _ => None,
    }
}

/// A warm-up, then the runs; one JSON line.
fn measured(case: &Case, options: &Options) -> Value {
    let before = (memory("VmRSS:"), load_average());
    let mut last = None;
    let (mut seconds, mut processor) = (Vec::new(), Vec::new());
    for _ in 0..=options.runs {
        // The answer of the run before is no part of this one's memory.
        drop(last.take());
        let (begun, used) = (Instant::now(), processor_seconds());
        match run(case) {
            Ok(done) => last = Some(done),
            Err(reason) => return not_supported(case, &reason),
        }
        let each = if case.task == "single-row" { case.rows.rows() as f64 } else { 1.0 };
        seconds.push(begun.elapsed().as_secs_f64() / each);
        processor.push((processor_seconds() - used) / each);
    }
    let peak = memory("VmHWM:");
    let Some((done, call)) = last else { return not_supported(case, "no run was asked for") };
    let found = found(case, &done);
    if let Some(file) = &options.values {
        write(file, &found.values);
    }
    let first = seconds.remove(0);
    processor.remove(0);
    let (median_seconds, cpu_seconds) = (median(&seconds), median(&processor));
    json!({
        "case": case.name, "task": case.task, "peer": "candor", "status": "ok", "call": call,
        "rows": case.rows_in_case, "rows_explained": if case.task == "single-row" { 1 } else { case.rows.rows() },
        "references": case.about["references"], "references_used": case.background.as_ref().map(Matrix::rows),
        "seconds": seconds, "median_seconds": median_seconds, "cpu_seconds": cpu_seconds,
        "conversion_seconds": 0.0, "setup_seconds": 0.0, "first_seconds": first,
        "scaled_seconds": median_seconds, "scaled_from": null, "threads": options.threads,
        "memory_before_bytes": before.0, "peak_memory_bytes": peak,
        "versions": { "candor": env!("CARGO_PKG_VERSION") }, "cpu": processor_name(), "date": today(),
        "load_average": [before.1, load_average()], "nice": nice(), "values_shape": found.shape,
        "simd": Level::best().name(), "additivity": found.gap,
        "note": case.target.as_ref().map_or("", |_| "with the true values of the target"),
    })
}

fn not_supported(case: &Case, reason: &str) -> Value {
    json!({
        "case": case.name, "task": case.task, "peer": "candor", "status": "not supported", "detail": reason,
        "date": today(),
    })
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    candor::num::stats::quantile_sorted(&sorted, 0.5)
}

/// A line of the process's status, in bytes; 0 where the system does not tell.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(name).map(str::to_owned)).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Fields of the process's statistics behind its name, counted from 3.
fn statistic(field: usize) -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = text.rsplit(')').next().unwrap_or("").to_owned();
    rest.split_whitespace().nth(field - 3).and_then(|n| n.parse().ok()).unwrap_or(0.0)
}

/// Processor time of all threads; Linux counts it in hundredths of a second.
fn processor_seconds() -> f64 {
    (statistic(14) + statistic(15)) / 100.0
}

fn nice() -> f64 {
    statistic(19)
}

fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0.0)
}

fn processor_name() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let fact = |name: &str| {
        let line = text.lines().find(|l| l.split(':').next().is_some_and(|n| n.trim() == name));
        line.and_then(|l| l.split(':').nth(1)).map_or_else(|| "unknown".to_owned(), |v| v.trim().to_owned())
    };
    format!("{} (family {}, model {})", fact("model name"), fact("cpu family"), fact("model"))
}

fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis());
    candor::data::dates::iso(i64::try_from(since).unwrap_or(0) / 86_400_000 * 86_400_000, true)
}
