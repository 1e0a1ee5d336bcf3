//! From the texts of one column to typed values.
//!
//! A column takes the first type that all its present values have: number, yes/no, date; what is left is a category
//! when its texts repeat, and text otherwise. Nothing is forced: one stray value keeps the column as written, and a
//! note names it.

use std::collections::HashMap;
use std::sync::Arc;

use super::column::{MISSING_CODE, MISSING_DATE, TextValues, Values};
use super::dates::{DateForm, parse_date};

/// Texts that mean missing, as written by pandas, R, SQL and Weka. Lower-case “none” is not among them: it is a
/// level in many tables.
const MARKS: &[&str] = &[
    "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "null", "NULL", "None", "<NA>", "#N/A", "#NA", "#N/A N/A", "?",
    "-", ".",
];
/// Most levels of a category column.
const MOST_LEVELS: usize = 10_000;
/// Whole numbers up to this size survive as f64.
const EXACT_WHOLE: f64 = 9_007_199_254_740_992.0;

/// How texts are understood.
#[derive(Clone, Debug, Default)]
pub struct TextRules {
    /// Whether numbers use a decimal comma.
    pub decimal_comma: bool,
    /// Further texts that mean missing.
    pub missing_marks: Vec<String>,
}

impl TextRules {
    /// The text without surrounding space when it is present; `None` when it is missing.
    pub fn present<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = text.trim();
        let usual = match text.as_bytes() {
            [] => true,
            [first, ..] if first.is_ascii_digit() => false,
            [b'-', second, ..] if second.is_ascii_digit() => false,
            _ => text.len() <= 8 && MARKS.contains(&text),
        };
        (!usual && !self.missing_marks.iter().any(|mark| mark == text)).then_some(text)
    }
}

/// A typed column and what its reader should know.
#[derive(Clone, Debug)]
pub struct Inferred {
    /// The values.
    pub values: Values,
    /// Why the type is not the expected one.
    pub note: Option<String>,
}

/// Types the column `name` of `rows` texts; `cell(i)` is the text of row `i`. Cost O(rows), a few passes.
pub fn infer<'t>(name: &str, rows: usize, cell: impl Fn(usize) -> Option<&'t str>, rules: &TextRules) -> Inferred {
    let present = |i: usize| cell(i).and_then(|text| rules.present(text));
    let note = match numbers(rows, present, rules.decimal_comma) {
        Numbers::All { values, whole } => {
            return Inferred { values: Values::Number { values: values.into(), whole }, note: None };
        }
        Numbers::Codes(reason) => Some(format!("“{name}” was kept as text: {reason}")),
        Numbers::Except { row, text } => Some(format!(
            "“{name}” was not read as numbers because of “{}” in row {row}; name that text as a missing mark to read numbers",
            crate::base::text::shorten(&text, 40)
        )),
        Numbers::No => None,
    };
    if let Some(values) = yes_no(rows, present).or_else(|| dates(rows, present)) {
        return Inferred { values, note };
    }
    // “-” beside “+” is a level, not a hole.
    let plus = (0..rows).any(|i| cell(i).is_some_and(|t| t.trim() == "+"));
    let keep = |i: usize| match cell(i) {
        Some(text) if plus && text.trim() == "-" => Some(text),
        Some(text) => rules.present(text).map(|_| text),
        None => None,
    };
    Inferred { values: category(rows, keep).unwrap_or_else(|| text(rows, keep)), note }
}

