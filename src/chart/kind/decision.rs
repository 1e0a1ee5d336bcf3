//! Decision plot: how the contributions of many rows add up, feature by feature, to their predictions.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, RowId, text};
use crate::explain::Shape;
use crate::num::stats;

use crate::chart::alt;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Chart, ChartTable, Legend, Mark, Paint, Role};
use crate::chart::swarm;
use crate::chart::view::{self, View};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct Decision;

const KNOBS: &[Knob] = &[
    Knob {
        id: "features",
        label: "Features shown",
        help: "How many features get a lane of their own; the rest share the lowest lane",
        kind: KnobKind::Count { default: 15, min: 1, max: 200 },
    },
    Knob {
        id: "rows",
        label: "Rows shown",
        help: "More rows than this are shown by a subset spread evenly over the predictions; the chart says so",
        kind: KnobKind::Count { default: 300, min: 1, max: 10_000 },
    },
];

impl Entry for Decision {
    fn id(&self) -> &'static str {
        "decision"
    }

    fn title(&self) -> &'static str {
        "Decision plot"
    }

    fn summary(&self) -> &'static str {
        "How the contributions of many rows add up, feature by feature, to their predictions"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Lundberg et al., From local explanations to global understanding with explainable AI for trees, 2020"]
    }
}

impl Kind for Decision {
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
        let paths = Paths::new(&view, &order, shown);
        let budget = usize::try_from(knobs.count("rows")).unwrap_or(usize::MAX);
        let chosen = subject.row.and_then(|row| view.attribution.position(row));
        let mut kept = swarm::subset(&[&paths.finals], &paths.finals, budget, &subject.task())?;
        // The chosen row is always there, in front of all others.
        kept.retain(|k| Some(*k) != chosen);
        kept.extend(chosen);
        let lanes = paths.lanes.len();
        let ends = kept.iter().flat_map(|&k| paths.of(k).into_iter().map(|p| p[0]));
        let range = scale::padded(scale::extent(ends).unwrap_or((0.0, 1.0)), 0.05);
        let notes = notes(&view, (kept.len(), order.len() - shown), chosen.and(subject.row));
        Ok(Chart {
            kind: self.id(),
            title: format!("From expected to predicted{}, row by row", view::of_output(view.output_name())),
            x: Axis {
                label: format!("prediction ({})", view.unit),
                range,
                kind: AxisKind::Linear,
                second: view.is_log_odds().then(|| scale::probability_axis(range)),
            },
            y: super::lanes(paths.lanes.iter().map(|l| l.0.clone())),
            marks: marks(&view, &paths, (&kept, chosen), lanes as f64 - 0.5),
            notes,
            legend: vec![
                Legend::Key(Role::Raises, "final prediction above the expected one".to_owned()),
                Legend::Key(Role::Lowers, "below".to_owned()),
            ],
            sentence: paths.sentence(&view),
            alt: paths.paragraph(&view, &view.own_order()),
            table: paths.table(&view, &kept),
        })
    }
}

/// The lanes from top to bottom, and what every row has at the end.
struct Paths<'a> {
    lanes: Vec<(String, Vec<usize>)>,
    finals: Vec<f64>,
    base: f64,
    values: &'a [f64],
    width: usize,
}

impl<'a> Paths<'a> {
    fn new(view: &View<'a>, order: &[(usize, f64)], shown: usize) -> Self {
        let (named, rest) = order.split_at(shown);
        let mut lanes: Vec<(String, Vec<usize>)> =
            named.iter().map(|&(j, _)| (view.name(j).to_owned(), vec![j])).collect();
        if !rest.is_empty() {
            let name = format!("{} other features (net)", text::count(rest.len()));
            lanes.push((name, rest.iter().map(|r| r.0).collect()));
        }
        let all: Vec<usize> = (0..view.width()).collect();
        let base = view.base();
        let finals = view.sums(&all).into_iter().map(|sum| base + sum).collect();
        Self { lanes, finals, base, values: view.values(), width: view.width() }
    }

    /// The line of one row from the bottom up: one corner between lanes.
    fn of(&self, position: usize) -> Vec<[f64; 2]> {
        let row = &self.values[position * self.width..(position + 1) * self.width];
        let mut level = self.base;
        let mut line = vec![[level, -0.5]];
        for (i, (_, features)) in self.lanes.iter().rev().enumerate() {
            level += features.iter().map(|&j| row[j]).sum::<f64>();
            line.push([level, i as f64 + 0.5]);
        }
        line
    }

