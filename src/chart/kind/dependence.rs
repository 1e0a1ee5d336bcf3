//! One feature's contribution against its value.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::data::{Column, Values};
use crate::explain::Shape;

use crate::chart::alt;
use crate::chart::interaction;
use crate::chart::levels;
use crate::chart::scale;
use crate::chart::shade::{self, Coloured};
use crate::chart::spec::{Axis, AxisKind, Chart, Mark, Role};
use crate::chart::swarm::{self, Density, Shade};
use crate::chart::together::{self, Reading};
use crate::chart::view::{self, View};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct Dependence;

const KNOBS: &[Knob] = &[
    Knob {
        id: "suggest-colour",
        label: "Suggest a colour",
        help: "Look for the feature that best explains the vertical spread, unless one is chosen",
        kind: KnobKind::Switch { default: true },
    },
    swarm::DOTS,
];

/// Named category lanes at most; rarer levels share the last one.
const MOST_LEVELS: usize = 20;

impl Entry for Dependence {
    fn id(&self) -> &'static str {
        "dependence"
    }

    fn title(&self) -> &'static str {
        "Dependence of a contribution on its feature"
    }

    fn summary(&self) -> &'static str {
        "One feature’s contribution against its value, row by row; vertical spread shows interactions"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Lundberg et al., From local explanations to global understanding with explainable AI for trees, 2020"]
    }
}

/// Where the rows stand along the horizontal axis.
struct Places {
    x: Vec<f64>,
    range: (f64, f64),
    kind: AxisKind,
    behind: Option<Mark>,
    note: Option<String>,
}

impl Kind for Dependence {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), feature: true, ..Needs::default() }
    }

    fn second_feature(&self) -> Option<&'static str> {
        Some("Colour")
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let feature = subject.feature.ok_or(ChartError::Missing("Choose a feature first"))?;
        if feature >= view.width() {
            return Err(ChartError::Missing("The chosen feature is not part of this explanation"));
        }
        let column = view
            .column(feature)
            .ok_or(ChartError::Missing("Open the table behind these contributions; the feature’s values are needed"))?;
        let task = subject.task();
        let reference = view.reference();
        let contributions: Vec<f64> = view.column_values(feature).collect();
        let (low, high) =
            scale::padded(scale::extent(reference.column_values(feature).chain([0.0])).unwrap_or((0.0, 0.0)), 0.06);
        let kept = swarm::subset(&[&contributions], &contributions, knobs.count(swarm::DOTS.id) as usize, &task)?;
        // Room below for the histogram of the values.
        let y_range = (low - 0.12 * (high - low), high);
        let places = places(&view, column, &contributions, (y_range, (low, high)))?;
        task.check()?;
        let (coloured, by, colour_note) = colours(&view, subject, feature, (&kept, knobs.switch("suggest-colour")));
        task.check()?;
        let sentence = sentence(&view, feature, column, &contributions);
        let alt = paragraph(&view, feature, column, &contributions);
        task.check()?;
        let xy: Vec<[f32; 2]> = kept.iter().map(|&i| [places.x[i] as f32, contributions[i] as f32]).collect();
        let rows = swarm::ids(&view.attribution.rows, &kept);
        let radius = if kept.len() > 2_000 { 1.7 } else { 2.4 };
        let mut marks: Vec<Mark> = places.behind.into_iter().collect();
        marks.push(Mark::Rule { at: 0.0, upright: false, role: Role::Reference, label: String::new() });
        marks.push(Mark::Points { xy: xy.into(), paint: coloured.paint.clone(), rows: rows.into(), radius });
        let name = view.name(feature);
        let mut notes = vec![if kept.len() == contributions.len() {
            swarm::all_shown(kept.len())
        } else {
            format!(
                "{} of {} rows are shown: a fixed subset spread evenly over the contribution, extremes kept.",
                text::count(kept.len()),
                text::count(contributions.len())
            )
        }];
        notes.splice(0..0, together::of_feature(subject, feature, Reading::of(view.explanation)));
        notes.extend(places.note);
        notes.push(colour_note);
        notes.push(view::passport(view.explanation, view.unit));
        Ok(Chart {
            kind: self.id(),
            title: format!("Contribution of {name}{}", view.to_output()),
            x: Axis { label: name.to_owned(), range: places.range, kind: places.kind, second: None },
            y: Axis {
                label: format!("contribution ({})", view.unit),
                range: y_range,
                kind: AxisKind::Linear,
                second: None,
            },
            marks,
            notes,
            legend: by.map_or_else(Vec::new, |k| coloured.legend(&view, k)),
            sentence,
            alt,
            table: table(&view, feature, column, &contributions),
        })
    }
}

