//! What the pointer does in a chart of rows: move the view, or draw a rectangle or lasso around dots.

use std::sync::Arc;

use eframe::egui;
use egui::{
    Color32, CursorIcon, Key, Modifiers, PointerButton, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use egui_plot::PlotTransform;

use crate::base::RowSet;

use super::lasso::Area;
use crate::app::style::{self, Skin};

/// What dragging does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Moves the view.
    #[default]
    Pan,
    /// Selects what lies in a rectangle.
    Rectangle,
    /// Selects what lies inside a line.
    Lasso,
}

/// Every tool with its key, name and hint.
const TOOLS: [(Tool, Key, &str, &str); 3] = [
    (Tool::Pan, Key::P, "Pan", "Drag to move the view (P)"),
    (Tool::Rectangle, Key::R, "Select by rectangle", "Drag around dots; Shift adds, Alt takes away (R)"),
    (Tool::Lasso, Key::L, "Select by lasso", "Draw around dots; Shift adds, Alt takes away (L)"),
];

/// What happens to the rows selected before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The new ones stand alone.
    Replace,
    /// The new ones join them.
    Add,
    /// The new ones leave them.
    Take,
}

impl How {
    /// What the keys held down ask for.
    pub(super) fn of(modifiers: Modifiers) -> Self {
        match modifiers {
            m if m.shift => Self::Add,
            m if m.alt => Self::Take,
            _ => Self::Replace,
        }
    }

    /// The rows selected after `rows` were drawn around, of those selected before.
    pub(crate) fn apply(self, before: Option<&Arc<RowSet>>, rows: Arc<RowSet>) -> Arc<RowSet> {
        match (self, before) {
            (Self::Add, Some(before)) => Arc::new(before.union(&rows)),
            (Self::Take, Some(before)) => Arc::new(before.without(&rows)),
            (Self::Take, None) => Arc::new(RowSet::empty(rows.total())),
            (Self::Replace, _) | (Self::Add, None) => rows,
        }
    }
}

/// A line being drawn, in screen points.
#[derive(Default)]
pub(super) struct Drawn {
    line: Vec<Pos2>,
}

impl Drawn {
    /// Whether something is being drawn.
    pub(super) fn is_begun(&self) -> bool {
        !self.line.is_empty()
    }

    /// Gives up what is being drawn.
    pub(super) fn give_up(&mut self) {
        self.line.clear();
    }

    /// Follows the pointer; answers what was drawn around once the button is released.
    pub(super) fn follow(&mut self, plot: &Response, frame: Rect, tool: Tool) -> Option<(Drawing, How)> {
        if tool == Tool::Pan {
            self.give_up();
            return None;
        }
        let begun = plot.ctx.input(|i| i.pointer.press_origin());
        if plot.drag_started_by(PointerButton::Primary)
            && let Some(at) = begun.filter(|at| frame.contains(*at))
        {
            self.line = vec![at];
        }
        if let (Some(last), Some(at)) = (self.line.last().copied(), plot.interact_pointer_pos()) {
            let at = at.clamp(frame.min, frame.max);
            if at.distance(last) >= 2.0 {
                self.line.push(at);
            }
        }
        if plot.drag_stopped_by(PointerButton::Primary) {
            let line = std::mem::take(&mut self.line);
            let how = How::of(plot.ctx.input(|i| i.modifiers));
            return Drawing::new(tool, line).map(|drawing| (drawing, how));
        }
        None
    }

    /// Shows what is being drawn.
    pub(super) fn show(&self, ui: &Ui, frame: Rect, (tool, skin): (Tool, &Skin)) {
        let (Some(first), Some(last)) = (self.line.first(), self.line.last()) else { return };
        let painter = ui.painter_at(frame);
        let (line, fill) = (Stroke::new(1.5, skin.accent), skin.accent.gamma_multiply(0.12));
        match tool {
            Tool::Pan => {}
            Tool::Rectangle => {
                painter.rect(Rect::from_two_pos(*first, *last), 0.0, fill, line, StrokeKind::Middle);
            }
            Tool::Lasso => {
                painter.add(Shape::line(self.line.clone(), line));
                painter.extend(Shape::dashed_line(&[*last, *first], Stroke::new(1.0, skin.accent), 4.0, 4.0));
            }
        }
    }
}

/// A finished line on the screen.
pub(super) enum Drawing {
    Rectangle(Rect),
    Lasso(Vec<Pos2>),
}

impl Drawing {
    /// What `line` draws; `None` when it is too small to be meant.
    fn new(tool: Tool, line: Vec<Pos2>) -> Option<Self> {
        let area = Rect::from_points(&line);
        if line.len() < 2 || area.width().max(area.height()) < 4.0 {
            return None;
        }
        match tool {
            Tool::Lasso => Some(Self::Lasso(line)),
            _ => Some(Self::Rectangle(Rect::from_two_pos(*line.first()?, *line.last()?))),
        }
    }