    fn above(&self) -> usize {
        self.finals.iter().filter(|f| **f > self.base).count()
    }

    fn sentence(&self, view: &View<'_>) -> String {
        let sorted = stats::sorted_present(self.finals.iter().copied());
        let at = |q| text::number(stats::quantile_sorted(&sorted, q));
        let share = self.above() as f64 / self.finals.len().max(1) as f64;
        format!(
            "{} of the rows end above the expected {}; half of all end between {} and {} {}, and {} moves them most",
            text::percent(share),
            text::number(self.base),
            at(0.25),
            at(0.75),
            view.unit,
            view.own_order().first().map_or("", |o| view.name(o.0)),
        )
    }

    fn paragraph(&self, view: &View<'_>, order: &[(usize, f64)]) -> String {
        let (low, high) = scale::extent(self.finals.iter().copied()).unwrap_or((0.0, 0.0));
        let top: Vec<(&str, f64)> = order.iter().map(|&(j, mean)| (view.name(j), mean)).collect();
        format!(
            "Decision plot of {}: lines from the expected {} {} to predictions from {} to {}; {} end above it. Largest \
             mean absolute contributions: {}.",
            text::counted(self.finals.len(), "row"),
            text::number(self.base),
            view.unit,
            text::number(low),
            text::number(high),
            text::count(self.above()),
            alt::top(&top, 5),
        )
    }

    /// One line per drawn row: the level after every lane, from the bottom up.
    fn table(&self, view: &View<'_>, kept: &[usize]) -> ChartTable {
        let mut header = vec!["row".to_owned(), "expected".to_owned()];
        header.extend(self.lanes.iter().rev().map(|l| format!("after {}", l.0)));
        let cells = |k: usize| {
            let row = f64::from(view.attribution.rows[k].0);
            std::iter::once(row).chain(self.of(k).into_iter().map(|p| p[0])).map(alt::number).collect()
        };
        ChartTable { header, rows: kept.iter().map(|k| cells(*k)).collect() }
    }
}

fn marks(view: &View<'_>, paths: &Paths<'_>, (kept, chosen): (&[usize], Option<usize>), top: f64) -> Vec<Mark> {
    let rows = &view.attribution.rows;
    let away = |k: usize| paths.finals[k] - paths.base;
    let most = kept.iter().fold(0.0f64, |most, &k| most.max(away(k).abs()));
    let width = if kept.len() > 100 { 0.8 } else { 1.2 };
    let line = |&k: &usize| {
        let is_chosen = Some(k) == chosen;
        Mark::Line {
            xy: paths.of(k).into(),
            role: if is_chosen { Role::Ink } else { Role::signed(away(k), most) },
            width: if is_chosen { 2.6 } else { width },
            dashed: false,
            name: format!("Row {}", rows[k]),
        }
    };
    let mut marks = vec![Mark::Rule {
        at: paths.base,
        upright: true,
        role: Role::Reference,
        label: format!("expected {}", text::number(paths.base)),
    }];
    marks.extend(kept.iter().map(line));
    // A dot at every end, so that a row can be pointed at.
    for raised in [true, false] {
        let ends: Vec<usize> = kept.iter().copied().filter(|&k| (away(k) > 0.0) == raised).collect();
        let xy: Vec<[f32; 2]> = ends.iter().map(|&k| [paths.finals[k] as f32, top as f32]).collect();
        let paint = Paint::Role(if raised { Role::Raises } else { Role::Lowers });
        marks.push(Mark::Points { xy: xy.into(), paint, rows: swarm::ids(rows, &ends).into(), radius: 2.0 });
    }
    marks
}

fn notes(view: &View<'_>, (drawn, rest): (usize, usize), chosen: Option<RowId>) -> Vec<String> {
    let mut notes = vec![if drawn == view.row_count() {
        swarm::all_shown(drawn)
    } else {
        format!(
            "{} of {} rows are drawn: a fixed subset spread evenly over the predictions, the extremes kept.",
            text::count(drawn),
            text::count(view.row_count())
        )
    }];
    notes.push("Lines start at the expected prediction at the bottom; within a lane, a line moves by that feature’s contribution.".to_owned());
    notes.push(view.order_note("on top"));
    notes.push("Colour: final prediction against the expected one.".to_owned());
    if rest > 0 {
        notes.push(format!("The lowest lane is the net of {} other features.", text::count(rest)));
    }
    notes.extend(chosen.map(|row| format!("The thick line is the chosen row {row}.")));
    notes.push(view::passport(view.explanation, view.unit));
    notes
}
