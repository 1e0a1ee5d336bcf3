//! Writing a report and its JSON twin.

use std::path::Path;

use crate::base::{Problem, Task};

use crate::session::command::{Plan, ReportPlan};
use crate::session::scene::Scene;

/// Writes a report by its ending, and its JSON twin beside it.
pub fn write(_scene: &Scene, _plan: &Plan, _report: &ReportPlan, path: &Path, _task: &Task) -> Result<(), Problem> {
    Err(Problem::new("Could not write the report", path.display().to_string(), "Use a complete build"))
}