/// The colours, the feature that gives them, and the note that says why.
fn colours(
    view: &View<'_>,
    subject: &Subject<'_>,
    feature: usize,
    (kept, suggest): (&[usize], bool),
) -> (Coloured, Option<usize>, String) {
    let by = |k: usize| shade::by_feature(view, k, kept, Shade::Value);
    if let Some(k) = subject.colour.filter(|&k| k < view.width()) {
        return (
            by(k),
            Some(k),
            format!("Colour: {}, as chosen, clipped at its 5th and 95th percentile.", view.name(k)),
        );
    }
    let plain = Coloured::plain(Role::Accent);
    if !suggest {
        return (plain, None, "Dots are not coloured by another feature.".to_owned());
    }
    let Some(found) = interaction::suggest(&view.reference(), feature) else {
        return (plain, None, "No colour is suggested: that takes at least 40 rows and a second feature.".to_owned());
    };
    let detail = format!(
        "{} explains {} of the spread at equal value, p {}, tested on {}",
        view.name(found.feature),
        text::percent(found.share.max(0.0)),
        p_words(found.p),
        text::counted(found.rows, "row")
    );
    if found.convincing {
        let note =
            format!("Colour: suggested by the data; {detail}. Ramps are clipped at the 5th and 95th percentile.");
        (by(found.feature), Some(found.feature), note)
    } else {
        (plain, None, format!("Colour: none is convincing; at best {detail}."))
    }
}

fn p_words(p: f64) -> String {
    if p < 0.001 { text::p_value(p) } else { format!("= {}", text::p_value(p)) }
}

type Ranges = ((f64, f64), (f64, f64));

fn places(view: &View<'_>, column: &Column, y: &[f64], ranges: Ranges) -> Result<Places, ChartError> {
    match &column.values {
        Values::Text(_) => Err(ChartError::Missing("Free text has no place on an axis; choose another feature")),
        Values::Category { .. } | Values::YesNo(_) => Ok(lanes(view, &column.values, y, ranges.1)),
        Values::Number { .. } | Values::Date { .. } => Ok(along(view, &column.values, ranges.0)),
    }
}

/// Numbers and dates: by value, missing ones in a lane of their own on the left, the values' histogram behind.
fn along(view: &View<'_>, values: &Values, y_range: (f64, f64)) -> Places {
    let mut x: Vec<f64> = view.attribution.rows.iter().map(|r| values.position(r.index())).collect();
    let everywhere = || view.reference().attribution.rows.iter().map(|r| values.position(r.index()));
    let (low, high) = scale::padded(scale::extent(everywhere()).unwrap_or((0.0, 1.0)), 0.03);
    let time = matches!(values, Values::Date { .. });
    let kind = if time { AxisKind::Time } else { AxisKind::Linear };
    let behind = histogram(&x, (low, high), y_range);
    if everywhere().all(f64::is_finite) {
        return Places { x, range: (low, high), kind, behind, note: None };
    }
    let missing = x.iter().filter(|v| !v.is_finite()).count();
    let span = high - low;
    let lane = low - 0.07 * span;
    for (i, place) in x.iter_mut().enumerate() {
        if !place.is_finite() {
            // Spread by a fixed sequence (golden ratio), so that dots do not hide each other.
            *place = lane + 0.05 * span * ((i as f64 * 0.618_033_988_749_895).fract() - 0.5);
        }
    }
    let axis = Axis { label: String::new(), range: (low, high), kind, second: None };
    let mut names = vec![(lane, text::MISSING.to_owned())];
    names.extend(scale::ticks(&axis, 6).into_iter().filter(|t| t.0 > low + 0.02 * span));
    let note =
        Some(format!("{} without a value stand in a lane of their own on the left.", text::counted(missing, "row")));
    Places { x, range: (low - 0.12 * span, high), kind: AxisKind::Names(names), behind, note }
}

