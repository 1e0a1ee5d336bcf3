//! What-if: one row, edited. Where it started, what was changed, what was pinned, and the newest answers about it.

mod apply;
pub mod curves;
mod edits;
mod keep;
pub mod variant;

use std::sync::Arc;

use crate::base::{RowId, RowSet, text};
use crate::data::Value;
use crate::explain::{Background, Explainer, Kept};
use crate::model::Scale;

pub(super) use apply::Part;
pub use apply::WATERFALL;
pub use curves::{Curve, Curves};
pub use variant::{Mark, Outside, Variant};

use super::command::ChartRequest;
use edits::Edits;

/// Where a what-if begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// A row of the table.
    Row(RowId),
    /// Medians and most frequent levels of these rows; `None` takes the whole table.
    Typical(Option<Arc<RowSet>>),
    /// The same of the rows of the cohort with this name.
    Cohort(String),
}

/// A change of the what-if.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Begins anew; pinned variants stay.
    Start(Start),
    /// Gives a column another value.
    Set {
        /// Column of the table.
        column: usize,
        /// Its new value.
        value: Value,
        /// Whether more of the same movement is to come, so that undo takes back all of it at once.
        moving: bool,
    },
    /// Gives a column, or all, the value of the start back.
    Reset(Option<usize>),
    /// Takes back the last edit.
    Undo,
    /// Repeats what was taken back.
    Redo,
    /// Keeps the variant under a name; an empty one is made up.
    Pin(String),
    /// Forgets a pinned variant, by position.
    Unpin(usize),
    /// Takes the values of a pinned variant.
    Load(usize),
    /// Computes the curves of the profiler for every edit, or no longer.
    Profile(bool),
}

/// A variant that was kept.
#[derive(Clone, Debug)]
pub struct Pin {
    /// Its name.
    pub name: String,
    /// Its cells, in column order.
    pub values: Arc<[Value]>,
    /// The prediction of every output, once known.
    pub predictions: Option<Vec<f64>>,
}

/// What answers about single rows need, made once for a model and a plan.
pub struct Prepared {
    /// The method of the plan.
    pub method: &'static dyn Explainer,
    /// Its settings.
    pub knobs: crate::base::Knobs,
    /// Unit of its answer.
    pub scale: Scale,
    /// The reference set.
    pub background: Background,
    /// The method with its tables, where there are any.
    pub kept: Option<Kept>,
}

/// The what-if of a session.
pub struct WhatIf {
    /// Where it began, in words: `Row 12`, `Typical row of 1 000 rows`.
    pub(super) name: String,
    /// The row it began with; `None` for a typical one.
    pub(super) row: Option<RowId>,
    pub(super) edits: Edits,
    pub(super) pins: Vec<Pin>,
    pub(super) variant: Option<Arc<Variant>>,
    /// Counts adopted variants.
    pub(super) answered: u64,
    pub(super) prepared: Option<Arc<Prepared>>,
    pub(super) curves: Option<Arc<Curves>>,
    pub(super) dependence: Option<Arc<Curves>>,
    pub(super) profiles: bool,
    /// The chart that a face shows of the edited row: it is drawn along with every answer.
    pub(super) chart: Option<ChartRequest>,
}

impl WhatIf {
    /// A what-if that begins with `values`.
    pub(super) fn new(name: String, row: Option<RowId>, values: Arc<[Value]>) -> Self {
        Self {
            name,
            row,
            edits: Edits::new(values),
            pins: Vec::new(),
            variant: None,
            answered: 0,
            prepared: None,
            curves: None,
            dependence: None,
            profiles: false,
            chart: None,
        }
    }

    /// Where it began, in words: `Row 12`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The row of the table it began with; `None` for a typical row.
    pub fn row(&self) -> Option<RowId> {
        self.row
    }

    /// The cells now, in column order.
    pub fn values(&self) -> &Arc<[Value]> {
        self.edits.values()
    }

    /// The cells at the start, in column order.
    pub fn original(&self) -> &Arc<[Value]> {
        self.edits.original()
    }

    /// Whether a column has another value than at the start.
    pub fn is_changed(&self, column: usize) -> bool {
        match (self.values().get(column), self.original().get(column)) {
            (Some(now), Some(then)) => !now.is_same(then),
            _ => false,
        }
    }

    /// The columns that have another value than at the start.
    pub fn changed(&self) -> Vec<usize> {
        (0..self.values().len()).filter(|column| self.is_changed(*column)).collect()
    }

    /// The newest answer; it may be about the values of a moment ago.
    pub fn variant(&self) -> Option<&Arc<Variant>> {
        self.variant.as_ref()
    }

    /// Whether the newest answer is about the values as they are now.
    pub fn is_current(&self) -> bool {
        self.variant.as_ref().is_some_and(|variant| Arc::ptr_eq(&variant.values, self.values()))
    }

    /// Whether curves of the profiler are computed for every edit.
    pub fn profiles(&self) -> bool {
        self.profiles
    }

    /// Pinned variants, oldest first.
    pub fn pins(&self) -> &[Pin] {
        &self.pins
    }

    /// The curves of the edited row; they may be those of a moment ago.
    pub fn curves(&self) -> Option<&Arc<Curves>> {
        self.curves.as_ref()
    }

    /// Mean curves over rows of the table, as far as they are known.
    pub fn dependence(&self) -> Option<&Arc<Curves>> {
        self.dependence.as_ref()
    }

    /// The name of the edit that undo would take back.
    pub fn undo_name(&self) -> Option<&str> {
        self.edits.undo_name()
    }

    /// The name of the edit that redo would repeat.
    pub fn redo_name(&self) -> Option<&str> {
        self.edits.redo_name()
    }

    /// What the edited row is called: `Row 12, 2 values changed`.
    pub fn title(&self) -> String {
        match self.changed().len() {
            0 => self.name.clone(),
            changed => format!("{}, {} changed", self.name, text::counted(changed, "value")),
        }
    }

    /// Bytes of the kept tables.
    pub fn bytes(&self) -> u64 {
        self.prepared.as_ref().and_then(|p| p.kept.as_ref()).map_or(0, Kept::bytes)
    }
}
