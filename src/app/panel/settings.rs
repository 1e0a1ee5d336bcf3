//! Appearance, and how explanations are computed.

use eframe::egui;
use egui::{ComboBox, DragValue, Id, Modal, RichText, Slider, Ui};

use crate::base::{Seed, text};
use crate::chart::PairChoice;
use crate::explain::Shape;
use crate::explain::method::{METHODS, Support};
use crate::model::Scale;
use crate::session::{Command, Plan, RowChoice};

use crate::app::desk::Cx;
use crate::app::room;
use crate::app::style::{self, GAP, HALF, STEP};
use crate::app::view::Look;
use crate::app::widget::{card, knob_form};

/// What is open and not yet applied.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) open: bool,
    draft: Option<Plan>,
    knobs: knob_form::Values,
}

/// Shows the settings while they are open.
pub(crate) fn ui(ctx: &egui::Context, cx: &mut Cx<'_>) {
    if !cx.desk.settings.open {
        return;
    }
    let modal = Modal::new(Id::unique("settings")).frame(card::front(ctx)).show(ctx, |ui| {
        ui.set_width(room::width(ui.ctx(), 620.0));
        let height = room::height(ui.ctx(), 160.0);
        ui.label(style::heading("Settings"));
        ui.add_space(STEP);
        egui::ScrollArea::vertical()
            .max_height(height)
            .min_scrolled_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                appearance(ui, cx);
                ui.add_space(GAP);
                explanation(ui, cx)
            })
            .inner
    });
    if modal.inner || modal.should_close() {
        cx.desk.settings = State::default();
    }
}

fn row(ui: &mut Ui, label: &str, hint: &str, content: impl FnOnce(&mut Ui, Id)) {
    // As high as the highest field, so that every label stands in the middle of its own.
    let height = std::mem::replace(&mut ui.spacing_mut().interact_size.y, 34.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = height;
        let name = card::field_label(ui, 180.0, label);
        let name = if hint.is_empty() { name } else { name.on_hover_text(hint) };
        content(ui, name.id);
    });
    ui.spacing_mut().interact_size.y = height;
}

fn appearance(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.label(style::title("Appearance"));
    row(ui, "Look", "", |ui, _| {
        let options = Look::ALL.map(|l| (l, l.title()));
        card::segments(ui, &mut cx.view.look, &options);
    });
    row(ui, "Size of everything", "", |ui, label| {
        let mut percent = (cx.view.zoom * 100.0).round();
        let slider = Slider::new(&mut percent, 50.0..=300.0).step_by(10.0).suffix(" %");
        let response = ui.add(slider).labelled_by(label);
        if response.drag_stopped() || (response.changed() && !response.dragged()) {
            cx.view.set_zoom(percent / 100.0);
        }
    });
    row(ui, "Colours of contributions", "", |ui, _| {
        let options = [PairChoice::Standard, PairChoice::Classic].map(|p| (p, p.title()));
        card::segments(ui, &mut cx.view.pair, &options);
    });
    if !cx.view.pair.note().is_empty() {
        ui.label(style::small(cx.view.pair.note()));
    }
    ui.checkbox(&mut cx.view.motion, "Things may move");
}

fn explanation(ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
    ui.label(style::title("How explanations are computed"));
    let mut draft = cx.desk.settings.draft.take().unwrap_or_else(|| {
        cx.desk.settings.knobs = cx.session.plan().knobs.iter().cloned().collect();
        cx.session.plan().clone()
    });
    method(ui, cx, &mut draft);
    scale(ui, cx, &mut draft);
    background(ui, &mut draft);
    rows(ui, &mut draft);
    row(ui, "Seed", "All randomness derives from it", |ui, label| {
        let mut seed = draft.seed.0;
        if ui.add_sized([120.0, 26.0], DragValue::new(&mut seed)).labelled_by(label).changed() {
            draft.seed = Seed(seed);
        }
    });
    row(ui, "Threads", "The numbers are the same for any number of threads", |ui, label| {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        let mut threads = draft.threads.unwrap_or(all);
        if ui.add(Slider::new(&mut threads, 1..=all.max(2))).labelled_by(label).changed() {
            draft.threads = (threads < all).then_some(threads);
        }
    });
    ui.add_space(STEP);
    let changed = draft != *cx.session.plan();
    let mut close = false;
    ui.horizontal(|ui| {
        let ready = cx.session.link().is_some();
        if card::primary_enabled(ui, "Explain with this", ready)
            .on_disabled_hover_text("Open a table and a model first")
            .clicked()
        {
            cx.wish(Command::SetPlan(draft.clone()));
            cx.act("explain");
            close = true;
        }
        if ui.add_enabled(changed, egui::Button::new("Keep for later")).clicked() {
            cx.wish(Command::SetPlan(draft.clone()));
            close = true;
        }
        close |= ui.button("Close").clicked();
    });
    cx.desk.settings.draft = Some(draft);
    close
}

