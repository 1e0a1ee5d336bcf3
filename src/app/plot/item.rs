//! Every mark of a chart as shapes, in one plot item: roles become colours here, data units become screen points.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use eframe::egui;
use egui::epaint::Mesh;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Align2, Color32, FontId, Pos2, Rect, Shape, Stroke, TextureId, Ui, pos2, vec2};
use egui_plot::{PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotTransform};

use crate::chart::{AxisKind, Bar, Chart, Mark, Role};

use super::cloud::{Cloud, Look};
use super::{Selected, axes};
use crate::app::style::{self, Skin};

/// Size of text inside charts, in points.
const TEXT: f32 = 12.0;
/// Height of the line for labels of rules above lanes of bars.
const RULE_LINE: f32 = 18.0;
/// Thickest lying bar in points: few bars in a tall window stay bars.
const THICKEST: f32 = 34.0;

/// Width and height of cells in data units, and whether they are filled by sign.
type Filled = ((f64, f64), bool);

/// One chart as a plot item.
pub(super) struct ChartItem<'a> {
    pub(super) chart: &'a Chart,
    pub(super) skin: &'static Skin,
    pub(super) cloud: &'a RefCell<Cloud>,
    selected: Selected,
    dots: TextureId,
    /// Width and height of the whole place: grid lines stand where the axes, which ask for it too, put their numbers.
    size: egui::Vec2,
    base: PlotItemBase,
}

impl<'a> ChartItem<'a> {
    pub(super) fn new(
        chart: &'a Chart,
        skin: &'static Skin,
        (selected, size): (Selected, egui::Vec2),
        cloud: &'a RefCell<Cloud>,
        dots: TextureId,
    ) -> Self {
        Self { chart, skin, cloud, selected, dots, size, base: PlotItemBase::new("chart".to_owned()) }
    }
}

impl PlotItem for ChartItem<'_> {
    fn shapes(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        self.grid(transform, shapes);
        self.cloud.borrow_mut().begin(ui.ctx(), &self.look(transform));
        for (index, mark) in self.chart.marks.iter().enumerate() {
            self.mark(ui, transform, shapes, (index, mark));
        }
    }

    fn initialize(&mut self, _: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        Color32::TRANSPARENT
    }

    fn allow_hover(&self) -> bool {
        false
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        let [x, y] = ranges(self.chart, self.size.y);
        PlotBounds::from_min_max([x.0, y.0], [x.1, y.1])
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}

