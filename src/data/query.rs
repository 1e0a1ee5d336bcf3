//! Writing queries: the text that finds exactly the rows a bar, a bin or a cell stands for.
//!
//! What is written here is read by [`super::filter`]. Numbers have every digit, so that no row at an edge changes sides.

use super::column::Values;
use super::dates::{DAY_MILLIS, iso};

/// A name or value as a query holds it: in double quotes unless it is one plain word.
pub fn quoted(text: &str) -> String {
    const WORDS: [&str; 8] = ["and", "or", "not", "in", "is", "missing", "present", "contains"];
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    if !text.is_empty() && !is_word && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('"', "\"\""))
    }
}

/// A number with every digit.
pub fn number(value: f64) -> String {
    // Adding zero makes both zeros one.
    format!("{}", value + 0.0)
}

/// Rows whose column holds this text, level, `yes` or `no`.
pub fn equals(column: &str, value: &str) -> String {
    format!("{} = {}", quoted(column), quoted(value))
}

/// Rows without a value.
pub fn missing(column: &str) -> String {
    format!("{} is missing", quoted(column))
}

/// Rows with a value.
pub fn present(column: &str) -> String {
    format!("{} is present", quoted(column))
}

/// Rows with a value that is none of these texts or levels.
pub fn none_of<'a>(column: &str, values: impl Iterator<Item = &'a str>) -> String {
    let conditions: Vec<String> = values.map(|value| format!("{} != {}", quoted(column), quoted(value))).collect();
    if conditions.is_empty() { present(column) } else { all(conditions) }
}

/// Rows from `low` on and below `high`, with `closed` also at `high`.
pub fn between(column: &str, (low, high): (f64, f64), closed: bool) -> String {
    let name = quoted(column);
    let sign = if closed { "<=" } else { "<" };
    format!("{name} >= {} and {name} {sign} {}", number(low), number(high))
}

/// The same for a column of the table, whose edges may be dates in milliseconds; `None` where a date cannot be written.
pub fn inside(column: &str, values: &Values, (low, high): (f64, f64), closed: bool) -> Option<String> {
    if !matches!(values, Values::Date { .. }) {
        return Some(between(column, (low, high), closed));
    }
    let name = quoted(column);
    // Dates are whole milliseconds: from the next one on, and up to the one before.
    let edge = |at: f64| moment(at.ceil());
    let (sign, end) = if closed { ("<=", moment(high.floor())) } else { ("<", edge(high)) };
    Some(format!("{name} >= \"{}\" and {name} {sign} \"{}\"", edge(low)?, end?))
}

/// A whole number of milliseconds as a date that queries read; `None` outside the years 0 to 9999.
fn moment(millis: f64) -> Option<String> {
    const YEARS: std::ops::Range<f64> = -62_167_219_200_000.0..253_402_300_800_000.0;
    YEARS.contains(&millis).then(|| iso(millis as i64, (millis as i64).rem_euclid(DAY_MILLIS) == 0))
}

/// All of these conditions.
pub fn all(conditions: impl IntoIterator<Item = String>) -> String {
    conditions.into_iter().filter(|condition| !condition.is_empty()).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;
    use crate::data::find_rows;

    #[test]
    fn names_and_values_survive_quoting() {
        let data = table(&[("age", "30 30.000000000000004 29.999999999999996 NA -0"), ("job", "And is own Own a")]);
        let found = |query: &str| -> Vec<u32> {
            find_rows(&data, query).expect("it was written to be read").iter().map(|r| r.0).collect()
        };
        assert_eq!(found(&between("age", (30.0, 30.000000000000004), false)), [0]);
        assert_eq!(found(&between("age", (30.0, 30.000000000000004), true)), [0, 1]);
        assert_eq!(found(&between("age", (-0.0, 30.0), false)), [2, 4]);
        assert_eq!(found(&missing("age")), [3]);
        assert_eq!(found(&equals("job", "own")), [2], "a level as written is not its twin in capitals");
        assert_eq!(found(&equals("job", "Own")), [3]);
        assert_eq!(found(&equals("job", "And")), [0]);
        assert_eq!(found(&equals("job", "is")), [1]);
        assert_eq!(found(&equals("job", "OWN")), [2, 3], "what nobody wrote is found in any case");
        assert_eq!(found(&none_of("job", ["own", "a"].into_iter())), [0, 1, 3]);
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(found(&all([present("age"), equals("job", "a")])), [4]);
    }

    #[test]
    fn edges_between_milliseconds_find_the_same_dates() {
        let data = table(&[("on", "2024-01-01 2024-01-02 2024-01-03 NA")]);
        let values = &data.columns()[0].values;
        let day = 86_400_000.0;
        let first = values.position(0);
        let found = |low: f64, high: f64, closed| -> usize {
            let query = inside("on", values, (low, high), closed).expect("years of four digits");
            find_rows(&data, &query).expect("it was written to be read").len()
        };
        assert_eq!(found(first, first + day, false), 1);
        assert_eq!(found(first + 0.5, first + 1.5 * day, false), 1);
        assert_eq!(found(first, first + 2.0 * day, true), 3);
        assert_eq!(inside("on", values, (-1e15, 0.0), false), None);
    }
}
