//! The part of UBJSON that XGBoost writes: big-endian, typed and counted arrays, keys without a marker.
//!
//! No length is believed: it is compared with the bytes that are left before anything is reserved.

use crate::model::ModelError;

use super::{DEPTH_LIMIT, Gather, Name, Value};

pub(super) fn parse(bytes: &[u8], unread: &[&str]) -> Result<Value, ModelError> {
    let mut reader = Reader { bytes, at: 0, unread };
    let marker = reader.marker()?;
    let value = reader.value(marker, 0)?;
    if reader.at < bytes.len() {
        return Err(reader.refuse("something follows the end of the document"));
    }
    Ok(value)
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Names of typed arrays to pass over.
    unread: &'b [&'b str],
}

impl<'b> Reader<'b> {
    fn refuse(&self, reason: impl Into<String>) -> ModelError {
        ModelError::malformed(format!("byte {}", self.at), reason)
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], ModelError> {
        let end = self.at.checked_add(length);
        let Some(part) = end.and_then(|end| self.bytes.get(self.at..end)) else {
            let left = self.bytes.len().saturating_sub(self.at);
            return Err(self.refuse(format!("the file ends too early: {length} bytes are announced, {left} are left")));
        };
        self.at += length;
        Ok(part)
    }

    fn byte(&mut self) -> Result<u8, ModelError> {
        self.take(1).map(|part| part.first().copied().unwrap_or(0))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next marker; `N` is no value and is skipped.
    fn marker(&mut self) -> Result<u8, ModelError> {
        loop {
            let marker = self.byte()?;
            if marker != b'N' {
                return Ok(marker);
            }
        }
    }

    fn value(&mut self, marker: u8, depth: usize) -> Result<Value, ModelError> {
        if depth > DEPTH_LIMIT {
            return Err(self.refuse("the document is nested too deeply"));
        }
        Ok(match marker {
            b'Z' => Value::Null,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'd' | b'D' => Value::Real(real(marker, self.take(width(marker))?)),
            b'i' | b'U' | b'I' | b'l' | b'L' => Value::Integer(integer(marker, self.take(width(marker))?)),
            b'S' => Value::Text(self.text()?),
            b'C' => Value::Text(char::from(self.byte()?).to_string()),
            b'[' => self.array(depth)?,
            b'{' => self.table(depth)?,
            other => return Err(self.refuse(format!("0x{other:02x} is no marker of a value"))),
        })
    }

    fn length(&mut self) -> Result<usize, ModelError> {
        let marker = self.byte()?;
        if !matches!(marker, b'i' | b'U' | b'I' | b'l' | b'L') {
            return Err(self.refuse(format!("expected a length, found 0x{marker:02x}")));
        }
        let value = integer(marker, self.take(width(marker))?);
        usize::try_from(value).map_err(|_error| self.refuse(format!("{value} is no length")))
    }

    fn text(&mut self) -> Result<String, ModelError> {
        let length = self.length()?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn array(&mut self, depth: usize) -> Result<Value, ModelError> {
        let mut all = Gather::new();
        match self.peek() {
            Some(b'$') => {
                self.at += 1;
                let marker = self.byte()?;
                return self.typed(marker);
            }
            Some(b'#') => {
                self.at += 1;
                // Every element takes at least one byte, so that a false count ends at the end of the file.
                for _ in 0..self.length()? {
                    let marker = self.marker()?;
                    all.push(self.value(marker, depth + 1)?);
                }
            }
            _ => loop {
                match self.marker()? {
                    b']' => break,
                    marker => all.push(self.value(marker, depth + 1)?),
                }
            },
        }
        Ok(all.0)
    }

    fn typed(&mut self, marker: u8) -> Result<Value, ModelError> {
        let all = self.content(marker)?;
        Ok(match marker {
            b'd' => Value::Reals(words(all, |word| f64::from(f32::from_be_bytes(word)))),
            b'D' => Value::Reals(words(all, f64::from_be_bytes)),
            b'l' => Value::Integers(words(all, |word| i64::from(i32::from_be_bytes(word)))),
            b'L' => Value::Integers(words(all, i64::from_be_bytes)),
            b'U' => Value::Integers(words(all, |[byte]| i64::from(byte))),
            _ => Value::Integers(all.chunks_exact(width(marker).max(1)).map(|part| integer(marker, part)).collect()),
        })
    }

    /// The bytes of a typed array.
    fn content(&mut self, marker: u8) -> Result<&'b [u8], ModelError> {
        let width = width(marker);
        if width == 0 {
            return Err(self.refuse(format!("an array of type 0x{marker:02x} holds no numbers")));
        }
        if self.byte()? != b'#' {
            return Err(self.refuse("a typed array must state its length"));
        }
        let count = self.length()?;
        let size = count.checked_mul(width).ok_or_else(|| self.refuse(format!("{count} is no length")))?;
        self.take(size)
    }

    fn table(&mut self, depth: usize) -> Result<Value, ModelError> {
        let mut entries = Vec::new();
        loop {
            while self.peek() == Some(b'N') {
                self.at += 1;
            }
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Table(entries));
                }
                Some(b'$' | b'#') => return Err(self.refuse("counted tables are not used by XGBoost")),
                _ => {}
            }
            let length = self.length()?;
            let name = self.take(length)?;
            let marker = self.marker()?;
            let passed = |name: &[u8]| self.unread.iter().any(|unread| unread.as_bytes() == name);
            if marker == b'[' && self.peek() == Some(b'$') && passed(name) {
                self.at += 1;
                let marker = self.byte()?;
                self.content(marker)?;
                continue;
            }
            let name = std::str::from_utf8(name).map_or_else(|_| Name::from_utf8_lossy(name), Name::new);
            entries.push((name, self.value(marker, depth + 1)?));
        }
    }
}