impl ChartItem<'_> {
    fn grid(&self, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let frame = transform.frame();
        let bounds = transform.bounds();
        let line = Stroke::new(1.0, self.skin.grid);
        let (min, max) = (bounds.min(), bounds.max());
        for (at, _) in axes::in_view(&self.chart.x, (min[0], max[0]), (self.size.x, 1)) {
            if !matches!(self.chart.x.kind, AxisKind::Names(_)) {
                shapes.push(Shape::vline(transform.position_from_point_x(at).round(), frame.y_range(), line));
            }
        }
        for (at, _) in axes::in_view(&self.chart.y, (min[1], max[1]), (self.size.y, 1)) {
            if !matches!(self.chart.y.kind, AxisKind::Names(_)) {
                shapes.push(Shape::hline(frame.x_range(), transform.position_from_point_y(at).round(), line));
            }
        }
        let axis = Stroke::new(1.0, self.skin.axis.gamma_multiply(0.6));
        shapes.push(Shape::hline(frame.x_range(), frame.bottom(), axis));
        shapes.push(Shape::vline(frame.left(), frame.y_range(), axis));
    }

    fn mark(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>, (index, mark): (usize, &Mark)) {
        match mark {
            Mark::Points { .. } => self.points(ui, transform, shapes, (index, mark)),
            Mark::Bars { bars, lying } => {
                for bar in bars {
                    self.bar(ui, transform, shapes, (bar, *lying));
                }
            }
            Mark::Line { xy, role, width, dashed, .. } => {
                let stroke = Stroke::new(*width, self.skin.role(*role));
                for part in xy.split(|p| p[0].is_nan() || p[1].is_nan()) {
                    let points: Vec<Pos2> = part.iter().map(|p| at(transform, (p[0], p[1]))).collect();
                    match *dashed {
                        true => shapes.extend(Shape::dashed_line(&points, stroke, 6.0, 4.0)),
                        false => shapes.push(Shape::line(points, stroke)),
                    }
                }
            }
            Mark::Band { edges, role } => shapes.push(band(edges, self.skin.role(*role), transform)),
            Mark::Cells { cells, size, signed, .. } => {
                for cell in cells {
                    self.cell(ui, transform, shapes, (cell, (*size, *signed)));
                }
            }
            Mark::Rule { at, upright, role, label } => {
                self.rule(ui, transform, shapes, (*at, *upright, *role, label));
            }
            Mark::Text { at: place, text, role, anchor } => {
                let align = match anchor {
                    i8::MIN..=-1 => Align2::LEFT_CENTER,
                    0 => Align2::CENTER_CENTER,
                    1.. => Align2::RIGHT_CENTER,
                };
                shapes.push(write(ui, at(transform, *place), align, (text, self.skin.role(*role))));
            }
        }
    }

    fn points(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>, (index, mark): (usize, &Mark)) {
        let mut cloud = self.cloud.borrow_mut();
        shapes.extend(cloud.shapes(ui.ctx(), index, &self.look(transform)));
        let (Mark::Points { xy, rows, radius, .. }, Some(row)) = (mark, self.selected.row) else { return };
        // One row may be many dots of a chart; rings around more than so many say nothing.
        for &dot in cloud.marked(index, rows, row).iter().take(500) {
            if let Some([x, y]) = xy.get(dot as usize) {
                let at = at(transform, (f64::from(*x), f64::from(*y)));
                shapes.push(Shape::circle_stroke(at, radius + 4.0, Stroke::new(3.0, self.skin.card)));
                shapes.push(Shape::circle_stroke(at, radius + 3.5, Stroke::new(2.0, self.skin.accent)));
            }
        }
    }

    fn look<'t>(&'t self, transform: &'t PlotTransform) -> Look<'t> {
        Look { transform, skin: self.skin, texture: self.dots, rows: self.selected.rows.as_ref() }
    }

    fn bar(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>, (bar, lying): (&Bar, bool)) {
        let area = bar_rect(bar, lying, transform);
        let colour = self.skin.role(bar.role);
        if bar.feature.is_some() && bar.feature == self.selected.feature {
            let frame = transform.frame();
            let lane = match lying {
                true => Rect::from_x_y_ranges(frame.x_range(), area.y_range()).expand2(vec2(0.0, 3.0)),
                false => Rect::from_x_y_ranges(area.x_range(), frame.y_range()).expand2(vec2(3.0, 0.0)),
            };
            shapes.insert(0, Shape::rect_filled(lane, 2.0, self.skin.selected));
        }
        match bar.pointed && lying {
            true => shapes.push(arrow(area, bar.to >= bar.from, colour)),
            false => shapes.push(Shape::rect_filled(area, 1.5, colour)),
        }
        if let Some((low, high)) = bar.whisker {
            // The halo keeps the part inside the bar apart from the bar.
            for (width, colour) in [(3.6, self.skin.card), (1.2, self.skin.text)] {
                let stroke = Stroke::new(width, colour);
                shapes.extend(whisker((low, high), bar.at, lying, (transform, stroke)));
            }
        }
        if !bar.label.is_empty() {
            shapes.push(self.bar_label(ui, transform, (bar, lying), area));
        }
    }

    fn bar_label(&self, ui: &Ui, transform: &PlotTransform, (bar, lying): (&Bar, bool), area: Rect) -> Shape {
        let grows = bar.to >= bar.from;
        let past = |v: f64| if lying { transform.position_from_point_x(v) } else { transform.position_from_point_y(v) };
        if !lying {
            let top = bar.whisker.map_or(area.top(), |w| area.top().min(past(w.1)));
            let (y, align) =
                if grows { (top - 3.0, Align2::CENTER_BOTTOM) } else { (area.bottom() + 3.0, Align2::CENTER_TOP) };
            return write(ui, pos2(area.center().x, y), align, (&bar.label, self.skin.text));
        }
        let galley = ui.painter().layout_no_wrap(bar.label.clone(), FontId::proportional(TEXT), self.skin.text);
        let width = galley.size().x + 6.0;
        let (left, right) = match bar.whisker {
            Some(w) => (area.left().min(past(w.0)), area.right().max(past(w.1))),
            None => (area.left(), area.right()),
        };
        let frame = transform.frame();
        let x = match grows {
            true if right + width <= frame.right() => right + 6.0,
            true => left - width,
            false if left - width >= frame.left() => left - width,
            false => right + 6.0,
        };
        Shape::galley(pos2(x, area.center().y - galley.size().y / 2.0), galley, self.skin.text)
    }

    fn cell(
        &self,
        ui: &Ui,
        transform: &PlotTransform,
        shapes: &mut Vec<Shape>,
        (cell, (size, signed)): (&(f64, f64, f32, String), Filled),
    ) {
        let (x, y, share, label) = cell;
        let corner = |sx: f64, sy: f64| at(transform, (x + sx * size.0 / 2.0, y + sy * size.1 / 2.0));
        let whole = Rect::from_two_pos(corner(-1.0, -1.0), corner(1.0, 1.0));
        // The seam between thin cells is a hair, else it would be all there is to see.
        let narrow = whole.width().min(whole.height());
        let area = whole.shrink((0.06 * narrow).min(1.5));
        shapes.push(Shape::rect_filled(area, (0.2 * narrow).min(4.0), self.skin.cell(*share, signed)));
        // No text fits into a cell that is lower or narrower than a line.
        if label.is_empty() || narrow < TEXT {
            return;
        }
        let ink = self.skin.ink_on_cell(*share, signed);
        let mut job = LayoutJob { halign: Align::Center, ..LayoutJob::default() };
        job.wrap.max_width = area.width() - 8.0;
        // The count with weight, its share below it.
        let (count, share) = label.split_once('\n').unwrap_or((label, ""));
        job.append(count, 0.0, TextFormat::simple(FontId::new(15.0, style::strong_family()), ink));
        if !share.is_empty() {
            job.append(&format!("\n{share}"), 0.0, TextFormat::simple(FontId::proportional(TEXT), ink));
        }
        let galley = ui.painter().layout_job(job);
        // A text that is wider or higher than its cell is told on hover only.
        if galley.rows.len() > label.lines().count() || galley.size().y > area.height() {
            return;
        }
        let place = area.center() - vec2(0.0, galley.size().y / 2.0);
        shapes.push(Shape::galley(place, galley, ink));
    }

    /// Whether the label of an upright rule stands at its left: of two rules, those of the left one do.
    fn rule_to_left(&self, place: f64) -> bool {
        self.chart
            .marks
            .iter()
            .any(|mark| matches!(mark, Mark::Rule { at, upright: true, label, .. } if !label.is_empty() && *at > place))
    }

    fn rule(
        &self,
        ui: &Ui,
        transform: &PlotTransform,
        shapes: &mut Vec<Shape>,
        (place, upright, role, label): (f64, bool, Role, &str),
    ) {
        let frame = transform.frame();
        let colour = self.skin.role(role);
        let (ends, text, align) = if upright {
            let x = transform.position_from_point_x(place).round();
            let width = 7.0 * label.chars().count() as f32;
            let to_left = self.rule_to_left(place) && x - width > frame.left() || x + width > frame.right();
            let (dx, align) = if to_left { (-4.0, Align2::RIGHT_TOP) } else { (4.0, Align2::LEFT_TOP) };
            ([pos2(x, frame.top()), pos2(x, frame.bottom())], pos2(x + dx, frame.top() + 2.0), align)
        } else {
            let y = transform.position_from_point_y(place).round();
            ([pos2(frame.left(), y), pos2(frame.right(), y)], pos2(frame.right() - 4.0, y - 2.0), Align2::RIGHT_BOTTOM)
        };
        shapes.extend(Shape::dashed_line(&ends, Stroke::new(1.0, colour), 4.0, 3.0));
        if !label.is_empty() {
            shapes.push(write(ui, text, align, (label, colour)));
        }
    }
}

