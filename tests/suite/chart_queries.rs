//! Queries of bars, bins and cells find exactly the rows that are counted in them.

use candor::base::{Task, text};
use candor::chart::{Mark, PredictionView, Subject};
use candor::data::{TableProfile, Values, find_rows_among};
use candor::model::Scale;

use super::chart_more::{bars, draw, number};
use super::chart_subjects::{Parts, Plan, parts, profile};

/// Predictions and truths of a fixture: a row without a truth now and then.
fn predictions(parts: &Parts) -> (Vec<f64>, Vec<f64>) {
    let attribution = parts.contributions();
    let rows = attribution.values.chunks(attribution.features.len());
    let values: Vec<f64> = rows.map(|r| 1.0 / (1.0 + (-(attribution.base[0] + r.iter().sum::<f64>())).exp())).collect();
    let truth = |(i, p): (usize, &f64)| match i % 11 {
        3 => f64::NAN,
        k => f64::from(u8::from(p * 10.0 % 1.0 < *p || k == 7)),
    };
    let truth = values.iter().enumerate().map(truth).collect();
    (values, truth)
}

/// Rows of a query over the table and what a session computes.
fn found(parts: &Parts, (predictions, truth): (&[f64], &[f64]), query: &str) -> Vec<usize> {
    let numbers = |values: Vec<f64>| Some(Values::Number { values: values.into(), whole: false });
    let more = |name: &str| match name {
        "prediction" => numbers(predictions.to_vec()),
        "error" => numbers(predictions.iter().zip(truth).map(|(p, t)| (p - t).abs()).collect()),
        _ => None,
    };
    let rows = find_rows_among(&parts.data, &more, query).unwrap_or_else(|e| panic!("{query}: {e}"));
    rows.iter().map(|r| r.index()).collect()
}

#[test]
fn rows_found_by_a_bar_are_the_rows_counted_in_it() {
    let parts = parts(&Plan { missing: true, ..Plan::plain(400, 12) });
    let (values, truth) = predictions(&parts);
    let profile = profile(&parts.data);
    let view = |truth| PredictionView { values: &values, outputs: 1, scale: Scale::Probability, truth };
    let subject = Subject { profile: Some(&profile), predictions: Some(view(&truth)), ..parts.subject(None) };
    let wrong = |i: usize| f64::from(u8::from((values[i] >= 0.4) != (truth[i] > 0.5)));
    for feature in [0, 1, 3, 5, 11] {
        let subject = Subject { feature: Some(feature), threshold: Some(0.4), ..subject };
        let chart = draw("error-by-column", &subject, &[("bins", "6")]);
        let mut seen = 0;
        for (bar, cells) in bars(&chart).iter().zip(&chart.table.rows[1..]) {
            let rows = found(&parts, (&values, &truth), bar.query.as_deref().expect("every part can be named"));
            let expected = rows.iter().map(|i| wrong(*i)).sum::<f64>() / rows.len() as f64;
            assert!((bar.to - expected).abs() < 1e-12, "{:?}", bar.query);
            assert_eq!(number(&cells[4]) as usize, rows.len(), "{:?}", bar.query);
            seen += rows.len();
        }
        assert_eq!(seen, truth.iter().filter(|t| !t.is_nan()).count(), "every row with a truth is in one part");
    }
    let chart = draw("prediction-distribution", &Subject { predictions: Some(view(&[])), ..subject }, &[]);
    for bar in bars(&chart) {
        assert_eq!(found(&parts, (&values, &truth), bar.query.as_deref().unwrap()).len(), bar.to as usize);
    }
}

#[test]
fn cells_of_a_pair_are_the_means_of_their_rows_and_empty_ones_are_left_out() {
    let parts = parts(&Plan { missing: true, ..Plan::plain(400, 12) });
    let subject = Subject { feature: Some(0), colour: Some(1), ..parts.subject(None) };
    let chart = draw("pair-surface", &subject, &[("bins", "5")]);
    let Some(Mark::Cells { cells, queries, signed: true, .. }) = chart.marks.first() else { panic!("signed cells") };
    let mut all = 0;
    for ((_, _, _, words), query) in cells.iter().zip(queries) {
        let rows = found(&parts, (&[], &[]), query);
        let sum = |i: &usize| parts.contributions().row(0, *i)[0] + parts.contributions().row(0, *i)[1];
        let mean = rows.iter().map(sum).sum::<f64>() / rows.len() as f64;
        assert_eq!(*words, format!("{}\n{}", text::signed(mean), text::counted(rows.len(), "row")), "{query}");
        all += rows.len();
    }
    assert_eq!((all, cells.len()), (400, queries.len()), "no row is lost");
}

#[test]
fn histogram_bars_find_their_rows_in_a_profiled_table() {
    let parts = parts(&Plan { missing: true, ..Plan::plain(700, 12) });
    let profile = TableProfile::of(&parts.data, &Task::silent()).expect("nobody cancels");
    for column in 0..12 {
        let subject = Subject { profile: Some(&profile), column: Some(column), ..parts.subject(None) };
        let chart = draw("column-histogram", &subject, &[]);
        let mut all = 0;
        for bar in bars(&chart) {
            let rows = found(&parts, (&[], &[]), bar.query.as_deref().expect("every bar can be named")).len();
            assert_eq!(rows, bar.to as usize, "{:?}", bar.query);
            all += rows;
        }
        assert_eq!(all, 700, "values and holes together are all rows");
    }
}
