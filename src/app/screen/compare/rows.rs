//! The rows that the two models decide differently, or all rows by the difference of their predictions.

use std::sync::Arc;

use eframe::egui;
use egui::{RichText, Ui, vec2};

use crate::base::{RowId, text};
use crate::model::Scale;
use crate::model::measure::{Flip, Right};
use crate::session::{Command, Meeting, Predictions};

use crate::app::desk::Cx;
use crate::app::style::{self, HALF, STEP};
use crate::app::widget::{card, empty};

/// Which rows are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Listed {
    /// Rows whose decision changes.
    #[default]
    Flipped,
    /// Every row.
    All,
}

/// What is chosen in the list.
#[derive(Default)]
pub(super) struct State {
    listed: Listed,
}

/// The query that finds the flipped rows.
const FLIPPED: &str = "\"decision flips\" = yes";

/// What the part is for.
pub(super) const SUMMARY: &str = "Rows that the two models decide or predict differently";

/// The card with the list; a click selects the row everywhere and shows its difference.
pub(super) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(challenger) = cx.session.challenger().cloned() else { return };
    let (Some(meeting), Some(own)) = (challenger.meeting().cloned(), cx.session.predictions().cloned()) else { return };
    card::card(ui, |ui| {
        ui.set_min_height(ui.available_height());
        ui.spacing_mut().item_spacing.y = HALF;
        let Some(differences) = challenger.differences().cloned() else {
            empty::busy(ui, "Comparing decisions", ui.available_height());
            return;
        };
        let flips = differences.flips.clone();
        if let Some(flips) = &flips {
            head(ui, cx, flips);
        } else {
            ui.label(style::title("Rows by difference"));
        }
        let both = Both { own, meeting };
        let flips = flips.filter(|_| cx.desk.compare.rows.listed == Listed::Flipped);
        match flips {
            Some(flips) if flips.is_empty() => {
                ui.label(RichText::new("Both models decide every row alike.").weak());
            }
            Some(flips) => {
                headings(ui, cx, ["row", "decision", "prediction", "right"]);
                list(ui, flips.len(), |ui, i| {
                    if let Some(flip) = flips.get(i) {
                        flipped(ui, cx, &both, flip);
                    }
                });
            }
            None => {
                headings(ui, cx, ["row", "", "prediction", "difference"]);
                list(ui, differences.rows.len(), |ui, i| {
                    if let Some(row) = differences.rows.get(i) {
                        plain(ui, cx, &both, *row);
                    }
                });
            }
        }
    });
}

/// Predictions of both models.
struct Both {
    own: Arc<Predictions>,
    meeting: Arc<Meeting>,
}

impl Both {
    /// Both predictions of one output.
    fn of(&self, row: RowId, output: usize) -> (f64, f64) {
        let place = row.index() * self.own.outputs + output.min(self.own.outputs.saturating_sub(1));
        let at = |values: &[f64]| values.get(place).copied().unwrap_or(f64::NAN);
        (at(&self.own.values), at(&self.meeting.predictions))
    }

    fn text(&self, value: f64) -> String {
        match self.own.scale {
            Scale::Probability => text::percent(value),
            Scale::Margin | Scale::Target => text::significant(value, 4),
        }
    }
}

/// Names of the columns of the list.
fn headings(ui: &mut Ui, cx: &Cx<'_>, names: [&str; 4]) {
    let threshold = match cx.session.model().map(|m| m.card().outputs.len()) {
        Some(1) => format!("Decided at a threshold of {}; ", text::number(cx.session.threshold())),
        _ => String::new(),
    };
    let area = ui.horizontal(|ui| {
        ui.set_height(18.0);
        ui.add_space(STEP);
        let widths = widths(cx, ui.available_width() - STEP, !names[1].is_empty());
        cells(ui, widths, &names.map(style::small));
    });
    area.response.on_hover_text(format!("{threshold}the largest difference comes first"));
}

/// Letters of a class’s name that are shown.
const NAME: usize = 10;
/// Width of a letter, of the gap behind a column, and of the name of the model that is right.
const LETTER: f32 = 8.0;
const BETWEEN: f32 = 12.0;
const RIGHT: f32 = 74.0;

