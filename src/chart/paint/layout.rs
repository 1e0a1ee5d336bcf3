//! Where everything stands: sizes measured from the texts that will be drawn, so that nothing is cut.

use super::super::font::{self, Weight};
use super::super::scale;
use super::super::spec::{Axis, AxisKind, Chart, Legend, Mark};
use super::PaintError;

/// Room around the picture.
pub const MARGIN: f64 = 18.0;
/// Size of titles.
pub const TITLE: f64 = 15.0;
/// Size of tick texts and names.
pub const TICK: f64 = 11.0;
/// Size of axis labels and legends.
pub const LABEL: f64 = 11.0;
/// Size of notes.
pub const NOTE: f64 = 9.5;
/// Height of one line of notes.
pub const NOTE_LINE: f64 = 13.0;
/// Height of one row of the legend.
pub const LEGEND_ROW: f64 = 18.0;
/// Height that rows of cells share, when there are more than fit comfortably.
const CELL_ROWS: f64 = 640.0;
/// Width of the ramp in the legend.
pub const RAMP: f64 = 110.0;

/// A laid-out picture; every number in points from the top left corner.
pub struct Layout {
    /// Whole size.
    pub size: (f64, f64),
    /// Left, top, right, bottom of the plot.
    pub plot: (f64, f64, f64, f64),
    /// Lines of the title.
    pub title: Vec<String>,
    /// Ticks of the horizontal axis, texts shortened to their room.
    pub x_ticks: Vec<(f64, String)>,
    /// Ticks of the vertical axis, texts shortened to their room.
    pub y_ticks: Vec<(f64, String)>,
    /// Ticks of the second reading of the horizontal axis.
    pub second_ticks: Vec<(f64, String)>,
    /// Legend entries by row, each with its left edge.
    pub legend: Vec<Vec<(f64, Legend)>>,
    /// Lines of the notes.
    pub notes: Vec<String>,
    /// Data range shown, horizontally and vertically.
    ranges: ((f64, f64), (f64, f64)),
}

/// Heights of the parts below the plot.
struct Below {
    second: f64,
    label: f64,
    legend: f64,
    notes: f64,
}

const X_TICKS: f64 = 20.0;

/// Lays `chart` out on `size` points.
pub fn lay_out(chart: &Chart, size: (u32, u32)) -> Result<Layout, PaintError> {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let inner = width - 2.0 * MARGIN;
    let title = font::wrap(&chart.title, TITLE, Weight::SemiBold, inner.max(40.0));
    let top = top(chart, title.len());
    let legend = flow(&chart.legend, inner);
    let notes: Vec<String> =
        chart.notes.iter().flat_map(|n| font::wrap(n, NOTE, Weight::Regular, inner.max(40.0))).collect();
    let below = below(chart, legend.len(), notes.len());
    let bottom = height - below.second - below.label - below.legend - below.notes - X_TICKS;
    if bottom - top < 36.0 || inner < 150.0 {
        return Err(PaintError::TooSmall);
    }
    let y_ticks = y_ticks(&chart.y, bottom - top, inner);
    let gutter = y_ticks.iter().map(|t| font::width(&t.1, TICK, Weight::Regular)).fold(0.0, f64::max);
    let left = MARGIN + if gutter > 0.0 { gutter.ceil() + 8.0 } else { 0.0 };
    let plot = (left.round(), top.round(), (width - MARGIN - 4.0).round(), bottom.round());
    let x_ticks = x_ticks(&chart.x, plot.2 - plot.0);
    let second_ticks = second_ticks(&chart.x, plot.2 - plot.0);
    let ranges = (span(chart.x.range), span(chart.y.range));
    Ok(Layout { size: (width, height), plot, title, x_ticks, y_ticks, second_ticks, legend, notes, ranges })
}

