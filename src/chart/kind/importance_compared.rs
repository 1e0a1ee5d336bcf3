//! Mean absolute contribution per column of two models, side by side.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::ColumnImportance;

use crate::chart::alt;
use crate::chart::compared::{self, Compared};
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, Legend, Mark, Role};

use super::{ChallengerNeed, ChartError, Kind, Needs, Subject};

/// The chart.
pub struct ImportanceCompared;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features are shown; the table holds all of them",
    kind: KnobKind::Count { default: 15, min: 1, max: 200 },
}];

impl Entry for ImportanceCompared {
    fn id(&self) -> &'static str {
        "importance-compared"
    }

    fn title(&self) -> &'static str {
        "Importance compared"
    }

    fn summary(&self) -> &'static str {
        "Mean absolute contribution of every feature in two models, and whether the difference is more than noise"
    }
}

impl Kind for ImportanceCompared {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { challenger: Some(ChallengerNeed::Attributions), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let both = compared::attributions(subject)?;
        let mut order = both.challenge.importance(both.output);
        let size = |one: &ColumnImportance| one.champion.max(one.challenger);
        order.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.column.cmp(&b.column)));
        let shown = super::split(order.len(), knobs.count("features"));
        let largest = order.iter().map(size).fold(0.0, f64::max);
        let mut notes = vec![format!("Order: the larger of the two bars first; {}.", compared::who(subject))];
        if shown < order.len() {
            notes.push(format!("{} less important features are only in the table.", text::count(order.len() - shown)));
        }
        notes.push("Beside the bars: champion → challenger (difference).".to_owned());
        notes.push("≈ marks a difference whose 95 % interval over the explained rows holds 0.".to_owned());
        notes.push(format!("{} explained.", text::counted(both.challenge.rows().len(), "row")));
        notes.extend(both.notes());
        let named: Vec<(&str, f64)> =
            order.iter().take(5).map(|one| (both.name(one.column), one.challenger - one.champion)).collect();
        Ok(Chart {
            kind: self.id(),
            title: format!("Mean |contribution|{}, two models", both.to_output()),
            x: Axis {
                label: format!("mean |contribution| ({})", both.unit),
                range: (0.0, if largest > 0.0 { 1.42 * largest } else { 1.0 }),
                kind: AxisKind::Linear,
                second: None,
            },
            y: super::lanes(
                order[..shown].iter().map(|one| both.name(one.column).to_owned()).collect::<Vec<_>>().into_iter(),
            ),
            marks: vec![Mark::Bars { bars: bars(&both, &order[..shown]), lying: true }],
            notes,
            legend: vec![
                Legend::Key(Role::Neutral, "champion (upper bar)".to_owned()),
                Legend::Key(Role::Accent, "challenger (lower bar)".to_owned()),
            ],
            sentence: format!("Challenger minus champion is largest for {}", alt::top_signed(&named, 1)),
            alt: format!(
                "Bar chart of the mean absolute contribution of {} in two models, {}, in {}, over {}. Challenger minus \
                 champion: {}.",
                text::counted(order.len(), "feature"),
                compared::who(subject),
                both.unit,
                text::counted(both.challenge.rows().len(), "row"),
                alt::top_signed(&named, 5),
            ),
            table: table(&both, &order),
        })
    }
}

/// Whether an interval leaves 0 out.
fn differs(one: &ColumnImportance) -> bool {
    one.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
}

fn bars(both: &Compared<'_>, shown: &[ColumnImportance]) -> Vec<Bar> {
    let bar = |lane: f64, one: &ColumnImportance, is_challenger: bool| {
        let value = if is_challenger { one.challenger } else { one.champion };
        let change = one.challenger - one.champion;
        let change_text = if differs(one) { text::signed(change) } else { "≈".to_owned() };
        let interval =
            one.interval.map_or_else(String::new, |(low, high)| format!(", 95 % {}", text::interval(low, high)));
        Bar {
            at: lane + if is_challenger { -0.19 } else { 0.19 },
            from: 0.0,
            to: value,
            thickness: 0.34,
            role: if is_challenger { Role::Accent } else { Role::Neutral },
            // One text for both, beside the longer bar, so that it covers neither.
            label: if is_challenger == (one.challenger >= one.champion) {
                format!("{} → {} ({change_text})", text::number(one.champion), text::number(one.challenger))
            } else {
                String::new()
            },
            hover: format!(
                "{}, {}: {} {}\nchallenger minus champion {}{interval}\nmean absolute change in a row {}",
                both.name(one.column),
                if is_challenger { "challenger" } else { "champion" },
                text::exact(value),
                both.unit,
                text::signed(change),
                text::number(one.moved),
            ),
            whisker: None,
            feature: both.feature(one.column),
            pointed: false,
            query: None,
        }
    };
    let lanes = shown.iter().enumerate().map(|(i, one)| ((shown.len() - 1 - i) as f64, one));
    lanes.flat_map(|(lane, one)| [bar(lane, one, false), bar(lane, one, true)]).collect()
}

fn table(both: &Compared<'_>, order: &[ColumnImportance]) -> crate::chart::ChartTable {
    let header = ["feature", "champion", "challenger", "difference", "low", "high", "mean absolute change"];
    let row = |one: &ColumnImportance| {
        let (low, high) = one.interval.unwrap_or((f64::NAN, f64::NAN));
        let numbers = [one.champion, one.challenger, one.challenger - one.champion, low, high, one.moved];
        std::iter::once(alt::words(both.name(one.column))).chain(numbers.map(alt::number)).collect()
    };
    alt::table(&header, order.iter().map(row).collect())
}
