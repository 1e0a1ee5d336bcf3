//! One chart of the profiler: where values lie along it, and its drawing.

use eframe::egui;
use egui::{Pos2, Rect, Shape, Stroke, Ui, pos2};

use crate::chart::Role;
use crate::data::{ColumnKind, Value};
use crate::session::what_if::Curve;

use super::super::{cell, editors};
use super::{Shared, height_of};
use crate::app::desk::Cx;
use crate::app::style;

/// Width of the place of the missing value.
const MISSING: f32 = 18.0;
/// Share of the range that is shown beyond each end of the data.
const BEYOND: f64 = 0.05;
/// Height of the histogram.
const BARS: f32 = 18.0;

/// The horizontal axis of one column.
pub(super) struct Lane {
    plot: Rect,
    /// Smallest and largest number of the table; `None` for levels.
    data: Option<(f64, f64)>,
    /// What the axis shows: numbers, or places of levels.
    shown: (f64, f64),
    whole: bool,
    spots: Vec<Value>,
}

impl Lane {
    /// The axis of a curve, with room for the present value.
    pub(super) fn new(cx: &Cx<'_>, plot: Rect, curve: &Curve, value: &Value) -> Self {
        let spots = curve.spots.to_vec();
        let data = cell::range(cx, curve.column).filter(|_| cell::kind(cx, curve.column) == ColumnKind::Number);
        let levels = spots.iter().filter(|spot| !spot.is_missing()).count();
        let shown = match (data, value) {
            (Some((low, high)), value) => {
                let now = if let Value::Number(v) = value { *v } else { low };
                let (low, high) = (low.min(now), high.max(now));
                let room = ((high - low) * BEYOND).max(1e-9 * high.abs().max(1.0));
                (low - room, high + room)
            }
            (None, _) => (-0.5, levels as f64 - 0.5),
        };
        Self { plot, data, shown, whole: cell::is_whole(cx, curve.column), spots }
    }

    /// Where a spot lies on screen.
    pub(super) fn x(&self, value: &Value) -> f32 {
        let place = match value {
            Value::Missing => return self.plot.right() - MISSING / 2.0,
            Value::Number(v) => *v,
            other => self.spots.iter().position(|spot| spot.is_same(other)).map_or(f64::NAN, |k| k as f64),
        };
        self.x_of(place)
    }

    fn x_of(&self, place: f64) -> f32 {
        let width = (self.shown.1 - self.shown.0).max(f64::MIN_POSITIVE);
        self.plot.left() + self.room() * ((place - self.shown.0) / width) as f32
    }

    fn room(&self) -> f32 {
        self.plot.width() - MISSING
    }

    /// The value at a place on screen: a number of few digits, the nearest level, or missing.
    pub(super) fn value_at(&self, x: f32) -> Value {
        if x > self.plot.right() - MISSING {
            return Value::Missing;
        }
        let share = f64::from(((x - self.plot.left()) / self.room().max(1.0)).clamp(0.0, 1.0));
        let place = self.shown.0 + share * (self.shown.1 - self.shown.0);
        if self.data.is_none() {
            let last = self.spots.iter().filter(|spot| !spot.is_missing()).count().saturating_sub(1);
            // Casting saturates at both ends.
            return self.spots.get((place.round() as usize).min(last)).cloned().unwrap_or(Value::Missing);
        }
        // One point on screen is no finer than this.
        let step = 10f64.powf(((self.shown.1 - self.shown.0) / f64::from(self.room().max(1.0))).log10().floor());
        let step = if self.whole { step.max(1.0) } else { step };
        let rounded = (place / step).round() * step;
        Value::Number(if rounded.is_finite() { tidy(rounded, step) } else { place })
    }

    /// The spot nearest to a place on screen.
    pub(super) fn nearest(&self, x: f32) -> Option<usize> {
        let away = |spot: &Value| (self.x(spot) - x).abs();
        let near = self.spots.iter().enumerate().filter(|(_, spot)| away(spot).is_finite());
        near.min_by(|a, b| away(a.1).total_cmp(&away(b.1))).map(|(k, _)| k)
    }
}

/// A multiple of a power of ten without the digits that multiplying has left behind.
fn tidy(value: f64, step: f64) -> f64 {
    let decimals = (-step.log10().round()).clamp(0.0, 15.0) as usize;
    format!("{value:.decimals$}").parse().unwrap_or(value)
}

