//! Two models on the same rows: a session with a challenger, numbers against slow and obvious computations.

use std::sync::Arc;

use candor::base::{RowId, Seed};
use candor::chart::{Cell, Chart, Mark};
use candor::data::Role;
use candor::explain::{Body, Challenge};
use candor::model::measure::{Comparison, MetricDifference, Verdict};
use candor::session::{ChartRequest, Command, Meeting, Plan, Session};
use candor::worker::inline::run_all;

use super::session::sample;

pub fn carry_out(session: &mut Session, command: Command) {
    let jobs = session.apply(command);
    run_all(session, jobs, |_| ());
}

/// The credit sample, explained, with this model beside it.
fn credit(challenger: &str) -> Session {
    let mut session = Session::new();
    carry_out(&mut session, Command::OpenSample("credit".to_owned()));
    carry_out(&mut session, Command::OpenChallenger(sample(challenger)));
    assert_eq!(session.problems(), [], "both models open without a problem");
    session
}

const OTHER: &str = "models/credit-lightgbm.txt";
const SAME: &str = "models/credit-xgboost.json";

pub fn meeting(session: &Session) -> &Arc<Meeting> {
    session.challenger().expect("a challenger is open").meeting().expect("it was joined with the table")
}

pub fn comparison(session: &Session) -> &Comparison {
    meeting(session).comparison.as_ref().expect("the target is known")
}

pub fn challenge(session: &Session) -> &Challenge {
    session.challenger().and_then(|c| c.challenge()).expect("both are explained")
}

pub fn metric<'c>(comparison: &'c Comparison, id: &str) -> &'c MetricDifference {
    comparison.metrics.iter().find(|m| m.id == id).expect("a metric of two classes")
}

#[test]
fn a_challenger_is_predicted_measured_and_explained_like_the_champion() {
    let session = credit(OTHER);
    assert!(session.jobs().is_empty(), "nothing is left under way");
    let performance = session.performance().expect("the target is known");
    let compared = comparison(&session);
    assert_eq!(compared.rows, 1000);
    for metric in &compared.metrics {
        let own = performance.metrics.iter().find(|m| m.id == metric.id).expect("the champion has the same metrics");
        assert_eq!(own.value.to_bits(), metric.champion.to_bits(), "{}", metric.id);
    }
    let challenge = challenge(&session);
    let (own, other) = challenge.both();
    assert_eq!(own.rows, other.rows);
    assert_eq!(own.scale, other.scale);
    // The same game against the same rows, although the champion alone is explained without a reference set.
    let passports = [challenge.champion(), challenge.challenger()].map(|e| &e.provenance);
    assert!(passports.iter().all(|p| p.method == "tree-shap-interventional"));
    assert_eq!(passports[0].background_text, passports[1].background_text);
    assert_eq!(session.attribution().expect("explained").provenance.method, "tree-shap");
}

#[test]
fn changes_of_contributions_and_of_the_base_add_up_to_the_change_of_the_prediction() {
    let session = credit(OTHER);
    let challenge = challenge(&session);
    let (first, second) = challenge.bases(0);
    let (own, other) = (&challenge.champion().predictions, &challenge.challenger().predictions);
    let gap = [challenge.champion(), challenge.challenger()].map(|e| e.fidelity.gap.expect("both add up"));
    for position in 0..challenge.rows().len() {
        let carried: f64 = challenge.difference(0, position).iter().sum();
        let change = other[position] - own[position];
        // Both explanations add up to within their measured gap; the sum of nine numbers adds rounding.
        assert!((second - first + carried - change).abs() <= gap[0] + gap[1] + 1e-12, "row {position}");
        let carriers = challenge.carriers(0, position);
        assert!(carriers.windows(2).all(|w| w[0].1.abs() >= w[1].1.abs()));
    }
}

#[test]
fn flips_are_the_rows_whose_class_changes_at_the_threshold() {
    let mut session = credit(OTHER);
    for threshold in [0.5, 0.3] {
        carry_out(&mut session, Command::SetThreshold(threshold));
        let (own, other) = (&session.predictions().expect("predicted").values, &meeting(&session).predictions);
        let slow: Vec<u32> =
            (0..1000u32).filter(|i| (own[*i as usize] >= threshold) != (other[*i as usize] >= threshold)).collect();
        let differences = session.challenger().and_then(|c| c.differences()).expect("compared");
        let flips = differences.flips.as_ref().expect("classes are decided");
        let mut found: Vec<u32> = flips.iter().map(|f| f.row.0).collect();
        assert!(flips.windows(2).all(|w| w[0].difference.abs() >= w[1].difference.abs()), "the largest comes first");
        found.sort_unstable();
        assert_eq!(found, slow);
        assert!(slow.len() > 5, "{} flips", slow.len());
    }
}

