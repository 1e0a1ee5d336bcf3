//! `candor chart`.

use serde_json::json;

use crate::base::{Problem, RowId, text};
use crate::chart::kind;
use crate::chart::{ChallengerNeed, Kind, Needs};
use crate::explain::method::{self, answering};
use crate::explain::{Body, Shape};
use crate::session::{ChartRequest, CohortBy, Command, Export, Plan};

use super::args::{Chart, Common, How};
use super::desk::{Desk, Failure};
use super::destination::Destination;
use super::{explain, print};

/// Draws one chart.
pub fn chart(args: &Chart, common: Common) -> Result<(), Failure> {
    let kind = find(&args.kind)?;
    let destination = Destination::new(&args.out, "svg")?;
    check_ending(&destination)?;
    let how = with_method(&args.how, kind)?;
    let (how, knobs) = split_settings(&how, kind)?;
    let second = args.with.as_deref();
    let needed = kind.needs().challenger.map(|_| format!("The chart “{}”", kind.title()));
    let mut desk = match &needed {
        Some(_) => Desk::of_two(common, second, &args.inputs, needed.as_deref())?,
        None => Desk::new(common),
    };
    explain::open(&mut desk, &args.inputs, &how)?;
    if let Some(threshold) = args.threshold {
        desk.carry_out(Command::SetThreshold(threshold))?;
    }
    for (name, query) in &args.cohorts {
        desk.carry_out(Command::SetCohort(name.clone(), CohortBy::Query(query.clone())))?;
    }
    desk.open_second(second, needed.as_deref())?;
    compute(&mut desk, args, (&how, kind))?;
    explain::warn_of_link(&desk);
    let mut request = request(&desk, args, kind, knobs)?;
    for query in args.within.iter().chain(&args.beside) {
        cohort(&mut desk, query)?;
    }
    request.within.clone_from(&args.within);
    if !args.beside.is_empty() {
        request.beside = args.within.iter().chain(&args.beside).cloned().collect();
        request.beside.dedup();
    }
    desk.carry_out(Command::Export(Export::Chart(Box::new(request)), destination.path().to_owned()))?;
    print::say(common, &format!("{} · {}", kind.title(), destination.words()));
    if common.json && !destination.is_standard() {
        print::put_json(&json!({ "file": destination.words(), "kind": kind.id(), "title": kind.title() }))?;
    }
    destination.finish()
}

/// Computes what the chart reads, unless the session holds it already and no word asks for anything else.
fn compute(desk: &mut Desk, args: &Chart, (how, kind): (&How, &dyn Kind)) -> Result<(), Failure> {
    let Some(shape) = kind.needs().answer.or_else(|| reads_both(kind).then_some(Shape::Attribution)) else {
        return Ok(());
    };
    let silent = args.how.is_silent() && args.inputs.rows.is_none() && args.inputs.target.is_none();
    if shape != Shape::Attribution && silent && desk.session.answer(shape).is_some() {
        return Ok(());
    }
    explain::settle(desk, how, shape)?;
    only_one_feature(desk, args, kind)?;
    explain::answer(desk, how)
}

