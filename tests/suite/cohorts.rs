//! Selections and cohorts: by rows or by a query, found anew when what they ask about changes, drawn as the whole is.

use std::sync::Arc;

use candor::base::{RowId, RowSet};
use candor::chart::{Cell, Chart};
use candor::explain::Body;
use candor::session::ordering::{Field, Order, Shown, ordered};
use candor::session::{ChartRequest, CohortBy, Command, Plan, Session};
use candor::worker::inline::run_all;

fn carry_out(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    run_all(session, jobs, |_| ());
}

fn explained() -> Session {
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenSample("credit".to_owned()));
    assert_eq!(session.problems(), [], "the sample opens without a problem");
    session
}

fn by_query(session: &mut Session, name: &str, query: &str) {
    carry_out(session, Command::SetCohort(name.to_owned(), CohortBy::Query(query.to_owned())));
}

fn rows(session: &Session, name: &str) -> usize {
    session.cohort(name).map_or(0, |c| c.rows.len())
}

fn drawn(session: &mut Session, request: &ChartRequest) -> Arc<Chart> {
    carry_out(session, Command::Draw(request.clone()));
    session.chart(request).unwrap_or_else(|| panic!("{:?}", session.chart_problem(request)))
}

#[test]
fn a_query_selects_rows_of_the_table_and_of_what_was_computed() {
    let mut session = explained();
    carry_out(&mut session, Command::SelectWhere("age < 30 and housing = own".to_owned()));
    let young = Arc::clone(session.selection().expect("some rows are selected"));
    let data = Arc::clone(session.data().expect("the table is open"));
    let (age, housing) = (data.find("age").expect("age"), data.find("housing").expect("housing"));
    let slow = (0..1000u32).filter(|i| {
        let i = *i as usize;
        data.columns()[age].values.position(i) < 30.0 && data.columns()[housing].values.exact(i) == "own"
    });
    assert_eq!(young.iter().map(|r| r.0).collect::<Vec<_>>(), slow.collect::<Vec<_>>());
    carry_out(&mut session, Command::SelectWhere("prediction >= 0.5 and wrong = yes".to_owned()));
    let predictions = session.predictions().expect("predicted");
    let slow = (0..1000usize).filter(|i| predictions.values[*i] >= 0.5 && predictions.truth[*i] == 0.0);
    assert_eq!(session.selection().map_or(0, |s| s.len()), slow.count());
    carry_out(&mut session, Command::SelectWhere("contribution of age > 0".to_owned()));
    let Body::Attribution(a) = &session.attribution().expect("explained").body else { panic!("attributions") };
    let age = a.features.iter().position(|f| f == "age").expect("age is a feature");
    let slow = (0..1000).filter(|i| a.row(0, *i)[age] > 0.0);
    assert_eq!(session.selection().map_or(0, |s| s.len()), slow.count());
}

#[test]
fn a_query_that_is_not_understood_changes_nothing_and_says_why() {
    let mut session = explained();
    carry_out(&mut session, Command::SelectWhere("age < 30".to_owned()));
    let before = session.selection().cloned();
    carry_out(&mut session, Command::SelectWhere("aged < 30".to_owned()));
    assert_eq!(session.selection().cloned(), before);
    assert!(session.problems().last().is_some_and(|p| p.to_string().contains("“aged”")), "{:?}", session.problems());
    let foreign = Arc::new(RowSet::full(7));
    carry_out(&mut session, Command::SelectRows(foreign));
    assert_eq!(session.selection().cloned(), before, "rows of another table are no selection of this one");
}

#[test]
fn cohorts_follow_the_threshold_and_the_table() {
    let mut session = explained();
    by_query(&mut session, "refused", "\"predicted class\" = yes");
    by_query(&mut session, "old", "age > 50 or cohort refused = yes");
    let half = rows(&session, "refused");
    assert!(half > 0, "{:?}", session.cohort("refused"));
    assert!(rows(&session, "old") > half);
    carry_out(&mut session, Command::SetThreshold(0.2));
    assert!(rows(&session, "refused") > half, "a lower threshold refuses more");
    let picked = CohortBy::Rows(Arc::new(RowSet::of(1000, [RowId(1), RowId(5)])));
    carry_out(&mut session, Command::SetCohort("picked".to_owned(), picked));
    carry_out(&mut session, Command::OpenSample("penguins".to_owned()));
    let names: Vec<&str> = session.cohorts().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["refused", "old"], "rows of another table are gone, queries are asked again");
    let old = session.cohort("old").expect("asked again");
    assert!(old.problem.as_ref().is_some_and(|p| p.contains("“age”")) && old.rows.is_empty(), "{old:?}");
}

