//! Heads, rows and cells of a table as egui_table asks for them.

use eframe::egui;
use egui::{Align2, Margin, Modifiers, Sense, Ui, Vec2};
use egui_table::{CellInfo, HeaderCellInfo, TableDelegate};

use crate::base::{RowId, text};
use crate::data::Role;
use crate::session::ordering::{Field, Order};

use super::fields::{self, Cells};
use super::menu::{self, Head};
use crate::app::style::{self, ROW};
use crate::app::widget::number;

/// What was clicked.
pub(super) enum Click {
    /// A row, with the keys that were held.
    Row(RowId, Modifiers),
    /// The head of a column.
    Column(usize),
}

pub(super) struct Delegate<'a> {
    cells: &'a Cells<'a>,
    order: Option<&'a [RowId]>,
    page: &'a [Field],
    now: Order,
    pub(super) clicked: Option<Click>,
    /// A new order, when a head was clicked.
    pub(super) sorted: Option<Order>,
    /// What was wished in the menu of a head.
    pub(super) head: Option<(Field, Head)>,
}

impl<'a> Delegate<'a> {
    pub(super) fn new(cells: &'a Cells<'a>, order: Option<&'a [RowId]>, page: &'a [Field], now: Order) -> Self {
        Self { cells, order, page, now, clicked: None, sorted: None, head: None }
    }

    fn row(&self, at: u64) -> RowId {
        match self.order {
            Some(order) => order.get(at as usize).copied().unwrap_or(RowId(0)),
            None => RowId(at as u32),
        }
    }

    fn head(&mut self, ui: &mut Ui, field: &Field) {
        let skin = style::skin(ui);
        let name = fields::name(self.cells.data, field);
        let down = match &self.now {
            Order::By(by, down) if by == field => Some(*down),
            _ => None,
        };
        let area = ui.max_rect();
        let response = ui.interact(area, ui.scope_id().with(("head", &name)), Sense::click_and_drag());
        self.drag(ui, &response, field);
        let role = match field {
            Field::Column(column) => self.cells.data.roles().get(*column).copied(),
            Field::Computed(_) => None,
        };
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(area, 0.0, skin.border);
        }
        let sign = match down {
            Some(true) => " ↓",
            Some(false) => " ↑",
            None => "",
        };
        let room = (area.width() - 22.0).max(20.0);
        let short = text::shorten(&name, ((room / 7.6) as usize).max(4));
        let colour = match (field, role) {
            (_, Some(Role::Target)) => skin.accent,
            (Field::Computed(_), _) => skin.muted,
            _ => skin.text,
        };
        let font = style::strong_style().resolve(ui.style());
        let (x, align) = match fields::is_numeric(self.cells.data, field) {
            true => (area.right() - 10.0, Align2::RIGHT_CENTER),
            false => (area.left() + 10.0, Align2::LEFT_CENTER),
        };
        ui.painter().text(egui::pos2(x, area.center().y), align, format!("{short}{sign}"), font, colour);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {name}")));
        let what = match field {
            Field::Column(c) => self.cells.data.columns().get(*c).map_or("", |c| c.values.kind().title()).to_owned(),
            Field::Computed(_) => "computed".to_owned(),
        };
        let role = role.map_or_else(String::new, |r| format!(", {}", r.title().to_lowercase()));
        let response =
            response.on_hover_text(format!("{name}\n{what}{role}\nClick to sort, drag to move, right click for more"));
        if response.clicked() {
            self.sorted = Some(match down {
                None => Order::By(field.clone(), false),
                Some(false) => Order::By(field.clone(), true),
                Some(true) => Order::File,
            });
            if let Field::Column(column) = field {
                self.clicked = Some(Click::Column(*column));
            }
        }
        response.context_menu(|ui| {
            if let Some(order) = menu::order_ui(ui, field) {
                self.sorted = Some(order);
            }
            if let Some(wish) = menu::head_ui(ui) {
                self.head = Some((field.clone(), wish));
            }
        });
    }

    /// A head can be dragged to the place of another one, where a line shows on which side it will stand.
    fn drag(&mut self, ui: &Ui, response: &egui::Response, field: &Field) {
        response.dnd_set_drag_payload(field.clone());
        let Some(moved) = response.dnd_hover_payload::<Field>().filter(|moved| **moved != *field) else { return };
        let place = |field: &Field| self.page.iter().position(|f| f == field);
        let area = response.rect;
        let x = if place(&moved) < place(field) { area.right() } else { area.left() };
        ui.painter().vline(x, area.y_range(), egui::Stroke::new(3.0, style::skin(ui).accent));
        if response.dnd_release_payload::<Field>().is_some() {
            self.head = Some(((*moved).clone(), Head::To(field.clone())));
        }
    }

    /// Takes the room that a field is given at first.
    fn measure(&self, ui: &mut Ui, column: usize) {
        let wanted = match column.checked_sub(1).and_then(|k| self.page.get(k)) {
            Some(field) => super::width(self.cells.data, field),
            None => super::ROW_NUMBER,
        };
        ui.allocate_space(Vec2::new(wanted, 1.0));
    }
}

