//! The edited row and the pinned variants as they are written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::RowId;
use crate::data::{Dataset, Value};

/// Pinned variants at most in one file.
const MOST_PINS: usize = 1_000;

/// What was edited and pinned; cells in the table's column order. Cloning copies pointers and names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Edited {
    /// Where it began, in words; empty where no row is edited.
    pub name: String,
    /// The row of the table it began with.
    pub row: Option<RowId>,
    /// The cells at the start.
    pub start: Arc<[Value]>,
    /// The cells now.
    pub now: Arc<[Value]>,
    /// Pinned variants, oldest first.
    pub pins: Vec<Pinned>,
}

/// A pinned variant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pinned {
    /// Its name.
    pub name: String,
    /// Its cells.
    pub values: Arc<[Value]>,
}

impl Edited {
    /// Whether no row is edited.
    pub fn is_empty(&self) -> bool {
        self.start.is_empty()
    }

    /// The same as cells of this table, and whether that is all of it: a row of the table begins as it is there, cells of
    /// another type are missing, variants of another number of columns are left out. Cost O(cells · levels).
    pub fn within(&self, data: &Dataset) -> (Self, bool) {
        let width = data.columns().len();
        let cells = |cells: &Arc<[Value]>| -> Option<Arc<[Value]>> {
            (cells.len() == width && width > 0).then(|| data.of_one_row(cells).row_values(0).into())
        };
        if self.is_empty() {
            return (Self::default(), self.pins.is_empty());
        }
        let row = self.row.filter(|row| row.index() < data.row_count());
        let known = row.map(|row| data.row_values(row.index()).into());
        let (Some(start), Some(now)) = (known.or_else(|| cells(&self.start)), cells(&self.now)) else {
            return (Self::default(), false);
        };
        let named = |pin: &Pinned| Some(Pinned { name: pin.name.clone(), values: cells(&pin.values)? });
        let pins: Vec<Pinned> = self.pins.iter().take(MOST_PINS).filter_map(named).collect();
        let name = row.map_or_else(|| self.name.clone(), |row| format!("Row {row}"));
        let whole = pins.len() == self.pins.len() && row == self.row;
        (Self { name, row, start, now, pins }, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    fn numbers(values: &[f64]) -> Arc<[Value]> {
        values.iter().map(|v| Value::Number(*v)).collect()
    }

    #[test]
    fn what_a_file_says_is_fitted_to_the_table() {
        let data = table(&[("a", "1 2 3"), ("b", "4 5 6")]);
        let pin = |name: &str, values: Arc<[Value]>| Pinned { name: name.to_owned(), values };
        let told = Edited {
            name: "anything".to_owned(),
            row: Some(RowId(1)),
            start: numbers(&[9.0, 9.0]),
            now: [Value::Number(7.0), Value::Text("no number".to_owned())].into(),
            pins: vec![pin("good", numbers(&[1.0, 2.0])), pin("short", numbers(&[1.0]))],
        };
        let (fitted, whole) = told.within(&data);
        assert!(!whole, "a variant was left out");
        assert_eq!((&*fitted.name, fitted.row), ("Row 1", Some(RowId(1))));
        assert_eq!(fitted.start, numbers(&[2.0, 5.0]), "the row begins as it is in the table");
        assert_eq!(*fitted.now, [Value::Number(7.0), Value::Missing]);
        assert_eq!(fitted.pins, [pin("good", numbers(&[1.0, 2.0]))]);

        let typical = Edited { row: None, pins: Vec::new(), ..told.clone() };
        assert_eq!(typical.within(&data).0.start, typical.start);
        let beyond = Edited { row: Some(RowId(3)), ..typical.clone() };
        assert_eq!((beyond.within(&data).0.row, beyond.within(&data).1), (None, false));
        let narrow = Edited { now: numbers(&[1.0]), ..typical };
        assert_eq!(narrow.within(&data), (Edited::default(), false));
        assert_eq!(Edited::default().within(&data), (Edited::default(), true));
        let many = Edited { pins: vec![pin("p", numbers(&[1.0, 2.0])); MOST_PINS + 1], ..told };
        let (fitted, whole) = many.within(&data);
        assert_eq!((fitted.pins.len(), whole), (MOST_PINS, false));
    }
}
