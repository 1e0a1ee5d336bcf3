//! What every fuzz target does: hostile bytes go into one loader. They are refused with a place, or the model that
//! opens predicts strange rows on every scale it offers. A panic, a hang or much memory is a finding.

use std::path::PathBuf;

use candor::base::{Fingerprint, Task};
use candor::model::load::{Loader, Origin};
use candor::model::{Model, ModelError};
use candor::num::Matrix;

/// Values at the edges of what a row may hold.
const STRANGE: [f64; 9] = [f64::NAN, 0.0, -0.0, -0.5, 1e308, f64::INFINITY, f64::NEG_INFINITY, 2_147_483_648.0, 1e-320];

/// Reads `bytes` with `loader`, whether or not it recognises them; `path` is where they claim to come from.
pub fn open(loader: &dyn Loader, bytes: &[u8], path: impl Into<PathBuf>) {
    opens(loader, bytes, path);
}

/// The same, and tells whether a model opened.
pub fn opens(loader: &dyn Loader, bytes: &[u8], path: impl Into<PathBuf>) -> bool {
    let origin = Origin { path: path.into(), sha256: Fingerprint::default(), bytes: bytes.len() as u64 };
    match loader.load(bytes, &origin, &Task::silent()) {
        Ok(model) => {
            predict_strange_rows(&*model);
            return true;
        }
        Err(ModelError::Malformed { place, reason }) => {
            assert!(!place.is_empty() && !reason.is_empty(), "refused without a place: {place}: {reason}");
        }
        Err(ModelError::Unsupported { what, hint }) => assert!(!what.is_empty() && !hint.is_empty(), "{what}: {hint}"),
        Err(ModelError::UnknownFormat { found, hint, .. }) => {
            assert!(!found.is_empty() && !hint.is_empty(), "{found}: {hint}");
        }
        Err(ModelError::Unreadable { reason, .. }) => assert!(!reason.is_empty()),
        Err(other) => panic!("no refusal of a file: {other:?}"),
    }
    false
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

/// CRC-32 as zip archives use it.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_zip() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
    }
}
