//! The edited row: its prediction and attributions against those of the table, its history, pins and marks.

use std::sync::Arc;

use candor::base::{RowId, RowSet, Seed};
use candor::data::{Value, encode_row};
use candor::explain::{Attribution, Body, Shape};
use candor::model::Structure;
use candor::num::MatrixView;
use candor::session::what_if::{Outside, Variant};
use candor::session::{ChartRequest, Command, Edit, Event, Plan, Session, Start};
use candor::worker::inline::{run_all, run_one};

use super::session::sample;

fn carry_out(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    run_all(session, jobs, |_| ());
}

fn opened(id: &str) -> Session {
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenSample(id.to_owned()));
    assert_eq!(session.problems(), []);
    session
}

fn edit(session: &mut Session, edit: Edit) {
    carry_out(session, Command::WhatIf(edit));
    assert_eq!(session.problems(), []);
}

fn set(session: &mut Session, column: &str, value: Value) {
    let column = column_of(session, column);
    edit(session, Edit::Set { column, value, moving: false });
}

fn column_of(session: &Session, name: &str) -> usize {
    session.data().and_then(|data| data.find(name)).expect("the column is there")
}

fn variant(session: &Session) -> &Arc<Variant> {
    let what_if = session.what_if().expect("a what-if was started");
    assert!(what_if.is_current(), "the answer is about the values as they are");
    what_if.variant().expect("it was answered")
}

fn attribution(variant: &Variant) -> &Attribution {
    match &variant.explanation().expect("it was explained").body {
        Body::Attribution(attribution) => attribution,
        _ => panic!("a row is explained by contributions"),
    }
}

fn text(level: &str) -> Value {
    Value::Text(level.to_owned())
}

/// Base and contributions of every output, added up, against the model itself.
fn assert_adds_up(variant: &Variant, session: &Session) {
    let model = session.model().expect("open");
    let of = attribution(variant);
    let mut predicted = vec![0.0; of.outputs.len()];
    let row = MatrixView::new(&variant.inputs, 1, variant.inputs.len()).expect("one row");
    model.predict_f64(row, of.scale, &mut predicted);
    for (output, prediction) in predicted.iter().enumerate() {
        let sum = of.base[output] + of.row(output, 0).iter().sum::<f64>();
        assert!((sum - prediction).abs() < 1e-9, "output {output}: {sum} against {prediction}");
    }
    let gap = variant.explanation().and_then(|e| e.fidelity.gap).expect("the gap is measured");
    assert!(gap < 1e-9, "measured gap {gap}");
}

#[test]
fn an_unchanged_row_has_the_prediction_and_contributions_of_the_table() {
    for id in ["credit", "diamonds", "penguins"] {
        let mut session = opened(id);
        let row = RowId(17);
        edit(&mut session, Edit::Start(Start::Row(row)));
        let variant = Arc::clone(variant(&session));
        let known = session.predictions().expect("every row is predicted");
        let of_table = &known.values[row.index() * known.outputs..][..known.outputs];
        assert_eq!(variant.predictions, of_table, "{id}: the prediction has the same bits");
        assert_eq!(variant.start, of_table);
        assert_adds_up(&variant, &session);
        let Body::Attribution(all) = &session.attribution().expect("explained").body else { panic!("contributions") };
        let at = all.position(row).expect("every row is explained");
        for output in 0..all.outputs.len() {
            for (a, b) in all.row(output, at).iter().zip(attribution(&variant).row(output, 0)) {
                assert!((a - b).abs() < 1e-9, "{id}: {a} in the table, {b} here");
            }
        }
    }
}

#[test]
fn an_edited_row_is_predicted_as_the_model_predicts_it() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Start(Start::Row(RowId(3))));
    let before = variant(&session).predictions.clone();
    let donor = RowId(0);
    // Every input taken from another row makes that row.
    let data = Arc::clone(session.data().expect("open"));
    let columns = session.link().expect("joined").columns.clone();
    for column in columns {
        let value = data.columns()[column].values.value(donor.index());
        edit(&mut session, Edit::Set { column, value, moving: false });
        assert_adds_up(variant(&session), &session);
    }
    let variant = variant(&session);
    assert_eq!(variant.predictions[..], session.predictions().expect("known").values[..1]);
    assert_eq!(variant.start, before);
    let link = session.link().expect("joined");
    assert_eq!(variant.inputs[..], encode_row(link, &data, donor)[..]);
    let request = ChartRequest::of_variant("waterfall", 0);
    let chart = session.chart(&request).expect("the waterfall came with the answer");
    assert!(chart.title.starts_with("Row 3, "), "{}", chart.title);
    assert!(chart.table.rows.iter().any(|cells| format!("{cells:?}").contains("radio/TV")), "donor’s purpose is shown");
}

