//! The rail at the left: one entry per screen.

use eframe::egui;
use egui::{Rect, Sense, Ui, Vec2, vec2};

use crate::app::action;
use crate::app::desk::Cx;
use crate::app::room;
use crate::app::screen::SCREENS;
use crate::app::style::{self, HALF, STEP};
use crate::app::widget::icon;

/// Draws the rail.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let skin = style::skin(ui);
    let narrow = room::is_narrow(ui.ctx());
    ui.add_space(if narrow { 0.0 } else { STEP });
    // All entries at once, as low as they must be.
    let each = ui.available_height() / SCREENS.len() as f32;
    let height = (each - HALF).clamp(18.0, 36.0);
    ui.spacing_mut().item_spacing.y = (each - height).clamp(0.0, HALF);
    for screen in SCREENS {
        let on = cx.view.screen == screen.id();
        let (area, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::click());
        let ink = if on { skin.accent } else { skin.muted };
        if on || response.hovered() {
            ui.painter().rect_filled(area, 8.0, if on { skin.selected } else { skin.hover });
        }
        if response.has_focus() {
            ui.painter().rect_stroke(area, 8.0, egui::Stroke::new(2.0, skin.accent), egui::StrokeKind::Inside);
        }
        let sign = Rect::from_center_size(
            egui::pos2(if narrow { area.center().x } else { area.left() + 22.0 }, area.center().y),
            vec2(16.0, 16.0),
        );
        icon::paint(ui.painter(), sign, screen.id(), ink);
        let font = if on { style::strong_style() } else { egui::TextStyle::Body };
        let place = egui::pos2(area.left() + 42.0, area.center().y);
        let colour = if on { skin.accent } else { skin.text };
        if !narrow {
            ui.painter().text(place, egui::Align2::LEFT_CENTER, screen.title(), font.resolve(ui.style()), colour);
        }
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, screen.title()));
        let keys = action::find(&format!("go-{}", screen.name())).map(|a| action::key_text(ui.ctx(), a));
        let title = if narrow { format!("{}: ", screen.title()) } else { String::new() };
        let hint = format!("{title}{}  {}", screen.summary(), keys.unwrap_or_default());
        if response.on_hover_text(hint).clicked() {
            cx.go(screen.id());
        }
    }
}
