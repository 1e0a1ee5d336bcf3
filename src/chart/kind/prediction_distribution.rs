//! How predictions spread over the table, by class where the truth is known.

use crate::base::{Entry, Knobs, text};
use crate::data::query;
use crate::model::Scale;
use crate::num::stats;

use crate::chart::alt;
use crate::chart::rows;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, Legend, Mark, Role};

use super::{ChartError, Kind, Needs, PredictionView, Subject};

/// The chart.
pub struct PredictionDistribution;

/// Bins over the range of predictions.
const BINS: usize = 40;

impl Entry for PredictionDistribution {
    fn id(&self) -> &'static str {
        "prediction-distribution"
    }

    fn title(&self) -> &'static str {
        "Distribution of predictions"
    }

    fn summary(&self) -> &'static str {
        "How many rows get which prediction, by actual class where it is known"
    }
}

/// One group of rows with its counts.
struct Group {
    name: String,
    role: Role,
    values: Vec<f64>,
    counts: Vec<usize>,
}

impl Kind for PredictionDistribution {
    fn needs(&self) -> Needs {
        Needs { predictions: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, _knobs: &Knobs) -> Result<Chart, ChartError> {
        let predictions = subject.predictions.ok_or(ChartError::Missing("Predict the table first"))?;
        let output = subject.output;
        if output >= predictions.outputs {
            return Err(ChartError::Missing("The chosen output is not part of the predictions"));
        }
        let values: Vec<f64> = predictions.values.chunks_exact(predictions.outputs).map(|row| row[output]).collect();
        let found = scale::extent(values.iter().copied()).ok_or(ChartError::Missing("No prediction is a number"))?;
        let range = if predictions.scale == Scale::Probability { (0.0, 1.0) } else { scale::padded(found, 0.0) };
        let groups = groups(subject, &predictions, &values, range);
        let most = groups.iter().flat_map(|g| g.counts.iter().copied()).max().unwrap_or(1).max(1);
        let unit = subject.card.map_or("prediction", |card| card.unit(predictions.scale));
        let name = subject.card.and_then(|c| c.outputs.get(output)).map_or("", String::as_str);
        let of = if name.is_empty() { String::new() } else { format!(" of “{name}”") };
        let known = groups.iter().filter(|g| g.role != Role::Accent).map(|g| g.values.len()).sum::<usize>();
        let mut notes = vec![format!("{} in {BINS} bins of equal width.", text::counted(values.len(), "row"))];
        if groups.len() > 1 {
            notes.push(format!(
                "By actual class, one line each; {} without a known class left out.",
                text::counted(values.len() - known, "row")
            ));
        }
        Ok(Chart {
            kind: self.id(),
            title: format!("Distribution of predictions{of}"),
            x: Axis {
                label: format!("prediction ({unit})"),
                range: scale::padded(range, 0.01),
                kind: AxisKind::Linear,
                second: None,
            },
            y: Axis {
                label: "rows per bin".to_owned(),
                range: (0.0, 1.08 * most as f64),
                kind: AxisKind::Linear,
                second: None,
            },
            marks: marks(&groups, range, rows::computed(subject.data, rows::PREDICTION)),
            notes,
            legend: legend(&groups),
            sentence: sentence(&groups),
            alt: paragraph(&groups, &of),
            table: table(&groups, range),
        })
    }
}

fn groups(subject: &Subject<'_>, predictions: &PredictionView<'_>, values: &[f64], range: (f64, f64)) -> Vec<Group> {
    let classes: &[String] = subject.card.map_or(&[], |c| &c.classes);
    let classified = subject.card.is_some_and(|c| c.task.is_classification());
    let mut groups = Vec::new();
    if classified && predictions.truth.len() == values.len() {
        let own = if predictions.outputs == 1 { 1.0 } else { subject.output as f64 };
        let name = |k: f64| classes.get(k as usize).cloned().unwrap_or_else(|| format!("class {k}"));
        let inside = |keep: &dyn Fn(f64) -> bool| -> Vec<f64> {
            let pairs = values.iter().zip(predictions.truth);
            pairs.filter(|(_, t)| !t.is_nan() && keep(**t)).map(|(v, _)| *v).collect()
        };
        let rest = if predictions.outputs == 1 { name(0.0) } else { "other classes".to_owned() };
        groups.push((rest, Role::Group(5), inside(&|t| (t - own).abs() > 0.5)));
        groups.push((name(own), Role::Group(0), inside(&|t| (t - own).abs() < 0.5)));
        groups.retain(|g| !g.2.is_empty());
    }
    if groups.is_empty() {
        groups.push(("all rows".to_owned(), Role::Accent, values.to_vec()));
    }
    groups
        .into_iter()
        .map(|(name, role, values)| {
            let mut counts = vec![0; BINS];
            for v in values.iter().filter(|v| v.is_finite()) {
                counts[bin(range, *v)] += 1;
            }
            Group { name, role, values, counts }
        })
        .collect()
}

/// Left edge of a bin; a bin holds it and not its right one, the last holds both.
fn edge(range: (f64, f64), k: usize) -> f64 {
    if k >= BINS { range.1 } else { range.0 + (range.1 - range.0) * k as f64 / BINS as f64 }
}

fn bin(range: (f64, f64), value: f64) -> usize {
    let near = ((value - range.0) / (range.1 - range.0) * BINS as f64).max(0.0) as usize;
    // Rounding may be off by one at an edge.
    let found = (near.saturating_sub(1)..=near + 1).rev().find(|k| edge(range, *k) <= value);
    found.unwrap_or(0).min(BINS - 1)
}

/// Bars for one group; for several, a stepped line with a faint area each, so that none hides the other.
fn marks(groups: &[Group], range: (f64, f64), name: Option<&str>) -> Vec<Mark> {
    let width = (range.1 - range.0) / BINS as f64;
    if let [only] = groups {
        let bars = only.counts.iter().enumerate().map(|(k, count)| Bar {
            at: edge(range, k) + width / 2.0,
            from: 0.0,
            to: *count as f64,
            thickness: 0.92 * width,
            role: only.role,
            label: String::new(),
            hover: format!(
                "{} to {}: {}",
                text::number(edge(range, k)),
                text::number(edge(range, k + 1)),
                text::counted(*count, "row")
            ),
            whisker: None,
            feature: None,
            pointed: false,
            query: name.map(|name| query::between(name, (edge(range, k), edge(range, k + 1)), k + 1 == BINS)),
        });
        return vec![Mark::Bars { bars: bars.collect(), lying: false }];
    }
    let mut marks = Vec::new();
    for group in groups {
        let edges = group.counts.iter().enumerate().flat_map(|(k, count)| {
            let top = *count as f64;
            [[edge(range, k), 0.0, top], [edge(range, k + 1), 0.0, top]]
        });
        let edges: Vec<[f64; 3]> = edges.collect();
        marks.push(Mark::Line {
            xy: edges.iter().map(|e| [e[0], e[2]]).collect(),
            role: group.role,
            width: 2.0,
            // The first group, the rest, is dashed as well: groups differ by more than colour.
            dashed: group.role == Role::Group(5),
            name: group.name.clone(),
        });
        marks.insert(0, Mark::Band { edges: edges.into(), role: group.role });
    }
    marks
}

fn legend(groups: &[Group]) -> Vec<Legend> {
    if groups.len() < 2 {
        return Vec::new();
    }
    let dashed = |g: &Group| if g.role == Role::Group(5) { ", dashed" } else { "" };
    groups
        .iter()
        .map(|g| {
            Legend::Key(g.role, format!("actually {} ({}{})", g.name, text::counted(g.values.len(), "row"), dashed(g)))
        })
        .collect()
}

fn paragraph(groups: &[Group], of: &str) -> String {
    let parts: Vec<String> = groups
        .iter()
        .map(|g| {
            let sorted = stats::sorted_present(g.values.iter().copied());
            let at = |q| text::number(stats::quantile_sorted(&sorted, q));
            format!(
                "{} ({}): median {}, middle half from {} to {}",
                g.name,
                text::counted(g.values.len(), "row"),
                at(0.5),
                at(0.25),
                at(0.75)
            )
        })
        .collect();
    format!("Histogram of the predictions{of}. {}.", parts.join("; "))
}

fn table(groups: &[Group], range: (f64, f64)) -> crate::chart::ChartTable {
    let names: Vec<&str> = ["from", "to"].into_iter().chain(groups.iter().map(|g| g.name.as_str())).collect();
    let rows = (0..BINS).map(|k| {
        let counts = groups.iter().map(|g| g.counts[k] as f64);
        [edge(range, k), edge(range, k + 1)].into_iter().chain(counts).map(alt::number).collect()
    });
    alt::table(&names, rows.collect())
}

fn sentence(groups: &[Group]) -> String {
    let half = |g: &Group| {
        let sorted = stats::sorted_present(g.values.iter().copied());
        [0.25, 0.75].map(|q| text::number(stats::quantile_sorted(&sorted, q)))
    };
    let parts: Vec<String> = groups
        .iter()
        .map(|g| {
            let [low, high] = half(g);
            let of = if groups.len() > 1 { format!("rows that are {}", g.name) } else { g.name.clone() };
            format!("half of {of} get between {low} and {high}")
        })
        .collect();
    let words = alt::list(&parts);
    format!("Predictions: {words}")
}
