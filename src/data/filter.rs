//! Finding rows by a short query, and ordering them by a column.
//!
//! A query is a list of conditions joined by `and`: `age >= 30 and job = skilled`. A name or value with spaces is
//! put in double quotes; a double quote inside is written twice. `column is missing` and `column is present` ask for holes. Anything that is no condition is
//! searched as plain text in text, category, yes/no, date and identifier columns, whatever the case of letters.

use crate::base::RowId;

use super::column::{MISSING_DATE, Values};
use super::dataset::{Dataset, Role};
use super::dates::{DateForm, parse_date};

/// A query that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {hint}")]
pub struct FilterError {
    /// What cannot be understood.
    pub what: String,
    /// What can be written instead.
    pub hint: String,
}

/// The rows that match `query`, ascending; all rows for an empty query. Cost O(rows · conditions), for plain text
/// O(cells of the searched columns).
pub fn find_rows(data: &Dataset, query: &str) -> Result<Vec<RowId>, FilterError> {
    find_rows_among(data, &|_| None, query)
}

/// The rows that match `query` as [`find_rows`] finds them, where a name that no column of the table has may also be one
/// that `more` knows: a computed column with one value for each row.
pub fn find_rows_among(
    data: &Dataset,
    more: &dyn Fn(&str) -> Option<Values>,
    query: &str,
) -> Result<Vec<RowId>, FilterError> {
    let words = words(query)?;
    let mut rows: Vec<RowId> = (0..data.row_count() as u32).map(RowId).collect();
    if words.is_empty() {
        return Ok(rows);
    }
    let is_and = |w: &Word| w.plain && w.text.eq_ignore_ascii_case("and");
    let groups: Vec<&[Word]> = words.split(is_and).collect();
    if !groups.iter().any(|g| is_condition(g)) {
        return Ok(containing(data, query.trim().trim_matches('"'), rows));
    }
    for group in groups {
        let condition = Condition::of((data, more), group)?;
        rows.retain(|row| condition.holds(row.index()));
    }
    Ok(rows)
}

/// All rows ordered by `column`, missing last in both directions; equal values keep the file's order. Texts and
/// levels are ordered as text. Cost O(rows · log rows).
pub fn sorted_rows(data: &Dataset, column: usize, descending: bool) -> Vec<RowId> {
    let mut rows: Vec<RowId> = (0..data.row_count() as u32).map(RowId).collect();
    let Some(values) = data.columns().get(column).map(|c| &c.values) else { return rows };
    let direct = |order: std::cmp::Ordering| if descending { order.reverse() } else { order };
    let (present, missing): (Vec<RowId>, Vec<RowId>) = rows.iter().partition(|r| !values.is_missing(r.index()));
    rows = present;
    match values {
        Values::Text(texts) => rows.sort_by(|a, b| direct(texts.get(a.index()).cmp(&texts.get(b.index())))),
        Values::Category { levels, .. } => {
            let mut order: Vec<usize> = (0..levels.len()).collect();
            order.sort_by_key(|k| &levels[*k]);
            let mut rank = vec![0usize; levels.len()];
            for (place, level) in order.into_iter().enumerate() {
                rank[level] = place;
            }
            let key = |r: &RowId| rank.get(values.position(r.index()) as usize).copied().unwrap_or(usize::MAX);
            rows.sort_by(|a, b| direct(key(a).cmp(&key(b))));
        }
        _ => rows.sort_by(|a, b| direct(values.position(a.index()).total_cmp(&values.position(b.index())))),
    }
    rows.extend(missing);
    rows
}

#[derive(Clone, Debug, PartialEq)]
struct Word {
    text: String,
    /// Not in quotes.
    plain: bool,
}

const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("=", Operator::Equal),
    ("<", Operator::Below),
    (">", Operator::Above),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// Splits a query into words, quoted words and operators.
fn words(query: &str) -> Result<Vec<Word>, FilterError> {
    let mut words = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (text, plain, after) = if first == '"' {
            let (text, after) = quoted(rest.get(1..).unwrap_or(""))?;
            (text, false, after)
        } else if let Some((sign, _)) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            ((*sign).to_owned(), true, rest.get(sign.len()..).unwrap_or(""))
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "=<>\"".contains(c) || c == '!').unwrap_or(rest.len());
            let end = if end == 0 { first.len_utf8() } else { end };
            let (text, after) = rest.split_at(end);
            (text.to_owned(), true, after)
        };
        words.push(Word { text, plain });
        rest = after.trim_start();
    }
    Ok(words)
}

/// What stands before the closing quote, and what comes after it.
fn quoted(inside: &str) -> Result<(String, &str), FilterError> {
    let mut text = String::new();
    let mut rest = inside;
    loop {
        let (before, after) = rest.split_once('"').ok_or_else(|| FilterError {
            what: "a quote is not closed".to_owned(),
            hint: "put names and values with spaces between two double quotes".to_owned(),
        })?;
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None => return Ok((text, after)),
        }
    }
}

fn operator(word: &Word) -> Option<Operator> {
    OPERATORS.iter().find(|(sign, _)| word.plain && *sign == word.text).map(|(_, operator)| *operator)
}

fn asks_for_holes(group: &[Word]) -> Option<bool> {
    let (last, is) = (group.last()?, group.get(group.len().checked_sub(2)?)?);
    let missing = last.text.eq_ignore_ascii_case("missing");
    let present = last.text.eq_ignore_ascii_case("present");
    (is.plain && is.text.eq_ignore_ascii_case("is") && (missing || present) && group.len() > 2).then_some(missing)
}