#[test]
fn a_model_compared_with_itself_differs_nowhere() {
    let session = credit(SAME);
    let compared = comparison(&session);
    for metric in &compared.metrics {
        assert_eq!(metric.difference().to_bits(), 0.0f64.to_bits(), "{}", metric.id);
        if let Some((low, high)) = metric.interval {
            assert!(low <= 0.0 && high >= 0.0, "{}: {low} {high}", metric.id);
            assert_eq!(metric.verdict(), Verdict::CannotBeToldApart);
        }
    }
    assert!(compared.metrics.iter().filter(|m| m.interval.is_some()).count() >= 6);
    let challenge = challenge(&session);
    for one in challenge.importance(0) {
        assert_eq!(one.champion.to_bits(), one.challenger.to_bits());
        assert_eq!(one.moved.to_bits(), 0.0f64.to_bits());
        let (low, high) = one.interval.expect("a thousand rows");
        assert!(low <= 0.0 && high >= 0.0);
    }
    let differences = session.challenger().and_then(|c| c.differences()).expect("compared");
    assert!(differences.flips.as_ref().expect("classes").is_empty());
}

#[test]
fn champion_and_challenger_change_places_and_every_sign_turns() {
    let mut session = credit(OTHER);
    let before = comparison(&session).clone();
    let importance = challenge(&session).importance(0);
    carry_out(&mut session, Command::SwapChallenger);
    assert_eq!(session.problems(), []);
    assert_eq!(session.model().expect("open").card().name, "credit-lightgbm");
    let after = comparison(&session);
    for (first, second) in before.metrics.iter().zip(&after.metrics) {
        assert!((first.difference() + second.difference()).abs() < 1e-15, "{}", first.id);
        let turned = second.interval.map(|(low, high)| (-high, -low));
        assert_eq!(first.interval.is_some(), turned.is_some());
        if let (Some(first), Some(second)) = (first.interval, turned) {
            assert!((first.0 - second.0).abs() < 1e-12 && (first.1 - second.1).abs() < 1e-12);
        }
    }
    let turned = challenge(&session).importance(0);
    for one in &importance {
        let name = &challenge(&session).columns()[one.column].name;
        let other = turned.iter().find(|o| challenge(&session).columns()[o.column].name == *name).expect("same column");
        let (low, high) = (one.interval.expect("rows"), other.interval.expect("rows"));
        assert!((low.0 + high.1).abs() < 1e-12 && (one.moved - other.moved).abs() < 1e-12, "{name}");
    }
}

/// Every pair of a positive and a negative row, counted one by one.
pub fn slow_area(scores: &[f64], truth: &[f64], without: Option<usize>) -> f64 {
    let (mut wins, mut pairs) = (0.0, 0.0);
    for i in (0..truth.len()).filter(|i| truth[*i] > 0.5 && Some(*i) != without) {
        for j in (0..truth.len()).filter(|j| truth[*j] < 0.5 && Some(*j) != without) {
            pairs += 1.0;
            wins += if scores[i] > scores[j] {
                1.0
            } else if scores[i] < scores[j] {
                0.0
            } else {
                0.5
            };
        }
    }
    wins / pairs
}