/// A height, in whole points, at which a chart of this width is comfortable to read.
pub fn natural_height(chart: &Chart, width: u32) -> u32 {
    let inner = (f64::from(width) - 2.0 * MARGIN).max(150.0);
    let title = font::wrap(&chart.title, TITLE, Weight::SemiBold, inner);
    let notes: usize = chart.notes.iter().map(|n| font::wrap(n, NOTE, Weight::Regular, inner).len()).sum();
    let below = below(chart, flow(&chart.legend, inner).len(), notes);
    let cells = chart.marks.iter().any(|m| matches!(m, Mark::Cells { .. }));
    let points = chart.marks.iter().any(|m| matches!(m, Mark::Points { .. }));
    // Two bars a lane, each with a text of its own.
    let twins =
        chart.marks.iter().any(|m| matches!(m, Mark::Bars { bars, .. } if bars.iter().any(|b| b.thickness < 0.4)));
    let plot = match &chart.y.kind {
        // Named lanes stand one unit apart; other named ticks belong to a scale.
        AxisKind::Names(names) if names.windows(2).all(|n| (n[1].0 - n[0].0 - 1.0).abs() < 1e-6) => {
            let lane = if cells {
                // Many rows of cells share the height of a page.
                (CELL_ROWS / names.len().max(1) as f64).clamp(26.0, 58.0)
            } else if twins {
                34.0
            } else if points {
                30.0
            } else {
                25.0
            };
            ((names.len() as f64 + 0.2) * lane).max(70.0)
        }
        _ => (0.52 * inner).clamp(200.0, 380.0),
    };
    (top(chart, title.len()) + plot + X_TICKS + below.second + below.label + below.legend + below.notes).ceil() as u32
}

fn top(chart: &Chart, title_lines: usize) -> f64 {
    let title = MARGIN + title_lines as f64 * (TITLE + 5.0);
    let label = if chart.y.label.is_empty() { 4.0 } else { LABEL + 9.0 };
    let rules = chart.marks.iter().any(|m| matches!(m, Mark::Rule { upright: true, label, .. } if !label.is_empty()));
    title + label + if rules { 17.0 } else { 2.0 }
}

fn below(chart: &Chart, legend_rows: usize, note_lines: usize) -> Below {
    let second = if chart.x.second.is_some() { 24.0 + LABEL + 5.0 } else { 0.0 };
    let label = if chart.x.label.is_empty() { 0.0 } else { LABEL + 5.0 };
    let legend = if legend_rows == 0 { 0.0 } else { 8.0 + legend_rows as f64 * LEGEND_ROW };
    let notes = if note_lines == 0 { 0.0 } else { 12.0 + note_lines as f64 * NOTE_LINE };
    Below { second, label, legend, notes: notes + 12.0 }
}

fn span((low, high): (f64, f64)) -> (f64, f64) {
    if low.is_finite() && high.is_finite() && high > low { (low, high) } else { scale::padded((low, low), 0.0) }
}

fn y_ticks(axis: &Axis, height: f64, inner: f64) -> Vec<(f64, String)> {
    let wanted = (height / 44.0).floor().clamp(2.0, 9.0) as usize;
    let ticks = scale::ticks(axis, wanted);
    let ticks: Vec<(f64, String)> =
        ticks.into_iter().map(|(at, t)| (at, font::fit(&t, TICK, Weight::Regular, 0.36 * inner))).collect();
    let (low, high) = span(axis.range);
    thin(ticks, |a, b| ((a.0 - b.0) / (high - low) * height).abs() >= 11.5)
}

fn x_ticks(axis: &Axis, width: f64) -> Vec<(f64, String)> {
    let (low, high) = span(axis.range);
    let per = |a: f64, b: f64| ((a - b) / (high - low) * width).abs();
    if let AxisKind::Names(names) = &axis.kind {
        let slot = names.windows(2).map(|n| per(n[1].0, n[0].0)).fold(f64::INFINITY, f64::min).min(width);
        let room = (slot - 8.0).max(44.0);
        let ticks = names.iter().map(|(at, n)| (*at, font::fit(n, TICK, Weight::Regular, room))).collect();
        return thin(ticks, |a, b| per(a.0, b.0) >= half(a) + half(b) + 5.0);
    }
    // The most ticks that keep their distance: a narrow axis still gets two wherever they fit.
    for wanted in (1..=12).rev() {
        let ticks = scale::ticks(axis, wanted);
        let fits = |w: &[(f64, String)]| per(w[1].0, w[0].0) >= (half(&w[0]) + half(&w[1]) + 12.0).max(48.0);
        if ticks.windows(2).all(fits) {
            return ticks;
        }
    }
    thin(scale::ticks(axis, 1), |a, b| per(a.0, b.0) >= half(a) + half(b) + 10.0)
}

