//! One row's prediction, step by step from the expected prediction.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, RowId, text};
use crate::explain::Shape;

use crate::chart::alt;
use crate::chart::scale;
use crate::chart::spec::{Axis, AxisKind, Bar, Cell, Chart, Legend, Mark, Role};
use crate::chart::view::{self, View};

use super::{ChartError, Kind, Needs, Subject};

/// The chart.
pub struct Waterfall;

const KNOBS: &[Knob] = &[Knob {
    id: "features",
    label: "Features shown",
    help: "How many features get a bar of their own; the rest share one net bar",
    kind: KnobKind::Count { default: 12, min: 1, max: 200 },
}];

/// One step of the waterfall.
pub(super) struct Step {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) hover: String,
    pub(super) value: f64,
    pub(super) error: Option<f64>,
    pub(super) feature: Option<usize>,
}

impl Entry for Waterfall {
    fn id(&self) -> &'static str {
        "waterfall"
    }

    fn title(&self) -> &'static str {
        "Waterfall of one row"
    }

    fn summary(&self) -> &'static str {
        "How the features of one row lead from the expected prediction to its own"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Lundberg and Lee, A unified approach to interpreting model predictions, 2017"]
    }
}

impl Kind for Waterfall {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { answer: Some(Shape::Attribution), row: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let view = view::attribution(subject)?;
        let (row, position) = view.chosen_row()?;
        let order = view::ranked(view.attribution.row(view.output, position));
        let shown = super::split(order.len(), knobs.count("features"));
        let steps = steps(&view, row, position, &order, shown);
        let base = view.base();
        let (bars, connectors) = climb(&steps, base);
        let prediction = base + order.iter().map(|o| o.1).sum::<f64>();
        Ok(self.chart(&view, row, (base, prediction), Drawn { order, shown, steps, bars, connectors, position }))
    }
}

/// What has been worked out before it is put together.
struct Drawn {
    order: Vec<(usize, f64)>,
    shown: usize,
    steps: Vec<Step>,
    bars: Vec<Bar>,
    connectors: Vec<Mark>,
    position: usize,
}

impl Waterfall {
    fn chart(&self, view: &View<'_>, row: RowId, ends: (f64, f64), drawn: Drawn) -> Chart {
        let (base, prediction) = ends;
        let range = reach(&drawn.bars, base);
        let rule = |at: f64, role: Role, name: &str| Mark::Rule {
            at,
            upright: true,
            role,
            label: format!("{name} {}", text::number(at)),
        };
        let mut marks = vec![rule(base, Role::Reference, "expected"), rule(prediction, Role::Ink, "prediction")];
        marks.extend(drawn.connectors);
        marks.push(Mark::Bars { bars: drawn.bars, lying: true });
        let mut notes = vec![format!(
            "Read upwards: from the expected prediction {} to this row’s prediction {} ({}).",
            text::number(base),
            text::number(prediction),
            view.unit
        )];
        notes.extend(rest_note(&drawn.order[drawn.shown..]));
        notes.push("Order: largest absolute contribution on top.".to_owned());
        if view.attribution.std_error.is_some() {
            notes.push("Whiskers: ± 1.96 standard errors of the sampled contributions.".to_owned());
        }
        notes.push(view::passport(view.explanation, view.unit));
        let second = view.is_log_odds().then(|| scale::probability_axis(range));
        let in_probability = if view.is_log_odds() {
            format!(
                ", a probability of {} instead of {}",
                text::percent(scale::probability(prediction)),
                text::percent(scale::probability(base))
            )
        } else {
            String::new()
        };
        Chart {
            kind: "waterfall",
            title: format!("{}: from expected to predicted{}", view.row_name(row), of_output(view)),
            x: Axis { label: format!("prediction ({})", view.unit), range, kind: AxisKind::Linear, second },
            y: super::lanes(drawn.steps.iter().map(|s| s.name.clone())),
            marks,
            notes,
            legend: vec![
                Legend::Key(Role::Raises, "raises the prediction".to_owned()),
                Legend::Key(Role::Lowers, "lowers the prediction".to_owned()),
            ],
            sentence: sentence(view, row, ends, &drawn.order),
            alt: format!(
                "Waterfall chart of {}. The expected prediction is {} {unit}; the features lead to {} \
                 {unit}{in_probability}. Largest contributions: {}.",
                view.row_in_sentence(row),
                text::number(base),
                text::number(prediction),
                alt::top_signed(&named(view, &drawn.order), 5),
                unit = view.unit,
            ),
            table: table(view, row, drawn.position, &drawn.order),
        }
    }
}

fn of_output(view: &View<'_>) -> String {
    if view.output_name().is_empty() { String::new() } else { format!(" “{}”", view.output_name()) }
}

fn named<'a>(view: &View<'a>, order: &[(usize, f64)]) -> Vec<(&'a str, f64)> {
    order.iter().map(|&(j, value)| (view.name(j), value)).collect()
}

/// Positive part, negative part and net of what one bar stands for.
pub(super) fn parts(rest: &[(usize, f64)]) -> (f64, f64) {
    let positive = rest.iter().map(|r| r.1.max(0.0)).sum();
    let negative = rest.iter().map(|r| r.1.min(0.0)).sum();
    (positive, negative)
}

