//! What both file forms say about the training, as JSON.

use super::super::document::{At, Value};
use super::parts::Info;

/// Reads `params` or `class_params` into `info`; what is absent stays empty.
pub fn read(key: &str, settings: &At<'_>, info: &mut Info) {
    if key == "class_params" {
        info.classes = classes(settings);
        return;
    }
    let loss = settings.optional("loss_function").and_then(|loss| loss.optional("type"));
    if let Some(loss) = loss.and_then(|kind| kind.text().ok()) {
        loss.clone_into(&mut info.loss);
    }
    let rate = settings.optional("boosting_options").and_then(|options| options.optional("learning_rate"));
    info.learning_rate = rate.and_then(|rate| match rate.value {
        Value::Real(rate) => Some(*rate),
        Value::Integer(rate) => Some(*rate as f64),
        _ => None,
    });
}

fn classes(settings: &At<'_>) -> Vec<String> {
    let truth = settings.optional("class_label_type").and_then(|kind| kind.text().ok()) == Some("Boolean");
    let truth_name = |flag: &i64| if *flag == 0 { "False" } else { "True" }.to_owned();
    let Some(names) = settings.optional("class_names") else { return Vec::new() };
    let name = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        _ => String::new(),
    };
    match names.value {
        Value::Integers(flags) if truth => flags.iter().map(truth_name).collect(),
        Value::Flags(flags) => flags.iter().map(truth_name).collect(),
        Value::Integers(numbers) => numbers.iter().map(i64::to_string).collect(),
        Value::Reals(numbers) => numbers.iter().map(f64::to_string).collect(),
        Value::List(values) => values.iter().map(name).collect(),
        _ => Vec::new(),
    }
}

/// The version in the library's account of its own build, as `CatBoost 1.2.10`; without number where none is told.
pub fn version(account: &str) -> String {
    let number = account.split("tags/v").nth(1).map(|rest| rest.split_whitespace().next().unwrap_or(""));
    let number = number.filter(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit() || c == '.'));
    number.map_or_else(|| "CatBoost".to_owned(), |number| format!("CatBoost {number}"))
}
