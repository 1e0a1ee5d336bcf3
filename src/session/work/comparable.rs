//! Whether two models answer the same question, and which of their outputs belong together.

use crate::base::Problem;
use crate::model::{Model, ModelCard, Scale, TaskKind, metrics};

use super::link::default_scale;

/// For each output of `champion`, the output of `challenger` that means the same: by name where both files name their
/// classes, else by position. A refusal says what differs.
pub fn match_outputs(champion: &dyn Model, challenger: &dyn Model) -> Result<Vec<usize>, Problem> {
    let (own, other) = (champion.card(), challenger.card());
    if !same_question(own.task, other.task) {
        return Err(refuse(
            format!(
                "“{}” is a model of {}, “{}” one of {}",
                own.name,
                own.task.title(),
                other.name,
                other.task.title()
            ),
            "Open a challenger that predicts the same target in the same way",
        ));
    }
    if own.outputs.len() != other.outputs.len() {
        return Err(refuse(
            format!("“{}” has {} outputs, “{}” has {}", own.name, own.outputs.len(), other.name, other.outputs.len()),
            "Open a challenger that predicts the same classes or targets",
        ));
    }
    let order = by_name(own, other)?;
    let units = |model: &dyn Model| [default_scale(model), metrics::scale_for(model.card())];
    let (first, second) = (units(champion), units(challenger));
    if first != second {
        let words = |scale: Scale, card: &ModelCard| card.unit(scale);
        return Err(refuse(
            format!(
                "“{}” answers in {}, “{}” in {}",
                own.name,
                words(first[0], own),
                other.name,
                words(second[0], other)
            ),
            "Open a challenger that answers in the same unit",
        ));
    }
    Ok(order)
}

/// Numbers are compared with numbers, whatever the loss they were trained with.
fn same_question(own: TaskKind, other: TaskKind) -> bool {
    let plain = |task| if task == TaskKind::Count { TaskKind::Regression } else { task };
    plain(own) == plain(other)
}

fn by_name(own: &ModelCard, other: &ModelCard) -> Result<Vec<usize>, Problem> {
    let by_position = || (0..own.outputs.len()).collect::<Vec<_>>();
    if !own.task.is_classification() || own.classes.is_empty() || other.classes.is_empty() {
        return Ok(by_position());
    }
    let find = |name: &String| other.classes.iter().position(|c| c.trim() == name.trim());
    let found: Option<Vec<usize>> = own.classes.iter().map(find).collect();
    match found {
        Some(order) if own.task == TaskKind::Multiclass => Ok(order),
        Some(order) if order == [0, 1] => Ok(by_position()),
        Some(_) => Err(refuse(
            format!("“{}” predicts “{}”, “{}” predicts “{}”", own.name, own.outputs[0], other.name, other.outputs[0]),
            "Open a challenger whose positive class is the same",
        )),
        None => Err(refuse(
            format!("the classes are {} and {}", listed(&own.classes), listed(&other.classes)),
            "Open a challenger that knows the same classes",
        )),
    }
}

/// The first names of a list.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(4).map(|n| format!("“{n}”")).collect();
    let more = if names.len() > shown.len() { " …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn refuse(place: String, hint: &str) -> Problem {
    Problem::new("These two models cannot be compared", place, hint)
}
