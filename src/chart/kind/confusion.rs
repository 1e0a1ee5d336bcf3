//! Actual against predicted classes, as a table of counts.

use crate::base::{Entry, Kind as KnobKind, Knob, Knobs, text};
use crate::data::query;
use crate::model::performance::Detail;

use crate::chart::alt;
use crate::chart::quality;
use crate::chart::rows;
use crate::chart::spec::{Axis, AxisKind, Chart, Legend, Mark};

use super::{ChartError, Kind, Needs, PerformanceKind, Subject};

/// The chart.
pub struct Confusion;

const KNOBS: &[Knob] = &[Knob {
    id: "threshold",
    label: "Threshold",
    help: "For two classes: probabilities at or above it are called positive",
    kind: KnobKind::Real { default: 0.5, min: 0.0, max: 1.0 },
}];

impl Entry for Confusion {
    fn id(&self) -> &'static str {
        "confusion"
    }

    fn title(&self) -> &'static str {
        "Confusion matrix"
    }

    fn summary(&self) -> &'static str {
        "How often each actual class was predicted as each class"
    }
}

impl Kind for Confusion {
    fn knobs(&self) -> &'static [Knob] {
        KNOBS
    }

    fn needs(&self) -> Needs {
        Needs { performance: Some(PerformanceKind::Classes), ..Needs::default() }
    }

    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError> {
        let performance = quality::any(subject)?;
        let threshold = knobs.real("threshold");
        let (classes, counts, rule) = match &performance.detail {
            Detail::Binary(detail) => {
                let c = detail.confusion_at(threshold);
                let counts = vec![vec![c.true_negative, c.false_positive], vec![c.false_negative, c.true_positive]];
                let rule =
                    format!("“{}” is predicted from probability {} on.", detail.classes[1], text::number(threshold));
                (detail.classes.to_vec(), counts, rule)
            }
            Detail::Multiclass(detail) => (
                detail.classes.clone(),
                detail.confusion.clone(),
                "The class of the largest probability is predicted.".to_owned(),
            ),
            Detail::Regression(_) => return Err(ChartError::Missing("This chart needs a model that predicts classes")),
        };
        let count = classes.len();
        let total: f64 = counts.iter().flatten().sum();
        let right: f64 = (0..count).map(|i| counts[i][i]).sum();
        let cut = matches!(performance.detail, Detail::Binary(_)).then_some(threshold);
        let queries = queries(subject, &classes, cut);
        let (cells, shares) = cells(&counts, performance.weighted);
        let axis = |label: &str, names: Vec<(f64, String)>| Axis {
            label: label.to_owned(),
            range: (-0.5, count as f64 - 0.5),
            kind: AxisKind::Names(names),
            second: None,
        };
        let across = classes.iter().enumerate().map(|(i, c)| (i as f64, c.clone())).collect();
        let down = classes.iter().enumerate().rev().map(|(i, c)| ((count - 1 - i) as f64, c.clone())).collect();
        let mut notes = vec![rule, "Percent: share of the actual class; the colour shows it.".to_owned()];
        notes.push(format!("{} of all are on the diagonal, predicted as they are.", text::percent(right / total)));
        notes.extend(quality::notes(performance));
        Ok(Chart {
            kind: self.id(),
            title: "Actual and predicted classes".to_owned(),
            x: axis("predicted class", across),
            y: axis("actual class", down),
            marks: vec![Mark::Cells { cells, size: (1.0, 1.0), signed: false, queries }],
            notes,
            legend: vec![Legend::Ramp(
                "share of the actual class".to_owned(),
                "0".to_owned(),
                format!("100{}%", text::THIN),
            )],
            sentence: sentence(&classes, &counts, right / total),
            alt: paragraph(&classes, &counts, &shares, right / total),
            table: table(&classes, &counts),
        })
    }
}

type Cells = Vec<(f64, f64, f32, String)>;

/// The cells, first actual class on top, and each row's shares.
fn cells(counts: &[Vec<f64>], weighted: bool) -> (Cells, Vec<Vec<f64>>) {
    let size = counts.len();
    let (mut cells, mut shares) = (Vec::new(), Vec::new());
    for (i, row) in counts.iter().enumerate() {
        let sum: f64 = row.iter().sum();
        let of_row: Vec<f64> = row.iter().map(|c| if sum > 0.0 { c / sum } else { 0.0 }).collect();
        for (j, (value, share)) in row.iter().zip(&of_row).enumerate() {
            let number = if weighted { text::number(*value) } else { text::fixed(*value, 0) };
            let text = format!("{number}\n{}", text::percent(*share));
            cells.push((j as f64, (size - 1 - i) as f64, *share as f32, text));
        }
        shares.push(of_row);
    }
    (cells, shares)
}

fn paragraph(classes: &[String], counts: &[Vec<f64>], shares: &[Vec<f64>], right: f64) -> String {
    let parts: Vec<String> = classes
        .iter()
        .enumerate()
        .take(6)
        .map(|(i, class)| {
            format!("“{class}”: {} of {}", text::percent(shares[i][i]), text::number(counts[i].iter().sum()))
        })
        .collect();
    format!(
        "Confusion matrix of {} classes; {} predicted as they are. Share predicted as it is, by actual class: {}.",
        classes.len(),
        text::percent(right),
        parts.join("; ")
    )
}

fn table(classes: &[String], counts: &[Vec<f64>]) -> crate::chart::ChartTable {
    let mut rows = Vec::new();
    for (actual, row) in classes.iter().zip(counts) {
        for (predicted, value) in classes.iter().zip(row) {
            rows.push(vec![alt::words(actual), alt::words(predicted), alt::number(*value)]);
        }
    }
    alt::table(&["actual", "predicted", "count"], rows)
}

fn sentence(classes: &[String], counts: &[Vec<f64>], right: f64) -> String {
    let off = (0..classes.len()).flat_map(|i| (0..classes.len()).map(move |j| (i, j))).filter(|(i, j)| i != j);
    let most = off.max_by(|a, b| counts[a.0][a.1].total_cmp(&counts[b.0][b.1]).then(b.cmp(a)));
    let mistake = most.filter(|(i, j)| counts[*i][*j] > 0.0).map_or_else(String::new, |(i, j)| {
        let of: f64 = counts[i].iter().sum();
        format!(
            "; the most frequent mistake is “{}” predicted as “{}”, {} of {}",
            classes[i],
            classes[j],
            text::number(counts[i][j]),
            text::number(of)
        )
    });
    format!("{} are predicted as they are{mistake}", text::percent(right))
}

/// The rows of every cell, in the order of the cells; empty where they cannot be named.
fn queries(subject: &Subject<'_>, classes: &[String], cut: Option<f64>) -> Vec<String> {
    let outputs = subject.predictions.map_or(0, |p| p.outputs);
    let name = |name| rows::computed(subject.data, name);
    let found = classes.iter().flat_map(|actual| {
        (0..classes.len()).map(move |k| {
            let of_row = query::equals(name(rows::ACTUAL)?, actual);
            let of_cell = match cut {
                // The threshold here may be another than that of the predicted class.
                Some(cut) if outputs == 1 => {
                    let sign = if k == 1 { ">=" } else { "<" };
                    format!("{} {sign} {}", query::quoted(name(rows::PREDICTION)?), query::number(cut))
                }
                Some(_) => return None,
                None => query::equals(name(rows::PREDICTED)?, &classes[k]),
            };
            Some(query::all([of_row, of_cell]))
        })
    });
    found.map(Option::unwrap_or_default).collect()
}