#[test]
fn trees_answer_from_tables_after_the_first_time_with_the_same_numbers() {
    let mut session = opened("credit");
    for method in ["tree-shap", "tree-shap-interventional"] {
        carry_out(&mut session, Command::SetPlan(Plan { method: method.to_owned(), ..Plan::default() }));
        let mut jobs = session.apply(Command::WhatIf(Edit::Start(Start::Row(RowId(5)))));
        // The tables, if they are still to be made, wait until the first answer has come.
        let answer = jobs.remove(0);
        run_one(answer).into_iter().for_each(|event| drop(session.absorb(event)));
        let slow = attribution(variant(&session)).values.clone();
        run_all(&mut session, jobs, |_| ());
        assert!(session.what_if().expect("started").bytes() > 0, "{method}: the tables are kept");
        set(&mut session, "age", Value::Number(20.0));
        edit(&mut session, Edit::Undo);
        let fast = &attribution(variant(&session)).values;
        let largest = slow.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        assert!(slow.iter().zip(fast.iter()).all(|(a, b)| (a - b).abs() <= 1e-12 * largest.max(1.0)));
        assert_eq!(variant(&session).explanation().expect("explained").provenance.method, method);
    }
}

#[test]
fn undo_reset_and_pins_bring_values_back() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Start(Start::Row(RowId(1))));
    let start = variant(&session).predictions.clone();
    let (age, housing) = (column_of(&session, "age"), column_of(&session, "housing"));
    set(&mut session, "age", Value::Number(60.0));
    set(&mut session, "housing", text("rent"));
    let changed = variant(&session).predictions.clone();
    assert_ne!(changed, start);
    assert_eq!(session.what_if().expect("started").changed(), [age, housing]);
    edit(&mut session, Edit::Pin("older, renting".to_owned()));
    edit(&mut session, Edit::Reset(Some(housing)));
    assert_eq!(session.what_if().expect("started").changed(), [age]);
    edit(&mut session, Edit::Reset(None));
    assert_eq!(variant(&session).predictions, start);
    assert_eq!(session.what_if().expect("started").undo_name(), Some("Reset of all values"));
    for _ in 0..2 {
        edit(&mut session, Edit::Undo);
    }
    assert_eq!(variant(&session).predictions, changed);
    edit(&mut session, Edit::Redo);
    assert_eq!(session.what_if().expect("started").changed(), [age]);
    // Another start keeps the pins; loading one is a step like any other.
    edit(&mut session, Edit::Start(Start::Row(RowId(2))));
    edit(&mut session, Edit::Load(0));
    assert_eq!(variant(&session).predictions, changed);
    let pin = &session.what_if().expect("started").pins()[0];
    assert_eq!((pin.name.as_str(), pin.predictions.as_ref()), ("older, renting", Some(&changed)));
    edit(&mut session, Edit::Pin("older, renting".to_owned()));
    let names: Vec<&str> = session.what_if().expect("started").pins().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["older, renting", "older, renting (2)"]);
    edit(&mut session, Edit::Unpin(0));
    assert_eq!(session.what_if().expect("started").pins().len(), 1);
}

#[test]
fn what_the_data_do_not_hold_is_marked() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Start(Start::Row(RowId(1))));
    let (age, purpose) = (column_of(&session, "age"), column_of(&session, "purpose"));
    assert!(variant(&session).marks.iter().all(|mark| mark.is_plain()), "a row of the table is nothing unusual");
    set(&mut session, "age", Value::Number(19.0));
    assert!(variant(&session).marks[age].is_plain(), "19 is the youngest of the table");
    set(&mut session, "age", Value::Number(18.0));
    assert_eq!(variant(&session).marks[age].outside, Some(Outside::Below(19.0)));
    set(&mut session, "age", Value::Number(75.5));
    assert_eq!(variant(&session).marks[age].outside, Some(Outside::Above(75.0)));
    assert_adds_up(variant(&session), &session);
    set(&mut session, "purpose", text("space travel"));
    let mark = &variant(&session).marks[purpose];
    assert_eq!(mark.outside, Some(Outside::NotHeld));
    assert_eq!(mark.unseen, Some("treated as missing"));
    assert_adds_up(variant(&session), &session);
    let unseen = variant(&session).predictions.clone();
    set(&mut session, "purpose", Value::Missing);
    let mark = &variant(&session).marks[purpose];
    assert_eq!((mark.outside.as_ref(), mark.unseen), (Some(&Outside::NeverMissing), None));
    assert_eq!(variant(&session).predictions, unseen, "an unseen level is what a missing one is to this model");
}

