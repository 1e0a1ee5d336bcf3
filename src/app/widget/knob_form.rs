//! A form for declared settings: each knob's own widget, range and help; values are kept as text and checked once.

use std::collections::BTreeMap;

use eframe::egui;
use egui::{ComboBox, DragValue, RichText, Ui};

use crate::base::{Kind, Knob};

use super::card;

/// What a person has set, by knob id; what is not here keeps its default.
pub(crate) type Values = BTreeMap<String, String>;

/// Shows every knob; `true` when something changed.
pub(crate) fn form(ui: &mut Ui, knobs: &[Knob], values: &mut Values) -> bool {
    let mut changed = false;
    for knob in knobs {
        ui.horizontal(|ui| {
            let label = card::field_label(ui, 190.0, knob.label);
            let label = label.on_hover_text(format!("{}\n{}", knob.help, knob.range()));
            let text = values.get(knob.id).cloned().unwrap_or_else(|| knob.default().to_string());
            if let Some(new) = field(ui, knob, &text, label.id) {
                changed = true;
                match new == knob.default().to_string() {
                    true => values.remove(knob.id),
                    false => values.insert(knob.id.to_owned(), new),
                };
            }
        });
    }
    changed
}

/// The pairs a command takes.
pub(crate) fn pairs(values: &Values) -> Vec<(String, String)> {
    values.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn field(ui: &mut Ui, knob: &Knob, text: &str, label: egui::Id) -> Option<String> {
    match knob.kind {
        Kind::Count { default, min, max } => {
            let mut value = text.parse::<u64>().unwrap_or(default);
            let drag =
                DragValue::new(&mut value).range(min..=max).speed(((max - min) as f64 / 400.0).clamp(0.05, 50.0));
            let response = ui.add_sized([120.0, 26.0], drag).labelled_by(label).on_hover_text(knob.range());
            response.changed().then(|| value.to_string())
        }
        Kind::Real { default, min, max } => {
            let mut value = text.parse::<f64>().unwrap_or(default);
            let speed = ((max - min) / 400.0).clamp(1e-4, 10.0);
            let drag = DragValue::new(&mut value).range(min..=max).speed(speed).max_decimals(6);
            let response = ui.add_sized([120.0, 26.0], drag).labelled_by(label).on_hover_text(knob.range());
            response.changed().then(|| value.to_string())
        }
        Kind::Choice { of, .. } => {
            let mut chosen = None;
            let combo = ComboBox::from_id_salt(knob.id).selected_text(text.to_owned()).width(180.0);
            let response = combo.show_ui(ui, |ui| {
                for option in of {
                    if ui.selectable_label(*option == text, *option).clicked() {
                        chosen = Some((*option).to_owned());
                    }
                }
            });
            response.response.labelled_by(label);
            chosen
        }
        Kind::Switch { default } => {
            let mut on = text.parse::<bool>().unwrap_or(if text.is_empty() { default } else { text == "on" });
            let words = RichText::new(if on { "on" } else { "off" }).weak();
            let response = ui.checkbox(&mut on, words).labelled_by(label);
            response.changed().then(|| if on { "on".to_owned() } else { "off".to_owned() })
        }
    }
}
