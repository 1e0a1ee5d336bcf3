//! Rows by features, similar rows side by side, with their predictions above.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::explain::Shape;
use crate::num::stats;

use crate::chart::alt;
use crate::chart::cluster;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark, Paint, Role};
use crate::chart::swarm;
use crate::chart::view::{self, View};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct ExplanationHeatmap;

const KNOBS: &[Knob] = &[
    Knob {
        id: "features",
        label: "Features shown",
        help: "How many features get a line of their own; the rest share the lowest one",
        kind: KnobKind::Count { default: 12, min: 1, max: 60 },
    },
    Knob {
        id: "rows",
        label: "Rows shown",
        help: "More rows than this are shown by a subset spread evenly over the predictions; the chart says so",
        kind: KnobKind::Count { default: 200, min: 2, max: 1_000 },
    },
];

impl Entry for ExplanationHeatmap {
    fn id(&self) -> &'static str {
        "explanation-heatmap"
    }

    fn title(&self) -> &'static str {
        "Heatmap of explanations"
    }

    fn summary(&self) -> &'static str {
        "The contributions of many rows at once, similar rows side by side, with their predictions above"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["shap, plots.heatmap; Müllner, Modern hierarchical, agglomerative clustering algorithms, 2011"]
    }
}

impl Kind for ExplanationHeatmap {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let task = subject.task();
        let order = view.order();
        let shown = super::split(order.len(), knobs.count("features"));
        let all: Vec<usize> = (0..view.width()).collect();
        let finals: Vec<f64> = view.sums(&all).into_iter().map(|sum| view.base() + sum).collect();
        let budget = usize::try_from(knobs.count("rows")).unwrap_or(usize::MAX);
        let kept = swarm::subset(&[&finals], &finals, budget, &task)?;
        let width = view.width();
        let vectors: Vec<Vec<f64>> = kept.iter().map(|&k| view.values()[k * width..(k + 1) * width].to_vec()).collect();
        let heights: Vec<f64> = kept.iter().map(|&k| finals[k]).collect();
        let sorted = cluster::order(&vectors, &heights, &task)?;
        let rows: Vec<usize> = sorted.iter().map(|&i| kept[i]).collect();
        let map = Map::new(&view, &order, shown, (rows, &finals));
        let (cells, rings) = map.marks(&view);
        let lanes = map.lanes.len() as f64;
        let mut names: Vec<(f64, String)> =
            map.lanes.iter().enumerate().map(|(i, l)| (lanes - 1.0 - i as f64, l.0.clone())).rev().collect();
        names.push((lanes, "prediction".to_owned()));
        let mut legend = vec![Legend::Ramp(
            format!("contribution ({})", view.unit),
            text::signed(-map.limit),
            text::signed(map.limit),
        )];
        if map.missing > 0 {
            legend.push(Legend::Key(Role::Missing, "value missing (hollow)".to_owned()));
        }
        Ok(Chart {
            kind: self.id(),
            title: format!("Contributions{} of similar rows, side by side", view.to_output()),
            x: Axis {
                label: "rows, similar ones side by side".to_owned(),
                range: (-0.5, map.rows.len() as f64 - 0.5),
                kind: AxisKind::Linear,
                second: None,
            },
            y: Axis { label: String::new(), range: (-0.5, lanes + 0.55), kind: AxisKind::Names(names), second: None },
            marks: [cells, map.curve(lanes)].into_iter().chain(rings).collect(),
            notes: map.notes(&view, order.len() - shown),
            legend,
            sentence: map.sentence(&view),
            alt: map.paragraph(&view, &view.own_order()),
            table: map.table(&view),
        })
    }
}

/// What is drawn: lanes of features, positions of rows in their order, and the colour limit.
struct Map<'a> {
    lanes: Vec<(String, Vec<usize>)>,
    rows: Vec<usize>,
    finals: &'a [f64],
    /// 99th percentile of the absolute contributions shown; larger ones have the colour of it.
    limit: f64,
    clipped: usize,
    missing: usize,
    /// Contribution of each lane in each row, lanes first.
    values: Vec<Vec<f64>>,
}

