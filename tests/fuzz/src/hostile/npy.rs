//! Numbers of a `.npy` file.

use super::values;

/// Every change of the array behind the header: its first byte, its new bytes. Records have fields at any byte.
pub fn changes(file: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let length = match file {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high])),
        _ => return Vec::new(),
    };
    let start = 10 + length;
    let record = file[..start].windows(4).any(|w| w == b": [(");
    let mut all = Vec::new();
    for at in (start..file.len()).step_by(if record { 1 } else { 4 }) {
        for width in [4, 8] {
            if at + width <= file.len() {
                all.extend(values(width, (at - start) / width).into_iter().map(|value| (at, value)));
            }
        }
    }
    all
}
