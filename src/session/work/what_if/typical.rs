//! The typical row: in every column the median, or the most frequent level.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::{Cancelled, Problem, RowId, RowSet, Task, text};
use crate::data::{Column, Dataset, Role, Value, Values};

use crate::session::event::Outcome;
use crate::session::job::Work;

use super::Found;

/// Finds the typical row of some rows.
pub struct Typical {
    /// The table.
    pub data: Arc<Dataset>,
    /// The rows; `None` takes all.
    pub rows: Option<Arc<RowSet>>,
    /// The cohort whose rows they are.
    pub of: Option<String>,
}

impl Work for Typical {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { data, rows, of } = *self;
        let count = rows.as_ref().map_or(data.row_count(), |rows| rows.len());
        if count == 0 {
            return Err(Problem::new(
                "Could not start a what-if",
                of.map_or_else(|| "there are no rows".to_owned(), |of| format!("the cohort “{of}” has no rows")),
                "Open a table with at least one data row, or choose other rows",
            ));
        }
        let ids: Vec<usize> = match &rows {
            Some(rows) => rows.iter().map(RowId::index).collect(),
            None => (0..data.row_count()).collect(),
        };
        let values = typical(&data, &ids, task).map_err(|_cancelled| crate::session::work::cancelled())?;
        let count = text::counted(count, "row");
        let name =
            of.map_or_else(|| format!("Typical row of {count}"), |of| format!("Typical row of “{of}” ({count})"));
        Ok(Outcome::WhatIf(Found::Typical(values.into(), name)))
    }
}

/// Per column, the median of the present numbers (of two middle ones the smaller, so that it is a value of the table) or
/// the most frequent level, of equals the first; missing where no row has a value, and for names of rows and targets.
/// Cost O(rows · log rows) per column.
pub fn typical(data: &Dataset, rows: &[usize], task: &Task) -> Result<Vec<Value>, Cancelled> {
    task.begin("finding the typical row", data.columns().len() as u64);
    let mut cells = Vec::with_capacity(data.columns().len());
    for (column, role) in data.columns().iter().zip(data.roles()) {
        task.advance(1)?;
        cells.push(match role {
            Role::Identifier | Role::Target | Role::Weight => Value::Missing,
            Role::Feature | Role::Protected | Role::Ignored => middle(column, rows),
        });
    }
    Ok(cells)
}

fn middle(column: &Column, rows: &[usize]) -> Value {
    match &column.values {
        Values::Number { values, .. } => {
            let present = rows.iter().filter_map(|i| values.get(*i).copied()).filter(|v| !v.is_nan());
            median(present, f64::total_cmp).map_or(Value::Missing, Value::Number)
        }
        Values::Date { .. } => {
            let moments =
                rows.iter().filter_map(|i| if let Value::Date(m) = column.values.value(*i) { Some(m) } else { None });
            median(moments, i64::cmp).map_or(Value::Missing, Value::Date)
        }
        Values::Category { codes, .. } => most_frequent(&column.values, rows, |i| codes.get(i).copied()),
        Values::YesNo(flags) => most_frequent(&column.values, rows, |i| flags.get(i).copied()),
        Values::Text(texts) => most_frequent(&column.values, rows, |i| texts.get(i)),
    }
}

fn median<T: Copy>(present: impl Iterator<Item = T>, order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    let mut present: Vec<T> = present.collect();
    let middle = present.len().checked_sub(1)? / 2;
    Some(*present.select_nth_unstable_by(middle, order).1)
}

fn most_frequent<K: std::hash::Hash + Eq>(values: &Values, rows: &[usize], key: impl Fn(usize) -> Option<K>) -> Value {
    let mut counts: HashMap<K, (usize, usize)> = HashMap::new();
    for row in rows.iter().filter(|row| !values.is_missing(**row)) {
        if let Some(key) = key(*row) {
            counts.entry(key).or_insert((0, *row)).0 += 1;
        }
    }
    // The row where a level is met first decides between equals, so that no order of hashing is seen.
    let best = counts.into_values().max_by_key(|(count, first)| (*count, std::cmp::Reverse(*first)));
    best.map_or(Value::Missing, |(_, row)| values.value(row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    #[test]
    fn medians_and_most_frequent_levels_of_the_rows_asked_for() {
        let data = table(&[("n", "3 1 NA 2 9"), ("c", "b a a b b"), ("f", "yes no no NA yes"), ("e", "NA NA NA NA 5")]);
        let of = |rows: &[usize]| typical(&data, rows, &Task::silent()).expect("nobody cancels");
        let text = |t: &str| Value::Text(t.to_owned());
        assert_eq!(of(&[0, 1, 2, 3, 4]), [Value::Number(2.0), text("b"), Value::YesNo(true), Value::Number(5.0)]);
        assert_eq!(of(&[1, 2]), [Value::Number(1.0), text("a"), Value::YesNo(false), Value::Missing]);
    }
}
