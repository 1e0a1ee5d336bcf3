//! The wire format of protocol buffers: the fields of one message, borrowed from the file.
//!
//! Written here instead of taken from a crate: it is short, it borrows, nothing is allocated before its bytes are seen,
//! and every refusal names its byte.

use crate::model::ModelError;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// A number of variable length.
    Varint(u64),
    /// Eight bytes.
    Fixed64([u8; 8]),
    /// Text, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
    /// Four bytes.
    Fixed32([u8; 4]),
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The field's number in its message.
    pub number: u32,
    payload: Payload<'a>,
    at: usize,
    inner: usize,
}

/// A message and where it begins in the file.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    start: usize,
}

/// The fields of a message in file order.
pub struct Fields<'a> {
    bytes: &'a [u8],
    start: usize,
    next: usize,
}

impl<'a> Message<'a> {
    /// The whole file as a message.
    pub fn of_file(bytes: &'a [u8]) -> Self {
        Self { bytes, start: 0 }
    }

    /// The fields, each checked when it is reached.
    pub fn fields(&self) -> Fields<'a> {
        Fields { bytes: self.bytes, start: self.start, next: 0 }
    }

    /// A refusal at the beginning of this message.
    pub fn refuse(&self, reason: impl Into<String>) -> ModelError {
        ModelError::malformed(format!("byte {}", self.start), reason)
    }
}

impl<'a> Fields<'a> {
    fn refuse(&self, reason: &str) -> ModelError {
        ModelError::malformed(format!("byte {}", self.start + self.next), reason)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let end = self.next.checked_add(count);
        let part = end.and_then(|end| self.bytes.get(self.next..end));
        let part = part.ok_or_else(|| self.refuse("a field is longer than the message it lies in"))?;
        self.next += count;
        Ok(part)
    }

    fn varint(&mut self) -> Result<u64, ModelError> {
        let rest = self.bytes.get(self.next..).unwrap_or_default();
        let (value, length) = varint(rest).ok_or_else(|| self.refuse("a number is cut off or longer than 64 bits"))?;
        self.next += length;
        Ok(value)
    }

    fn read(&mut self) -> Result<Field<'a>, ModelError> {
        let at = self.start + self.next;
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).ok().filter(|n| *n > 0);
        let number = number.ok_or_else(|| self.refuse("a field has an impossible number"))?;
        let payload = match key & 7 {
            0 => Payload::Varint(self.varint()?),
            1 => Payload::Fixed64(self.take(8)?.try_into().unwrap_or_default()),
            2 => {
                let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
                Payload::Bytes(self.take(length)?)
            }
            5 => Payload::Fixed32(self.take(4)?.try_into().unwrap_or_default()),
            _ => return Err(self.refuse("a field has a wire type that ONNX does not use")),
        };
        let inner = match payload {
            Payload::Bytes(bytes) => self.start + self.next - bytes.len(),
            _ => at,
        };
        Ok(Field { number, payload, at, inner })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, ModelError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.bytes.len() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.next = self.bytes.len();
        }
        Some(field)
    }
}

impl<'a> Field<'a> {
    /// A refusal at this field.
    pub fn refuse(&self, reason: impl Into<String>) -> ModelError {
        ModelError::malformed(format!("byte {}", self.at), reason)
    }

    /// A whole number.
    pub fn int(&self) -> Result<i64, ModelError> {
        match self.payload {
            Payload::Varint(value) => Ok(value.cast_signed()),
            _ => Err(self.refuse(format!("field {} must be a whole number", self.number))),
        }
    }

    /// A number of 32 bits.
    pub fn float(&self) -> Result<f32, ModelError> {
        match self.payload {
            Payload::Fixed32(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err(self.refuse(format!("field {} must be a 32-bit number", self.number))),
        }
    }

    /// Bytes as they are.
    pub fn bytes(&self) -> Result<&'a [u8], ModelError> {
        match self.payload {
            Payload::Bytes(bytes) => Ok(bytes),
            _ => Err(self.refuse(format!("field {} must hold bytes", self.number))),
        }
    }

    /// Text in UTF-8.
    pub fn text(&self) -> Result<&'a str, ModelError> {
        std::str::from_utf8(self.bytes()?).map_err(|_error| self.refuse("a text is not UTF-8"))
    }

    /// A message.
    pub fn message(&self) -> Result<Message<'a>, ModelError> {
        Ok(Message { bytes: self.bytes()?, start: self.inner })
    }

    /// Adds whole numbers, packed or single.
    pub fn ints(&self, all: &mut Vec<i64>) -> Result<(), ModelError> {
        let Payload::Bytes(mut rest) = self.payload else {
            all.push(self.int()?);
            return Ok(());
        };
        while !rest.is_empty() {
            let (value, length) = varint(rest).ok_or_else(|| self.refuse("a packed number is cut off"))?;
            all.push(value.cast_signed());
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    /// Adds 32-bit numbers, packed or single.
    pub fn floats(&self, all: &mut Vec<f32>) -> Result<(), ModelError> {
        match self.payload {
            Payload::Bytes(bytes) => all.extend(self.words(bytes)?.map(f32::from_le_bytes)),
            _ => all.push(self.float()?),
        }
        Ok(())
    }

    /// Adds 64-bit numbers, packed or single.
    pub fn doubles(&self, all: &mut Vec<f64>) -> Result<(), ModelError> {
        match self.payload {
            Payload::Bytes(bytes) => all.extend(self.words(bytes)?.map(f64::from_le_bytes)),
            Payload::Fixed64(bytes) => all.push(f64::from_le_bytes(bytes)),
            _ => return Err(self.refuse(format!("field {} must be a 64-bit number", self.number))),
        }
        Ok(())
    }

    /// Words of `N` bytes each.
    pub fn words<const N: usize>(&self, bytes: &'a [u8]) -> Result<impl Iterator<Item = [u8; N]>, ModelError> {
        if !bytes.len().is_multiple_of(N) {
            return Err(self.refuse(format!("{} bytes are no whole count of numbers", bytes.len())));
        }
        Ok(bytes.chunks_exact(N).map(|word| word.try_into().unwrap_or([0; N])))
    }
}

/// A number of variable length and how many bytes it takes.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f);
        if i == 9 && part > 1 {
            return None;
        }
        value |= part << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length_are_read_to_64_bits() {
        assert_eq!(varint(&[0x96, 0x01]), Some((150, 2)));
        assert_eq!(varint(&[0xff; 9]), None);
        let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(varint(&minus_one).map(|(v, n)| (v.cast_signed(), n)), Some((-1, 10)));
        assert_eq!(varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]), None);
    }

    #[test]
    fn a_field_longer_than_its_message_is_refused_at_its_byte() {
        let fields: Vec<_> = Message::of_file(&[0x08, 0x01, 0x12, 0x7f, 0x00]).fields().collect();
        assert!(matches!(&fields[..], [Ok(_), Err(ModelError::Malformed { place, .. })] if place == "byte 4"));
    }
}