pub(super) fn rest_note(rest: &[(usize, f64)]) -> Option<String> {
    let (positive, negative) = parts(rest);
    (!rest.is_empty()).then(|| {
        format!(
            "{} other features: net {}, made of {} upwards and {} downwards.",
            text::count(rest.len()),
            text::signed(positive + negative),
            text::signed(positive),
            text::signed(negative)
        )
    })
}

fn steps(view: &View<'_>, row: RowId, position: usize, order: &[(usize, f64)], shown: usize) -> Vec<Step> {
    let errors = view.attribution.row_error(view.output, position);
    let (first, rest) = order.split_at(shown);
    let mut steps: Vec<Step> = first
        .iter()
        .map(|&(j, value)| {
            let own = view.value_text(j, row);
            let name = own.as_ref().map_or_else(|| view.name(j).to_owned(), |v| format!("{} = {v}", view.name(j)));
            let error = errors.and_then(|e| e.get(j)).copied();
            let hover = match error {
                Some(e) => format!("{name}: {} ± {} {}", text::exact(value), text::exact(e), view.unit),
                None => format!("{name}: {} {}", text::exact(value), view.unit),
            };
            Step { name, label: text::signed(value), hover, value, error, feature: Some(j) }
        })
        .collect();
    if !rest.is_empty() {
        let (positive, negative) = parts(rest);
        let name = format!("{} other features (net)", text::count(rest.len()));
        let hover = format!(
            "{name}: {} {unit}, of it {} upwards and {} downwards",
            text::exact(positive + negative),
            text::exact(positive),
            text::exact(negative),
            unit = view.unit
        );
        let label = text::signed(positive + negative);
        steps.push(Step { name, label, hover, value: positive + negative, error: None, feature: None });
    }
    steps
}

/// Bars from the bottom (expected) to the top (prediction), and the thin lines between them.
pub(super) fn climb(steps: &[Step], base: f64) -> (Vec<Bar>, Vec<Mark>) {
    let mut bars = Vec::with_capacity(steps.len());
    let mut connectors = Vec::new();
    let mut level = base;
    for (i, step) in steps.iter().rev().enumerate() {
        let (from, to) = (level, level + step.value);
        bars.push(Bar {
            at: i as f64,
            from,
            to,
            thickness: 0.68,
            role: match step.value {
                v if v > 0.0 => Role::Raises,
                v if v < 0.0 => Role::Lowers,
                _ => Role::Neutral,
            },
            label: step.label.clone(),
            hover: step.hover.clone(),
            whisker: step.error.filter(|e| *e > 0.0).map(|e| (to - 1.96 * e, to + 1.96 * e)),
            feature: step.feature,
            pointed: true,
            query: None,
        });
        if i + 1 < steps.len() {
            connectors.push(Mark::Line {
                xy: vec![[to, i as f64], [to, i as f64 + 1.0]].into(),
                role: Role::Muted,
                width: 1.0,
                dashed: false,
                name: String::new(),
            });
        }
        level = to;
    }
    (bars, connectors)
}

pub(super) fn reach(bars: &[Bar], base: f64) -> (f64, f64) {
    let ends = bars.iter().flat_map(|b| {
        let (low, high) = b.whisker.unwrap_or((b.to, b.to));
        [b.from, b.to, low, high]
    });
    let range = scale::extent(ends.chain([base])).unwrap_or((0.0, 1.0));
    scale::padded(range, 0.12)
}

fn table(view: &View<'_>, row: RowId, position: usize, order: &[(usize, f64)]) -> crate::chart::ChartTable {
    let errors = view.attribution.row_error(view.output, position);
    let mut rows = vec![vec![alt::words("expected prediction"), alt::words(""), alt::number(view.base())]];
    let mut header = vec!["feature", "value", "contribution"];
    for &(j, value) in order {
        let own = view.value_text(j, row).unwrap_or_default();
        let mut cells = vec![alt::words(view.name(j)), alt::words(own), alt::number(value)];
        if let Some(e) = errors.and_then(|e| e.get(j)) {
            cells.push(alt::number(*e));
        }
        rows.push(cells);
    }
    let prediction = view.base() + order.iter().map(|o| o.1).sum::<f64>();
    rows.push(vec![alt::words("prediction"), alt::words(""), alt::number(prediction)]);
    if errors.is_some() {
        header.push("standard error");
        for cells in &mut rows {
            cells.resize(4, Cell::Number(f64::NAN));
        }
    }
    alt::table(&header, rows)
}

fn sentence(view: &View<'_>, row: RowId, (base, prediction): (f64, f64), order: &[(usize, f64)]) -> String {
    let side = if prediction > base { "above" } else { "below" };
    let moved: Vec<(usize, f64)> = order.iter().copied().filter(|o| o.1 != 0.0).collect();
    let part = |&(j, value): &(usize, f64)| {
        let own = view.value_text(j, row).map_or_else(String::new, |v| format!(" = {v}"));
        format!(
            "{}{own} {} it by {}",
            view.name(j),
            if value > 0.0 { "raises" } else { "lowers" },
            text::number(value.abs())
        )
    };
    let parts: Vec<String> = moved.iter().take(2).map(part).collect();
    let rest = if parts.is_empty() { "no feature moves it".to_owned() } else { alt::list(&parts) };
    format!(
        "{} is predicted {} {}, {} {side} the expected {}; {rest}",
        view.row_name(row),
        text::number(prediction),
        view.unit,
        text::number((prediction - base).abs()),
        text::number(base)
    )
}
