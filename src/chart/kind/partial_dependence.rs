//! The mean prediction over the values of one feature, with the curves of single rows behind it.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::{Curves, FeatureCurve, Place, Shape};

use crate::chart::alt;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark, Paint, Role};
use crate::chart::view;

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct PartialDependence;

const KNOBS: &[Knob] = &[Knob {
    id: "single-rows",
    label: "Single rows",
    help: "Show the curves of the single rows that the answer holds",
    kind: KnobKind::Switch { default: true },
}];

/// Named lanes at most; of more, those with the most rows are shown.
const MOST_LANES: usize = 20;
/// Bars of the histogram below.
const BINS: usize = 40;
/// Height of the histogram, as a share of the drawing.
const BELOW: f64 = 0.12;

impl Entry for PartialDependence {
    fn id(&self) -> &'static str {
        "partial-dependence"
    }

    fn title(&self) -> &'static str {
        "Partial dependence"
    }

    fn summary(&self) -> &'static str {
        "The mean prediction when all rows take the same value of one feature, for each of its values"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Friedman, Greedy function approximation: a gradient boosting machine, 2001",
            "Goldstein et al., Peeking inside the black box: individual conditional expectation, 2015",
        ]
    }
}

/// Where one place of a curve stands.
struct Span {
    /// Its index.
    place: usize,
    from: f64,
    /// Equal to `from` for a single value.
    to: f64,
    /// Whether it is a lane with a name of its own.
    is_lane: bool,
}

/// Where the shown places of a curve stand.
struct Stage {
    spans: Vec<Span>,
    range: (f64, f64),
    kind: AxisKind,
    note: Option<String>,
}

impl Kind for PartialDependence {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Curves), feature: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let (explanation, curves, curve) = view::curve(subject)?;
        let unit = view::unit(subject, curves.scale);
        let to = view::of_output(&curves.outputs[subject.output]);
        let stage = stage(subject, curve);
        let mean = curve.mean_of(subject.output);
        let single = if knobs.switch("single-rows") { curves.individual.len() } else { 0 };
        let outputs = curves.outputs.len();
        let line_of = |row: usize| &curve.individual[(row * outputs + subject.output) * mean.len()..][..mean.len()];
        let lines: Vec<&[f64]> = (0..single).map(line_of).collect();
        let seen = |line: &[f64]| stage.spans.iter().map(|span| line[span.place]).collect::<Vec<f64>>();
        let values = lines.iter().flat_map(|line| seen(line)).chain(seen(mean));
        let (low, high) = scale::padded(scale::extent(values).unwrap_or((0.0, 0.0)), 0.06);
        let y_range = (low - BELOW * (high - low), high);
        let mut marks = vec![counts(curve, &stage, y_range)];
        for (line, row) in lines.iter().zip(curves.individual.iter()) {
            marks.push(drawn(line, &stage, (Role::Neutral, 0.8), format!("row {row}")));
        }
        let of_all = format!("mean of {}", text::counted(curves.rows, "row"));
        marks.push(drawn(mean, &stage, (Role::Accent, 2.6), of_all.clone()));
        let points = stage.spans.iter().filter(|span| span.to <= span.from);
        let xy: Vec<[f32; 2]> = points.map(|span| [span.from as f32, mean[span.place] as f32]).collect();
        if !xy.is_empty() {
            marks.push(Mark::Points { xy: xy.into(), paint: Paint::Role(Role::Accent), rows: [].into(), radius: 2.4 });
        }
        let mut legend = vec![Legend::Key(Role::Accent, of_all)];
        if single > 0 {
            legend.push(Legend::Key(Role::Neutral, format!("single rows, {}", text::count(single))));
        }
        let mut notes = vec!["Below: how many rows hold each value.".to_owned()];
        notes.extend(stage.note.clone());
        notes.extend(explanation.provenance.notes.iter().map(|note| format!("{note}.")));
        notes.push(view::passport(explanation, unit));
        let label = if curves.centred { "change of the prediction" } else { "prediction" };
        Ok(Chart {
            kind: self.id(),
            title: format!("Partial dependence{to} on {}", curve.name),
            x: Axis { label: curve.name.clone(), range: stage.range, kind: stage.kind.clone(), second: None },
            y: Axis { label: format!("{label} ({unit})"), range: y_range, kind: AxisKind::Linear, second: None },
            marks,
            notes,
            legend,
            alt: paragraph(curves, curve, subject.output, unit),
            table: table(curve, mean),
        })
    }
}

