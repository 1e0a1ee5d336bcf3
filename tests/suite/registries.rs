//! What every registered thing says about itself: unique kebab-case ids, titles, one-sentence summaries, sources.

use candor::base::{Entry, Kind as KnobKind, Knob};
use candor::chart::KINDS;
use candor::explain::METHODS;
use candor::report::SECTIONS;

/// What is wrong with the names of a registry.
fn faults(entries: &[(&str, &str, &str)]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (id, title, summary) in entries {
        if seen.contains(id) {
            faults.push(format!("{id}: the id is taken twice"));
        }
        seen.push(id);
        if !is_kebab(id) {
            faults.push(format!("{id}: an id is kebab-case"));
        }
        if title.is_empty() || title.ends_with('.') || title.starts_with(|c: char| c.is_lowercase()) {
            faults.push(format!("{id}: a title is a few words in sentence case, found “{title}”"));
        }
        if summary.is_empty() || summary.ends_with('.') || summary.contains(". ") || summary.contains('\n') {
            faults.push(format!("{id}: a summary is one sentence without full stop, found “{summary}”"));
        }
    }
    faults
}

fn is_kebab(id: &str) -> bool {
    !id.is_empty()
        && id
            .split('-')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

fn described(entry: &(impl Entry + ?Sized)) -> (&str, &str, &str) {
    (entry.id(), entry.title(), entry.summary())
}

/// What is wrong with the settings an entry declares.
fn knob_faults(owner: &str, knobs: &[Knob]) -> Vec<String> {
    let mut faults = Vec::new();
    for knob in knobs {
        if !is_kebab(knob.id) || knob.label.is_empty() || knob.help.is_empty() {
            faults.push(format!("{owner}: setting {} lacks a kebab-case id, a label or a help text", knob.id));
        }
        let inside = match knob.kind {
            KnobKind::Count { default, min, max } => (min..=max).contains(&default),
            KnobKind::Real { default, min, max } => (min..=max).contains(&default),
            KnobKind::Choice { default, of } => of.contains(&default),
            KnobKind::Switch { .. } => true,
        };
        if !inside {
            faults.push(format!("{owner}: the default of {} is outside its own range", knob.id));
        }
    }
    faults
}

#[test]
fn the_rules_find_planted_faults() {
    assert_eq!(faults(&[("tree-shap", "Tree SHAP", "Exact"), ("tree-shap", "Tree SHAP", "Exact")]).len(), 1);
    assert_eq!(faults(&[("TreeShap", "Tree SHAP", "Exact")]).len(), 1);
    assert_eq!(faults(&[("tree-shap", "tree SHAP", "Exact")]).len(), 1);
    assert_eq!(faults(&[("tree-shap", "Tree SHAP", "Exact. Fast")]).len(), 1);
    let broken =
        Knob { id: "draws", label: "Draws", help: "How many", kind: KnobKind::Count { default: 0, min: 1, max: 2 } };
    assert_eq!(knob_faults("x", &[broken]).len(), 1);
}

#[test]
fn methods_describe_themselves_and_name_their_sources() {
    let mut found = faults(&METHODS.iter().map(|m| described(*m)).collect::<Vec<_>>());
    for method in METHODS {
        found.extend(knob_faults(method.id(), method.knobs()));
        if method.sources().is_empty() {
            found.push(format!("{}: a method names its sources", method.id()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn charts_describe_themselves() {
    let mut found = faults(&KINDS.iter().map(|k| described(*k)).collect::<Vec<_>>());
    for kind in KINDS {
        found.extend(knob_faults(kind.id(), kind.knobs()));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn report_sections_describe_themselves() {
    let found = faults(&SECTIONS.iter().map(|s| described(*s)).collect::<Vec<_>>());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[cfg(feature = "app")]
#[test]
fn every_shortcut_does_one_thing() {
    use candor::app::{ACTIONS, SCREENS};

    let mut found = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    let mut keys: Vec<(String, &str)> = Vec::new();
    for action in ACTIONS {
        if ids.contains(&action.id) || !is_kebab(action.id) {
            found.push(format!("{}: the id is taken twice or not kebab-case", action.id));
        }
        ids.push(action.id);
        for key in action.keys {
            let name = format!("{key:?}");
            if let Some((_, other)) = keys.iter().find(|(taken, _)| *taken == name) {
                found.push(format!("{}: {name} already belongs to {other}", action.id));
            }
            keys.push((name, action.id));
        }
        if action.title.is_empty() || action.title.ends_with('.') {
            found.push(format!("{}: a title is a verb phrase without full stop", action.id));
        }
    }
    found.extend(faults(&SCREENS.iter().map(|s| (s.name(), s.title(), s.summary())).collect::<Vec<_>>()));
    assert!(keys.len() > 5, "the window has shortcuts");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
