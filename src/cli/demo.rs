//! `candor demo` without a display: the main job on the bundled credit sample, as files in a folder.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::base::Problem;
use crate::chart::{KINDS, Kind};
use crate::explain::Shape;
use crate::report::ReportPlan;
use crate::session::{ChartRequest, Command, Export, Session};

use super::args::Common;
use super::desk::{Desk, Failure};
use super::{explain, print};

/// The sample shown.
pub const SAMPLE: &str = "credit";

/// Writes report, charts and attributions into `folder`.
pub fn demo(folder: &Path, common: Common) -> Result<(), Failure> {
    let mut desk = Desk::new(common);
    desk.carry_out(Command::OpenSample(SAMPLE.to_owned()))?;
    for shape in KINDS.iter().filter_map(|kind| kind.needs().answer) {
        if desk.session.answer(shape).is_none() {
            desk.carry_out(Command::ask(shape))?;
        }
    }
    let charts = folder.join("charts");
    std::fs::create_dir_all(&charts).map_err(|error| {
        Problem::new(
            "Could not write the demonstration",
            format!("{}: {error}", folder.display()),
            "Choose another folder with --out",
        )
    })?;
    let mut exports = vec![
        (Export::Report(report_plan()), folder.join("report.html")),
        (Export::Attributions, folder.join("attributions.csv")),
        (Export::Answer(Shape::Importance, None), folder.join("importance.csv")),
    ];
    for kind in KINDS.iter().copied().filter(|k| is_ready(*k, &desk.session)) {
        exports
            .push((Export::Chart(Box::new(request(kind, &desk.session))), charts.join(format!("{}.svg", kind.id()))));
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for (export, path) in exports {
        desk.carry_out(Command::Export(export, path.clone()))?;
        files.push(path);
    }
    if let Some(explanation) = desk.session.attribution() {
        print::say(common, &explain::summary(explanation));
    }
    print::say(
        common,
        &format!("Report with its JSON twin, {} charts and attributions · {}", files.len() - 3, folder.display()),
    );
    if common.json {
        print::put_json(&json!({ "folder": folder, "files": files }))?;
    }
    Ok(())
}

fn report_plan() -> ReportPlan {
    ReportPlan { title: "Credit applications: what the model says".to_owned(), ..ReportPlan::default() }
}

/// Whether everything a chart needs is there.
fn is_ready(kind: &'static dyn Kind, session: &Session) -> bool {
    kind.needs().unmet(&session.scene().subject(&request(kind, session))).is_none()
}

/// A chart of the row with the highest prediction and, where a chart shows one, the feature with the largest
/// contributions.
fn request(kind: &'static dyn Kind, session: &Session) -> ChartRequest {
    let needs = kind.needs();
    let feature = session.attribution().and_then(|explanation| explanation.body.strongest(0));
    ChartRequest {
        kind: kind.id(),
        output: 0,
        row: session.predictions().filter(|_| needs.row).and_then(|p| p.order.last().copied()),
        feature,
        colour: None,
        knobs: Vec::new(),
        within: None,
        beside: Vec::new(),
        what_if: false,
    }
}
