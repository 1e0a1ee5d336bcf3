//! numpy's element types, as pickles, joblib and `.npy` headers write them.

use std::sync::Arc;

use crate::model::ModelError;

use super::at::At;
use super::value::Node;

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IEEE numbers of 4 or 8 bytes.
    Real,
    /// Signed whole numbers.
    Signed,
    /// Unsigned whole numbers.
    Unsigned,
    /// Truth values.
    Flag,
    /// Bytes of fixed length, filled up with zeros.
    Bytes,
    /// Text of fixed length in code points of 4 bytes, filled up with zeros.
    Text,
    /// References to values of the pickle.
    Object,
    /// Named fields.
    Record,
}

/// An element type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dtype {
    /// What an element is.
    pub kind: Kind,
    /// Bytes of an element; never 0, except for texts and bytes without a character.
    pub size: usize,
    /// Whether the highest byte comes first.
    pub big_endian: bool,
    /// Fields of a record: name, first byte, type.
    pub fields: Vec<(String, usize, Self)>,
}

/// Fields a record may have.
const FIELD_LIMIT: usize = 256;

impl Dtype {
    /// A type from numpy's short name: `f8`, `<i4`, `|b1`, `U5`. Records and objects have none here.
    pub fn from_name(name: &str) -> Option<Self> {
        let big_endian = name.starts_with('>');
        let mut letters = name.trim_start_matches(['<', '>', '|', '=']).chars();
        let letter = letters.next()?;
        let digits = letters.as_str();
        let count: usize = if digits.is_empty() { 1 } else { digits.parse().ok()? };
        let (kind, size) = match (letter, count) {
            ('f', 4 | 8) => (Kind::Real, count),
            ('i', 1 | 2 | 4 | 8) => (Kind::Signed, count),
            ('u', 1 | 2 | 4 | 8) => (Kind::Unsigned, count),
            ('b', 1) | ('?', _) => (Kind::Flag, 1),
            ('S' | 'a', _) => (Kind::Bytes, count),
            ('U', _) => (Kind::Text, count.checked_mul(4)?),
            ('O', _) => (Kind::Object, 8),
            _ => return None,
        };
        Some(Self { kind, size, big_endian, fields: Vec::new() })
    }

    /// The type a pickled `numpy.dtype` stands for. The record read last is kept: all trees of a forest share one.
    pub fn read(at: &At<'_>) -> Result<Arc<Self>, ModelError> {
        if let Some(known) = at.known_record() {
            return Ok(known);
        }
        let dtype = Arc::new(Self::read_nested(at, 0)?);
        if dtype.kind == Kind::Record {
            at.keep_record(&dtype);
        }
        Ok(dtype)
    }

    fn read_nested(at: &At<'_>, depth: usize) -> Result<Self, ModelError> {
        if at.class().is_none_or(|(module, name)| !module.starts_with("numpy") || !name.ends_with("dtype")) {
            return Err(at.refuse("expected a numpy dtype"));
        }
        let name = at.argument(0)?;
        let name = name.text()?;
        let state = match at.state() {
            Some(state) => state.parts()?,
            None => Vec::new(),
        };
        if name.trim_start_matches(['|', '<', '>', '=']).starts_with('V') {
            return Self::record(at, &state, depth);
        }
        let mut dtype =
            Self::from_name(name).ok_or_else(|| at.refuse(format!("the dtype “{}” is not read", shown(name))))?;
        if let Some(Node::Text(order)) = state.get(1).map(At::node) {
            dtype.big_endian |= order == ">";
        }
        Ok(dtype)
    }

