//! Encoders of categories: a column for each category, or the category's number. Rare categories can be one.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};
use super::categories::{Categories, fill};
use super::{Made, Step, Transformer};

/// The family.
pub static STEP: Transformer = Transformer {
    classes: &[("sklearn.preprocessing", "OneHotEncoder"), ("sklearn.preprocessing", "OrdinalEncoder")],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    let word = at.optional("handle_unknown").map_or(Ok("error"), |word| word.text())?;
    let columns = Categories::all(reading, at, (width, word != "error"))?;
    let groups = groups(reading, at, &columns)?;
    let columns: Vec<Column> =
        columns.into_iter().zip(groups).map(|(known, groups)| Column::new(known, groups)).collect();
    let one_hot = at.class().is_some_and(|(_, name)| name == "OneHotEncoder");
    let coding = if one_hot {
        Coding::Columns { dropped: dropped(at, width)?, into_rare: matches!(word, "infrequent_if_exist" | "warn") }
    } else {
        ordinal(at)?
    };
    let ends = columns.iter().enumerate().scan(0_usize, |sum, (at, column)| {
        *sum = sum.saturating_add(values(column, &coding, at));
        Some(*sum)
    });
    let ends = ends.collect();
    Ok(Box::new(Encoder { columns, coding, ends }))
}

/// For each column the group of each category, where rare ones are put together.
fn groups(reading: &Reading<'_>, at: &At<'_>, columns: &[Categories]) -> Result<Vec<Option<Vec<usize>>>, ModelError> {
    let Some(enabled) = at.optional("_infrequent_enabled") else {
        if at.optional("min_frequency").or_else(|| at.optional("max_categories")).is_some() {
            return Err(unsupported(
                at,
                "it does not say which categories are rare",
                "Save it with scikit-learn 1.2 or newer",
            ));
        }
        return Ok(vec![None; columns.len()]);
    };
    if !enabled.flag()? {
        return Ok(vec![None; columns.len()]);
    }
    let stored = at.field("_default_to_infrequent_mappings")?.items()?;
    if stored.len() != columns.len() {
        return Err(at.refuse(format!("{} lists of rare categories for {} columns", stored.len(), columns.len())));
    }
    let of = |(list, known): (&At<'_>, &Categories)| {
        if list.is_nothing() {
            return Ok(None);
        }
        let array = list.array()?;
        reading.charge(array.count(), list)?;
        let groups =
            array.integers()?.into_iter().map(|group| usize::try_from(group).ok().filter(|g| *g < known.count()));
        let groups = groups.collect::<Option<Vec<usize>>>().ok_or_else(|| list.refuse("a group is out of range"))?;
        // Missing values may stay apart.
        match known.count().saturating_sub(groups.len()) {
            0 => Ok(Some(groups)),
            1 if known.missing() == Some(groups.len()) => Ok(Some(groups)),
            _ => Err(list.refuse(format!("{} groups for {} categories", groups.len(), known.count()))),
        }
    };
    stored.iter().zip(columns).map(of).collect()
}

/// Values that column `at` becomes.
fn values(column: &Column, coding: &Coding, at: usize) -> usize {
    match coding {
        Coding::Numbers { .. } => 1,
        Coding::Columns { dropped, .. } => {
            let gone = dropped.get(at).copied().flatten().is_some_and(|d| d < column.count);
            column.count.saturating_sub(usize::from(gone))
        }
    }
}

/// The group of each column that has no column of its own.
fn dropped(at: &At<'_>, width: usize) -> Result<Vec<Option<usize>>, ModelError> {
    let stored = at.any("_drop_idx_after_grouping").or_else(|| at.any("drop_idx_"));
    let Some(stored) = stored.filter(|stored| !stored.is_nothing()) else { return Ok(vec![None; width]) };
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

/// One column and what its categories become.
struct Column {
    known: Categories,
    /// The group of each category, the last group being the rare ones; `None` where each is its own.
    groups: Option<Vec<usize>>,
    /// Number of groups.
    count: usize,
}

impl Column {
    fn new(known: Categories, groups: Option<Vec<usize>>) -> Self {
        let last = |groups: &Vec<usize>| groups.iter().max().map_or(0, |last| last + 1);
        let count = groups.as_ref().map_or_else(|| known.count(), last);
        Self { known, groups, count }
    }

    fn group(&self, category: usize) -> usize {
        self.groups.as_ref().and_then(|groups| groups.get(category)).copied().unwrap_or(category)
    }

    /// The group of rare categories.
    fn rare(&self) -> Option<usize> {
        self.groups.as_ref().and_then(|_| self.count.checked_sub(1))
    }
}

enum Coding {
    /// One column for each group but the dropped one.
    Columns {
        dropped: Vec<Option<usize>>,
        /// Whether what training did not see is rare; else it is nothing.
        into_rare: bool,
    },
    /// The group's number.
    Numbers { unknown: f64, missing: f64 },
}

struct Encoder {
    columns: Vec<Column>,
    coding: Coding,
    /// For each column the number of values up to its end.
    ends: Vec<usize>,
}

impl Encoder {
    /// The column that value `output` comes from, and the group it stands for where each has its own.
    fn place(&self, output: usize) -> Option<(usize, usize)> {
        let Coding::Columns { dropped, .. } = &self.coding else {
            return (output < self.columns.len()).then_some((output, 0));
        };
        let at = self.ends.partition_point(|end| *end <= output);
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let place = output.checked_sub(start)?;
        let before = dropped.get(at)?.filter(|dropped| *dropped <= place);
        (at < self.columns.len()).then_some((at, place + usize::from(before.is_some())))
    }

    /// The group of a value, where each has a column of its own; `None` for one without a column.
    fn group(&self, column: &Column, value: f64) -> Option<usize> {
        let unseen = || column.rare().filter(|_| matches!(self.coding, Coding::Columns { into_rare: true, .. }));
        column.known.of(value).map(|category| column.group(category)).or_else(unseen)
    }

    /// The number of a value.
    fn number(column: &Column, value: f64, (unknown, missing): (f64, f64)) -> f64 {
        match column.known.of(value) {
            Some(category) if column.known.missing() == Some(category) => missing,
            Some(category) => column.group(category) as f64,
            None => unknown,
        }
    }
}

impl Step for Encoder {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        match &self.coding {
            Coding::Columns { dropped, .. } => {
                for ((value, column), dropped) in row.iter().zip(&self.columns).zip(dropped) {
                    let group = self.group(column, *value);
                    let kept = (0..column.count).filter(|k| Some(*k) != *dropped);
                    out.extend(kept.map(|k| f64::from(u8::from(group == Some(k)))));
                }
            }
            Coding::Numbers { unknown, missing } => {
                let columns = row.iter().zip(&self.columns);
                out.extend(columns.map(|(value, column)| Self::number(column, *value, (*unknown, *missing))));
            }
        }
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.place(output).map(|(column, _)| column)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let place = self.place(output).and_then(|(at, shown)| Some((self.columns.get(at)?, shown)));
        let Some((column, shown)) = place else { return f64::NAN };
        match &self.coding {
            Coding::Columns { .. } => f64::from(u8::from(self.group(column, value) == Some(shown))),
            Coding::Numbers { unknown, missing } => Self::number(column, value, (*unknown, *missing)),
        }
    }

    fn rises(&self, _output: usize) -> bool {
        false
    }

    fn width(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn kinds(&self) -> Vec<InputKind> {
        self.columns.iter().map(|column| column.known.kind()).collect()
    }

    fn fill(&mut self, levels: &[String]) -> bool {
        fill(self.columns.iter_mut().map(|column| &mut column.known), levels)
    }
}
