//! One feature against another, every row coloured by what a feature contributes to its prediction.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, Seed, text};
use crate::data::{Column, Values};
use crate::explain::Shape;
use crate::num::stats;

use crate::chart::alt;
use crate::chart::levels::level_name;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark, Paint, Role};
use crate::chart::swarm;
use crate::chart::together::{self, Reading};
use crate::chart::view::{self, View};

use super::pair_surface::pair;
use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct FeatureScatter;

const FIRST: &str = "first";
const SECOND: &str = "second";
const BOTH: &str = "both";
const KNOBS: &[Knob] = &[
    Knob {
        id: "attribution-of",
        label: "Coloured by the contribution of",
        help: "The first feature, the second one, or the sum of both",
        kind: KnobKind::Choice { default: FIRST, of: &[FIRST, SECOND, BOTH] },
    },
    swarm::DOTS,
];

/// Colours from the most lowering to the most raising contribution.
const STEPS: i32 = 5;
/// Levels with a lane of their own at most.
const MOST_LEVELS: usize = 20;

impl Entry for FeatureScatter {
    fn id(&self) -> &'static str {
        "feature-scatter"
    }

    fn title(&self) -> &'static str {
        "Feature against feature"
    }

    fn summary(&self) -> &'static str {
        "Two features against each other, every row coloured by a feature’s contribution"
    }
}

impl Kind for FeatureScatter {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), feature: true, ..Needs::default() }
    }

    fn second_feature(&self) -> Option<&'static str> {
        Some("Against")
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let (pair, chosen) = pair(&view, subject)?;
        let column = |j: usize| {
            view.column(j).ok_or(ChartError::Missing(
                "Open the table behind these contributions; the features’ values are needed",
            ))
        };
        let sides = [Side::new(&view, column(pair[0])?, 0)?, Side::new(&view, column(pair[1])?, 1)?];
        let (of, words) = match knobs.choice("attribution-of") {
            SECOND => (vec![pair[1]], view.name(pair[1]).to_owned()),
            BOTH => (pair.to_vec(), format!("{} and {} together", view.name(pair[0]), view.name(pair[1]))),
            _ => (vec![pair[0]], view.name(pair[0]).to_owned()),
        };
        let values = view.sums(&of);
        let kept = swarm::subset(&[&values], &values, knobs.count(swarm::DOTS.id) as usize, &subject.task())?;
        let sizes = stats::sorted_present(values.iter().map(|v| v.abs()));
        let limit = stats::quantile_sorted(&sizes, 0.95);
        let limit = if limit > 0.0 { limit } else { sizes.last().copied().unwrap_or(0.0) };
        let mut notes = vec![if kept.len() == values.len() {
            swarm::all_shown(kept.len())
        } else {
            format!(
                "{} of {} rows are shown: a fixed subset spread evenly over the contribution, extremes kept.",
                text::count(kept.len()),
                text::count(values.len())
            )
        }];
        notes.push(format!(
            "Colour: contribution of {words} ({}), in full colour from ±{} on, the 95th percentile of its size.",
            view.unit,
            text::number(limit)
        ));
        notes.splice(0..0, together::of_features(subject, &pair, Reading::of(view.explanation)));
        notes.extend(chosen);
        notes.extend(sides.iter().filter_map(|s| s.note.clone()));
        notes.push(view::passport(view.explanation, view.unit));
        let names = pair.map(|j| view.name(j));
        let table = table(&view, names, &sides, &values);
        let sentence = sentence(&view, &sides, (&words, &values));
        let alt = paragraph(names, &view, (&words, &values), &sentence);
        let marks = marks(&view, &sides, (&kept, &values, limit));
        let [x, y] = sides;
        Ok(Chart {
            kind: self.id(),
            title: format!("{} against {}, coloured by the contribution of {words}", names[0], names[1]),
            x: x.axis(names[0]),
            y: y.axis(names[1]),
            marks,
            notes,
            legend: legend(limit),
            sentence,
            alt,
            table,
        })
    }
}

