//! All that the user decided, in one value: what undo takes back, what a session file keeps, what the journal follows.
//! A new decision is a field of [`Decisions`] and a line of [`PARTS`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::text;
use crate::base::{RowId, RowSet};
use crate::data::{Dataset, Role};
use crate::model::Model;

use crate::session::command::Plan;

/// What the user decided. Cloning copies pointers and a few numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Decisions {
    /// What the columns are for, in column order; empty without a table.
    pub roles: Arc<[Role]>,
    /// How explanations are computed.
    pub plan: Arc<Plan>,
    /// The selected row.
    pub row: Option<RowId>,
    /// The selected feature, by input index.
    pub feature: Option<usize>,
    /// The selected rows; `None` while nothing but perhaps a single row is selected.
    #[serde(with = "super::rows")]
    pub selection: Option<Arc<RowSet>>,
    /// Named groups of rows, in the order in which they were made.
    pub cohorts: Arc<[Named]>,
    /// The output that charts show.
    pub output: usize,
    /// The decision threshold of two-class models, a probability.
    pub threshold: f64,
}

impl Default for Decisions {
    fn default() -> Self {
        Self {
            roles: Arc::from([]),
            plan: Arc::default(),
            row: None,
            feature: None,
            selection: None,
            cohorts: Arc::from([]),
            output: 0,
            // One half until somebody moves it.
            threshold: 0.5,
        }
    }
}

/// A named group of rows as it was decided: by a query, or row by row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What its rows have in common.
    pub query: Option<String>,
    /// Its rows, where there is no query.
    #[serde(with = "super::rows")]
    pub rows: Option<Arc<RowSet>>,
}

/// What a decision is about: it ends with the table or the model it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The open table.
    Table,
    /// The open model.
    Model,
    /// Neither.
    Document,
}

/// How a change of a part is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Every change is a step, and a document with it is worth saving.
    Step,
    /// Every change is a step, and no reason to ask before closing: what somebody looked at.
    Look,
    /// Changes that follow each other (dragging) are one step.
    Drag,
    /// As `Drag`, and no reason to ask before closing: where somebody looked.
    Glance,
}

impl Weight {
    /// Whether it would be missed.
    fn is_work(self) -> bool {
        matches!(self, Self::Step | Self::Drag)
    }

    /// Whether changes that follow each other are one step.
    pub fn goes_on(self) -> bool {
        matches!(self, Self::Drag | Self::Glance)
    }
}

/// What steps are named after.
#[derive(Clone, Copy, Default)]
pub struct Known<'s> {
    /// The table.
    pub data: Option<&'s Dataset>,
    /// The model.
    pub model: Option<&'s dyn Model>,
}

/// One kind of decision.
pub struct Part {
    /// Stable name; equal to the field's.
    pub id: &'static str,
    /// What it is about.
    pub owner: Owner,
    /// How changes are remembered.
    pub weight: Weight,
    /// Whether both have the same.
    pub same: fn(&Decisions, &Decisions) -> bool,
    /// Takes this part over from the second.
    pub copy: fn(&mut Decisions, &Decisions),
    /// The change from the first to the second, a noun: `Role of “age”`.
    pub name: fn(&Decisions, &Decisions, Known<'_>) -> String,
}

/// Every kind of decision; a step is named after the first that changed.
pub static PARTS: &[Part] = &[
    Part {
        id: "roles",
        owner: Owner::Table,
        weight: Weight::Step,
        same: |a, b| a.roles == b.roles,
        copy: |to, from| to.roles = Arc::clone(&from.roles),
        name: role_name,
    },
    Part {
        id: "plan",
        owner: Owner::Document,
        weight: Weight::Step,
        same: |a, b| Arc::ptr_eq(&a.plan, &b.plan) || a.plan == b.plan,
        copy: |to, from| to.plan = Arc::clone(&from.plan),
        name: |_, _, _| "How to explain".to_owned(),
    },
    Part {
        id: "threshold",
        owner: Owner::Model,
        weight: Weight::Drag,
        same: |a, b| a.threshold.to_bits() == b.threshold.to_bits(),
        copy: |to, from| to.threshold = from.threshold,
        name: |_, after, _| format!("Decision threshold {}", text::number(after.threshold)),
    },
    Part {
        id: "output",
        owner: Owner::Model,
        weight: Weight::Look,
        same: |a, b| a.output == b.output,
        copy: |to, from| to.output = from.output,
        name: |_, after, known| {
            let name = known.model.and_then(|m| m.card().outputs.get(after.output));
            name.map_or_else(|| "Output".to_owned(), |name| format!("Output “{}”", text::shorten(name, 32)))
        },
    },
    Part {
        id: "selection",
        owner: Owner::Table,
        weight: Weight::Look,
        same: |a, b| match (&a.selection, &b.selection) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
            (None, None) => true,
            _ => false,
        },
        copy: |to, from| to.selection.clone_from(&from.selection),
        name: |_, after, _| match &after.selection {
            Some(rows) => format!("Selection of {}", text::counted(rows.len(), "row")),
            None => "Selection of no rows".to_owned(),
        },
    },
    Part {
        id: "cohorts",
        owner: Owner::Document,
        weight: Weight::Step,
        same: |a, b| Arc::ptr_eq(&a.cohorts, &b.cohorts) || a.cohorts == b.cohorts,
        copy: |to, from| to.cohorts = Arc::clone(&from.cohorts),
        name: |before, after, _| {
            let is_new = |c: &&Named| !before.cohorts.contains(c);
            let gone = |c: &&Named| !after.cohorts.iter().any(|other| other.name == c.name);
            let found = after.cohorts.iter().find(is_new).or_else(|| before.cohorts.iter().find(gone));
            found.map_or_else(|| "Cohorts".to_owned(), |c| format!("Cohort “{}”", text::shorten(&c.name, 32)))
        },
    },
    Part {
        id: "row",
        owner: Owner::Table,
        weight: Weight::Glance,
        same: |a, b| a.row == b.row,
        copy: |to, from| to.row = from.row,
        name: |_, after, _| after.row.map_or_else(|| "No row".to_owned(), |row| format!("Row {row}")),
    },
    Part {
        id: "feature",
        owner: Owner::Model,
        weight: Weight::Glance,
        same: |a, b| a.feature == b.feature,
        copy: |to, from| to.feature = from.feature,
        name: |_, after, known| {
            let input = after.feature.and_then(|f| known.model?.card().inputs.get(f));
            input.map_or_else(
                || "No feature".to_owned(),
                |input| format!("Feature “{}”", text::shorten(&input.name, 32)),
            )
        },
    },
];

