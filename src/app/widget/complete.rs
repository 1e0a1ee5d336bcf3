//! Completion below a field for queries: names of columns and of what was computed, levels after a sign.

use std::sync::Arc;

use eframe::egui;
use egui::{Key, Modifiers, Response, Ui};

use crate::base::text;
use crate::data::{Values, quoted};
use crate::session::Session;
use crate::session::derived;

use super::card;

/// What can be typed.
pub(crate) const HELP: &str = "Conditions: age > 30, job = clerk, job != none.\n\
    Joined with and, or, not and brackets: (age < 30 or age > 60) and not housing = own.\n\
    Holes: income is missing, income is present.\n\
    What was computed: prediction, predicted class, actual class, wrong, error, contribution of age.\n\
    A word alone finds rows that contain it.";

/// Lines offered at once.
const LINES: usize = 8;
/// Words that join conditions and end a name.
const JOINS: [&str; 3] = ["and", "or", "not"];

/// Every name that a query may ask for, and the levels of the columns that have a few.
pub(crate) struct Names {
    columns: Vec<String>,
    levels: Vec<(String, Vec<String>)>,
}

/// The names of what is open now. Cost O(columns).
pub(crate) fn names(session: &Session) -> Names {
    let mut names = Names { columns: Vec::new(), levels: Vec::new() };
    let Some(data) = session.data() else { return names };
    for column in data.columns() {
        names.columns.push(column.name.to_string());
        if let Values::Category { levels, .. } = &column.values {
            names.levels.push((column.name.to_string(), levels.iter().take(200).cloned().collect()));
        }
    }
    if let Some(model) = session.model() {
        let classes = || model.card().classes.clone();
        for (name, _) in derived::NAMES {
            names.columns.push(name.to_owned());
            if name.ends_with("class") {
                names.levels.push((name.to_owned(), classes()));
            }
        }
        if session.attribution().is_some() {
            let inputs = model.card().inputs.iter().take(2_000);
            names.columns.extend(inputs.map(|input| format!("{}{}", derived::CONTRIBUTION, input.name)));
        }
    }
    names
}

/// What is being typed at the end of a query: where it begins, and the column it is compared with after a sign.
fn last(query: &str) -> (usize, Option<String>) {
    let lower = query.to_lowercase();
    let mut start = 0;
    for join in JOINS {
        for (at, _) in lower.match_indices(join) {
            let end = at + join.len();
            let before = lower.get(..at).is_none_or(|s| s.is_empty() || s.ends_with([' ', '(']));
            if before && lower.get(end..).is_some_and(|s| s.starts_with([' ', '('])) && lower.len() == query.len() {
                start = start.max(end);
            }
        }
    }
    let part = query.get(start..).unwrap_or("");
    let lead = part.len() - part.trim_start_matches([' ', '(']).len();
    let part = part.get(lead..).unwrap_or("");
    match part.rfind(['=', '<', '>']) {
        Some(sign) => {
            let name = part.get(..sign).unwrap_or("").trim_end_matches(['!', '<', '>', '=', ' ']).trim_matches('"');
            let value = part.get(sign + 1..).unwrap_or("");
            (start + lead + sign + 1 + value.len() - value.trim_start().len(), Some(name.to_owned()))
        }
        None => (start + lead, None),
    }
}

/// What could be meant at the end of `query`.
fn offers(query: &str, names: &Names) -> Vec<String> {
    let (start, column) = last(query);
    let typed = query.get(start..).unwrap_or("").trim_matches('"').to_lowercase();
    let pool: &[String] = match &column {
        None => &names.columns,
        Some(column) => {
            let same = |name: &String| name.to_lowercase() == column.to_lowercase();
            names.levels.iter().find(|(name, _)| same(name)).map_or(&[], |(_, levels)| levels)
        }
    };
    let begins = pool.iter().filter(|name| name.to_lowercase().starts_with(&typed));
    let holds = pool.iter().filter(|name| {
        let lower = name.to_lowercase();
        lower.contains(&typed) && !lower.starts_with(&typed)
    });
    let exact = |name: &&String| name.to_lowercase() != typed || name.is_empty();
    begins.chain(holds).filter(exact).take(LINES).cloned().collect()
}

