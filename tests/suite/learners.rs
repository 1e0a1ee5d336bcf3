//! Every learner on small generated tables: quality, saving, determinism, refusals.

use std::path::Path;
use std::sync::Arc;

use candor::base::{Knobs, Seed, Task};
use candor::data::{Column, Dataset, InputKind, Role, Source, Values};
use candor::model::learn::{self, LEARNERS, Learner, Trained};
use candor::model::load::{self, native};
use candor::model::{Model, ModelError, Scale, Structure, TaskKind};
use candor::num::{Matrix, MatrixView};

use super::common::hills::sum_of;

fn open(bytes: &[u8]) -> Result<Arc<dyn Model>, ModelError> {
    load::load_bytes(bytes, Path::new("a.model"), &Task::silent())
}

fn number(name: &str, values: Vec<f64>) -> Column {
    Column { name: name.into(), values: Values::Number { values: values.into(), whole: false } }
}

/// Numbers, a yes/no column and a category with missing values; the target follows them with noise.
fn table(rows: usize, kind: TaskKind, plain: bool) -> (Dataset, usize) {
    let mut stream = Seed(4).child("table", 0);
    let levels: Arc<[String]> = ["low", "middle", "high"].map(str::to_owned).into();
    let (mut a, mut b, mut flags, mut codes, mut scores) = (vec![], vec![], vec![], vec![], vec![]);
    for i in 0..rows {
        let (x, z, flag, code) = (stream.normal(), stream.normal(), stream.below(2), stream.below(3));
        let hidden = if plain { 0.0 } else { flag as f64 + code as f64 - 1.5 };
        scores.push(1.5 * x + z * 0.7 + hidden + 0.4 * stream.normal());
        a.push(if !plain && i % 11 == 3 { f64::NAN } else { x });
        b.push(z);
        flags.push(if !plain && i % 17 == 5 { 2 } else { flag as u8 });
        codes.push(if !plain && i % 13 == 7 { u32::MAX } else { code as u32 });
    }
    let target = match kind {
        TaskKind::Regression => number("goal", scores),
        _ => {
            let cut = |s: &f64| match kind {
                TaskKind::Binary => u32::from(*s > 0.0),
                _ => u32::from(*s > -0.8) + u32::from(*s > 0.8),
            };
            let names: Arc<[String]> = match kind {
                TaskKind::Binary => vec!["no".to_owned(), "yes".to_owned()].into(),
                _ => vec!["c".to_owned(), "a".to_owned(), "b".to_owned()].into(),
            };
            let codes = scores.iter().map(cut).collect();
            Column { name: "goal".into(), values: Values::Category { codes, levels: names } }
        }
    };
    let mut columns = vec![number("a", a), number("b", b)];
    if !plain {
        columns.push(Column { name: "flag".into(), values: Values::YesNo(flags.into()) });
        columns.push(Column { name: "grade".into(), values: Values::Category { codes: codes.into(), levels } });
    }
    columns.push(target);
    let last = columns.len() - 1;
    (Dataset::new(Source::default(), columns).expect("sound test input").with_role(last, Role::Target), last)
}

fn train(learner: &dyn Learner, data: &Dataset, target: usize, seed: u64) -> Result<Trained, ModelError> {
    let given: &[(&str, &str)] = match learner.id() {
        "random-forest" => &[("trees", "30")],
        "gradient-boosting" => &[("rounds", "60")],
        _ => &[],
    };
    let knobs = Knobs::check(learner.knobs(), given.iter().copied()).expect("sound test input");
    learn::train(learner, (data, target), &knobs, Seed(seed), &Task::silent())
}

const KINDS: [TaskKind; 3] = [TaskKind::Binary, TaskKind::Multiclass, TaskKind::Regression];

