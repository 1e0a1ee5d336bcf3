//! Numbers of texts: JSON, LightGBM's, those of a schema.

use super::{Hurt, spread};

const HOSTILE: [&str; 14] = [
    "-1",
    "0",
    "1",
    "0.5",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "NaN",
    "1e308",
    "1e400",
    "-Infinity",
    "x",
];

/// Damaged files with one number replaced.
pub fn hurt(text: &[u8], most: usize) -> Vec<Hurt> {
    let mut places = Vec::new();
    for place in numbers(text) {
        places.extend(HOSTILE.map(|value| (place, value)));
    }
    let replaced = |((start, end), value): ((usize, usize), &str)| Hurt {
        what: format!("byte {start} set to {value}"),
        bytes: [&text[..start], value.as_bytes(), &text[end..]].concat(),
    };
    spread(places, most).map(replaced).collect()
}

/// Where numbers stand.
fn numbers(text: &[u8]) -> Vec<(usize, usize)> {
    let part = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E');
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|b| part(b)).count();
        if text[at].is_ascii_digit() || (text[at] == b'-' && length > 1) {
            found.push((at, at + length));
        }
        at += length.max(1);
    }
    found
}