/// `query` with its end replaced by a chosen name or level.
fn completed(query: &str, chosen: &str) -> String {
    let (start, column) = last(query);
    let plain = chosen.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') && !JOINS.contains(&chosen);
    let written = if plain { chosen.to_owned() } else { quoted(chosen) };
    let end = if column.is_some() { "" } else { " " };
    format!("{}{written}{end}", query.get(..start).unwrap_or(""))
}

/// The offers for a query, looked for once for each text and state of the session.
fn offered(ui: &Ui, id: egui::Id, session: &Session, query: &str) -> Arc<[String]> {
    let key = (query.to_owned(), session.stamp());
    let known = ui.data(|d| d.get_temp::<Offered>(id)).filter(|known| known.key == key);
    let offered = known.unwrap_or_else(|| {
        let found = offers(query, &names(session)).into();
        Offered { key, found }
    });
    let found = Arc::clone(&offered.found);
    ui.data_mut(|d| d.insert_temp(id, offered));
    found
}

/// Offers, and what they were found for.
#[derive(Clone)]
struct Offered {
    key: (String, String),
    found: Arc<[String]>,
}

/// A field for a query, as wide as its place, with completions below it while it has the keyboard; Tab takes the first.
/// Answers the field, and whether Enter ended it.
pub(crate) fn field(ui: &mut Ui, session: &Session, query: &mut String, hint: &str) -> (Response, bool) {
    let id = ui.make_persistent_id(hint);
    let focused = ui.memory(|m| m.has_focus(id));
    let found = if focused && !query.trim().is_empty() { offered(ui, id, session, query) } else { Arc::default() };
    let mut chosen = None;
    if !found.is_empty() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Tab)) {
        chosen = found.first().cloned();
    }
    let edit = egui::TextEdit::singleline(query)
        .id(id)
        .hint_text(hint)
        .desired_width(f32::INFINITY)
        // With completions, Tab belongs to them.
        .lock_focus(!found.is_empty())
        .margin(egui::Margin::symmetric(8, 4));
    let response = card::named(ui.add(edit), hint).on_hover_text(HELP);
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let popup = egui::Popup::from_response(&response)
        .id(id.with("completion"))
        .open(!found.is_empty())
        .close_behavior(egui::PopupCloseBehavior::IgnoreClicks);
    popup.show(|ui| {
        ui.set_width(response.rect.width().max(220.0));
        ui.spacing_mut().item_spacing.y = 0.0;
        for name in &*found {
            let response = card::line(ui, false, &format!("Complete with {name}"), |ui| {
                ui.add(egui::Label::new(text::shorten(name, 40)).selectable(false));
            });
            // On the press: the field keeps the keyboard until the pointer is released.
            if response.is_pointer_button_down_on() {
                chosen = Some(name.clone());
            }
        }
    });
    if let Some(name) = chosen {
        *query = completed(query, &name);
        response.request_focus();
        if let Some(mut state) = egui::TextEdit::load_state(ui.ctx(), id) {
            let end = egui::text::CCursor::new(query.chars().count());
            state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
            state.store(ui.ctx(), id);
        }
    }
    (response, entered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            columns: ["age", "job title", "wage", "contribution of age"].map(str::to_owned).to_vec(),
            levels: vec![("job title".to_owned(), vec!["clerk".to_owned(), "night nurse".to_owned()])],
        }
    }

    #[test]
    fn the_end_of_a_query_is_completed() {
        assert_eq!(offers("ag", &names()), ["age", "wage", "contribution of age"]);
        assert_eq!(offers("age > 3 and (jo", &names()), ["job title"]);
        assert_eq!(completed("age > 3 and (jo", "job title"), "age > 3 and (\"job title\" ");
        assert_eq!(offers("\"job title\" = n", &names()), ["night nurse"]);
        assert_eq!(completed("\"job title\" = n", "night nurse"), "\"job title\" = \"night nurse\"");
        assert_eq!(completed("ag", "age"), "age ");
        assert_eq!(offers("age > 3", &names()), Vec::<String>::new());
    }
}
