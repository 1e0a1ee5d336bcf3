//! The numbers behind a chart as a table, and as text for the clipboard.

use eframe::egui;
use egui::{Margin, Ui};
use egui_table::{CellInfo, Column, HeaderCellInfo, HeaderRow, Table, TableDelegate};

use crate::base::text;
use crate::chart::{Cell, ChartTable};

use super::number;
use crate::app::style::{self, ROW};

/// Shows a chart's table in `height` points.
pub(crate) fn show(ui: &mut Ui, id: &str, table: &ChartTable, height: f32) {
    let columns = table.header.len().max(1);
    let width = (ui.available_width() / columns as f32).clamp(110.0, 260.0);
    ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
        Table::new()
            .id_salt(id)
            .num_rows(table.rows.len() as u64)
            .columns(vec![Column::new(width).range(60.0..=600.0); columns])
            .headers([HeaderRow::new(ROW)])
            .show(ui, &mut Delegate { table, width });
    });
}

/// Tab-separated text with full precision, for the clipboard.
pub(crate) fn as_text(table: &ChartTable) -> String {
    let mut out = table.header.join("\t");
    for row in &table.rows {
        out.push('\n');
        let cells: Vec<String> = row
            .iter()
            .map(|cell| match cell {
                Cell::Text(text) => text.replace(['\t', '\n'], " "),
                Cell::Number(value) if value.is_nan() => String::new(),
                Cell::Number(value) => format!("{value}"),
            })
            .collect();
        out.push_str(&cells.join("\t"));
    }
    out
}

struct Delegate<'a> {
    table: &'a ChartTable,
    /// Width of a column at first.
    width: f32,
}

impl TableDelegate for Delegate<'_> {
    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        if ui.is_sizing_pass() {
            ui.allocate_space(egui::vec2(self.width, 1.0));
            return;
        }
        let skin = style::skin(ui);
        ui.painter().rect_filled(ui.max_rect(), 0.0, skin.hover);
        let name = self.table.header.get(cell.col_range.start).map_or("", |h| h);
        egui::Frame::new().inner_margin(Margin::symmetric(8, 4)).show(ui, |ui| {
            ui.add(egui::Label::new(style::strong(name)).truncate());
        });
    }

    fn cell_ui(&mut self, ui: &mut Ui, info: &CellInfo) {
        if ui.is_sizing_pass() {
            return;
        }
        let row = self.table.rows.get(info.row_nr as usize);
        let Some(cell) = row.and_then(|r| r.get(info.col_nr)) else { return };
        egui::Frame::new().inner_margin(Margin::symmetric(8, 2)).show(ui, |ui| match cell {
            Cell::Text(text) => number::cell(ui, Some(text), false),
            Cell::Number(value) if value.is_nan() => number::cell(ui, None, true),
            Cell::Number(value) => number::cell(ui, Some(&text::significant(*value, 5)), true),
        });
    }

    fn default_row_height(&self) -> f32 {
        ROW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_numbers_keep_every_digit_and_missing_stays_empty() {
        let table = ChartTable {
            header: vec!["feature".to_owned(), "value".to_owned()],
            rows: vec![
                vec![Cell::Text("a\tb".to_owned()), Cell::Number(0.1 + 0.2)],
                vec![Cell::Text("c".to_owned()), Cell::Number(f64::NAN)],
            ],
        };
        assert_eq!(as_text(&table), "feature\tvalue\na b\t0.30000000000000004\nc\t");
    }
}
