//! The tree kernels on made-up models, so that a change is seen. Ratios within one run are what counts; the machine and
//! its other work move everything together.
//!
//! `cargo bench --bench kernels -- [FILTER]`

#![allow(missing_docs, unused_crate_dependencies, dead_code, reason = "a program; the shared part serves several")]

#[path = "made/trees.rs"]
mod trees;

use std::hint::black_box;
use std::time::Duration;

use candor::base::Task;
use candor::explain::tree;
use candor::model::TreeEnsemble;
use candor::num::{Matrix, parallel};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use trees::Shape;

const INPUTS: usize = 30;
/// Rows explained at once: many blocks, little memory.
const ROWS: usize = 1024;
/// Rows of shallow ensembles, which cost little each.
const SHALLOW_ROWS: usize = 10_000;

/// One thread, so that the machine's other work is felt least.
fn alone<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    parallel::with_threads(Some(1), work)
}

fn path_dependent(c: &mut Criterion) {
    let mut group = c.benchmark_group("path-dependent");
    let deep = Shape { trees: 5, depth: 40, inputs: INPUTS, leaves: 2000 };
    let shapes = [
        ("depth 4", Shape::full(100, 4, INPUTS)),
        ("depth 6", Shape::full(100, 6, INPUTS)),
        ("depth 8", Shape::full(50, 8, INPUTS)),
        ("deep", deep),
    ];
    for (name, shape) in shapes {
        let (ensemble, rows) = (trees::ensemble(shape), trees::rows(ROWS, INPUTS, 1));
        group.throughput(Throughput::Elements((ROWS * shape.trees) as u64));
        group.bench_function(name, |b| b.iter(|| alone(|| explained(&ensemble, &rows))));
    }
    group.finish();
}

fn explained(ensemble: &TreeEnsemble, rows: &Matrix) -> f64 {
    let done = tree::path_dependent(ensemble, rows.view(), &Task::silent()).expect("proper trees");
    black_box(done.values[0])
}

fn one_row(c: &mut Criterion) {
    let (ensemble, rows) = (trees::ensemble(Shape::full(500, 6, INPUTS)), trees::rows(1, INPUTS, 2));
    c.bench_function("one row, trees laid out anew", |b| b.iter(|| alone(|| explained(&ensemble, &rows))));
}

/// What reading the outcomes of all splits costs: the model's own scores walk the same splits.
fn scores(c: &mut Criterion) {
    let (ensemble, rows) = (trees::ensemble(Shape::full(100, 6, INPUTS)), trees::rows(ROWS, INPUTS, 1));
    let mut out = vec![0.0; ROWS];
    let mut group = c.benchmark_group("scores");
    group.throughput(Throughput::Elements((ROWS * 100) as u64));
    group.bench_function("depth 6", |b| b.iter(|| ensemble.score_rows_f64(black_box(rows.view()), &mut out)));
    group.finish();
}

fn interventional(c: &mut Criterion) {
    let mut group = c.benchmark_group("interventional");
    let ensemble = trees::ensemble(Shape::full(20, 6, INPUTS));
    let background = trees::rows(1000, INPUTS, 3);
    // Few rows are nearly all tables; many add the row loop.
    for (name, count) in [("tables of 1000 references, 1 row", 1), ("tables of 1000 references, 1024 rows", ROWS)] {
        let rows = trees::rows(count, INPUTS, 4);
        group.bench_function(name, |b| {
            b.iter(|| {
                alone(|| {
                    let done = tree::interventional(&ensemble, rows.view(), background.view(), None, &Task::silent());
                    black_box(done.expect("proper trees").values[0])
                })
            });
        });
    }
    group.finish();
}

/// Ensembles that collapse to tables, and the same with one tree of depth 3 more, which keeps them from it: the ratio is
/// what the tables are worth.
fn shallow(c: &mut Criterion) {
    let mut group = c.benchmark_group("shallow");
    let (rows, background) = (trees::rows(SHALLOW_ROWS, INPUTS, 5), trees::rows(1000, INPUTS, 6));
    for (name, shape) in
        [("2000 stumps", Shape::full(2000, 1, INPUTS)), ("1000 trees of depth 2", Shape::full(1000, 2, INPUTS))]
    {
        let collapsing = trees::ensemble(shape);
        let mut walked = collapsing.clone();
        walked.trees.extend(trees::ensemble(Shape::full(1, 3, INPUTS)).trees);
        for (way, ensemble) in [("collapsed", &collapsing), ("walked", &walked)] {
            for count in [1, SHALLOW_ROWS] {
                let rows = rows.view().slice(0, count);
                group.bench_function(format!("{name}, {count} rows, path-dependent, {way}"), |b| {
                    b.iter(|| {
                        alone(|| {
                            black_box(tree::path_dependent(ensemble, rows, &Task::silent()).expect("trees").values[0])
                        })
                    });
                });
                group.bench_function(format!("{name}, {count} rows, interventional, {way}"), |b| {
                    b.iter(|| {
                        alone(|| {
                            let done = tree::interventional(ensemble, rows, background.view(), None, &Task::silent());
                            black_box(done.expect("trees").values[0])
                        })
                    });
                });
            }
        }
    }
    group.finish();
}

criterion_group! {
    name = kernels;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = scores, path_dependent, one_row, interventional, shallow
}
criterion_main!(kernels);