fn is_condition(group: &[Word]) -> bool {
    group.iter().any(|w| operator(w).is_some()) || asks_for_holes(group).is_some()
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// One understood condition on one column.
struct Condition {
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
    fn of(data: Columns<'_>, group: &[Word]) -> Result<Self, FilterError> {
        let wrong = |what: String| FilterError {
            what,
            hint: "write conditions as: column = value, with = != < <= > >=, joined by and; or: column is missing"
                .to_owned(),
        };
        if let Some(missing) = asks_for_holes(group) {
            let name = group.get(..group.len() - 2).map(joined).unwrap_or_default();
            return Ok(Self { values: column(data, &name)?, test: Test::Missing(missing) });
        }
        let at = group.iter().position(|w| operator(w).is_some());
        let Some((at, operator)) = at.and_then(|at| Some((at, operator(group.get(at)?)?))) else {
            return Err(wrong(format!("“{}” is no condition", joined(group))));
        };
        let (left, right) = (group.get(..at).unwrap_or(&[]), group.get(at + 1..).unwrap_or(&[]));
        if left.is_empty() || right.is_empty() {
            return Err(wrong(format!("“{}” lacks a column or a value", joined(group))));
        }
        let (name, value) = (joined(left), joined(right));
        let values = column(data, &name)?;
        let test = test(&values, operator, &value).map_err(|what| wrong(format!("“{name}” {what}")))?;
        Ok(Self { values, test })
    }

    fn holds(&self, i: usize) -> bool {
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

/// A table, and columns that were computed for its rows.
type Columns<'d> = (&'d Dataset, &'d dyn Fn(&str) -> Option<Values>);

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
            let number = super::infer::number(&plain, plain.contains(','));
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
        _ => match (super::infer::number(text, false), super::infer::number(value, false)) {
            (Some(a), Some(b)) => passes(operator, a.total_cmp(&b)),
            _ => passes(operator, text.cmp(value)),
        },
    }
}

/// Rows whose text, level, date, truth value or identifier contains `needle`.
fn containing(data: &Dataset, needle: &str, rows: Vec<RowId>) -> Vec<RowId> {
    let needle = needle.to_lowercase();
    let mut found = vec![false; rows.len()];
    for (column, role) in data.columns().iter().zip(data.roles()) {
        let levels: Vec<bool> = match &column.values {
            Values::Category { levels, .. } => levels.iter().map(|l| l.to_lowercase().contains(&needle)).collect(),
            _ => Vec::new(),
        };
        for (i, hit) in found.iter_mut().enumerate() {
            *hit |= match &column.values {
                Values::Category { codes, .. } => {
                    codes.get(i).and_then(|c| levels.get(*c as usize)).copied().unwrap_or(false)
                }
                Values::Text(texts) => texts.get(i).is_some_and(|t| t.to_lowercase().contains(&needle)),
                Values::Number { values, .. } => {
                    *role == Role::Identifier && values.get(i).is_some_and(|v| v.to_string().contains(&needle))
                }
                other => !other.is_missing(i) && other.exact(i).contains(&needle),
            };
        }
    }
    rows.into_iter().zip(found).filter(|(_, hit)| *hit).map(|(row, _)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    fn sample() -> Dataset {
        table(&[
            ("id", "11 12 13 14"),
            ("age", "30 41 NA 25"),
            ("job title", "clerk Nurse clerk baker"),
            ("since", "2020-01-01 2021-05-05 2022-01-01 NA"),
            ("member", "yes no NA yes"),
        ])
        .with_role(0, Role::Identifier)
    }

    fn found(query: &str) -> Vec<u32> {
        find_rows(&sample(), query).expect("the query is understood").iter().map(|r| r.0).collect()
    }

    #[test]
    fn conditions_select_rows() {
        assert_eq!(found(""), [0, 1, 2, 3]);
        assert_eq!(found("age >= 30"), [0, 1]);
        assert_eq!(found("age<41 AND member=yes"), [0, 3]);
        assert_eq!(found("\"job title\" != clerk"), [1, 3]);
        assert_eq!(found("job title = nurse"), [1]);
        assert_eq!(found("age is missing"), [2]);
        assert_eq!(found("since > 2020-06-01 and age is present"), [1]);
    }

    #[test]
    fn plain_text_searches_identifiers_and_levels() {
        assert_eq!(found("CLER"), [0, 2]);
        assert_eq!(found("13"), [2]);
        assert_eq!(found("2021-05"), [1]);
        assert_eq!(found("30"), Vec::<u32>::new());
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let said = |query: &str| find_rows(&sample(), query).expect_err("it is no query").to_string();
        assert!(said("height > 3").contains("“height”"));
        assert!(said("age > tall").contains("“tall”"));
        assert!(said("age >").contains("lacks"));
        assert!(said("age > 3 and").contains("no condition"));
        assert!(said("\"age > 3").contains("not closed"));
    }

    #[test]
    fn missing_rows_stand_last_in_both_directions() {
        let order = |column, down| sorted_rows(&sample(), column, down).iter().map(|r| r.0).collect::<Vec<_>>();
        assert_eq!(order(1, false), [3, 0, 1, 2]);
        assert_eq!(order(1, true), [1, 0, 3, 2]);
        assert_eq!(order(2, false), [1, 3, 0, 2]);
        assert_eq!(order(99, true), [0, 1, 2, 3]);
    }
}