#[test]
fn the_interval_of_the_area_is_that_of_a_jackknife_over_rows() {
    // 120 rows keep the cubic count short.
    let session = {
        let mut session = Session::new();
        let text = std::fs::read_to_string(sample("credit.csv")).expect("bundled");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("part.csv");
        std::fs::write(&path, text.lines().take(121).collect::<Vec<_>>().join("\n")).expect("written");
        carry_out(&mut session, Command::Open(path));
        let target = session.data().and_then(|d| d.find("default")).expect("the target");
        carry_out(&mut session, Command::SetRole(target, Role::Target));
        carry_out(&mut session, Command::Open(sample(SAME)));
        carry_out(&mut session, Command::OpenChallenger(sample(OTHER)));
        assert_eq!(session.problems(), []);
        session
    };
    let known = session.predictions().expect("predicted");
    let (own, other, truth) = (&known.values, &meeting(&session).predictions, &known.truth);
    let change = |without| slow_area(other, truth, without) - slow_area(own, truth, without);
    let whole = change(None);
    // The two-sample jackknife: rows of each class are left out in turn, the variances add up.
    let variance: f64 = [0.0, 1.0]
        .iter()
        .map(|class| {
            let left: Vec<f64> =
                (0..120).filter(|i| (truth[*i] - class).abs() < 0.5).map(|i| change(Some(i))).collect();
            let n = left.len() as f64;
            let mean = left.iter().sum::<f64>() / n;
            (n - 1.0) / n * left.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        })
        .sum();
    let metric = metric(comparison(&session), "auc");
    assert!((metric.difference() - whole).abs() < 1e-12);
    let (low, high) = metric.interval.expect("both classes are there");
    // 97.5 % of Student's t with 119 degrees of freedom: 1.9801. For a two-sample U-statistic the jackknife over each sample equals DeLong's variance.
    let reach = 1.9801 * variance.sqrt();
    assert!(((high - low) / 2.0 - reach).abs() < 1e-5, "{} and {reach}", (high - low) / 2.0);
    assert!(((high + low) / 2.0 - whole).abs() < 1e-12);
}

#[test]
fn the_interval_of_a_loss_is_a_t_interval_of_paired_losses() {
    let session = credit(OTHER);
    let known = session.predictions().expect("predicted");
    let (own, other, truth) = (&known.values, &meeting(&session).predictions, &known.truth);
    let loss = |id: &str, p: f64, y: f64| match id {
        "brier" => (p - y) * (p - y),
        _ => -(if y > 0.5 { p } else { 1.0 - p }).ln(),
    };
    for id in ["brier", "log-loss"] {
        let gaps: Vec<f64> = (0..1000).map(|i| loss(id, other[i], truth[i]) - loss(id, own[i], truth[i])).collect();
        let mean = gaps.iter().sum::<f64>() / 1000.0;
        let error = (gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / 999.0 / 1000.0).sqrt();
        let (low, high) = metric(comparison(&session), id).interval.expect("a mean");
        // 97.5 % of Student's t with 999 degrees of freedom.
        let reach = 1.962_341 * error;
        assert!((low - (mean - reach)).abs() < 1e-6 && (high - (mean + reach)).abs() < 1e-6, "{id}: {low} {high}");
    }
}

#[test]
fn intervals_of_ratios_are_those_of_leaving_each_row_out() {
    let session = credit(OTHER);
    let known = session.predictions().expect("predicted");
    let (own, other, truth) = (&known.values, &meeting(&session).predictions, &known.truth);
    let count = |of: &[f64], without: Option<usize>| {
        let mut cells = [0.0; 4];
        for i in (0..1000).filter(|i| Some(*i) != without) {
            cells[2 * usize::from(of[i] >= 0.5) + usize::from(truth[i] > 0.5)] += 1.0;
        }
        cells
    };
    let ratio = |id: &str, [_, fneg, fpos, tpos]: [f64; 4]| match id {
        "precision" => tpos / (tpos + fpos),
        "recall" => tpos / (tpos + fneg),
        _ => 2.0 * tpos / (2.0 * tpos + fpos + fneg),
    };
    for id in ["precision", "recall", "f1"] {
        let change = |without| ratio(id, count(other, without)) - ratio(id, count(own, without));
        let left: Vec<f64> = (0..1000).map(|i| change(Some(i))).collect();
        let mean = left.iter().sum::<f64>() / 1000.0;
        let error = (999.0 / 1000.0 * left.iter().map(|v| (v - mean).powi(2)).sum::<f64>()).sqrt();
        let metric = metric(comparison(&session), id);
        assert!((metric.difference() - change(None)).abs() < 1e-12, "{id}");
        let (low, high) = metric.interval.expect("a ratio of means");
        // Linearisation and jackknife agree to the order of one over the number of rows.
        assert!(((high - low) / 2.0 / (1.962_341 * error) - 1.0).abs() < 0.01, "{id}");
    }
}