enum Numbers {
    All {
        values: Vec<f64>,
        whole: bool,
    },
    /// Digits that are names, not amounts.
    Codes(&'static str),
    /// Nearly all are numbers; the first that is not.
    Except {
        row: usize,
        text: String,
    },
    No,
}

fn numbers<'t>(rows: usize, present: impl Fn(usize) -> Option<&'t str>, comma: bool) -> Numbers {
    let mut values = Vec::new();
    let (mut seen, mut others, mut first) = (0usize, 0usize, None);
    let mut codes = LeadingZeros::default();
    let mut too_long = false;
    for i in 0..rows {
        let Some(text) = present(i) else {
            values.push(f64::NAN);
            continue;
        };
        seen += 1;
        match number(text, comma) {
            Some(value) => {
                codes.look(text);
                too_long |= value.abs() >= EXACT_WHOLE && is_digits(text) && !is_exact(text);
                values.push(value);
            }
            None => {
                others += 1;
                first.get_or_insert_with(|| (i, text.to_owned()));
                if others * 20 > seen && others > 3 {
                    return Numbers::No;
                }
                values.push(f64::NAN);
            }
        }
    }
    match first {
        Some((row, text)) if others * 20 <= seen => Numbers::Except { row, text },
        Some(_) => Numbers::No,
        None if too_long => Numbers::Codes("its whole numbers have more digits than a number can hold"),
        None if codes.found() => Numbers::Codes("its numbers have leading zeros, like codes do"),
        None => {
            let whole = values.iter().all(|v| v.is_nan() || (v.fract() == 0.0 && v.is_finite()));
            Numbers::All { values, whole }
        }
    }
}

/// The number a text stands for; `None` when it is none. Infinity only as `inf`.
pub fn number(text: &str, comma: bool) -> Option<f64> {
    let text = text.trim();
    // The longest exact decimal of an f64 has under 800 digits; longer texts are not numbers anyone wrote.
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let first = body.bytes().next()?;
    if body.len() > 400
        || !(first.is_ascii_digit() || first == b'.' || first == b',' || body.eq_ignore_ascii_case("inf"))
    {
        return None;
    }
    if !comma {
        return text.parse().ok();
    }
    if !text.contains(',') {
        return if text.contains('.') { None } else { text.parse().ok() };
    }
    if text.contains('.') { None } else { text.replace(',', ".").parse().ok() }
}

fn is_digits(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_digit())
}

fn is_exact(text: &str) -> bool {
    text.parse::<i128>().is_ok_and(|whole| (whole as f64) as i128 == whole && whole.unsigned_abs() <= 1 << 53)
}

/// Digits of one common length of which some begin with zero are codes: postcodes, article numbers.
#[derive(Default)]
struct LeadingZeros {
    length: Option<usize>,
    unequal: bool,
    zeros: bool,
}

impl LeadingZeros {
    fn look(&mut self, text: &str) {
        if self.unequal {
            return;
        }
        let same = *self.length.get_or_insert(text.len()) == text.len();
        self.unequal |= !same || text.len() < 2 || !text.bytes().all(|b| b.is_ascii_digit());
        self.zeros |= text.starts_with('0');
    }

    fn found(&self) -> bool {
        self.zeros && !self.unequal
    }
}

fn yes_no<'t>(rows: usize, present: impl Fn(usize) -> Option<&'t str>) -> Option<Values> {
    let mut flags = Vec::new();
    let mut pair = None;
    for i in 0..rows {
        let Some(text) = present(i) else {
            flags.push(2);
            continue;
        };
        let (own, flag) = truth(text)?;
        if *pair.get_or_insert(own) != own {
            return None;
        }
        flags.push(flag);
    }
    pair.map(|_| Values::YesNo(flags.into()))
}

/// Which pair of words a text belongs to, and which of the two it is.
fn truth(text: &str) -> Option<(&'static str, u8)> {
    let words = [("true", 1), ("false", 0), ("yes", 1), ("no", 0)];
    let (word, flag) = words.into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word))?;
    Some((if word.len() > 3 { "true" } else { "yes" }, flag))
}

fn dates<'t>(rows: usize, present: impl Fn(usize) -> Option<&'t str>) -> Option<Values> {
    let first = (0..rows).find_map(&present)?;
    DateForm::ALL.into_iter().filter(|form| parse_date(first, *form).is_some()).find_map(|form| {
        let mut millis = Vec::new();
        let (mut day, mut proven) = (true, !form.is_ambiguous());
        for i in 0..rows {
            let Some(text) = present(i) else {
                millis.push(MISSING_DATE);
                continue;
            };
            let date = parse_date(text, form)?;
            day &= date.day_only;
            proven |= date.proves_order;
            millis.push(date.millis);
        }
        proven.then(|| Values::Date { millis: millis.into(), day })
    })
}