/// Where rows stand along one axis.
struct Side<'a> {
    column: &'a Column,
    at: Vec<f64>,
    range: (f64, f64),
    kind: AxisKind,
    note: Option<String>,
}

impl<'a> Side<'a> {
    fn new(view: &View<'_>, column: &'a Column, side: u64) -> Result<Self, ChartError> {
        let values = &column.values;
        let at: Vec<f64> = view.attribution.rows.iter().map(|r| values.position(r.index())).collect();
        // Places are made for all rows, where charts of cohorts stand beside each other.
        let all: Vec<f64> = view.reference().attribution.rows.iter().map(|r| values.position(r.index())).collect();
        match values {
            Values::Text(_) => Err(ChartError::Missing("Free text has no place on an axis; choose another feature")),
            Values::Category { .. } | Values::YesNo(_) => Ok(Self::lanes(column, at, (&all, side))),
            Values::Number { .. } | Values::Date { .. } => Ok(Self::along(column, at, (&all, side))),
        }
    }

    fn along(column: &'a Column, mut at: Vec<f64>, (all, side): (&[f64], u64)) -> Self {
        let (low, high) = scale::padded(scale::extent(all.iter().copied()).unwrap_or((0.0, 1.0)), 0.03);
        let kind = if matches!(column.values, Values::Date { .. }) { AxisKind::Time } else { AxisKind::Linear };
        let missing = at.iter().filter(|v| !v.is_finite()).count();
        if all.iter().all(|v| v.is_finite()) {
            return Self { column, at, range: (low, high), kind, note: None };
        }
        let span = high - low;
        let mut draws = Seed::default().child("feature-scatter", side);
        for place in at.iter_mut().filter(|v| !v.is_finite()) {
            *place = low + span * (-0.07 + 0.05 * (draws.unit() - 0.5));
        }
        let axis = Axis { label: String::new(), range: (low, high), kind, second: None };
        let mut names = vec![(low - 0.07 * span, text::MISSING.to_owned())];
        names.extend(scale::ticks(&axis, 6).into_iter().filter(|t| t.0 > low + 0.02 * span));
        let note = Some(format!(
            "{} without a value of {} stand in a lane of their own.",
            text::counted(missing, "row"),
            column.name
        ));
        Self { column, at, range: (low - 0.12 * span, high), kind: AxisKind::Names(names), note }
    }

    fn lanes(column: &'a Column, mut at: Vec<f64>, (all, side): (&[f64], u64)) -> Self {
        let mut counts: std::collections::BTreeMap<u64, usize> = std::collections::BTreeMap::new();
        for code in all.iter().filter(|c| !c.is_nan()) {
            *counts.entry(*code as u64).or_default() += 1;
        }
        let mut order: Vec<(u64, usize)> = counts.into_iter().collect();
        order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let named = if order.len() <= MOST_LEVELS { order.len() } else { MOST_LEVELS - 1 };
        let name = |(code, _): &(u64, usize)| text::shorten(&level_name(&column.values, *code), 28);
        let mut names: Vec<String> = order.iter().take(named).map(name).collect();
        if order.len() > named {
            names.push(format!("{} rarer levels", text::count(order.len() - named)));
        }
        if all.iter().any(|c| c.is_nan()) {
            names.push(text::MISSING.to_owned());
        }
        let lane: std::collections::BTreeMap<u64, usize> =
            order.iter().enumerate().map(|(i, (code, _))| (*code, i.min(named))).collect();
        let mut draws = Seed::default().child("feature-scatter", side);
        for place in &mut at {
            let own = if place.is_nan() { None } else { lane.get(&(*place as u64)) };
            *place = own.copied().unwrap_or(names.len() - 1) as f64 + 0.6 * (draws.unit() - 0.5);
        }
        let range = (-0.6, names.len() as f64 - 0.4);
        let names = names.into_iter().enumerate().map(|(i, n)| (i as f64, n)).collect();
        let note = Some(format!("Rows spread at random inside the lanes of {}.", column.name));
        Self { column, at, range, kind: AxisKind::Names(names), note }
    }

