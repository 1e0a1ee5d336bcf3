//! A value of a pickle and its place in words: `LogisticRegression.coef_`.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::ModelError;

use super::array::{Array, label_of_flag};
use super::dtype::{Dtype, shown};
use super::value::{Document, Id, Inline, Node};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct At<'d> {
    document: &'d Document<'d>,
    id: Id,
    place: Arc<str>,
}

impl<'d> At<'d> {
    /// The value `id` of a document, called `place` in refusals.
    pub fn new(document: &'d Document<'d>, id: Id, place: impl Into<Arc<str>>) -> Self {
        Self { document, id, place: place.into() }
    }

    /// The value a document ends with.
    pub fn root(document: &'d Document<'d>) -> Self {
        Self::new(document, document.root(), "")
    }

    /// The value itself.
    pub fn node(&self) -> &'d Node<'d> {
        self.document.node(self.id)
    }

    /// Which value of the document it is.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Its place in words.
    pub fn place(&self) -> &str {
        if self.place.is_empty() { "pickle" } else { &self.place }
    }

    /// The same value under another name.
    pub fn renamed(&self, place: impl Into<Arc<str>>) -> Self {
        Self { place: place.into(), ..self.clone() }
    }

    /// Another value of the document at the same place.
    pub fn nested(&self, id: Id) -> Result<Self, ModelError> {
        if id == self.id {
            return Err(self.refuse("the value contains itself"));
        }
        Ok(Self { id, ..self.clone() })
    }

    /// Element `index` of this value.
    pub fn item(&self, index: usize, id: Id) -> Self {
        Self { document: self.document, id, place: format!("{}[{index}]", self.place).into() }
    }

    fn below(&self, key: &str, id: Id) -> Self {
        let place = if self.place.is_empty() { key.into() } else { format!("{}.{key}", self.place).into() };
        Self { document: self.document, id, place }
    }

    /// A refusal at this place.
    pub fn refuse(&self, reason: impl Into<String>) -> ModelError {
        ModelError::malformed(format!("{}, byte {}", self.place(), self.document.byte(self.id)), reason)
    }

    /// A refusal because something else was expected.
    pub fn wrong(&self, wanted: &str) -> ModelError {
        self.refuse(format!("expected {wanted}, found {}", self.described()))
    }

    /// What the value is, in words.
    pub fn described(&self) -> String {
        match self.node() {
            Node::Nothing => "None".to_owned(),
            Node::Flag(_) => "a truth value".to_owned(),
            Node::Integer(_) | Node::Wide => "a whole number".to_owned(),
            Node::Real(_) => "a number".to_owned(),
            Node::Text(_) => "a text".to_owned(),
            Node::Bytes(_) => "bytes".to_owned(),
            Node::List(_) => "a list".to_owned(),
            Node::Tuple(_) => "a tuple".to_owned(),
            Node::Set(_) => "a set".to_owned(),
            Node::Table(_) => "a dictionary".to_owned(),
            Node::Name { .. } => format!("the name {}", self.class_path()),
            Node::Object(_) => format!("an object of {}", self.class_path()),
        }
    }

    /// Module and name of an object's class, or of a name itself.
    pub fn class(&self) -> Option<(&'d str, &'d str)> {
        self.document.class(self.id)
    }

    /// `module.name` of the class, for messages.
    pub fn class_path(&self) -> String {
        self.class().map_or_else(|| "an unnamed class".to_owned(), |(m, n)| format!("{}.{}", shown(m), shown(n)))
    }

    /// Whether the value is `None`.
    pub fn is_nothing(&self) -> bool {
        matches!(self.node(), Node::Nothing)
    }

    /// The state given to an object.
    pub fn state(&self) -> Option<Self> {
        let state = self.document.object(self.id)?.state?;
        Some(Self { id: state, ..self.clone() })
    }

    /// Argument `index` that an object's class is called with.
    pub fn argument(&self, index: usize) -> Result<Self, ModelError> {
        let args = self.document.object(self.id).and_then(|object| self.document.elements(object.args));
        let id =
            args.and_then(|args| args.get(index)).ok_or_else(|| self.refuse(format!("argument {index} is missing")))?;
        Ok(Self { id: *id, ..self.clone() })
    }

    /// What the file stores beside an object that stands for an array.
    pub fn inline(&self) -> Option<&'d Inline<'d>> {
        self.document.object(self.id)?.inline.as_ref()
    }

    /// The entries of a dictionary.
    pub fn entries(&self) -> Result<Vec<(Self, Self)>, ModelError> {
        let entries = match self.node() {
            Node::Table(entries) => entries,
            Node::Object(object) => &object.entries,
            _ => return Err(self.wrong("a dictionary")),
        };
        let at = |id: Id| Self { id, ..self.clone() };
        Ok(entries.iter().map(|(key, value)| (at(*key), at(*value))).collect())
    }