#[test]
fn a_chart_of_a_cohort_is_the_chart_of_its_rows() {
    let mut session = explained();
    by_query(&mut session, "young", "age < 30");
    let request = |kind, within: Option<&str>| ChartRequest {
        kind,
        within: within.map(str::to_owned),
        ..ChartRequest::default()
    };
    let bars = drawn(&mut session, &request("importance-bar", Some("young")));
    let Body::Attribution(a) = &session.attribution().expect("explained").body else { panic!("attributions") };
    let young = &session.cohort("young").expect("made").rows;
    let slow = |j: usize| young.iter().map(|r| a.row(0, r.index())[j].abs()).sum::<f64>() / young.len() as f64;
    for row in &bars.table.rows {
        let (Some(Cell::Text(name)), Some(Cell::Number(value))) = (row.first(), row.get(1)) else { panic!("{row:?}") };
        let j = a.features.iter().position(|f| f == name).expect("a feature");
        assert!((value - slow(j)).abs() <= 1e-12 * slow(j).max(1.0), "{name}: {value} against {}", slow(j));
    }
    assert!(bars.title.contains("“young”"), "{}", bars.title);
    let count = young.len();
    let whole = drawn(&mut session, &request("roc", None));
    let part = drawn(&mut session, &request("roc", Some("young")));
    assert_ne!(whole.alt, part.alt);
    let histogram = ChartRequest { feature: Some(0), ..request("column-histogram", Some("young")) };
    let histogram = drawn(&mut session, &histogram);
    let counted: f64 = histogram
        .table
        .rows
        .iter()
        .filter_map(|r| match r.last() {
            Some(Cell::Number(n)) => Some(*n),
            _ => None,
        })
        .sum();
    assert!((counted - count as f64).abs() < 0.5, "{counted} rows of {count}");
}

#[test]
fn importance_by_cohort_counts_rows_and_holds_the_mean_in_its_interval() {
    let mut session = explained();
    by_query(&mut session, "young", "age < 30");
    by_query(&mut session, "old", "not age < 30");
    by_query(&mut session, "none", "age > 200");
    let request = ChartRequest { kind: "cohort-bars", ..ChartRequest::default() };
    let chart = drawn(&mut session, &request);
    assert!(chart.notes.iter().any(|n| n.contains("“none”")), "{:?}", chart.notes);
    let mut total = std::collections::BTreeMap::new();
    for row in &chart.table.rows {
        let [
            Cell::Text(feature),
            Cell::Text(_),
            Cell::Number(mean),
            Cell::Number(low),
            Cell::Number(high),
            Cell::Number(rows),
        ] = row.as_slice()
        else {
            panic!("{row:?}")
        };
        assert!(low <= mean && mean <= high);
        *total.entry(feature.clone()).or_insert(0.0) += mean * rows;
    }
    let Body::Attribution(a) = &session.attribution().expect("explained").body else { panic!("attributions") };
    let all = a.mean_absolute(0);
    for (j, name) in a.features.iter().enumerate() {
        let joined = total.get(name).copied().unwrap_or(f64::NAN) / 1000.0;
        assert!((joined - all[j]).abs() < 1e-12, "{name}: the two cohorts make up the whole");
    }
    by_query(&mut session, "old", "age > 60");
    assert!(session.chart(&request).is_none(), "another cohort is another chart");
}