impl<'a> Map<'a> {
    fn new(view: &View<'_>, order: &[(usize, f64)], shown: usize, (rows, finals): (Vec<usize>, &'a [f64])) -> Self {
        let (named, rest) = order.split_at(shown);
        let mut lanes: Vec<(String, Vec<usize>)> =
            named.iter().map(|&(j, _)| (view.name(j).to_owned(), vec![j])).collect();
        if !rest.is_empty() {
            let name = format!("sum of {} other features", text::count(rest.len()));
            lanes.push((name, rest.iter().map(|r| r.0).collect()));
        }
        let width = view.width();
        let value = |k: usize, features: &[usize]| features.iter().map(|&j| view.values()[k * width + j]).sum();
        let values: Vec<Vec<f64>> =
            lanes.iter().map(|(_, features)| rows.iter().map(|&k| value(k, features)).collect()).collect();
        let sizes = stats::sorted_present(values.iter().flatten().map(|v: &f64| v.abs()));
        let limit = stats::quantile_sorted(&sizes, 0.99);
        // Nearly constant contributions with few exceptions would be all alike.
        let limit = if limit > 0.0 { limit } else { sizes.last().copied().unwrap_or(0.0) };
        let clipped = sizes.iter().filter(|s| **s > limit).count();
        let is_hole = |k: usize, lane: &(String, Vec<usize>)| hole(view, k, &lane.1);
        let missing = lanes.iter().map(|lane| rows.iter().filter(|&&k| is_hole(k, lane)).count()).sum();
        Self { lanes, rows, finals, limit, clipped, missing, values }
    }

    /// The cells, and a ring on every cell whose feature has no value in its row.
    fn marks(&self, view: &View<'_>) -> (Mark, Option<Mark>) {
        let (mut cells, mut rings, mut ringed) = (Vec::new(), Vec::new(), Vec::new());
        for (i, (lane, values)) in self.lanes.iter().zip(&self.values).enumerate() {
            let y = (self.lanes.len() - 1 - i) as f64;
            for (x, (&k, value)) in self.rows.iter().zip(values).enumerate() {
                let share = if self.limit > 0.0 { (value / self.limit).clamp(-1.0, 1.0) } else { 0.0 };
                let row = view.attribution.rows[k];
                let words = format!("{}\nrow {row}", text::signed(*value));
                cells.push((x as f64, y, (0.5 + 0.5 * share) as f32, words));
                if hole(view, k, &lane.1) {
                    rings.push([x as f32, y as f32]);
                    ringed.push(row);
                }
            }
        }
        let ring = Mark::Points {
            xy: rings.into(),
            paint: Paint::Role(Role::Missing),
            rows: ringed.into(),
            radius: if self.rows.len() > 60 { 1.4 } else { 2.4 },
        };
        let cells = Mark::Cells { cells, signed: true, size: (1.0, 1.0), queries: Vec::new() };
        (cells, (self.missing > 0).then_some(ring))
    }

    fn limits(&self) -> (f64, f64) {
        scale::extent(self.rows.iter().map(|&k| self.finals[k])).unwrap_or((0.0, 0.0))
    }

    /// Predictions of the rows above the lanes, from the smallest to the largest.
    fn curve(&self, lanes: f64) -> Mark {
        let (low, high) = self.limits();
        let share = |v: f64| if high > low { (v - low) / (high - low) } else { 0.5 };
        let xy = self.rows.iter().enumerate().map(|(x, &k)| [x as f64, lanes - 0.4 + 0.85 * share(self.finals[k])]);
        Mark::Line { xy: xy.collect(), role: Role::Ink, width: 1.4, dashed: false, name: "prediction".to_owned() }
    }

    fn notes(&self, view: &View<'_>, rest: usize) -> Vec<String> {
        let mut notes = vec![if self.rows.len() == view.row_count() {
            swarm::all_shown(self.rows.len())
        } else {
            format!(
                "{} of {} rows are shown: a fixed subset spread evenly over the predictions, the extremes kept.",
                text::count(self.rows.len()),
                text::count(view.row_count())
            )
        }];
        notes.push("Order of rows: clustered by their contributions (Euclidean distance, mean linkage), of two clusters the one with lower predictions first.".to_owned());
        let (low, high) = self.limits();
        notes.push(format!(
            "Above: the prediction of each row, from {} at the bottom of its lane to {} at the top ({}).",
            text::number(low),
            text::number(high),
            view.unit
        ));
        notes.push(format!(
            "Colours reach their ends at ±{}, the 99th percentile of absolute contributions; {} beyond it.",
            text::number(self.limit),
            text::counted(self.clipped, "cell")
        ));
        if rest > 0 {
            notes.push(format!("The lowest line is the signed sum of {} other features.", text::count(rest)));
        }
        notes.push(match self.missing {
            0 => "No value behind these cells is missing.".to_owned(),
            some => format!("{} with a missing value carry a ring.", text::counted(some, "cell")),
        });
        notes.push(view::passport(view.explanation, view.unit));
        notes
    }

    fn sentence(&self, view: &View<'_>) -> String {
        let (Some(lane), Some(values)) = (self.lanes.first(), self.values.first()) else { return String::new() };
        let raised = values.iter().filter(|v| **v > 0.0).count();
        let (low, high) = self.limits();
        format!(
            "{} raises the prediction in {} of {} and lowers it in {}; predictions run from {} to {} {}",
            lane.0,
            text::count(raised),
            text::counted(values.len(), "row"),
            text::count(values.iter().filter(|v| **v < 0.0).count()),
            text::number(low),
            text::number(high),
            view.unit
        )
    }

    fn paragraph(&self, view: &View<'_>, order: &[(usize, f64)]) -> String {
        let top: Vec<(&str, f64)> = order.iter().map(|&(j, mean)| (view.name(j), mean)).collect();
        let (low, high) = self.limits();
        format!(
            "Heatmap of the contributions of {} to {} in {} of {}, similar rows side by side, in {}. Predictions run from \
             {} to {}. Largest mean absolute contributions: {}.",
            text::counted(view.width(), "feature"),
            super::output_words(view.output_name()),
            text::count(self.rows.len()),
            text::counted(view.row_count(), "row"),
            view.unit,
            text::number(low),
            text::number(high),
            alt::top(&top, 5)
        )
    }

    /// The rows in their order, with prediction and the contribution of every line.
    fn table(&self, view: &View<'_>) -> ChartTable {
        let mut header = vec!["row".to_owned(), "prediction".to_owned()];
        header.extend(self.lanes.iter().map(|l| l.0.clone()));
        let cells = |(i, &k): (usize, &usize)| {
            let first = [f64::from(view.attribution.rows[k].0), self.finals[k]];
            first.into_iter().chain(self.values.iter().map(|v| v[i])).map(alt::number).collect()
        };
        ChartTable { header, rows: self.rows.iter().enumerate().map(cells).collect() }
    }
}

/// Whether the one feature of a lane has no value in a row; sums have none to miss.
fn hole(view: &View<'_>, position: usize, features: &[usize]) -> bool {
    let [feature] = features else { return false };
    view.column(*feature).is_some_and(|c| c.values.is_missing(view.attribution.rows[position].index()))
}
