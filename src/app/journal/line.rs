//! Lines of a journal: each holds what changed since the line before, so that all of them in order are the document.

use serde_json::{Map, Value};

use crate::session::Document;

/// What a document says, decision by decision, and cells apart from pins.
pub(super) fn flat(document: &Document) -> Map<String, Value> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(document) else { return Map::new() };
    for part in PARTED {
        if let Some(Value::Object(fields)) = all.remove(*part) {
            all.extend(fields.into_iter().map(|(name, value)| (format!("{part}/{name}"), value)));
        }
    }
    all
}

/// Parts of a document whose fields are told one by one.
const PARTED: &[&str] = &["decisions", "what_if"];

/// What `after` says that `before` does not.
pub(super) fn change(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let new = |(name, value): &(&String, &Value)| before.get(*name) != Some(*value);
    after.iter().filter(new).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The document that all lines of a journal tell, and how many they are. A last line that was cut short is left out;
/// `None` where nothing can be read.
pub(super) fn replay(text: &str) -> Option<(Document, usize)> {
    let mut all = Map::new();
    let mut lines = 0;
    for line in text.lines() {
        let Ok(Value::Object(change)) = serde_json::from_str(line) else { break };
        all.extend(change);
        lines += 1;
    }
    let mut whole = Map::new();
    for (name, value) in all {
        match name.split_once('/') {
            Some((part, field)) => {
                let fields = whole.entry(part).or_insert_with(|| Value::Object(Map::new()));
                fields.as_object_mut()?.insert(field.to_owned(), value);
            }
            None => drop(whole.insert(name, value)),
        }
    }
    let document = serde_json::from_value(Value::Object(whole)).ok()?;
    (lines > 0).then_some((document, lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(threshold: f64, output: usize) -> Document {
        let mut document = Document::default();
        document.decisions.threshold = threshold;
        document.decisions.output = output;
        document
    }

    #[test]
    fn lines_hold_changes_and_together_the_document() {
        let states = [document(0.5, 0), document(0.25, 0), document(0.25, 3)];
        let mut before = Map::new();
        let mut text = String::new();
        for state in &states {
            let after = flat(state);
            text += &format!("{}\n", Value::Object(change(&before, &after)));
            before = after;
        }
        assert_eq!(text.lines().nth(1), Some(r#"{"decisions/threshold":0.25}"#));
        let (whole, lines) = replay(&text).expect("a journal");
        assert_eq!((lines, whole.decisions.output), (3, 3));
        assert!(whole.decisions.same(&states[2].decisions));
        // Killed in the midst of the last line.
        let (cut, lines) = replay(text.trim_end().trim_end_matches("3}")).expect("a journal");
        assert!(lines == 2 && cut.decisions.same(&states[1].decisions));
        assert!(replay("").is_none() && replay("nonsense").is_none());
    }
}
