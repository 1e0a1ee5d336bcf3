//! What helps to read a chart honestly: charts beside each other, uncertain orders, sums without an arbitrary colour.

use std::sync::Arc;

use candor::base::RowId;
use candor::chart::{AxisKind, Cell, Chart, KINDS, Mark, Paint, Subject};
use candor::data::{Column, Dataset, Source, Values};
use candor::explain::{Answers, Attribution, Body, Explanation, Shape};
use candor::session::{ChartRequest, CohortBy, Command, Session};
use candor::worker::inline::run_all;

use super::chart_subjects::{self, Parts, Plan};
use super::charts::{Everything, draw as drawn};

fn carry_out(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    run_all(session, jobs, |_| ());
}

fn with_cohorts() -> (Session, Vec<String>) {
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenSample("credit".to_owned()));
    for (name, query) in [("young", "age < 30"), ("refused", "prediction >= 0.6"), ("none", "age > 200")] {
        carry_out(&mut session, Command::SetCohort(name.to_owned(), CohortBy::Query(query.to_owned())));
    }
    let names = session.cohorts().iter().map(|c| c.name.clone()).collect();
    (session, names)
}

fn beside(session: &mut Session, base: &ChartRequest, names: &[String]) -> Vec<Option<Arc<Chart>>> {
    let of = |name: &String| ChartRequest { within: Some(name.clone()), beside: names.to_vec(), ..base.clone() };
    carry_out(session, Command::Draw(of(&names[0])));
    names.iter().map(|name| session.chart(&of(name))).collect()
}

