//! Interactions as answers: whole effects, sums, limits and refusals, through the methods that users name.

use std::sync::Arc;

use candor::base::{Entry, Knob, Knobs, RowId, Seed, Task};
use candor::explain::{
    Answer, Background, Body, ExplainError, Explainer, Explanation, Interactions, Request, Shape, Strengths, Support,
    ask,
};
use candor::model::{LinearForm, Model, Scale, Structure};
use candor::num::Matrix;

use super::common::generate::{Shape as Forest, chain, setting};
use super::common::toy::{Inside, Setting, Toy, difference, method};
use super::interactions::{RECORDS, Record, rounding};

fn forest(seed: u64) -> Setting {
    let shape = Forest {
        inputs: 9,
        trees: 30,
        depth: 6,
        outputs: 2,
        vector_leaves: seed.is_multiple_of(2),
        zero_covers: false,
        full: false,
        rows: 203,
        background: 1,
    };
    setting(seed, shape)
}

fn explained(id: &str, setting: &Setting, settings: &[(&str, &str)]) -> Explanation {
    let method = method(id);
    let knobs = Knobs::check(method.knobs(), settings.iter().copied()).expect("known settings");
    ask(method, &setting.request(&knobs), &Task::silent()).expect("an answer")
}

fn interactions(explanation: &Explanation) -> &Interactions {
    match &explanation.body {
        Body::Interactions(interactions) => interactions,
        _ => panic!("interaction values were asked for"),
    }
}

/// The effects of one pair, output by output and row by row.
fn column(of: &Interactions, place: usize) -> Vec<f64> {
    of.values.iter().skip(place).step_by(of.pairs.len()).copied().collect()
}

/// Ten pairs of four inputs in every recorded matrix.
const RECORDED: usize = 10 * 5 * (1 + 1 + 3 + 3 + 1);