#[test]
fn models_that_answer_other_questions_are_refused_with_a_reason() {
    for (file, reason) in
        [("models/diamonds-xgboost.ubj", "regression"), ("models/penguins-xgboost.json", "several classes")]
    {
        let mut session = Session::new();
        carry_out(&mut session, Command::OpenSample("credit".to_owned()));
        carry_out(&mut session, Command::OpenChallenger(sample(file)));
        let problem = session.problems().last().expect("it is refused");
        assert_eq!(problem.what, "These two models cannot be compared");
        assert!(problem.place.contains(reason) && !problem.hint.is_empty(), "{problem}");
        let challenger = session.challenger().expect("it stays open to be seen");
        assert!(challenger.meeting().is_none());
        assert_eq!(challenger.problem(), Some(problem));
        carry_out(&mut session, Command::CloseChallenger);
        assert!(session.challenger().is_none());
    }
}

#[test]
fn the_challenger_follows_the_plan_the_champion_and_the_table() {
    let mut session = credit(OTHER);
    let plan = Plan { method: "tree-shap-interventional".to_owned(), background_rows: 20, ..Plan::default() };
    carry_out(&mut session, Command::SetPlan(plan));
    carry_out(&mut session, Command::Explain);
    assert_eq!(session.problems(), []);
    let both = challenge(&session);
    let backgrounds = [both.champion(), both.challenger()].map(|e| e.provenance.background_text.clone());
    assert_eq!(backgrounds[0], backgrounds[1]);
    assert_eq!(both.challenger().provenance.method, "tree-shap-interventional");
    assert!(Arc::ptr_eq(both.champion(), session.attribution().expect("explained")), "nothing is computed twice");
    let first = both.bases(0);
    let known = Arc::clone(both.challenger());
    assert!(session.apply(Command::Explain).is_empty(), "both are known");
    assert!(Arc::ptr_eq(challenge(&session).challenger(), &known));
    // Another target is another comparison.
    let sex = session.data().and_then(|d| d.find("sex")).expect("a column");
    carry_out(&mut session, Command::SetRole(sex, Role::Target));
    assert!(challenge(&session).bases(0) == first, "attributions need no target");
    // A new table drops everything that was computed with the old one.
    let jobs = session.apply(Command::Open(sample("credit.csv")));
    run_all(&mut session, jobs, |_| ());
    assert!(session.challenger().expect("stays open").challenge().is_none());
    assert!(session.challenger().expect("stays open").meeting().is_some(), "it meets the new table");
    carry_out(&mut session, Command::OpenSample("penguins".to_owned()));
    assert!(session.challenger().is_none(), "a sample brings its own model");
}

#[test]
fn news_of_an_older_challenger_come_too_late() {
    let mut session = credit(OTHER);
    let jobs = session.apply(Command::KeepAsChallenger);
    assert_eq!(jobs.len(), 1);
    carry_out(&mut session, Command::CloseChallenger);
    run_all(&mut session, jobs, |_| ());
    assert!(session.challenger().is_none());
    assert_eq!(session.problems(), []);
}

#[test]
fn a_model_trained_here_meets_the_one_kept_before_on_rows_it_has_not_seen() {
    let mut session = credit(SAME);
    carry_out(&mut session, Command::KeepAsChallenger);
    let target = session.data().and_then(|d| d.find("default")).expect("the target");
    let learner = "logistic-regression".to_owned();
    carry_out(&mut session, Command::Train { learner, target, knobs: Vec::new(), seed: Seed(1) });
    carry_out(&mut session, Command::Explain);
    assert_eq!(session.problems(), []);
    let held_out = session.performance().expect("measured").rows;
    assert!(held_out < 500, "{held_out}");
    assert_eq!(comparison(&session).rows, held_out);
    // A linear form and trees are explained by their own exact methods against the same background rows.
    let both = challenge(&session);
    assert_eq!(both.champion().provenance.method, "linear-shap");
    assert_eq!(both.challenger().provenance.method, "tree-shap-interventional");
    assert_eq!(both.champion().provenance.background_text, both.challenger().provenance.background_text);
    let Body::Attribution(attribution) = &both.challenger().body else { panic!("attributions") };
    assert_eq!(attribution.rows[0], RowId(0));
}

