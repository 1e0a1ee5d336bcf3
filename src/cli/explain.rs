//! `candor predict` and `candor explain`.

use serde_json::{Value, json};

use crate::base::{Problem, text};
use crate::explain::method::{answering, automatic, find};
use crate::explain::{Explanation, Fidelity, Provenance, Shape};
use crate::model::{Model, Scale, Structure, TaskKind};
use crate::session::write::Ending;
use crate::session::{Command, Export, Plan};

use super::args::{Common, Explain, How, Inputs, Predict};
use super::desk::{Desk, Failure};
use super::destination::Destination;
use super::print;

/// The setting that puts standard errors beside their feature.
const STD_ERROR: &str = "std-error";

/// Writes predictions.
pub fn predict(args: &Predict, common: Common) -> Result<(), Failure> {
    let destination = table_destination(&args.out, common)?;
    let mut desk = Desk::new(common);
    desk.open(&args.inputs, &How::default())?;
    let scale = match (args.scale, desk.session.model()) {
        (Some(word), _) => word.scale(),
        (None, Some(model)) => default_scale(&**model),
        (None, None) => Scale::Margin,
    };
    desk.carry_out(Command::Export(Export::Predictions(scale), destination.path().to_owned()))?;
    let unit = desk.session.model().map_or("", |m| m.card().unit(scale));
    let rows = desk.session.data().map_or(0, |d| d.row_count());
    warn_of_link(&desk);
    print::say(common, &format!("Predicted {} ({unit}) · {}", text::counted(rows, "row"), destination.words()));
    if common.json && !destination.is_standard() {
        print::put_json(&json!({ "file": destination.words(), "scale": scale.id(), "unit": unit, "rows": rows }))?;
    }
    destination.finish()
}

/// Writes attributions, or whatever the method answers with, each shape in its own layout.
pub fn explain(args: &Explain, common: Common) -> Result<(), Failure> {
    let destination = table_destination(&args.out, common)?;
    let (how, with_errors) = without_error_switch(&args.how)?;
    check_method(how.method())?;
    if super::stream::explain(args, (&how, with_errors), (common, &destination))? {
        return destination.finish();
    }
    let mut desk = Desk::new(common);
    compute(&mut desk, &args.inputs, &how)?;
    let (shape, output) = (shape(&desk.session.plan().method), desk.output(how.output.as_deref())?);
    let export = match shape {
        Shape::Attribution => Export::AttributionColumns { with_errors, output },
        _ => Export::Answer(shape, output),
    };
    desk.carry_out(Command::Export(export, destination.path().to_owned()))?;
    tell(&desk, shape, &destination)?;
    destination.finish()
}

/// The shape of the answer that a method gives; attributions where it is chosen by the model.
pub fn shape(method: &str) -> Shape {
    find(method).map_or(Shape::Attribution, |method| method.answers())
}

/// Opens the inputs and computes what `how` asks for.
pub fn compute(desk: &mut Desk, inputs: &Inputs, how: &How) -> Result<(), Failure> {
    open(desk, inputs, how)?;
    answer(desk, how)
}

/// Opens the inputs.
pub fn open(desk: &mut Desk, inputs: &Inputs, how: &How) -> Result<(), Failure> {
    check_method(how.method())?;
    desk.open(inputs, how)?;
    desk.output(how.output.as_deref()).map(|_known| ())
}

/// Computes what `how` asks for, with the plan of the desk.
pub fn answer(desk: &mut Desk, how: &How) -> Result<(), Failure> {
    // Whoever asks for background rows asks for a method that measures against them.
    let id = desk.session.plan().method.as_str();
    if let (Some(_), "auto", Some(model)) = (how.background_rows, id, desk.session.model())
        && matches!(model.structure(), Structure::Trees(_))
    {
        let method = automatic(&**model, true).to_owned();
        let plan = Plan { method, ..desk.session.plan().clone() };
        desk.carry_out(Command::SetPlan(plan))?;
    }
    desk.carry_out(Command::Explain)
}