#[test]
fn a_pair_has_both_places_of_the_recorded_matrix() {
    let mut compared = 0;
    for name in RECORDS {
        let Record { record, model, rows } = Record::read(name);
        let Structure::Trees(ensemble) = model.structure() else { panic!("trees") };
        let ids: Vec<RowId> = (0..rows.rows() as u32).map(RowId).collect();
        let none = Matrix::new(Vec::new(), 0, rows.cols()).expect("no rows");
        let background = Background { name: String::new(), matrix: none, rows: Arc::from([]), weights: None };
        let method = method("tree-interactions");
        let request = Request {
            model: &*model,
            features: rows.view(),
            rows: &ids,
            background: &background,
            truth: None,
            scale: model.card().native_scale,
            knobs: &Knobs::defaults(method.knobs()),
            seed: Seed(1),
        };
        let found = ask(method, &request, &Task::silent()).expect("an answer");
        assert!(found.fidelity.relative_gap.expect("it adds up") < 1e-12, "{name}: {:?}", found.fidelity);
        let found = interactions(&found);
        assert!(found.complete && found.row_count == rows.rows() && found.rows[..] == ids[..]);
        let allowed = 2.0 * rounding(ensemble, f64::from(f32::EPSILON) / 2.0);
        for peer in ["xgboost", "shap"] {
            for (row, outputs) in record[peer].as_array().into_iter().flatten().enumerate() {
                for (output, matrix) in outputs.as_array().expect("a list").iter().enumerate() {
                    let at = |a: u32, b: u32| matrix[a as usize][b as usize].as_f64().expect("a number");
                    for (a, b) in (0..4).flat_map(|a| (a..4).map(move |b| (a, b))) {
                        // Pairs that never meet are not listed; the libraries write 0.
                        let place = found.pairs.binary_search(&(a, b)).ok();
                        let value = place.map_or(0.0, |place| found.row(output, row)[place]);
                        let truth = if a == b { at(a, a) } else { at(a, b) + at(b, a) };
                        assert!((value - truth).abs() <= allowed, "{name}, {peer}: {value} {truth}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert_eq!(compared, RECORDED);
}

#[test]
fn means_are_those_of_the_rows() {
    for seed in 0..4 {
        let explanation = explained("tree-interactions", &forest(seed), &[]);
        let found = interactions(&explanation);
        assert!(found.pairs.len() > 20 && found.outputs.len() == 2);
        for output in 0..2 {
            for place in 0..found.pairs.len() {
                let values: Vec<f64> = (0..203).map(|row| found.row(output, row)[place]).collect();
                let mean = |f: fn(f64) -> f64| values.iter().map(|v| f(*v)).sum::<f64>() / 203.0;
                assert!((mean(|v| v) - found.mean_of(output)[place]).abs() < 1e-12);
                assert!((mean(f64::abs) - found.mean_absolute_of(output)[place]).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn one_feature_has_the_pairs_that_it_has_among_all() {
    let setting = forest(3);
    let all = explained("tree-interactions", &setting, &[]);
    let all = interactions(&all);
    for feature in 0..9u32 {
        let number = (feature + 1).to_string();
        let one = explained("tree-interactions", &setting, &[("feature", &number)]);
        assert_eq!(one.fidelity.gap, None, "one feature alone adds up to no prediction");
        assert!(one.predictions.is_empty());
        let one = interactions(&one);
        let expected: Vec<(u32, u32)> =
            all.pairs.iter().copied().filter(|(a, b)| [*a, *b].contains(&feature)).collect();
        assert_eq!(one.pairs[..], expected[..]);
        for (place, pair) in one.pairs.iter().enumerate() {
            let other = all.pairs.binary_search(pair).expect("a pair of all");
            assert!(difference(&column(one, place), &column(all, other)) < 1e-12);
        }
    }
    let method = method("tree-interactions");
    let knobs = Knobs::check(method.knobs(), [("feature", "10")]).expect("inside the range of the setting");
    let refused = ask(method, &setting.request(&knobs), &Task::silent()).expect_err("there are nine inputs");
    assert!(refused.to_string().contains("no input number 10"), "{refused}");
}

#[test]
fn the_strongest_pairs_keep_their_numbers_and_what_is_left_out_is_said() {
    let setting = forest(5);
    let whole = explained("tree-interactions", &setting, &[]);
    let all = interactions(&whole);
    let few = explained("tree-interactions", &setting, &[("pairs", "4")]);
    let kept = interactions(&few);
    let different = |of: &Interactions| of.pairs.iter().filter(|(a, b)| a != b).count();
    assert_eq!((different(kept), kept.pairs.len() - 4), (4, all.pairs.len() - different(all)));
    assert!(kept.pairs.is_sorted());
    let size = |of: &Interactions, place: usize| (0..2).map(|k| of.mean_absolute_of(k)[place]).sum::<f64>();
    let weakest = (0..kept.pairs.len())
        .filter(|place| kept.pairs[*place].0 != kept.pairs[*place].1)
        .map(|place| size(kept, place))
        .fold(f64::INFINITY, f64::min);
    let mut left_out = 0.0f64;
    for (place, pair) in all.pairs.iter().enumerate() {
        let Ok(other) = kept.pairs.binary_search(pair) else {
            left_out = left_out.max(size(all, place));
            continue;
        };
        assert_eq!(column(kept, other), column(all, place));
        assert_eq!(size(kept, other).to_bits(), size(all, place).to_bits());
    }
    assert!(left_out <= weakest && left_out > 0.0, "{left_out} {weakest}");
    assert!((few.fidelity.gap, kept.complete) == (None, false));
    let said = format!("The 4 strongest of {} pairs are kept", different(all));
    assert!(few.provenance.notes.iter().any(|n| n.starts_with(&said)), "{:?}", few.provenance.notes);
    assert!(whole.fidelity.gap.expect("all pairs add up") < 1e-12);
    let more = explained("tree-interactions", &setting, &[("pairs", "1000")]);
    assert!(interactions(&more).complete, "nothing is left out");
}

/// A method whose effects are one thousandth too large.
struct Inflated(&'static dyn Explainer);

impl Entry for Inflated {
    fn id(&self) -> &'static str {
        self.0.id()
    }
    fn title(&self) -> &'static str {
        self.0.title()
    }
    fn summary(&self) -> &'static str {
        self.0.summary()
    }
}

impl Explainer for Inflated {
    fn knobs(&self) -> &'static [Knob] {
        self.0.knobs()
    }
    fn supports(&self, model: &dyn Model) -> Support {
        self.0.supports(model)
    }
    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        self.0.scales(model)
    }
    fn answers_rows(&self) -> bool {
        false
    }
    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let mut answer = self.0.explain(request, task)?;
        if let Body::Interactions(of) = &mut answer.body {
            of.values = of.values.iter().map(|value| value * 1.001).collect();
        }
        Ok(answer)
    }
}

#[test]
fn the_gap_of_wrong_effects_is_measured() {
    let setting = forest(1);
    let method = method("tree-interactions");
    let knobs = Knobs::defaults(method.knobs());
    let right = ask(method, &setting.request(&knobs), &Task::silent()).expect("an answer").fidelity;
    let wrong = ask(&Inflated(method), &setting.request(&knobs), &Task::silent()).expect("an answer").fidelity;
    let (right, wrong) = (right.gap.expect("measured"), wrong.gap.expect("measured"));
    assert!(right < 1e-12 && wrong > 1e-5, "{right} {wrong}");
}

#[test]
fn models_without_trees_are_refused_in_one_sentence() {
    let form = LinearForm { weights: vec![1.0, 2.0], intercept: vec![0.5] };
    let rows = Matrix::new(vec![1.0, 2.0], 1, 2).expect("one row");
    let linear = Setting::new(Toy::new(Inside::Linear(form), 2), rows.clone(), rows);
    for id in ["tree-interactions", "friedman-h"] {
        let method = method(id);
        assert_eq!(method.supports(&linear.model), Support::No("the model is not a sum of trees"));
        let knobs = Knobs::defaults(method.knobs());
        let refused = ask(method, &linear.request(&knobs), &Task::silent()).expect_err("no trees");
        assert!(refused.to_string().ends_with("does not apply: the model is not a sum of trees"), "{refused}");
    }
}

#[test]
fn pairs_that_do_not_fit_are_refused_and_one_feature_of_them_is_answered() {
    let rows = Matrix::new(vec![5.0; 10_000], 1, 10_000).expect("one row");
    let long = Setting::new(Toy::trees(chain(10_000, 10_000)), rows.clone(), rows);
    for id in ["tree-interactions", "friedman-h"] {
        let method = method(id);
        let knobs = Knobs::defaults(method.knobs());
        let refused = ask(method, &long.request(&knobs), &Task::silent()).expect_err("fifty million pairs");
        assert!(refused.to_string().contains("more pairs of features meet on paths than fit"), "{id}: {refused}");
    }
    let one = explained("tree-interactions", &long, &[("feature", "1")]);
    assert_eq!(interactions(&one).pairs.len(), 10_000);
}

#[test]
fn every_method_gives_the_shape_that_it_states() {
    let setting = forest(7);
    let truth = candor::explain::Truth { values: (0..203).map(f64::from).collect(), weights: None };
    let mut shapes = Vec::new();
    for &method in candor::explain::METHODS {
        if matches!(method.supports(&setting.model), Support::No(_)) {
            continue;
        }
        let small = [("budget", "60")];
        let given = small.iter().copied().filter(|(id, _)| method.knobs().iter().any(|k| k.id == *id));
        let knobs = Knobs::check(method.knobs(), given).expect("known settings");
        let scale = method.scales(&setting.model)[0];
        let request = Request { truth: Some(&truth), scale, ..setting.request(&knobs) };
        let found = ask(method, &request, &Task::silent()).expect("an answer");
        assert_eq!(found.body.shape(), method.answers(), "{}", method.id());
        assert_eq!(found.body.row_count(), 203, "{}", method.id());
        shapes.push(method.answers());
    }
    for shape in [Shape::Attribution, Shape::Importance, Shape::Curves, Shape::Interactions, Shape::Strengths] {
        assert!(shapes.contains(&shape), "{shape:?}");
        assert_eq!(candor::explain::method::answering(shape).answers(), shape);
    }
}

/// The strengths in an answer.
pub fn strengths(setting: &Setting, settings: &[(&str, &str)]) -> Strengths {
    match explained("friedman-h", setting, settings).body {
        Body::Strengths(strengths) => strengths,
        _ => panic!("strengths were asked for"),
    }
}