#[test]
fn queries_know_the_challenger() {
    let mut session = credit(OTHER);
    carry_out(&mut session, Command::SelectWhere("\"decision flips\" = yes".to_owned()));
    assert_eq!(session.problems(), []);
    let flips = session.challenger().and_then(|c| c.differences()).and_then(|d| d.flips.clone()).expect("compared");
    assert_eq!(session.selection().expect("some flip").len(), flips.len());
    carry_out(&mut session, Command::SelectWhere("\"prediction difference\" > 0.1".to_owned()));
    let (own, other) = (&session.predictions().expect("predicted").values, &meeting(&session).predictions);
    let slow = (0..1000).filter(|i| other[*i] - own[*i] > 0.1).count();
    assert_eq!(session.selection().map_or(0, |s| s.len()), slow);
    carry_out(
        &mut session,
        Command::SelectWhere("\"challenger class\" = yes and \"challenger prediction\" < 0.5".to_owned()),
    );
    let said: Vec<&str> = session.problems().iter().map(|problem| problem.what.as_str()).collect();
    assert_eq!(said, ["No row was found"], "the columns are known, and nobody is in two classes");
}

fn drawn(session: &mut Session, kind: &'static str, row: Option<RowId>) -> Arc<Chart> {
    let request = ChartRequest { kind, row, ..ChartRequest::default() };
    carry_out(session, Command::Draw(request.clone()));
    assert_eq!(session.chart_problem(&request), None);
    session.chart(&request).expect("it was drawn")
}

fn number(cell: &Cell) -> f64 {
    match cell {
        Cell::Number(value) => *value,
        Cell::Text(text) => panic!("{text} is no number"),
    }
}

#[test]
fn charts_of_two_models_show_the_flips_and_what_carries_them() {
    let mut session = credit(OTHER);
    let flips = session.challenger().and_then(|c| c.differences()).and_then(|d| d.flips.clone()).expect("compared");
    let into: Vec<RowId> = flips.iter().filter(|f| f.to == 1).map(|f| f.row).collect();
    // Every flipped row is a dot of its own group.
    let chart = drawn(&mut session, "predictions-compared", None);
    let dots: Vec<&Arc<[RowId]>> =
        chart.marks.iter().filter_map(|m| if let Mark::Points { rows, .. } = m { Some(rows) } else { None }).collect();
    assert_eq!(dots.iter().map(|d| d.len()).sum::<usize>(), 1000);
    let sorted = |rows: &[RowId]| {
        let mut rows = rows.to_vec();
        rows.sort();
        rows
    };
    assert_eq!(sorted(dots[1]), sorted(&into));
    // The lanes of a direction add up to the mean change of the margin.
    let chart = drawn(&mut session, "decision-flips", None);
    let total: f64 = chart.table.rows.iter().map(|row| number(&row[1])).sum();
    let both = challenge(&session);
    let (own, other) = (&both.champion().predictions, &both.challenger().predictions);
    let mean = into.iter().map(|r| other[r.index()] - own[r.index()]).sum::<f64>() / into.len() as f64;
    assert!((total - mean).abs() < 1e-9, "{total} and {mean}");
    // A bar stands for the rows of its direction.
    let query = chart.marks.iter().find_map(|m| match m {
        Mark::Bars { bars, .. } => bars.first().and_then(|b| b.query.clone()),
        _ => None,
    });
    carry_out(&mut session, Command::SelectWhere(query.expect("classes have plain names")));
    assert_eq!(session.problems(), []);
    assert_eq!(session.selection().expect("some rows").len(), into.len());
    // The waterfall of a row ends at the challenger.
    let chart = drawn(&mut session, "difference-waterfall", Some(into[0]));
    let bars = chart.marks.iter().find_map(|m| if let Mark::Bars { bars, .. } = m { Some(bars) } else { None });
    let bars = bars.expect("steps");
    let both = challenge(&session);
    let ends = both.predictions(0, into[0].index());
    assert!((bars[0].from - ends.0).abs() < 1e-12 && (bars[bars.len() - 1].to - ends.1).abs() < 1e-9);
}

#[test]
fn moving_the_threshold_redraws_charts_of_two_models_and_no_others() {
    let mut session = credit(OTHER);
    let (alone, both) = ("importance-bar", "decision-flips");
    let request = |kind| ChartRequest { kind, ..ChartRequest::default() };
    let first = drawn(&mut session, both, None);
    drawn(&mut session, alone, None);
    carry_out(&mut session, Command::SetThreshold(0.3));
    assert!(session.chart(&request(alone)).is_some() && session.chart(&request(both)).is_none());
    assert_ne!(first.notes[0], drawn(&mut session, both, None).notes[0]);
    carry_out(&mut session, Command::CloseChallenger);
    assert!(session.chart(&request(both)).is_none() && session.chart(&request(alone)).is_some());
}
