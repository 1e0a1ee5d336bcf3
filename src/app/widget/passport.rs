//! The passport line below every explanation: method, exactness, gap, background, seed.

use eframe::egui;
use egui::Ui;

use crate::base::text;
use crate::chart::Subject;
use crate::chart::together::{self, Reading};
use crate::explain::Explanation;
use crate::explain::method::changed_settings;
use crate::session::Session;

use crate::app::style;

/// One small line; hover shows everything an answer depends on.
pub(crate) fn line(ui: &mut Ui, session: &Session, explanation: &Explanation) {
    let pairs = session.associations().map_or(0, |found| found.strong.len());
    let noted =
        if pairs > 0 { format!("  ·  {} together", text::counted(pairs, "column pair")) } else { String::new() };
    let short = format!("{}{noted}", summary(explanation));
    let response = ui.add(
        egui::Label::new(style::small(&short)).truncate().show_tooltip_when_elided(false).sense(egui::Sense::hover()),
    );
    response.on_hover_ui(|ui| {
        ui.set_max_width(460.0);
        for (name, value) in all(explanation).into_iter().chain(together(session, explanation)) {
            ui.label(style::small(name));
            ui.add(egui::Label::new(value).wrap());
        }
    });
}

/// Method, exact or ± standard error, gap, background and seed in one sentence.
pub(crate) fn summary(explanation: &Explanation) -> String {
    let (fidelity, origin) = (&explanation.fidelity, &explanation.provenance);
    let mut parts = vec![origin.method_title.clone()];
    parts.push(match fidelity.largest_error {
        _ if fidelity.exact => "exact".to_owned(),
        Some(error) => format!("sampled, standard error up to ±{}", text::number(error)),
        None => "sampled".to_owned(),
    });
    if let Some(gap) = fidelity.gap {
        parts.push(format!("additivity gap {}", text::significant(gap, 2)));
    }
    if origin.background.is_some() {
        parts.push(format!("background {}", origin.background_text));
    }
    parts.extend(changed_settings(origin));
    parts.push(format!("seed {}", origin.seed.0));
    parts.join("  ·  ")
}

/// Columns that go together, and what that means for the method.
fn together(session: &Session, explanation: &Explanation) -> Option<(&'static str, String)> {
    let subject = Subject {
        data: session.data().map(|data| &**data),
        link: session.link().map(|link| &**link),
        associations: session.associations().map(|found| &**found),
        ..Subject::default()
    };
    let facts = together::facts(&subject, Reading::of(explanation));
    (!facts.is_empty()).then(|| ("Columns that go together", facts.join(" ")))
}

fn all(explanation: &Explanation) -> Vec<(&'static str, String)> {
    let (fidelity, origin) = (&explanation.fidelity, &explanation.provenance);
    let mut lines = vec![
        ("Method", format!("{} ({})", origin.method_title, origin.method)),
        ("Scale", origin.scale.id().to_owned()),
        ("Background", origin.background_text.clone()),
        ("Seed", origin.seed.0.to_string()),
        ("Model evaluations", text::count(fidelity.evaluations as usize)),
        ("Difference to the library’s own rounding", text::exact(fidelity.source_rounding)),
    ];
    if let Some(gap) = fidelity.gap {
        lines.insert(1, ("Additivity gap", text::exact(gap)));
    }
    let knobs: Vec<String> = origin.knobs.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if !knobs.is_empty() {
        lines.push(("Settings", knobs.join(", ")));
    }
    lines.push(("Model", origin.model.short().to_owned()));
    lines.push(("Data", origin.data.short().to_owned()));
    lines.push(("Program", origin.program.clone()));
    if !origin.notes.is_empty() {
        lines.push(("Notes", origin.notes.join(" ")));
    }
    lines
}