/// The ranges of a chart on screen of this height: where labelled rules cross lanes of bars, there is a line more on top.
pub(super) fn ranges(chart: &Chart, height: f32) -> [(f64, f64); 2] {
    let (low, high) = chart.y.range;
    let drawn = (height - axes::height(&chart.x) - RULE_LINE).max(RULE_LINE);
    let line = if has_lanes(chart) { (high - low) * f64::from(RULE_LINE / drawn) } else { 0.0 };
    [chart.x.range, (low, high + line)]
}

/// Whether labelled rules cross lanes of bars.
pub(super) fn has_lanes(chart: &Chart) -> bool {
    let labelled = |m: &Mark| matches!(m, Mark::Rule { upright: true, label, .. } if !label.is_empty());
    matches!(chart.y.kind, AxisKind::Names(_)) && chart.marks.iter().any(labelled)
}

/// Where a bar lies on screen.
pub(super) fn bar_rect(bar: &Bar, lying: bool, transform: &PlotTransform) -> Rect {
    let half = bar.thickness / 2.0;
    let (a, b) = match lying {
        true => ((bar.from, bar.at - half), (bar.to, bar.at + half)),
        false => ((bar.at - half, bar.from), (bar.at + half, bar.to)),
    };
    let area = Rect::from_two_pos(at(transform, a), at(transform, b));
    if !lying || area.height() <= THICKEST {
        return area;
    }
    Rect::from_x_y_ranges(area.x_range(), area.center().y - THICKEST / 2.0..=area.center().y + THICKEST / 2.0)
}

