//! `candor compare`: two models on the same rows.

use crate::base::text;
use crate::model::measure::{Comparison, MetricDifference, Right};
use crate::session::{Command, Export, Session};

use super::args::{Common, Compare};
use super::desk::{Desk, Failure};
use super::{explain, print};

/// What needs a second model.
const NEEDED: Option<&str> = Some("candor compare");

/// Writes both models' predictions, the flips and what carries them; says what the metrics say.
pub fn compare(args: &Compare, common: Common) -> Result<(), Failure> {
    let destination = explain::table_destination(&args.out, common)?;
    let mut desk = Desk::of_two(common, args.with.as_deref(), &args.inputs, NEEDED)?;
    explain::open(&mut desk, &args.inputs, &args.how)?;
    if let Some(threshold) = args.threshold {
        desk.carry_out(Command::SetThreshold(threshold))?;
    }
    desk.open_second(args.with.as_deref(), NEEDED)?;
    explain::answer(&mut desk, &args.how)?;
    desk.carry_out(Command::Export(Export::Comparison, destination.path().to_owned()))?;
    explain::warn_of_link(&desk);
    for line in lines(&desk.session) {
        print::say(common, &line);
    }
    print::say(common, &destination.words());
    if common.json && !destination.is_standard() {
        print::put_json(&facts(&desk.session, &destination.words()))?;
    }
    destination.finish()
}

/// The metrics, one a line, and the flips.
fn lines(session: &Session) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(challenger) = session.challenger() else { return lines };
    if let Some(comparison) = challenger.meeting().and_then(|m| m.comparison.as_ref()) {
        lines.push(format!("Measured on {}, challenger minus champion", text::counted(comparison.rows, "row")));
        lines.extend(comparison.metrics.iter().map(metric));
        lines.extend(comparison.notes.iter().cloned());
    }
    if let Some(flips) = challenger.differences().and_then(|d| d.flips.as_ref()) {
        let right = |wanted| flips.iter().filter(|f| f.right() == wanted).count();
        let known = if right(Right::Unknown) == flips.len() {
            String::new()
        } else {
            let (own, other) = (right(Right::Champion), right(Right::Challenger));
            format!(": champion right in {}, challenger in {}", text::count(own), text::count(other))
        };
        lines.push(format!("{} decided differently{known}", text::counted(flips.len(), "row")));
    }
    lines
}

/// `ROC AUC 0.81, 0.83: +0.02 (−0.01–0.05), cannot be told apart`.
fn metric(metric: &MetricDifference) -> String {
    let interval = metric.interval.map_or_else(String::new, |(low, high)| format!(" ({})", text::interval(low, high)));
    format!(
        "{} {}, {}: {}{interval}, {}",
        metric.title,
        text::number(metric.champion),
        text::number(metric.challenger),
        text::signed(metric.difference()),
        metric.verdict().words()
    )
}

fn facts(session: &Session, file: &str) -> serde_json::Value {
    let challenger = session.challenger();
    let comparison: Option<&Comparison> = challenger.and_then(|c| c.meeting()).and_then(|m| m.comparison.as_deref());
    let flips = challenger.and_then(|c| c.differences()).and_then(|d| d.flips.as_ref()).map(|f| f.len());
    serde_json::json!({ "file": file, "flips": flips, "metrics": comparison.map(Comparison::facts) })
}
