//! A chart as a picture for the clipboard, painted aside.

use std::sync::Arc;

use eframe::egui;

use crate::chart::{Chart, natural_size, pixels, theme};

/// Width of copied pictures, in points.
const WIDTH: u32 = 900;

/// Paints the chart as reports show it, in the look of the window, and puts it on the clipboard a moment later. Answers
/// whether a thread for it could be had.
pub(crate) fn copy(ctx: &egui::Context, chart: &Arc<Chart>) -> bool {
    let (ctx, chart) = (ctx.clone(), Arc::clone(chart));
    let theme = if ctx.theme() == egui::Theme::Dark { &theme::DARK } else { &theme::LIGHT };
    let work = move || {
        if let Ok((size, bytes)) = pixels(&chart, theme, natural_size(&chart, WIDTH)) {
            ctx.copy_image(egui::ColorImage::from_rgba_premultiplied(size, &bytes));
            ctx.request_repaint();
        }
    };
    std::thread::Builder::new().name("candor-picture".to_owned()).spawn(work).is_ok()
}