fn second_ticks(axis: &Axis, width: f64) -> Vec<(f64, String)> {
    let Some(second) = &axis.second else { return Vec::new() };
    let (low, high) = span(axis.range);
    let inside = second.ticks.iter().filter(|t| t.0 >= low && t.0 <= high).cloned().collect();
    thin(inside, |a, b| ((a.0 - b.0) / (high - low) * width).abs() >= half(a) + half(b) + 8.0)
}

fn half(tick: &(f64, String)) -> f64 {
    font::width(&tick.1, TICK, Weight::Regular) / 2.0
}

/// Keeps the first tick and every further one that has room beside the last kept.
fn thin(ticks: Vec<(f64, String)>, room: impl Fn(&(f64, String), &(f64, String)) -> bool) -> Vec<(f64, String)> {
    let mut kept: Vec<(f64, String)> = Vec::with_capacity(ticks.len());
    for tick in ticks {
        if kept.last().is_none_or(|last| room(&tick, last)) {
            kept.push(tick);
        }
    }
    kept
}

/// Width of a legend entry.
fn entry_width(entry: &Legend) -> f64 {
    let text = |t: &str| font::width(t, LABEL, Weight::Regular);
    match entry {
        Legend::Key(_, meaning) => 16.0 + text(meaning),
        Legend::Ramp(label, low, high) => {
            let label = if label.is_empty() { 0.0 } else { text(label) + 10.0 };
            label + text(low) + 6.0 + RAMP + 6.0 + text(high)
        }
    }
}

/// A ramp whose texts are shortened until it fits one row.
fn fit_ramp(label: &str, low: &str, high: &str, inner: f64) -> Legend {
    let end = |t: &str| font::fit(t, LABEL, Weight::Regular, 0.18 * inner);
    let (low, high) = (end(low), end(high));
    let taken = entry_width(&Legend::Ramp(String::new(), low.clone(), high.clone())) + 10.0;
    Legend::Ramp(font::fit(label, LABEL, Weight::Regular, inner - taken), low, high)
}

/// Legend entries in rows, each with its left edge; long meanings are shortened to the row.
fn flow(legend: &[Legend], inner: f64) -> Vec<Vec<(f64, Legend)>> {
    let mut rows: Vec<Vec<(f64, Legend)>> = Vec::new();
    let mut x = f64::INFINITY;
    for entry in legend {
        let entry = match entry {
            Legend::Key(role, meaning) => {
                Legend::Key(*role, font::fit(meaning, LABEL, Weight::Regular, (inner - 16.0).min(260.0)))
            }
            Legend::Ramp(label, low, high) => fit_ramp(label, low, high, inner),
        };
        let width = entry_width(&entry);
        if x + width > inner {
            rows.push(Vec::new());
            x = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((MARGIN + x, entry));
        }
        x += width + 20.0;
    }
    rows
}

impl Layout {
    /// Horizontal place of a value.
    pub fn x(&self, value: f64) -> f64 {
        let (low, high) = self.ranges.0;
        self.plot.0 + (value - low) / (high - low) * (self.plot.2 - self.plot.0)
    }

    /// Vertical place of a value.
    pub fn y(&self, value: f64) -> f64 {
        let (low, high) = self.ranges.1;
        self.plot.3 - (value - low) / (high - low) * (self.plot.3 - self.plot.1)
    }

    /// Whether a place is inside the plot, with a hair of slack.
    pub fn holds(&self, (x, y): (f64, f64)) -> bool {
        let (left, top, right, bottom) = self.plot;
        x >= left - 0.5 && x <= right + 0.5 && y >= top - 0.5 && y <= bottom + 0.5
    }
}
