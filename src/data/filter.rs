//! Finding rows by a short query, and ordering them by a column.
//!
//! A query is made of conditions such as `age >= 30` or `job = skilled`, joined by `and`, `or`, `not` and brackets; `and`
//! binds tighter than `or`. A name or value with one of these words or signs in it is put in double quotes (a double quote
//! in it is doubled). `column is missing` and `column is present` ask for holes. Anything without a condition is searched
//! as plain text in text, category, yes/no, date and identifier columns, whatever the case of letters.

mod condition;
mod words;

use crate::base::RowId;

use super::column::Values;
use super::dataset::{Dataset, Role};

use condition::{Condition, is_condition};
use words::{Word, words};

/// Brackets and `not` within each other.
const DEEPEST: usize = 64;

/// A table, and columns that were computed for its rows.
type Columns<'d> = (&'d Dataset, &'d dyn Fn(&str) -> Option<Values>);

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
    let joins = |w: &Word| w.is("and") || w.is("or") || w.groups("(") || w.groups(")");
    if !words.split(joins).any(is_condition) {
        return Ok(containing(data, query.trim().trim_matches('"'), rows));
    }
    let mut reader = Reader { columns: (data, more), query, words: &words, at: 0 };
    let wanted = reader.any(0)?;
    if reader.at < words.len() {
        return Err(reader.wrong("a bracket closes that was never opened"));
    }
    rows.retain(|row| wanted.holds(row.index()));
    Ok(rows)
}

/// An understood query.
enum Query {
    Where(Condition),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Query {
    fn holds(&self, i: usize) -> bool {
        match self {
            Self::Where(condition) => condition.holds(i),
            Self::Not(query) => !query.holds(i),
            Self::All(queries) => queries.iter().all(|q| q.holds(i)),
            Self::Any(queries) => queries.iter().any(|q| q.holds(i)),
        }
    }
}

/// Reads a query from its words.
struct Reader<'q> {
    columns: Columns<'q>,
    query: &'q str,
    words: &'q [Word],
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self, what: &str) -> FilterError {
        FilterError {
            what: what.to_owned(),
            hint: "join conditions as: age > 30 and (job = clerk or not job = baker)".to_owned(),
        }
    }

    fn takes(&mut self, wanted: impl Fn(&Word) -> bool) -> bool {
        let found = self.words.get(self.at).is_some_and(wanted);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self, depth: usize) -> Result<Query, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while self.takes(|w| w.is("or")) {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Query::Any(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Query, FilterError> {
        let mut parts = vec![self.one(depth)?];
        while self.takes(|w| w.is("and")) {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Query::All(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Query, FilterError> {
        if depth >= DEEPEST {
            return Err(self.wrong("there are too many brackets within each other"));
        }
        if self.takes(|w| w.is("not")) {
            return Ok(Query::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes(|w| w.groups("(")) {
            let inside = self.any(depth + 1)?;
            return match self.takes(|w| w.groups(")")) {
                true => Ok(inside),
                false => Err(self.wrong("a bracket is not closed")),
            };
        }
        let rest = self.words.get(self.at..).unwrap_or(&[]);
        let ends = |w: &Word| w.is("and") || w.is("or") || w.groups("(") || w.groups(")");
        let group = rest.split(ends).next().unwrap_or(&[]);
        self.at += group.len();
        Ok(Query::Where(Condition::of(self.columns, self.query, group)?))
    }
}

/// All rows ordered by `column`, missing last in both directions; equal values keep the file's order. Texts and
/// levels are ordered as text. Cost O(rows · log rows).
pub fn sorted_rows(data: &Dataset, column: usize, descending: bool) -> Vec<RowId> {
    match data.columns().get(column) {
        Some(column) => sorted_by(&column.values, descending),
        None => (0..data.row_count() as u32).map(RowId).collect(),
    }
}

/// The rows of one column, ordered as [`sorted_rows`] orders a table.
pub fn sorted_by(values: &Values, descending: bool) -> Vec<RowId> {
    let mut rows: Vec<RowId> = (0..values.len() as u32).map(RowId).collect();
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
    fn conditions_are_joined_and_grouped() {
        assert_eq!(found("age = 30 or age = 25"), [0, 3]);
        assert_eq!(found("age = 30 or age = 41 and member = yes"), [0], "and binds tighter than or");
        assert_eq!(found("(age = 30 or age = 41) and not member = no"), [0]);
        assert_eq!(found("not (age < 41)"), [1, 2], "a missing age is not below 41");
        assert_eq!(found("not not age = 25"), [3]);
    }

    #[test]
    fn names_may_hold_signs_words_and_brackets() {
        let data = table(&[("size (mm)", "1 2 3"), ("this and \"that\"", "a b c")]);
        let rows = |query: &str| find_rows(&data, query).expect(query).iter().map(|r| r.0).collect::<Vec<_>>();
        assert_eq!(rows("size (mm) >= 2"), [1, 2]);
        assert_eq!(rows("(size (mm) >= 2)"), [1, 2]);
        assert_eq!(rows("(size (mm) = 1 or size (mm) = 3) and size (mm) > 1"), [2]);
        let name = crate::data::query::quoted("this and \"that\"");
        assert_eq!(rows(&format!("{name} = b or {name} = c")), [1, 2]);
    }

    #[test]
    fn computed_columns_are_asked_where_the_table_has_none() {
        let more = |name: &str| {
            (name == "error").then(|| Values::Number { values: vec![1.0, 2.0, 3.0, f64::NAN].into(), whole: false })
        };
        let rows = find_rows_among(&sample(), &more, "error > 1 and age is present").expect("understood");
        assert_eq!(rows.iter().map(|r| r.0).collect::<Vec<_>>(), [1]);
        assert!(find_rows_among(&sample(), &more, "errors > 1").is_err());
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
        assert!(said("(age > 3").contains("not closed"));
        assert!(said("age > 3 or (not)").contains("no condition"));
        assert!(said(&format!("{}age > 3{}", "(".repeat(99), ")".repeat(99))).contains("too many"));
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
