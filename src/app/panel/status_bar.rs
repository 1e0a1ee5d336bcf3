//! The bar at the foot: what runs, what failed, what was written, memory and threads.

use std::time::Duration;

use eframe::egui;
use egui::{Align, Layout, ProgressBar, RichText, Ui};

use crate::base::text;

use super::jobs;
use crate::app::desk::{Cx, Drawer};
use crate::app::room;
use crate::app::style::{self, GAP};
use crate::app::widget::card;

/// How long a said sentence stays.
const SAID: Duration = Duration::from_secs(6);

/// Draws the bar.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal_centered(|ui| {
        let narrow = room::is_narrow(ui.ctx());
        running(ui, cx);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if narrow {
                problems(ui, cx);
                said(ui, cx);
                return;
            }
            let threads = cx.session.plan().threads;
            let all = std::thread::available_parallelism().map_or(1, usize::from);
            let label = text::counted(threads.unwrap_or(all), "thread");
            ui.label(style::small(label)).on_hover_text("Threads of parallel loops; Settings change it");
            ui.add_space(GAP);
            let (held, limit) = cx.session.memory();
            if held > 0 {
                let memory = format!("{} of {} kept", text::bytes(held), text::bytes(limit));
                ui.label(style::small(memory))
                    .on_hover_text("Memory of finished charts and answers, and its limit; the oldest go first");
                ui.add_space(GAP);
            }
            problems(ui, cx);
            said(ui, cx);
        });
    });
}

fn running(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(job) = cx.session.jobs().first().cloned() else {
        if card::quiet(ui, style::small("Ready")).on_hover_text("Show jobs and written files").clicked() {
            cx.act("jobs");
        }
        return;
    };
    let more = cx.session.jobs().len() - 1;
    let title = if more > 0 { format!("{}  +{more}", job.title) } else { job.title.clone() };
    if card::quiet(ui, style::small(title)).on_hover_text("Show all jobs").clicked() {
        cx.act("jobs");
    }
    let fraction = job.task.fraction();
    let bar = ProgressBar::new(fraction.unwrap_or(0.0)).desired_width(160.0).desired_height(8.0);
    let bar = ui.add(bar.animate(fraction.is_none() && cx.view.motion));
    let percent = fraction.map_or_else(String::new, |f| format!(" {:.0} percent", 100.0 * f));
    bar.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, format!("{}{percent}", job.title))
    });
    let left = jobs::time_left(cx, &job);
    ui.label(style::small(jobs::progress_text(&job, left)));
    jobs::buttons(ui, cx, &job);
    // Progress is sampled ten times a second, never pushed.
    ui.ctx().request_repaint_after(Duration::from_millis(100));
}

fn problems(ui: &mut Ui, cx: &mut Cx<'_>) {
    let count = cx.session.problems().len();
    if count == 0 {
        return;
    }
    let skin = style::skin(ui);
    let text = RichText::new(text::counted(count, "problem")).small().color(skin.error);
    let open = cx.desk.drawer == Some(Drawer::Problems);
    let hint = if open { "Hide problems" } else { "Show problems" };
    if card::quiet(ui, text).on_hover_text(hint).clicked() {
        cx.act("problems");
    }
}

fn said(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some((text, at)) = cx.desk.said.clone() else { return };
    if at.elapsed() > SAID {
        cx.desk.said = None;
        return;
    }
    ui.ctx().request_repaint_after(SAID.saturating_sub(at.elapsed()) + Duration::from_millis(20));
    let skin = style::skin(ui);
    ui.label(RichText::new(text::shorten(&text, 90)).small().color(skin.ok)).on_hover_text(text);
    if let Some(path) = cx.session.written().last().cloned()
        && card::quiet(ui, style::small("Open folder")).clicked()
    {
        crate::app::screen::report::open_folder(cx, &path);
    }
}
