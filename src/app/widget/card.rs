//! Surfaces and buttons: cards, primary buttons, chips, segmented choices.

use eframe::egui;
use egui::{Button, CornerRadius, Frame, Margin, Response, RichText, Sense, Stroke, Ui, Vec2};

use crate::base::text;
use crate::chart::Kind;

use crate::app::style::{self, GAP, STEP};

/// Width of the list of tabs that do not fit.
const MORE: f32 = 200.0;

/// A card: a quiet surface with a subtle border, as wide as its place.
pub(crate) fn card<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let frame = surface(ui).inner_margin(Margin::same(GAP as i8));
    frame
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            content(ui)
        })
        .inner
}

/// A card without inner margins, for tables.
pub(crate) fn sheet<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    surface(ui).inner_margin(Margin::same(1)).show(ui, content).inner
}

fn surface(ui: &Ui) -> Frame {
    let skin = style::skin(ui);
    Frame::new().fill(skin.card).stroke(Stroke::new(1.0, skin.border)).corner_radius(CornerRadius::same(10))
}

/// The one button of a place that leads on.
pub(crate) fn primary(ui: &mut Ui, text: &str) -> Response {
    primary_enabled(ui, text, true)
}

/// A primary button that may not be possible now.
pub(crate) fn primary_enabled(ui: &mut Ui, text: &str, enabled: bool) -> Response {
    let skin = style::skin(ui);
    let label = RichText::new(text).text_style(style::strong_style()).color(skin.on_accent);
    let button = Button::new(label).fill(skin.accent).stroke(Stroke::NONE).min_size(Vec2::new(0.0, 32.0));
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        widgets.hovered.weak_bg_fill = skin.accent.gamma_multiply(0.9);
        widgets.active.bg_stroke = Stroke::new(2.0, skin.text);
        ui.add_enabled(enabled, button)
    })
    .inner
}

/// A button without surface until the pointer is over it.
pub(crate) fn quiet(ui: &mut Ui, text: impl Into<RichText>) -> Response {
    ui.add(Button::new(text.into()).frame_when_inactive(false))
}

/// The name of a field at the left of a form, `width` points wide.
pub(crate) fn field_label(ui: &mut Ui, width: f32, text: impl Into<egui::WidgetText>) -> Response {
    let size = Vec2::new(width, ui.spacing().interact_size.y);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(width);
        ui.add(egui::Label::new(text).truncate())
    })
    .inner
}

/// The frame of windows in front of everything.
pub(crate) fn front(ctx: &egui::Context) -> Frame {
    Frame::window(&ctx.global_style()).inner_margin(Margin::same(20))
}

/// A name and value on one line, the name muted and of equal width.
pub(crate) fn fact(ui: &mut Ui, name: &str, value: &str) {
    let shown = readable(value);
    ui.horizontal_top(|ui| {
        ui.scope(|ui| {
            ui.set_width(124.0);
            let label = ui.add(egui::Label::new(RichText::new(sentence(name)).weak()).truncate());
            label.on_hover_text(name);
        });
        let label = ui.add(egui::Label::new(&shown).wrap());
        if shown != value {
            label.on_hover_text(value);
        }
    });
}

/// A text with a capital first letter.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A fact as people read it: five digits of real numbers, the beginning of a fingerprint; hover shows the whole.
fn readable(value: &str) -> String {
    if value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return value.chars().take(12).collect();
    }
    let numbers: Option<Vec<String>> = value
        .split(", ")
        .map(|part| part.parse::<f64>().ok().filter(|_| part.contains('.')).map(|v| text::significant(v, 5)))
        .collect();
    numbers.map_or_else(|| value.to_owned(), |parts| parts.join(", "))
}

/// Tabs of chart kinds: their titles, or their ids in words where a title is a sentence.
pub(crate) fn kind_tabs(kinds: &[&'static dyn Kind]) -> Vec<(&'static str, String)> {
    let short = |kind: &&'static dyn Kind| {
        if kind.title().chars().count() <= 27 {
            return kind.title().to_owned();
        }
        sentence(&kind.id().replace('-', " ").replace("roc", "ROC"))
    };
    kinds.iter().map(|kind| (kind.id(), short(kind))).collect()
}

