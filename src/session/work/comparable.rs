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

#[cfg(test)]
mod tests {
    use crate::base::Fingerprint;

    use super::*;

    fn card(task: TaskKind, classes: &[&str]) -> ModelCard {
        let classes: Vec<String> = classes.iter().map(|c| (*c).to_owned()).collect();
        let outputs =
            if task == TaskKind::Binary { classes.iter().skip(1).cloned().collect() } else { classes.clone() };
        ModelCard {
            name: "model".to_owned(),
            path: None,
            sha256: Fingerprint::of(b""),
            bytes: 0,
            format: String::new(),
            library: None,
            algorithm: String::new(),
            objective: None,
            task,
            inputs: Vec::new(),
            outputs,
            classes,
            native_scale: Scale::Margin,
            log_odds: true,
            scales: vec![Scale::Margin, Scale::Probability],
            steps: None,
            facts: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn outputs_are_matched_by_the_names_of_their_classes() {
        let many = |classes| card(TaskKind::Multiclass, classes);
        let own = many(&["a", "b", "c"]);
        assert_eq!(by_name(&own, &many(&["c", "a", "b"])).expect("the same classes"), [1, 2, 0]);
        let problem = by_name(&own, &many(&["a", "b", "d"])).expect_err("another class");
        assert!(problem.place.contains("“d”"), "{problem}");
    }

    #[test]
    fn two_models_of_opposite_positive_classes_are_refused() {
        let two = |classes| card(TaskKind::Binary, classes);
        assert_eq!(by_name(&two(&["paid", "default"]), &two(&["paid", "default"])).expect("the same"), [0]);
        let problem = by_name(&two(&["paid", "default"]), &two(&["default", "paid"])).expect_err("turned round");
        assert!(problem.place.contains("“default”") && problem.place.contains("“paid”"), "{problem}");
    }
}