impl TableDelegate for Delegate<'_> {
    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        if ui.is_sizing_pass() {
            return self.measure(ui, cell.col_range.start);
        }
        let skin = style::skin(ui);
        ui.painter().rect_filled(ui.max_rect(), 0.0, skin.hover);
        match cell.col_range.start.checked_sub(1).and_then(|k| self.page.get(k)) {
            Some(field) => self.head(ui, field),
            None => {
                let place = ui.max_rect().right_center() - Vec2::new(10.0, 0.0);
                let font = style::strong_style().resolve(ui.style());
                ui.painter().text(place, Align2::RIGHT_CENTER, "Row", font, skin.muted);
            }
        }
    }

    fn row_ui(&mut self, ui: &mut Ui, at: u64) {
        let skin = style::skin(ui);
        let row = self.row(at);
        let area = ui.max_rect();
        let response = ui.interact(area, ui.scope_id().with(("row", at)), Sense::click());
        let session = self.cells.session;
        let selected = session.selection().is_some_and(|rows| rows.contains(row));
        if session.row() == Some(row) {
            ui.painter().rect_filled(area, 0.0, skin.selected);
        } else if selected {
            ui.painter().rect_filled(area, 0.0, skin.selected.gamma_multiply(0.5));
        } else if response.hovered() {
            ui.painter().rect_filled(area, 0.0, skin.hover);
        }
        if selected {
            let edge = egui::Rect::from_min_size(area.min, Vec2::new(3.0, area.height()));
            ui.painter().rect_filled(edge, 0.0, skin.accent);
        }
        let line = egui::Stroke::new(1.0, skin.border.gamma_multiply(0.5));
        ui.painter().hline(area.x_range(), area.bottom() - 0.5, line);
        if response.clicked() {
            self.clicked = Some(Click::Row(row, ui.input(|i| i.modifiers)));
        }
    }

    fn cell_ui(&mut self, ui: &mut Ui, info: &CellInfo) {
        if ui.is_sizing_pass() {
            return self.measure(ui, info.col_nr);
        }
        let row = self.row(info.row_nr);
        let Some(field) = info.col_nr.checked_sub(1).and_then(|k| self.page.get(k)) else {
            let skin = style::skin(ui);
            let place = ui.max_rect().right_center() - Vec2::new(10.0, 0.0);
            let font = egui::TextStyle::Small.resolve(ui.style());
            ui.painter().text(place, Align2::RIGHT_CENTER, row.to_string(), font, skin.muted);
            return;
        };
        egui::Frame::new().inner_margin(Margin::symmetric(10, 2)).show(ui, |ui| {
            let text = self.cells.text(field, row);
            number::cell(ui, text.as_deref(), fields::is_numeric(self.cells.data, field));
        });
    }

    fn default_row_height(&self) -> f32 {
        ROW
    }
}