/// Levels in order of first appearance; `None` when the texts repeat too little.
pub fn category<'t>(rows: usize, cell: impl Fn(usize) -> Option<&'t str>) -> Option<Values> {
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut levels: Vec<String> = Vec::new();
    let mut codes = Vec::with_capacity(rows);
    let mut present = 0usize;
    for i in 0..rows {
        let Some(text) = cell(i) else {
            codes.push(MISSING_CODE);
            continue;
        };
        present += 1;
        let next = levels.len() as u32;
        let code = *places.entry(text).or_insert(next);
        if code == next {
            levels.push(text.to_owned());
            if levels.len() > MOST_LEVELS {
                return None;
            }
        }
        codes.push(code);
    }
    (levels.len() <= 5.max(present / 2)).then(|| Values::Category { codes: codes.into(), levels: levels.into() })
}

/// A text column. Cost O(bytes).
pub fn text<'t>(rows: usize, cell: impl Fn(usize) -> Option<&'t str>) -> Values {
    let mut texts = TextValues::default();
    for i in 0..rows {
        texts.push(cell(i));
    }
    Values::Text(Arc::new(texts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::column::ColumnKind;

    fn kind(cells: &[&str]) -> (ColumnKind, Option<String>) {
        let found = infer("x", cells.len(), |i| cells.get(i).copied(), &TextRules::default());
        (found.values.kind(), found.note)
    }

    #[test]
    fn types_are_found() {
        assert_eq!(kind(&["1", "2.5", "", "NA", "-3e2"]).0, ColumnKind::Number);
        assert_eq!(kind(&["yes", "No", "?"]).0, ColumnKind::YesNo);
        assert_eq!(kind(&["TRUE", "false"]).0, ColumnKind::YesNo);
        assert_eq!(kind(&["yes", "false"]).0, ColumnKind::Category);
        assert_eq!(kind(&["0", "1"]).0, ColumnKind::Number);
        assert_eq!(kind(&["2024-02-29", ""]).0, ColumnKind::Date);
        assert_eq!(kind(&["", "NA"]).0, ColumnKind::Number);
        assert_eq!(kind(&["a", "b", "c", "d", "e", "f"]).0, ColumnKind::Text);
    }

    #[test]
    fn impossible_dates_stay_text() {
        assert_ne!(kind(&["2023-02-29"]).0, ColumnKind::Date);
        assert_ne!(kind(&["1/2/2024", "3/4/2024"]).0, ColumnKind::Date);
        assert_eq!(kind(&["1/2/2024", "3/14/2024"]).0, ColumnKind::Date);
    }

    #[test]
    fn digits_that_are_names_stay_text() {
        let (kind_of_ids, note) = kind(&["9007199254740993", "9007199254740995"]);
        assert_eq!(kind_of_ids, ColumnKind::Category);
        assert!(note.is_some_and(|n| n.contains("more digits")));
        assert!(kind(&["01067", "80331"]).1.is_some_and(|n| n.contains("leading zeros")));
        assert_eq!(kind(&["0", "9007199254740992"]).0, ColumnKind::Number);
    }

    #[test]
    fn a_minus_beside_a_plus_is_a_level() {
        let cells = ["+", "-", "+", "-"];
        let found = infer("class", 4, |i| cells.get(i).copied(), &TextRules::default());
        assert!(matches!(&found.values, Values::Category { levels, .. } if levels.len() == 2), "{:?}", found.values);
    }

    #[test]
    fn the_one_text_among_numbers_is_named_with_its_row() {
        let mut cells = vec!["7"; 100];
        cells[42] = "seven";
        let (_, note) = kind(&cells);
        assert!(note.as_deref().is_some_and(|n| n.contains("“seven” in row 42")), "{note:?}");
    }

    #[test]
    fn decimal_commas_are_read_and_points_are_not_guessed() {
        assert_eq!(number("1,5", true), Some(1.5));
        assert_eq!(number("1.500", true), None);
        assert_eq!(number("1,5", false), None);
        assert_eq!(number("infinity", false), None);
        assert_eq!(number("-inf", false), Some(f64::NEG_INFINITY));
    }
}