fn stage(subject: &Subject<'_>, curve: &FeatureCurve) -> Stage {
    if curve.places.iter().any(|place| matches!(place, Place::Category(_))) {
        lanes(curve)
    } else {
        along(subject, curve)
    }
}

/// Places with names: one lane each, in their own order; of many, those with the most rows.
fn lanes(curve: &FeatureCurve) -> Stage {
    // A missing value that no row has tells nothing.
    let is_held = |k: &usize| curve.places[*k] != Place::Missing || curve.counts[*k] > 0;
    let mut order: Vec<usize> = (0..curve.places.len()).filter(is_held).collect();
    let mut note = None;
    if order.len() > MOST_LANES {
        order.sort_by(|a, b| curve.counts[*b].cmp(&curve.counts[*a]).then(a.cmp(b)));
        let hidden = order.split_off(MOST_LANES).len();
        order.sort_unstable();
        note = Some(format!("{} with the fewest rows are not shown.", text::counted(hidden, "value")));
    }
    let span = |(lane, place): (usize, &usize)| Span {
        place: *place,
        from: lane as f64 - 0.36,
        to: lane as f64 + 0.36,
        is_lane: true,
    };
    let spans = order.iter().enumerate().map(span).collect();
    let names = order.iter().enumerate().map(|(lane, k)| (lane as f64, curve.places[*k].words())).collect();
    Stage { spans, range: (-0.6, order.len() as f64 - 0.4), kind: AxisKind::Names(names), note }
}

/// Numbers: by value, as far as the table's values reach; the missing value in a lane of its own on the left.
fn along(subject: &Subject<'_>, curve: &FeatureCurve) -> Stage {
    let ends = curve.places.iter().flat_map(|place| <[f64; 2]>::from(place.ends()));
    let known = scale::extent(ends).unwrap_or((0.0, 1.0));
    let (low, high) = scale::padded(held(subject, curve.feature).unwrap_or(known), 0.02);
    let mut spans: Vec<Span> = Vec::new();
    let mut missing = None;
    for (k, place) in curve.places.iter().enumerate() {
        let plain = |from: f64, to: f64| Span { place: k, from, to, is_lane: false };
        match place {
            Place::At(value) => spans.push(plain(*value, *value)),
            Place::Between(from, to) if *to >= low && *from <= high => spans.push(plain(from.max(low), to.min(high))),
            Place::Missing if curve.counts[k] > 0 => missing = Some(k),
            Place::Between(..) | Place::Missing | Place::Category(_) => {}
        }
    }
    let Some(place) = missing else { return Stage { spans, range: (low, high), kind: AxisKind::Linear, note: None } };
    let span = high - low;
    let middle = low - 0.07 * span;
    spans.insert(0, Span { place, from: middle - 0.025 * span, to: middle + 0.025 * span, is_lane: true });
    let axis = Axis { label: String::new(), range: (low, high), kind: AxisKind::Linear, second: None };
    let mut names = vec![(middle, text::MISSING.to_owned())];
    names.extend(scale::ticks(&axis, 6).into_iter().filter(|tick| tick.0 > low + 0.02 * span));
    let note = Some("Rows without a value stand in a lane of their own on the left.".to_owned());
    Stage { spans, range: (low - 0.12 * span, high), kind: AxisKind::Names(names), note }
}

/// Smallest and largest value of the table's column behind a feature.
fn held(subject: &Subject<'_>, feature: usize) -> Option<(f64, f64)> {
    let column = subject.data?.columns().get(*subject.link?.columns.get(feature)?)?;
    scale::extent((0..column.values.len()).map(|i| column.values.position(i)))
}

/// One curve: level over each span and upright between neighbours; broken where spans do not touch, except between points.
fn drawn(line: &[f64], stage: &Stage, (role, width): (Role, f32), name: String) -> Mark {
    let mut xy: Vec<[f64; 2]> = Vec::with_capacity(2 * stage.spans.len());
    let mut last: Option<&Span> = None;
    for span in &stage.spans {
        // Neighbouring spans meet in the same number; points are joined because nothing is known between them.
        if last.is_some_and(|last| last.is_lane || span.is_lane) {
            xy.push([f64::NAN; 2]);
        }
        xy.push([span.from, line[span.place]]);
        if span.to > span.from {
            xy.push([span.to, line[span.place]]);
        }
        last = Some(span);
    }
    Mark::Line { xy: xy.into(), role, width, dashed: false, name }
}

