//! The menu that changes the arrangement.

use eframe::egui;
use egui::{Button, RichText, Ui};

use super::{Arrangement, Layout, Shows};
use crate::app::style;

/// Splits, adds, closes, resets. `offered` is what a new tile may show, `usual` the screen's own arrangement.
pub(crate) fn tools(
    ui: &mut Ui,
    (screen, layout): (&str, &mut Layout),
    offered: &[Shows],
    usual: impl FnOnce() -> Arrangement,
) {
    let skin = style::skin(ui);
    let menu = ui.menu_button("Tiles", |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let grows = layout.can_grow();
        for (text, beside) in [("Split to the right", true), ("Split below", false)] {
            if ui.add_enabled(grows, Button::new(text)).clicked() {
                layout.split(beside, offered);
                ui.close();
            }
        }
        if ui.add_enabled(grows, Button::new("Add a tab")).clicked() {
            if let Some(what) = layout.unseen(offered).cloned() {
                layout.add(&what);
            }
            ui.close();
        }
        if ui.add_enabled(layout.count() > 1, Button::new("Close this tile")).clicked() {
            layout.close();
            ui.close();
        }
        if ui.button("Reset layout").on_hover_text("The arrangement that this screen begins with").clicked() {
            *layout = Layout::of(screen, usual());
            ui.close();
        }
        ui.label(RichText::new("Drag a tab to move its tile").small().color(skin.muted));
    });
    menu.response.on_hover_text("Arrange charts and parts of this screen side by side or behind tabs");
}
