//! Which columns carry the decisions that change from the champion to the challenger.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::model::measure::{Flip, Right};

use crate::chart::alt;
use crate::chart::compared::{self, Compared, Directions};
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, Legend, Mark, Role};

use super::{ChallengerNeed, ChartError, Kind, Needs, Subject};

/// Rows that the challenger adds to the class.
pub(super) const INTO: Role = Role::Group(5);
/// Rows that the challenger takes out of the class.
pub(super) const OUT: Role = Role::Group(0);

/// The chart.
pub struct DecisionFlips;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features are shown; the rest share one bar",
    kind: KnobKind::Count { default: 12, min: 1, max: 200 },
}];

/// One lane: mean change over the rows of each direction.
struct Lane {
    name: String,
    into: f64,
    out: f64,
    feature: Option<usize>,
}

impl Entry for DecisionFlips {
    fn id(&self) -> &'static str {
        "decision-flips"
    }

    fn title(&self) -> &'static str {
        "Decision flips"
    }

    fn summary(&self) -> &'static str {
        "Which features carry the change where the two models decide differently, by direction"
    }
}

impl Kind for DecisionFlips {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { challenger: Some(ChallengerNeed::DecisionsExplained), predictions: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let both = compared::attributions(subject)?;
        let flips = compared::directions(subject)?;
        let explained = |flips: &[Flip]| -> Vec<usize> {
            flips.iter().filter_map(|f| both.challenge.both().0.position(f.row)).collect()
        };
        let (into, out) = (explained(&flips.into), explained(&flips.out));
        let all = lanes(&both, &into, &out);
        let shown = shown(&all, super::split(all.len() - 1, knobs.count("features")));
        let most = shown.iter().flat_map(|l| [l.into, l.out]);
        let range = scale::padded(scale::extent(most.chain([0.0])).unwrap_or((-1.0, 1.0)), 0.16);
        let missing = flips.into.len() + flips.out.len() - into.len() - out.len();
        let named: Vec<(&str, f64)> = all.iter().map(|l| (l.name.as_str(), l.into)).collect();
        let away: Vec<(&str, f64)> = all.iter().map(|l| (l.name.as_str(), l.out)).collect();
        Ok(Chart {
            kind: self.id(),
            title: format!("What carries the flips of “{}”", flips.name),
            x: Axis {
                label: format!("mean change of the contribution ({})", both.unit),
                range: if range.1 > range.0 { range } else { (-1.0, 1.0) },
                kind: AxisKind::Linear,
                second: None,
            },
            y: super::lanes(shown.iter().map(|l| l.name.clone()).collect::<Vec<_>>().into_iter()),
            marks: vec![
                Mark::Rule { at: 0.0, upright: true, role: Role::Reference, label: String::new() },
                Mark::Bars { bars: bars(&both, &shown, &flips), lying: true },
            ],
            notes: notes(&both, &flips, (subject, missing)),
            legend: vec![
                Legend::Key(INTO, format!("flips to “{}” (upper bar)", text::shorten(&flips.name, 24))),
                Legend::Key(OUT, format!("flips {} (lower bar)", text::shorten(&flips.away(), 30))),
            ],
            sentence: format!(
                "Decided differently: {}; towards “{}” most of the change is in {}",
                text::counted(flips.into.len() + flips.out.len(), "row"),
                flips.name,
                alt::top_signed(&largest(named.clone()), 1),
            ),
            alt: format!(
                "Bar chart of what carries the change where two models decide differently, {}. {} to “{}”; on average: {}. \
                 {} {}; on average: {}.",
                compared::who(subject),
                text::counted(flips.into.len(), "flip"),
                flips.name,
                alt::top_signed(&largest(named), 3),
                text::counted(flips.out.len(), "flip"),
                flips.away(),
                alt::top_signed(&largest(away), 3),
            ),
            table: alt::table(
                &["feature", "mean change, flips into the class", "mean change, flips out of the class"],
                all.iter().map(|l| vec![alt::words(&*l.name), alt::number(l.into), alt::number(l.out)]).collect(),
            ),
        })
    }
}