    fn axis(self, label: &str) -> Axis {
        Axis { label: label.to_owned(), range: self.range, kind: self.kind, second: None }
    }
}

/// The step of a contribution, from `-STEPS` to `STEPS`.
fn step(value: f64, limit: f64) -> i32 {
    if limit > 0.0 { (f64::from(STEPS) * (value / limit).clamp(-1.0, 1.0)).round() as i32 } else { 0 }
}

/// One mark for each step of colour, the strongest in front.
fn marks(view: &View<'_>, sides: &[Side<'_>; 2], (kept, values, limit): (&[usize], &[f64], f64)) -> Vec<Mark> {
    let mut steps: Vec<i32> = (-STEPS..=STEPS).collect();
    steps.sort_by_key(|s| (s.abs(), *s));
    let radius = if kept.len() > 2_000 { 1.7 } else { 2.4 };
    let mark = |wanted: i32| {
        let inside: Vec<usize> = kept.iter().copied().filter(|&i| step(values[i], limit) == wanted).collect();
        let xy: Vec<[f32; 2]> = inside.iter().map(|&i| [sides[0].at[i] as f32, sides[1].at[i] as f32]).collect();
        let paint = Paint::Role(Role::signed(f64::from(wanted), f64::from(STEPS)));
        let rows = swarm::ids(&view.attribution.rows, &inside).into();
        (!inside.is_empty()).then(|| Mark::Points { xy: xy.into(), paint, rows, radius })
    };
    steps.into_iter().filter_map(mark).collect()
}

fn legend(limit: f64) -> Vec<Legend> {
    let key = |share: f64| Legend::Key(Role::signed(share, 1.0), text::signed(share * limit));
    if limit > 0.0 { [-1.0, -0.4, 0.0, 0.4, 1.0].map(key).to_vec() } else { vec![key(0.0)] }
}

/// Both values in words.
fn at_row(view: &View<'_>, sides: &[Side<'_>; 2], i: usize) -> String {
    let row = view.attribution.rows[i].index();
    let value = |side: &Side<'_>| format!("{} is {}", side.column.name, view::value_text(&side.column.values, row));
    format!("{} and {}", value(&sides[0]), value(&sides[1]))
}

fn sentence(view: &View<'_>, sides: &[Side<'_>; 2], (words, values): (&str, &[f64])) -> String {
    let by = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
    let (Some(low), Some(high)) = ((0..values.len()).min_by(by), (0..values.len()).max_by(by)) else {
        return String::new();
    };
    format!(
        "{words} moves the prediction most upwards, {} {}, where {}, and most downwards, {}, where {}",
        text::signed(values[high]),
        view.unit,
        at_row(view, sides, high),
        text::signed(values[low]),
        at_row(view, sides, low)
    )
}

fn paragraph(names: [&str; 2], view: &View<'_>, (words, values): (&str, &[f64]), sentence: &str) -> String {
    format!(
        "Scatter chart of {} against {}, {}, coloured by the contribution of {words} to {}. {sentence}.",
        names[0],
        names[1],
        text::counted(values.len(), "row"),
        super::output_words(view.output_name())
    )
}

fn table(view: &View<'_>, names: [&str; 2], sides: &[Side<'_>; 2], values: &[f64]) -> ChartTable {
    let rows = view.attribution.rows.iter().zip(values).map(|(row, value)| {
        let own = |side: &Side<'_>| match &side.column.values {
            Values::Number { values, .. } => alt::number(values.get(row.index()).copied().unwrap_or(f64::NAN)),
            other => alt::words(view::value_text(other, row.index())),
        };
        vec![alt::number(f64::from(row.0)), own(&sides[0]), own(&sides[1]), alt::number(*value)]
    });
    alt::table(&["row", names[0], names[1], "contribution"], rows.collect())
}