fn method(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Plan) {
    let model = cx.session.model().cloned();
    let title =
        |id: &str| METHODS.iter().find(|m| m.id() == id).map_or("Automatic: exact where possible", |m| m.title());
    row(ui, "Method", "", |ui, label| {
        let combo = ComboBox::from_id_salt("method").selected_text(title(&draft.method)).width(330.0);
        let response = combo.show_ui(ui, |ui| {
            if ui.selectable_label(draft.method == "auto", title("auto")).clicked() {
                "auto".clone_into(&mut draft.method);
            }
            for method in METHODS.iter().filter(|m| m.answers() == Shape::Attribution) {
                let support = model.as_ref().map(|m| method.supports(&**m));
                let (enabled, why) = match &support {
                    Some(Support::No(why)) => (false, *why),
                    Some(Support::Exact) => (true, "exact"),
                    Some(Support::Estimate) => (true, "sampled, with standard errors"),
                    None => (true, ""),
                };
                let on = draft.method == method.id();
                let line = ui.add_enabled(enabled, egui::Button::selectable(on, method.title()));
                let line = line.on_hover_text(format!("{}\n{why}", method.summary())).on_disabled_hover_text(why);
                if line.clicked() {
                    method.id().clone_into(&mut draft.method);
                    cx.desk.settings.knobs.clear();
                }
            }
        });
        response.response.labelled_by(label);
    });
    if let Some(method) = METHODS.iter().find(|m| m.id() == draft.method) {
        ui.label(style::small(method.summary()));
        knob_form::form(ui, method.knobs(), &mut cx.desk.settings.knobs);
    }
    draft.knobs = knob_form::pairs(&cx.desk.settings.knobs);
    ui.add_space(HALF);
}

fn scale(ui: &mut Ui, cx: &Cx<'_>, draft: &mut Plan) {
    let name = |scale: Option<Scale>| match (scale, cx.session.model()) {
        (None, _) => "The method’s default",
        (Some(scale), Some(model)) => model.card().unit(scale),
        (Some(scale), None) => scale.id(),
    };
    row(ui, "Scale", "The unit of contributions", |ui, label| {
        let combo = ComboBox::from_id_salt("scale").selected_text(name(draft.scale)).width(200.0);
        let response = combo.show_ui(ui, |ui| {
            let known = cx.session.model().map_or_else(Vec::new, |m| m.card().scales.clone());
            for scale in std::iter::once(None).chain(known.into_iter().map(Some)) {
                if ui.selectable_label(draft.scale == scale, name(scale)).clicked() {
                    draft.scale = scale;
                }
            }
        });
        response.response.labelled_by(label);
    });
}

fn background(ui: &mut Ui, draft: &mut Plan) {
    row(
        ui,
        "Background rows",
        "Rows that stand for “not known”; drawn from the table with the seed",
        |ui, label| {
            let drag = DragValue::new(&mut draft.background_rows).range(1..=100_000).speed(2.0);
            ui.add_sized([120.0, 26.0], drag).labelled_by(label);
            ui.label(RichText::new("used by methods with a background").weak());
        },
    );
}

fn rows(ui: &mut Ui, draft: &mut Plan) {
    #[derive(Clone, Copy, PartialEq)]
    enum Which {
        All,
        Draw,
        Other,
    }
    let mut which = match &draft.rows {
        RowChoice::All => Which::All,
        RowChoice::Draw(_) => Which::Draw,
        RowChoice::Range(..) | RowChoice::List(_) => Which::Other,
    };
    row(ui, "Rows to explain", "", |ui, label| {
        let mut options = vec![(Which::All, "All rows"), (Which::Draw, "A drawn subset")];
        if which == Which::Other {
            options.push((Which::Other, "As given"));
        }
        if card::segments(ui, &mut which, &options) {
            draft.rows = if which == Which::All { RowChoice::All } else { RowChoice::Draw(1_000) };
        }
        if let RowChoice::Draw(count) = &mut draft.rows {
            ui.add(DragValue::new(count).range(1..=10_000_000).speed(10.0)).labelled_by(label);
            ui.label(RichText::new(format!("{} and every chart says so", text::THIN)).weak());
        }
    });
}
