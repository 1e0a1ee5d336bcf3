//! `FlatBuffers` as hostile bytes: every offset, length and table is checked before it is followed, and the bytes that
//! are read are counted, so that tables which share their content cannot make a small file large.

use std::cell::Cell;

use crate::model::ModelError;

/// How often the bytes of a file may be read in all: libraries share small tables, never large ones.
const READS: usize = 8;

/// A buffer and what may still be read of it.
pub struct Buffer<'b> {
    bytes: &'b [u8],
    /// Where the buffer starts in the file.
    start: usize,
    /// Bytes that may still be read.
    left: Cell<usize>,
}

/// A table inside a buffer.
#[derive(Clone, Copy)]
pub struct Table<'f, 'b> {
    buffer: &'f Buffer<'b>,
    at: usize,
    fields: usize,
    field_bytes: usize,
}

/// A number of fixed width, little-endian.
pub trait Fixed: Sized {
    /// Bytes of one number.
    const WIDTH: usize;
    /// Reads one from exactly `WIDTH` bytes; `None` for another length.
    fn read(bytes: &[u8]) -> Option<Self>;
}

macro_rules! fixed {
    ($($kind:ty),*) => {$(
        impl Fixed for $kind {
            const WIDTH: usize = size_of::<Self>();

            fn read(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )*};
}

fixed!(u8, u16, i32, u32, u64, f32, f64);

impl<A: Fixed, B: Fixed> Fixed for (A, B) {
    const WIDTH: usize = A::WIDTH + B::WIDTH;

    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, second) = bytes.split_at_checked(A::WIDTH)?;
        Some((A::read(first)?, B::read(second)?))
    }
}

impl<'b> Buffer<'b> {
    /// A buffer whose first byte is byte `start` of the file.
    pub fn new(bytes: &'b [u8], start: usize) -> Self {
        Self { bytes, start, left: Cell::new(bytes.len().saturating_mul(READS)) }
    }

    /// The table at its root.
    pub fn root(&self) -> Result<Table<'_, 'b>, ModelError> {
        self.table(self.follow(0)?)
    }

    fn refuse(&self, at: usize, reason: &str) -> ModelError {
        ModelError::malformed(format!("byte {}", self.start.saturating_add(at)), reason)
    }

    fn fixed<T: Fixed>(&self, at: usize) -> Result<T, ModelError> {
        let part = self.bytes.get(at..at.saturating_add(T::WIDTH));
        part.and_then(T::read).ok_or_else(|| self.refuse(at, "an offset points beyond the end of the file"))
    }

    /// Where the offset at `at` points to.
    fn follow(&self, at: usize) -> Result<usize, ModelError> {
        Ok(at.saturating_add(self.fixed::<u32>(at)? as usize))
    }

    /// The content of the vector at `at`, of elements of `width` bytes.
    fn vector(&self, at: usize, width: usize) -> Result<&'b [u8], ModelError> {
        let count = self.fixed::<u32>(at)? as usize;
        let start = at.saturating_add(4);
        let end = start.saturating_add(count.saturating_mul(width));
        let content = self.bytes.get(start..end);
        let content = content.ok_or_else(|| self.refuse(at, "a list ends beyond the end of the file"))?;
        let left = self.left.get().checked_sub(content.len());
        self.left.set(left.ok_or_else(|| self.refuse(at, "the same bytes are used too often"))?);
        Ok(content)
    }

    fn table(&self, at: usize) -> Result<Table<'_, 'b>, ModelError> {
        let back = i64::from(self.fixed::<i32>(at)?);
        let fields = i64::try_from(at).ok().and_then(|at| usize::try_from(at - back).ok());
        let fields = fields.ok_or_else(|| self.refuse(at, "a table has no list of fields"))?;
        let field_bytes = usize::from(self.fixed::<u16>(fields)?);
        Ok(Table { buffer: self, at, fields, field_bytes })
    }
}

impl<'f, 'b> Table<'f, 'b> {
    /// A refusal at this table.
    pub fn refuse(&self, reason: &str) -> ModelError {
        self.buffer.refuse(self.at, reason)
    }

    /// Where field `field` stands, when it is there.
    fn slot(&self, field: usize) -> Result<Option<usize>, ModelError> {
        let entry = 4 + 2 * field;
        if entry + 2 > self.field_bytes {
            return Ok(None);
        }
        let offset = usize::from(self.buffer.fixed::<u16>(self.fields.saturating_add(entry))?);
        Ok((offset != 0).then(|| self.at.saturating_add(offset)))
    }

    /// A number, or `absent` when the field is not there.
    pub fn number<T: Fixed>(&self, field: usize, absent: T) -> Result<T, ModelError> {
        self.slot(field)?.map_or(Ok(absent), |at| self.buffer.fixed(at))
    }

