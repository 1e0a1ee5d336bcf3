//! What columns are probably for, by name and content. Every guess can be changed; a column without a good reason
//! stays a feature.

use std::collections::HashSet;

use super::column::Values;
use super::dataset::{Dataset, Role};

/// Names that say “this is what we want to know”.
const TARGETS: &[&str] = &[
    "target",
    "label",
    "labels",
    "class",
    "outcome",
    "response",
    "default",
    "species",
    "price",
    "saleprice",
    "sale_price",
    "churn",
    "survived",
    "diagnosis",
    "fraud",
    "is_fraud",
    "credit_risk",
    "default_payment_next_month",
    "two_year_recid",
    "medv",
    "medhousevalue",
    "median_house_value",
    "exited",
];
/// Names that say so only of the last column: elsewhere they are usual inputs.
const LAST_TARGETS: &[&str] = &["y", "income", "quality", "risk", "score", "status"];
const WEIGHTS: &[&str] = &["sample_weight", "sample_weights", "case_weight", "fnlwgt", "instance_weight", "row_weight"];
const PROTECTED: &[&str] = &[
    "sex",
    "gender",
    "race",
    "ethnicity",
    "ethnic_group",
    "religion",
    "nationality",
    "national_origin",
    "citizenship",
    "foreign_worker",
    "personal_status",
    "personal_status_sex",
    "marital_status",
    "disability",
    "sexual_orientation",
    "pregnant",
    "pregnancy",
    "skin_colour",
    "skin_color",
];
const IDENTIFIERS: &[&str] =
    &["id", "index", "row", "row_id", "rowid", "uuid", "guid", "name", "key", "__index_level_0__", "unnamed: 0"];

/// The same table with guessed roles.
///
/// Target: a telling name, at most one column; among several the one farthest right. Identifier: a telling name or
/// the first column, and all values present and different. `age` is no protected column by guess: it is a usual,
/// legitimate input.
#[must_use]
pub fn guessed(data: &Dataset) -> Dataset {
    let columns = data.columns();
    let names: Vec<&str> = columns.iter().map(|c| &*c.name).collect();
    data.with_roles(of_names(&names, |k| columns.get(k).is_some_and(|c| identifies(&c.values))))
}

/// The roles of columns with these names; `identifies` tells whether every row has a value of its own in a column, and is
/// asked only where the name alone does not decide.
pub(super) fn of_names(names: &[&str], mut identifies: impl FnMut(usize) -> bool) -> Vec<Role> {
    let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let mut roles = vec![Role::Feature; names.len()];
    for (k, (name, role)) in names.iter().zip(&mut roles).enumerate() {
        let first = k == 0 && name.starts_with("column_");
        if WEIGHTS.contains(&name.as_str()) {
            *role = Role::Weight;
        } else if PROTECTED.contains(&name.as_str()) {
            *role = Role::Protected;
        } else if (first || names_rows(name)) && identifies(k) {
            *role = Role::Identifier;
        }
    }
    let telling = names.iter().rposition(|n| TARGETS.contains(&n.as_str()));
    let last =
        || names.len().checked_sub(1).filter(|k| names.get(*k).is_some_and(|n| LAST_TARGETS.contains(&n.as_str())));
    let target = telling.or_else(last).filter(|_| names.len() > 1);
    if let Some(role) = target.and_then(|k| roles.get_mut(k)).filter(|r| **r == Role::Feature) {
        *role = Role::Target;
    }
    roles
}

/// Lower case, with everything but letters and digits as `_`.
fn plain(name: &str) -> String {
    if name == "__index_level_0__" {
        return name.to_owned();
    }
    let spaced: String = name.trim().chars().map(|c| if c.is_alphanumeric() || c == ':' { c } else { '_' }).collect();
    let lower = spaced.to_lowercase();
    if lower == "unnamed:_0" { "unnamed: 0".to_owned() } else { lower.trim_matches('_').to_owned() }
}

fn names_rows(name: &str) -> bool {
    IDENTIFIERS.contains(&name) || name.ends_with("_id") || name.ends_with("_uuid") || name.ends_with("_number")
}

/// Whether every row has a value of its own. Cost O(rows).
pub(super) fn identifies(values: &Values) -> bool {
    let rows = values.len();
    if rows < 2 {
        return false;
    }
    match values {
        Values::Number { values, whole: true } => {
            let mut seen = HashSet::with_capacity(rows);
            values.iter().all(|v| !v.is_nan() && seen.insert(v.to_bits()))
        }
        Values::Text(texts) => {
            let mut seen = HashSet::with_capacity(rows);
            (0..rows).all(|i| texts.get(i).is_some_and(|t| seen.insert(t)))
        }
        Values::Category { codes, levels } => {
            let mut seen = vec![false; levels.len()];
            codes.iter().all(|c| seen.get_mut(*c as usize).is_some_and(|s| !std::mem::replace(s, true)))
        }
        Values::Number { .. } | Values::YesNo(_) | Values::Date { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    #[test]
    fn roles_are_guessed_with_reason_only() {
        let data = table(&[
            ("customer_id", "1 2 3"),
            ("age", "30 40 50"),
            ("sex", "m f m"),
            ("sample_weight", "1 2 1"),
            ("amount", "5 6 7"),
            ("Default", "0 1 0"),
        ]);
        use Role::{Feature, Identifier, Protected, Target, Weight};
        assert_eq!(guessed(&data).roles(), [Identifier, Feature, Protected, Weight, Feature, Target]);
    }

    #[test]
    fn a_usual_input_is_a_target_only_at_the_end() {
        let last = |names: &[(&str, &str)]| guessed(&table(names)).column_with(Role::Target);
        assert_eq!(last(&[("price", "1 2"), ("x", "1 2"), ("y", "1 2"), ("z", "1 2")]), Some(0));
        assert_eq!(last(&[("income", "1 2"), ("x", "1 2")]), None);
        assert_eq!(last(&[("x", "1 2"), ("y", "1 2")]), Some(1));
    }

    #[test]
    fn an_identifier_has_a_value_for_every_row() {
        let data = table(&[("id", "1 1 2"), ("x", "1 2 3")]);
        assert_eq!(guessed(&data).roles(), [Role::Feature, Role::Feature]);
    }
}
