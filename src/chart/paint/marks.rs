//! The marks themselves.

use super::super::font::{self, Weight};
use super::super::levels::MISSING_GROUP;
use super::super::spec::{Bar, Mark, Paint, Role};
use super::super::theme::Theme;
use super::canvas::{Anchor, Canvas, Ink, Type};
use super::furniture;
use super::layout::{Layout, TICK};

/// Everything a mark is drawn with.
pub struct Brush<'a> {
    /// Colours.
    pub theme: &'a Theme,
    /// Places.
    pub layout: &'a Layout,
}

/// Opacity of dots, so that dense places look dense.
const DOT_OPACITY: f64 = 0.85;

/// Draws one mark.
pub fn draw(canvas: &mut Canvas<'_>, mark: &Mark, brush: &Brush<'_>) {
    match mark {
        Mark::Points { xy, paint, radius, .. } => points(canvas, xy, (paint, f64::from(*radius)), brush),
        Mark::Bars { bars, lying } => {
            for bar in bars {
                draw_bar(canvas, bar, *lying, brush);
            }
            for bar in bars {
                bar_label(canvas, bar, *lying, brush);
            }
        }
        Mark::Line { xy, role, width, dashed, .. } => {
            let ink = Ink { colour: brush.theme.colour(*role), opacity: 1.0, width: f64::from(*width) };
            line(canvas, xy, ink, *dashed, brush.layout);
        }
        Mark::Band { edges, role } => band(canvas, edges, *role, brush),
        Mark::Cells { cells, size, signed, .. } => draw_cells(canvas, cells, (*size, *signed), brush),
        Mark::Rule { at, upright, role, .. } => rule(canvas, (*at, *upright, *role), brush),
        Mark::Text { at, text, role, anchor } => {
            let place = (brush.layout.x(at.0), brush.layout.y(at.1) + 0.36 * TICK);
            let anchor = match anchor {
                -1 => Anchor::Start,
                0 => Anchor::Middle,
                _ => Anchor::End,
            };
            let colour = brush.theme.colour(*role);
            // Moved sideways where it would leave the picture.
            let wide = font::width(text, TICK, Weight::Regular);
            let (before, after) = match anchor {
                Anchor::Start => (0.0, wide),
                Anchor::Middle => (wide / 2.0, wide / 2.0),
                Anchor::End => (wide, 0.0),
            };
            let right = (brush.layout.size.0 - 4.0 - after).max(before + 4.0);
            let place = (place.0.clamp(before + 4.0, right), place.1);
            haloed(canvas, text, place, Type { size: TICK, weight: Weight::Regular, colour, anchor }, brush);
        }
    }
}

fn points(canvas: &mut Canvas<'_>, xy: &[[f32; 2]], (paint, radius): (&Paint, f64), brush: &Brush<'_>) {
    let missing = Ink { colour: brush.theme.missing, opacity: 1.0, width: 0.8 };
    for (i, [x, y]) in xy.iter().enumerate() {
        let place = (brush.layout.x(f64::from(*x)), brush.layout.y(f64::from(*y)));
        if !brush.layout.holds(place) {
            continue;
        }
        let solid = |colour| Ink { colour, opacity: DOT_OPACITY, width: 1.0 };
        match paint {
            Paint::Role(Role::Missing) => canvas.ring(place, radius - 0.3, missing),
            Paint::Role(role) => canvas.dot(place, radius, solid(brush.theme.colour(*role))),
            Paint::Ramp(shares) => match shares.get(i) {
                Some(share) if !share.is_nan() => {
                    canvas.dot(place, radius, solid(brush.theme.ramp_at(f64::from(*share))));
                }
                _ => canvas.ring(place, radius - 0.3, missing),
            },
            Paint::Groups(groups) => match groups.get(i) {
                Some(&group) if group != MISSING_GROUP => {
                    marker(canvas, group, (place, radius * 1.1), solid(brush.theme.colour(Role::Group(group))));
                }
                _ => canvas.ring(place, radius - 0.3, missing),
            },
        }
    }
}