fn names(kind: &AxisKind) -> Vec<&str> {
    match kind {
        AxisKind::Names(names) => names.iter().map(|n| n.1.as_str()).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn charts_of_cohorts_beside_each_other_share_their_axes_and_the_order_of_all_rows() {
    let (mut session, cohorts) = with_cohorts();
    let mut compared = 0;
    for kind in KINDS.iter().filter(|kind| {
        let needs = kind.needs();
        !needs.cohorts && !needs.row && needs.challenger.is_none() && needs.answer == Some(Shape::Attribution)
    }) {
        for feature in 0..4 {
            let base = ChartRequest { kind: kind.id(), feature: Some(feature), ..ChartRequest::default() };
            let charts = beside(&mut session, &base, &cohorts);
            let [Some(a), Some(b), None] = &charts[..] else { panic!("{}: {}", kind.id(), charts.len()) };
            assert_eq!((a.x.range, a.y.range), (b.x.range, b.y.range), "{}", kind.id());
            assert_eq!(names(&a.x.kind).len(), names(&b.x.kind).len(), "{}", kind.id());
            assert_eq!((names(&a.x.kind), names(&a.y.kind)), (names(&b.x.kind), names(&b.y.kind)), "{}", kind.id());
            let alone = ChartRequest { kind: kind.id(), feature: Some(feature), ..ChartRequest::default() };
            carry_out(&mut session, Command::Draw(alone.clone()));
            let whole = session.chart(&alone).expect("drawn");
            assert_eq!(names(&whole.y.kind), names(&a.y.kind), "{}: order of all rows", kind.id());
            assert!(a.notes[0].starts_with("All charts beside each other"), "{}: {:?}", kind.id(), a.notes);
            compared += 1;
            if !kind.needs().feature {
                break;
            }
        }
    }
    assert!(compared > 10, "{compared}");
    let request = |name: &str| ChartRequest {
        kind: "beeswarm",
        within: Some(name.to_owned()),
        beside: cohorts.clone(),
        ..ChartRequest::default()
    };
    let charts = beside(&mut session, &ChartRequest { within: None, ..request("young") }, &cohorts);
    assert_eq!(charts.iter().flatten().count(), 2);
    assert!(!session.chart_is_pending(&request("young")));
    let problem = session.chart_problem(&request("none")).expect("a cohort without rows says so");
    assert!(problem.what.contains("“none” holds no rows"), "{problem}");
}

#[test]
fn the_command_line_of_a_chart_names_the_rows_it_stands_beside() {
    let (session, cohorts) = with_cohorts();
    let request =
        ChartRequest { kind: "beeswarm", within: Some("young".to_owned()), beside: cohorts, ..ChartRequest::default() };
    let words = session.chart_command(&request).expect("the sample has files");
    let wanted = "--where young --beside refused --beside none";
    assert!(words.contains(wanted), "{words}");
}

#[test]
fn what_cannot_be_divided_by_rows_is_not_called_a_cohorts() {
    let (mut session, _) = with_cohorts();
    carry_out(&mut session, Command::ask(Shape::Importance));
    for within in [Some("young".to_owned()), None] {
        let request = ChartRequest { kind: "permutation-importance", within, ..ChartRequest::default() };
        carry_out(&mut session, Command::Draw(request.clone()));
        let chart = session.chart(&request).expect("drawn");
        assert!(!chart.title.contains("young"), "{}", chart.title);
        assert_eq!(chart.notes[0].starts_with("Of all rows"), request.within.is_some(), "{:?}", chart.notes);
    }
}

#[test]
fn dots_stay_where_they_are_and_twice_drawn_is_the_same() {
    let (mut session, cohorts) = with_cohorts();
    let base = ChartRequest { kind: "dependence", feature: Some(1), ..ChartRequest::default() };
    let first = beside(&mut session, &base, &cohorts);
    let (mut again, _) = with_cohorts();
    let second = beside(&mut again, &base, &cohorts);
    let text = |charts: &[Option<Arc<Chart>>]| format!("{charts:?}");
    assert_eq!(text(&first), text(&second));
    let alone = ChartRequest { within: Some("young".to_owned()), ..base };
    carry_out(&mut session, Command::Draw(alone.clone()));
    let alone = session.chart(&alone).expect("drawn");
    let beside = first[0].as_ref().expect("drawn");
    assert_eq!(alone.table.rows, beside.table.rows);
    assert!(beside.y.range.0 <= alone.y.range.0 && beside.y.range.1 >= alone.y.range.1);
    // A cohort that changes is drawn again, with all that stand beside it.
    carry_out(&mut session, Command::SetCohort("refused".to_owned(), CohortBy::Query("prediction >= 0.2".to_owned())));
    let of = |name: &str| ChartRequest {
        kind: "dependence",
        feature: Some(1),
        within: Some(name.to_owned()),
        beside: cohorts.clone(),
        ..ChartRequest::default()
    };
    assert!(session.chart(&of("young")).is_none(), "its axes may have changed");
}

/// Contributions of four features: two alike in size, one clearly smaller, one that is 0 everywhere.
fn ranked(rows: usize, errors: Option<f64>) -> Parts {
    let mut parts = chart_subjects::parts(&Plan::plain(rows, 4));
    let mut draws = candor::base::Seed(21).child("ranked", 0);
    let values: Vec<f64> = (0..rows)
        .flat_map(|_| {
            let shared = draws.normal();
            [1.0 + 0.1 * shared, 1.01 + 0.1 * shared + 0.2 * draws.normal(), 0.5 + 0.1 * draws.normal(), 0.0]
        })
        .collect();
    let known = parts.answers.get(Shape::Attribution).expect("this fixture attributes");
    let Body::Attribution(a) = &known.body else { panic!("attributions") };
    let body = Body::Attribution(Attribution {
        std_error: errors.map(|e| vec![e; values.len()].into()),
        values: values.into(),
        ..a.clone()
    });
    let changed = Explanation { body, ..Explanation::clone(known) };
    let mut answers: Answers = parts.answers.clone();
    answers.keep(Arc::new(changed));
    parts.answers = answers;
    parts
}

fn brackets(chart: &Chart) -> usize {
    let named = |mark: &&Mark| matches!(mark, Mark::Line { name, .. } if name == "order uncertain");
    chart.marks.iter().filter(named).count()
}

#[test]
fn an_uncertain_order_is_named_and_bracketed_and_a_certain_one_is_not() {
    for kind in ["importance-bar", "beeswarm"] {
        let parts = ranked(200, None);
        let chart = drawn(kind, &parts.subject(None));
        let note = chart.notes.iter().find(|n| n.contains("is uncertain")).expect("says so");
        let pair = note.contains("income and purpose") || note.contains("purpose and income");
        assert!(pair && !note.contains("age"), "{kind}: {note}");
        assert_eq!(brackets(&chart), 1, "{kind}");
        assert!(note.contains("(bracket)"), "{kind}: {note}");
        assert!(chart.notes.iter().any(|n| n.contains("rows taken as a sample") && n.contains("Bonferroni")), "{kind}");
        // Errors of a sampled method that could make up the whole difference leave nothing certain.
        let noisy = ranked(200, Some(0.7));
        let chart = drawn(kind, &noisy.subject(None));
        let note = chart.notes.iter().find(|n| n.contains("is uncertain")).expect("says so");
        assert!(note.contains("age"), "{kind}: {note}");
        assert!(chart.notes.iter().any(|n| n.contains("the method’s own standard errors")), "{kind}");
        // With many rows the hundredth between the two is told apart: nothing is uncertain.
        let many = ranked(40_000, None);
        let chart = drawn(kind, &many.subject(None));
        assert!(chart.notes.iter().any(|n| n.starts_with("Every feature shown differs")), "{kind}: {:?}", chart.notes);
        assert_eq!(brackets(&chart), 0, "{kind}");
    }
}

#[test]
fn the_order_of_permutation_importance_is_judged_from_its_paired_gaps() {
    let parts = chart_subjects::parts(&Plan::plain(100, 6));
    let chart = drawn("permutation-importance", &parts.subject(None));
    assert!(brackets(&chart) > 0);
    let note = chart.notes.iter().find(|n| n.contains("uncertain")).expect("says so");
    assert!(note.contains("loan amount") && !note.contains("income"), "{note}");
    assert!(chart.notes.iter().any(|n| n.contains("paired over shuffles and over rows")));
    let silent = chart_subjects::parts(&Plan { zero: true, ..Plan::plain(100, 6) });
    let chart = drawn("permutation-importance", &silent.subject(None));
    assert_eq!(brackets(&chart), 0, "what no shuffle touches has no rank");
}

/// A table whose columns of the features at `cut` hold other values.
fn with_other_values(data: &Dataset, cut: &[usize]) -> Dataset {
    let turned = |column: &Column| {
        let rows = column.values.len();
        let back: Vec<usize> = (0..rows).rev().collect();
        Column { name: column.name.clone(), values: Values::pick(&column.values, &back) }
    };
    let columns = data.columns().iter().enumerate();
    let columns = columns.map(|(j, column)| if cut.contains(&j) { turned(column) } else { column.clone() });
    Dataset::new(Source::default(), columns.collect()).expect("columns of equal length")
}

/// The dots and cells of the lane that holds the other features' sum.
fn on_lane(chart: &Chart, lane: f64) -> Vec<String> {
    let here = |y: f64| (y - lane).abs() < 0.5;
    let mut found = Vec::new();
    for mark in &chart.marks {
        match mark {
            Mark::Points { xy, paint, .. } => {
                for (i, _) in xy.iter().enumerate().filter(|(_, p)| here(f64::from(p[1]))) {
                    found.push(match paint {
                        Paint::Role(role) => format!("{role:?}"),
                        Paint::Ramp(shares) => format!("ramp {}", shares[i]),
                        Paint::Groups(groups) => format!("group {}", groups[i]),
                    });
                }
            }
            Mark::Cells { cells, .. } => {
                found.extend(cells.iter().filter(|c| here(c.1)).map(|c| format!("cell {} {}", c.2, c.3)));
            }
            Mark::Bars { bars, lying: true } => {
                found.extend(bars.iter().filter(|b| here(b.at)).map(|b| format!("{:?} {:?}", b.role, b.feature)));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn sums_of_other_features_are_never_coloured_by_a_column() {
    let plan = Plan { missing: true, ..Plan::plain(120, 12) };
    let all = Everything::new(&plan);
    let parts = &all.parts;
    let mut with_sum = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.knobs().iter().any(|k| k.id == "features")) {
        let knobs = candor::base::Knobs::check(kind.knobs(), [("features", "4")]).expect("four is in range");
        let draw = |data: &Dataset| {
            let whole = all.subject();
            let subject = Subject { data: Some(data), row: Some(RowId(3)), ..whole };
            kind.draw(&subject, &knobs)
        };
        let Ok(chart) = draw(&parts.data) else { continue };
        let AxisKind::Names(lanes) = &chart.y.kind else { continue };
        let Some((lane, _)) = lanes.iter().find(|(_, name)| name.contains("other features")) else { continue };
        let named: Vec<&str> = lanes.iter().map(|l| l.1.as_str()).collect();
        let cut: Vec<usize> =
            (0..plan.features).filter(|j| !named.contains(&chart_subjects::name(&plan, *j).as_str())).collect();
        assert!(cut.len() > 2, "{}: {named:?}", kind.id());
        let other = draw(&with_other_values(&parts.data, &cut)).expect("drawn as well");
        let (before, after) = (on_lane(&chart, *lane), on_lane(&other, *lane));
        assert_eq!(before, after, "{}: the sum’s lane follows the values of a column", kind.id());
        assert!(before.iter().all(|mark| !mark.starts_with("ramp") && !mark.starts_with("group")), "{}", kind.id());
        assert!(!before.iter().any(|mark| mark.contains("Some(")), "{}: the sum is no single feature", kind.id());
        with_sum.push(kind.id());
    }
    for id in
        ["importance-bar", "beeswarm", "waterfall", "decision", "explanation-heatmap", "violin", "difference-waterfall"]
    {
        assert!(with_sum.contains(&id), "{id} has a lane of its sum: {with_sum:?}");
    }
}

#[test]
fn the_table_of_an_importance_chart_keeps_its_own_means_beside_others() {
    let (mut session, cohorts) = with_cohorts();
    let base = ChartRequest { kind: "importance-bar", ..ChartRequest::default() };
    let charts = beside(&mut session, &base, &cohorts);
    let alone = ChartRequest { within: Some("young".to_owned()), ..base };
    carry_out(&mut session, Command::Draw(alone.clone()));
    let alone = session.chart(&alone).expect("drawn");
    let chart = charts[0].as_ref().expect("drawn");
    let sorted = |chart: &Chart| {
        let mut rows: Vec<String> = chart.table.rows.iter().map(|row: &Vec<Cell>| format!("{row:?}")).collect();
        rows.sort();
        rows
    };
    assert_eq!(sorted(chart), sorted(&alone));
    assert_eq!(brackets(chart), 0, "an order that is not its own is not judged");
    assert!(chart.notes.iter().any(|n| n.starts_with("Order: that of all explained rows")));
}
