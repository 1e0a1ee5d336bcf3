//! The command palette: one field that finds actions, screens, columns, rows and samples.

use eframe::egui;
use egui::{Align2, Id, Key, Modal, Modifiers, RichText, TextEdit};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::base::{RowId, text};
use crate::session::{Command, SAMPLES};

use super::action::{ACTIONS, key_text};
use super::desk::Cx;
use super::room;
use super::screen::ScreenId;
use super::style;
use super::widget::card;

/// Lines shown at once.
const LINES: usize = 12;

/// What is typed and found.
#[derive(Default)]
pub(crate) struct PaletteState {
    open: bool,
    text: String,
    /// The text that `found` belongs to.
    searched: Option<String>,
    found: Vec<Entry>,
    at: usize,
}

/// One line.
#[derive(Clone)]
struct Entry {
    title: String,
    kind: &'static str,
    keys: String,
    goal: Goal,
}

#[derive(Clone)]
enum Goal {
    Act(&'static str),
    Feature(usize),
    Column,
    Row(RowId),
    Sample(&'static str),
}

impl PaletteState {
    pub(crate) fn open(&mut self) {
        *self = Self { open: true, ..Self::default() };
    }

    pub(crate) fn close(&mut self) {
        self.open = false;
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }
}

/// Shows the palette while it is open.
pub(crate) fn ui(ctx: &egui::Context, cx: &mut Cx<'_>) {
    if !cx.desk.palette.open {
        return;
    }
    let area = Modal::default_area(Id::unique("palette"))
        .anchor(Align2::CENTER_TOP, [0.0, (0.12 * ctx.content_rect().height()).min(96.0)]);
    let modal = Modal::new(Id::unique("palette")).area(area).show(ctx, |ui| {
        ui.set_width(room::width(ctx, 560.0));
        let mut state = std::mem::take(&mut cx.desk.palette);
        let edit = TextEdit::singleline(&mut state.text)
            .hint_text("Find a command, column or row")
            .desired_width(f32::INFINITY)
            .font(style::title_style())
            .margin(egui::Margin::symmetric(10, 8));
        let response = ui.add(edit);
        response.request_focus();
        if response.changed() {
            ui.request_repaint();
        }
        if state.searched.as_ref() != Some(&state.text) {
            state.found = search(cx, &state.text);
            state.searched = Some(state.text.clone());
            state.at = 0;
        }
        keys(ui, &mut state);
        let mut chosen = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter)).then_some(state.at);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(style::HALF);
        for (index, entry) in state.found.iter().enumerate() {
            let response = card::line(ui, index == state.at, &entry.title, |ui| {
                ui.label(text::shorten(&entry.title, 56));
                ui.label(style::small(entry.kind));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.label(RichText::new(&entry.keys).small().weak());
                });
            });
            if response.clicked() {
                chosen = Some(index);
            }
        }
        if state.found.is_empty() {
            ui.label(RichText::new("Nothing is called like that").weak());
        }
        let goal = chosen.and_then(|i| state.found.get(i)).map(|e| e.goal.clone());
        state.open &= goal.is_none();
        cx.desk.palette = state;
        goal
    });
    if modal.should_close() {
        cx.desk.palette.close();
    }
    if let Some(goal) = modal.inner {
        reach(cx, &goal);
    }
}

fn keys(ui: &egui::Ui, state: &mut PaletteState) {
    let last = state.found.len().saturating_sub(1);
    ui.input_mut(|input| {
        if input.consume_key(Modifiers::NONE, Key::ArrowDown) {
            state.at = (state.at + 1).min(last);
        }
        if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
            state.at = state.at.saturating_sub(1);
        }
    });
}

/// The best matches; cost O(columns), once per change of the text.
fn search(cx: &Cx<'_>, wanted: &str) -> Vec<Entry> {
    let mut all = candidates(cx);
    let digits = wanted.trim().trim_start_matches("row").trim();
    let rows = cx.session.data().map_or(0, |d| d.row_count());
    let row = digits.parse::<u32>().ok().filter(|r| (*r as usize) < rows);
    let row = row.map(|r| Entry {
        title: format!("Go to row {r}"),
        kind: "row",
        keys: String::new(),
        goal: Goal::Row(RowId(r)),
    });
    if wanted.trim().is_empty() {
        all.truncate(LINES);
        return all;
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(wanted, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, Entry)> = all
        .into_iter()
        .filter_map(|entry| pattern.score(Utf32Str::new(&entry.title, &mut buffer), &mut matcher).map(|s| (s, entry)))
        .collect();
    scored.sort_by_key(|entry| std::cmp::Reverse(entry.0));
    row.into_iter().chain(scored.into_iter().map(|(_, entry)| entry)).take(LINES).collect()
}

fn candidates(cx: &Cx<'_>) -> Vec<Entry> {
    let mut all: Vec<Entry> = ACTIONS
        .iter()
        .filter(|a| !matches!(a.id, "palette" | "cancel") && (a.enabled)(cx))
        .map(|a| Entry { title: a.title_now(cx), kind: a.group, keys: key_text(&cx.ctx, a), goal: Goal::Act(a.id) })
        .collect();
    all.extend(SAMPLES.iter().map(|s| Entry {
        title: format!("Open the sample {}", s.title),
        kind: "sample",
        keys: String::new(),
        goal: Goal::Sample(s.id),
    }));
    if let Some(data) = cx.session.data() {
        let link = cx.session.link();
        for (index, column) in data.columns().iter().enumerate() {
            let input = link.and_then(|l| l.columns.iter().position(|c| *c == index));
            let goal = input.map_or(Goal::Column, Goal::Feature);
            all.push(Entry { title: column.name.to_string(), kind: "column", keys: String::new(), goal });
        }
    }
    all
}

fn reach(cx: &mut Cx<'_>, goal: &Goal) {
    match goal {
        Goal::Act(id) => cx.act(id),
        Goal::Feature(feature) => cx.select_feature(*feature),
        Goal::Column => {
            cx.desk.data.wanted = Some(super::screen::data::COLUMNS);
            cx.go(ScreenId::Data);
        }
        Goal::Row(row) => {
            cx.select_row(*row);
            if cx.session.attribution().is_some() {
                cx.go(ScreenId::Local);
            }
        }
        Goal::Sample(id) => {
            cx.wish(Command::OpenSample((*id).to_owned()));
        }
    }
}