/// The shape of a group, so that groups differ by more than colour.
pub fn marker(canvas: &mut Canvas<'_>, group: u8, (at, radius): ((f64, f64), f64), ink: Ink) {
    let (x, y) = at;
    let r = radius;
    match group % 6 {
        0 => canvas.dot(at, r, ink),
        1 => canvas.rect((x - 0.86 * r, y - 0.86 * r), (x + 0.86 * r, y + 0.86 * r), ink),
        2 => canvas.polygon(&[(x, y - 1.15 * r), (x + r, y + 0.75 * r), (x - r, y + 0.75 * r)], ink),
        3 => canvas.polygon(&[(x, y - 1.2 * r), (x + 1.2 * r, y), (x, y + 1.2 * r), (x - 1.2 * r, y)], ink),
        4 => canvas.polygon(&[(x, y + 1.15 * r), (x + r, y - 0.75 * r), (x - r, y - 0.75 * r)], ink),
        _ => canvas.rect((x - 1.25 * r, y - 0.5 * r), (x + 1.25 * r, y + 0.5 * r), ink),
    }
}

/// Corners of a bar, pointed towards its end where asked.
fn outline(bar: &Bar, lying: bool, layout: &Layout) -> Vec<(f64, f64)> {
    let along = |v: f64| if lying { layout.x(v) } else { layout.y(v) };
    let across = |v: f64| if lying { layout.y(v) } else { layout.x(v) };
    let (from, to) = (along(bar.from), along(bar.to));
    let (a, b) = (across(bar.at - bar.thickness / 2.0), across(bar.at + bar.thickness / 2.0));
    let tip = if bar.pointed { (to - from).abs().min(6.0) } else { 0.0 };
    let shoulder = to - tip * (to - from).signum();
    let mut corners = vec![(from, a), (shoulder, a)];
    if tip > 0.0 {
        corners.push((to, f64::midpoint(a, b)));
    }
    corners.extend([(shoulder, b), (from, b)]);
    corners.into_iter().map(|(along, across)| if lying { (along, across) } else { (across, along) }).collect()
}

fn draw_bar(canvas: &mut Canvas<'_>, bar: &Bar, lying: bool, brush: &Brush<'_>) {
    let layout = brush.layout;
    let ink = Ink::solid(brush.theme.colour(bar.role));
    let corners = outline(bar, lying, layout);
    let length = if lying { layout.x(bar.to) - layout.x(bar.from) } else { layout.y(bar.to) - layout.y(bar.from) };
    if length.abs() < 1.0 {
        // Too short for an area: a thin mark keeps the place visible.
        if let (Some(first), Some(last)) = (corners.first(), corners.last()) {
            canvas.line(*first, *last, Ink { width: 1.4, ..ink });
        }
    } else if bar.role == Role::Missing {
        // No value is hollow everywhere.
        canvas.polygon(&corners, Ink { opacity: 0.16, ..ink });
        let closed: Vec<(f64, f64)> = corners.iter().chain(corners.first()).copied().collect();
        canvas.path(&closed, ink);
    } else {
        canvas.polygon(&corners, ink);
    }
    if let Some((low, high)) = bar.whisker {
        let ink = Ink { width: 1.2, ..Ink::solid(brush.theme.text) };
        let cap = 0.16 * bar.thickness;
        let mut segment = |a: (f64, f64), b: (f64, f64)| {
            let place = |(v, across): (f64, f64)| {
                if lying { (layout.x(v), layout.y(across)) } else { (layout.x(across), layout.y(v)) }
            };
            canvas.line(place(a), place(b), ink);
        };
        segment((low, bar.at), (high, bar.at));
        for end in [low, high] {
            segment((end, bar.at - cap), (end, bar.at + cap));
        }
    }
}