    /// The same in data units.
    pub(super) fn area(&self, transform: &PlotTransform) -> Area {
        let value = |at: Pos2| {
            let value = transform.value_from_position(at);
            [value.x, value.y]
        };
        match self {
            Self::Rectangle(area) => {
                let (a, b) = (value(area.min), value(area.max));
                Area::Rectangle([[a[0].min(b[0]), a[1].min(b[1])], [a[0].max(b[0]), a[1].max(b[1])]])
            }
            Self::Lasso(line) => Area::Lasso(line.iter().map(|at| value(*at)).collect()),
        }
    }
}

/// The tool whose key is pressed, when the chart has the pointer and nobody types.
pub(super) fn pressed(plot: &Response) -> Option<Tool> {
    if !plot.contains_pointer() || plot.ctx.text_edit_focused() {
        return None;
    }
    let pressed = |key| plot.ctx.input_mut(|i| i.modifiers.is_none() && i.consume_key(Modifiers::NONE, key));
    TOOLS.iter().find(|(_, key, ..)| pressed(*key)).map(|(tool, ..)| *tool)
}

/// The pointer over a chart shows what dragging does.
pub(super) fn cursor(plot: &Response, tool: Tool) {
    if tool != Tool::Pan && plot.contains_pointer() {
        plot.ctx.set_cursor_icon(CursorIcon::Crosshair);
    }
}

/// The switch between the tools.
pub(crate) fn switch(ui: &mut Ui, tool: &mut Tool) {
    let skin = style::skin(ui);
    ui.spacing_mut().item_spacing.x = 2.0;
    // In a bar that is filled from the right, the first tool would end up last.
    let mirrored = ui.layout().prefer_right_to_left();
    for k in 0..TOOLS.len() {
        let (this, _, name, hint) = TOOLS[if mirrored { TOOLS.len() - 1 - k } else { k }];
        let on = *tool == this;
        let (area, response) = ui.allocate_exact_size(vec2(28.0, 28.0), Sense::click());
        let fill = match (on, response.hovered()) {
            (true, _) => skin.selected,
            (false, true) => skin.hover,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(area, 6.0, fill);
        if response.has_focus() {
            ui.painter().rect_stroke(area, 6.0, Stroke::new(2.0, skin.accent), StrokeKind::Inside);
        }
        let stroke = Stroke::new(1.5, if on { skin.accent } else { skin.muted });
        ui.painter().extend(icon(this, area.center(), stroke));
        response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, on, name));
        if response.on_hover_text(hint).clicked() {
            *tool = this;
        }
    }
}

/// A tool's sign, 16 points wide.
fn icon(tool: Tool, middle: Pos2, stroke: Stroke) -> Vec<Shape> {
    let at = |x: f32, y: f32| middle + vec2(x, y);
    match tool {
        Tool::Pan => {
            let mut shapes = Vec::new();
            for (x, y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                let tip = at(7.0 * x, 7.0 * y);
                shapes.push(Shape::line_segment([middle, tip], stroke));
                for side in [-1.0, 1.0] {
                    let wing = at(4.5 * x + 2.5 * side * y, 4.5 * y + 2.5 * side * x);
                    shapes.push(Shape::line_segment([tip, wing], stroke));
                }
            }
            shapes
        }
        Tool::Rectangle => {
            let corners = [at(-7.0, -5.5), at(7.0, -5.5), at(7.0, 5.5), at(-7.0, 5.5), at(-7.0, -5.5)];
            Shape::dashed_line(&corners, stroke, 3.5, 2.0)
        }
        Tool::Lasso => {
            let turn = |k: usize| std::f32::consts::TAU * k as f32 / 24.0;
            let ring = (0..=24).map(|k| at(7.0 * turn(k).cos(), -1.5 + 4.5 * turn(k).sin())).collect();
            let tail = vec![at(-2.5, 2.8), pos2(middle.x - 4.0, middle.y + 5.5), at(-1.0, 7.0)];
            vec![Shape::line(ring, stroke), Shape::line(tail, stroke)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RowId;

    #[test]
    fn shift_adds_alt_takes_away_and_plain_replaces() {
        let set = |rows: &[u32]| Arc::new(RowSet::of(9, rows.iter().copied().map(RowId)));
        let before = set(&[1, 2, 3]);
        let after = |keys, before| How::of(keys).apply(before, set(&[3, 4]));
        assert_eq!(after(Modifiers::NONE, Some(&before)), set(&[3, 4]));
        assert_eq!(after(Modifiers::SHIFT, Some(&before)), set(&[1, 2, 3, 4]));
        assert_eq!(after(Modifiers::ALT, Some(&before)), set(&[1, 2]));
        assert_eq!(after(Modifiers::SHIFT, None), set(&[3, 4]));
        assert!(after(Modifiers::ALT, None).is_empty());
    }

    #[test]
    fn a_twitch_is_no_selection() {
        assert!(Drawing::new(Tool::Lasso, vec![pos2(1.0, 1.0), pos2(3.0, 1.0)]).is_none());
        assert!(Drawing::new(Tool::Rectangle, vec![pos2(1.0, 1.0), pos2(9.0, 4.0)]).is_some());
    }
}
