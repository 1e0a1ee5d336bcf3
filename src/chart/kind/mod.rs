//! The trait of chart kinds and the list of all of them.

use crate::base::{Entry, Knob, Knobs, RowId};
use crate::data::{Dataset, Link, TableProfile};
use crate::explain::Explanation;
use crate::model::{ModelCard, Performance};

use super::spec::Chart;

/// Every chart kind, in menu order.
pub static KINDS: &[&dyn Kind] = &[];

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