fn bar_label(canvas: &mut Canvas<'_>, bar: &Bar, lying: bool, brush: &Brush<'_>) {
    if bar.label.is_empty() {
        return;
    }
    let (layout, theme) = (brush.layout, brush.theme);
    let look = |anchor| Type { size: TICK, weight: Weight::Regular, colour: theme.text, anchor };
    let (low, high) = bar.whisker.map_or((bar.to, bar.to), |(l, h)| (l.min(bar.to), h.max(bar.to)));
    if !lying {
        let slot = (layout.x(bar.at + 0.5 * bar.thickness) - layout.x(bar.at - 0.5 * bar.thickness)).abs();
        if font::width(&bar.label, TICK, Weight::Regular) <= slot + 6.0 {
            let y = (layout.y(high) - 4.0).max(layout.plot.1 + 9.0);
            furniture::centred(canvas, &bar.label, (layout.x(bar.at), y), look(Anchor::Middle), layout);
        }
        return;
    }
    let width = font::width(&bar.label, TICK, Weight::Regular) + 5.0;
    let lane = (layout.y(bar.at - 0.5) - layout.y(bar.at + 0.5)).abs();
    if lane < TICK - 1.0 {
        return;
    }
    let y = layout.y(bar.at) + 0.36 * TICK;
    let rising = bar.to >= bar.from;
    let (start, end) = (layout.x(low.min(bar.from)), layout.x(high.max(bar.from)));
    let fits_right = end + width <= layout.size.0 - 6.0;
    let fits_left = start - width >= layout.plot.0 - 2.0;
    if fits_right && (rising || !fits_left) {
        haloed(canvas, &bar.label, (end + 5.0, y), look(Anchor::Start), brush);
    } else if fits_left {
        haloed(canvas, &bar.label, (start - 5.0, y), look(Anchor::End), brush);
    } else {
        // No room outside: inside the bar, in the colour that reads on it.
        let colour = theme.text_on(theme.colour(bar.role));
        let middle = (f64::midpoint(layout.x(bar.from), layout.x(bar.to)), y);
        let inside = Type { colour, ..look(Anchor::Middle) };
        furniture::centred(canvas, &bar.label, middle, inside, layout);
    }
}

/// A text on a patch of background, so that lines behind it do not cut it.
fn haloed(canvas: &mut Canvas<'_>, text: &str, at: (f64, f64), look: Type, brush: &Brush<'_>) {
    let width = font::width(text, look.size, look.weight);
    let left = match look.anchor {
        Anchor::Start => at.0,
        Anchor::Middle => at.0 - width / 2.0,
        Anchor::End => at.0 - width,
    };
    let patch = Ink { colour: brush.theme.background, opacity: 0.8, width: 1.0 };
    canvas.rect((left - 1.5, at.1 - 0.8 * look.size), (left + width + 1.5, at.1 + 0.22 * look.size), patch);
    canvas.text(text, at, look);
}

fn line(canvas: &mut Canvas<'_>, xy: &[[f64; 2]], ink: Ink, dashed: bool, layout: &Layout) {
    for part in xy.split(|p| p[0].is_nan() || p[1].is_nan()) {
        let (left, top, right, bottom) = layout.plot;
        let mut points: Vec<(f64, f64)> =
            part.iter().map(|p| (layout.x(p[0]).clamp(left, right), layout.y(p[1]).clamp(top, bottom))).collect();
        // Steps finer than a tenth of a point cannot be seen.
        points.dedup_by(|a, b| (a.0 - b.0).abs() < 0.05 && (a.1 - b.1).abs() < 0.05);
        if points.len() < 2 {
            continue;
        }
        if dashed { canvas.dashed(&points, ink) } else { canvas.path(&points, ink) }
    }
}

fn band(canvas: &mut Canvas<'_>, edges: &[[f64; 3]], role: Role, brush: &Brush<'_>) {
    let layout = brush.layout;
    let (_, top, _, bottom) = layout.plot;
    for part in edges.split(|e| e.iter().any(|v| v.is_nan())) {
        let place = |x: f64, y: f64| (layout.x(x), layout.y(y).clamp(top, bottom));
        let upper = part.iter().map(|e| place(e[0], e[2]));
        let lower = part.iter().rev().map(|e| place(e[0], e[1]));
        let corners: Vec<(f64, f64)> = upper.chain(lower).collect();
        if corners.len() > 2 {
            canvas.polygon(&corners, Ink { opacity: 0.16, ..Ink::solid(brush.theme.colour(role)) });
        }
    }
}

