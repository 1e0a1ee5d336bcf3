//! LightGBM's inputs: names, and which of them are categories with which levels.
//!
//! The levels of pandas categories stand at the end of the file without the names of their columns; the ranges in
//! `feature_infos` tell which columns they belong to.

use std::sync::Arc;

use crate::data::{Input, InputKind};
use crate::model::ModelError;

use super::super::document::{At, Value};
use super::text::Parts;

/// What `feature_infos` says of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Range {
    /// Codes, the largest of them.
    Codes(f64),
    /// Numbers from … to.
    Numbers(f64, f64),
    /// The input was constant in training.
    Unused,
}

/// The inputs, and a note when levels could not be given to inputs.
pub fn inputs(parts: &Parts<'_>) -> Result<(Vec<Input>, Option<String>), ModelError> {
    let header = &parts.header;
    let names: Vec<&str> = header.text("feature_names")?.split_whitespace().collect();
    let largest: usize = header.count("max_feature_idx")?;
    if largest.checked_add(1) != Some(names.len()) {
        let reason = format!("{} names are stored, the largest input is {largest}", names.len());
        return Err(header.refuse("feature_names", reason));
    }
    let mut ranges: Vec<Range> = header.optional("feature_infos").unwrap_or("").split_whitespace().map(range).collect();
    ranges.resize(names.len(), Range::Unused);
    let levels = levels(parts.pandas)?;
    let owners = owners(&ranges, &levels);
    let note = (owners.is_none()).then(|| {
        "The file holds category levels but does not tell which inputs they belong to; bring the codes as whole numbers"
            .to_owned()
    });
    let owners = owners.unwrap_or_default();
    let kind = |i: usize| match owners.iter().position(|owner| *owner == i).and_then(|l| levels.get(l)) {
        Some(levels) => InputKind::Levels(Arc::from(levels.as_slice())),
        None if matches!(ranges.get(i), Some(Range::Codes(_))) => InputKind::Codes,
        None => InputKind::Number,
    };
    let inputs = names.iter().enumerate().map(|(i, name)| Input { name: (*name).to_owned(), kind: kind(i) });
    Ok((inputs.collect(), note))
}

fn range(text: &str) -> Range {
    if let Some((low, high)) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).and_then(|t| t.split_once(':'))
    {
        return match (low.parse(), high.parse()) {
            (Ok(low), Ok(high)) => Range::Numbers(low, high),
            _ => Range::Unused,
        };
    }
    let largest = text.split(':').map(str::parse::<f64>).try_fold(-1.0, |top, code| code.map(|c| c.max(top)));
    largest.map_or(Range::Unused, Range::Codes)
}

fn levels(pandas: Option<&str>) -> Result<Vec<Vec<String>>, ModelError> {
    let Some(text) = pandas.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(Vec::new()) };
    let document = Value::from_json(text.as_bytes())
        .map_err(|_error| ModelError::malformed("pandas_categorical", "the category levels are no valid JSON"))?;
    let lists: &[Value] = match &document {
        Value::List(lists) => lists,
        _ => &[],
    };
    let level = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Integer(code) => code.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    };
    Ok(lists
        .iter()
        .map(|list| match list {
            Value::List(levels) => levels.iter().map(level).collect(),
            Value::Integers(codes) => codes.iter().map(i64::to_string).collect(),
            _ => At::root(list).reals().map_or_else(|_| Vec::new(), |v| v.iter().map(f64::to_string).collect()),
        })
        .collect())
}

/// For each list of levels the input it belongs to: the only way to deal them out in order such that every code the
/// input took in training exists. `None` when no way or several ways fit; a file without levels has nothing to deal.
fn owners(ranges: &[Range], levels: &[Vec<String>]) -> Option<Vec<usize>> {
    if levels.is_empty() {
        return Some(Vec::new());
    }
    let fits = |range: &Range, count: usize| match *range {
        Range::Codes(largest) => largest < count as f64,
        Range::Numbers(low, high) => low >= 0.0 && high < count as f64 && low.fract() == 0.0 && high.fract() == 0.0,
        Range::Unused => false,
    };
    let coded: Vec<usize> = (0..ranges.len()).filter(|i| matches!(ranges[*i], Range::Codes(_))).collect();
    let all_fit = |owners: &[usize]| owners.iter().zip(levels).all(|(i, l)| fits(&ranges[*i], l.len()));
    if coded.len() == levels.len() && all_fit(&coded) {
        return Some(coded);
    }
    // Greedy from the front and from the back: the deal is the only one when both agree and every coded input is in.
    let front = deal(ranges.iter().enumerate(), levels.iter(), fits)?;
    let mut back = deal(ranges.iter().enumerate().rev(), levels.iter().rev(), fits)?;
    back.reverse();
    (front == back && (coded.is_empty() || coded.iter().all(|i| front.contains(i)))).then_some(front)
}

fn deal<'a>(
    mut ranges: impl Iterator<Item = (usize, &'a Range)>,
    levels: impl Iterator<Item = &'a Vec<String>>,
    fits: impl Fn(&Range, usize) -> bool,
) -> Option<Vec<usize>> {
    levels.map(|list| ranges.by_ref().find(|(_, range)| fits(range, list.len())).map(|(i, _)| i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(counts: &[usize]) -> Vec<Vec<String>> {
        counts.iter().map(|n| (0..*n).map(|i| i.to_string()).collect()).collect()
    }

    #[test]
    fn levels_go_to_the_inputs_whose_codes_they_name() {
        let (codes, number) = (Range::Codes, Range::Numbers);
        assert_eq!(owners(&[codes(2.0), codes(7.0), number(0.0, 1.0)], &lists(&[3, 8])), Some(vec![0, 1]));
        assert_eq!(owners(&[codes(2.0), number(0.0, 7.0), number(-2.5, 3.0)], &lists(&[3, 8])), Some(vec![0, 1]));
        assert_eq!(owners(&[number(0.0, 1.0), number(0.0, 1.0)], &lists(&[2])), None);
        assert_eq!(owners(&[codes(9.0)], &lists(&[3])), None);
        assert_eq!(owners(&[codes(9.0)], &[]), Some(vec![]));
    }
}