#[test]
fn a_typical_row_is_made_of_medians_of_the_rows_chosen() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Start(Start::Typical(None)));
    let what_if = session.what_if().expect("started");
    assert_eq!((what_if.name(), what_if.row()), ("Typical row of 1000 rows", None));
    let age = column_of(&session, "age");
    let mut ages: Vec<f64> = (0..1000)
        .filter_map(|i| match session.data()?.columns()[age].values.value(i) {
            Value::Number(v) => Some(v),
            _ => None,
        })
        .collect();
    ages.sort_by(f64::total_cmp);
    assert_eq!(what_if.values()[age], Value::Number(ages[499]));
    assert_adds_up(variant(&session), &session);
    let rows = RowSet::of(1000, [RowId(7)]);
    edit(&mut session, Edit::Start(Start::Typical(Some(Arc::new(rows)))));
    let of_one = session.what_if().expect("started").values()[age].clone();
    assert_eq!(of_one, session.data().expect("open").columns()[age].values.value(7));
    let empty = Start::Typical(Some(Arc::new(RowSet::empty(1000))));
    carry_out(&mut session, Command::WhatIf(Edit::Start(empty)));
    assert_eq!(session.problems().len(), 1, "no rows have no typical one");
}

#[test]
fn the_newest_edit_wins() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Start(Start::Row(RowId(1))));
    let age = column_of(&session, "age");
    let move_to = |session: &mut Session, value: f64| {
        session.apply(Command::WhatIf(Edit::Set { column: age, value: Value::Number(value), moving: true }))
    };
    let older = move_to(&mut session, 30.0);
    let newer = move_to(&mut session, 60.0);
    let news: Vec<Event> = newer.into_iter().flat_map(run_one).collect();
    news.into_iter().for_each(|event| drop(session.absorb(event)));
    let answer = Arc::clone(variant(&session));
    older.into_iter().flat_map(run_one).collect::<Vec<_>>().into_iter().for_each(|event| drop(session.absorb(event)));
    assert!(Arc::ptr_eq(variant(&session), &answer), "the older answer came too late");
    assert_eq!(session.jobs().len(), 0);
}

#[test]
fn another_table_ends_the_what_if_and_another_plan_answers_anew() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Start(Start::Row(RowId(1))));
    let first = variant(&session).explanation().expect("explained").provenance.method.clone();
    let plan = Plan { method: "permutation-shap".to_owned(), background_rows: 20, ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(plan));
    let second = variant(&session).explanation().expect("explained").provenance.method.clone();
    assert_eq!((first.as_str(), second.as_str()), ("tree-shap", "permutation-shap"));
    carry_out(&mut session, Command::OpenSample("penguins".to_owned()));
    assert!(session.what_if().is_none());
}

#[test]
fn another_model_answers_about_the_same_edits_and_pins() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Start(Start::Row(RowId(1))));
    set(&mut session, "age", Value::Number(60.0));
    edit(&mut session, Edit::Pin("older".to_owned()));
    set(&mut session, "savings", Value::Missing);
    let first = variant(&session).predictions.clone();
    carry_out(&mut session, Command::OpenChallenger(sample("models/credit-lightgbm.txt")));
    carry_out(&mut session, Command::SwapChallenger);
    let second = variant(&session).predictions.clone();
    assert!(first != second, "another model was asked");
    assert_eq!(session.what_if().map(|of| (of.changed().len(), of.pins().len())), Some((2, 1)));
    // The pinned variant is what the new model says of its cells.
    let pinned = session.what_if().and_then(|of| of.pins()[0].predictions.clone()).expect("predicted again");
    edit(&mut session, Edit::Load(0));
    assert_eq!(variant(&session).predictions, pinned);
    edit(&mut session, Edit::Undo);
    carry_out(&mut session, Command::SwapChallenger);
    assert_eq!(variant(&session).predictions, first, "and back");
    assert_eq!(session.problems(), []);
}

