//! One small document type for JSON and UBJSON. Arrays of numbers are packed, so that a large model stays small;
//! every accessor names the place it looked at.

mod json;
mod ubjson;

use std::borrow::Cow;

use compact_str::CompactString;

use crate::model::ModelError;

/// Nesting allowed in a document; real models need about ten levels.
const DEPTH_LIMIT: usize = 64;

/// The name of a value. Short ones need no memory of their own: a model of many trees repeats them in each.
pub type Name = CompactString;

/// A value of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// A truth value outside an array.
    Bool(bool),
    /// A whole number outside an array.
    Integer(i64),
    /// Any other number outside an array.
    Real(f64),
    /// A text.
    Text(String),
    /// An array of whole numbers, among which truth values are 0 and 1; also the empty array.
    Integers(Vec<i64>),
    /// An array of truth values alone, as 0 and 1.
    Flags(Vec<i64>),
    /// An array of numbers.
    Reals(Vec<f64>),
    /// Any other array.
    List(Vec<Self>),
    /// Named values, in file order.
    Table(Vec<(Name, Self)>),
}

impl Value {
    /// Reads JSON; bare `NaN`, `Infinity` and `-Infinity` are numbers.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ModelError> {
        json::parse(bytes, &[])
    }

    /// As [`Self::from_json`], without the values that have one of the names `unread`, wherever they stand: most of a
    /// large model is of no use to predictions.
    pub fn from_json_without(bytes: &[u8], unread: &[&str]) -> Result<Self, ModelError> {
        json::parse(bytes, unread)
    }

    /// Takes out the list at a path of names, so that its items can be dropped one by one; what is no list stays.
    pub fn take_list(&mut self, path: &[&str]) -> Option<Vec<Self>> {
        match (path.split_first(), self) {
            (None, place @ Self::List(_)) => match std::mem::replace(place, Self::Integers(Vec::new())) {
                Self::List(items) => Some(items),
                _ => None,
            },
            (Some((first, rest)), Self::Table(entries)) => {
                entries.iter_mut().find(|(name, _)| name == first)?.1.take_list(rest)
            }
            _ => None,
        }
    }

    /// Reads UBJSON as XGBoost writes it, without the typed arrays that have one of the names `unread`.
    pub fn from_ubjson_without(bytes: &[u8], unread: &[&str]) -> Result<Self, ModelError> {
        ubjson::parse(bytes, unread)
    }
}

/// Collects array elements and stays packed as long as they are numbers.
struct Gather(Value);

impl Gather {
    fn new() -> Self {
        Self(Value::Integers(Vec::new()))
    }

    /// The array, without room for more.
    fn closed(mut self) -> Value {
        match &mut self.0 {
            Value::Integers(all) | Value::Flags(all) => all.shrink_to_fit(),
            Value::Reals(all) => all.shrink_to_fit(),
            Value::List(all) => all.shrink_to_fit(),
            _ => {}
        }
        self.0
    }

    fn push(&mut self, item: Value) {
        let item = match (&mut self.0, item) {
            (Value::Flags(all), Value::Bool(flag)) => return all.push(i64::from(flag)),
            (Value::Integers(none), Value::Bool(flag)) if none.is_empty() => {
                self.0 = Value::Flags(vec![i64::from(flag)]);
                return;
            }
            (_, Value::Bool(flag)) => Value::Integer(i64::from(flag)),
            (_, other) => other,
        };
        if let Value::Flags(all) = &mut self.0 {
            self.0 = Value::Integers(std::mem::take(all));
        }
        match (&mut self.0, item) {
            (Value::Integers(all), Value::Integer(v)) => all.push(v),
            (Value::Reals(all), Value::Real(v)) => all.push(v),
            (Value::Reals(all), Value::Integer(v)) => all.push(v as f64),
            (Value::Integers(all), Value::Real(v)) => {
                let mut reals: Vec<f64> = all.iter().map(|v| *v as f64).collect();
                reals.push(v);
                self.0 = Value::Reals(reals);
            }
            (Value::List(all), item) => all.push(item),
            (Value::Integers(all), item) => {
                let mut list: Vec<Value> = all.iter().map(|v| Value::Integer(*v)).collect();
                list.push(item);
                self.0 = Value::List(list);
            }
            (Value::Reals(all), item) => {
                let mut list: Vec<Value> = all.iter().map(|v| Value::Real(*v)).collect();
                list.push(item);
                self.0 = Value::List(list);
            }
            _ => {}
        }
    }
}

/// A value and the place where it stands: `learner.gradient_booster.model.trees[12]`.
#[derive(Clone, Debug)]
pub struct At<'d> {
    /// The value.
    pub value: &'d Value,
    /// Its place in words.
    pub place: String,
}

impl<'d> At<'d> {
    /// The whole document.
    pub fn root(value: &'d Value) -> Self {
        Self { value, place: String::new() }
    }