/// A session's plan may be about an answer of another shape than the one that is needed: then the usual method for it
/// takes its place, with the settings that were given as words.
pub fn settle(desk: &mut Desk, how: &How, needed: Shape) -> Result<(), Failure> {
    let plan = desk.session.plan();
    if shape(&plan.method) == needed {
        return Ok(());
    }
    let method = if needed == Shape::Attribution { "auto" } else { answering(needed).id() };
    let plan = Plan {
        method: method.to_owned(),
        knobs: how.set.clone(),
        scale: how.over(Plan::default()).scale,
        ..plan.clone()
    };
    desk.carry_out(Command::SetPlan(plan))
}

/// Wrong words are told before any file is opened.
fn check_method(id: &str) -> Result<(), Failure> {
    if id == "auto" || find(id).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = crate::explain::METHODS.iter().map(|m| m.id()).collect();
    Err(Failure::Usage(Problem::new(
        format!("There is no method “{id}”"),
        "--method",
        format!("Known methods: auto, {}", known.join(", ")),
    )))
}

/// Takes `std-error=on` out of the settings, unless the method declares a setting of that name.
pub fn without_error_switch(how: &How) -> Result<(How, bool), Failure> {
    let declares = find(how.method()).is_some_and(|m| m.knobs().iter().any(|k| k.id == STD_ERROR));
    let mut rest = how.clone();
    if declares {
        return Ok((rest, false));
    }
    let mut on = false;
    for (name, value) in &how.set {
        if name == STD_ERROR {
            on = match value.as_str() {
                "on" | "true" | "yes" | "1" => true,
                "off" | "false" | "no" | "0" => false,
                _ => {
                    return Err(Failure::Usage(Problem::new(
                        format!("“{value}” is no value of {STD_ERROR}"),
                        "--set",
                        "Use on or off",
                    )));
                }
            };
        }
    }
    rest.set.retain(|(name, _)| name != STD_ERROR);
    Ok((rest, on))
}

/// The scale of predictions when none is asked for: target units for regressors, else the model's own sum.
fn default_scale(model: &dyn Model) -> Scale {
    let card = model.card();
    if card.task == TaskKind::Regression && card.scales.contains(&Scale::Target) {
        Scale::Target
    } else {
        card.native_scale
    }
}

/// A destination whose ending names a table format; told before anything is computed.
pub fn table_destination(out: &std::path::Path, common: Common) -> Result<Destination, Failure> {
    let destination = Destination::new(out, if common.json { "json" } else { "csv" })?;
    Ending::of(destination.path()).map_err(Failure::Usage)?;
    Ok(destination)
}

/// Says what was computed, how good it is and where it went.
fn tell(desk: &Desk, shape: Shape, destination: &Destination) -> Result<(), Failure> {
    warn_of_link(desk);
    let Some(explanation) = desk.session.answer(shape) else { return Ok(()) };
    print::say(desk.common, &format!("{} · {}", summary(explanation), destination.words()));
    for note in &explanation.provenance.notes {
        print::say(desk.common, note);
    }
    if desk.common.json && !destination.is_standard() {
        print::put_json(&facts(explanation, &destination.words()))?;
    }
    Ok(())
}

/// What the join of table and model wants known.
pub fn warn_of_link(desk: &Desk) {
    for warning in desk.session.link().map_or(&[][..], |link| link.warnings.as_slice()) {
        print::say(desk.common, warning);
    }
}

/// Method, size and measured quality in one line.
pub fn summary(explanation: &Explanation) -> String {
    line(explanation.body.row_count(), &explanation.fidelity, &explanation.provenance)
}

/// Method, number of rows and measured quality in one line.
pub fn line(rows: usize, fidelity: &Fidelity, provenance: &Provenance) -> String {
    let mut parts = vec![format!("{} ({})", provenance.method_title, provenance.method), text::counted(rows, "row")];
    if let Some(gap) = fidelity.gap {
        parts.push(format!("additivity gap {} on the {} scale", text::number(gap), provenance.scale.id()));
    }
    if let Some(error) = fidelity.largest_error {
        parts.push(format!("largest standard error {}", text::number(error)));
    }
    parts.push(format!("background {}", provenance.background_text));
    parts.join(" · ")
}

fn facts(explanation: &Explanation, file: &str) -> Value {
    json!({ "file": file, "fidelity": explanation.fidelity, "provenance": explanation.provenance })
}