#[test]
fn a_sampled_answer_comes_soon_and_then_better() {
    let mut session = Session::new();
    carry_out(&mut session, Command::Open(sample("breast_cancer.csv")));
    let target = column_of(&session, "diagnosis");
    let learner = "nearest-neighbours".to_owned();
    carry_out(&mut session, Command::Train { learner, target, knobs: Vec::new(), seed: Seed(1) });
    assert_eq!(session.problems(), []);
    assert!(matches!(session.model().expect("trained").structure(), Structure::Opaque));
    let knobs = vec![("budget".to_owned(), "1500".to_owned())];
    let plan = Plan { method: "permutation-shap".to_owned(), knobs, background_rows: 30, ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(plan));
    let mut jobs = session.apply(Command::WhatIf(Edit::Start(Start::Row(RowId(4)))));
    let mut seen: Vec<(u64, f64, bool)> = Vec::new();
    for event in run_one(jobs.remove(0)) {
        drop(session.absorb(event));
        let variant = variant(&session);
        assert_eq!(variant.predictions[..], session.predictions().expect("known").values[4..5]);
        let Some(explanation) = variant.explanation() else { continue };
        assert_adds_up(variant, &session);
        let error = explanation.fidelity.largest_error.expect("sampled");
        seen.push((explanation.fidelity.evaluations, error, variant.stage.is_empty()));
    }
    assert!(seen.len() >= 3, "{seen:?}");
    assert!(seen.windows(2).all(|w| w[0].0 < w[1].0), "every answer asks more than the one before: {seen:?}");
    assert!(seen[0].0 <= 5_000, "the first answer asks little: {seen:?}");
    let (first, last) = (seen[1], seen[seen.len() - 1]);
    assert!(last.1 < first.1, "standard errors shrink: {seen:?}");
    assert_eq!(seen.iter().map(|s| s.2).collect::<Vec<_>>().iter().rev().position(|done| !done), Some(1));
}

#[test]
fn curves_pass_through_the_prediction_and_their_mean_is_the_mean_of_predictions() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Start(Start::Row(RowId(1))));
    edit(&mut session, Edit::Profile(true));
    set(&mut session, "age", Value::Number(44.0));
    let what_if = session.what_if().expect("started");
    let prediction = variant(&session).predictions[0];
    let (curves, means) = (what_if.curves().expect("known"), what_if.dependence().expect("known"));
    assert_eq!((curves.curves.len(), means.curves.len(), means.complete), (8, 8, true));
    for curve in &curves.curves {
        let at = curve.spots.iter().position(|spot| spot.is_same(&what_if.values()[curve.column]));
        let at = at.expect("the present value is on its curve");
        assert!((curve.of_output(0)[at] - prediction).abs() < 1e-12);
        assert!(curve.spots.last().is_some_and(Value::is_missing), "missing has a place");
    }
    // The mean at one spot, from the rows themselves.
    let data = session.data().expect("open");
    let (link, model) = (session.link().expect("joined"), session.model().expect("open"));
    let (rows, _) = candor::explain::Background::draw(data.row_count(), means.rows, session.plan().seed);
    let age = column_of(&session, "age");
    let curve = means.of_column(age).expect("age feeds the model");
    let input = link.columns.iter().position(|column| *column == age).expect("age feeds the model");
    let Value::Number(spot) = curve.spots[10] else { panic!("ages are numbers") };
    let mut sum = 0.0;
    for row in &rows {
        let mut inputs = encode_row(link, data, *row);
        inputs[input] = spot;
        let mut out = [0.0];
        model.predict(MatrixView::new(&inputs, 1, inputs.len()).expect("one row"), means.scale, &mut out);
        sum += out[0];
    }
    assert!((curve.of_output(0)[10] - sum / rows.len() as f64).abs() < 1e-12);
}

#[test]
fn a_profile_beyond_the_data_reaches_the_value() {
    let mut session = opened("credit");
    edit(&mut session, Edit::Profile(true));
    edit(&mut session, Edit::Start(Start::Row(RowId(1))));
    edit(&mut session, Edit::Profile(true));
    set(&mut session, "age", Value::Number(100.0));
    let age = column_of(&session, "age");
    let curve = session.what_if().and_then(|w| w.curves()?.of_column(age).cloned()).expect("known");
    let last = curve.spots.iter().rev().nth(1).cloned();
    assert_eq!(last, Some(Value::Number(100.0)));
    assert!(session.answer(Shape::Curves).is_none(), "the profiler is no answer about the table");
}

#[test]
fn a_row_without_a_prediction_says_so_and_fills_no_list() {
    let mut session = Session::new();
    carry_out(&mut session, Command::Open(sample("breast_cancer.csv")));
    let target = column_of(&session, "diagnosis");
    let learner = "logistic-regression".to_owned();
    carry_out(&mut session, Command::Train { learner, target, knobs: Vec::new(), seed: Seed(1) });
    edit(&mut session, Edit::Start(Start::Row(RowId(4))));
    assert_adds_up(variant(&session), &session);
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        set(&mut session, "mean_radius", Value::Number(value));
        let variant = variant(&session);
        assert!(variant.problem.is_some() && variant.explanation().is_none());
    }
    edit(&mut session, Edit::Reset(None));
    assert!(variant(&session).problem.is_none());
    assert_adds_up(variant(&session), &session);
}
