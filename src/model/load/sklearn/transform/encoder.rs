//! Encoders of categories: a column for each category, or the category's number.

use std::sync::Arc;

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};
use super::{Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer {
    classes: &[("sklearn.preprocessing", "OneHotEncoder"), ("sklearn.preprocessing", "OrdinalEncoder")],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    let lists = at.optional("categories_").ok_or_else(|| at.refuse("the encoder is not fitted"))?.items()?;
    if lists.len() != width {
        return Err(at.refuse(format!("{} lists of categories for {width} columns", lists.len())));
    }
    let rare = |key: &str| at.optional(key).is_some();
    if rare("min_frequency") || rare("max_categories") {
        return Err(unsupported(at, "it puts rare categories together", "Leave min_frequency and max_categories out"));
    }
    let mut columns = Vec::new();
    for list in &lists {
        let array = list.array()?;
        reading.charge(array.count().saturating_mul(4), list)?;
        columns.push(Column::read(list)?);
    }
    let one_hot = at.class().is_some_and(|(_, name)| name == "OneHotEncoder");
    let coding = if one_hot { Coding::Columns(dropped(at, width)?) } else { ordinal(at)? };
    let ends = columns.iter().enumerate().scan(0_usize, |sum, (at, column)| {
        *sum = sum.saturating_add(values(column, &coding, at));
        Some(*sum)
    });
    let ends = ends.collect();
    Ok(Box::new(Encoder { columns, coding, ends }))
}

/// Values that column `at` becomes.
fn values(column: &Column, coding: &Coding, at: usize) -> usize {
    match coding {
        Coding::Numbers { .. } => 1,
        Coding::Columns(dropped) => {
            let gone = dropped.get(at).copied().flatten().is_some_and(|d| d < column.count);
            column.count.saturating_sub(usize::from(gone))
        }
    }
}

/// The category of each column that has no column of its own.
fn dropped(at: &At<'_>, width: usize) -> Result<Vec<Option<usize>>, ModelError> {
    let Some(stored) = at.optional("drop_idx_") else { return Ok(vec![None; width]) };
    let array = stored.array()?;
    let all: Vec<Option<usize>> = match array.values() {
        Ok(items) => items.iter().map(|item| item.count().ok()).collect(),
        Err(_) => array.integers()?.iter().map(|i| usize::try_from(*i).ok()).collect(),
    };
    if all.len() == width { Ok(all) } else { Err(stored.refuse(format!("{} entries for {width} columns", all.len()))) }
}

fn ordinal(at: &At<'_>) -> Result<Coding, ModelError> {
    let value = |key: &str| at.optional(key).map_or(Ok(f64::NAN), |v| v.real());
    Ok(Coding::Numbers { unknown: value("unknown_value")?, missing: value("encoded_missing_value")? })
}

/// The categories of one column.
struct Column {
    /// Numbers of the categories; empty for texts, whose value is the level's number already.
    numbers: Vec<f64>,
    levels: Vec<String>,
    /// The category of missing values, when training saw some.
    missing: Option<usize>,
    /// The category that stands in for a missing text.
    fill: Option<usize>,
    count: usize,
}

impl Column {
    fn read(list: &At<'_>) -> Result<Self, ModelError> {
        let array = list.array()?;
        let count = array.count();
        if let Ok(numbers) = array.reals() {
            let missing = numbers.iter().position(|n| n.is_nan());
            return Ok(Self { numbers, levels: Vec::new(), missing, fill: None, count });
        }
        let mut levels = array.labels()?;
        // Missing texts come last: None, then NaN.
        let missing = levels.iter().position(|label| matches!(label.as_str(), "None" | "nan" | "NaN"));
        if missing.is_some_and(|place| place + 1 != count) {
            return Err(unsupported(list, "both None and NaN are categories", "Use one kind of missing value"));
        }
        levels.truncate(missing.unwrap_or(count));
        Ok(Self { numbers: Vec::new(), levels, missing, fill: None, count })
    }

    /// The category of a value; `None` for one that training did not see.
    fn category(&self, value: f64) -> Option<usize> {
        if value.is_nan() {
            return self.fill.or(self.missing);
        }
        if self.numbers.is_empty() {
            return (value >= 0.0 && value < self.levels.len() as f64).then_some(value as usize);
        }
        self.numbers.iter().position(|n| *n == value)
    }
}

enum Coding {
    /// One column for each category but the dropped one.
    Columns(Vec<Option<usize>>),
    /// The category's number.
    Numbers { unknown: f64, missing: f64 },
}

struct Encoder {
    columns: Vec<Column>,
    coding: Coding,
    /// For each column the number of values up to its end.
    ends: Vec<usize>,
}

impl Encoder {
    /// The column that value `output` comes from, and the category it stands for where each has its own.
    fn place(&self, output: usize) -> Option<(usize, usize)> {
        let Coding::Columns(dropped) = &self.coding else {
            return (output < self.columns.len()).then_some((output, 0));
        };
        let at = self.ends.partition_point(|end| *end <= output);
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let place = output.checked_sub(start)?;
        let before = dropped.get(at)?.filter(|dropped| *dropped <= place);
        (at < self.columns.len()).then_some((at, place + usize::from(before.is_some())))
    }
}

impl Step for Encoder {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        match &self.coding {
            Coding::Columns(dropped) => {
                for ((value, column), dropped) in row.iter().zip(&self.columns).zip(dropped) {
                    let category = column.category(*value);
                    let kept = (0..column.count).filter(|k| Some(*k) != *dropped);
                    out.extend(kept.map(|k| f64::from(u8::from(category == Some(k)))));
                }
            }
            Coding::Numbers { unknown, missing } => {
                out.extend(row.iter().zip(&self.columns).map(|(value, column)| match column.category(*value) {
                    Some(k) if column.missing == Some(k) => *missing,
                    Some(k) => k as f64,
                    None => *unknown,
                }));
            }
        }
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.place(output).map(|(column, _)| column)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let Some((at, shown)) = self.place(output) else { return f64::NAN };
        let Some(column) = self.columns.get(at) else { return f64::NAN };
        let category = column.category(value);
        match &self.coding {
            Coding::Columns(_) => f64::from(u8::from(category == Some(shown))),
            Coding::Numbers { unknown, missing } => match category {
                Some(k) if column.missing == Some(k) => *missing,
                Some(k) => k as f64,
                None => *unknown,
            },
        }
    }

    fn rises(&self, _output: usize) -> bool {
        false
    }

    fn width(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn kinds(&self) -> Vec<InputKind> {
        let kind = |column: &Column| match column.numbers.is_empty() {
            true => InputKind::Levels(Arc::from(column.levels.as_slice())),
            false => InputKind::Number,
        };
        self.columns.iter().map(kind).collect()
    }

    fn fill(&mut self, levels: &[String]) -> bool {
        let places = self.columns.iter().zip(levels).map(|(c, level)| c.levels.iter().position(|l| l == level));
        let Some(places) = places.collect::<Option<Vec<usize>>>() else { return false };
        if places.len() != self.columns.len() {
            return false;
        }
        self.columns.iter_mut().zip(places).for_each(|(column, place)| column.fill = Some(place));
        true
    }
}