/// One of several, side by side. `true` when the choice changed.
pub(crate) fn segments<T: PartialEq + Clone>(ui: &mut Ui, chosen: &mut T, options: &[(T, impl AsRef<str>)]) -> bool {
    let skin = style::skin(ui);
    let mut changed = false;
    let frame = Frame::new().fill(skin.hover).corner_radius(CornerRadius::same(8)).inner_margin(Margin::same(3));
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(2.0);
        // In a bar that is filled from the right, the first option would end up last.
        let mirrored = ui.layout().prefer_right_to_left();
        let width = ui.available_width();
        ui.horizontal_wrapped(|ui| {
            ui.set_max_width(width);
            for index in 0..options.len() {
                let Some((value, title)) = options.get(if mirrored { options.len() - 1 - index } else { index }) else {
                    continue;
                };
                let title = title.as_ref();
                let on = chosen == value;
                let text = if on { style::strong(title) } else { RichText::new(title).color(skin.muted) };
                let mut button = Button::new(text).frame_when_inactive(on).corner_radius(CornerRadius::same(6));
                if on {
                    button = button.fill(skin.card).stroke(Stroke::new(1.0, skin.border));
                }
                let response = ui.add(button);
                let title = title.to_owned();
                response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, &title));
                if response.clicked() && !on {
                    *chosen = value.clone();
                    changed = true;
                }
            }
        });
    });
    changed
}

/// One of several, side by side as far as they fit; the rest are in a list at the end. `true` when the choice changed.
pub(crate) fn tabs<T: PartialEq + Clone>(ui: &mut Ui, chosen: &mut T, options: &[(T, String)]) -> bool {
    let font = egui::TextStyle::Button.resolve(ui.style());
    let padding = 2.0 * ui.spacing().button_padding.x + 2.0;
    let width = |title: &String| {
        ui.painter().layout_no_wrap(title.clone(), font.clone(), style::skin(ui).text).size().x + padding
    };
    let widths: Vec<f32> = options.iter().map(|(_, title)| width(title)).collect();
    // The chosen title is drawn stronger, hence a little wider.
    let room = ui.available_width() - GAP - STEP;
    if widths.iter().sum::<f32>() <= room {
        return segments(ui, chosen, options);
    }
    let mut left = room - MORE;
    let fitting = widths.iter().take_while(|width| {
        left -= **width;
        left >= 0.0
    });
    let (shown, rest) = options.split_at(fitting.count().max(1).min(options.len()));
    let mut changed = false;
    ui.horizontal(|ui| {
        changed = segments(ui, chosen, shown);
        let hidden = rest.iter().find(|(value, _)| value == chosen);
        let words =
            hidden.map_or_else(|| RichText::new("More charts"), |(_, title)| style::strong(text::shorten(title, 22)));
        let list = egui::ComboBox::from_id_salt("more").selected_text(words).width(MORE - 2.0 * STEP);
        let response = list.show_ui(ui, |ui| {
            for (value, title) in rest {
                if ui.selectable_label(value == chosen, title).clicked() {
                    *chosen = value.clone();
                    changed = true;
                }
            }
        });
        response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "More charts"));
        response.response.on_hover_text("Charts that do not fit beside the others");
    });
    changed
}

/// A clickable chip with a title and a supporting text.
pub(crate) fn chip(ui: &mut Ui, title: &str, detail: &str, hint: &str) -> Response {
    let skin = style::skin(ui);
    let mut text = egui::text::LayoutJob::default();
    let font = |style: egui::TextStyle| style.resolve(ui.style());
    text.append(title, 0.0, egui::TextFormat::simple(font(style::strong_style()), skin.text));
    text.append(detail, STEP, egui::TextFormat::simple(font(egui::TextStyle::Small), skin.muted));
    let response = ui.add(Button::new(text).corner_radius(CornerRadius::same(14)));
    response.on_hover_text(hint)
}

/// A line of a list that can be selected: the whole width reacts.
pub(crate) fn line(ui: &mut Ui, selected: bool, label: &str, content: impl FnOnce(&mut Ui)) -> Response {
    let skin = style::skin(ui);
    let (area, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), style::ROW), Sense::click());
    let fill = match (selected, response.hovered()) {
        (true, _) => Some(skin.selected),
        (false, true) => Some(skin.hover),
        _ => None,
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(area, 6.0, fill);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(area, 6.0, Stroke::new(2.0, skin.accent), egui::StrokeKind::Inside);
    }
    let inner = area.shrink2(Vec2::new(STEP, 0.0));
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner).layout(layout));
    child.set_clip_rect(area.intersect(ui.clip_rect()));
    content(&mut child);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, selected, label));
    response
}

/// The widget under a name of its own: without one, a screen reader would read its long hint in place of a name.
pub(crate) fn named(response: Response, name: &str) -> Response {
    if response.ctx.has_accesskit_node(response.id) {
        response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name));
    }
    response
}
