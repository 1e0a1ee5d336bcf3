//! The page headers of a Parquet file, walked before polars reads them: polars reserves memory for as many values as
//! a page claims, and a damaged header claims more than any machine has, which would end the program.
//!
//! Source: Apache Parquet format (`PageHeader`) in the Thrift compact protocol.

/// One column of one row group, as the footer describes it.
pub struct Chunk {
    /// First byte of its first page.
    pub start: u64,
    /// One past the last byte of its last page.
    pub end: u64,
    /// Values in all its data pages.
    pub values: i64,
    /// Bytes of all its pages once unpacked.
    pub unpacked: i64,
}

/// Checks every page header of `chunk`; the refusal names the byte. Cost O(pages).
pub fn check(file: &[u8], chunk: &Chunk) -> Result<(), String> {
    let range = usize::try_from(chunk.start).ok().zip(usize::try_from(chunk.end).ok());
    let bytes = range.and_then(|(start, end)| file.get(start..end)).ok_or("a column lies outside the file")?;
    let mut thrift = Thrift { bytes, at: 0 };
    let mut values = 0;
    while thrift.at < bytes.len() && values < chunk.values {
        let place = chunk.start + thrift.at as u64;
        let fault = || format!("the page header at byte {place} is damaged");
        let header = thrift.structure(0).ok_or_else(fault)?;
        let (unpacked, packed) = (whole(&header, 2).ok_or_else(fault)?, whole(&header, 3).ok_or_else(fault)?);
        let next = usize::try_from(packed).ok().and_then(|size| thrift.at.checked_add(size)).ok_or_else(fault)?;
        if next > bytes.len() || !(0..=chunk.unpacked.max(0)).contains(&unpacked) {
            return Err(fault());
        }
        // Data pages of both versions, and the dictionary.
        for (kind, counts) in [(5, true), (8, true), (7, false)] {
            let Some(inner) = header.iter().find_map(|(id, field)| field.inner().filter(|_| *id == kind)) else {
                continue;
            };
            let count = whole(inner, 1).filter(|n| (0..=chunk.values.max(0)).contains(n)).ok_or_else(fault)?;
            // Nulls, rows and the sizes of both level parts in the second version.
            let bounds = [(2, chunk.values), (3, chunk.values), (5, packed), (6, packed)];
            let fits = |(id, most): (i16, i64)| whole(inner, id).is_none_or(|n| (0..=most).contains(&n));
            if kind == 8 && !bounds.into_iter().all(fits) {
                return Err(fault());
            }
            values += if counts { count } else { 0 };
        }
        thrift.at = next;
    }
    if values == chunk.values {
        Ok(())
    } else {
        Err(format!("its pages hold {values} values, the footer says {}", chunk.values))
    }
}

type Fields = Vec<(i16, Part)>;

/// A value of the compact protocol, as far as page headers need it.
enum Part {
    Whole(i64),
    Inner(Fields),
    Other,
}

impl Part {
    fn inner(&self) -> Option<&Fields> {
        if let Self::Inner(fields) = self { Some(fields) } else { None }
    }
}

fn whole(fields: &Fields, wanted: i16) -> Option<i64> {
    fields.iter().find_map(|(id, part)| match part {
        Part::Whole(value) if *id == wanted => Some(*value),
        _ => None,
    })
}

/// Deepest nesting of structures that is followed.
const DEEPEST: usize = 8;

struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let raw = self.varint()?;
        Some((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        let end = self.at.checked_add(usize::try_from(count).ok()?)?;
        (end <= self.bytes.len()).then(|| self.at = end)
    }

    fn structure(&mut self, depth: usize) -> Option<Fields> {
        let mut fields = Vec::new();
        let mut id = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(fields);
            }
            id = match head >> 4 {
                0 => i16::try_from(self.zigzag()?).ok()?,
                step => id.checked_add(i16::from(step))?,
            };
            fields.push((id, self.part(head & 15, depth)?));
        }
    }

    fn part(&mut self, kind: u8, depth: usize) -> Option<Part> {
        match kind {
            1 | 2 => {}
            3 => self.skip(1)?,
            4..=6 => return self.zigzag().map(Part::Whole),
            7 => self.skip(8)?,
            8 => {
                let length = self.varint()?;
                self.skip(length)?;
            }
            12 if depth < DEEPEST => return self.structure(depth + 1).map(Part::Inner),
            // Lists, sets and maps do not occur in page headers.
            _ => return None,
        }
        Some(Part::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data page of `values` values and two bytes.
    fn page(values: u8) -> Vec<u8> {
        // Fields 1 to 3: type, unpacked size, packed size; field 5: the data page's own header.
        vec![0x15, 0, 0x15, 4, 0x15, 4, 0x2c, 0x15, values, 0, 0, 7, 7]
    }

    fn checked(bytes: &[u8], values: i64) -> Result<(), String> {
        check(bytes, &Chunk { start: 0, end: bytes.len() as u64, values, unpacked: 100 })
    }

    #[test]
    fn honest_pages_pass_and_false_counts_do_not() {
        assert_eq!(checked(&page(6), 3), Ok(()));
        assert_eq!(checked(&[page(6), page(2)].concat(), 4), Ok(()));
        assert!(checked(&page(5), 3).is_err_and(|e| e.contains("byte 0")), "minus three values");
        assert!(checked(&page(6), 4).is_err_and(|e| e.contains("the footer says 4")));
        assert!(checked(&page(6)[..12], 3).is_err(), "the page ends early");
    }
}