/// Widths of the columns: row numbers and classes take what they need, predictions the rest.
fn widths(cx: &Cx<'_>, full: f32, decided: bool) -> [f32; 4] {
    let rows = cx.session.data().map_or(0, |data| data.row_count().saturating_sub(1));
    let row = LETTER * rows.to_string().len().max(3) as f32 + BETWEEN;
    if !decided {
        let rest = (full - row).max(0.0);
        return [row, 0.0, 0.56 * rest, 0.44 * rest];
    }
    let names = cx.session.model().map_or(&[][..], |m| &m.card().classes);
    let mut lengths: Vec<usize> = names.iter().map(|name| name.chars().count().min(NAME)).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let letters = lengths.iter().take(2).sum::<usize>().max(3);
    let decision = (LETTER * (letters as f32 + 2.0) + BETWEEN).clamp(58.0, (0.4 * full).max(58.0));
    [row, decision, (full - row - decision - RIGHT).max(0.2 * full), RIGHT]
}

/// Cells of one line, in columns of these widths.
fn cells(ui: &mut Ui, widths: [f32; 4], cells: &[RichText; 4]) {
    ui.spacing_mut().item_spacing.x = 0.0;
    for (cell, width) in cells.iter().zip(widths) {
        let size = vec2(width, ui.available_height());
        ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
            ui.set_min_width(size.x);
            ui.add(egui::Label::new(cell.clone()).truncate());
        });
    }
}

fn list(ui: &mut Ui, count: usize, mut entry: impl FnMut(&mut Ui, usize)) {
    ui.spacing_mut().item_spacing.y = 0.0;
    egui::ScrollArea::vertical().auto_shrink(false).id_salt("compared rows").show_rows(
        ui,
        style::ROW,
        count,
        |ui, range| {
            range.for_each(|i| entry(ui, i));
        },
    );
}

fn head(ui: &mut Ui, cx: &mut Cx<'_>, flips: &[Flip]) {
    ui.horizontal(|ui| {
        let titles = [
            (Listed::Flipped, format!("Flipped ({})", text::count(flips.len()))),
            (Listed::All, "All rows".to_owned()),
        ];
        card::segments(ui, &mut cx.desk.compare.rows.listed, &titles);
        let button = egui::Button::new("Select all");
        let hint = "Select the flipped rows everywhere";
        if ui.add_enabled(!flips.is_empty(), button).on_hover_text(hint).clicked() {
            cx.wish(Command::SelectWhere(FLIPPED.to_owned()));
        }
    });
}

/// `Row 17   no → yes   42.3 % → 56.1 %   right`.
fn flipped(ui: &mut Ui, cx: &mut Cx<'_>, both: &Both, flip: &Flip) {
    let card = cx.session.model().cloned();
    let class = |k: usize| {
        let name = card.as_ref().and_then(|m| m.card().classes.get(k).cloned());
        name.unwrap_or_else(|| k.to_string())
    };
    let (from, to) = (class(flip.from), class(flip.to));
    let (own, other) = both.of(flip.row, if both.own.outputs == 1 { 0 } else { flip.to });
    let right = flip.right().words();
    let numbers = format!("{} → {}", both.text(own), both.text(other));
    let label = if flip.right() == Right::Unknown {
        format!("Row {}, {from} becomes {to}, {numbers}", flip.row)
    } else {
        format!("Row {}, {from} becomes {to}, {numbers}, {right} is right", flip.row)
    };
    let cells = [
        format!("{}", flip.row),
        format!("{} → {}", text::shorten(&from, NAME), text::shorten(&to, NAME)),
        numbers,
        right.to_owned(),
    ];
    line(ui, cx, flip.row, (&label, &cells));
}

fn plain(ui: &mut Ui, cx: &mut Cx<'_>, both: &Both, row: RowId) {
    let (own, other) = both.of(row, cx.session.output());
    let numbers = format!("{} → {}", both.text(own), both.text(other));
    let change = match both.own.scale {
        Scale::Probability => format!("{} points", text::signed(100.0 * (other - own))),
        Scale::Margin | Scale::Target => text::signed(other - own),
    };
    let label = format!("Row {row}, {numbers}, difference {change}");
    let cells = [format!("{row}"), String::new(), numbers, change];
    line(ui, cx, row, (&label, &cells));
}

fn line(ui: &mut Ui, cx: &mut Cx<'_>, row: RowId, (label, cells): (&str, &[String; 4])) {
    let selected = cx.session.row() == Some(row);
    let response = card::line(ui, selected, label, |ui| {
        let widths = widths(cx, ui.available_width(), !cells[1].is_empty());
        self::cells(ui, widths, &cells.each_ref().map(RichText::new));
    });
    if response.on_hover_text(label).clicked() {
        cx.select_row(row);
        cx.desk.compare.wanted = Some(super::ONE_ROW);
    }
}