#[test]
fn rows_stand_in_the_order_that_is_asked_for() {
    let session = explained();
    let scene = session.scene();
    let rows = |order: Order, query: &str, only: Option<Arc<RowSet>>| {
        ordered(&scene, &Shown { order, query: query.to_owned(), only, output: 0 }).expect("understood")
    };
    let known = session.predictions().expect("predicted");
    let surprising = rows(Order::Surprising, "", None);
    assert_eq!(surprising.first(), known.surprising.first(), "the most confident wrong row");
    let doubt = |row: &RowId| (known.values[row.index()] - 0.5).abs();
    let undecided = rows(Order::Undecided, "age > 40", None);
    assert!(undecided.windows(2).all(|w| doubt(&w[0]) <= doubt(&w[1])));
    assert!(undecided.len() < 1000);
    let by = Order::By(Field::Computed("contribution of age".to_owned()), true);
    let Body::Attribution(a) = &session.attribution().expect("explained").body else { panic!("attributions") };
    let age = a.features.iter().position(|f| f == "age").expect("a feature");
    let sorted = rows(by, "", None);
    assert!(sorted.windows(2).all(|w| a.row(0, w[0].index())[age] >= a.row(0, w[1].index())[age]));
    let few = Arc::new(RowSet::of(1000, [RowId(9), RowId(4)]));
    assert_eq!(rows(Order::File, "", Some(few)), [RowId(4), RowId(9)]);
}

#[test]
fn similar_rows_are_those_of_the_smallest_gower_distance() {
    let session = explained();
    let scene = session.scene();
    let own = RowId(17);
    let sorted = ordered(&scene, &Shown { order: Order::Similar(own), ..Shown::default() }).expect("understood");
    let data = session.data().expect("the table is open");
    let columns = &session.link().expect("joined").columns;
    let distance = |row: &RowId| -> f64 {
        columns
            .iter()
            .map(|c| {
                let values = &data.columns()[*c].values;
                let (x, y) = (values.position(row.index()), values.position(own.index()));
                let all: Vec<f64> = (0..1000).map(|i| values.position(i)).collect();
                let (low, high) = all.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
                match values {
                    candor::data::Values::Number { .. } => (x - y).abs() / (high - low),
                    _ => f64::from(u8::from(x != y)),
                }
            })
            .sum()
    };
    assert!(distance(&sorted[0]) == 0.0, "the row itself, or its twin, comes first");
    assert!(sorted.windows(2).all(|w| distance(&w[0]) <= distance(&w[1]) + 1e-12));
}

#[test]
fn contributions_are_measured_against_the_rows_that_are_asked_for() {
    let mut session = explained();
    let usual = session.attribution().expect("explained").clone();
    let margins = |session: &Session| {
        let explanation = session.attribution().expect("explained");
        let Body::Attribution(a) = &explanation.body else { panic!("attributions") };
        (a.base[0], explanation.predictions.clone(), explanation.provenance.clone())
    };
    by_query(&mut session, "young", "age < 30");
    let young = Arc::clone(&session.cohort("young").expect("made").rows);
    let plan = |query: &str| Plan { background_where: Some(query.to_owned()), ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(plan("cohort young = yes")));
    carry_out(&mut session, Command::Explain);
    let (base, predictions, origin) = margins(&session);
    let mean = young.iter().map(|r| predictions[r.index()]).sum::<f64>() / young.len() as f64;
    assert!((base - mean).abs() < 1e-12, "{base} against {mean}");
    assert_eq!(origin.method, "tree-shap-interventional");
    assert!(origin.background_text.contains("371 rows with cohort young = yes"), "{}", origin.background_text);
    // The same words mean other rows now, so that what was kept is not taken for it.
    by_query(&mut session, "young", "age < 25");
    carry_out(&mut session, Command::Explain);
    assert!((margins(&session).0 - base).abs() > 1e-6, "another cohort, another base");
    carry_out(&mut session, Command::SetPlan(plan("age > 200")));
    carry_out(&mut session, Command::Explain);
    assert!(session.problems().last().is_some_and(|p| p.place.contains("no row")), "{:?}", session.problems());
    carry_out(&mut session, Command::SetPlan(plan("row = 17")));
    carry_out(&mut session, Command::Explain);
    let (base, predictions, _) = margins(&session);
    assert!((base - predictions[17]).abs() < 1e-12, "against one row, the base is its prediction");
    carry_out(&mut session, Command::SetPlan(Plan::default()));
    carry_out(&mut session, Command::Explain);
    assert!(Arc::ptr_eq(session.attribution().expect("explained"), &usual), "the usual answer was kept");
}
