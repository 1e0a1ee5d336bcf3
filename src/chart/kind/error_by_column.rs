//! Where the model is wrong: error rate or mean absolute error over the values of one column, with interval and count.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::data::query;
use crate::model::Scale;
use crate::model::measure::interval::wilson;
use crate::num::stats;

use crate::chart::alt;
use crate::chart::division::{Division, divide};
use crate::chart::rows;
use crate::chart::spec::{Axis, AxisKind, Bar, Chart, ChartTable, Mark, Role};

use super::{ChartError, Kind, Needs, PredictionView, Subject};

/// The chart.
pub struct ErrorByColumn;

const KNOBS: &[Knob] = &[Knob {
    id: "bins",
    label: "Bins",
    help: "Parts of the column at most: bins of about equal count, or levels",
    kind: KnobKind::Count { default: 10, min: 2, max: 40 },
}];

impl Entry for ErrorByColumn {
    fn id(&self) -> &'static str {
        "error-by-column"
    }

    fn title(&self) -> &'static str {
        "Where the model is wrong"
    }

    fn summary(&self) -> &'static str {
        "Error rate or mean absolute error over the values of one column, with 95 % interval and count"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Wilson, Probable inference, the law of succession, and statistical inference, 1927"]
    }
}

impl Kind for ErrorByColumn {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { predictions: true, profile: true, feature: true, ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let predictions = subject.predictions.ok_or(ChartError::Missing("Predict the table first"))?;
        let data = subject.data.ok_or(ChartError::Missing("Open a table first"))?;
        let by_feature = || subject.link?.columns.get(subject.feature?).copied();
        let index = subject.column.or_else(by_feature).ok_or(ChartError::Missing("Choose a column first"))?;
        let column =
            data.columns().get(index).ok_or(ChartError::Missing("The chosen column is not part of the table"))?;
        let errors = Errors::new(subject, &predictions)?;
        let division = divide(column, usize::try_from(knobs.count("bins")).unwrap_or(10))?;
        let parts = Parts::new(&errors, division, &column.name, errors.besides(subject));
        let largest =
            parts.each.iter().map(|m| m.interval.1.min(3.0 * m.value.max(parts.all.value))).fold(0.0, f64::max);
        Ok(Chart {
            kind: self.id(),
            title: format!("{} by {}", errors.title, column.name),
            x: Axis {
                label: errors.label.clone(),
                range: (0.0, if largest > 0.0 { 1.25 * largest } else { 1.0 }),
                kind: AxisKind::Linear,
                second: None,
            },
            y: super::lanes(parts.division.parts.iter().map(|p| text::shorten(&p.name, 40))),
            marks: vec![
                Mark::Rule {
                    at: parts.all.value,
                    upright: true,
                    role: Role::Reference,
                    label: format!("all rows {}", errors.words(parts.all.value)),
                },
                Mark::Bars { bars: parts.bars(&errors), lying: true },
            ],
            notes: parts.notes(&errors),
            legend: Vec::new(),
            sentence: parts.sentence(&errors),
            alt: parts.paragraph(&errors),
            table: parts.table(&errors),
        })
    }
}

/// One number per row: 1 where the class is wrong, or the absolute error; NaN where the truth is not known.
struct Errors {
    values: Vec<f64>,
    is_rate: bool,
    title: &'static str,
    label: String,
    rule: String,
}