/// How many rows hold each value, as a faint area along the bottom: in equal bins of numbers, in the lanes of names.
fn counts(curve: &FeatureCurve, stage: &Stage, (bottom, top): (f64, f64)) -> Mark {
    let rows = |span: &Span| curve.counts[span.place] as f64;
    let (lanes, numbers): (Vec<&Span>, Vec<&Span>) = stage.spans.iter().partition(|span| span.is_lane);
    let mut boxes: Vec<(f64, f64, f64)> = lanes.into_iter().map(|span| (span.from, span.to, rows(span))).collect();
    if let Some((low, high)) = scale::extent(numbers.iter().flat_map(|span| [span.from, span.to])) {
        let width = (high - low).max(f64::MIN_POSITIVE) / BINS as f64;
        let bin = |x: f64| (((x - low) / width) as usize).min(BINS - 1);
        let mut bins = [0.0; BINS];
        for span in numbers {
            let (first, last) = (bin(span.from), bin(span.to));
            // Where in its span a row stands is not known: it counts evenly.
            for (i, sum) in bins.iter_mut().enumerate().take(last + 1).skip(first) {
                let (left, right) = (low + i as f64 * width, low + (i + 1) as f64 * width);
                let inside = (span.to.min(right) - span.from.max(left)) / (span.to - span.from);
                *sum += rows(span) * if first == last { 1.0 } else { inside.clamp(0.0, 1.0) };
            }
        }
        boxes.extend(bins.iter().enumerate().map(|(i, n)| (low + i as f64 * width, low + (i + 1) as f64 * width, *n)));
    }
    let most = boxes.iter().fold(0.0f64, |most, b| most.max(b.2)).max(1.0);
    let height = 0.9 * BELOW / (1.0 + BELOW) * (top - bottom);
    let edges = boxes.iter().flat_map(|(from, to, count)| {
        let tall = bottom + height * count / most;
        [[*from, bottom, tall], [*to, bottom, tall], [f64::NAN; 3]]
    });
    Mark::Band { edges: edges.collect(), role: Role::Ink }
}

fn paragraph(curves: &Curves, curve: &FeatureCurve, output: usize, unit: &str) -> String {
    let mean = curve.mean_of(output);
    let held = |k: &usize| curve.counts[*k] > 0;
    let by = |a: &usize, b: &usize| mean[*a].total_cmp(&mean[*b]);
    let at = |k: Option<usize>| match k {
        Some(k) => format!("{} where {} is {}", text::number(mean[k]), curve.name, short(&curve.places[k])),
        None => text::MISSING.to_owned(),
    };
    format!(
        "Line chart of the mean prediction{} in {unit} as {} takes each of {} in all of {}. Lowest: {}. Highest: {}.",
        view::of_output(&curves.outputs[output]),
        curve.name,
        text::counted(curve.places.len(), "value"),
        text::counted(curves.rows, "row"),
        at((0..mean.len()).filter(held).min_by(by)),
        at((0..mean.len()).filter(held).max_by(by)),
    )
}

/// A place in words, numbers with four digits.
fn short(place: &Place) -> String {
    let number = |x: f64| text::significant(x, 4);
    match place {
        Place::Between(low, high) if low.is_infinite() && high.is_infinite() => "anything".to_owned(),
        Place::Between(low, high) if low.is_infinite() => format!("at most about {}", number(*high)),
        Place::Between(low, high) if high.is_infinite() => format!("at least about {}", number(*low)),
        Place::Between(low, high) => format!("{} to {}", number(*low), number(*high)),
        Place::At(value) => number(*value),
        Place::Missing | Place::Category(_) => place.words(),
    }
}

fn table(curve: &FeatureCurve, mean: &[f64]) -> ChartTable {
    let rows = curve.places.iter().zip(&curve.counts).zip(mean).map(|((place, count), value)| {
        let (low, high) = place.ends();
        let numbers = [low, high, *count as f64, *value].map(alt::number);
        [alt::words(place.words())].into_iter().chain(numbers).collect()
    });
    alt::table(&["value", "low", "high", "rows", "partial dependence"], rows.collect())
}
