//! How the contributions of every feature are spread, as outlines of their density.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::Shape;
use crate::num::{parallel, stats};

use crate::chart::alt;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark, Role};
use crate::chart::view::{self, View};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct Violin;

const OWN: &str = "own";
const COMMON: &str = "common";
const KNOBS: &[Knob] = &[
    Knob {
        id: "features",
        label: "Features shown",
        help: "How many features get a lane of their own; the rest share one lane",
        kind: KnobKind::Count { default: 12, min: 1, max: 60 },
    },
    Knob {
        id: "width",
        label: "Widths",
        help: "Own: every violin is as wide as its lane at its densest. Common: one scale, so that areas compare",
        kind: KnobKind::Choice { default: OWN, of: &[OWN, COMMON] },
    },
];

/// Points along an outline.
const POINTS: usize = 160;
/// Half of a lane that a violin fills at most.
const HALF: f64 = 0.42;

impl Entry for Violin {
    fn id(&self) -> &'static str {
        "violin"
    }

    fn title(&self) -> &'static str {
        "Violins"
    }

    fn summary(&self) -> &'static str {
        "How the contributions of every feature are spread over the rows, with median and middle half"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Hintze and Nelson, Violin plots: a box plot–density trace synergism, 1998"]
    }
}

/// The spread of one lane.
struct Lane {
    name: String,
    role: Role,
    /// Smallest, lower quartile, median, upper quartile, largest.
    marks: [f64; 5],
    mean_absolute: f64,
    /// Places and densities; empty where all values are equal.
    outline: Vec<(f64, f64)>,
}

impl Kind for Violin {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let order = view.order();
        let shown = super::split(order.len(), knobs.count("features"));
        let (named, rest) = order.split_at(shown);
        let others: Vec<usize> = rest.iter().map(|r| r.0).collect();
        let count = named.len() + usize::from(!rest.is_empty());
        let lanes = parallel::map(count, &subject.task(), |i| match named.get(i) {
            Some(&(j, _)) => Lane::new(view.name(j).to_owned(), Role::Accent, view.column_values(j).collect()),
            None => {
                let name = format!("sum of {} other features", text::count(others.len()));
                Lane::new(name, Role::Neutral, view.sums(&others))
            }
        })?;
        let ends = lanes.iter().flat_map(|l| [l.marks[0], l.marks[4]]).chain([0.0]);
        let range = scale::padded(scale::extent(ends).unwrap_or((0.0, 0.0)), 0.04);
        let is_common = knobs.choice("width") == COMMON;
        let peak = lanes.iter().map(Lane::peak).fold(0.0, f64::max);
        let mut marks = vec![Mark::Rule { at: 0.0, upright: true, role: Role::Reference, label: String::new() }];
        for (i, lane) in lanes.iter().enumerate() {
            let peak = if is_common { peak } else { lane.peak() };
            marks.extend(lane.drawn((count - 1 - i) as f64, peak));
        }
        Ok(Chart {
            kind: self.id(),
            title: format!("Spread of the contributions{}", view.to_output()),
            x: Axis {
                label: format!("contribution{} ({})", view.to_output(), view.unit),
                range,
                kind: AxisKind::Linear,
                second: None,
            },
            y: super::lanes(lanes.iter().map(|l| l.name.clone())),
            marks,
            notes: notes(&view, is_common, rest.len()),
            legend: vec![Legend::Key(Role::Ink, "median, and the middle half as a thick line".to_owned())],
            sentence: sentence(&view, &lanes),
            alt: paragraph(&view, &lanes),
            table: table(&lanes),
        })
    }
}

impl Lane {
    fn new(name: String, role: Role, values: Vec<f64>) -> Self {
        let absolute: Vec<f64> = values.iter().map(|v| v.abs()).collect();
        let sorted = stats::sorted_present(values.into_iter());
        let marks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|q| stats::quantile_sorted(&sorted, q));
        Self { name, role, marks, mean_absolute: stats::mean(&absolute), outline: outline(&sorted) }
    }

    fn peak(&self) -> f64 {
        self.outline.iter().map(|o| o.1).fold(0.0, f64::max)
    }

    fn drawn(&self, middle: f64, peak: f64) -> Vec<Mark> {
        let high = |density: f64| if peak > 0.0 { HALF * density / peak } else { 0.0 };
        let line = |xy: Vec<[f64; 2]>, role: Role, width: f32| Mark::Line {
            xy: xy.into(),
            role,
            width,
            dashed: false,
            name: String::new(),
        };
        let [low, first, median, third, top] = self.marks;
        let mut marks = Vec::new();
        if self.outline.is_empty() {
            marks.push(line(vec![[low, middle - HALF], [top, middle + HALF]], self.role, 1.4));
        } else {
            let edges = self.outline.iter().map(|(x, d)| [*x, middle - high(*d), middle + high(*d)]);
            marks.push(Mark::Band { edges: edges.collect(), role: self.role });
            let upper = self.outline.iter().map(|(x, d)| [*x, middle + high(*d)]);
            let lower = self.outline.iter().rev().map(|(x, d)| [*x, middle - high(*d)]);
            let first = self.outline.first().map(|(x, d)| [*x, middle + high(*d)]);
            marks.push(line(upper.chain(lower).chain(first).collect(), self.role, 1.4));
        }
        marks.push(line(vec![[first, middle], [third, middle]], Role::Ink, 3.0));
        marks.push(super::single_dot((median, middle), Role::Ink, 3.6));
        marks
    }
}