    fn below(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// A refusal at this place.
    pub fn refuse(&self, reason: impl Into<String>) -> ModelError {
        let place = if self.place.is_empty() { "document" } else { &self.place };
        ModelError::malformed(place, reason)
    }

    fn wrong(&self, wanted: &str) -> ModelError {
        let found = match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Integer(_) => "a whole number",
            Value::Real(_) => "a number",
            Value::Text(_) => "a text",
            Value::Integers(_) => "whole numbers",
            Value::Flags(_) => "truth values",
            Value::Reals(_) => "numbers",
            Value::List(_) => "a list",
            Value::Table(_) => "named values",
        };
        self.refuse(format!("expected {wanted}, found {found}"))
    }

    /// The named value below, when there is one.
    pub fn optional(&self, key: &str) -> Option<Self> {
        self.named(key).map(|value| Self { value, place: self.below(key) })
    }

    fn named(&self, key: &str) -> Option<&'d Value> {
        let Value::Table(entries) = self.value else { return None };
        let (_, value) = entries.iter().find(|(k, _)| k == key)?;
        (*value != Value::Null).then_some(value)
    }

    /// The named value below.
    pub fn field(&self, key: &str) -> Result<Self, ModelError> {
        match self.value {
            Value::Table(_) => {
                self.optional(key).ok_or_else(|| ModelError::malformed(self.below(key), "the field is missing"))
            }
            _ => Err(self.wrong("named values")),
        }
    }

    /// Names and values, in file order.
    pub fn entries(&self) -> impl Iterator<Item = (&'d str, &'d Value)> {
        let entries: &'d [(Name, Value)] = match self.value {
            Value::Table(entries) => entries,
            _ => &[],
        };
        entries.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// The elements of a list of anything but numbers.
    pub fn items(&self) -> Result<impl Iterator<Item = Self>, ModelError> {
        let items: &'d [Value] = match self.value {
            Value::List(items) => items,
            Value::Integers(none) if none.is_empty() => &[],
            _ => return Err(self.wrong("a list")),
        };
        let place = self.place.clone();
        Ok(items.iter().enumerate().map(move |(i, value)| Self { value, place: format!("{place}[{i}]") }))
    }

    /// A text.
    pub fn text(&self) -> Result<&'d str, ModelError> {
        match self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong("a text")),
        }
    }

    /// A number, when it is one.
    pub fn real(&self) -> Option<f64> {
        match self.value {
            Value::Integer(value) => Some(*value as f64),
            Value::Real(value) => Some(*value),
            _ => None,
        }
    }

    /// A list of texts.
    pub fn texts(&self) -> Result<Vec<&'d str>, ModelError> {
        self.items()?.map(|item| item.text()).collect()
    }

    /// A whole number, also one written as a text.
    pub fn whole(&self) -> Result<i64, ModelError> {
        match self.value {
            Value::Integer(value) => Ok(*value),
            Value::Text(text) => {
                text.trim().parse().map_err(|_error| self.refuse(format!("“{}” is no whole number", shown(text))))
            }
            _ => Err(self.wrong("a whole number")),
        }
    }

    /// A whole number that is not negative.
    pub fn count(&self) -> Result<usize, ModelError> {
        let value = self.whole()?;
        usize::try_from(value).map_err(|_error| self.refuse(format!("{value} is no count")))
    }

    /// The array of whole numbers or truth values that is named below. Unlike `field(key)?.integers()` it makes no place
    /// unless it refuses.
    pub fn integers_of(&self, key: &str) -> Result<&'d [i64], ModelError> {
        match self.named(key) {
            Some(Value::Integers(values) | Value::Flags(values)) => Ok(values),
            _ => self.field(key)?.integers(),
        }
    }

    /// The array of numbers that is named below; as [`Self::integers_of`].
    pub fn reals_of(&self, key: &str) -> Result<Cow<'d, [f64]>, ModelError> {
        match self.named(key) {
            Some(Value::Reals(values)) => Ok(Cow::Borrowed(values)),
            _ => self.field(key)?.reals(),
        }
    }

    /// The count that is named below, when there is one; as [`Self::integers_of`].
    pub fn count_of(&self, key: &str) -> Result<Option<usize>, ModelError> {
        match self.named(key) {
            None => Ok(None),
            Some(value) => match (Self { value, place: String::new() }).count() {
                Ok(count) => Ok(Some(count)),
                Err(_) => self.optional(key).map(|at| at.count()).transpose(),
            },
        }
    }

    /// An array of whole numbers or truth values.
    pub fn integers(&self) -> Result<&'d [i64], ModelError> {
        match self.value {
            Value::Integers(values) | Value::Flags(values) => Ok(values),
            _ => Err(self.wrong("whole numbers")),
        }
    }

    /// An array of numbers.
    pub fn reals(&self) -> Result<Cow<'d, [f64]>, ModelError> {
        match self.value {
            Value::Reals(values) => Ok(Cow::Borrowed(values)),
            Value::Integers(values) | Value::Flags(values) => Ok(values.iter().map(|v| *v as f64).collect()),
            _ => Err(self.wrong("numbers")),
        }
    }
}

/// At most 40 characters of a text from a file, for a message.
pub fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