/// A cohort of the session, or one made of the rows that a query finds and named as the query.
fn cohort(desk: &mut Desk, query: &str) -> Result<(), Failure> {
    if desk.session.cohort(query).is_some() {
        return Ok(());
    }
    desk.carry_out(Command::SetCohort(query.to_owned(), CohortBy::Query(query.to_owned())))?;
    match desk.session.cohort(query).and_then(|cohort| cohort.problem.clone()) {
        Some(why) => {
            let hint = "Write conditions such as age > 30 and housing = own";
            Err(Failure::Refused(Problem::new("Could not find the rows of the chart", why, hint)))
        }
        None => Ok(()),
    }
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

/// Whether the chart reads attributions of two models.
fn reads_both(kind: &dyn Kind) -> bool {
    matches!(kind.needs().challenger, Some(ChallengerNeed::Attributions | ChallengerNeed::DecisionsExplained))
}

/// The method that gives what the chart reads, where neither words nor a session name one; a named one must give it.
fn with_method(how: &How, kind: &dyn Kind) -> Result<How, Failure> {
    let mut how = how.clone();
    let Some(shape) = kind.needs().answer else { return Ok(how) };
    match how.method.as_deref().and_then(method::find) {
        Some(named) if named.answers() != shape => Err(Failure::Usage(Problem::new(
            format!("The chart “{}” shows {}, which {} does not give", kind.title(), shape.noun(), named.id()),
            "--method",
            format!("Leave --method out, or take {}", answering(shape).id()),
        ))),
        None if how.method() == "auto" && how.method.is_some() && shape != Shape::Attribution => {
            how.method = Some(answering(shape).id().to_owned());
            Ok(how)
        }
        _ => Ok(how),
    }
}

/// Where a chart of one feature reads an answer that can be limited to it, nothing else is computed.
fn only_one_feature(desk: &mut Desk, args: &Chart, kind: &dyn Kind) -> Result<(), Failure> {
    const FEATURE: &str = "feature";
    let plan = desk.session.plan().clone();
    let Some(name) = args.feature.as_deref().filter(|_| kind.needs().feature) else { return Ok(()) };
    let feature = desk.feature(name)?;
    let declares = method::find(&plan.method).is_some_and(|m| m.knobs().iter().any(|k| k.id == FEATURE));
    if !declares || plan.knobs.iter().any(|(id, _)| id == FEATURE) {
        return Ok(());
    }
    let mut knobs = plan.knobs.clone();
    knobs.push((FEATURE.to_owned(), (feature + 1).to_string()));
    desk.carry_out(Command::SetPlan(Plan { knobs, ..plan }))
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
    // Where words say nothing, what was looked at when a session was saved.
    let output = desk.output(args.how.output.as_deref())?.unwrap_or(desk.session.output());
    let reads = kind.needs().answer.or_else(|| reads_both(kind).then_some(Shape::Attribution));
    let body = reads.and_then(|shape| desk.session.answer(shape)).map(|explanation| &explanation.body);
    let named = |name: &Option<String>| name.as_deref().map(|n| desk.feature(n)).transpose();
    let mut request = ChartRequest {
        kind: kind.id(),
        output,
        row: args.row.map(RowId).or(desk.session.row().filter(|_| row)),
        feature: named(&args.feature)?.or(desk.session.feature().filter(|_| feature)),
        colour: named(&args.colour)?,
        knobs,
        within: None,
        beside: Vec::new(),
        what_if: false,
    };
    if row && request.row.is_none() {
        request.row = match body {
            Some(Body::Attribution(attribution)) => attribution.rows.first().copied(),
            _ => None,
        };
        if let Some(row) = request.row {
            print::say(desk.common, &format!("Showing row {row}, the first explained one; --row chooses another"));
        }
    }
    if feature && request.feature.is_none() {
        let terms = kind.needs().terms.and_then(|features| strongest_term(desk, features));
        request.feature = body.and_then(|body| body.strongest(output)).or(terms);
        let inputs = desk.session.model().map_or(&[][..], |m| &m.card().inputs);
        if let Some(input) = request.feature.and_then(|f| inputs.get(f)) {
            let text = format!("Showing “{}”, the feature that matters most; --feature chooses another", input.name);
            print::say(desk.common, &text);
        }
    }
    check_row(desk, request.row)?;
    Ok(request)
}

/// The first feature of the term that moves predictions most, among those of so many features.
fn strongest_term(desk: &Desk, features: usize) -> Option<usize> {
    let terms = desk.session.model()?.terms()?.iter().filter(|term| term.axes.len() == features);
    let strongest = terms.max_by(|a, b| a.importance().unwrap_or(0.0).total_cmp(&b.importance().unwrap_or(0.0)))?;
    strongest.axes.first().map(|axis| axis.input)
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