impl Errors {
    fn new(subject: &Subject<'_>, predictions: &PredictionView<'_>) -> Result<Self, ChartError> {
        let card = subject.card.ok_or(ChartError::Missing("Open a model first"))?;
        if subject.output >= predictions.outputs {
            return Err(ChartError::Missing("The chosen output is not part of the predictions"));
        }
        let rows = predictions.values.chunks_exact(predictions.outputs.max(1));
        if predictions.truth.len() != rows.len() || predictions.truth.iter().all(|t| t.is_nan()) {
            return Err(ChartError::Missing("Choose the target column first; errors need the true values"));
        }
        let pairs = rows.zip(predictions.truth);
        if !card.task.is_classification() {
            let values = pairs.map(|(row, t)| (row[subject.output] - t).abs()).collect();
            let label = format!("mean absolute error ({})", card.unit(predictions.scale));
            let rule = "Error: predicted minus actual number, without its sign.".to_owned();
            return Ok(Self { values, is_rate: false, title: "Mean absolute error", label, rule });
        }
        if predictions.scale != Scale::Probability {
            return Err(ChartError::Missing("The model gives no probabilities, so that no class is predicted"));
        }
        let threshold = subject.threshold.unwrap_or(0.5);
        let wrong = |(row, t): (&[f64], &f64)| match predicted(row, threshold) {
            Some(class) if !t.is_nan() => f64::from(u8::from(class != *t as usize)),
            _ => f64::NAN,
        };
        let rule = match (predictions.outputs, card.classes.get(1)) {
            (1, Some(positive)) => {
                format!("“{positive}” is predicted from probability {} on.", text::number(threshold))
            }
            _ => "The class of the largest probability is predicted.".to_owned(),
        };
        let values = pairs.map(wrong).collect();
        Ok(Self {
            values,
            is_rate: true,
            title: "Share of wrong predictions",
            label: "share of rows predicted wrongly".to_owned(),
            rule,
        })
    }

    /// What a query asks besides, so that it finds the counted rows only; `None` where it cannot be said.
    fn besides(&self, subject: &Subject<'_>) -> Option<String> {
        if self.values.iter().all(|v| !v.is_nan()) {
            return Some(String::new());
        }
        rows::computed(subject.data, rows::ERROR).map(query::present)
    }

    fn words(&self, value: f64) -> String {
        if self.is_rate { text::percent(value) } else { text::number(value) }
    }

    fn interval(&self, (low, high): (f64, f64)) -> String {
        if low.is_finite() && high.is_finite() {
            format!("{}–{}", self.words(low), self.words(high))
        } else {
            "no interval".to_owned()
        }
    }

    fn measure(&self, values: &[f64]) -> Measured {
        let value = stats::mean(values);
        let count = values.len();
        let interval = if self.is_rate {
            wilson(value, count as f64)
        } else {
            let half = stats::student(count.saturating_sub(1)) * (stats::variance(values) / count.max(1) as f64).sqrt();
            if count < 2 { (f64::NAN, f64::NAN) } else { ((value - half).max(0.0), value + half) }
        };
        Measured { value, interval, count }
    }
}

fn predicted(row: &[f64], threshold: f64) -> Option<usize> {
    match row {
        [p] => (!p.is_nan()).then(|| usize::from(*p >= threshold)),
        _ => {
            let known = row.iter().enumerate().filter(|(_, p)| !p.is_nan());
            known.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map(|(k, _)| k)
        }
    }
}

/// Mean, 95 % interval and rows.
#[derive(Clone, Copy)]
struct Measured {
    value: f64,
    interval: (f64, f64),
    count: usize,
}

/// The parts of the column with what was measured in each.
struct Parts<'a> {
    name: &'a str,
    division: Division,
    each: Vec<Measured>,
    all: Measured,
    besides: Option<String>,
    unknown: usize,
}

impl<'a> Parts<'a> {
    fn new(errors: &Errors, division: Division, name: &'a str, besides: Option<String>) -> Self {
        let mut inside: Vec<Vec<f64>> = vec![Vec::new(); division.parts.len()];
        for (value, part) in errors.values.iter().zip(&division.of) {
            if let Some(list) = part.and_then(|p| inside.get_mut(p)).filter(|_| !value.is_nan()) {
                list.push(*value);
            }
        }
        let known: Vec<f64> = errors.values.iter().copied().filter(|v| !v.is_nan()).collect();
        let each = inside.iter().map(|values| errors.measure(values)).collect();
        let unknown = errors.values.len() - known.len();
        Self { name, division, each, all: errors.measure(&known), besides, unknown }
    }

