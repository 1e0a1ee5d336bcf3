//! Two models of several classes, against counts without each row.

use candor::base::{Knobs, Seed, Task};
use candor::data::Role;
use candor::explain::Explanation;
use candor::model::{Scale, learn};
use candor::session::{ChartRequest, Command, Plan, RowChoice, Session};

use super::challenger::{carry_out, challenge, comparison, meeting, metric, slow_area};

/// The penguins with a small tree as champion and the sample's model as challenger.
fn penguins() -> Session {
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenSample("penguins".to_owned()));
    // Few rows and a small reference set: the method for any model asks both for every subset of columns.
    let plan = Plan { rows: RowChoice::Range(0, 30), background_rows: 10, ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(plan));
    carry_out(&mut session, Command::KeepAsChallenger);
    let target = session.data().and_then(|d| d.column_with(Role::Target)).expect("the sample has a target");
    let learner = "decision-tree".to_owned();
    let knobs = vec![("depth".to_owned(), "2".to_owned())];
    carry_out(&mut session, Command::Train { learner, target, knobs, seed: Seed(3) });
    carry_out(&mut session, Command::Explain);
    assert_eq!(session.problems(), []);
    session
}

#[test]
fn several_classes_are_compared_by_name_with_all_they_share() {
    let mut session = penguins();
    let compared = comparison(&session);
    let known = session.predictions().expect("predicted");
    let (own, other, truth) = (&known.values, &meeting(&session).predictions, &known.truth);
    // Rows are those that the tree has not seen; the mean area is recounted without each of them.
    let held_out = held_out_rows(&session);
    let mean_area = |of: &[f64], without: Option<usize>| {
        let rows: Vec<usize> = held_out.iter().copied().filter(|i| Some(*i) != without).collect();
        let area = |k: usize| {
            let scores: Vec<f64> = rows.iter().map(|i| of[3 * i + k]).collect();
            let positive: Vec<f64> = rows.iter().map(|i| f64::from(u8::from(truth[*i] as usize == k))).collect();
            slow_area(&scores, &positive, None)
        };
        (0..3).map(area).sum::<f64>() / 3.0
    };
    let change = |without| mean_area(other, without) - mean_area(own, without);
    let left: Vec<f64> = held_out.iter().map(|i| change(Some(*i))).collect();
    let n = left.len() as f64;
    let mean = left.iter().sum::<f64>() / n;
    let error = ((n - 1.0) / n * left.iter().map(|v| (v - mean).powi(2)).sum::<f64>()).sqrt();
    let metric = metric(compared, "auc");
    assert!((metric.difference() - change(None)).abs() < 1e-12);
    let (low, high) = metric.interval.expect("three classes are there");
    let reach = (high - low) / 2.0;
    // Linearisation and jackknife agree to the order of one over the rows of the smallest class.
    assert!((reach / (1.99 * error) - 1.0).abs() < 0.1, "{reach} and {error}");
    // Contributions of each class add up as those of two classes do.
    let both = challenge(&session);
    for output in 0..3 {
        let (first, second) = both.bases(output);
        let carried: f64 = both.difference(output, 7).iter().sum();
        let at = |e: &Explanation| e.predictions[7 * 3 + output];
        assert!((second - first + carried - (at(both.challenger()) - at(both.champion()))).abs() < 1e-9);
    }
    let flips = session.challenger().and_then(|c| c.differences()).and_then(|d| d.flips.clone()).expect("classes");
    assert!(!flips.is_empty());
    let request = |output| ChartRequest {
        kind: "decision-flips",
        output,
        row: None,
        feature: None,
        colour: None,
        knobs: Vec::new(),
        ..ChartRequest::default()
    };
    for output in 0..3 {
        carry_out(&mut session, Command::Draw(request(output)));
        assert_eq!(session.chart_problem(&request(output)), None);
        let chart = session.chart(&request(output)).expect("drawn");
        let touched = flips.iter().filter(|f| f.to == output || f.from == output).count();
        let shown = chart.notes.iter().any(|n| n.contains("between other classes"));
        assert_eq!(shown, touched < flips.len(), "{:?}", chart.notes);
    }
}

/// The rows that the last trained model has not seen: those with a known target that are measured.
fn held_out_rows(session: &Session) -> Vec<usize> {
    let data = session.data().expect("open");
    let target = data.column_with(Role::Target).expect("a target");
    let learner = learn::find("decision-tree").expect("registered");
    let given = [("depth", "2")];
    let knobs = Knobs::check(learner.knobs(), given).expect("known");
    let task = Task::silent();
    let trained = learn::train(learner, (data, target), &knobs, Seed(3), &task).expect("trained");
    trained.held_out.iter().map(|r| r.index()).collect()
}

#[test]
fn models_without_a_common_scale_are_explained_by_a_method_for_any_model() {
    let mut session = penguins();
    let both = challenge(&session);
    // The tree counts shares, the boosted trees add log-odds; probabilities are what both can be asked for.
    assert_eq!(both.scale(), Scale::Probability);
    assert!([both.champion(), both.challenger()].iter().all(|e| e.provenance.method == "exact-shapley"));
    // A method that is named is not exchanged for another one.
    let plan = Plan { method: "tree-shap".to_owned(), ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(plan));
    carry_out(&mut session, Command::Explain);
    let problem = session.problems().last().expect("refused");
    assert_eq!(problem.what, "Could not explain both models on one scale");
    assert!(session.challenger().expect("open").challenge().is_none());
}