/// `31 flips to “yes”, the challenger is right in 18`.
fn right(flips: &[Flip], direction: &str) -> String {
    let known = flips.iter().filter(|f| f.right() != Right::Unknown).count();
    let rows = format!("{} {direction}", text::counted(flips.len(), "flip"));
    if known == 0 {
        return rows;
    }
    let right = flips.iter().filter(|f| f.right() == Right::Challenger).count();
    format!("{rows}, the challenger is right in {}", text::count(right))
}

/// Every column and, last, the base: with it each direction adds up to the mean change of the prediction.
fn lanes(both: &Compared<'_>, into: &[usize], out: &[usize]) -> Vec<Lane> {
    let (first, second) =
        (both.challenge.mean_difference(both.output, into), both.challenge.mean_difference(both.output, out));
    let mut lanes: Vec<Lane> = first
        .into_iter()
        .zip(second)
        .enumerate()
        .map(|(j, (into, out))| Lane { name: both.name(j).to_owned(), into, out, feature: both.feature(j) })
        .collect();
    let size = |l: &Lane| l.into.abs().max(l.out.abs());
    lanes.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let (own, other) = both.challenge.bases(both.output);
    let base = |rows: &[usize]| if rows.is_empty() { 0.0 } else { other - own };
    lanes.push(Lane { name: "expected prediction".to_owned(), into: base(into), out: base(out), feature: None });
    lanes
}

/// The first lanes, the rest of the columns together, and the base.
fn shown(all: &[Lane], named: usize) -> Vec<Lane> {
    let copy = |l: &Lane| Lane { name: l.name.clone(), ..*l };
    let (columns, base) = all.split_at(all.len() - 1);
    let mut lanes: Vec<Lane> = columns[..named].iter().map(copy).collect();
    let rest = &columns[named..];
    if !rest.is_empty() {
        let name = format!("{} other features (net)", text::count(rest.len()));
        let (into, out) = (rest.iter().map(|l| l.into).sum(), rest.iter().map(|l| l.out).sum());
        lanes.push(Lane { name, into, out, feature: None });
    }
    lanes.extend(base.iter().map(copy));
    lanes
}

fn bars(both: &Compared<'_>, lanes: &[Lane], flips: &Directions) -> Vec<Bar> {
    let bar = |lane: &Lane, at: f64, into: bool| {
        let value = if into { lane.into } else { lane.out };
        let direction = if into { format!("flips to “{}”", flips.name) } else { format!("flips {}", flips.away()) };
        Bar {
            at: at + if into { 0.19 } else { -0.19 },
            from: 0.0,
            to: value,
            thickness: 0.34,
            role: if into { INTO } else { OUT },
            label: text::signed(value),
            hover: format!("{}, {direction}: {} {}", lane.name, text::exact(value), both.unit),
            whisker: None,
            feature: lane.feature,
            pointed: false,
            query: flips.query(into),
        }
    };
    let mut bars = Vec::with_capacity(2 * lanes.len());
    for (i, lane) in lanes.iter().enumerate() {
        let at = (lanes.len() - 1 - i) as f64;
        if !flips.into.is_empty() {
            bars.push(bar(lane, at, true));
        }
        if !flips.out.is_empty() {
            bars.push(bar(lane, at, false));
        }
    }
    bars
}

fn notes(both: &Compared<'_>, flips: &Directions, (subject, missing): (&Subject<'_>, usize)) -> Vec<String> {
    let mut notes = Vec::new();
    if flips.into.is_empty() && flips.out.is_empty() {
        notes.push("No decision changes, so that nothing carries a change.".to_owned());
    }
    let (into, out) = (format!("to “{}”", flips.name), flips.away());
    notes.push(format!("{}; {}.", right(&flips.into, &into), right(&flips.out, &out)));
    notes
        .push(format!("Challenger minus champion, averaged over the rows of a direction; {}.", compared::who(subject)));
    notes.push("The bars of a direction add up to the mean change of the prediction.".to_owned());
    if missing > 0 {
        notes.push(format!("{} not explained are left out of the means.", text::counted(missing, "flipped row")));
    }
    notes.extend(flips.note());
    notes.extend(both.notes());
    notes
}

fn largest(mut named: Vec<(&str, f64)>) -> Vec<(&str, f64)> {
    named.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    named
}