    /// The attribute of an object or the entry of a dictionary, when there is one; also when it is `None`.
    pub fn any(&self, key: &str) -> Option<Self> {
        let lookup = |entries: &'d [(Id, Id)]| {
            let same = |id: Id| matches!(self.document.node(id), Node::Text(text) if text == key);
            entries.iter().rev().find(|(k, _)| same(*k)).map(|(_, value)| self.below(key, *value))
        };
        let table = |id: Id| match self.document.node(id) {
            Node::Table(entries) => lookup(entries),
            _ => None,
        };
        match self.node() {
            Node::Table(entries) => lookup(entries),
            Node::Object(object) => {
                let state = object.state.and_then(|state| match self.document.node(state) {
                    // The state of objects with slots: a dictionary or None, then one more.
                    Node::Tuple(parts) => parts.iter().find_map(|part| table(*part)),
                    _ => table(state),
                });
                state.or_else(|| lookup(&object.entries))
            }
            _ => None,
        }
    }

    /// The attribute or entry, unless it is missing or `None`.
    pub fn optional(&self, key: &str) -> Option<Self> {
        self.any(key).filter(|value| !value.is_nothing())
    }

    /// The attribute or entry that must be there.
    pub fn field(&self, key: &str) -> Result<Self, ModelError> {
        match self.node() {
            Node::Table(_) | Node::Object(_) => self.any(key).ok_or_else(|| self.refuse(format!("{key} is missing"))),
            _ => Err(self.wrong("an object")),
        }
    }

    /// The elements of a list, tuple or set, each called as the whole: to name every element takes longer than to read
    /// small ones.
    pub fn parts(&self) -> Result<Vec<Self>, ModelError> {
        let ids = self.document.elements(self.id).ok_or_else(|| self.wrong("a list"))?;
        Ok(ids.iter().map(|id| Self { id: *id, ..self.clone() }).collect())
    }

    /// The elements of a list, tuple or set, or of an array of objects.
    pub fn items(&self) -> Result<Vec<Self>, ModelError> {
        match self.document.elements(self.id) {
            Some(items) => Ok(items.iter().enumerate().map(|(k, id)| self.item(k, *id)).collect()),
            None if self.class().is_some() => self.array()?.values(),
            None => Err(self.wrong("a list")),
        }
    }

    /// A text.
    pub fn text(&self) -> Result<&'d str, ModelError> {
        match self.node() {
            Node::Text(text) => Ok(text),
            _ => Err(self.wrong("a text")),
        }
    }

    /// Bytes; a text of protocol 0 or Python 2 as Latin-1.
    pub fn bytes(&self) -> Result<Cow<'d, [u8]>, ModelError> {
        match self.node() {
            Node::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Node::Text(text) => {
                let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                bytes.map(Cow::Owned).ok_or_else(|| self.wrong("bytes"))
            }
            _ => Err(self.wrong("bytes")),
        }
    }

    /// A real number, also one that numpy wrapped.
    pub fn real(&self) -> Result<f64, ModelError> {
        match self.node() {
            Node::Real(value) => Ok(*value),
            Node::Integer(value) => Ok(*value as f64),
            Node::Flag(flag) => Ok(f64::from(u8::from(*flag))),
            Node::Object(_) => self.single()?.reals()?.first().copied().ok_or_else(|| self.wrong("a number")),
            _ => Err(self.wrong("a number")),
        }
    }

    /// A whole number, also one that numpy wrapped.
    pub fn integer(&self) -> Result<i64, ModelError> {
        match self.node() {
            Node::Integer(value) => Ok(*value),
            Node::Flag(flag) => Ok(i64::from(*flag)),
            Node::Object(_) => self.single()?.integers()?.first().copied().ok_or_else(|| self.wrong("a whole number")),
            _ => Err(self.wrong("a whole number")),
        }
    }

    fn single(&self) -> Result<Array<'d>, ModelError> {
        match self.array() {
            Ok(array) if array.count() == 1 => Ok(array),
            _ => Err(self.wrong("a number")),
        }
    }

    /// A count: a whole number that is not negative.
    pub fn count(&self) -> Result<usize, ModelError> {
        usize::try_from(self.integer()?).map_err(|_error| self.refuse("the count is negative or too large"))
    }

    /// A list of counts.
    pub fn counts(&self) -> Result<Vec<usize>, ModelError> {
        self.parts().or_else(|_none| self.items())?.iter().map(Self::count).collect()
    }

    /// A truth value; numbers other than 0 are true.
    pub fn flag(&self) -> Result<bool, ModelError> {
        self.integer().map(|value| value != 0)
    }

    /// A text, number or truth value as Python prints it.
    pub fn label(&self) -> Result<String, ModelError> {
        match self.node() {
            Node::Text(text) => Ok(text.clone().into_owned()),
            Node::Integer(value) => Ok(value.to_string()),
            Node::Real(value) => Ok(format!("{value:?}")),
            Node::Flag(flag) => Ok(label_of_flag(*flag).to_owned()),
            Node::Nothing => Ok("None".to_owned()),
            Node::Object(_) => {
                let labels = self.single()?.labels()?;
                labels.into_iter().next().ok_or_else(|| self.wrong("a name"))
            }
            _ => Err(self.wrong("a name")),
        }
    }

    /// The record type read last, when it was read here.
    pub fn known_record(&self) -> Option<Arc<Dtype>> {
        self.document.known_record(self.id)
    }

    /// Keeps the record type read here.
    pub fn keep_record(&self, dtype: &Arc<Dtype>) {
        self.document.keep_record(self.id, dtype);
    }

    /// The array at this place.
    pub fn array(&self) -> Result<Array<'d>, ModelError> {
        Array::read(self)
    }
}