impl Decisions {
    /// Whether both say the same. Cost O(columns), and O(rows) only where plans or selections were built anew.
    pub fn same(&self, other: &Self) -> bool {
        PARTS.iter().all(|part| (part.same)(self, other))
    }

    /// Whether both say the same about what is worth saving: everything but what somebody looked at.
    pub fn saves_same(&self, other: &Self) -> bool {
        PARTS.iter().filter(|part| part.weight.is_work()).all(|part| (part.same)(self, other))
    }

    /// The first part in which `after` differs.
    pub fn change(&self, after: &Self) -> Option<&'static Part> {
        PARTS.iter().find(|part| !(part.same)(self, after))
    }

    /// Takes over from `current` whatever ends with the table or the model.
    pub fn rebase(&mut self, owner: Owner, current: &Self) {
        PARTS.iter().filter(|part| part.owner == owner).for_each(|part| (part.copy)(self, current));
    }
}

/// The column whose role was set: the one that did not merely make room.
fn role_name(before: &Decisions, after: &Decisions, known: Known<'_>) -> String {
    let pairs = before.roles.iter().zip(after.roles.iter()).enumerate();
    let changed: Vec<(usize, Role)> = pairs.filter(|(_, (a, b))| a != b).map(|(i, (_, b))| (i, *b)).collect();
    let set = changed.iter().find(|(_, role)| *role != Role::Feature).or(changed.first());
    match set.and_then(|(i, _)| known.data?.columns().get(*i)) {
        Some(column) if changed.len() <= 2 => format!("Role of “{}”", text::shorten(&column.name, 32)),
        _ => "Roles of columns".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_a_part_under_its_name() {
        let written = serde_json::to_value(Decisions::default()).expect("decisions are written");
        let mut fields: Vec<&str> = written.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut parts: Vec<&str> = PARTS.iter().map(|p| p.id).collect();
        fields.sort_unstable();
        parts.sort_unstable();
        assert_eq!(fields, parts, "a decision without a line in PARTS could not be taken back");
    }

    #[test]
    fn every_part_is_told_apart_and_copied() {
        let one = Decisions::default();
        let other = Decisions {
            roles: [Role::Target].into(),
            plan: Arc::new(Plan { background_rows: 7, ..Plan::default() }),
            row: Some(RowId(1)),
            feature: Some(1),
            selection: Some(Arc::new(RowSet::full(3))),
            cohorts: [Named { name: "young".to_owned(), query: Some("age < 30".to_owned()), rows: None }].into(),
            output: 1,
            threshold: 0.25,
        };
        for part in PARTS {
            assert!((part.same)(&one, &one.clone()) && !(part.same)(&one, &other), "{}", part.id);
            let mut copy = one.clone();
            (part.copy)(&mut copy, &other);
            assert!((part.same)(&copy, &other), "{}", part.id);
            assert_eq!(one.change(&copy).map(|p| p.id), Some(part.id), "nothing else is copied with {}", part.id);
        }
    }

    #[test]
    fn decisions_come_back_from_their_text() {
        let one = Decisions {
            threshold: 0.1 + 0.2,
            selection: Some(Arc::new(RowSet::of(9, [RowId(2), RowId(3), RowId(8)]))),
            ..Decisions::default()
        };
        let text = serde_json::to_string(&one).expect("written");
        let back: Decisions = serde_json::from_str(&text).expect("read");
        assert!(back.same(&one), "{text}");
        let partial: Decisions = serde_json::from_str(r#"{"output":2,"later":[1]}"#).expect("read");
        assert_eq!((partial.output, partial.threshold.to_bits()), (2, 0.5_f64.to_bits()));
    }
}