fn draw_cells(
    canvas: &mut Canvas<'_>,
    cells: &[(f64, f64, f32, String)],
    (size, signed): ((f64, f64), bool),
    brush: &Brush<'_>,
) {
    let (layout, theme) = (brush.layout, brush.theme);
    for (x, y, share, text) in cells {
        let (left, right) = (layout.x(x - size.0 / 2.0), layout.x(x + size.0 / 2.0));
        let (top, bottom) = (layout.y(y + size.1 / 2.0), layout.y(y - size.1 / 2.0));
        // The seam between thin cells is a hair, else it would be all there is to see.
        let seam = (0.06 * (right - left).min(bottom - top)).clamp(0.0, 1.0);
        let (left, right, top, bottom) = (left + seam, right - seam, top + seam, bottom - seam);
        let fill = theme.fill_at(f64::from(*share), signed);
        canvas.rect((left, top), (right, bottom), Ink::solid(fill));
        let lines: Vec<&str> = text.split('\n').collect();
        let colour = theme.text_on(fill);
        let height = 15.0 * lines.len() as f64;
        let size_of = |i: usize| if i == 0 { 12.0 } else { 10.5 };
        let too_wide = |(i, line): (usize, &&str)| font::width(line, size_of(i), Weight::Regular) > right - left - 2.0;
        // Half a text would be misread.
        if bottom - top < height || lines.iter().enumerate().any(too_wide) {
            continue;
        }
        for (i, line) in lines.iter().enumerate() {
            let size = size_of(i);
            let weight = if i == 0 && lines.len() > 1 { Weight::SemiBold } else { Weight::Regular };
            let baseline = f64::midpoint(top, bottom) - height / 2.0 + 15.0 * (i as f64 + 0.75);
            let place = (f64::midpoint(left, right), baseline);
            canvas.text(line, place, Type { size, weight, colour, anchor: Anchor::Middle });
        }
    }
}

fn rule(canvas: &mut Canvas<'_>, (at, upright, role): (f64, bool, Role), brush: &Brush<'_>) {
    let (left, top, right, bottom) = brush.layout.plot;
    let ink = Ink { width: 1.2, ..Ink::solid(brush.theme.colour(role)) };
    let ends = if upright {
        let x = brush.layout.x(at);
        [(x, top), (x, bottom)]
    } else {
        let y = brush.layout.y(at);
        [(left, y), (right, y)]
    };
    if brush.layout.holds(ends[0]) {
        canvas.dashed(&ends, ink);
    }
}

/// Labels of rules: above the plot for upright ones, moved apart where they would meet; at the left for level ones.
pub fn rule_labels(canvas: &mut Canvas<'_>, marks: &[Mark], brush: &Brush<'_>) {
    let layout = brush.layout;
    let mut upright: Vec<(f64, f64, &str, Role)> = Vec::new();
    for mark in marks {
        let Mark::Rule { at, upright: up, role, label } = mark else { continue };
        if label.is_empty() {
            continue;
        }
        let width = font::width(label, TICK, Weight::Regular);
        if *up {
            let x = layout.x(*at).clamp(width / 2.0 + 6.0, (layout.size.0 - width / 2.0 - 6.0).max(width / 2.0 + 6.0));
            upright.push((x, width, label, *role));
        } else {
            let colour = brush.theme.colour(*role);
            let look = Type { size: TICK, weight: Weight::Regular, colour, anchor: Anchor::Start };
            haloed(canvas, label, (layout.plot.0 + 5.0, layout.y(*at) - 5.0), look, brush);
        }
    }
    upright.sort_by(|a, b| a.0.total_cmp(&b.0));
    push_apart(&mut upright, layout.size.0);
    for (x, _, label, role) in upright {
        let colour = brush.theme.colour(role);
        let look = Type { size: TICK, weight: Weight::Regular, colour, anchor: Anchor::Middle };
        canvas.text(label, (x, layout.plot.1 - 5.0), look);
    }
}

/// Moves neighbouring labels apart, symmetrically, inside the picture.
fn push_apart(labels: &mut [(f64, f64, &str, Role)], width: f64) {
    for _ in 0..8 {
        for i in 1..labels.len() {
            let (a, b) = (labels[i - 1], labels[i]);
            let overlap = (a.0 + a.1 / 2.0 + 12.0) - (b.0 - b.1 / 2.0);
            if overlap > 0.0 {
                labels[i - 1].0 -= overlap / 2.0;
                labels[i].0 += overlap / 2.0;
            }
        }
        for label in labels.iter_mut() {
            let half = label.1 / 2.0 + 6.0;
            label.0 = label.0.clamp(half, (width - half).max(half));
        }
    }
}
