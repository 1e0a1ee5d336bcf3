//! One cell with its type: what an edited row is made of, and columns of a few such cells.

use std::sync::Arc;

use super::column::{Column, MISSING_CODE, MISSING_DATE, TextValues, Values};
use super::dataset::Dataset;

/// The value of one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Missing,
    /// A number; never NaN.
    Number(f64),
    /// A level, or a text.
    Text(String),
    /// Yes or no.
    YesNo(bool),
    /// Milliseconds since 1970-01-01 UTC.
    Date(i64),
}

impl Value {
    /// Whether there is no value.
    pub fn is_missing(&self) -> bool {
        *self == Self::Missing
    }

    /// Whether both are the same cell: numbers by their bits, but both zeros are one.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => (a + 0.0).total_cmp(&(b + 0.0)).is_eq(),
            (a, b) => a == b,
        }
    }
}

impl Values {
    /// The cell of row `i`; missing when out of range.
    pub fn value(&self, i: usize) -> Value {
        if self.is_missing(i) {
            return Value::Missing;
        }
        match self {
            Self::Number { values, .. } => values.get(i).map(|v| Value::Number(*v)),
            Self::Category { codes, levels } => {
                codes.get(i).and_then(|c| levels.get(*c as usize)).map(|level| Value::Text(level.clone()))
            }
            Self::Text(texts) => texts.get(i).map(|text| Value::Text(text.to_owned())),
            Self::YesNo(flags) => flags.get(i).map(|flag| Value::YesNo(*flag == 1)),
            Self::Date { millis, .. } => millis.get(i).map(|m| Value::Date(*m)),
        }
        .unwrap_or(Value::Missing)
    }

    /// Whether some row of a column of levels or texts holds `text`. Cost O(rows).
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Category { codes, levels } => {
                let code = levels.iter().position(|level| level == text).and_then(|k| u32::try_from(k).ok());
                code.is_some_and(|code| codes.contains(&code))
            }
            Self::Text(texts) => (0..texts.len()).any(|i| texts.get(i) == Some(text)),
            Self::Number { .. } | Self::YesNo(_) | Self::Date { .. } => false,
        }
    }

    /// A column of the same type that holds `cells`. A level that this column lacks is added behind its own levels; a cell
    /// of another type is missing. Cost O(cells · levels).
    #[must_use]
    pub fn holding(&self, cells: &[Value]) -> Self {
        match self {
            Self::Number { whole, .. } => {
                let number = |cell: &Value| if let Value::Number(v) = cell { *v } else { f64::NAN };
                let values: Arc<[f64]> = cells.iter().map(number).collect();
                let whole = *whole && values.iter().all(|v| v.is_nan() || v.fract().abs() <= 0.0);
                Self::Number { values, whole }
            }
            Self::Category { levels, .. } => coded(cells, levels),
            Self::Text(_) => {
                let mut texts = TextValues::default();
                cells.iter().for_each(|cell| texts.push(if let Value::Text(text) = cell { Some(text) } else { None }));
                Self::Text(Arc::new(texts))
            }
            Self::YesNo(_) => {
                let flag = |cell: &Value| if let Value::YesNo(yes) = cell { u8::from(*yes) } else { 2 };
                Self::YesNo(cells.iter().map(flag).collect())
            }
            Self::Date { day, .. } => {
                let moment = |cell: &Value| if let Value::Date(m) = cell { *m } else { MISSING_DATE };
                Self::Date { millis: cells.iter().map(moment).collect(), day: *day }
            }
        }
    }
}

/// Levels by code, those that `levels` lacks added.
fn coded(cells: &[Value], levels: &Arc<[String]>) -> Values {
    let mut added: Vec<String> = Vec::new();
    let mut code = |cell: &Value| {
        let Value::Text(text) = cell else { return MISSING_CODE };
        let place = levels.iter().chain(&added).position(|level| level == text);
        let place = place.unwrap_or_else(|| {
            added.push(text.clone());
            levels.len() + added.len() - 1
        });
        u32::try_from(place).unwrap_or(MISSING_CODE)
    };
    let codes = cells.iter().map(&mut code).collect();
    let levels = if added.is_empty() { Arc::clone(levels) } else { levels.iter().cloned().chain(added).collect() };
    Values::Category { codes, levels }
}

impl Dataset {
    /// The cells of a row, in column order.
    pub fn row_values(&self, row: usize) -> Vec<Value> {
        self.columns().iter().map(|column| column.values.value(row)).collect()
    }

    /// A table of one row with the columns and roles of this one; `cells` in column order, missing where there are fewer.
    #[must_use]
    pub fn of_one_row(&self, cells: &[Value]) -> Self {
        let column = |(k, column): (usize, &Column)| Column {
            name: Arc::clone(&column.name),
            values: column.values.holding(&[cells.get(k).cloned().unwrap_or(Value::Missing)]),
        };
        let columns = self.columns().iter().enumerate().map(column).collect();
        let one = Self::new(self.source().clone(), columns).expect("every column holds one cell");
        one.with_roles(self.roles().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    #[test]
    fn a_row_taken_out_and_put_into_a_table_of_its_own_is_the_same_row() {
        let data =
            table(&[("n", "3 1.5 NA"), ("c", "b a NA"), ("f", "yes no NA"), ("d", "2024-01-01 2024-01-02 2024-01-03")]);
        for row in 0..3 {
            let cells = data.row_values(row);
            let one = data.of_one_row(&cells);
            assert_eq!(one.row_count(), 1);
            assert_eq!(one.row_values(0), cells);
            let texts = |data: &Dataset, i: usize| -> Vec<String> {
                data.columns().iter().map(|column| column.values.exact(i)).collect()
            };
            assert_eq!(texts(&one, 0), texts(&data, row));
        }
    }

    #[test]
    fn a_level_of_its_own_is_added_and_another_type_is_missing() {
        let data = table(&[("c", "b a b"), ("n", "1 2 3")]);
        let cells = [Value::Text("z".to_owned()), Value::Text("b".to_owned()), Value::Number(1.0)];
        let held = data.columns()[0].values.holding(&cells);
        assert_eq!((held.exact(0), held.exact(1), held.is_missing(2)), ("z".to_owned(), "b".to_owned(), true));
        let Values::Category { codes, levels } = &held else { panic!("levels stay levels") };
        assert_eq!((&codes[..2], levels.len()), (&[2, 0][..], 3), "the column’s own codes stay");
        let whole = data.columns()[1].values.holding(&[Value::Number(1.5)]);
        assert!(matches!(whole, Values::Number { whole: false, .. }));
    }
}
