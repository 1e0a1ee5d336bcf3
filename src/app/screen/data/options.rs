//! How the file is read: what was found out by looking, and how to say otherwise.

use eframe::egui;
use egui::{ComboBox, RichText, TextEdit, Ui};

use crate::data::Dataset;
use crate::data::read::ReadOptions;

use super::read_again;
use crate::app::desk::Cx;
use crate::app::style;
use crate::app::widget::card;

/// Choices not yet applied.
#[derive(Default)]
pub(super) struct Form {
    options: ReadOptions,
    marks: String,
}

const DELIMITERS: [(Option<u8>, &str); 5] = [
    (None, "Found by looking"),
    (Some(b','), "Comma ,"),
    (Some(b';'), "Semicolon ;"),
    (Some(b'\t'), "Tab"),
    (Some(b'|'), "Bar |"),
];
const ENCODINGS: [(Option<&str>, &str); 5] = [
    (None, "Found by looking"),
    (Some("utf-8"), "UTF-8"),
    (Some("windows-1252"), "Windows-1252 (Western Europe)"),
    (Some("utf-16le"), "UTF-16, little endian"),
    (Some("shift_jis"), "Shift JIS (Japanese)"),
];
const YES_NO: [(Option<bool>, &str); 3] = [(None, "Found by looking"), (Some(true), "Yes"), (Some(false), "No")];

/// The form; reads the table again when asked.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>, data: &Dataset) {
    let Some(form) = cx.desk.data.options.as_mut() else { return };
    let mut apply = false;
    let mut close = false;
    card::card(ui, |ui| {
        ui.label(style::title("Reading options"));
        ui.label(RichText::new(format!("Read as {}", data.source().format)).weak());
        egui::Grid::new("reading options").num_columns(4).spacing([24.0, 8.0]).show(ui, |ui| {
            choice(ui, "Separator", &mut form.options.delimiter, &DELIMITERS);
            let mut encoding = form.options.encoding.clone();
            let known: Vec<(Option<String>, &str)> =
                ENCODINGS.iter().map(|(id, title)| (id.map(str::to_owned), *title)).collect();
            choice(ui, "Encoding", &mut encoding, &known);
            form.options.encoding = encoding;
            ui.end_row();
            choice(ui, "First line names columns", &mut form.options.header, &YES_NO);
            choice(ui, "Decimal comma", &mut form.options.decimal_comma, &YES_NO);
            ui.end_row();
            let label = ui.label("Also means missing");
            let edit = TextEdit::singleline(&mut form.marks).hint_text("-999, unknown").desired_width(220.0);
            ui.add(edit).labelled_by(label.id);
            ui.end_row();
        });
        ui.horizontal(|ui| {
            apply = card::primary(ui, "Read again").clicked();
            close = ui.button("Close").clicked();
        });
    });
    if apply {
        let marks = form.marks.split(',').map(|m| m.trim().to_owned()).filter(|m| !m.is_empty());
        let options = ReadOptions { missing_marks: marks.collect(), ..form.options.clone() };
        read_again(cx, data, options);
    }
    if close {
        cx.desk.data.options = None;
    }
}

fn choice<T: Clone + PartialEq>(ui: &mut Ui, name: &str, value: &mut T, options: &[(T, &str)]) {
    let label = ui.label(name);
    let current = options.iter().find(|(v, _)| v == value).map_or("", |(_, t)| *t);
    let combo = ComboBox::from_id_salt(name).selected_text(current).width(220.0).show_ui(ui, |ui| {
        for (option, title) in options {
            if ui.selectable_label(option == value, *title).clicked() {
                *value = option.clone();
            }
        }
    });
    combo.response.labelled_by(label.id);
}
