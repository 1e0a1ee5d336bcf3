//! The rows of a table: sorted and filtered aside, drawn only where in view, a million rows or ten thousand columns.

mod delegate;
pub(crate) mod fields;
pub(crate) mod menu;

use std::sync::Arc;

use eframe::egui;
use egui::Ui;
use egui_table::{Column, HeaderRow, Table};
use unicode_width::UnicodeWidthStr as _;

use crate::base::{RowId, RowSet, text};
use crate::data::{Dataset, Values};
use crate::session::Session;
use crate::session::ordering::{self, Field, Order, Shown};

use crate::app::aside::Aside;
use crate::app::style::ROW;

use delegate::Delegate;
use fields::{Cells, Look};

/// Width of the row numbers.
const ROW_NUMBER: f32 = 76.0;
/// Fields shown at once; a wider table is paged sideways.
const PAGE_COLUMNS: usize = 200;
/// Cells that may be copied at once.
const MOST_COPIED: usize = 5_000_000;

/// What was clicked.
pub(crate) enum Picked {
    /// A row.
    Row(RowId),
    /// Rows to select.
    Rows(Arc<RowSet>),
    /// A column's name.
    Column(usize),
}

/// How the rows stand.
#[derive(Default)]
pub(crate) struct State {
    /// Their order.
    pub(crate) order: Order,
    /// Only rows that are selected.
    pub(crate) only: bool,
    rows: Aside<Key, Result<Arc<[RowId]>, String>>,
    first_field: usize,
    last_row: Option<RowId>,
    /// The row that a range of rows begins at.
    anchor: Option<RowId>,
}

#[derive(Clone, PartialEq)]
struct Key {
    stamp: String,
    shown: Shown,
}

impl State {
    /// Forgets what belongs to another table.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Rows that match the filter.
    pub(crate) fn shown(&self, total: usize) -> usize {
        match self.rows.last() {
            Some(Ok(rows)) => rows.len(),
            _ => total,
        }
    }

    /// Why the filter could not be understood.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.rows.last().and_then(|o| o.as_ref().err()).map(String::as_str)
    }

    /// Whether rows are being sorted or filtered.
    pub(crate) fn is_busy(&self) -> bool {
        self.rows.is_busy()
    }

    /// The rows as they stand; `None` for all in the file's order.
    fn rows(&self) -> Option<Arc<[RowId]>> {
        self.rows.last().and_then(|o| o.as_ref().ok()).cloned()
    }
}

/// Shows the table in all the room there is.
pub(crate) fn show(ui: &mut Ui, state: &mut State, look: &mut Look, filter: &str, session: &Session) -> Option<Picked> {
    let data = session.data()?;
    ask(ui, state, filter, session);
    let order = state.rows();
    let count = order.as_ref().map_or(data.row_count(), |o| o.len());
    let all = fields::shown(session, data, look);
    let frozen = look.frozen.min(8).min(all.len());
    pager(ui, all.len(), state);
    let first = state.first_field.min(all.len().saturating_sub(1));
    // What is frozen stays on every page.
    let page: Vec<Field> = all
        .iter()
        .enumerate()
        .filter(|(k, _)| *k < frozen || (*k >= first && *k < first + PAGE_COLUMNS))
        .map(|(_, f)| f.clone())
        .collect();
    let widths: Vec<Column> = std::iter::once(Column::new(ROW_NUMBER).resizable(false))
        .chain(page.iter().map(|field| {
            let name = fields::name(data, field);
            Column::new(width(data, field)).range(48.0..=700.0).id(egui::Id::unique((name, "field")))
        }))
        .collect();
    let scene = session.scene();
    let cells = Cells::new(session, data, &scene, &page);
    let mut delegate = Delegate::new(&cells, order.as_deref(), &page, state.order.clone());
    let mut table = Table::new()
        .id_salt(("rows", first))
        .num_rows(count as u64)
        .num_sticky_cols(1 + frozen)
        .columns(widths)
        .headers([HeaderRow::new(ROW + 2.0)]);
    if session.row() != state.last_row {
        state.last_row = session.row();
        if let Some(at) = session.row().and_then(|r| position(order.as_deref(), r, count)) {
            table = table.scroll_to_row(at, None);
        }
    }
    table.show(ui, &mut delegate);
    let (sorted, head, clicked) = (delegate.sorted, delegate.head, delegate.clicked);
    if let Some(sorted) = sorted {
        state.order = sorted;
    }
    if let Some(wish) = head {
        menu::carry_out(look, &all, data, wish);
    }
    match clicked? {
        delegate::Click::Column(column) => Some(Picked::Column(column)),
        delegate::Click::Row(row, modifiers) => Some(chosen(state, session, row, modifiers)),
    }
}

