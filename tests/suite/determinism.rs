//! The same question gives the same bits: on any number of threads, twice, in parts, and for a row on its own.

use candor::base::{Knobs, RowId, Task};
use candor::explain::{Body, Explainer, Explanation, METHODS, Request, Support, Truth, ask, ask_in_parts};
use candor::model::LinearForm;
use candor::num::parallel::with_threads;

use super::common::generate::{Shape, setting};
use super::common::toy::{Inside, Setting, Toy};

fn settings() -> Vec<Setting> {
    let shape = Shape {
        inputs: 7,
        trees: 9,
        depth: 5,
        outputs: 2,
        vector_leaves: false,
        zero_covers: true,
        full: false,
        rows: 203,
        background: 4,
    };
    let forest = setting(21, shape);
    let weights = (0..14).map(|k| k as f64 - 6.5).collect();
    let form = Toy::new(Inside::Linear(LinearForm { weights, intercept: vec![1.0, 2.0] }), 7);
    let line = Setting::new(form, forest.rows.clone(), forest.background.matrix.clone());
    vec![forest, line]
}

fn truth(setting: &Setting) -> Truth {
    let value = |i: usize| setting.prediction(i)[0] + (i % 5) as f64 * 0.1;
    Truth { values: (0..setting.rows.rows()).map(value).collect(), weights: None }
}

/// Every number of an explanation, as bits.
fn bits(explanation: &Explanation) -> Vec<u64> {
    let mut numbers: Vec<f64> = explanation.predictions.to_vec();
    match &explanation.body {
        Body::Attribution(a) => {
            numbers.extend(a.values.iter().chain(&a.base));
            numbers.extend(a.std_error.iter().flat_map(|e| e.iter()));
            numbers.extend(a.rows.iter().map(|r| f64::from(r.0)));
        }
        Body::Curves(c) => {
            numbers.extend(c.features.iter().flat_map(|f| f.mean.iter().chain(&f.individual)));
        }
        Body::Interactions(i) => {
            numbers.extend(i.values.iter().chain(&i.mean).chain(&i.mean_absolute).chain(&i.base));
        }
        Body::Strengths(s) => {
            numbers.extend(s.entries.iter().flat_map(|e| e.h_squared.iter().chain(&e.size)));
        }
        Body::Importance(i) => {
            for e in &i.entries {
                numbers.extend([
                    e.value,
                    e.std_error,
                    e.over_repeats.0,
                    e.over_repeats.1,
                    e.over_rows.0,
                    e.over_rows.1,
                ]);
            }
        }
    }
    numbers.iter().map(|v| v.to_bits()).collect()
}

/// Calls `test` with every method and setting that go together.
fn each(test: impl Fn(&dyn Explainer, &Request<'_>)) {
    let mut asked = 0;
    for setting in &settings() {
        let truth = truth(setting);
        for &method in METHODS.iter().filter(|m| !matches!(m.supports(&setting.model), Support::No(_))) {
            let small = [("budget", "60")];
            let given = small.iter().copied().filter(|(id, _)| method.knobs().iter().any(|k| k.id == *id));
            let knobs = Knobs::check(method.knobs(), given).expect("proper test data");
            let scale = method.scales(&setting.model)[0];
            test(method, &Request { truth: Some(&truth), scale, ..setting.request(&knobs) });
            asked += 1;
        }
    }
    assert!(asked >= 7, "only {asked} questions were asked");
}

fn asked(method: &dyn Explainer, request: &Request<'_>) -> Explanation {
    ask(method, request, &Task::silent()).expect("an answer")
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    each(|method, request| {
        let one = bits(&with_threads(Some(1), || asked(method, request)));
        for threads in [2, 16] {
            let many = bits(&with_threads(Some(threads), || asked(method, request)));
            assert!(one == many, "{}: {threads} threads differ from one", method.id());
        }
        assert!(one == bits(&asked(method, request)), "{}: a second run differs", method.id());
    });
}

#[test]
fn parts_give_the_bits_of_the_whole() {
    each(|method, request| {
        let whole = asked(method, request);
        for first in [1, 7, 20] {
            let mut states = Vec::new();
            let mut tell = |state: Explanation| states.push(state);
            let parts = ask_in_parts(method, request, first, &Task::silent(), &mut tell).expect("an answer");
            assert!(bits(&parts) == bits(&whole), "{}: parts from {first} rows differ", method.id());
            assert_eq!(parts.fidelity.gap.map(f64::to_bits), whole.fidelity.gap.map(f64::to_bits));
            assert_eq!(parts.provenance.data, whole.provenance.data);
            if method.answers_rows() {
                let Body::Attribution(a) = &states[0].body else { panic!("contributions") };
                assert_eq!(a.rows.len(), first);
            }
        }
    });
}

#[test]
fn a_row_on_its_own_gives_the_bits_it_has_in_the_table() {
    each(|method, request| {
        if !method.answers_rows() {
            return;
        }
        let Body::Attribution(whole) = asked(method, request).body else { panic!("contributions") };
        for position in [0usize, 63, 64, 202] {
            let rows = [RowId(position as u32)];
            let features = request.features.slice(position, position + 1);
            let alone = asked(method, &Request { features, rows: &rows, ..request.clone() });
            let Body::Attribution(alone) = alone.body else { panic!("contributions") };
            for output in 0..whole.outputs.len() {
                assert_eq!(alone.row(output, 0), whole.row(output, position), "{} row {position}", method.id());
                assert_eq!(alone.row_error(output, 0), whole.row_error(output, position));
            }
        }
    });
}

#[test]
fn another_seed_gives_other_draws() {
    let setting = &settings()[0];
    let method = super::common::toy::method("permutation-shap");
    let knobs = Knobs::check(method.knobs(), [("budget", "60")]).expect("proper test data");
    let request = setting.request(&knobs);
    let other = Request { seed: candor::base::Seed(8), ..request.clone() };
    assert!(bits(&asked(method, &request)) != bits(&asked(method, &other)));
}
