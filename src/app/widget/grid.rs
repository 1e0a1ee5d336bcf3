//! The rows of a table: sorted and filtered aside, drawn only where in view, a million rows or ten thousand columns.

use std::sync::Arc;

use eframe::egui;
use egui::{Align2, Margin, Sense, Ui, Vec2};
use egui_table::{CellInfo, Column, HeaderCellInfo, HeaderRow, Table, TableDelegate};

use crate::base::{RowId, text};
use crate::data::{Dataset, Role};
use crate::session::Session;

use super::number;
use super::order::{self, Sort};
use crate::app::aside::Aside;
use crate::app::style::{self, ROW};

/// Width of the row numbers.
const ROW_NUMBER: f32 = 76.0;
/// Columns shown at once; a wider table is paged sideways.
const PAGE_COLUMNS: usize = 200;

/// What can be typed into the filter.
pub(crate) const FILTER_HELP: &str = order::HELP;

/// What was clicked.
pub(crate) enum Picked {
    /// A row.
    Row(RowId),
    /// A column's name.
    Column(usize),
}

/// How the rows stand.
#[derive(Default)]
pub(crate) struct State {
    sort: Option<Sort>,
    order: Aside<Key, Result<Arc<[RowId]>, String>>,
    first_column: usize,
    last_row: Option<RowId>,
}

#[derive(Clone, PartialEq)]
struct Key {
    table: String,
    filter: String,
    sort: Option<Sort>,
}

impl State {
    /// Forgets what belongs to another table.
    pub(crate) fn clear(&mut self) {
        self.order.clear();
        self.sort = None;
        self.first_column = 0;
        self.last_row = None;
    }

    /// Rows that match the filter.
    pub(crate) fn shown(&self, total: usize) -> usize {
        match self.order.last() {
            Some(Ok(order)) => order.len(),
            _ => total,
        }
    }

    /// Why the filter could not be understood.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.order.last().and_then(|o| o.as_ref().err()).map(String::as_str)
    }

    /// Whether rows are being sorted or filtered.
    pub(crate) fn is_busy(&self) -> bool {
        self.order.is_busy()
    }
}

/// Shows the table in all the room there is.
pub(crate) fn show(
    ui: &mut Ui,
    data: &Arc<Dataset>,
    state: &mut State,
    filter: &str,
    session: &Session,
) -> Option<Picked> {
    let plain = filter.trim().is_empty() && state.sort.is_none();
    if plain {
        state.order.clear();
    } else {
        let key = Key { table: data.source().sha256.0.clone(), filter: filter.to_owned(), sort: state.sort };
        let (data, text, sort) = (Arc::clone(data), filter.to_owned(), state.sort);
        state.order.ask(ui.ctx(), key, move || order::rows(&data, &text, sort));
    }
    let order = state.order.last().and_then(|o| o.as_ref().ok()).cloned();
    let count = order.as_ref().map_or(data.row_count(), |o| o.len());
    pager(ui, data, state);
    let columns = data.columns().len();
    let first = state.first_column.min(columns.saturating_sub(1));
    let last = (first + PAGE_COLUMNS).min(columns);
    let widths = (first..last).map(|c| width(data, c, session));
    let widths: Vec<Column> = std::iter::once(Column::new(ROW_NUMBER).resizable(false))
        .chain(
            widths
                .enumerate()
                .map(|(k, w)| Column::new(w).range(48.0..=700.0).id(egui::Id::unique((first + k, "column")))),
        )
        .collect();
    let mut delegate =
        Delegate { data, order: order.as_deref(), first, session, sort: state.sort, picked: None, sorted: None };
    let mut table = Table::new()
        .id_salt(("rows", first))
        .num_rows(count as u64)
        .num_sticky_cols(1)
        .columns(widths)
        .headers([HeaderRow::new(ROW + 2.0)]);
    if session.row() != state.last_row {
        state.last_row = session.row();
        if let Some(at) = session.row().and_then(|r| position(order.as_deref(), r, count)) {
            table = table.scroll_to_row(at, None);
        }
    }
    table.show(ui, &mut delegate);
    if let Some(sorted) = delegate.sorted {
        state.sort = sorted;
    }
    delegate.picked
}

/// Where a row stands; a look-up in an order of up to a hundred thousand rows, once per selection.
fn position(order: Option<&[RowId]>, row: RowId, count: usize) -> Option<u64> {
    match order {
        None => (row.index() < count).then_some(u64::from(row.0)),
        Some(order) => order.iter().take(100_000).position(|r| *r == row).map(|i| i as u64),
    }
}

fn pager(ui: &mut Ui, data: &Dataset, state: &mut State) {
    let columns = data.columns().len();
    if columns <= PAGE_COLUMNS {
        state.first_column = 0;
        return;
    }
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let first = state.first_column;
        let last = (first + PAGE_COLUMNS).min(columns);
        if ui.add_enabled(first > 0, egui::Button::new("Previous columns")).clicked() {
            state.first_column = first.saturating_sub(PAGE_COLUMNS);
        }
        ui.label(format!("Columns {}–{} of {}", text::count(first + 1), text::count(last), text::count(columns)));
        if ui.add_enabled(last < columns, egui::Button::new("Next columns")).clicked() {
            state.first_column = first + PAGE_COLUMNS;
        }
    });
}

fn width(data: &Dataset, column: usize, session: &Session) -> f32 {
    let Some(values) = data.columns().get(column) else { return 100.0 };
    let name = values.name.chars().count().min(24) as f32 * 8.0 + 34.0;
    let levels = session.profile().and_then(|p| p.columns.get(column));
    let longest = levels.and_then(|p| p.levels.iter().map(|l| l.0.chars().count().min(30)).max()).unwrap_or(0);
    name.max(longest as f32 * 7.6 + 28.0).clamp(84.0, 240.0)
}

