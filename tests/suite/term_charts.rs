//! Charts of the terms of explainable boosting machines against the recorded tables.

use std::path::Path;
use std::sync::Arc;

use candor::base::{Knobs, Task};
use candor::chart::kind::find;
use candor::chart::{Cell, Chart, ChartError, Mark, Subject};
use candor::model::Model;
use candor::model::load::load;

fn model(case: &str) -> Arc<dyn Model> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/oracle/ebm/{case}.model.json"));
    load(&path, &Task::silent()).unwrap_or_else(|e| panic!("{case}: {e:?}"))
}

fn draw(kind: &str, model: &dyn Model, (feature, output): (usize, usize)) -> Result<Chart, ChartError> {
    let kind = find(kind).expect("a registered kind");
    let subject = Subject {
        card: Some(model.card()),
        terms: model.terms(),
        feature: Some(feature),
        output,
        ..Subject::default()
    };
    kind.draw(&subject, &Knobs::defaults(kind.knobs()))
}

fn numbers(chart: &Chart, column: &str) -> Vec<f64> {
    let at = chart.table.header.iter().position(|name| name == column).expect("a column");
    let number = |row: &Vec<Cell>| if let Cell::Number(value) = row[at] { value } else { f64::NAN };
    chart.table.rows.iter().map(number).collect()
}

/// The steps and the table hold the scores of the file, bin by bin, for every output.
#[test]
fn a_curve_holds_the_scores_of_its_term() {
    let mut count = 0;
    for case in ["binary", "multiclass", "levels", "regression", "poisson"] {
        let model = model(case);
        let terms = model.terms().expect("terms");
        for (term, output) in terms.iter().flat_map(|t| (0..t.outputs).map(move |k| (t, k))) {
            let [axis] = term.axes.as_slice() else { continue };
            let chart = draw("term-curve", &*model, (axis.input, output)).unwrap_or_else(|e| panic!("{case}: {e}"));
            let mut drawn = numbers(&chart, "score");
            // The bin of unseen numbers, which no number reaches, is left out.
            let known: Vec<f64> = term.scores.iter().skip(output).step_by(term.outputs).copied().collect();
            assert!(known.len() - drawn.len() <= 1, "{case}");
            drawn.extend(&known[drawn.len()..]);
            assert_eq!(drawn, known, "{case}, {}", chart.title);
            let steps = chart.marks.iter().find_map(|mark| match mark {
                Mark::Line { xy, name, .. } if name == "score" => Some(xy.clone()),
                _ => None,
            });
            let is_score = |y: &f64| y.is_nan() || known.contains(y);
            assert!(steps.expect("a line").iter().all(|[_, y]| is_score(y)), "{case}, {}", chart.title);
            count += 1;
        }
    }
    assert!(count >= 15, "only {count} curves");
}

#[test]
fn a_surface_holds_the_scores_of_its_pair() {
    let mut count = 0;
    for case in ["binary", "multiclass_pair", "regression"] {
        let model = model(case);
        for term in model.terms().expect("terms").iter().filter(|t| t.axes.len() == 2) {
            let feature = term.axes[0].input;
            for output in 0..term.outputs {
                let chart = draw("term-surface", &*model, (feature, output)).unwrap_or_else(|e| panic!("{case}: {e}"));
                let Some(Mark::Cells { cells, .. }) = chart.marks.first() else { panic!("{case}: no cells") };
                let scores = numbers(&chart, "score");
                assert_eq!(cells.len(), scores.len(), "{case}");
                assert!(cells.iter().all(|cell| (0.0..=1.0).contains(&cell.2)), "{case}");
                // Whatever is not shown adds nothing.
                let all: Vec<f64> = term.scores.iter().skip(output).step_by(term.outputs).copied().collect();
                let pairs = model.terms().expect("terms").iter().filter(|t| t.axes.len() == 2).count();
                if pairs == 1 {
                    let sum = |values: &[f64]| values.iter().sum::<f64>();
                    assert!((sum(&scores) - sum(&all)).abs() < 1e-12, "{case}: {} and {}", sum(&scores), sum(&all));
                }
                count += 1;
            }
        }
    }
    assert!(count >= 3, "only {count} surfaces");
}

#[test]
fn what_is_no_term_is_refused() {
    let model = model("multiclass");
    assert!(draw("term-surface", &*model, (0, 0)).is_err(), "there is no pair");
    assert!(draw("term-curve", &*model, (0, 99)).is_err(), "there is no such output");
    let kind = find("term-curve").expect("a registered kind");
    assert!(
        kind.needs().unmet(&Subject { card: Some(model.card()), feature: Some(0), ..Subject::default() }).is_some()
    );
}
