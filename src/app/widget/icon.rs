//! Simple signs for the rail, drawn from lines so that they follow the look and any zoom.

use eframe::egui;
use egui::{Color32, Painter, Rect, Shape, Stroke, pos2};

use crate::app::screen::ScreenId;

/// Draws the sign of a screen into `area`.
pub(crate) fn paint(painter: &Painter, area: Rect, screen: ScreenId, colour: Color32) {
    let stroke = Stroke::new(1.6, colour);
    let at = |x: f32, y: f32| pos2(area.left() + x * area.width(), area.top() + y * area.height());
    let line = |points: &[(f32, f32)]| Shape::line(points.iter().map(|p| at(p.0, p.1)).collect(), stroke);
    let closed = |points: &[(f32, f32)]| Shape::closed_line(points.iter().map(|p| at(p.0, p.1)).collect(), stroke);
    let block = |x0: f32, x1: f32, y0: f32, y1: f32| {
        Shape::rect_filled(Rect::from_two_pos(at(x0, y0), at(x1, y1)), 1.0, colour)
    };
    let shapes = match screen {
        ScreenId::Start => vec![
            closed(&[(0.12, 0.48), (0.5, 0.12), (0.88, 0.48), (0.88, 0.9), (0.12, 0.9)]),
            line(&[(0.42, 0.9), (0.42, 0.62), (0.58, 0.62), (0.58, 0.9)]),
        ],
        ScreenId::Data => vec![
            closed(&[(0.1, 0.15), (0.9, 0.15), (0.9, 0.85), (0.1, 0.85)]),
            line(&[(0.1, 0.4), (0.9, 0.4)]),
            line(&[(0.1, 0.62), (0.9, 0.62)]),
            line(&[(0.4, 0.15), (0.4, 0.85)]),
        ],
        ScreenId::Model => vec![
            line(&[(0.5, 0.2), (0.24, 0.52), (0.12, 0.84)]),
            line(&[(0.24, 0.52), (0.4, 0.84)]),
            line(&[(0.5, 0.2), (0.76, 0.52), (0.88, 0.84)]),
            line(&[(0.76, 0.52), (0.62, 0.84)]),
            Shape::circle_filled(at(0.5, 0.18), area.width() * 0.1, colour),
        ],
        ScreenId::Global => vec![
            block(0.1, 0.9, 0.16, 0.28),
            block(0.1, 0.68, 0.38, 0.5),
            block(0.1, 0.48, 0.6, 0.72),
            block(0.1, 0.3, 0.82, 0.92),
        ],
        ScreenId::Local => vec![
            block(0.1, 0.42, 0.14, 0.28),
            block(0.36, 0.78, 0.38, 0.52),
            block(0.56, 0.78, 0.62, 0.76),
            line(&[(0.56, 0.84), (0.56, 0.96)]),
        ],
        ScreenId::Compare => vec![
            block(0.12, 0.4, 0.42, 0.9),
            closed(&[(0.6, 0.18), (0.86, 0.18), (0.86, 0.88), (0.6, 0.88)]),
            line(&[(0.02, 0.96), (0.98, 0.96)]),
        ],
        ScreenId::WhatIf => vec![
            line(&[(0.1, 0.26), (0.9, 0.26)]),
            line(&[(0.1, 0.74), (0.9, 0.74)]),
            Shape::circle_filled(at(0.66, 0.26), area.width() * 0.13, colour),
            Shape::circle_filled(at(0.32, 0.74), area.width() * 0.13, colour),
        ],
        ScreenId::Report => vec![
            closed(&[(0.2, 0.08), (0.62, 0.08), (0.82, 0.28), (0.82, 0.92), (0.2, 0.92)]),
            line(&[(0.34, 0.44), (0.68, 0.44)]),
            line(&[(0.34, 0.6), (0.68, 0.6)]),
            line(&[(0.34, 0.76), (0.56, 0.76)]),
        ],
    };
    painter.extend(shapes);
}