/// Counts of the values as a faint area along the bottom.
fn histogram(x: &[f64], (low, high): (f64, f64), y_range: (f64, f64)) -> Option<Mark> {
    const BINS: usize = 40;
    let mut counts = [0usize; BINS];
    for v in x.iter().filter(|v| v.is_finite()) {
        let bin = ((v - low) / (high - low) * BINS as f64) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    let most = counts.iter().copied().max().filter(|m| *m > 0)?;
    let height = 0.11 * (y_range.1 - y_range.0);
    let edges: Vec<[f64; 3]> = counts
        .iter()
        .enumerate()
        .flat_map(|(i, count)| {
            let at = |k: usize| low + (high - low) * k as f64 / BINS as f64;
            let top = y_range.0 + height * *count as f64 / most as f64;
            [[at(i), y_range.0, top], [at(i + 1), y_range.0, top]]
        })
        .collect();
    Some(Mark::Band { edges: edges.into(), role: Role::Ink })
}

/// Categories: one lane per level, most frequent first, missing last; dots spread sideways by density.
fn lanes(view: &View<'_>, values: &Values, y: &[f64], range: (f64, f64)) -> Places {
    let rows = &view.attribution.rows;
    let codes: Vec<f64> = rows.iter().map(|r| values.position(r.index())).collect();
    let mut counts: std::collections::BTreeMap<u64, usize> = std::collections::BTreeMap::new();
    let everywhere = || view.reference().attribution.rows.iter().map(|r| values.position(r.index()));
    for code in everywhere().filter(|c| !c.is_nan()) {
        *counts.entry(code as u64).or_default() += 1;
    }
    let mut order: Vec<(u64, usize)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let named = if order.len() <= MOST_LEVELS { order.len() } else { MOST_LEVELS - 1 };
    let mut names: Vec<String> = order.iter().take(named).map(|(code, _)| levels::level_name(values, *code)).collect();
    if order.len() > named {
        names.push(format!("{} rarer levels", text::count(order.len() - named)));
    }
    if everywhere().any(f64::is_nan) {
        names.push(text::MISSING.to_owned());
    }
    let lane_of: std::collections::BTreeMap<u64, usize> =
        order.iter().enumerate().map(|(i, (code, _))| (*code, i.min(named))).collect();
    let lane = |code: f64| {
        if code.is_nan() { names.len() - 1 } else { lane_of.get(&(code as u64)).copied().unwrap_or(names.len() - 1) }
    };
    let lanes: Vec<usize> = codes.iter().map(|c| lane(*c)).collect();
    let mut x = vec![0.0; codes.len()];
    let members: Vec<Vec<usize>> =
        (0..names.len()).map(|l| (0..x.len()).filter(|&i| lanes[i] == l).collect()).collect();
    let densities: Vec<Density> = members.iter().map(|m| Density::new(m.iter().map(|&i| y[i]), range)).collect();
    let peak = densities.iter().map(Density::peak).fold(1.0, f64::max);
    for (l, inside) in members.iter().enumerate() {
        let values: Vec<f64> = inside.iter().map(|&i| y[i]).collect();
        for (&i, offset) in inside.iter().zip(swarm::offsets(&values, &densities[l], peak, l as u64)) {
            x[i] = l as f64 + 0.9 * offset;
        }
    }
    let note = Some("Levels from left to right by frequency; dots spread sideways where many rows lie.".to_owned());
    let range = (-0.6, names.len() as f64 - 0.4);
    let names = names.into_iter().enumerate().map(|(i, n)| (i as f64, n)).collect();
    Places { x, range, kind: AxisKind::Names(names), behind: None, note }
}

fn paragraph(view: &View<'_>, feature: usize, column: &Column, y: &[f64]) -> String {
    let (low, high) = scale::extent(y.iter().copied()).unwrap_or((0.0, 0.0));
    let x: Vec<f64> = view.attribution.rows.iter().map(|r| column.values.position(r.index())).collect();
    let rises = crate::num::stats::correlation(
        &crate::num::stats::ranks(&present(&x, &x)),
        &crate::num::stats::ranks(&present(y, &x)),
    );
    let direction = match &column.values {
        Values::Number { .. } | Values::Date { .. } => {
            format!(" Rank correlation of value and contribution: {}.", text::number(rises))
        }
        _ => String::new(),
    };
    let missing = x.iter().filter(|v| v.is_nan()).count();
    format!(
        "Scatter chart of the contribution of {} to {} against its value, {}. Contributions run from {} to {} {}.{} {} \
         without a value.",
        view.name(feature),
        super::output_words(view.output_name()),
        text::counted(y.len(), "row"),
        text::signed(low),
        text::signed(high),
        view.unit,
        direction,
        text::counted(missing, "row"),
    )
}

/// The entries of `values` where `x` is present.
fn present(values: &[f64], x: &[f64]) -> Vec<f64> {
    values.iter().zip(x).filter(|(_, x)| x.is_finite()).map(|(v, _)| *v).collect()
}

fn table(view: &View<'_>, feature: usize, column: &Column, y: &[f64]) -> crate::chart::ChartTable {
    let rows = view.attribution.rows.iter().zip(y).map(|(row, value)| {
        let own = match &column.values {
            Values::Number { values, .. } => alt::number(values.get(row.index()).copied().unwrap_or(f64::NAN)),
            other => alt::words(view::value_text(other, row.index())),
        };
        vec![alt::number(f64::from(row.0)), own, alt::number(*value)]
    });
    alt::table(&["row", view.name(feature), "contribution"], rows.collect())
}

fn sentence(view: &View<'_>, feature: usize, column: &Column, y: &[f64]) -> String {
    let name = view.name(feature);
    let sorted = crate::num::stats::sorted_present(y.iter().copied());
    let at = |q| text::signed(crate::num::stats::quantile_sorted(&sorted, q));
    let half = format!("half of all rows lie between {} and {}", at(0.25), at(0.75));
    let (low, high) = (at(0.0), at(1.0));
    let unit = view.unit;
    let x: Vec<f64> = view.attribution.rows.iter().map(|r| column.values.position(r.index())).collect();
    let is_ordered = matches!(column.values, Values::Number { .. } | Values::Date { .. });
    let ranks = |v: &[f64]| crate::num::stats::ranks(&present(v, &x));
    let rises = if is_ordered { crate::num::stats::correlation(&ranks(&x), &ranks(y)) } else { 0.0 };
    match rises {
        r if r > 0.5 => format!("Higher {name} raises the prediction, by up to {high} {unit}; {half}"),
        r if r < -0.5 => format!("Higher {name} lowers the prediction, by as much as {low} {unit}; {half}"),
        _ => format!("{name} moves the prediction by {low} to {high} {unit}; {half}"),
    }
}
