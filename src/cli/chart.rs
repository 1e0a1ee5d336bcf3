//! `candor chart`.

use serde_json::json;

use crate::base::{Problem, RowId, text};
use crate::chart::kind;
use crate::chart::{Kind, Needs};
use crate::explain::{Attribution, Body};
use crate::session::{ChartRequest, Command, Export};

use super::args::{Chart, Common, How};
use super::desk::{Desk, Failure};
use super::destination::Destination;
use super::{explain, print};

/// Draws one chart.
pub fn chart(args: &Chart, common: Common) -> Result<(), Failure> {
    let kind = find(&args.kind)?;
    let needs = kind.needs();
    let destination = Destination::new(&args.out, "svg")?;
    check_ending(&destination)?;
    let (how, knobs) = split_settings(&args.how, kind)?;
    let mut desk = Desk::new(common);
    explain::compute(&mut desk, &args.inputs, &how)?;
    if needs.importance && desk.session.importance().is_none() {
        desk.carry_out(Command::MeasureImportance)?;
    }
    if needs.attribution && desk.session.attribution().is_none() {
        desk.carry_out(Command::Explain)?;
    }
    explain::warn_of_link(&desk);
    let request = request(&desk, args, kind, knobs)?;
    desk.carry_out(Command::Export(Export::Chart(Box::new(request)), destination.path().to_owned()))?;
    print::say(common, &format!("{} · {}", kind.title(), destination.words()));
    if common.json && !destination.is_standard() {
        print::put_json(&json!({ "file": destination.words(), "kind": kind.id(), "title": kind.title() }))?;
    }
    destination.finish()
}

fn find(id: &str) -> Result<&'static dyn Kind, Failure> {
    kind::find(id).ok_or_else(|| {
        let known: Vec<&str> = kind::KINDS.iter().map(|k| k.id()).collect();
        Failure::Usage(Problem::new(
            format!("There is no chart kind “{id}”"),
            "--kind",
            format!("Known kinds: {}", known.join(", ")),
        ))
    })
}

fn check_ending(destination: &Destination) -> Result<(), Failure> {
    let path = destination.path();
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).unwrap_or_default();
    if ["svg", "png", "csv", "json", "parquet"].contains(&ending.as_str()) {
        return Ok(());
    }
    Err(Failure::Usage(Problem::new(
        "Could not write the chart",
        format!("the ending of “{}” names no picture format", path.display()),
        "Use .svg or .png, or .csv for the numbers behind the chart",
    )))
}

/// Settings of the chart, as name and value.
type Settings = Vec<(String, String)>;

/// Settings go to whoever declares them: the chart first, otherwise the method, which refuses what it does not know.
fn split_settings(how: &How, kind: &dyn Kind) -> Result<(How, Settings), Failure> {
    let (mut how, _) = explain::without_error_switch(how)?;
    let (own, rest) = how.set.into_iter().partition(|(name, _)| kind.knobs().iter().any(|k| k.id == name));
    how.set = rest;
    Ok((how, own))
}

/// The request, with the row and the feature that the chart needs; what was not named is chosen and said.
fn request(desk: &Desk, args: &Chart, kind: &'static dyn Kind, knobs: Settings) -> Result<ChartRequest, Failure> {
    let Needs { row, feature, .. } = kind.needs();
    let output = desk.output(args.how.output.as_deref())?.unwrap_or(0);
    let attribution = desk.session.attribution().and_then(|e| match &e.body {
        Body::Attribution(attribution) => Some(attribution),
        Body::Importance(_) | Body::Curves(_) => None,
    });
    let named = |name: &Option<String>| name.as_deref().map(|n| desk.feature(n)).transpose();
    let mut request = ChartRequest {
        kind: kind.id(),
        output,
        row: args.row.map(RowId),
        feature: named(&args.feature)?,
        colour: named(&args.colour)?,
        knobs,
    };
    if row && request.row.is_none() {
        request.row = attribution.and_then(|a| a.rows.first().copied());
        if let Some(row) = request.row {
            print::say(desk.common, &format!("Showing row {row}, the first explained one; --row chooses another"));
        }
    }
    if feature && request.feature.is_none() {
        request.feature = attribution.and_then(|a| strongest(a, output));
        if let (Some(f), Some(a)) = (request.feature, attribution) {
            let name = a.features.get(f).map_or("", String::as_str);
            let text =
                format!("Showing “{name}”, the feature with the largest mean contribution; --feature chooses another");
            print::say(desk.common, &text);
        }
    }
    check_row(desk, request.row)?;
    Ok(request)
}

/// The feature with the largest mean absolute contribution; the first of equals.
pub fn strongest(attribution: &Attribution, output: usize) -> Option<usize> {
    let sizes = attribution.mean_absolute(output);
    (0..sizes.len()).max_by(|&a, &b| sizes[a].total_cmp(&sizes[b]).then(b.cmp(&a)))
}

fn check_row(desk: &Desk, row: Option<RowId>) -> Result<(), Failure> {
    let rows = desk.session.data().map_or(0, |d| d.row_count());
    match row {
        Some(row) if row.index() >= rows => Err(Failure::Refused(Problem::new(
            "Could not draw the chart",
            format!("row {row}"),
            format!("The table has {}, counted from 0", text::counted(rows, "row")),
        ))),
        _ => Ok(()),
    }
}