fn at(transform: &PlotTransform, (x, y): (f64, f64)) -> Pos2 {
    pos2(transform.position_from_point_x(x), transform.position_from_point_y(y))
}

fn write(ui: &Ui, at: Pos2, align: Align2, (text, colour): (&str, Color32)) -> Shape {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::proportional(TEXT), colour);
    let area = align.anchor_size(at, galley.size());
    Shape::galley(area.min, galley, colour)
}

/// A lying bar with a tip in the direction of its value.
fn arrow(area: Rect, to_right: bool, colour: Color32) -> Shape {
    let tip = (area.height() * 0.4).min(area.width());
    let (l, r, t, b, m) = (area.left(), area.right(), area.top(), area.bottom(), area.center().y);
    let points = match to_right {
        true => vec![pos2(l, t), pos2(r - tip, t), pos2(r, m), pos2(r - tip, b), pos2(l, b)],
        false => vec![pos2(r, t), pos2(r, b), pos2(l + tip, b), pos2(l, m), pos2(l + tip, t)],
    };
    Shape::convex_polygon(points, colour, Stroke::NONE)
}

fn whisker(
    (low, high): (f64, f64),
    middle: f64,
    lying: bool,
    (transform, stroke): (&PlotTransform, Stroke),
) -> [Shape; 3] {
    let place = |v: f64| if lying { at(transform, (v, middle)) } else { at(transform, (middle, v)) };
    let (a, b) = (place(low), place(high));
    let side = if lying { vec2(0.0, 4.0) } else { vec2(4.0, 0.0) };
    [
        Shape::line_segment([a, b], stroke),
        Shape::line_segment([a - side, a + side], stroke),
        Shape::line_segment([b - side, b + side], stroke),
    ]
}

fn band(edges: &[[f64; 3]], colour: Color32, transform: &PlotTransform) -> Shape {
    let mut mesh = Mesh::default();
    let faint = colour.gamma_multiply(0.16);
    for pair in edges.windows(2) {
        let [[x0, l0, h0], [x1, l1, h1]] = [pair[0], pair[1]];
        if [x0, l0, h0, x1, l1, h1].iter().any(|v| v.is_nan()) {
            continue;
        }
        let first = mesh.vertices.len() as u32;
        for place in [(x0, l0), (x0, h0), (x1, h1), (x1, l1)] {
            mesh.colored_vertex(at(transform, place), faint);
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first, first + 2, first + 3);
    }
    Shape::mesh(mesh)
}
