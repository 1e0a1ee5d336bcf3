//! The trait of report sections and the list of all of them, in page order.

use crate::base::Entry;

use super::document::Page;
use super::error::ReportError;
use super::evidence::Evidence;
use super::plan::ReportPlan;

mod data;
mod dependence;
mod global;
mod limits;
mod local;
mod method;
mod model;
mod overview;
mod performance;
mod provenance;
mod shared;
mod two_models;

/// Every section, in page order.
pub static SECTIONS: &[&dyn Section] = &[
    &overview::Overview,
    &model::ModelIdentity,
    &data::DataDescription,
    &method::MethodAndFidelity,
    &performance::PerformanceOnTable,
    &global::GlobalBehaviour,
    &dependence::Dependence,
    &local::ChosenRows,
    &two_models::TwoModels,
    &limits::Limits,
    &provenance::ProvenanceRecord,
];

/// A section of a report.
pub trait Section: Entry {
    /// Whether it is about a second model.
    fn needs_challenger(&self) -> bool {
        false
    }

    /// Whether there is anything to say.
    fn applies(&self, _evidence: &Evidence<'_>) -> bool {
        true
    }

    /// Builds the page: the blocks and, in full precision, every number in them.
    fn build(&self, evidence: &Evidence<'_>, plan: &ReportPlan) -> Result<Page, ReportError>;
}

/// The section with this id.
pub fn find(id: &str) -> Option<&'static dyn Section> {
    SECTIONS.iter().copied().find(|s| s.id() == id)
}