    fn record(at: &At<'_>, state: &[At<'_>], depth: usize) -> Result<Self, ModelError> {
        let (Some(names), Some(table), Some(size)) = (state.get(3), state.get(4), state.get(5)) else {
            return Err(at.refuse("the record has no fields"));
        };
        let names = names.parts()?;
        if depth > 1 || names.is_empty() || names.len() > FIELD_LIMIT {
            return Err(at.refuse("the record has no fields, too many or nested ones"));
        }
        let size = size.count()?;
        let mut fields = Vec::with_capacity(names.len());
        for name in &names {
            let name = name.text()?;
            let field = table.field(name)?.parts()?;
            let [dtype, first, ..] = field.as_slice() else { return Err(at.refuse("a field has no place")) };
            let (dtype, first) = (Self::read_nested(dtype, depth + 1)?, first.count()?);
            if first.checked_add(dtype.size).is_none_or(|end| end > size) {
                return Err(at.refuse(format!("the field {} lies outside the record", shown(name))));
            }
            fields.push((name.to_owned(), first, dtype));
        }
        Ok(Self { kind: Kind::Record, size, big_endian: false, fields })
    }

    /// Whether elements are references to other values.
    pub fn is_object(&self) -> bool {
        self.kind == Kind::Object
    }

    /// An element as a real number; nothing when it is none or `bytes` has another length.
    pub fn real(&self, bytes: &[u8]) -> Option<f64> {
        match self.kind {
            Kind::Real if self.size == 4 => Some(f64::from(f32::from_bits(u32::try_from(self.word(bytes)?).ok()?))),
            Kind::Real => self.word(bytes).map(f64::from_bits),
            Kind::Unsigned => self.word(bytes).map(|word| word as f64),
            _ => self.integer(bytes).map(|value| value as f64),
        }
    }

    /// An element as a whole number.
    pub fn integer(&self, bytes: &[u8]) -> Option<i64> {
        let word = self.word(bytes)?;
        match self.kind {
            Kind::Signed => {
                let spare = 64_usize.checked_sub(8_usize.checked_mul(self.size)?)?;
                Some((word << spare).cast_signed() >> spare)
            }
            Kind::Unsigned => i64::try_from(word).ok(),
            Kind::Flag => Some(i64::from(word != 0)),
            _ => None,
        }
    }

    /// An element as a text.
    pub fn text(&self, bytes: &[u8]) -> Option<String> {
        let text: String = match self.kind {
            Kind::Bytes => String::from_utf8_lossy(bytes).into_owned(),
            Kind::Text => bytes
                .chunks_exact(4)
                .map(|c| {
                    let word: [u8; 4] = c.try_into().unwrap_or_default();
                    let code = if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) };
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                })
                .collect(),
            _ => return None,
        };
        Some(text.trim_end_matches('\0').to_owned())
    }

    fn word(&self, bytes: &[u8]) -> Option<u64> {
        if bytes.len() != self.size || bytes.len() > 8 {
            return None;
        }
        if let Ok(whole) = <[u8; 8]>::try_from(bytes) {
            return Some(if self.big_endian { u64::from_be_bytes(whole) } else { u64::from_le_bytes(whole) });
        }
        let mut word = [0; 8];
        word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        if self.big_endian {
            word.get_mut(..self.size)?.reverse();
        }
        Some(u64::from_le_bytes(word))
    }
}

/// The start of a name from a file, for messages.
pub fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_and_order_are_read() {
        for (name, bytes, value) in [
            ("<i2", &[0xfe, 0xff][..], -2.0),
            (">i2", &[0xff, 0xfe], -2.0),
            ("i1", &[0x80], -128.0),
            ("u1", &[0x80], 128.0),
            ("<u8", &[0, 0, 0, 0, 0, 1, 0, 0], 1_099_511_627_776.0),
            ("?", &[1], 1.0),
            ("<f4", &[0, 0, 0x80, 0x3f], 1.0),
            (">f8", &[0x3f, 0xf0, 0, 0, 0, 0, 0, 0], 1.0),
        ] {
            assert_eq!(Dtype::from_name(name).unwrap().real(bytes), Some(value), "{name}");
        }
        assert_eq!(Dtype::from_name("u8").unwrap().integer(&[0xff; 8]), None, "beyond 63 bits");
        assert_eq!(Dtype::from_name("i4").unwrap().real(&[0; 8]), None);
        assert_eq!(Dtype::from_name("<U2").unwrap().text(&[0xe4, 0, 0, 0, 0, 0, 0, 0]).as_deref(), Some("ä"));
        for unknown in ["c16", "f2", "M8", "V8", "", "i3", "U99999999999999999999"] {
            assert_eq!(Dtype::from_name(unknown), None, "{unknown}");
        }
    }
}
