//! Content identity: SHA-256 over what a result depends on.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of some content, in lower-case hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub String);

impl Fingerprint {
    /// The fingerprint of one run of bytes (a file's, say).
    pub fn of(bytes: &[u8]) -> Self {
        Builder::default().bytes(bytes).finish_plain()
    }

    /// Starts a fingerprint over several parts.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The first twelve digits, for the eye.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Collects the parts of a fingerprint; every part is length-prefixed, so that parts cannot run together.
#[derive(Clone, Default)]
pub struct Builder {
    hasher: Sha256,
}

impl Builder {
    /// Adds raw bytes without a length (for streaming one file).
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.hasher.update(bytes);
        self
    }

    /// Adds one named text part.
    pub fn text(mut self, part: &str) -> Self {
        self.hasher.update((part.len() as u64).to_le_bytes());
        self.hasher.update(part.as_bytes());
        self
    }

    /// Adds a whole number.
    pub fn number(mut self, part: u64) -> Self {
        self.hasher.update(part.to_le_bytes());
        self
    }

    /// Adds numbers by their bits.
    pub fn reals(mut self, parts: &[f64]) -> Self {
        self.hasher.update((parts.len() as u64).to_le_bytes());
        let mut block = Vec::with_capacity(8 * parts.len().min(4096));
        for chunk in parts.chunks(4096) {
            block.clear();
            block.extend(chunk.iter().flat_map(|v| v.to_bits().to_le_bytes()));
            self.hasher.update(&block);
        }
        self
    }

    /// The fingerprint of all parts.
    pub fn finish(self) -> Fingerprint {
        self.finish_plain()
    }

    fn finish_plain(self) -> Fingerprint {
        let digest = self.hasher.finalize();
        let mut hex = String::with_capacity(64);
        for byte in digest.iter() {
            for digit in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Fingerprint(hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_file_has_the_well_known_hash() {
        assert_eq!(Fingerprint::of(b"").0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn parts_cannot_run_together() {
        let one = Fingerprint::builder().text("ab").text("c").finish();
        let two = Fingerprint::builder().text("a").text("bc").finish();
        assert_ne!(one, two);
    }
}
