//! Cells as they are written to a session file: `null`, `1.5`, `"text"`, `true`, `{"date": milliseconds}`; a number
//! without an end, which JSON has not, as `{"infinite": "above"}`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::Value;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Missing(()),
    YesNo(bool),
    Number(f64),
    Text(String),
    Date { date: i64 },
    Infinite { infinite: End },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    Above,
    Below,
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let written = match self {
            Self::Missing => Written::Missing(()),
            Self::Number(v) if v.is_finite() => Written::Number(*v),
            Self::Number(v) => Written::Infinite { infinite: if *v > 0.0 { End::Above } else { End::Below } },
            Self::Text(text) => Written::Text(text.clone()),
            Self::YesNo(yes) => Written::YesNo(*yes),
            Self::Date(millis) => Written::Date { date: *millis },
        };
        written.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(from)? {
            Written::Missing(()) => Self::Missing,
            Written::YesNo(yes) => Self::YesNo(yes),
            Written::Number(v) => Self::Number(v),
            Written::Text(text) => Self::Text(text),
            Written::Date { date } => Self::Date(date),
            Written::Infinite { infinite: End::Above } => Self::Number(f64::INFINITY),
            Written::Infinite { infinite: End::Below } => Self::Number(f64::NEG_INFINITY),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_comes_back_as_it_was() {
        let cells = [
            Value::Missing,
            Value::Number(0.1 + 0.2),
            Value::Number(3.0),
            Value::Number(1e300),
            Value::Number(f64::INFINITY),
            Value::Number(f64::NEG_INFINITY),
            Value::Text(String::new()),
            Value::Text("null".to_owned()),
            Value::YesNo(false),
            Value::Date(i64::MAX),
            Value::Date(-1),
        ];
        let text = serde_json::to_string(&cells).expect("written");
        let back: Vec<Value> = serde_json::from_str(&text).expect("read");
        assert!(back.len() == cells.len() && back.iter().zip(&cells).all(|(a, b)| a.is_same(b)), "{text}");
        for wrong in ["[]", "{}", r#"{"infinite":"up"}"#, r#"{"date":1.5}"#] {
            assert!(serde_json::from_str::<Value>(wrong).is_err(), "{wrong}");
        }
    }
}
