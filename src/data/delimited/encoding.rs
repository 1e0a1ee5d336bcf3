//! From bytes to text: byte order marks, UTF-16 without one, UTF-8, and Windows-1252 for the rest.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Text and how it was encoded.
pub struct Decoded<'a> {
    /// The text without a byte order mark.
    pub text: Cow<'a, str>,
    /// The encoding's name in words.
    pub encoding: &'static str,
    /// What could not be kept.
    pub note: Option<String>,
}

/// Why bytes are no text.
#[derive(Debug, PartialEq, Eq)]
pub enum NoText {
    /// No encoding has this label.
    UnknownLabel(String),
    /// A NUL character, at this byte of the decoded text.
    Nul {
        /// The line, counted from 1.
        line: usize,
        /// The byte within the decoded text.
        byte: usize,
    },
}

/// Decodes `bytes`, by `label` when given. Cost O(bytes).
pub fn decode<'a>(bytes: &'a [u8], label: Option<&str>) -> Result<Decoded<'a>, NoText> {
    let encoding = match label {
        Some(label) => {
            Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| NoText::UnknownLabel(label.trim().to_owned()))?
        }
        None => find(bytes),
    };
    let (text, encoding, broken) = encoding.decode(bytes);
    if let Some(byte) = text.bytes().position(|b| b == 0) {
        let line = 1 + text.bytes().take(byte).filter(|b| *b == b'\n').count();
        return Err(NoText::Nul { line, byte });
    }
    let note = broken.then(|| {
        let place = text.find('\u{fffd}').map_or(0, |at| text.bytes().take(at).filter(|b| *b == b'\n').count());
        let lost = text.matches('\u{fffd}').count();
        format!(
            "{lost} characters are not valid {} and were replaced by “\u{fffd}”, the first in line {}",
            encoding.name(),
            place + 1
        )
    });
    Ok(Decoded { text, encoding: encoding.name(), note })
}

/// The encoding that fits best, by looking.
fn find(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = wide(bytes) {
        return encoding;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        // A few broken places in a text that is otherwise UTF-8 do not make it another encoding.
        Err(_) if mostly_utf8(bytes) => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

/// UTF-16 without a mark: nearly every second byte is zero.
pub fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096)];
    if head.len() < 4 {
        return None;
    }
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    if odd * 10 >= half * 7 && even * 10 < half {
        Some(UTF_16LE)
    } else if even * 10 >= half * 7 && odd * 10 < half {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|b| *b >= 0xc0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 4 * bad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_found_by_looking() {
        let cases: [(&[u8], &str, &str); 5] = [
            (b"a;\xc3\xa9", "a;é", "UTF-8"),
            (b"\xef\xbb\xbfa", "a", "UTF-8"),
            (b"a;\xe9;\x80", "a;é;€", "windows-1252"),
            (b"\xff\xfea\0;\0\xe9\0", "a;é", "UTF-16LE"),
            (b"\0a\0,\0b\0\n", "a,b\n", "UTF-16BE"),
        ];
        for (bytes, text, encoding) in cases {
            let decoded = decode(bytes, None).expect("the bytes are text");
            assert_eq!((&*decoded.text, decoded.encoding), (text, encoding));
        }
    }

    #[test]
    fn nul_is_no_text_and_its_line_is_named() {
        assert_eq!(decode(b"ab\nc\0defghi", None).err(), Some(NoText::Nul { line: 2, byte: 4 }));
    }

    #[test]
    fn one_broken_place_does_not_turn_utf8_into_mojibake() {
        let text = format!("{}\n", "é".repeat(20));
        let bytes = [text.as_bytes(), b"\xff"].concat();
        let decoded = decode(&bytes, None).expect("the bytes are text");
        assert_eq!(decoded.encoding, "UTF-8");
        assert!(decoded.note.is_some_and(|n| n.contains("line 2")));
    }
}
