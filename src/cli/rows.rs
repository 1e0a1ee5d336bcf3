//! Rows as words: `0..100`, `3,17`, or both joined by commas.

use crate::base::RowId;
use crate::session::RowChoice;

/// Most rows that a list may name one by one.
const LIMIT: u32 = 10_000_000;

/// Most rows that a report shows one by one.
const FEW: usize = 1_000;

/// Reads a choice of rows.
pub fn parse(text: &str) -> Result<RowChoice, String> {
    if let Some(count) = text.trim().strip_prefix("draw:") {
        let count = number(count)? as usize;
        return if count > 0 { Ok(RowChoice::Draw(count)) } else { Err("draw at least one row".to_owned()) };
    }
    if let Some((start, end)) = range(text)? {
        return Ok(RowChoice::Range(start, end));
    }
    let mut rows = Vec::new();
    for part in text.split(',').map(str::trim) {
        match range(part)? {
            Some((start, end)) if end - start > LIMIT => return Err(format!("“{part}” names more than {LIMIT} rows")),
            Some((start, end)) => rows.extend((start..end).map(RowId)),
            None => rows.push(RowId(number(part)?)),
        }
    }
    Ok(RowChoice::List(rows))
}

/// Reads a choice of rows that are shown one by one.
pub fn few(text: &str) -> Result<RowChoice, String> {
    let rows = parse(text)?;
    let count = match &rows {
        RowChoice::Range(start, end) => (end - start) as usize,
        RowChoice::List(rows) => rows.len(),
        RowChoice::All | RowChoice::Draw(_) => 0,
    };
    if count > FEW { Err(format!("“{text}” names more than {FEW} rows")) } else { Ok(rows) }
}

fn range(text: &str) -> Result<Option<(u32, u32)>, String> {
    let Some((start, end)) = text.split_once("..").filter(|_| !text.contains(',')) else { return Ok(None) };
    let (start, end) = (number(start.trim())?, number(end.trim())?);
    if start >= end {
        return Err(format!("“{text}” is empty; the end of a range is excluded"));
    }
    Ok(Some((start, end)))
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_no_number| format!("“{text}” is no row number; rows count from 0, as in 0..100 or 3,17"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_lists_are_read() {
        assert_eq!(parse("0..100"), Ok(RowChoice::Range(0, 100)));
        assert_eq!(parse("3, 17"), Ok(RowChoice::List(vec![RowId(3), RowId(17)])));
        assert_eq!(parse("1..3,9"), Ok(RowChoice::List(vec![RowId(1), RowId(2), RowId(9)])));
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in ["", "a", "3..", "5..5", "-1", "1.5", "3,,4"] {
            assert!(parse(text).is_err(), "“{text}” was read");
        }
    }
}