/// Sorts and filters aside, where that is wished.
fn ask(ui: &Ui, state: &mut State, filter: &str, session: &Session) {
    let only = session.selection().filter(|_| state.only).cloned();
    let shown = Shown { output: session.output(), query: filter.trim().to_owned(), only, order: state.order.clone() };
    if shown == (Shown { output: shown.output, ..Shown::default() }) {
        state.rows.clear();
        return;
    }
    let scene = session.scene();
    let key = Key { stamp: session.stamp(), shown: shown.clone() };
    let find = move || ordering::ordered(&scene, &shown).map(Arc::from).map_err(|p| format!("{}. {}", p.place, p.hint));
    state.rows.ask(ui.ctx(), key, find);
}

/// What a click on a row selects: the row, or with Ctrl and Shift more rows than one.
fn chosen(state: &mut State, session: &Session, row: RowId, modifiers: egui::Modifiers) -> Picked {
    let total = session.data().map_or(0, |d| d.row_count());
    let now = || session.selection().map_or_else(|| RowSet::empty(total), |rows| (**rows).clone());
    if modifiers.shift
        && let Some(anchor) = state.anchor
    {
        let order = state.rows();
        let count = order.as_ref().map_or(total, |o| o.len());
        let places = [anchor, row].map(|r| position(order.as_deref(), r, count));
        if let [Some(a), Some(b)] = places {
            let range = a.min(b) as usize..a.max(b) as usize + 1;
            let rows: Vec<RowId> = match &order {
                Some(order) => order.get(range).unwrap_or(&[]).to_vec(),
                None => range.map(|i| RowId(i as u32)).collect(),
            };
            let range = RowSet::of(total, rows);
            return Picked::Rows(Arc::new(if modifiers.command { now().union(&range) } else { range }));
        }
    }
    state.anchor = Some(row);
    if modifiers.command {
        let one = RowSet::of(total, [row]);
        let now = now();
        return Picked::Rows(Arc::new(if now.contains(row) { now.without(&one) } else { now.union(&one) }));
    }
    Picked::Row(row)
}

/// The rows that are selected, or else the one row, as a block to copy; the error says why there is none.
pub(crate) fn copied(state: &State, look: &Look, session: &Session) -> Result<(String, usize), String> {
    let nothing = || "Select rows first, then copy them".to_owned();
    let data = session.data().ok_or_else(nothing)?;
    let fields = fields::shown(session, data, look);
    let wanted = match (session.selection(), session.row()) {
        (Some(rows), _) => (**rows).clone(),
        (None, Some(row)) => RowSet::of(data.row_count(), [row]),
        (None, None) => return Err(nothing()),
    };
    if wanted.len().saturating_mul(fields.len()) > MOST_COPIED {
        let fits = MOST_COPIED / fields.len().max(1);
        return Err(format!(
            "{} of {} are too much for the clipboard; at most {} fit, or export them",
            text::counted(wanted.len(), "row"),
            text::counted(fields.len(), "field"),
            text::counted(fits, "row")
        ));
    }
    let scene = session.scene();
    let cells = Cells::new(session, data, &scene, &fields);
    let text = match state.rows() {
        // In the order in which they are seen.
        Some(order) => fields::block(&cells, &fields, &mut order.iter().copied().filter(|r| wanted.contains(*r))),
        None => fields::block(&cells, &fields, &mut wanted.iter()),
    };
    Ok((text, wanted.len()))
}

/// Where a row stands. Cost O(rows) in an order of its own, once per selection.
fn position(order: Option<&[RowId]>, row: RowId, count: usize) -> Option<u64> {
    match order {
        None => (row.index() < count).then_some(u64::from(row.0)),
        Some(order) => order.iter().position(|r| *r == row).map(|i| i as u64),
    }
}

fn pager(ui: &mut Ui, fields: usize, state: &mut State) {
    if fields <= PAGE_COLUMNS {
        state.first_field = 0;
        return;
    }
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let first = state.first_field.min(fields);
        let last = (first + PAGE_COLUMNS).min(fields);
        if ui.add_enabled(first > 0, egui::Button::new("Previous columns")).clicked() {
            state.first_field = first.saturating_sub(PAGE_COLUMNS);
        }
        ui.label(format!("Columns {}–{} of {}", text::count(first + 1), text::count(last), text::count(fields)));
        if ui.add_enabled(last < fields, egui::Button::new("Next columns")).clicked() {
            state.first_field = first + PAGE_COLUMNS;
        }
    });
}

/// Room for a name or a level, about: Chinese letters count twice.
fn width(data: &Dataset, field: &Field) -> f32 {
    let name = fields::name(data, field).width().min(24) as f32 * 8.0 + 34.0;
    let Field::Column(column) = field else { return name.clamp(96.0, 240.0) };
    let longest = match data.columns().get(*column).map(|c| &c.values) {
        Some(Values::Category { levels, .. }) => levels.iter().take(64).map(|l| l.width().min(30)).max(),
        _ => None,
    };
    name.max(longest.unwrap_or(0) as f32 * 7.6 + 28.0).clamp(84.0, 240.0)
}
