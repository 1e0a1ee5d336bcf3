//! One condition on one column.

use super::words::{Operator, Word, joined};
use super::{Columns, FilterError};
use crate::data::column::{MISSING_DATE, Values};
use crate::data::dates::{DateForm, parse_date};

/// Whether a group of words asks for missing (`true`) or present values.
fn asks_for_holes(group: &[Word]) -> Option<bool> {
    let (last, is) = (group.last()?, group.get(group.len().checked_sub(2)?)?);
    let (missing, present) = (last.is("missing"), last.is("present"));
    (is.is("is") && (missing || present) && group.len() > 2).then_some(missing)
}

/// Whether a group of words is a condition, understood or not.
pub(super) fn is_condition(group: &[Word]) -> bool {
    group.iter().any(|w| w.operator().is_some()) || asks_for_holes(group).is_some()
}

/// One understood condition on one column.
pub(super) struct Condition {
    values: Values,
    test: Test,
}

enum Test {
    Missing(bool),
    /// Against a number, or a date in milliseconds.
    Number(Operator, f64),
    /// Whether each level passes.
    Levels(Vec<bool>),
    /// Against a text; whether equality asks for it as written.
    Text((Operator, bool), String),
}

impl Condition {
    pub(super) fn of(data: Columns<'_>, query: &str, group: &[Word]) -> Result<Self, FilterError> {
        let wrong = |what: String| {
            FilterError {
            what,
            hint: "write conditions as: column = value, with = != < <= > >=, joined by and, or, not and brackets; or: column is missing"
                .to_owned(),
        }
        };
        if let Some(missing) = asks_for_holes(group) {
            let name = group.get(..group.len() - 2).map(|words| joined(query, words)).unwrap_or_default();
            return Ok(Self { values: column(data, &name)?, test: Test::Missing(missing) });
        }
        let at = group.iter().position(|w| w.operator().is_some());
        let Some((at, operator)) = at.and_then(|at| Some((at, group.get(at)?.operator()?))) else {
            return Err(wrong(format!("“{}” is no condition", joined(query, group))));
        };
        let (left, right) = (group.get(..at).unwrap_or(&[]), group.get(at + 1..).unwrap_or(&[]));
        if left.is_empty() || right.is_empty() {
            return Err(wrong(format!("“{}” lacks a column or a value", joined(query, group))));
        }
        let (name, value) = (joined(query, left), joined(query, right));
        let values = column(data, &name)?;
        let test = test(&values, operator, &value).map_err(|what| wrong(format!("“{name}” {what}")))?;
        Ok(Self { values, test })
    }

    /// Whether row `i` fulfils it; a missing value fulfils nothing but `is missing`.
    pub(super) fn holds(&self, i: usize) -> bool {
        let missing = self.values.is_missing(i);
        match &self.test {
            Test::Missing(wanted) => missing == *wanted,
            _ if missing => false,
            Test::Number(operator, value) => passes(*operator, (self.values.position(i) + 0.0).total_cmp(value)),
            Test::Levels(pass) => match &self.values {
                Values::Category { codes, .. } => {
                    codes.get(i).and_then(|c| pass.get(*c as usize)).copied().unwrap_or(false)
                }
                _ => false,
            },
            Test::Text(operator, value) => match &self.values {
                Values::Text(texts) => texts.get(i).is_some_and(|t| text_passes(*operator, t, value)),
                _ => false,
            },
        }
    }
}

fn column((data, more): Columns<'_>, name: &str) -> Result<Values, FilterError> {
    let exact = data.find(name);
    let loose = || data.columns().iter().position(|c| c.name.to_lowercase() == name.to_lowercase());
    exact
        .or_else(loose)
        .and_then(|k| data.columns().get(k))
        .map(|c| c.values.clone())
        .or_else(|| more(name))
        .ok_or_else(|| {
            let known: Vec<&str> = data.columns().iter().take(8).map(|c| &*c.name).collect();
            FilterError {
                what: format!("no column is called “{name}”"),
                hint: format!("columns are {}", known.join(", ")),
            }
        })
}

fn test(values: &Values, operator: Operator, value: &str) -> Result<Test, String> {
    match values {
        Values::Number { .. } => {
            let plain: String = value.replace('\u{2212}', "-").chars().filter(|c| *c != '\u{2009}').collect();
            let number = crate::data::infer::number(&plain, plain.contains(','));
            // Adding zero makes both zeros one.
            number.map(|v| Test::Number(operator, v + 0.0)).ok_or_else(|| format!("holds numbers, “{value}” is none"))
        }
        Values::YesNo(_) => {
            let flag = match value.to_lowercase().as_str() {
                "yes" | "true" | "1" => 1.0,
                "no" | "false" | "0" => 0.0,
                _ => return Err(format!("holds yes and no, “{value}” is neither")),
            };
            Ok(Test::Number(operator, flag))
        }
        Values::Date { .. } => {
            let date = [DateForm::YearFirst, DateForm::DayFirst].into_iter().find_map(|form| parse_date(value, form));
            let date = date.filter(|d| d.millis != MISSING_DATE);
            date.map(|d| Test::Number(operator, d.millis as f64))
                .ok_or_else(|| format!("holds dates, “{value}” is none; write 2024-12-31"))
        }
        Values::Category { levels, .. } => {
            let as_written = levels.iter().any(|l| l == value);
            Ok(Test::Levels(levels.iter().map(|l| text_passes((operator, as_written), l, value)).collect()))
        }
        Values::Text(texts) => {
            let as_written = (0..texts.len()).any(|i| texts.get(i) == Some(value));
            Ok(Test::Text((operator, as_written), value.to_owned()))
        }
    }
}

fn passes(operator: Operator, order: std::cmp::Ordering) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::Unequal => order.is_ne(),
        Operator::Below => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::Above => order.is_gt(),
        Operator::AtLeast => order.is_ge(),
    }
}

/// Equality ignores case, unless some text is exactly as written; order compares numbers as numbers and everything else
/// as text.
fn text_passes((operator, as_written): (Operator, bool), text: &str, value: &str) -> bool {
    match operator {
        Operator::Equal if as_written => text == value,
        Operator::Unequal if as_written => text != value,
        Operator::Equal => text.to_lowercase() == value.to_lowercase(),
        Operator::Unequal => text.to_lowercase() != value.to_lowercase(),
        _ => match (crate::data::infer::number(text, false), crate::data::infer::number(value, false)) {
            (Some(a), Some(b)) => passes(operator, a.total_cmp(&b)),
            _ => passes(operator, text.cmp(value)),
        },
    }
}
