//! Little room: small windows and large letters. What no longer fits is scrolled, never cut and never laid over itself.

use eframe::egui;
use egui::layers::ShapeIdx;
use egui::{Rect, ScrollArea, Ui, UiBuilder, Vec2};

/// Windows narrower than this have one column: no inspector beside the screen, signs without words in the rail.
const NARROW: f32 = 760.0;

/// Whether the window has room for one column only.
pub(crate) fn is_narrow(ctx: &egui::Context) -> bool {
    ctx.content_rect().width() < NARROW
}

/// The width of a window in front that would like to be `wanted` points wide.
pub(crate) fn width(ctx: &egui::Context, wanted: f32) -> f32 {
    wanted.min(ctx.content_rect().width() - 60.0).max(120.0)
}

/// The height of a list in a window in front, where everything around the list takes `around` points.
pub(crate) fn height(ctx: &egui::Context, around: f32) -> f32 {
    (ctx.content_rect().height() - around).max(72.0)
}

/// A menu that is scrolled where it is taller than the window.
pub(crate) fn menu(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let most = ui.ctx().content_rect().height() - 48.0;
    ScrollArea::vertical().id_salt("menu").max_height(most).show(ui, content);
}

/// Draws `content` and lets nothing of it be seen outside the area of `ui`: plots and tiles know their own areas only.
pub(crate) fn clipped(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let (layer, area) = (ui.layer_id(), ui.max_rect());
    let begin = ui.ctx().graphics_mut(|graphics| graphics.entry(layer).next_idx().0);
    content(ui);
    ui.ctx().graphics_mut(|graphics| {
        let list = graphics.entry(layer);
        for place in begin..list.next_idx().0 {
            list.mutate_shape(ShapeIdx(place), |shape| shape.clip_rect = shape.clip_rect.intersect(area));
        }
    });
}

/// Draws the content `name` in all the room there is, and in at least `least` points: with less, it is scrolled.
pub(crate) fn at_least(ui: &mut Ui, name: &str, least: Vec2, content: impl FnOnce(&mut Ui)) {
    let room = ui.available_size();
    let lacks = [room.x < least.x, room.y < least.y];
    if lacks == [false, false] {
        content(ui);
        return;
    }
    ScrollArea::new(lacks).id_salt(("little room", name)).auto_shrink(false).show_viewport(ui, |ui, _| {
        // A bar takes from the room of the other direction.
        let bar = if ui.spacing().scroll.floating { 0.0 } else { ui.spacing().scroll.bar_width };
        let room = room - Vec2::new(if lacks[1] { bar } else { 0.0 }, if lacks[0] { bar } else { 0.0 });
        let area = Rect::from_min_size(ui.max_rect().min, room.max(least));
        content(&mut ui.new_child(UiBuilder::new().max_rect(area)));
        ui.advance_cursor_after_rect(area);
    });
}
