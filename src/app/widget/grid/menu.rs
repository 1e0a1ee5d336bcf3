//! The menus of a table: what a head can do with its field, which fields are shown, and in which order rows stand.

use eframe::egui;
use egui::{RichText, Ui};

use crate::base::text;
use crate::data::Dataset;
use crate::session::Session;
use crate::session::ordering::{Field, Order};

use super::State;
use super::fields::{self, Look};

/// What can be done with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// One place to the left.
    Left,
    /// One place to the right.
    Right,
    /// Before all others.
    First,
    /// To the place where this field stands, which makes room.
    To(Field),
    /// Stays at the left, with all before it.
    Freeze,
    /// Is not shown.
    Hide,
}

/// Orders by one field.
pub(super) fn order_ui(ui: &mut Ui, field: &Field) -> Option<Order> {
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut chosen = None;
    for (label, down) in [("Sort smallest first", false), ("Sort largest first", true)] {
        if ui.button(label).clicked() {
            chosen = Some(Order::By(field.clone(), down));
            ui.close();
        }
    }
    ui.separator();
    chosen
}

/// The wishes of a head.
pub(super) fn head_ui(ui: &mut Ui) -> Option<Head> {
    let wishes = [
        ("Move to the left", Head::Left),
        ("Move to the right", Head::Right),
        ("Move to the front", Head::First),
        ("Freeze up to here", Head::Freeze),
        ("Hide", Head::Hide),
    ];
    let mut wished = None;
    for (label, wish) in wishes {
        if ui.button(label).clicked() {
            wished = Some(wish);
            ui.close();
        }
    }
    wished
}

/// Changes the look as wished in the menu of a head.
pub(super) fn carry_out(look: &mut Look, shown: &[Field], data: &Dataset, (field, wish): (Field, Head)) {
    let Some(at) = shown.iter().position(|f| *f == field) else { return };
    let mut names: Vec<String> = shown.iter().map(|f| fields::name(data, f)).collect();
    let mut last = at + 1;
    match wish {
        Head::Hide => {
            look.hidden.extend(names.get(at).cloned());
            look.frozen -= usize::from(at < look.frozen);
            return;
        }
        Head::Freeze => {
            look.frozen = at + 1;
            return;
        }
        Head::Left if at > 0 => names.swap(at, at - 1),
        Head::Right if at + 1 < names.len() => names.swap(at, at + 1),
        Head::First => {
            let name = names.remove(at);
            names.insert(0, name);
        }
        Head::To(place) => {
            let Some(to) = shown.iter().position(|f| *f == place).filter(|to| *to != at) else { return };
            let name = names.remove(at);
            names.insert(to, name);
            last = at.max(to);
        }
        Head::Left | Head::Right => return,
    }
    // All that stands before the furthest place that was touched has its place now.
    names.truncate((last + 1).max(look.first.len()));
    look.first = names;
}

/// Which fields are shown.
pub(crate) fn columns_ui(ui: &mut Ui, session: &Session, look: &mut Look) {
    let Some(data) = session.data() else { return };
    let hidden = look.hidden.len();
    let label = if hidden > 0 { format!("Columns ({} hidden)", text::count(hidden)) } else { "Columns".to_owned() };
    let menu = egui::containers::menu::MenuButton::new(label).config(
        egui::containers::menu::MenuConfig::new().close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside),
    );
    let (response, _) = menu.ui(ui, |ui| {
        ui.set_min_width(240.0);
        let predicted = session.predictions().is_some();
        ui.add_enabled(predicted, egui::Checkbox::new(&mut look.predictions, "Predictions and errors"));
        let explained = session.attribution().is_some();
        ui.add_enabled(explained, egui::Checkbox::new(&mut look.contributions, "Contributions"));
        ui.separator();
        egui::ScrollArea::vertical().max_height(280.0).show_rows(ui, 26.0, data.columns().len(), |ui, range| {
            for column in range.filter_map(|k| data.columns().get(k)) {
                let mut on = !look.hidden.contains(&*column.name);
                if ui.checkbox(&mut on, text::shorten(&column.name, 34)).changed() {
                    match on {
                        true => look.hidden.remove(&*column.name),
                        false => look.hidden.insert(column.name.to_string()),
                    };
                }
            }
        });
        ui.separator();
        if ui.button("Usual columns").clicked() {
            *look = Look::default();
        }
    });
    response.on_hover_text("Show, hide and freeze columns; predictions and contributions beside them");
}

/// The order of the rows.
pub(crate) fn rows_ui(ui: &mut Ui, session: &Session, state: &mut State) {
    let shown = match &state.order {
        Order::File => "In the file’s order",
        Order::By(..) => "By a column",
        Order::Surprising => "Most surprising first",
        Order::Undecided => "Closest to the threshold",
        Order::Similar(_) => "Similar rows first",
    };
    let known = session.predictions().is_some_and(|p| !p.truth.is_empty());
    let classes = session.model().is_some_and(|m| m.card().task.is_classification()) && session.predictions().is_some();
    let combo = egui::ComboBox::from_id_salt("order of rows").selected_text(shown).width(170.0);
    let response = combo.show_ui(ui, |ui| {
        let mut offer = |ui: &mut Ui, order: Order, title: &str, ready: bool, hint: &str| {
            let button = egui::Button::selectable(state.order == order, title);
            if ui.add_enabled(ready, button).on_hover_text(hint).on_disabled_hover_text(hint).clicked() {
                state.order = order;
            }
        };
        offer(ui, Order::File, "In the file’s order", true, "As the file has them");
        let hint = "Furthest from the truth first: wrong and confident. Needs a target column";
        offer(ui, Order::Surprising, "Most surprising first", known, hint);
        offer(ui, Order::Undecided, "Closest to the threshold", classes, "Rows whose decision a little would change");
        let row = session.row();
        let title = row.map_or("Similar to the selected row".to_owned(), |row| format!("Similar to row {row}"));
        let hint = "Rows with alike values in the model’s columns (Gower’s distance). Needs a selected row";
        offer(ui, Order::Similar(row.unwrap_or(crate::base::RowId(0))), &title, row.is_some(), hint);
    });
    response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Order of rows"));
    if session.selection().is_some() {
        ui.toggle_value(&mut state.only, "Selected only").on_hover_text("Show only the rows that are selected");
    } else {
        state.only = false;
    }
    if let Order::By(field, down) = &state.order
        && let Some(data) = session.data()
    {
        let words = format!("{} {}", text::shorten(&fields::name(data, field), 20), if *down { "↓" } else { "↑" });
        ui.label(RichText::new(words).weak());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    #[test]
    fn a_dragged_head_takes_the_place_of_the_one_it_is_dropped_on() {
        let data = table(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
        let session = Session::new();
        for (from, to, order) in [(0, 2, "bcad"), (3, 1, "adbc"), (1, 1, "abcd"), (0, 3, "bcda")] {
            let mut look = Look::default();
            let all = fields::shown(&session, &data, &look);
            carry_out(&mut look, &all, &data, (Field::Column(from), Head::To(Field::Column(to))));
            let after: String = fields::shown(&session, &data, &look).iter().map(|f| fields::name(&data, f)).collect();
            assert_eq!(after, order, "{from} was dropped on {to}");
        }
    }
}
