//! A place in the stream; reads ahead are checked against its end.

use crate::model::ModelError;

/// The stream and the next byte.
#[derive(Clone, Debug)]
pub struct Cursor<'f> {
    all: &'f [u8],
    at: usize,
}

impl<'f> Cursor<'f> {
    /// The start of `all`.
    pub fn new(all: &'f [u8]) -> Self {
        Self { all, at: 0 }
    }

    /// Index of the next byte.
    pub fn at(&self) -> usize {
        self.at
    }

    /// A refusal at the next byte.
    pub fn refuse(&self, reason: impl Into<String>) -> ModelError {
        ModelError::malformed(format!("byte {}", self.at), reason)
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'f [u8], ModelError> {
        let end = self.at.checked_add(count);
        let Some(part) = end.and_then(|end| self.all.get(self.at..end)) else {
            let left = self.all.len().saturating_sub(self.at);
            return Err(self.refuse(format!("{count} bytes are announced, {left} are left")));
        };
        self.at = self.at.saturating_add(count);
        Ok(part)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, ModelError> {
        self.array::<1>().map(|[b]| b)
    }

    /// A length in `N` little-endian bytes.
    pub fn length<const N: usize>(&mut self) -> Result<usize, ModelError> {
        let mut wide = [0; 8];
        for (to, from) in wide.iter_mut().zip(self.array::<N>()?) {
            *to = from;
        }
        let length = u64::from_le_bytes(wide);
        usize::try_from(length).map_err(|_error| self.refuse(format!("the length {length} is too large")))
    }

    /// The bytes up to the next newline, which is skipped.
    pub fn line(&mut self) -> Result<&'f [u8], ModelError> {
        let rest = self.all.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|b| *b == b'\n') else {
            return Err(self.refuse("a line has no end"));
        };
        self.at = self.at.saturating_add(length).saturating_add(1);
        Ok(rest.get(..length).unwrap_or_default())
    }
}
