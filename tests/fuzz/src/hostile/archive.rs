//! Numbers of a skops archive: those of its schema and those of its arrays.

use std::io::Read as _;

use super::{Hurt, npy, spread, text};

/// Damaged archives, each sound as an archive.
pub fn hurt(bytes: &[u8], most: usize) -> Vec<Hurt> {
    let members = members(bytes).expect("a recorded archive is sound");
    let mut all = Vec::new();
    for (index, (name, content)) in members.iter().enumerate() {
        let share = most / 2;
        let changed = match name.as_str() {
            "schema.json" => text::hurt(content, share),
            _ => spread(npy::changes(content), share / members.len().max(2))
                .map(|(at, value)| super::set(content, at, &value, name))
                .collect(),
        };
        for hurt in changed {
            let mut parts: Vec<(String, &[u8])> = members.iter().map(|(n, c)| (n.clone(), &c[..])).collect();
            parts[index].1 = &hurt.bytes;
            all.push(Hurt { what: format!("{name}: {}", hurt.what), bytes: crate::archive(&parts, false) });
        }
    }
    all
}

/// Names and contents of all members.
fn members(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let mut at = word(end + 16)?;
    let mut all = Vec::new();
    for _ in 0..short(end + 10)? {
        let (method, size, header) = (short(at + 10)?, word(at + 20)?, word(at + 42)?);
        let name = bytes.get(at + 46..at + 46 + short(at + 28)?)?;
        let start = header + 30 + short(header + 26)? + short(header + 28)?;
        let packed = bytes.get(start..start + size)?;
        let mut content = Vec::new();
        match method {
            0 => content.extend(packed),
            _ => drop(flate2::read::DeflateDecoder::new(packed).read_to_end(&mut content).ok()?),
        }
        all.push((String::from_utf8_lossy(name).into_owned(), content));
        at += 46 + short(at + 28)? + short(at + 30)? + short(at + 32)?;
    }
    Some(all)
}
