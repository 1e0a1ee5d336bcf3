//! How columns go together, against a slow direct computation; and where charts say so.

use candor::base::{Seed, Task};
use candor::chart::{Subject, together};
use candor::data::association::{Measure, STRONG, association};
use candor::data::{Associations, Column, Dataset, Source, Values};
use candor::explain::Explanation;
use candor::session::{ChartRequest, Command, Session};
use candor::worker::inline::run_all;

use super::chart_subjects::{self, Plan};

/// Pairs of columns of many kinds: related or not, with ties and missing values.
fn columns(seed: u64) -> Vec<Values> {
    let mut draws = Seed(seed).child("associations", 0);
    let rows = 80 + draws.below(120);
    let tie = draws.below(6) as f64;
    let hidden: Vec<f64> = (0..rows).map(|_| draws.normal()).collect();
    let strength = draws.unit() * 3.0;
    let mut gap = {
        let mut gaps = Seed(seed).child("gaps", 0);
        move || gaps.below(9) == 0
    };
    let mut noisy = |scale: f64| hidden.iter().map(|h| strength * h + scale * draws.normal()).collect::<Vec<f64>>();
    let rounded = |v: f64| if tie > 0.0 { (v * tie).round() / tie } else { v };
    let plain: Vec<f64> = noisy(1.0).into_iter().map(rounded).collect();
    let holed: Vec<f64> = noisy(1.0).into_iter().map(|v| if gap() { f64::NAN } else { v.exp() }).collect();
    let level = |v: f64| ((v + 2.0).clamp(0.0, 3.9) * 1.2) as u32;
    let codes: Vec<u32> = noisy(0.8).into_iter().map(|v| if gap() { u32::MAX } else { level(v) }).collect();
    let flags: Vec<u8> = noisy(0.5).into_iter().map(|v| if gap() { 2 } else { u8::from(v > 0.3) }).collect();
    let millis: Vec<i64> = noisy(2.0).into_iter().map(|v| (v * 1e9) as i64).collect();
    vec![
        Values::Number { values: plain.into(), whole: false },
        Values::Number { values: holed.into(), whole: false },
        Values::Category { codes: codes.into(), levels: (0..6).map(|i| format!("level {i}")).collect() },
        Values::YesNo(flags.into()),
        Values::Date { millis: millis.into(), day: false },
    ]
}

fn has_levels(values: &Values) -> bool {
    matches!(values, Values::Category { .. } | Values::YesNo(_))
}

