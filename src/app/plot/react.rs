//! What a chart does with the pointer: says what lies under it, follows a lasso, turns clicks into selections; and what
//! it says about how many rows are shown and selected.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use eframe::egui;
use egui::{Pos2, Response, Ui};
use egui_plot::PlotTransform;

use crate::base::{RowSet, text};
use crate::chart::Chart;

use super::cloud::{Cloud, Mode};
use super::lasso::rows_inside;
use super::tools::{self, Drawn, How, Tool};
use super::{Picked, View, hover, index};
use crate::app::style;

/// Charts with so many dots are searched within the frame; larger ones aside.
const AT_ONCE: usize = 20_000;

/// What one frame of a chart has drawn.
pub(super) struct Scene<'a> {
    pub(super) chart: &'a Arc<Chart>,
    pub(super) cloud: &'a Cloud,
    pub(super) transform: &'a PlotTransform,
    pub(super) view: &'a View<'a>,
}

/// What the pointer is doing in one chart.
#[derive(Default)]
pub(super) struct Hand {
    drawn: Drawn,
    /// Rows inside what was drawn last, while they are being found.
    inside: Option<(How, Receiver<RowSet>)>,
    /// The rows that the open context menu is about.
    menu: Option<String>,
}

impl Hand {
    /// Whether rows are still being found.
    pub(super) fn is_busy(&self) -> bool {
        self.inside.is_some()
    }

    /// Gives up what is being drawn; `false` when nothing is.
    pub(super) fn give_up(&mut self) -> bool {
        let begun = self.drawn.is_begun();
        self.drawn.give_up();
        begun
    }

    /// Answers what was clicked or drawn around.
    pub(super) fn react(&mut self, ui: &Ui, plot: &Response, scene: &Scene<'_>, tool: Tool) -> Option<Picked> {
        let (frame, skin) = (*scene.transform.frame(), style::skin(ui));
        tools::cursor(plot, tool);
        if let Some((drawing, how)) = self.drawn.follow(plot, frame, tool) {
            self.look_inside(ui.ctx(), scene, (drawing, how));
        }
        self.drawn.show(ui, frame, (tool, skin));
        let pointer = plot.hover_pos().filter(|p| frame.contains(*p) && !plot.dragged());
        let found = pointer.and_then(|p| hover::find(scene.chart, scene.cloud, scene.transform, p));
        if let Some(found) = &found {
            hover::mark(ui, found, scene.transform, skin);
            hover::tooltip(plot, scene.chart, found, scene.view.lines);
        }
        let picked = self.menu(plot, found.as_ref()).or_else(|| self.found_inside());
        if !plot.clicked() {
            return picked;
        }
        let modifiers = ui.input(|i| i.modifiers);
        let clicked = found.as_ref().and_then(|f| f.picked(modifiers.command));
        picked.or_else(|| {
            clicked
                .map(|clicked| with_keys(clicked, How::of(modifiers), scene.view.total))
                .or_else(|| nothing(scene, pointer))
        })
    }

    /// A right click on something that stands for rows offers to select them.
    fn menu(&mut self, plot: &Response, found: Option<&hover::Found>) -> Option<Picked> {
        if plot.secondary_clicked() {
            self.menu = found.and_then(|f| f.query()).map(str::to_owned);
        }
        let query = self.menu.as_ref()?;
        let mut picked = None;
        plot.context_menu(|ui| {
            let hint = format!("Rows with {query}");
            if ui.button("Select these rows").on_hover_text(hint).clicked() {
                picked = Some(Picked::Where(query.clone()));
                ui.close();
            }
        });
        picked
    }

    fn look_inside(&mut self, ctx: &egui::Context, scene: &Scene<'_>, (drawing, how): (tools::Drawing, How)) {
        let (chart, index) = (Arc::clone(scene.chart), scene.cloud.index().cloned());
        let (area, total) = (drawing.area(scene.transform), scene.view.total);
        let (sender, receiver) = sync_channel(1);
        self.inside = Some((how, receiver));
        let many = index::dot_count(&chart) > AT_ONCE;
        let ctx = ctx.clone();
        let work = move || {
            // The receiver is gone when something else was drawn meanwhile.
            if sender.send(rows_inside(&chart, index.as_deref(), &area, total)).is_ok() {
                ctx.request_repaint();
            }
        };
        if !many {
            work();
        } else if std::thread::Builder::new().name("candor-lasso".to_owned()).spawn(work).is_err() {
            self.inside = None;
        }
    }

    fn found_inside(&mut self) -> Option<Picked> {
        let (how, receiver) = self.inside.as_ref()?;
        match receiver.try_recv() {
            Ok(rows) => {
                let picked = Picked::Rows(Arc::new(rows), *how);
                self.inside = None;
                Some(picked)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.inside = None;
                None
            }
        }
    }
}

/// A dot clicked with Shift or Alt joins or leaves the selected rows.
fn with_keys(clicked: Picked, how: How, total: usize) -> Picked {
    match clicked {
        Picked::Row(row) if how != How::Replace => Picked::Rows(Arc::new(RowSet::of(total, [row])), how),
        other => other,
    }
}

/// A click into empty space, where there is a selection to be cleared.
fn nothing(scene: &Scene<'_>, pointer: Option<Pos2>) -> Option<Picked> {
    (pointer.is_some() && super::shows_rows(scene.chart) && scene.view.selected.rows.is_some())
        .then_some(Picked::Nothing)
}

/// How dots are shown and how many rows are selected, in words; empty while all is as usual.
pub(super) fn status(chart: &Chart, cloud: &Cloud, selected: Option<&RowSet>) -> Vec<String> {
    let mut words = Vec::new();
    if let Mode::Density(_) = cloud.mode() {
        words.push(density_words(chart));
    }
    if let Some(rows) = selected.filter(|_| super::shows_rows(chart)) {
        words.push(format!("{} of {} selected", text::count(rows.len()), text::counted(rows.total(), "row")));
    }
    words
}

/// What a density shows: rows, or dots where a chart has several for each row.
fn density_words(chart: &Chart) -> String {
    let rows = index::row_marks(chart).map(|mark| mark.rows.len()).max().unwrap_or(0);
    let shown = match rows {
        0 => text::counted(index::dot_count(chart), "dot"),
        rows => text::counted(rows, "row"),
    };
    format!("Density of {shown}; zoom in for single dots")
}
