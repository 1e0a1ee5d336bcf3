//! Everything around the marks: title, axes, legend, notes.

use super::super::font::{self, Weight};
use super::super::spec::{AxisKind, Chart, Legend, Mark, Role};
use super::super::theme::{Rgb, Theme};
use super::canvas::{Anchor, Canvas, Ink, Type};
use super::layout::{LABEL, LEGEND_ROW, Layout, MARGIN, NOTE, NOTE_LINE, RAMP, TICK, TITLE};
use super::marks;

fn type_of(size: f64, colour: Rgb, anchor: Anchor) -> Type {
    Type { size, weight: Weight::Regular, colour, anchor }
}

/// Background, title, grid and lane lines: what lies behind the marks.
pub fn behind(canvas: &mut Canvas<'_>, chart: &Chart, theme: &Theme, layout: &Layout) {
    canvas.rect((0.0, 0.0), layout.size, Ink::solid(theme.background));
    let mut y = MARGIN + TITLE - 3.0;
    for line in &layout.title {
        let look = Type { weight: Weight::SemiBold, ..type_of(TITLE, theme.text, Anchor::Start) };
        canvas.text(line, (MARGIN, y), look);
        y += TITLE + 5.0;
    }
    if !chart.y.label.is_empty() {
        let label = font::fit(&chart.y.label, LABEL, Weight::Regular, layout.size.0 - 2.0 * MARGIN);
        canvas.text(&label, (MARGIN, y - 1.0), type_of(LABEL, theme.muted, Anchor::Start));
    }
    let (left, top, right, bottom) = layout.plot;
    let grid = Ink::solid(theme.grid);
    let cells = chart.marks.iter().any(|m| matches!(m, Mark::Cells { .. }));
    if cells {
        return;
    }
    if !matches!(chart.x.kind, AxisKind::Names(_)) {
        for (at, _) in &layout.x_ticks {
            let x = layout.x(*at).round();
            canvas.line((x, top), (x, bottom), grid);
        }
    }
    let dots = chart.marks.iter().any(|m| matches!(m, Mark::Points { .. }));
    if !matches!(chart.y.kind, AxisKind::Names(_)) || dots {
        for (at, _) in &layout.y_ticks {
            let y = layout.y(*at).round();
            canvas.line((left, y), (right, y), grid);
        }
    }
}

/// Axis lines, ticks, labels, legend and notes: what lies in front of the marks.
pub fn front(canvas: &mut Canvas<'_>, chart: &Chart, theme: &Theme, layout: &Layout) {
    let filled = chart.filled_by_sign();
    let cells = filled.is_some();
    let mut y = x_axis(canvas, chart, theme, layout, cells);
    y_axis(canvas, chart, theme, layout, cells);
    if !layout.legend.is_empty() {
        y += 8.0;
        for row in &layout.legend {
            for (x, entry) in row {
                legend_entry(canvas, entry, (*x, y + 12.0), (theme, filled));
            }
            y += LEGEND_ROW;
        }
    }
    if !layout.notes.is_empty() {
        y += 6.0;
        let (from, to) = ((MARGIN, y.round()), (layout.size.0 - MARGIN, y.round()));
        canvas.line(from, to, Ink::solid(theme.grid));
        y += 4.0;
        for line in &layout.notes {
            canvas.text(line, (MARGIN, y + 10.0), type_of(NOTE, theme.muted, Anchor::Start));
            y += NOTE_LINE;
        }
    }
}

/// Draws the horizontal axis and answers how far down it reaches.
fn x_axis(canvas: &mut Canvas<'_>, chart: &Chart, theme: &Theme, layout: &Layout, cells: bool) -> f64 {
    let (left, _, right, bottom) = layout.plot;
    let axis = Ink::solid(theme.axis);
    if !cells {
        canvas.line((left, bottom), (right, bottom), axis);
    }
    let named = matches!(chart.x.kind, AxisKind::Names(_));
    for (at, text) in &layout.x_ticks {
        let x = layout.x(*at);
        if !named {
            canvas.line((x.round(), bottom), (x.round(), bottom + 4.0), axis);
        }
        let colour = if named { theme.text } else { theme.muted };
        centred(canvas, text, (x, bottom + 16.0), type_of(TICK, colour, Anchor::Middle), layout);
    }
    let middle = f64::midpoint(left, right);
    let mut y = bottom + 20.0;
    if !chart.x.label.is_empty() {
        centred(canvas, &chart.x.label, (middle, y + LABEL + 1.0), type_of(LABEL, theme.muted, Anchor::Middle), layout);
        y += LABEL + 5.0;
    }
    if let Some(second) = &chart.x.second {
        let line = (y + 4.0).round();
        canvas.line((left, line), (right, line), axis);
        for (at, text) in &layout.second_ticks {
            let x = layout.x(*at);
            canvas.line((x.round(), line), (x.round(), line + 4.0), axis);
            centred(canvas, text, (x, line + 16.0), type_of(TICK, theme.muted, Anchor::Middle), layout);
        }
        let label = (middle, line + 20.0 + LABEL + 1.0);
        centred(canvas, &second.label, label, type_of(LABEL, theme.muted, Anchor::Middle), layout);
        y += 24.0 + LABEL + 5.0;
    }
    y
}

