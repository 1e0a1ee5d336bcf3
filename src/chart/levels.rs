//! Levels of a category as colour groups: the most frequent ones by name, the rest together.

use std::collections::BTreeMap;

use crate::base::RowId;
use crate::data::Values;

/// The group number of a missing value.
pub const MISSING_GROUP: u8 = 255;
/// Groups a theme can tell apart.
const GROUPS: usize = 6;

/// Which level belongs to which group.
#[derive(Clone, Debug)]
pub struct Levels {
    /// Names of the groups, at most six.
    pub names: Vec<String>,
    group_of: BTreeMap<u64, u8>,
}

impl Levels {
    /// The group of a row, or [`MISSING_GROUP`].
    pub fn of(&self, values: &Values, row: RowId) -> u8 {
        let code = values.position(row.index());
        if code.is_nan() { MISSING_GROUP } else { self.group_of.get(&(code as u64)).copied().unwrap_or(MISSING_GROUP) }
    }
}

/// Groups the levels of a category or yes/no column by how often they occur in `rows`; ties by level order.
pub fn group(values: &Values, rows: &[RowId]) -> Levels {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for row in rows {
        let code = values.position(row.index());
        if !code.is_nan() {
            *counts.entry(code as u64).or_default() += 1;
        }
    }
    let mut order: Vec<(u64, usize)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let named = if order.len() <= GROUPS { order.len() } else { GROUPS - 1 };
    let mut names: Vec<String> = order.iter().take(named).map(|(code, _)| level_name(values, *code)).collect();
    if order.len() > named {
        names.push(format!("{} other levels", order.len() - named));
    }
    let group_of = order.iter().enumerate().map(|(i, (code, _))| (*code, i.min(GROUPS - 1) as u8)).collect();
    Levels { names, group_of }
}

/// The name of the level with this code.
pub fn level_name(values: &Values, code: u64) -> String {
    match values {
        Values::Category { levels, .. } => {
            usize::try_from(code).ok().and_then(|c| levels.get(c)).cloned().unwrap_or_default()
        }
        _ => (if code == 1 { "yes" } else { "no" }).to_owned(),
    }
}
