//! The static painter: a chart as SVG, as PNG, and its table as CSV. The picture in the window is painted elsewhere from
//! the same chart, theme and ticks.

mod canvas;
mod furniture;
mod layout;
mod marks;
mod raster;
mod tidy;

pub use raster::encode;

use crate::base::Problem;

use super::paper;
use super::spec::{Cell, Chart};
use super::theme::Theme;

/// A chart could not be painted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaintError {
    /// The picture is too small for its texts.
    #[error("the picture is too small for its texts")]
    TooSmall,
    /// The picture is too large.
    #[error("the picture is larger than 8 192 points on one side")]
    TooLarge,
    /// The drawing library failed.
    #[error("{0}")]
    Backend(String),
}

impl From<PaintError> for Problem {
    fn from(error: PaintError) -> Self {
        let hint = match &error {
            PaintError::TooSmall => "Choose a larger size, or fewer features",
            PaintError::TooLarge => "Choose a smaller size, or SVG",
            PaintError::Backend(_) => "Export the chart’s table instead",
        };
        Self::new(format!("Could not paint the chart: {error}"), "", hint)
    }
}

/// A comfortable size for `chart` at this width, in points: lanes of even height, room for every note.
pub fn natural_size(chart: &Chart, width: u32) -> (u32, u32) {
    (width, layout::natural_height(&paper::thinned(chart), width))
}

/// The chart as an SVG document of `size` points, with at most [`paper::MOST_DOTS`] dots. Same chart, theme and size, same
/// bytes. Cost O(marks).
pub fn svg(chart: &Chart, theme: &Theme, size: (u32, u32)) -> Result<String, PaintError> {
    let chart = &*paper::thinned(chart);
    let layout = layout::lay_out(chart, size)?;
    let mut raw = String::new();
    let mut canvas = canvas::Canvas::new(&mut raw, size);
    let brush = marks::Brush { theme, layout: &layout };
    furniture::behind(&mut canvas, chart, theme, &layout);
    for mark in &chart.marks {
        marks::draw(&mut canvas, mark, &brush);
    }
    furniture::front(&mut canvas, chart, theme, &layout);
    marks::rule_labels(&mut canvas, &chart.marks, &brush);
    canvas.finish()?;
    Ok(tidy::tidy(&raw, size, &chart.title, &chart.alt))
}

/// The chart as a PNG picture, two pixels per point.
pub fn png(chart: &Chart, theme: &Theme, size: (u32, u32)) -> Result<Vec<u8>, PaintError> {
    raster::rasterise(&svg(chart, theme, size)?, size)
}

/// The chart as pixels, two per point and side.
pub fn pixels(chart: &Chart, theme: &Theme, size: (u32, u32)) -> Result<raster::Picture, PaintError> {
    raster::pixels(&svg(chart, theme, size)?, size)
}

/// The chart's table as CSV: comma, quotes where needed, full precision, empty for missing numbers.
pub fn csv(chart: &Chart) -> String {
    let mut out = String::new();
    let header: Vec<String> = chart.table.header.iter().map(|h| quoted(h)).collect();
    out.push_str(&header.join(","));
    out.push('\n');
    for row in &chart.table.rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| match cell {
                Cell::Text(text) => quoted(text),
                Cell::Number(value) if value.is_nan() => String::new(),
                Cell::Number(value) => format!("{value}"),
            })
            .collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
