//! Undoes the compression of a whole file. How much may come out is limited before anything is inflated.

use std::borrow::Cow;
use std::io::Read;

use crate::model::ModelError;

use super::super::HEAD;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// zlib, joblib's default.
    Zlib,
    /// gzip.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// LZMA without a container.
    Lzma,
    /// LZ4 frames.
    Lz4,
}

/// Memory that xz and LZMA may take for their window, in KiB: the largest preset of the xz tool asks for 65 MiB.
const WINDOW_KIB: u32 = 256 << 10;
/// Bytes that any file may inflate to …
const ALWAYS: u64 = 256 << 20;
/// … and bytes more for each byte of the file. Arrays of trees shrink to a tenth at most.
const RATIO: u64 = 64;

impl Packing {
    /// The compression that the first bytes of a file speak of.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Some(Self::Zlib),
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x5d, 0, 0, ..] => Some(Self::Lzma),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            _ => None,
        }
    }

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Zlib => "zlib",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "LZMA",
            Self::Lz4 => "LZ4",
        }
    }

    /// What `bytes` inflate to, at most `limit` bytes; also the first part of what a cut file gives.
    fn inflate(self, bytes: &[u8], limit: u64) -> (Vec<u8>, std::io::Result<()>) {
        match self {
            Self::Zlib => collect(flate2::read::ZlibDecoder::new(bytes), limit),
            Self::Gzip => collect(flate2::read::MultiGzDecoder::new(bytes), limit),
            Self::Bzip2 => collect(bzip2_rs::DecoderReader::new(bytes), limit),
            Self::Xz => collect(lzma_rust2::XzReader::new_mem_limit(bytes, true, WINDOW_KIB), limit),
            Self::Lzma => match lzma_rust2::LzmaReader::new_mem_limit(bytes, WINDOW_KIB, None) {
                Ok(reader) => collect(reader, limit),
                Err(error) => (Vec::new(), Err(std::io::Error::other(error.to_string()))),
            },
            Self::Lz4 => collect(lz4_flex::frame::FrameDecoder::new(bytes), limit),
        }
    }

    /// The first bytes of the content, as far as the first bytes of the file tell.
    pub fn peek(self, head: &[u8]) -> Vec<u8> {
        self.inflate(head, HEAD as u64).0
    }
}

fn collect(reader: impl Read, limit: u64) -> (Vec<u8>, std::io::Result<()>) {
    let mut all = Vec::new();
    let result = reader.take(limit).read_to_end(&mut all);
    (all, result.map(|_count| ()))
}

/// The content of a file that may be compressed. Refuses what inflates to far more than models do.
pub fn unpack(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ModelError> {
    let Some(packing) = Packing::of(bytes) else { return Ok(Cow::Borrowed(bytes)) };
    let limit = (bytes.len() as u64).saturating_mul(RATIO).saturating_add(ALWAYS);
    let (content, result) = packing.inflate(bytes, limit.saturating_add(1));
    let place = || format!("{} stream, byte {} of its content", packing.title(), content.len());
    if content.len() as u64 > limit {
        return Err(ModelError::Unsupported {
            what: format!("the file inflates to more than {} MiB, far more than models do", limit >> 20),
            hint: "Save it again with joblib.dump(model, \"model.joblib\"), without compression".to_owned(),
        });
    }
    match result {
        Ok(()) => Ok(Cow::Owned(content)),
        Err(error) => Err(ModelError::malformed(place(), format!("the compressed data is damaged: {error}"))),
    }
}
