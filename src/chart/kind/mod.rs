//! The trait of chart kinds and the list of all of them.

mod beeswarm;
mod importance_bar;
mod waterfall;

use crate::base::{Entry, Knob, Knobs, RowId};
use crate::data::{Dataset, Link, TableProfile};
use crate::explain::Explanation;
use crate::model::{ModelCard, Performance};

use super::spec::{Axis, AxisKind, Chart};

/// Every chart kind, in menu order.
pub static KINDS: &[&dyn Kind] = &[&importance_bar::ImportanceBar, &beeswarm::Beeswarm, &waterfall::Waterfall];

/// What a chart needs before it can be drawn; a face offers it only when all of it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Attributions.
    pub attribution: bool,
    /// Permutation importance.
    pub importance: bool,
    /// Performance of two classes, several classes or numbers.
    pub performance: Option<PerformanceKind>,
    /// A chosen row.
    pub row: bool,
    /// A chosen feature.
    pub feature: bool,
}

/// The kind of performance a chart reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerformanceKind {
    /// Two classes.
    Binary,
    /// Several classes.
    Multiclass,
    /// Numbers.
    Regression,
}

/// Everything a chart may read. All of it belongs together: the link joins this table and this model.
#[derive(Clone, Copy, Default)]
pub struct Subject<'a> {
    /// The table.
    pub data: Option<&'a Dataset>,
    /// Its profile.
    pub profile: Option<&'a TableProfile>,
    /// The model's card.
    pub card: Option<&'a ModelCard>,
    /// Which column feeds which input.
    pub link: Option<&'a Link>,
    /// Attributions.
    pub attribution: Option<&'a Explanation>,
    /// Permutation importance.
    pub importance: Option<&'a Explanation>,
    /// Performance on the table.
    pub performance: Option<&'a Performance>,
    /// The chosen output.
    pub output: usize,
    /// The chosen row.
    pub row: Option<RowId>,
    /// The chosen feature, by input index.
    pub feature: Option<usize>,
    /// The feature that colours, by input index; `None` lets the chart suggest one.
    pub colour: Option<usize>,
}

/// A kind of chart.
pub trait Kind: Entry {
    /// Its settings.
    fn knobs(&self) -> &'static [Knob] {
        &[]
    }

    /// What must be there.
    fn needs(&self) -> Needs;

    /// Draws. No randomness but what derives from fixed seeds; same subject, same chart.
    fn draw(&self, subject: &Subject<'_>, knobs: &Knobs) -> Result<Chart, ChartError>;
}

/// A chart could not be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// Something is not there yet.
    #[error("{0}")]
    Missing(&'static str),
}

/// The kind with this id.
pub fn find(id: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|k| k.id() == id)
}

/// How many of `count` entries are named when at most `limit` lanes may be: a single left-over is named as well.
fn split(count: usize, limit: u64) -> usize {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(1);
    if count <= limit + 1 { count } else { limit }
}

/// A vertical axis of named lanes, the first name on top.
fn lanes(names: impl ExactSizeIterator<Item = String>) -> Axis {
    let count = names.len();
    let names: Vec<(f64, String)> = names.enumerate().map(|(i, name)| ((count - 1 - i) as f64, name)).collect();
    Axis {
        label: String::new(),
        range: (-0.6, count as f64 - 0.4),
        kind: AxisKind::Names(names.into_iter().rev().collect()),
        second: None,
    }
}

/// The output in a sentence: `the output “default”`, or `the prediction`.
fn output_words(name: &str) -> String {
    if name.is_empty() { "the prediction".to_owned() } else { format!("the output “{name}”") }
}