/// Frame, shading, histogram, threshold, both curves, crosshair.
pub(super) fn paint(ui: &Ui, cx: &Cx<'_>, (lane, curve): (&Lane, &Curve), shared: &Shared<'_>, value: &Value) {
    let skin = style::skin(ui);
    let painter = ui.painter_at(lane.plot.expand2(egui::vec2(1.0, BARS + 8.0)));
    let line = Stroke::new(1.0, skin.grid);
    painter.rect_stroke(lane.plot, 0.0, line, egui::StrokeKind::Inside);
    let edge = lane.plot.right() - MISSING;
    if let Some((low, high)) = lane.data {
        let shade = skin.missing.gamma_multiply(0.16);
        for (from, to) in [(lane.plot.left(), lane.x_of(low)), (lane.x_of(high), edge)] {
            painter.rect_filled(Rect::from_x_y_ranges(from..=to.max(from), lane.plot.y_range()), 0.0, shade);
        }
    }
    painter.vline(edge, lane.plot.y_range(), line);
    histogram(ui, cx, (lane, curve));
    let y = |v: f64| height_of(lane.plot, shared.range, v);
    if let Some(threshold) = shared.threshold.filter(|t| (shared.range.0..=shared.range.1).contains(t)) {
        let ends = [pos2(lane.plot.left(), y(threshold)), pos2(lane.plot.right(), y(threshold))];
        painter.extend(Shape::dashed_line(&ends, Stroke::new(1.0, skin.axis), 2.0, 3.0));
    }
    let mean = shared.means.and_then(|means| means.of_column(curve.column));
    for (of, stroke, dashed) in [
        (mean, Stroke::new(1.5, skin.role(Role::Reference)), true),
        (Some(curve), Stroke::new(2.0, skin.accent), false),
    ] {
        let Some(of) = of else { continue };
        let places = of.spots.iter().zip(of.of_output(shared.output));
        let points: Vec<(Pos2, bool)> =
            places.map(|(spot, v)| (pos2(lane.x(spot), y(*v)), spot.is_missing())).collect();
        curve_of(&painter, lane, &points, (stroke, dashed));
    }
    let at = pos2(lane.x(value), y(shared.prediction));
    if at.x.is_finite() && at.y.is_finite() {
        let cross = Stroke::new(1.0, skin.text.gamma_multiply(0.7));
        painter.vline(at.x, lane.plot.y_range(), cross);
        painter.extend(Shape::dashed_line(&[pos2(lane.plot.left(), at.y), at], cross, 3.0, 3.0));
        painter.circle(at, 4.5, skin.accent, Stroke::new(1.5, skin.card));
    }
}

fn curve_of(painter: &egui::Painter, lane: &Lane, points: &[(Pos2, bool)], (stroke, dashed): (Stroke, bool)) {
    let line: Vec<Pos2> =
        points.iter().filter(|(at, missing)| !missing && at.x.is_finite()).map(|(at, _)| *at).collect();
    if lane.data.is_some() {
        match dashed {
            true => painter.extend(Shape::dashed_line(&line, stroke, 4.0, 3.0)),
            false => drop(painter.add(Shape::line(line.clone(), stroke))),
        }
    }
    let single = points.iter().filter(|(at, missing)| at.x.is_finite() && (*missing || lane.data.is_none()));
    for (at, _) in single {
        match dashed {
            true => painter.circle_stroke(*at, 3.0, stroke),
            false => painter.circle_filled(*at, 3.0, stroke.color),
        };
    }
}

/// Rows of the table along the axis, and those that miss the value.
fn histogram(ui: &Ui, cx: &Cx<'_>, (lane, curve): (&Lane, &Curve)) {
    let Some(known) = cx.session.profile().and_then(|p| p.columns.get(curve.column)) else { return };
    let top = lane.plot.bottom() + 2.0;
    let area = Rect::from_x_y_ranges(lane.plot.left()..=lane.plot.right() - MISSING, top..=top + BARS);
    if let (Some(_), Some(histogram)) = (lane.data, &known.histogram) {
        editors::bars(ui, area, lane.shown, (histogram.low, histogram.high), &histogram.counts);
    } else {
        let count = |spot: &Value| {
            let name = cell::words(spot);
            known.levels.iter().find(|(level, _)| *level == name).map_or(0, |(_, count)| *count)
        };
        let counts: Vec<usize> = lane.spots.iter().filter(|spot| !spot.is_missing()).map(count).collect();
        editors::bars(ui, area, lane.shown, lane.shown, &counts);
    }
    if known.missing > 0 {
        let share = known.missing as f32 / (known.missing + known.present).max(1) as f32;
        let place = Rect::from_x_y_ranges(lane.plot.right() - MISSING..=lane.plot.right(), top..=top + BARS);
        editors::bars(ui, place.with_min_y(place.bottom() - BARS * share.max(0.06)), (0.0, 1.0), (0.2, 0.8), &[1]);
    }
}