    fn bars(&self, errors: &Errors) -> Vec<Bar> {
        let count = self.each.len();
        let bar = |(i, (part, m)): (usize, (&crate::chart::division::Part, &Measured))| Bar {
            at: (count - 1 - i) as f64,
            from: 0.0,
            to: if m.count > 0 { m.value } else { 0.0 },
            thickness: 0.68,
            role: if part.is_missing { Role::Missing } else { Role::Accent },
            label: match m.count {
                0 => "no rows".to_owned(),
                n => format!("{} of {}", errors.words(m.value), text::counted(n, "row")),
            },
            hover: format!(
                "{} is {}: {}\n95 % interval {}\n{}",
                self.name,
                part.name,
                errors.words(m.value),
                errors.interval(m.interval),
                text::counted(m.count, "row")
            ),
            whisker: Some(m.interval).filter(|(low, high)| m.count > 0 && low.is_finite() && high.is_finite()),
            feature: None,
            pointed: false,
            query: part.query.clone().zip(self.besides.clone()).map(|(own, more)| query::all([own, more])),
        };
        self.division.parts.iter().zip(&self.each).enumerate().map(bar).collect()
    }

    /// Whether the whole interval lies above that of all rows' mean.
    fn stands_out(&self, m: &Measured) -> bool {
        m.count > 0 && m.interval.0 > self.all.value
    }

    fn notes(&self, errors: &Errors) -> Vec<String> {
        let how = if errors.is_rate { "Wilson" } else { "Student’s t" };
        let parts = self.each.len();
        let mut notes =
            vec![errors.rule.clone(), format!("Whiskers: 95 % intervals ({how}); few rows make them wide.")];
        notes.push(format!(
            "{} are compared at once: of twenty equal ones, about one interval misses the rate of all rows by chance.",
            text::counted(parts, "part")
        ));
        notes.push("Numbers are cut into bins of about equal count.".to_owned());
        if self.unknown > 0 {
            notes.push(format!("{} without a known target left out.", text::counted(self.unknown, "row")));
        }
        notes
    }

    fn at(&self, i: usize, errors: &Errors) -> String {
        let m = self.each[i];
        format!(
            "{} where {} is {} (95 % interval {}, {})",
            errors.words(m.value),
            self.name,
            self.division.parts[i].name,
            errors.interval(m.interval),
            text::counted(m.count, "row")
        )
    }

    fn sentence(&self, errors: &Errors) -> String {
        let held = (0..self.each.len()).filter(|&i| self.each[i].count > 0);
        let Some(worst) = held.max_by(|&a, &b| self.each[a].value.total_cmp(&self.each[b].value)) else {
            return format!("No row has both a value of {} and a known target", self.name);
        };
        let what = if errors.is_rate { "The model is wrong most often," } else { "The error is largest on average," };
        let all = errors.words(self.all.value);
        let verdict = if self.stands_out(&self.each[worst]) { "against" } else { "not clearly more than the" };
        format!("{what} {}, {verdict} {all} over all rows", self.at(worst, errors))
    }

    fn paragraph(&self, errors: &Errors) -> String {
        let mut order: Vec<usize> = (0..self.each.len()).filter(|&i| self.each[i].count > 0).collect();
        order.sort_by(|&a, &b| self.each[b].value.total_cmp(&self.each[a].value).then(a.cmp(&b)));
        let parts: Vec<String> = order.into_iter().take(4).map(|i| self.at(i, errors)).collect();
        format!(
            "Bar chart of the {} by {}, over {}; {} over all. Largest: {}.",
            errors.label,
            self.name,
            text::counted(self.all.count, "row"),
            errors.words(self.all.value),
            parts.join("; ")
        )
    }

    fn table(&self, errors: &Errors) -> ChartTable {
        let what = if errors.is_rate { "share wrong" } else { "mean absolute error" };
        let row = |name: &str, m: &Measured| {
            let value = if m.count > 0 { m.value } else { f64::NAN };
            let numbers = [value, m.interval.0, m.interval.1, m.count as f64].map(alt::number);
            std::iter::once(alt::words(name)).chain(numbers).collect::<Vec<_>>()
        };
        let parts = self.division.parts.iter().zip(&self.each).map(|(part, m)| row(&part.name, m));
        let rows = std::iter::once(row("all rows", &self.all)).chain(parts).collect();
        alt::table(&[self.name, what, "interval from", "interval to", "rows"], rows)
    }
}
