//! Which rows a table shows, in which order. Runs aside, never in a frame.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::base::RowId;
use crate::data::{Column, Dataset, Values};

use super::number;

/// What can be typed into the filter.
pub(crate) const HELP: &str = "A word finds rows that contain it in any column.\n\
    A comparison finds rows by one column: age > 30, income <= 1000, purpose = car, job != none.\n\
    Several are joined with “and”: age > 30 and purpose = car.\n\
    “missing” finds rows without a value: income = missing.";

/// By which column rows stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    /// The column.
    pub(crate) column: usize,
    /// Largest first.
    pub(crate) descending: bool,
}

/// The rows that match `filter`, sorted; missing values stand last either way. The error is a sentence for the screen.
pub(crate) fn rows(data: &Dataset, filter: &str, sort: Option<Sort>) -> Result<Arc<[RowId]>, String> {
    let tests = filter.split(" and ").filter(|p| !p.trim().is_empty()).map(|p| Test::parse(p.trim(), data));
    let tests = tests.collect::<Result<Vec<_>, _>>()?;
    let count = data.row_count() as u32;
    let mut rows: Vec<RowId> =
        (0..count).map(RowId).filter(|row| tests.iter().all(|t| t.holds(data, row.index()))).collect();
    if let Some((sort, column)) = sort.and_then(|s| data.columns().get(s.column).map(|c| (s, c))) {
        let ranks = level_ranks(column);
        rows.sort_by(|a, b| compare(column, &ranks, (a.index(), b.index()), sort.descending));
    }
    Ok(rows.into())
}

fn compare(column: &Column, ranks: &[u32], (a, b): (usize, usize), descending: bool) -> Ordering {
    let values = &column.values;
    match (values.is_missing(a), values.is_missing(b)) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let order = match values {
        Values::Text(texts) => texts.get(a).cmp(&texts.get(b)),
        Values::Category { codes, .. } => {
            let rank = |i: usize| codes.get(i).and_then(|c| ranks.get(*c as usize)).copied();
            rank(a).cmp(&rank(b))
        }
        _ => values.position(a).total_cmp(&values.position(b)),
    };
    if descending { order.reverse() } else { order }
}

/// The place of each level in alphabetical order.
fn level_ranks(column: &Column) -> Vec<u32> {
    let Values::Category { levels, .. } = &column.values else { return Vec::new() };
    let mut by_name: Vec<usize> = (0..levels.len()).collect();
    by_name.sort_by(|a, b| levels[*a].cmp(&levels[*b]));
    let mut ranks = vec![0; levels.len()];
    for (rank, level) in by_name.into_iter().enumerate() {
        ranks[level] = rank as u32;
    }
    ranks
}

/// One condition.
enum Test {
    /// Any column contains this, in lower case.
    Word(String),
    /// One column compared.
    Compare { column: usize, sign: Sign, text: String, number: Option<f64> },
}

#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    Unequal,
}

const SIGNS: [(&str, Sign); 7] = [
    ("<=", Sign::LessEqual),
    (">=", Sign::GreaterEqual),
    ("!=", Sign::Unequal),
    ("==", Sign::Equal),
    ("<", Sign::Less),
    (">", Sign::Greater),
    ("=", Sign::Equal),
];

impl Test {
    fn parse(part: &str, data: &Dataset) -> Result<Self, String> {
        let found = SIGNS.iter().filter_map(|(text, sign)| part.split_once(text).map(|(l, r)| (l, r, *sign)));
        let Some((name, text, sign)) = found.min_by_key(|(l, r, _)| (l.len(), r.len())) else {
            return Ok(Self::Word(part.to_lowercase()));
        };
        let (name, text) = (name.trim(), text.trim());
        let by_case = || data.columns().iter().position(|c| c.name.eq_ignore_ascii_case(name));
        let Some(column) = data.find(name).or_else(by_case) else {
            return Err(format!("No column is called “{name}”"));
        };
        if text.is_empty() {
            return Err(format!("Type a value after “{name}”"));
        }
        let number = text.replace(['\u{2009}', ' '], "").parse::<f64>().ok();
        let ordered = !matches!(sign, Sign::Equal | Sign::Unequal);
        if ordered && number.is_none() {
            return Err(format!("“{text}” is no number"));
        }
        Ok(Self::Compare { column, sign, text: text.to_lowercase(), number })
    }

    fn holds(&self, data: &Dataset, row: usize) -> bool {
        match self {
            Self::Word(word) => {
                let has = |c: &Column| number::value(c, row).is_some_and(|v| v.to_lowercase().contains(word));
                data.columns().iter().any(has)
            }
            Self::Compare { column, sign, text, number } => {
                let Some(values) = data.columns().get(*column) else { return false };
                let missing = values.values.is_missing(row);
                if text == "missing" {
                    return missing == (*sign == Sign::Equal);
                }
                if missing {
                    return *sign == Sign::Unequal;
                }
                match (number, &values.values) {
                    (Some(number), Values::Number { values, .. }) => {
                        values.get(row).is_some_and(|value| sign.holds(value.total_cmp(number)))
                    }
                    _ => {
                        let shown = number::value(values, row).unwrap_or_default().to_lowercase();
                        sign.holds(shown.as_str().cmp(text))
                    }
                }
            }
        }
    }
}

impl Sign {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::data::Source;

    use super::*;

    fn table() -> Dataset {
        let number = |name: &str, values: &[f64]| Column {
            name: name.into(),
            values: Values::Number { values: values.into(), whole: true },
        };
        let purpose = Column {
            name: "purpose".into(),
            values: Values::Category {
                codes: Arc::from([1, 0, 1, 0]),
                levels: Arc::from(["Car".to_owned(), "boat".to_owned()]),
            },
        };
        Dataset::new(Source::default(), vec![number("age", &[40.0, f64::NAN, 20.0, 30.0]), purpose]).unwrap()
    }

    fn found(filter: &str, sort: Option<Sort>) -> Vec<u32> {
        rows(&table(), filter, sort).unwrap().iter().map(|r| r.0).collect()
    }

    #[test]
    fn missing_values_stand_last_in_both_directions() {
        assert_eq!(found("", Some(Sort { column: 0, descending: false })), [2, 3, 0, 1]);
        assert_eq!(found("", Some(Sort { column: 0, descending: true })), [0, 3, 2, 1]);
    }

    #[test]
    fn words_and_comparisons_are_joined() {
        assert_eq!(found("age >= 30", None), [0, 3]);
        assert_eq!(found("CAR", None), [1, 3]);
        assert_eq!(found("age != missing and purpose = boat", None), [0, 2]);
        assert_eq!(found("age = missing", None), [1]);
    }

    #[test]
    fn an_unknown_column_is_named() {
        assert_eq!(rows(&table(), "agee > 3", None).unwrap_err(), "No column is called “agee”");
        assert_eq!(rows(&table(), "age > old", None).unwrap_err(), "“old” is no number");
    }
}