/// Density along the values: a Gaussian kernel of Silverman's width over fine bins, cut at the smallest and the largest
/// value. Cost O(values + points · bins).
fn outline(sorted: &[f64]) -> Vec<(f64, f64)> {
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    if high - low <= 1e-12 * low.abs().max(high.abs()) {
        return Vec::new();
    }
    let width = bandwidth(sorted, high - low);
    let step = (high - low) / POINTS as f64;
    let mut counts = [0.0; POINTS];
    for value in sorted {
        counts[(((value - low) / step) as usize).min(POINTS - 1)] += 1.0;
    }
    let density = |x: f64| {
        let kernel = |(k, count): (usize, &f64)| {
            let away = (x - low - (k as f64 + 0.5) * step) / width;
            count * libm::exp(-0.5 * away * away)
        };
        counts.iter().enumerate().map(kernel).sum::<f64>() / (sorted.len() as f64 * width * 2.506_628_274_631)
    };
    let at = |k: usize| low + (high - low) * k as f64 / POINTS as f64;
    (0..=POINTS).map(|k| (at(k), density(at(k)))).collect()
}

/// Silverman's rule of thumb, `0.9 · min(s, IQR / 1.34) · n^(−1/5)`, but at least one and a half points wide.
fn bandwidth(sorted: &[f64], span: f64) -> f64 {
    let deviation = stats::variance(sorted).sqrt();
    let middle = stats::quantile_sorted(sorted, 0.75) - stats::quantile_sorted(sorted, 0.25);
    let spread = if middle > 0.0 { deviation.min(middle / 1.34) } else { deviation };
    let rule = 0.9 * spread * libm::pow(sorted.len() as f64, -0.2);
    rule.max(1.5 * span / POINTS as f64)
}

fn notes(view: &View<'_>, is_common: bool, rest: usize) -> Vec<String> {
    let mut notes = vec![if is_common {
        "Widths are on one scale: equal areas hold equally many rows.".to_owned()
    } else {
        "Every violin is as wide as its lane at its densest: compare shapes, not widths.".to_owned()
    }];
    notes.push(
        "Density by a Gaussian kernel (Silverman’s width), cut at the smallest and the largest contribution."
            .to_owned(),
    );
    notes.push(view.order_note("on top"));
    if rest > 0 {
        notes.push("The lowest lane is the signed sum of the other features’ contributions.".to_owned());
    }
    notes.extend(view.notes());
    notes
}

fn sentence(view: &View<'_>, lanes: &[Lane]) -> String {
    let Some(first) = lanes.first() else { return String::new() };
    let widest = lanes.iter().max_by(|a, b| (a.marks[3] - a.marks[1]).total_cmp(&(b.marks[3] - b.marks[1])));
    let spread = widest.filter(|w| w.name != first.name).map_or_else(String::new, |w| {
        format!(
            "; the middle half of {} is the widest, {} to {}",
            w.name,
            text::signed(w.marks[1]),
            text::signed(w.marks[3])
        )
    });
    format!(
        "{} moves the prediction by {} to {} {}, for half of all rows by {} to {}{spread}",
        first.name,
        text::signed(first.marks[0]),
        text::signed(first.marks[4]),
        view.unit,
        text::signed(first.marks[1]),
        text::signed(first.marks[3])
    )
}

fn paragraph(view: &View<'_>, lanes: &[Lane]) -> String {
    let parts: Vec<String> = lanes
        .iter()
        .take(5)
        .map(|l| {
            let [low, first, median, third, high] = l.marks.map(text::signed);
            format!("{} from {low} to {high}, median {median}, middle half {first} to {third}", l.name)
        })
        .collect();
    format!(
        "Violin chart of the contributions of {} to {}, in {}, over {}. {}.",
        text::counted(view.width(), "feature"),
        super::output_words(view.output_name()),
        view.unit,
        text::counted(view.row_count(), "row"),
        parts.join("; ")
    )
}

fn table(lanes: &[Lane]) -> ChartTable {
    let header =
        ["feature", "mean absolute contribution", "smallest", "lower quartile", "median", "upper quartile", "largest"];
    let row = |l: &Lane| {
        let numbers = std::iter::once(l.mean_absolute).chain(l.marks).map(alt::number);
        std::iter::once(alt::words(&l.name)).chain(numbers).collect()
    };
    alt::table(&header, lanes.iter().map(row).collect())
}
