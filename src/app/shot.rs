//! A picture of a view, for bug reports and manuals: waits until nothing runs, saves the window, closes it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui;
use egui::{ColorImage, ScreenshotCallback, ViewportCommand};

/// Frames drawn after the last job before the picture is taken: layouts settle within a few.
const SETTLE: u32 = 12;
/// Longest wait for jobs.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is pictured.
#[derive(Clone, Debug)]
pub struct ShotOptions {
    /// The PNG file to write.
    pub file: PathBuf,
}

/// Counts down to the picture.
pub(crate) struct Shot {
    file: PathBuf,
    quiet: u32,
    began: Instant,
    taken: bool,
    picture: Arc<Mutex<Option<Arc<ColorImage>>>>,
}

impl Shot {
    pub(crate) fn new(options: &ShotOptions) -> Self {
        Self { file: options.file.clone(), quiet: 0, began: Instant::now(), taken: false, picture: Arc::default() }
    }

    /// Called once per frame.
    pub(crate) fn tick(&mut self, ctx: &egui::Context, busy: bool) {
        let picture = self.picture.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(picture) = picture {
            // A file that cannot be written leaves no picture; the caller sees that none is there.
            drop(std::fs::write(&self.file, png(&picture)));
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        let waiting = busy && self.began.elapsed() < PATIENCE;
        self.quiet = if waiting { 0 } else { self.quiet + 1 };
        if self.quiet >= SETTLE && !self.taken {
            self.taken = true;
            let (place, again) = (Arc::clone(&self.picture), ctx.clone());
            ctx.send_viewport_cmd(ViewportCommand::Screenshot(ScreenshotCallback::new(move |image| {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(image);
                again.request_repaint();
            })));
        }
        ctx.request_repaint_after(Duration::from_millis(30));
    }
}

/// An uncompressed PNG of eight-bit RGB: pictures for people to send, size is no concern.
fn png(image: &ColorImage) -> Vec<u8> {
    let [width, height] = image.size;
    let mut raw = Vec::with_capacity((width * 3 + 1) * height);
    for row in image.pixels.chunks(width.max(1)) {
        raw.push(0);
        raw.extend(row.iter().flat_map(|p| [p.r(), p.g(), p.b()]));
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend((width as u32).to_be_bytes());
    head.extend((height as u32).to_be_bytes());
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &head);
    chunk(&mut out, *b"IDAT", &stored(&raw));
    chunk(&mut out, *b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    out.extend((body.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend(name);
    out.extend(body);
    let check = crc(out.get(start..).unwrap_or(&[]));
    out.extend(check.to_be_bytes());
}

/// A zlib stream of stored blocks. Source: RFC 1950, RFC 1951.
fn stored(raw: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = raw.chunks(0xffff).count();
    for (i, block) in raw.chunks(0xffff).enumerate() {
        out.push(u8::from(i + 1 == blocks));
        out.extend((block.len() as u16).to_le_bytes());
        out.extend((!(block.len() as u16)).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for part in raw.chunks(5_552) {
        for byte in part {
            a += u32::from(*byte);
            b += a;
        }
        a %= 65_521;
        b %= 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}

/// CRC-32 as PNG wants it.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_well_known_ones() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
        assert!(stored(b"Wikipedia").ends_with(&0x11e6_0398u32.to_be_bytes()));
    }
}
