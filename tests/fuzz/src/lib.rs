//! What every fuzz target does: hostile bytes go into one loader. They are refused with a place, or the model that
//! opens predicts strange rows on every scale it offers. A panic, a hang or much memory is a finding.

pub mod hostile;

use std::io::Write as _;
use std::path::PathBuf;

use candor::base::Task;
use candor::model::load::{Loader, Origin};
use candor::model::{Model, ModelError};
use candor::num::Matrix;

/// Values at the edges of what a row may hold.
const STRANGE: [f64; 9] = [f64::NAN, 0.0, -0.0, -0.5, 1e308, f64::INFINITY, f64::NEG_INFINITY, 2_147_483_648.0, 1e-320];

/// Reads `bytes` with `loader`, whether or not it recognises them; `path` is where they claim to come from.
pub fn open(loader: &dyn Loader, bytes: &[u8], path: impl Into<PathBuf>) {
    tried(loader, bytes, path).unwrap_or_else(drop);
}

/// The same, and tells what a refusal says.
pub fn tried(loader: &dyn Loader, bytes: &[u8], path: impl Into<PathBuf>) -> Result<(), String> {
    let origin = Origin::new(path, bytes);
    let (place, reason) = match loader.load(bytes, &origin, &Task::silent()) {
        Ok(model) => {
            predict_strange_rows(&*model);
            return Ok(());
        }
        Err(ModelError::Malformed { place, reason }) => (place, reason),
        Err(ModelError::Unsupported { what, hint }) => (what, hint),
        Err(ModelError::UnknownFormat { found, hint, .. }) => (found, hint),
        Err(ModelError::Unreadable { reason, .. }) => ("the file".to_owned(), reason),
        Err(other) => panic!("no refusal of a file: {other:?}"),
    };
    assert!(!place.is_empty() && !reason.is_empty(), "refused without a place: {place}: {reason}");
    Err(format!("{place}: {reason}"))
}

fn predict_strange_rows(model: &dyn Model) {
    let width = model.card().inputs.len();
    let rows: Vec<f64> = (0..STRANGE.len() * width).map(|i| STRANGE[(i + i / width.max(1)) % STRANGE.len()]).collect();
    let rows = Matrix::new(rows, STRANGE.len(), width).expect("the shape fits");
    let mut out = vec![0.0; rows.rows() * model.card().outputs.len()];
    for scale in &model.card().scales {
        model.predict(rows.view(), *scale, &mut out);
        model.predict_f64(rows.view(), *scale, &mut out);
    }
}

/// Mends the checksums of the stored members of a zip archive, so that changed members are read and not refused at
/// once.
pub fn mend_checksums(archive: &[u8]) -> Vec<u8> {
    let mut mended = archive.to_vec();
    let starts: Vec<usize> =
        archive.windows(4).enumerate().filter(|(_, w)| *w == b"PK\x01\x02").map(|(at, _)| at).collect();
    for at in starts {
        let Some(entry) = archive.get(at..at + 46) else { continue };
        let word = |from: usize| u32::from_le_bytes([0, 1, 2, 3].map(|k| entry[from + k])) as usize;
        let (size, header) = (word(20), word(42));
        let Some(local) = archive.get(header..).and_then(|rest| rest.get(..30)) else { continue };
        let length = |from: usize| usize::from(u16::from_le_bytes([local[from], local[from + 1]]));
        let start = header + 30 + length(26) + length(28);
        let Some(content) = archive.get(start..).and_then(|rest| rest.get(..size)) else { continue };
        mended[at + 16..at + 20].copy_from_slice(&crc(content).to_le_bytes());
    }
    mended
}

/// A sound zlib stream of `content`, stored as it is: compressing costs more than all the rest.
pub fn zlib(content: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    for block in content.chunks(usize::from(u16::MAX)) {
        let length = u16::try_from(block.len()).expect("a short block");
        stream.extend([&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), block].concat());
    }
    let sums = content.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    stream.extend([1, 0, 0, 0xff, 0xff]);
    stream.extend((sums.1 << 16 | sums.0).to_be_bytes());
    stream
}

/// The parts of `bytes` between marks.
pub fn parts<'b>(bytes: &'b [u8], mark: &[u8]) -> Vec<&'b [u8]> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(mark.len()).position(|w| w == mark) {
        all.push(&rest[..at]);
        rest = &rest[at + mark.len()..];
    }
    all.push(rest);
    all
}

/// A sound zip archive of members with these names and contents.
pub fn archive(members: &[(String, &[u8])], deflated: bool) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    let word = |value: usize| u32::try_from(value).expect("a small archive").to_le_bytes();
    for (name, content) in members {
        let packed = if deflated { deflate(content) } else { content.to_vec() };
        let method = if deflated { 8 } else { 0 };
        let sizes = [crc(content).to_le_bytes(), word(packed.len()), word(content.len())].concat();
        let shared = [&[20, 0, 0, 0, method, 0, 0, 0, 0, 0][..], &sizes, &word(name.len())].concat();
        let place = word(file.len());
        file.extend([b"PK\x03\x04", &shared[..], name.as_bytes(), &packed].concat());
        let empty = [0; 10];
        directory.extend([b"PK\x01\x02\x14\0", &shared[..], &empty, &place, name.as_bytes()].concat());
    }
    let count = u16::try_from(members.len()).expect("a small archive").to_le_bytes();
    let (size, start) = (word(directory.len()), word(file.len()));
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &start, &[0; 2]].concat();
    [file, directory, end].concat()
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(content).expect("memory takes it");
    packed.finish().expect("memory takes it")
}

/// CRC-32 as zip archives use it.
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_that_are_made_here_are_sound() {
        let content = vec![7; 100_000];
        assert_eq!(*candor::model::load::pickle::unpack(&zlib(&content)).expect("it inflates"), content);
    }

    #[test]
    fn archives_that_are_made_here_are_sound() {
        let json = br#"{"__loader__":"NoneNode"}"#;
        for deflated in [false, true] {
            let bytes = archive(&[("schema.json".to_owned(), json), ("0.npy".to_owned(), b"")], deflated);
            let origin = Origin::new("", &bytes);
            match candor::model::load::skops::Skops.load(&bytes, &origin, &Task::silent()) {
                Err(ModelError::Malformed { place, .. }) => assert!(place.contains("schema.json"), "{place}"),
                other => panic!("{:?}", other.map(|_| "a model")),
            }
        }
    }

    #[test]
    fn the_checksum_is_that_of_zip() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
    }
}
