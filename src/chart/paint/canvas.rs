//! Drawing in points with plotters' SVG backend. The backend counts in whole units, so the canvas is ten times as
//! large as the picture and shrunk by its view box: every coordinate is kept to a tenth of a point.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, RGBAColor, ShapeStyle, TextStyle};

use super::super::font::{self, Weight};
use super::super::theme::Rgb;
use super::PaintError;

/// Units of the backend per point.
pub const UNITS: f64 = 10.0;
/// plotters divides sizes by this before it writes them.
const PLOTTERS_SIZE: f64 = 1.24;

/// Which edge of a text sits at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The text starts there.
    Start,
    /// The text is centred there.
    Middle,
    /// The text ends there.
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// Points per em.
    pub size: f64,
    /// Regular or semi-bold.
    pub weight: Weight,
    /// Colour.
    pub colour: Rgb,
    /// Which edge sits at the place.
    pub anchor: Anchor,
}

/// A colour with its opacity and, for lines, a width in points.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    /// The colour.
    pub colour: Rgb,
    /// 0 nothing to 1 solid.
    pub opacity: f64,
    /// Line width in points.
    pub width: f64,
}

impl Ink {
    /// Solid, one point wide.
    pub fn solid(colour: Rgb) -> Self {
        Self { colour, opacity: 1.0, width: 1.0 }
    }

    fn style(self, filled: bool) -> ShapeStyle {
        ShapeStyle {
            color: RGBAColor(self.colour.r, self.colour.g, self.colour.b, self.opacity),
            filled,
            stroke_width: (self.width * UNITS).round().max(1.0) as u32,
        }
    }
}

/// The picture being drawn.
pub struct Canvas<'a> {
    backend: SVGBackend<'a>,
    fault: Option<String>,
}

fn unit(points: f64) -> i32 {
    (points * UNITS).round().clamp(-1e8, 1e8) as i32
}

fn place((x, y): (f64, f64)) -> (i32, i32) {
    (unit(x), unit(y))
}

impl<'a> Canvas<'a> {
    /// An empty picture of `size` points, written into `out`.
    pub fn new(out: &'a mut String, size: (u32, u32)) -> Self {
        let factor = UNITS as u32;
        let backend = SVGBackend::with_string(out, (size.0.saturating_mul(factor), size.1.saturating_mul(factor)));
        Self { backend, fault: None }
    }

    fn note<E: std::fmt::Display>(&mut self, result: Result<(), E>) {
        if let Err(error) = result {
            self.fault.get_or_insert_with(|| error.to_string());
        }
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        let result = self.backend.draw_line(place(from), place(to), &ink.style(false)).map_err(|e| e.to_string());
        self.note(result);
    }

    /// A straight dashed line.
    pub fn dashed(&mut self, points: &[(f64, f64)], ink: Ink) {
        const ON: f64 = 5.0;
        const OFF: f64 = 3.5;
        let mut walked = 0.0;
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            let at = |d: f64| (a.0 + (b.0 - a.0) * d / length, a.1 + (b.1 - a.1) * d / length);
            let mut start = -(walked % (ON + OFF));
            while start < length {
                let (from, to) = (start.max(0.0), (start + ON).min(length));
                if to > from {
                    self.line(at(from), at(to), ink);
                }
                start += ON + OFF;
            }
            walked += length;
        }
    }

    /// A polyline.
    pub fn path(&mut self, points: &[(f64, f64)], ink: Ink) {
        let units: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
        let result = self.backend.draw_path(units, &ink.style(false)).map_err(|e| e.to_string());
        self.note(result);
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: &[(f64, f64)], ink: Ink) {
        let units: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
        let result = self.backend.fill_polygon(units, &ink.style(true)).map_err(|e| e.to_string());
        self.note(result);
    }

    /// A filled rectangle between two opposite corners.
    pub fn rect(&mut self, a: (f64, f64), b: (f64, f64), ink: Ink) {
        let low = place((a.0.min(b.0), a.1.min(b.1)));
        let high = place((a.0.max(b.0), a.1.max(b.1)));
        let result = self.backend.draw_rect(low, high, &ink.style(true), true).map_err(|e| e.to_string());
        self.note(result);
    }

    /// A filled circle.
    pub fn dot(&mut self, centre: (f64, f64), radius: f64, ink: Ink) {
        let radius = unit(radius).max(1).unsigned_abs();
        let result = self.backend.draw_circle(place(centre), radius, &ink.style(true), true).map_err(|e| e.to_string());
        self.note(result);
    }

    /// A hollow circle.
    pub fn ring(&mut self, centre: (f64, f64), radius: f64, ink: Ink) {
        let radius = unit(radius).max(1).unsigned_abs();
        let result =
            self.backend.draw_circle(place(centre), radius, &ink.style(false), false).map_err(|e| e.to_string());
        self.note(result);
    }

    /// One line of text whose baseline is at `y`.
    pub fn text(&mut self, text: &str, (x, baseline): (f64, f64), look: Type) {
        if text.is_empty() {
            return;
        }
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let size = look.size * UNITS;
        let font = FontDesc::new(FontFamily::Name(font::FAMILY), size * PLOTTERS_SIZE, look.weight.style());
        let h_pos = match look.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let Rgb { r, g, b } = look.colour;
        let colour = RGBAColor(r, g, b, 1.0);
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(h_pos, VPos::Top));
        // plotters hangs a text 0.76 em below its place; taken back here, so that the baseline is ours.
        let top = unit(baseline) - (0.76 * size).round() as i32;
        let result = self.backend.draw_text(&text, &style, (unit(x), top)).map_err(|e| e.to_string());
        self.note(result);
    }

    /// Closes the picture.
    pub fn finish(mut self) -> Result<(), PaintError> {
        let result = self.backend.present().map_err(|e| e.to_string());
        self.note(result);
        self.fault.take().map_or(Ok(()), |reason| Err(PaintError::Backend(reason)))
    }
}
