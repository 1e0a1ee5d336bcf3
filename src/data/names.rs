//! Column names as the table uses them: trimmed, never empty, never twice.

use std::collections::{HashMap, HashSet};

use crate::base::text::counted;

/// Usable names in place of the file's, and a note for each kind of repair. Cost O(columns).
pub fn usable(raw: &[String]) -> (Vec<String>, Vec<String>) {
    let taken: HashSet<&str> = raw.iter().map(|name| name.trim()).collect();
    let mut used: HashSet<String> = HashSet::with_capacity(raw.len());
    let mut copies: HashMap<String, usize> = HashMap::new();
    let (mut empty, mut twice) = (Vec::new(), Vec::new());
    let mut names = Vec::with_capacity(raw.len());
    for (k, raw) in raw.iter().enumerate() {
        let mut name = raw.trim().to_owned();
        if name.is_empty() {
            name = format!("column {}", k + 1);
            empty.push(name.clone());
        }
        if used.contains(&name) || (raw.trim().is_empty() && taken.contains(name.as_str())) {
            let plain = name.clone();
            let copy = copies.entry(plain.clone()).or_insert(1);
            while used.contains(&name) || taken.contains(name.as_str()) {
                *copy += 1;
                name = format!("{plain} ({copy})");
            }
            twice.push(name.clone());
        }
        used.insert(name.clone());
        names.push(name);
    }
    let mut notes = Vec::new();
    if !empty.is_empty() {
        notes.push(format!("{} without a name: called {}", counted(empty.len(), "column"), shown(&empty)));
    }
    if !twice.is_empty() {
        notes.push(format!("{} with a name already taken: called {}", counted(twice.len(), "column"), shown(&twice)));
    }
    (names, notes)
}

fn shown(names: &[String]) -> String {
    let list: Vec<String> = names.iter().take(5).map(|n| format!("“{n}”")).collect();
    let more = if names.len() > 5 { " …" } else { "" };
    format!("{}{more}", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_unique_without_taking_another_ones() {
        let raw = ["a", " a ", "", "a (2)", "a"].map(str::to_owned);
        let (names, notes) = usable(&raw);
        assert_eq!(names, ["a", "a (3)", "column 3", "a (2)", "a (4)"]);
        assert_eq!(notes.len(), 2);
    }

    #[test]
    fn ten_thousand_equal_names_are_quick() {
        let raw = vec!["x".to_owned(); 10_000];
        let (names, _) = usable(&raw);
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 10_000);
    }
}
