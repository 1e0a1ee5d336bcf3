//! One tab: its title, and a cross that says what it closes.

use eframe::egui;
use egui::{Align2, Color32, Id, Rect, Response, Role, Sense, Stroke, TextStyle, TextWrapMode, Ui, WidgetInfo, vec2};
use egui_tiles::TabState;

use crate::app::style::STEP;

/// Room at both ends of a tab.
const MARGIN: f32 = 8.0;
/// Side of the square that a cross is clicked in, and of the cross itself.
const CLOSE: (f32, f32) = (20.0, 9.0);

/// How a tab looks.
pub(super) struct Look {
    /// Of the title.
    pub(super) ink: Color32,
    /// Behind it.
    pub(super) ground: Color32,
}

/// Draws a tab; answers the tab itself and whether it is to be closed.
pub(super) fn show(ui: &mut Ui, id: Id, title: &str, state: &TabState, look: &Look) -> (Response, bool) {
    let font = TextStyle::Button.resolve(ui.style());
    let text = egui::WidgetText::from(title).into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, font);
    let cross = if state.closable { CLOSE.0 + STEP / 2.0 } else { 0.0 };
    let (_, area) = ui.allocate_space(vec2(text.size().x + 2.0 * MARGIN + cross, ui.available_height()));
    let tab = ui.interact(area, id, Sense::click_and_drag()).on_hover_cursor(egui::CursorIcon::Grab);
    tab.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), state.active, title));
    // While it is dragged, its place is a gap.
    if !ui.is_rect_visible(area) || state.is_being_dragged {
        return (tab, false);
    }
    ui.painter().rect_filled(area.shrink2(vec2(0.5, 1.5)), 6.0, look.ground);
    let place = Align2::LEFT_CENTER.align_size_within_rect(text.size(), area.shrink2(vec2(MARGIN, 0.0)));
    ui.painter().galley(place.min, text, look.ink);
    let mut closes = tab.clicked_by(egui::PointerButton::Middle) && state.closable;
    if state.closable {
        let room = Rect::from_center_size(
            egui::pos2(area.right() - MARGIN - CLOSE.0 / 2.0 + STEP / 2.0, area.center().y),
            vec2(CLOSE.0, CLOSE.0),
        );
        let button = ui.interact(room, id.with("close"), Sense::click()).on_hover_cursor(egui::CursorIcon::Default);
        button.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), format!("Close tile {title}")));
        let visuals = ui.style().interact(&button);
        if button.hovered() || button.has_focus() {
            ui.painter().rect_filled(room, 4.0, visuals.weak_bg_fill);
        }
        let lines = Rect::from_center_size(room.center(), vec2(CLOSE.1, CLOSE.1));
        let stroke = Stroke::new(1.2, visuals.fg_stroke.color);
        ui.painter().line_segment([lines.left_top(), lines.right_bottom()], stroke);
        ui.painter().line_segment([lines.right_top(), lines.left_bottom()], stroke);
        closes |= button.clicked();
    }
    (tab, closes)
}
