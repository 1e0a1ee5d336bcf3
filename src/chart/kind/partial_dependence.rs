//! The mean prediction over the values of one feature, with the curves of single rows behind it.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::{Curves, FeatureCurve, Shape};

use crate::chart::alt;
use crate::chart::places::{BELOW, Places, short};
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark, Paint, Role};
use crate::chart::together::{self, Reading};
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
        let counts: Vec<f64> = curve.counts.iter().map(|count| *count as f64).collect();
        let places = Places { feature: curve.feature, places: &curve.places, counts: &counts };
        let stage = places.stage(subject);
        let mean = curve.mean_of(subject.output);
        let single = if knobs.switch("single-rows") { curves.individual.len() } else { 0 };
        let outputs = curves.outputs.len();
        let line_of = |row: usize| &curve.individual[(row * outputs + subject.output) * mean.len()..][..mean.len()];
        let lines: Vec<&[f64]> = (0..single).map(line_of).collect();
        let seen = |line: &[f64]| stage.spans.iter().map(|span| line[span.place]).collect::<Vec<f64>>();
        let values = lines.iter().flat_map(|line| seen(line)).chain(seen(mean));
        let (low, high) = scale::padded(scale::extent(values).unwrap_or((0.0, 0.0)), 0.06);
        let y_range = (low - BELOW * (high - low), high);
        let mut marks = vec![stage.counts(&counts, y_range)];
        for (line, row) in lines.iter().zip(curves.individual.iter()) {
            marks.push(stage.line(line, (Role::Neutral, 0.8), format!("row {row}")));
        }
        let of_all = format!("mean of {}", text::counted(curves.rows, "row"));
        marks.push(stage.line(mean, (Role::Accent, 2.6), of_all.clone()));
        let points = stage.spans.iter().filter(|span| span.to <= span.from);
        let xy: Vec<[f32; 2]> = points.map(|span| [span.from as f32, mean[span.place] as f32]).collect();
        if !xy.is_empty() {
            marks.push(Mark::Points { xy: xy.into(), paint: Paint::Role(Role::Accent), rows: [].into(), radius: 2.4 });
        }
        let mut legend = vec![Legend::Key(Role::Accent, of_all)];
        if single > 0 {
            legend.push(Legend::Key(Role::Neutral, format!("single rows, {}", text::count(single))));
        }
        let together = together::of_feature(subject, curve.feature, Reading::of(explanation));
        let below = "Below: how many rows hold each value.".to_owned();
        let mut notes: Vec<String> = together.into_iter().chain([below]).collect();
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
            sentence: sentence(curves, curve, subject.output, unit),
            alt: paragraph(curves, curve, subject.output, unit),
            table: table(curve, mean),
        })
    }
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

fn table(curve: &FeatureCurve, mean: &[f64]) -> ChartTable {
    let rows = curve.places.iter().zip(&curve.counts).zip(mean).map(|((place, count), value)| {
        let (low, high) = place.ends();
        let numbers = [low, high, *count as f64, *value].map(alt::number);
        [alt::words(place.words())].into_iter().chain(numbers).collect()
    });
    alt::table(&["value", "low", "high", "rows", "partial dependence"], rows.collect())
}

fn sentence(curves: &Curves, curve: &FeatureCurve, output: usize, unit: &str) -> String {
    let mean = curve.mean_of(output);
    let by = |a: &usize, b: &usize| mean[*a].total_cmp(&mean[*b]);
    let held = || (0..mean.len()).filter(|k| curve.counts[*k] > 0);
    let (Some(low), Some(high)) = (held().min_by(by), held().max_by(by)) else {
        return format!("No row holds a value of {}", curve.name);
    };
    let what = if curves.centred { "change of the mean prediction" } else { "mean prediction" };
    format!(
        "The {what}{} is lowest, {} {unit}, where {} is {}, and highest, {}, where it is {}",
        view::of_output(&curves.outputs[output]),
        text::number(mean[low]),
        curve.name,
        short(&curve.places[low]),
        text::number(mean[high]),
        short(&curve.places[high])
    )
}
