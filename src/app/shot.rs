//! A picture of a view, for bug reports and manuals: waits until nothing runs, saves the window, closes it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui;
use egui::{ColorImage, ScreenshotCallback, ViewportCommand};

use crate::chart::Rgb;
use crate::chart::paint;

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

fn png(image: &ColorImage) -> Vec<u8> {
    let pixels: Vec<Rgb> = image.pixels.iter().map(|p| Rgb { r: p.r(), g: p.g(), b: p.b() }).collect();
    paint::encode(&pixels, (image.size[0] as u32, image.size[1] as u32)).unwrap_or_default()
}
