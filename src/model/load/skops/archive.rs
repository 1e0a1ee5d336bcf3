//! A zip archive: stored and deflated members, found through the directory at its end.
//!
//! Absent: encryption, several disks, archives beyond 4 GiB. Sizes, places and overlaps are checked before anything is
//! inflated; names are only compared, no file is ever opened by one.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Read as _;

use crate::model::ModelError;

/// An archive and what may still be taken out of it.
pub struct Archive<'f> {
    bytes: &'f [u8],
    members: BTreeMap<String, Member>,
    spare: Cell<u64>,
}

#[derive(Clone, Copy)]
struct Member {
    method: u16,
    crc: u32,
    packed: usize,
    size: usize,
    header: usize,
}

/// Bytes that any archive may inflate to …
const ALWAYS: u64 = 256 << 20;
/// … and bytes more for each byte of the file.
const RATIO: u64 = 64;
/// Most bytes that deflate makes of one.
const DEFLATE: usize = 1032;
/// The end record without its comment.
const END: usize = 22;

impl<'f> Archive<'f> {
    /// Reads the directory of an archive.
    pub fn open(bytes: &'f [u8]) -> Result<Self, ModelError> {
        let tail = bytes.len().saturating_sub(END + usize::from(u16::MAX));
        let last = bytes.get(tail..).unwrap_or_default();
        let end = last.windows(4).rposition(|w| w == b"PK\x05\x06").map(|at| at.saturating_add(tail));
        let end = end.ok_or_else(|| refuse("end of the archive", "the directory is missing, so the file is cut"))?;
        let comment = short(bytes, end + 20).map(usize::from);
        if comment.and_then(|length| end.checked_add(END)?.checked_add(length)) != Some(bytes.len()) {
            return Err(refuse("end of the archive", "the end record does not end the file"));
        }
        let count = short(bytes, end + 10).filter(|count| *count != u16::MAX);
        let start = word(bytes, end + 16).filter(|start| *start != u32::MAX);
        let (Some(count), Some(start)) = (count, start) else {
            return Err(refuse("end of the archive", "the directory is too large or damaged"));
        };
        let mut members = BTreeMap::new();
        let mut at = start as usize;
        for index in 0..count {
            let (name, member, next) = entry(bytes, at).ok_or_else(|| {
                refuse(&format!("member {index}, byte {at}"), "its entry in the directory is damaged")
            })?;
            if members.insert(name.clone(), member).is_some() {
                return Err(damaged(&name, "it stands in the directory twice"));
            }
            at = next;
        }
        let spare = Cell::new((bytes.len() as u64).saturating_mul(RATIO).saturating_add(ALWAYS));
        let archive = Self { bytes, members, spare };
        archive.check_places()?;
        Ok(archive)
    }

    /// Members that share bytes would let a small file inflate to a large one.
    fn check_places(&self) -> Result<(), ModelError> {
        let mut places = Vec::with_capacity(self.members.len());
        for (name, member) in &self.members {
            let (_, end) = self.place(*member).ok_or_else(|| damaged(name, "it lies outside the file"))?;
            places.push((member.header, end, name));
        }
        places.sort_unstable();
        let overlap = places.iter().zip(places.iter().skip(1)).find(|((_, end, _), (next, ..))| end > next);
        overlap.map_or(Ok(()), |((_, _, name), (_, _, other))| {
            Err(damaged(name, &format!("it shares bytes with {}", shown(other))))
        })
    }

    /// The archive that is a member of this one; what is taken out of it must be counted by `spend`, too.
    pub fn inside<'b>(&self, bytes: &'b [u8]) -> Result<Archive<'b>, ModelError> {
        let inner = Archive::open(bytes)?;
        inner.spare.set(self.spare.get());
        Ok(inner)
    }

    /// Counts `size` bytes among those that the archive inflates to.
    pub fn spend(&self, size: usize) -> Result<(), ModelError> {
        let left = self.spare.get().checked_sub(size as u64);
        self.spare.set(left.ok_or_else(|| refuse("archive", "it inflates to far more than models do"))?);
        Ok(())
    }

    /// The content of a member.
    pub fn member(&self, name: &str) -> Result<Vec<u8>, ModelError> {
        let here = |reason: &str| damaged(name, reason);
        let member = *self.members.get(name).ok_or_else(|| here("it is missing"))?;
        let most = if member.method == 0 { member.packed } else { member.packed.saturating_mul(DEFLATE) };
        if member.size > most {
            return Err(here(&format!("{} bytes cannot hold the {} it announces", member.packed, member.size)));
        }
        let left = self.spare.get().checked_sub(member.size as u64);
        self.spare.set(left.ok_or_else(|| here("the archive inflates to far more than models do"))?);
        let packed = self.place(member).and_then(|(start, end)| self.bytes.get(start..end));
        let packed = packed.ok_or_else(|| here("it lies outside the file"))?;
        let mut content = Vec::new();
        match member.method {
            0 => content.extend_from_slice(packed),
            8 => {
                let limit = (member.size as u64).saturating_add(1);
                let inflated = flate2::read::DeflateDecoder::new(packed).take(limit).read_to_end(&mut content);
                inflated.map_err(|error| here(&format!("the compressed data is damaged: {error}")))?;
            }
            _ => return Err(here("it is compressed in a way that is not read")),
        }
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        if content.len() != member.size || crc.sum() != member.crc {
            return Err(here("its content does not match its checksum"));
        }
        Ok(content)
    }

    /// Where the packed bytes of a member start and end in the file.
    fn place(&self, member: Member) -> Option<(usize, usize)> {
        let header = member.header;
        if self.bytes.get(header..header.checked_add(4)?)? != b"PK\x03\x04" {
            return None;
        }
        let (name, extra) = (short(self.bytes, header + 26)?, short(self.bytes, header + 28)?);
        let start = header.checked_add(30)?.checked_add(usize::from(name))?.checked_add(usize::from(extra))?;
        let end = start.checked_add(member.packed).filter(|end| *end <= self.bytes.len())?;
        Some((start, end))
    }
}

/// One entry of the directory and where the next one starts.
fn entry(bytes: &[u8], at: usize) -> Option<(String, Member, usize)> {
    if bytes.get(at..at.checked_add(4)?)? != b"PK\x01\x02" || short(bytes, at + 8)? & 1 != 0 {
        return None;
    }
    let lengths = [short(bytes, at + 28)?, short(bytes, at + 30)?, short(bytes, at + 32)?].map(usize::from);
    let start = at.checked_add(46)?;
    let name = bytes.get(start..start.checked_add(lengths[0])?)?;
    let member = Member {
        method: short(bytes, at + 10)?,
        crc: word(bytes, at + 16)?,
        packed: word(bytes, at + 20)? as usize,
        size: word(bytes, at + 24)? as usize,
        header: word(bytes, at + 42)? as usize,
    };
    let next = lengths.iter().try_fold(start, |sum, length| sum.checked_add(*length))?;
    Some((String::from_utf8_lossy(name).into_owned(), member, next))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The start of a name, for messages.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

fn damaged(name: &str, reason: &str) -> ModelError {
    refuse(&format!("member {}", shown(name)), reason)
}

fn refuse(place: &str, reason: &str) -> ModelError {
    ModelError::malformed(place, reason)
}