fn y_axis(canvas: &mut Canvas<'_>, chart: &Chart, theme: &Theme, layout: &Layout, cells: bool) {
    let (left, top, _, bottom) = layout.plot;
    let named = matches!(chart.y.kind, AxisKind::Names(_));
    let from_zero = chart.x.range.0.abs() < f64::MIN_POSITIVE;
    if !cells && (!named || from_zero) {
        canvas.line((left, top), (left, bottom), Ink::solid(theme.axis));
    }
    for (at, text) in &layout.y_ticks {
        let colour = if named { theme.text } else { theme.muted };
        canvas.text(text, (left - 7.0, layout.y(*at) + 0.36 * TICK), type_of(TICK, colour, Anchor::End));
    }
}

/// A centred text, moved sideways where it would leave the picture and shortened where it is wider than it.
pub fn centred(canvas: &mut Canvas<'_>, text: &str, at: (f64, f64), look: Type, layout: &Layout) {
    let text = font::fit(text, look.size, look.weight, layout.size.0 - 12.0);
    let half = font::width(&text, look.size, look.weight) / 2.0;
    let x = at.0.clamp(half + 6.0, (layout.size.0 - half - 6.0).max(half + 6.0));
    canvas.text(&text, (x, at.1), look);
}

fn legend_entry(
    canvas: &mut Canvas<'_>,
    entry: &Legend,
    (x, baseline): (f64, f64),
    (theme, filled): (&Theme, Option<bool>),
) {
    let look = type_of(LABEL, theme.text, Anchor::Start);
    let middle = baseline - 0.36 * LABEL;
    match entry {
        Legend::Key(role, meaning) => {
            let ink = Ink::solid(theme.colour(*role));
            match role {
                Role::Missing => canvas.ring((x + 5.0, middle), 3.6, Ink { width: 1.2, ..ink }),
                Role::Group(group) => marks::marker(canvas, *group, ((x + 5.0, middle), 4.2), ink),
                Role::Muted | Role::Reference => {
                    let ink = Ink { width: 1.4, ..ink };
                    for left in [x - 1.0, x + 6.5] {
                        canvas.line((left, middle), (left + 5.0, middle), ink);
                    }
                }
                Role::Ink => canvas.dot((x + 5.0, middle), 4.0, ink),
                _ => canvas.rect((x, middle - 4.5), (x + 10.0, middle + 4.5), ink),
            }
            canvas.text(meaning, (x + 16.0, baseline), look);
        }
        Legend::Ramp(label, low, high) => {
            let mut x = x;
            if !label.is_empty() {
                canvas.text(label, (x, baseline), type_of(LABEL, theme.muted, Anchor::Start));
                x += font::width(label, LABEL, Weight::Regular) + 10.0;
            }
            canvas.text(low, (x, baseline), look);
            x += font::width(low, LABEL, Weight::Regular) + 6.0;
            let steps = 44;
            let step = RAMP / f64::from(steps);
            for i in 0..steps {
                let left = x + f64::from(i) * step;
                let share = (f64::from(i) + 0.5) / f64::from(steps);
                let fill = filled.map_or_else(|| theme.ramp_at(share), |signed| theme.fill_at(share, signed));
                // A tenth of a point of overlap, so that no seam shows between neighbours.
                let right = left + step + if i + 1 < steps { 0.2 } else { 0.0 };
                canvas.rect((left, middle - 4.5), (right, middle + 4.5), Ink::solid(fill));
            }
            canvas.text(high, (x + RAMP + 6.0, baseline), look);
        }
    }
}