/// Numbers of `N` bytes each.
fn words<T, const N: usize>(bytes: &[u8], word: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|bytes| word(*bytes)).collect()
}

/// Bytes of a number; 0 for what is no number.
fn width(marker: u8) -> usize {
    match marker {
        b'i' | b'U' => 1,
        b'I' => 2,
        b'l' | b'd' => 4,
        b'L' | b'D' => 8,
        _ => 0,
    }
}

fn integer(marker: u8, bytes: &[u8]) -> i64 {
    let raw = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    match marker {
        b'i' => i64::from(raw as u8 as i8),
        b'I' => i64::from(raw as u16 as i16),
        b'l' => i64::from(raw as u32 as i32),
        _ => raw as i64,
    }
}

fn real(marker: u8, bytes: &[u8]) -> f64 {
    let raw = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    if marker == b'd' { f64::from(f32::from_bits(raw as u32)) } else { f64::from_bits(raw) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_and_counted_arrays_are_read() {
        let mut bytes =
            b"{U\x01a[$l#U\x02\x00\x00\x00\x01\xff\xff\xff\xffU\x01b[#U\x02i\x07i\xf9U\x01c[$d#U\x01".to_vec();
        bytes.extend(1.5_f32.to_be_bytes());
        bytes.extend(b"U\x01dSU\x02hiU\x01e[TF]}");
        let Value::Table(entries) = parse(&bytes, &[]).unwrap() else { panic!("expected a table") };
        let values: Vec<Value> = entries.into_iter().map(|(_, v)| v).collect();
        assert_eq!(
            values,
            [
                Value::Integers(vec![1, -1]),
                Value::Integers(vec![7, -7]),
                Value::Reals(vec![1.5]),
                Value::Text("hi".to_owned()),
                Value::Flags(vec![1, 0]),
            ]
        );
        let Value::Table(entries) = parse(&bytes, &["a", "b", "d"]).unwrap() else { panic!("expected a table") };
        assert_eq!(entries.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "c", "d", "e"]);
    }

    #[test]
    fn a_false_length_is_refused_before_anything_is_reserved() {
        for head in [
            &b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff"[..],
            b"[#L\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"[$Z#l\x7f\xff\xff\xff",
        ] {
            assert!(parse(head, &[]).is_err());
        }
        assert!(parse(b"SL\x80\0\0\0\0\0\0\0", &[]).is_err());
        assert!(parse(&b"[".repeat(1_000_000), &[]).is_err());
    }
}
