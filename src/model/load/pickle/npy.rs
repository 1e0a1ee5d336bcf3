//! The header of a `.npy` file: a dictionary written as Python writes it.

use std::borrow::Cow;

use crate::model::ModelError;

use super::array::Array;
use super::at::At;
use super::dtype::{Dtype, Kind};

/// Nesting of lists and tuples in a header.
const DEPTH_LIMIT: usize = 4;
/// Bytes of a header.
const HEADER_LIMIT: usize = 1 << 16;

/// The array that the file `bytes` holds.
pub fn array<'d>(at: &At<'d>, bytes: &'d [u8]) -> Result<Array<'d>, ModelError> {
    let (header, content) = split(bytes).ok_or_else(|| at.refuse("the array's file has no header"))?;
    let mut words = Words { rest: header };
    let parsed = words.literal(0).and_then(described);
    let (dtype, fortran, shape) = parsed.ok_or_else(|| at.refuse("the header of the array is not read"))?;
    Array::raw(at, dtype, shape, fortran, Cow::Borrowed(content))
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (start, length) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => (10, usize::from(u16::from_le_bytes([*a, *b]))),
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            (12, usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?)
        }
        _ => return None,
    };
    let end = length.checked_add(start).filter(|_| length <= HEADER_LIMIT)?;
    Some((bytes.get(start..end)?, bytes.get(end..)?))
}

/// A literal of Python.
enum Literal {
    Word(String),
    Flag(bool),
    Count(usize),
    Row(Vec<Self>),
    Table(Vec<(Self, Self)>),
}

fn described(header: Literal) -> Option<(Dtype, bool, Vec<usize>)> {
    let Literal::Table(entries) = header else { return None };
    let (mut dtype, mut fortran, mut shape) = (None, None, None);
    for (key, value) in entries {
        let Literal::Word(key) = key else { return None };
        match (key.as_str(), value) {
            ("descr", value) => dtype = Some(self::dtype(value)?),
            ("fortran_order", Literal::Flag(flag)) => fortran = Some(flag),
            ("shape", Literal::Row(items)) => {
                let counts = items.into_iter().map(|item| match item {
                    Literal::Count(count) => Some(count),
                    _ => None,
                });
                shape = Some(counts.collect::<Option<Vec<usize>>>()?);
            }
            _ => return None,
        }
    }
    Some((dtype?, fortran?, shape?))
}

/// A short name, or the fields of a record; fields without a name fill gaps.
fn dtype(value: Literal) -> Option<Dtype> {
    let items = match value {
        Literal::Word(name) => return Dtype::from_name(&name),
        Literal::Row(items) => items,
        _ => return None,
    };
    let (mut fields, mut size) = (Vec::new(), 0_usize);
    for item in items {
        let Literal::Row(pair) = item else { return None };
        let [Literal::Word(name), Literal::Word(kind)] = pair.as_slice() else { return None };
        if name.is_empty() {
            let gap: usize = kind.strip_prefix("|V")?.parse().ok()?;
            size = size.checked_add(gap)?;
            continue;
        }
        let dtype = Dtype::from_name(kind)?;
        let next = size.checked_add(dtype.size)?;
        fields.push((name.clone(), size, dtype));
        size = next;
    }
    Some(Dtype { kind: Kind::Record, size, big_endian: false, fields })
}

struct Words<'h> {
    rest: &'h [u8],
}

impl Words<'_> {
    fn next(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }

    fn literal(&mut self, depth: usize) -> Option<Literal> {
        if depth > DEPTH_LIMIT {
            return None;
        }
        match self.next()? {
            b'{' => self
                .list(b'}', |words| {
                    let key = words.literal(depth + 1)?;
                    (words.next()? == b':').then_some(())?;
                    Some((key, words.literal(depth + 1)?))
                })
                .map(Literal::Table),
            b'[' => self.list(b']', |words| words.literal(depth + 1)).map(Literal::Row),
            b'(' => self.list(b')', |words| words.literal(depth + 1)).map(Literal::Row),
            quote @ (b'\'' | b'"') => {
                let length = self.rest.iter().position(|b| *b == quote)?;
                let word = self.rest.get(..length)?;
                self.rest = self.rest.get(length + 1..)?;
                (!word.contains(&b'\\')).then(|| Literal::Word(String::from_utf8_lossy(word).into_owned()))
            }
            first => {
                let length = self.rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
                let word = [&[first], self.rest.get(..length)?].concat();
                self.rest = self.rest.get(length..)?;
                match word.as_slice() {
                    b"True" => Some(Literal::Flag(true)),
                    b"False" => Some(Literal::Flag(false)),
                    digits => std::str::from_utf8(digits).ok()?.parse().ok().map(Literal::Count),
                }
            }
        }
    }

    fn list<T>(&mut self, end: u8, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut all = Vec::new();
        while self.peek()? != end {
            all.push(item(self)?);
            if self.peek()? == b',' {
                self.next();
            } else if self.peek()? != end {
                return None;
            }
        }
        self.next();
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Option<(Dtype, bool, Vec<usize>)> {
        let mut words = Words { rest: text.as_bytes() };
        words.literal(0).and_then(described)
    }

    #[test]
    fn headers_are_read_as_numpy_writes_them() {
        let (dtype, fortran, shape) = header("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 4), }  \n").unwrap();
        assert_eq!((dtype.size, fortran, shape), (8, true, vec![3, 4]));
        let (dtype, _, shape) =
            header("{'descr': [('left', '<i8'), ('go', '|u1'), ('', '|V7')], 'fortran_order': False, 'shape': (2,)}")
                .unwrap();
        assert_eq!((dtype.size, shape), (16, vec![2]));
        assert_eq!(dtype.fields.iter().map(|f| f.1).collect::<Vec<_>>(), [0, 8]);
        for broken in [
            "",
            "{",
            "{'descr': }",
            "{'descr': '<f8'}",
            "[[[[[[[[",
            "{'descr': '<f8', 'fortran_order': 1, 'shape': ()}",
        ] {
            assert!(header(broken).is_none(), "{broken}");
        }
    }
}