    /// A table below, when it is there.
    pub fn below(&self, field: usize) -> Result<Option<Self>, ModelError> {
        self.slot(field)?.map(|at| self.buffer.table(self.buffer.follow(at)?)).transpose()
    }

    fn content(&self, field: usize, width: usize) -> Result<(usize, &'b [u8]), ModelError> {
        let Some(at) = self.slot(field)? else { return Ok((0, &[])) };
        let at = self.buffer.follow(at)?;
        Ok((at.saturating_add(4), self.buffer.vector(at, width)?))
    }

    /// Numbers that are stored as a list of bytes; empty when the field is not there. Bytes left over are no number.
    pub fn packed<T: Fixed>(&self, field: usize) -> Result<Vec<T>, ModelError> {
        let content = self.bytes(field)?;
        if !content.len().is_multiple_of(T::WIDTH) {
            return Err(self.refuse(&format!("{} bytes are no rows of {}", content.len(), T::WIDTH)));
        }
        Ok(content.chunks_exact(T::WIDTH).filter_map(T::read).collect())
    }

    fn bytes(&self, field: usize) -> Result<&'b [u8], ModelError> {
        Ok(self.content(field, 1)?.1)
    }

    /// A list of numbers; empty when the field is not there.
    pub fn list<T: Fixed>(&self, field: usize) -> Result<Vec<T>, ModelError> {
        let (_, content) = self.content(field, T::WIDTH)?;
        Ok(content.chunks_exact(T::WIDTH).filter_map(T::read).collect())
    }

    /// A list of tables; empty when the field is not there.
    pub fn tables(&self, field: usize) -> Result<Vec<Self>, ModelError> {
        let (start, content) = self.content(field, 4)?;
        (0..content.len() / 4).map(|k| self.buffer.table(self.buffer.follow(start + 4 * k)?)).collect()
    }

    /// A text; empty when the field is not there.
    pub fn text(&self, field: usize) -> Result<String, ModelError> {
        Ok(String::from_utf8_lossy(self.bytes(field)?).into_owned())
    }

    /// A list of texts; empty when the field is not there.
    pub fn texts(&self, field: usize) -> Result<Vec<String>, ModelError> {
        let (start, content) = self.content(field, 4)?;
        let text = |k: usize| {
            let bytes = self.buffer.vector(self.buffer.follow(start + 4 * k)?, 1)?;
            Ok(String::from_utf8_lossy(bytes).into_owned())
        };
        (0..content.len() / 4).map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root table with one list of two tables, which are the same table, which holds a list of four bytes.
    const SHARED: [u8; 52] = [
        12, 0, 0, 0, // root
        8, 0, 8, 0, 4, 0, 0, 0, // fields of the root: the list at 4
        8, 0, 0, 0, 4, 0, 0, 0, // the root, its list of tables
        2, 0, 0, 0, 16, 0, 0, 0, 12, 0, 0, 0, // two offsets to byte 40
        6, 0, 8, 0, 4, 0, 0, 0, // fields of the shared table
        8, 0, 0, 0, 4, 0, 0, 0, // the shared table and its list
        0, 0, 0, 0,
    ];

    #[test]
    fn a_shared_table_is_read_twice_but_not_without_end() {
        let mut bytes = SHARED.to_vec();
        bytes[48] = 200;
        bytes.extend([7; 200]);
        let buffer = Buffer::new(&bytes, 0);
        let root = buffer.root().expect("the root is sound");
        let tables = root.tables(0).expect("two tables");
        assert_eq!(tables.len(), 2);
        for read in 0..READS * 2 {
            let sevens = tables[read % 2].list::<u8>(0);
            assert_eq!(sevens.is_ok(), (read + 1) * 200 + 8 <= READS * bytes.len(), "read {read}");
        }
        assert_eq!(buffer.root().expect("the root is sound").number::<i32>(7, -1).expect("absent"), -1);
    }

    #[test]
    fn offsets_beyond_the_end_are_refused_with_their_byte() {
        for at in [0, 12, 16, 20, 24, 40] {
            let mut bytes = SHARED.to_vec();
            bytes[at..at + 4].copy_from_slice(&0x7fff_ff00_u32.to_le_bytes());
            let buffer = Buffer::new(&bytes, 8);
            let read = buffer.root().and_then(|root| root.tables(0)).and_then(|all| all[0].list::<u8>(0));
            match read {
                Err(ModelError::Malformed { place, .. }) => assert!(place.starts_with("byte "), "{place}"),
                other => panic!("offset at {at}: {other:?}"),
            }
        }
    }
}