fn each(mut check: impl FnMut(&'static dyn Learner, TaskKind, bool)) {
    for learner in LEARNERS {
        for kind in KINDS.iter().filter(|k| learner.tasks().contains(k)) {
            for plain in [false, true] {
                check(*learner, *kind, plain);
            }
        }
    }
}

/// Inputs that visit every level, and missing values.
fn probes(model: &dyn Model) -> Vec<f64> {
    let mut stream = Seed(8).child("probes", 0);
    let mut out = Vec::new();
    for i in 0..40 {
        for (j, input) in model.card().inputs.iter().enumerate() {
            out.push(match &input.kind {
                _ if (i + j) % 9 == 0 => f64::NAN,
                InputKind::Levels(levels) => stream.below(levels.len()) as f64,
                _ => 2.0 * stream.normal(),
            });
        }
    }
    out
}

fn answers(model: &dyn Model) -> Vec<u64> {
    let values = probes(model);
    let rows = MatrixView::new(&values, 40, model.card().inputs.len()).expect("sound test input");
    let mut bits = Vec::new();
    for scale in &model.card().scales {
        let mut out = vec![0.0; 40 * model.card().outputs.len()];
        model.predict(rows, *scale, &mut out);
        assert!(out.iter().all(|v| v.is_finite()), "{:?}", model.card().algorithm);
        if *scale == Scale::Probability {
            assert!(out.iter().all(|v| (0.0..=1.0).contains(v)), "{:?}", model.card().algorithm);
        }
        bits.extend(out.iter().map(|v| v.to_bits()));
    }
    bits
}

#[test]
fn every_learner_beats_a_constant_on_rows_it_has_not_seen() {
    each(|learner, kind, plain| {
        let (data, target) = table(400, kind, plain);
        let trained = train(learner, &data, target, 1).expect("sound test input");
        let (id, better) = match kind {
            TaskKind::Regression => ("r2", 0.5),
            _ => ("auc", 0.8),
        };
        let metric = trained.performance.metrics.iter().find(|m| m.id == id).expect("sound test input");
        assert!(metric.value > better, "{} {kind:?} {plain}: {id} {}", learner.id(), metric.value);
        assert_eq!(trained.performance.rows, trained.held_out.len());
        assert!((70..=90).contains(&trained.held_out.len()), "{}", trained.held_out.len());
        assert!(trained.model.card().notes.iter().any(|n| n.contains("held out")));
    });
}

#[test]
fn a_saved_model_opens_with_the_same_bits() {
    each(|learner, kind, plain| {
        let (data, target) = table(300, kind, plain);
        let model = train(learner, &data, target, 1).expect("sound test input").model;
        let bytes = native::save(&*model).expect("sound test input");
        let again = open(&bytes).expect("sound test input");
        assert_eq!(answers(&*model), answers(&*again), "{} {kind:?}", learner.id());
        assert_eq!(bytes, native::save(&*again).expect("sound test input"));
        assert_eq!(again.card().inputs, model.card().inputs);
        assert!(open(&bytes[..bytes.len() / 2]).is_err());
    });
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    each(|learner, kind, _| {
        let (data, target) = table(200, kind, false);
        let run = |threads, seed| {
            let work = || {
                native::save(&*train(learner, &data, target, seed).expect("sound test input").model)
                    .expect("sound test input")
            };
            candor::num::parallel::with_threads(Some(threads), work)
        };
        assert_eq!(run(1, 7), run(3, 7), "{} {kind:?}", learner.id());
        assert_ne!(run(1, 7), run(1, 8), "{} {kind:?}", learner.id());
    });
}

#[test]
fn trees_offer_their_structure_and_add_up() {
    each(|learner, kind, plain| {
        let (data, target) = table(300, kind, plain);
        let model = train(learner, &data, target, 1).expect("sound test input").model;
        let trees = matches!(learner.id(), "random-forest" | "decision-tree" | "gradient-boosting");
        let linear = matches!(learner.id(), "linear-regression" | "logistic-regression");
        match model.structure() {
            Structure::Trees(ensemble) => {
                assert!(trees);
                let root: f64 = ensemble.trees.iter().map(|t| t.nodes[0].cover).sum();
                assert!((root / ensemble.trees.len() as f64 - 240.0).abs() < 3.0, "covers count the training rows");
            }
            Structure::Linear(_) => assert!(linear && plain),
            Structure::Additive(terms) => {
                assert!(linear && !plain);
                let inputs = model.card().inputs.len();
                let row: Vec<f64> = (0..inputs).map(|j| if j == 1 { f64::NAN } else { 1.0 }).collect();
                let (mut score, mut term) = (vec![0.0; terms.intercept().len()], vec![0.0; terms.intercept().len()]);
                let mut sums = terms.intercept().to_vec();
                for (j, x) in row.iter().enumerate() {
                    terms.term(j, *x, &mut term);
                    sums.iter_mut().zip(&term).for_each(|(sum, term)| *sum += term);
                }
                let row = Matrix::from_rows(&[row]).expect("one row");
                model.predict_f64(row.view(), model.card().native_scale, &mut score);
                assert!(
                    sums.iter().zip(&score).all(|(a, b)| (a - b).abs() <= 1e-12 * (1.0 + b.abs())),
                    "{sums:?} {score:?}"
                );
            }
            Structure::Products(products) => {
                assert!(learner.id() == "support-vectors" && model.card().task == TaskKind::Regression);
                let inputs = model.card().inputs.len();
                let row: Vec<f64> = (0..inputs).map(|j| if j == 1 { f64::NAN } else { 1.0 }).collect();
                let (sum, mut score) = (sum_of(products, &row, 0), [0.0]);
                let row = Matrix::from_rows(&[row]).expect("one row");
                model.predict_f64(row.view(), model.card().native_scale, &mut score);
                assert!((sum - score[0]).abs() <= 1e-12 * (1.0 + score[0].abs()), "{sum} {score:?}");
            }
            Structure::Opaque => assert!(!(trees || linear)),
        }
    });
}

#[test]
fn a_broken_file_is_refused() {
    let (data, target) = table(100, TaskKind::Binary, false);
    let tree = learn::find("decision-tree").expect("sound test input");
    let bytes =
        native::save(&*train(tree, &data, target, 1).expect("sound test input").model).expect("sound test input");
    let text = String::from_utf8(bytes).expect("sound test input");
    let start = text.find("\"left\":1").expect("sound test input");
    for (from, to) in [("\"left\":1", "\"left\":0"), ("\"left\":1", "\"left\":4000000000")] {
        let mut broken = text.clone();
        broken.replace_range(start..start + from.len(), to);
        assert!(open(broken.as_bytes()).is_err(), "{to}");
    }
    assert!(open(text.replace("candor-model", "other").as_bytes()).is_err());
}

#[test]
fn tables_that_cannot_be_learned_are_refused_with_a_sentence() {
    for learner in LEARNERS {
        let refused = |data: &Dataset, target: usize, says: &str| match train(*learner, data, target, 1) {
            Err(ModelError::Training { reason, .. }) => assert!(reason.contains(says), "{reason}"),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{} accepted “{says}”", learner.id()),
        };
        let (one, target) = table(1, TaskKind::Binary, false);
        refused(&one, target, "at least 10 are needed");
        let values = (0..20).map(f64::from).collect();
        let still = Dataset::new(Source::default(), vec![number("a", values), number("goal", vec![1.0; 20])])
            .expect("sound test input");
        refused(&still, 1, "same value in every row");
        refused(&still, 9, "no such target column");
        let codes = vec![0; 20].into();
        let goal =
            Column { name: "goal".into(), values: Values::Category { codes, levels: vec!["x".to_owned()].into() } };
        let values = (0..20).map(f64::from).collect();
        let lone = Dataset::new(Source::default(), vec![number("a", values), goal]).expect("sound test input");
        refused(&lone, 1, "one class only");
    }
}

#[test]
fn cancelled_training_stops() {
    let (data, target) = table(100, TaskKind::Binary, false);
    for id in ["random-forest", "gradient-boosting", "logistic-regression"] {
        let learner = learn::find(id).expect("sound test input");
        let task = Task::silent();
        task.cancel();
        let result = learn::train(learner, (&data, target), &Knobs::defaults(learner.knobs()), Seed(1), &task);
        assert!(matches!(result, Err(ModelError::Cancelled(_))));
    }
}
