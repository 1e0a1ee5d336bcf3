//! Running jobs with progress, time left, pause and cancel; and the files written so far.

use std::time::{Duration, Instant};

use eframe::egui;
use egui::{ProgressBar, RichText, Ui};

use crate::base::text;
use crate::session::{Command, JobState};

use crate::app::desk::Cx;
use crate::app::screen::report::written;
use crate::app::style::{HALF, STEP};
use crate::app::widget::card;

/// Draws the panel.
pub(crate) fn ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let jobs = cx.session.jobs().to_vec();
    if jobs.is_empty() {
        ui.label(
            RichText::new("Nothing is running. Opening, explaining, drawing and exporting show their progress here.")
                .weak(),
        );
    }
    for job in &jobs {
        ui.horizontal(|ui| {
            card::field_label(ui, 280.0, &job.title);
            let fraction = job.task.fraction();
            let bar = ProgressBar::new(fraction.unwrap_or(0.0)).desired_width(220.0).desired_height(10.0);
            let bar = ui.add(bar.animate(fraction.is_none() && cx.view.motion));
            bar.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, &job.title));
            let left = time_left(cx, job);
            card::field_label(ui, 260.0, RichText::new(progress_text(job, left)).weak());
            buttons(ui, cx, job);
        });
    }
    ui.add_space(STEP);
    written(ui, cx);
    ui.add_space(HALF);
}

/// Pause or go on, and cancel.
pub(super) fn buttons(ui: &mut Ui, cx: &mut Cx<'_>, job: &JobState) {
    let paused = job.task.is_paused();
    let (label, hint) = if paused { ("Go on", "Go on with this job") } else { ("Pause", "Hold this job") };
    if ui.small_button(label).on_hover_text(hint).clicked() {
        cx.wish(Command::Pause(job.id, !paused));
    }
    let cancelling = job.task.is_cancelled();
    let label = if cancelling { "Cancelling…" } else { "Cancel" };
    if ui.add_enabled(!cancelling, egui::Button::new(label).small()).on_hover_text("Stop this job").clicked() {
        cx.wish(Command::Cancel(job.id));
    }
}

/// Stage, share and time left in words.
pub(super) fn progress_text(job: &JobState, left: Option<Duration>) -> String {
    let mut parts = Vec::new();
    if job.task.is_paused() {
        parts.push("paused".to_owned());
    }
    let stage = job.task.stage();
    if !stage.is_empty() {
        parts.push(stage.to_owned());
    }
    if let Some(share) = job.task.fraction() {
        parts.push(format!("{:.0}{}%", 100.0 * share, text::THIN));
    }
    if let Some(left) = left {
        parts.push(format!("{} left", text::duration(left.as_secs_f64())));
    }
    parts.join("  ·  ")
}

/// Time left in the present stage, once enough of it has passed to say.
pub(super) fn time_left(cx: &mut Cx<'_>, job: &JobState) -> Option<Duration> {
    let stage = job.task.stage();
    let share = job.task.fraction()?;
    let now = Instant::now();
    let running = cx.session.jobs();
    cx.desk.stages.retain(|id, _| running.iter().any(|j| j.id == *id));
    let entry = cx.desk.stages.entry(job.id).or_insert((stage, now));
    if entry.0 != stage || share <= 0.0 {
        *entry = (stage, now);
    }
    let passed = now.duration_since(entry.1);
    let enough = share > 0.02 && passed > Duration::from_millis(500) && !job.task.is_paused();
    enough.then(|| passed.mul_f64(f64::from((1.0 - share) / share)))
}