/// Ranks by counting who is smaller and who is equal.
fn slow_ranks(values: &[f64]) -> Vec<f64> {
    let rank = |v: &f64| {
        let smaller = values.iter().filter(|w| *w < v).count() as f64;
        let equal = values.iter().filter(|w| *w == v).count() as f64;
        smaller + (equal + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn slow_correlation(x: &[f64], y: &[f64]) -> f64 {
    let (mx, my) = (mean(x), mean(y));
    let product =
        |a: &[f64], ma: f64, b: &[f64], mb: f64| a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum::<f64>();
    product(x, mx, y, my) / (product(x, mx, x, mx) * product(y, my, y, my)).sqrt()
}

fn distinct(values: &[f64]) -> Vec<f64> {
    let mut found: Vec<f64> = values.to_vec();
    found.sort_by(f64::total_cmp);
    found.dedup();
    found
}

/// 1 − variance within levels / variance, both without bias.
fn slow_ratio(numbers: &[f64], levels: &[f64]) -> f64 {
    let ranks = slow_ranks(numbers);
    let (n, held) = (ranks.len() as f64, distinct(levels));
    let squares = |values: &[f64]| values.iter().map(|v| (v - mean(values)).powi(2)).sum::<f64>();
    let inside = |level: &f64| {
        let own: Vec<f64> = ranks.iter().zip(levels).filter(|(_, l)| *l == level).map(|(r, _)| *r).collect();
        squares(&own)
    };
    let within: f64 = held.iter().map(inside).sum::<f64>() / (n - held.len() as f64);
    (1.0 - within / (squares(&ranks) / (n - 1.0))).max(0.0).sqrt()
}

/// χ² over every cell of the table, empty ones included; then Bergsma's correction.
fn slow_v(x: &[f64], y: &[f64]) -> f64 {
    let (rows, columns, n) = (distinct(x), distinct(y), x.len() as f64);
    let share = |values: &[f64], level: &f64| values.iter().filter(|v| *v == level).count() as f64;
    let mut chi = 0.0;
    for a in &rows {
        for b in &columns {
            let expected = share(x, a) * share(y, b) / n;
            let seen = x.iter().zip(y).filter(|(v, w)| *v == a && *w == b).count() as f64;
            chi += (seen - expected).powi(2) / expected;
        }
    }
    let (r, c) = (rows.len() as f64, columns.len() as f64);
    let phi = (chi / n - (r - 1.0) * (c - 1.0) / (n - 1.0)).max(0.0);
    let less = |k: f64| k - (k - 1.0).powi(2) / (n - 1.0);
    (phi / (less(r).min(less(c)) - 1.0)).sqrt().min(1.0)
}

fn slow(a: &Values, b: &Values) -> (Measure, f64, usize) {
    let both: Vec<usize> = (0..a.len()).filter(|i| !a.is_missing(*i) && !b.is_missing(*i)).collect();
    let of = |values: &Values| both.iter().map(|i| values.position(*i)).collect::<Vec<f64>>();
    let (x, y) = (of(a), of(b));
    let (measure, value) = match (has_levels(a), has_levels(b)) {
        (false, false) => (Measure::Spearman, slow_correlation(&slow_ranks(&x), &slow_ranks(&y))),
        (false, true) => (Measure::CorrelationRatio, slow_ratio(&x, &y)),
        (true, false) => (Measure::CorrelationRatio, slow_ratio(&y, &x)),
        (true, true) => (Measure::CramersV, slow_v(&x, &y)),
    };
    (measure, value, both.len())
}

#[test]
fn every_measure_is_that_of_a_direct_computation() {
    let mut seen = [0; 3];
    for seed in 0..60 {
        let columns = columns(seed);
        let rows: Vec<usize> = (0..columns[0].len()).collect();
        for (i, a) in columns.iter().enumerate() {
            for b in &columns[i + 1..] {
                let Some((measure, value, n)) = association(a, b, &rows) else { continue };
                let expected = slow(a, b);
                assert_eq!((measure, n), (expected.0, expected.2), "seed {seed}");
                assert!((value - expected.1).abs() < 1e-9, "seed {seed}, {measure:?}: {value}, not {}", expected.1);
                let turned = association(b, a, &rows).expect("defined the other way round");
                assert!((turned.1 - value).abs() < 1e-12, "seed {seed}: the order of the columns matters");
                seen[measure as usize] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
}

#[test]
fn unrelated_columns_are_not_called_strong_and_copies_are() {
    let mut strong = 0;
    for seed in 0..40 {
        let (one, other) = (columns(seed), columns(seed + 1_000));
        let n = one[0].len().min(other[0].len());
        let rows: Vec<usize> = (0..n).collect();
        for a in &one {
            for b in &other {
                strong += usize::from(association(a, b, &rows).is_some_and(|(_, value, _)| value.abs() >= STRONG));
            }
            let same = association(a, a, &rows).map(|(_, value, _)| value);
            assert!(same.is_none_or(|value| (value - 1.0).abs() < 1e-9), "seed {seed}: {same:?}");
        }
    }
    assert_eq!(strong, 0, "pairs drawn apart from each other");
}

fn dataset(columns: Vec<Values>) -> Dataset {
    let named = columns.into_iter().enumerate().map(|(i, values)| Column { name: format!("c{i}").into(), values });
    Dataset::new(Source::default(), named.collect()).expect("columns of equal length")
}

#[test]
fn a_large_table_is_measured_on_a_stated_sample_and_always_the_same() {
    let mut draws = Seed(1).child("large", 0);
    let x: Vec<f64> = (0..50_000).map(|_| draws.normal()).collect();
    let y: Vec<f64> = x.iter().map(|x| x.exp() + 0.1 * draws.normal()).collect();
    let z: Vec<f64> = x.iter().map(|_| draws.normal()).collect();
    let data = dataset([x, y, z].map(|v| Values::Number { values: v.into(), whole: false }).to_vec());
    let found = Associations::of(&data, &[2, 0, 1, 1], &Task::silent()).expect("nobody cancels");
    assert_eq!((found.rows, found.total, found.compared), (20_000, 50_000, 3));
    let [pair] = &found.strong[..] else { panic!("one strong pair: {found:?}") };
    assert_eq!((pair.first, pair.second, pair.rows), (0, 1, 20_000));
    let (_, whole, _) =
        association(&data.columns()[0].values, &data.columns()[1].values, &(0..50_000).collect::<Vec<usize>>())
            .expect("both vary");
    assert!((pair.value - whole).abs() < 0.01, "{} on the sample, {whole} on all rows", pair.value);
    assert_eq!(Associations::of(&data, &[0, 1, 2], &Task::silent()).expect("nobody cancels"), found);
    assert_eq!(found.with(1).map(|(other, _)| other).collect::<Vec<usize>>(), [0]);
}

#[test]
fn a_cancelled_comparison_answers_nothing() {
    let data = dataset(columns(3));
    let task = Task::silent();
    task.cancel();
    assert!(Associations::of(&data, &[0, 1, 2, 3], &task).is_err());
}

/// The note of each kind of chart about two columns of which one is a copy of the other.
#[test]
fn charts_name_the_pair_the_measure_and_what_it_means_for_the_method() {
    let mut parts = chart_subjects::parts(&Plan::plain(300, 6));
    let mut copied: Vec<Column> = parts.data.columns().to_vec();
    copied[2].values = copied[0].values.clone();
    parts.data = Dataset::new(Source::default(), copied).expect("columns of equal length");
    let found = Associations::of(&parts.data, &parts.link.columns, &Task::silent()).expect("nobody cancels");
    let subject = Subject { associations: Some(&found), ..parts.subject(None) };
    for (kind, words) in [
        ("dependence", "reference rows"),
        ("pair-surface", "reference rows"),
        ("feature-scatter", "reference rows"),
        ("interaction-matrix", "reference rows"),
        ("partial-dependence", "sets one column"),
        ("interaction-strength", "sets one column"),
        ("permutation-importance", "Shuffling one column"),
    ] {
        let subject = Subject { colour: Some(2), ..subject };
        let chart = super::charts::draw(kind, &subject);
        let note = chart.notes.iter().find(|note| note.contains("together")).unwrap_or_else(|| panic!("{kind}"));
        let pair = note.starts_with("income and age go together") || note.starts_with("income goes together with age");
        assert!(pair && note.contains("rank correlation 1"), "{kind}: {note}");
        assert!(note.contains("300 rows") && note.contains(words), "{kind}: {note}");
        let without = super::charts::draw(kind, &Subject { associations: None, ..subject });
        assert!(without.notes.iter().all(|note| !note.contains("together")), "{kind}");
    }
    let other = Subject { feature: Some(4), ..subject };
    let chart = super::charts::draw("dependence", &other);
    assert!(chart.notes.iter().all(|note| !note.contains("together")), "another feature: {:?}", chart.notes);
    assert!(together::facts(&subject, together::Reading::Marginal).len() > 1);
}

#[test]
fn methods_without_a_reference_set_are_spoken_of_in_other_words() {
    let parts = chart_subjects::parts(&Plan::plain(50, 3));
    let known = parts.answers.get(candor::explain::Shape::Attribution).expect("this fixture attributes");
    let mut free = Explanation::clone(known);
    free.provenance.background = None;
    let (with, without) = (together::Reading::of(known), together::Reading::of(&free));
    assert_eq!((with, without), (together::Reading::Marginal, together::Reading::PathDependent));
    assert_ne!(with.consequence(), without.consequence());
    assert!(!without.consequence().contains("outside the data"));
}

#[test]
fn a_session_compares_the_models_columns_once_and_draws_the_notes() {
    let mut session = Session::new();
    let jobs = session.apply(Command::OpenSample("credit".to_owned()));
    run_all(&mut session, jobs, |_| ());
    let found = session.associations().expect("compared with the predictions").clone();
    let link = session.link().expect("joined").clone();
    assert_eq!(found.compared + found.left_out, link.columns.len());
    let direct =
        Associations::of(session.data().expect("open"), &link.columns, &Task::silent()).expect("not cancelled");
    assert_eq!(*found, direct);
    let jobs = session.apply(Command::OpenSample("penguins".to_owned()));
    run_all(&mut session, jobs, |_| ());
    let other = session.associations().expect("compared anew").clone();
    let strong: Vec<(usize, usize)> = other.strong.iter().map(|a| (a.first, a.second)).collect();
    assert!(!strong.is_empty(), "flippers and mass of penguins go together");
    let link = session.link().expect("joined").clone();
    let feature = link.columns.iter().position(|c| *c == other.strong[0].first);
    let request = ChartRequest { kind: "dependence", feature, ..ChartRequest::default() };
    let jobs = session.apply(Command::Draw(request.clone()));
    run_all(&mut session, jobs, |_| ());
    let chart = session.chart(&request).expect("drawn");
    assert!(chart.notes[0].contains("goes together with"), "{:?}", chart.notes);
}
