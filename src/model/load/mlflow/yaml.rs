//! The part of YAML that MLflow writes: mappings, lists and scalars, read into a document. What can make a small file
//! large or give a text a meaning (anchors, aliases, tags, several documents) is refused.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::model::ModelError;

use super::super::document::{Name, Value};

/// Larger files are no `MLmodel`; a signature of ten thousand columns takes less than one.
const SIZE_LIMIT: usize = 4 << 20;
/// Nesting allowed; real files have four levels.
const DEPTH_LIMIT: usize = 16;

/// A mapping or list that is not closed yet, with the key that waits for its value.
enum Open {
    Table(Vec<(Name, Value)>, Option<Name>),
    List(Vec<Value>),
}

/// Reads the only document of a file. Every scalar is a text, except `null`, `~` and nothing.
pub fn parse(bytes: &[u8]) -> Result<Value, ModelError> {
    if bytes.len() > SIZE_LIMIT {
        return Err(ModelError::malformed("MLmodel", "the file is larger than 4 MiB"));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ModelError::malformed(format!("byte {}", error.valid_up_to()), "the file is no text"))?;
    let mut open: Vec<Open> = Vec::new();
    let mut whole = None;
    for item in Parser::new_from_str(text) {
        let (event, span) = item.map_err(|error| {
            ModelError::malformed(format!("line {}", error.marker().line()), format!("no YAML: {}", error.info()))
        })?;
        let refuse = |reason: &str| ModelError::malformed(format!("line {}", span.start.line()), reason);
        let closed = match event {
            Event::Scalar(_, _, 1.., _)
            | Event::SequenceStart(1.., _)
            | Event::MappingStart(1.., _)
            | Event::Alias(_) => {
                return Err(refuse("anchors and aliases are not allowed in an MLmodel file"));
            }
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                return Err(refuse("tags are not allowed in an MLmodel file"));
            }
            Event::Scalar(text, style, ..) => Some(scalar(&text, style)),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Table(Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|part| match part {
                Open::Table(entries, _) => Value::Table(entries),
                Open::List(items) => Value::List(items),
            }),
            Event::DocumentStart(_) if whole.is_some() => return Err(refuse("the file holds several documents")),
            _ => None,
        };
        if open.len() > DEPTH_LIMIT {
            return Err(refuse("the file is nested too deeply"));
        }
        match (closed, open.last_mut()) {
            (None, _) => {}
            (Some(value), None) => whole = Some(value),
            (Some(value), Some(Open::List(items))) => items.push(value),
            (Some(value), Some(Open::Table(entries, key))) => match (key.take(), value) {
                (Some(name), value) => entries.push((name, value)),
                (None, Value::Text(name)) => *key = Some(name.into()),
                (None, _) => return Err(refuse("a name must be a text")),
            },
        }
    }
    whole.ok_or_else(|| ModelError::malformed("MLmodel", "the file is empty"))
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match style {
        ScalarStyle::Plain if matches!(text, "" | "~" | "null" | "Null" | "NULL") => Value::Null,
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mlflow_writes_is_read() {
        let text = b"flavors:\n  xgboost:\n    code: null\n    data: model.ubj\n  sklearn: {}\nlist:\n- a\n- 'it''s'\nsignature:\n  inputs: '[{\"type\": \"double\",\n    \"name\": \"b\"}]'\n";
        let text_of = |t: &str| Value::Text(t.to_owned());
        let named =
            |entries: Vec<(&str, Value)>| Value::Table(entries.into_iter().map(|(k, v)| (k.into(), v)).collect());
        let xgboost = named(vec![("code", Value::Null), ("data", text_of("model.ubj"))]);
        let expected = named(vec![
            ("flavors", named(vec![("xgboost", xgboost), ("sklearn", named(vec![]))])),
            ("list", Value::List(vec![text_of("a"), text_of("it's")])),
            ("signature", named(vec![("inputs", text_of("[{\"type\": \"double\", \"name\": \"b\"}]"))])),
        ]);
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn hostile_files_are_refused() {
        let bomb =
            (0..64).fold("a0: &a0 x\n".to_owned(), |text, i| format!("{text}a{}: &a{0} [*a{i}, *a{i}]\n", i + 1));
        for (text, reason) in [
            (bomb, "anchors"),
            ("a: *b".to_owned(), ""),
            ("a: !!python/object:os.system x".to_owned(), "tags"),
            ("a: !x [1]".to_owned(), "tags"),
            ("[".repeat(100_000), ""),
            (
                "a:\n".to_owned() + &(1..2000).map(|i| format!("{}b:\n", " ".repeat(i))).collect::<String>(),
                "nested too",
            ),
            ("- ".repeat(100_000), "nested too"),
            ("a: 1\n---\nb: 2\n".to_owned(), "several"),
            ("[a]: 1".to_owned(), "name"),
            ("a: 'b".to_owned(), ""),
            (String::new(), "empty"),
            ("x".repeat(SIZE_LIMIT + 1), "larger"),
        ] {
            match parse(text.as_bytes()) {
                Err(ModelError::Malformed { place, reason: found }) => {
                    assert!(!place.is_empty() && found.contains(reason), "{place}: {found}");
                }
                other => panic!("expected a refusal, got {other:?}"),
            }
        }
        assert!(parse(b"a: \xff").is_err());
    }
}