struct Delegate<'a> {
    data: &'a Dataset,
    order: Option<&'a [RowId]>,
    first: usize,
    session: &'a Session,
    sort: Option<Sort>,
    picked: Option<Picked>,
    /// A new sort order, when a head was clicked.
    sorted: Option<Option<Sort>>,
}

impl Delegate<'_> {
    fn row(&self, at: u64) -> RowId {
        match self.order {
            Some(order) => order.get(at as usize).copied().unwrap_or(RowId(0)),
            None => RowId(at as u32),
        }
    }

    fn head(&mut self, ui: &mut Ui, column: usize) {
        let skin = style::skin(ui);
        let Some(values) = self.data.columns().get(column) else { return };
        let sort = self.sort.filter(|s| s.column == column);
        let area = ui.max_rect();
        let response = ui.interact(area, ui.scope_id().with(("head", column)), Sense::click());
        let role = self.data.roles().get(column).copied().unwrap_or(Role::Feature);
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(area, 0.0, skin.border);
        }
        let right = number::is_numeric(values);
        let sign = match sort {
            Some(s) if s.descending => " ↓",
            Some(_) => " ↑",
            None => "",
        };
        let room = (area.width() - 22.0).max(20.0);
        let name = text::shorten(&values.name, ((room / 7.6) as usize).max(4));
        let colour = if role == Role::Target { skin.accent } else { skin.text };
        let font = style::strong_style().resolve(ui.style());
        let (x, align) =
            if right { (area.right() - 10.0, Align2::RIGHT_CENTER) } else { (area.left() + 10.0, Align2::LEFT_CENTER) };
        ui.painter().text(egui::pos2(x, area.center().y), align, format!("{name}{sign}"), font, colour);
        let full = values.name.to_string();
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {full}")));
        let hint = format!("{full}\n{}, {}\nClick to sort", values.values.kind().title(), role.title().to_lowercase());
        if response.on_hover_text(hint).clicked() {
            self.sorted = Some(match sort {
                None => Some(Sort { column, descending: false }),
                Some(s) if !s.descending => Some(Sort { column, descending: true }),
                Some(_) => None,
            });
            self.picked = Some(Picked::Column(column));
        }
    }
}

impl TableDelegate for Delegate<'_> {
    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        if ui.is_sizing_pass() {
            return self.measure(ui, cell.col_range.start);
        }
        let skin = style::skin(ui);
        ui.painter().rect_filled(ui.max_rect(), 0.0, skin.hover);
        match cell.col_range.start {
            0 => {
                let place = ui.max_rect().right_center() - Vec2::new(10.0, 0.0);
                let font = style::strong_style().resolve(ui.style());
                ui.painter().text(place, Align2::RIGHT_CENTER, "Row", font, skin.muted);
            }
            k => self.head(ui, self.first + k - 1),
        }
    }

    fn row_ui(&mut self, ui: &mut Ui, at: u64) {
        let skin = style::skin(ui);
        let row = self.row(at);
        let area = ui.max_rect();
        let response = ui.interact(area, ui.scope_id().with(("row", at)), Sense::click());
        if self.session.row() == Some(row) {
            ui.painter().rect_filled(area, 0.0, skin.selected);
        } else if response.hovered() {
            ui.painter().rect_filled(area, 0.0, skin.hover);
        }
        let line = egui::Stroke::new(1.0, skin.border.gamma_multiply(0.5));
        ui.painter().hline(area.x_range(), area.bottom() - 0.5, line);
        if response.clicked() {
            self.picked = Some(Picked::Row(row));
        }
    }

    fn cell_ui(&mut self, ui: &mut Ui, info: &CellInfo) {
        if ui.is_sizing_pass() {
            return self.measure(ui, info.col_nr);
        }
        let row = self.row(info.row_nr);
        let margin = egui::Frame::new().inner_margin(Margin::symmetric(10, 2));
        if info.col_nr == 0 {
            let skin = style::skin(ui);
            let place = ui.max_rect().right_center() - Vec2::new(10.0, 0.0);
            let font = egui::TextStyle::Small.resolve(ui.style());
            ui.painter().text(place, Align2::RIGHT_CENTER, row.to_string(), font, skin.muted);
            return;
        }
        let column = self.first + info.col_nr - 1;
        let Some(values) = self.data.columns().get(column) else { return };
        margin.show(ui, |ui| {
            let text = match self.spread(column) {
                Some(spread) if number::is_numeric(values) && !values.values.is_missing(row.index()) => {
                    let decimals = number::decimals(values, spread, 4);
                    Some(text::fixed(values.values.position(row.index()), decimals))
                }
                _ => number::value(values, row.index()),
            };
            number::cell(ui, text.as_deref(), number::is_numeric(values));
        });
    }

    fn default_row_height(&self) -> f32 {
        ROW
    }
}

impl Delegate<'_> {
    /// Takes the room that a column is given at first.
    fn measure(&self, ui: &mut Ui, column: usize) {
        let wanted = match column {
            0 => ROW_NUMBER,
            k => width(self.data, self.first + k - 1, self.session),
        };
        ui.allocate_space(Vec2::new(wanted, 1.0));
    }

    /// The size of a column's numbers, from its profile.
    fn spread(&self, column: usize) -> Option<f64> {
        let numbers = self.session.profile()?.columns.get(column)?.numbers?;
        Some(numbers.max.abs().max(numbers.min.abs()))
    }
}
