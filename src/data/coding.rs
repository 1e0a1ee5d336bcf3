//! How one column's cells become one input's numbers.

use std::collections::HashMap;

use super::column::{Column, MISSING_CODE, Values};
use super::encode::{Input, InputKind};
use super::hashes::TextHashes;

/// The translation of one column.
#[derive(Clone, Debug)]
pub enum Coding {
    /// Numbers and yes/no pass as they are (yes is 1); other columns have no value at all.
    AsIs,
    /// The input's value of each of the column's levels; NaN for a level the model has never seen.
    OfLevels(Vec<f64>),
    /// The input's value of each number, ascending; other numbers are levels the model has never seen.
    OfNumbers(Vec<(f64, f64)>),
    /// The input's value of no and yes.
    OfTruth([f64; 2]),
    /// The input's value of each text.
    OfTexts(HashMap<String, f64>),
    /// Texts that are written numbers.
    Written,
    /// The input's value of each text, also of whole numbers, by its hash.
    OfHashes(TextHashes),
    /// As the first, and a number for every cell that holds something the first does not know.
    Open(Box<Self>, f64),
}

impl Coding {
    /// The coding of `column` for `input`, or why there is none. Levels the model has never seen become a warning.
    pub fn of(input: &Input, column: &Column, warnings: &mut Vec<String>) -> Result<Self, String> {
        let values = &column.values;
        if (0..values.len()).all(|i| values.is_missing(i)) {
            return Ok(Self::AsIs);
        }
        match &input.kind {
            InputKind::Number | InputKind::Codes => as_number(column),
            InputKind::Levels(levels) => {
                let (coding, unseen) = as_level(column, levels)?;
                warn(column, &unseen, "treated as missing", warnings);
                Ok(coding)
            }
            InputKind::Hashes(known) => as_hash(column, TextHashes::new(Some(known)), warnings),
            InputKind::Hash => as_hash(column, TextHashes::new(None), warnings),
            InputKind::OpenLevels(levels) => {
                let (coding, unseen) = as_level(column, levels)?;
                warn(column, &unseen, "scored as the model scores unknown levels", warnings);
                Ok(Self::Open(Box::new(coding), levels.len() as f64))
            }
        }
    }

    /// The input's value for row `i`; NaN when missing or never seen.
    pub fn value(&self, source: &Values, i: usize) -> f64 {
        let unseen = f64::NAN;
        match (self, source) {
            (Self::AsIs, Values::Number { values, .. }) => values.get(i).copied().unwrap_or(unseen),
            (Self::AsIs, Values::YesNo(_)) => source.position(i),
            (Self::OfLevels(of), Values::Category { codes, .. }) => match codes.get(i) {
                Some(&code) if code != MISSING_CODE => of.get(code as usize).copied().unwrap_or(unseen),
                _ => unseen,
            },
            (Self::OfNumbers(of), Values::Number { values, .. }) => {
                values.get(i).and_then(|v| place_of(of, *v)).unwrap_or(unseen)
            }
            (Self::OfTruth(of), Values::YesNo(flags)) => {
                flags.get(i).and_then(|f| of.get(usize::from(*f))).copied().unwrap_or(unseen)
            }
            (Self::OfTexts(of), Values::Text(texts)) => texts.get(i).and_then(|t| of.get(t)).copied().unwrap_or(unseen),
            (Self::OfHashes(of), Values::Text(texts)) => texts.get(i).map_or(unseen, |text| of.of(text)),
            (Self::OfHashes(of), Values::Number { values, .. }) => values.get(i).map_or(unseen, |v| of.of_number(*v)),
            (Self::Written, Values::Text(texts)) => texts.get(i).and_then(written).unwrap_or(unseen),
            (Self::Open(known, other), _) => match known.value(source, i) {
                value if value.is_nan() && !source.is_missing(i) => *other,
                value => value,
            },
            _ => unseen,
        }
    }
}

fn warn(column: &Column, unseen: &[String], fate: &str, warnings: &mut Vec<String>) {
    if !unseen.is_empty() {
        let name = &column.name;
        warnings.push(format!("“{name}” has levels the model has never seen, {fate}: {}", unseen.join(", ")));
    }
}

/// A text as the number it writes; `None` for anything else, NaN included.
fn written(text: &str) -> Option<f64> {
    super::infer::number(text, false)
}

fn place_of(of: &[(f64, f64)], value: f64) -> Option<f64> {
    // Adding zero turns the negative zero into the positive one.
    let found = of.binary_search_by(|(level, _)| level.total_cmp(&(value + 0.0))).ok()?;
    of.get(found).map(|(_, place)| *place)
}

fn as_number(column: &Column) -> Result<Coding, String> {
    let name = &column.name;
    match &column.values {
        Values::Number { .. } | Values::YesNo(_) => Ok(Coding::AsIs),
        Values::Category { levels, .. } => {
            let of: Option<Vec<f64>> = levels.iter().map(|l| written(l)).collect();
            of.map(Coding::OfLevels).ok_or_else(|| {
                let odd = levels.iter().find(|l| written(l).is_none()).map_or("", |l| l);
                format!("“{name}” is a category column (it holds “{odd}”), but the model wants numbers")
            })
        }
        Values::Text(texts) => match (0..texts.len()).find(|i| texts.get(*i).is_some_and(|t| written(t).is_none())) {
            None => Ok(Coding::Written),
            Some(row) => {
                let odd = crate::base::text::shorten(texts.get(row).unwrap_or(""), 40);
                Err(format!("“{name}” is a text column (it holds “{odd}” in row {row}), but the model wants numbers"))
            }
        },
        Values::Date { .. } => Err(format!("“{name}” is a date column, but the model wants numbers")),
    }
}

/// The coding of a column against the model's levels, and at most five levels of its own that the model lacks.
fn as_level(column: &Column, levels: &[String]) -> Result<(Coding, Vec<String>), String> {
    let name = &column.name;
    let first = levels.first().map_or("", |l| l);
    match &column.values {
        Values::Category { levels: own, .. } => {
            let places = places(levels);
            let of: Vec<f64> = own.iter().map(|l| places.get(l.as_str()).copied().unwrap_or(f64::NAN)).collect();
            let unseen = own.iter().zip(&of).filter(|(_, place)| place.is_nan()).map(|(l, _)| quoted(l));
            let unseen = unseen.take(5).collect();
            Ok((Coding::OfLevels(of), unseen))
        }
        Values::Text(texts) => {
            let places = places(levels);
            let mut unseen = Vec::new();
            for text in (0..texts.len()).filter_map(|i| texts.get(i)).filter(|t| !places.contains_key(t)) {
                let text = quoted(text);
                if !unseen.contains(&text) {
                    unseen.push(text);
                }
                if unseen.len() == 5 {
                    break;
                }
            }
            let of = places.into_iter().map(|(level, place)| (level.to_owned(), place)).collect();
            Ok((Coding::OfTexts(of), unseen))
        }
        Values::Number { values, .. } => {
            let of = number_levels(levels)
                .ok_or_else(|| format!("“{name}” holds numbers, but the model wants levels such as “{first}”"))?;
            let mut unseen = Vec::new();
            for value in values.iter().filter(|v| !v.is_nan() && place_of(&of, **v).is_none()) {
                let text = quoted(&value.to_string());
                if !unseen.contains(&text) {
                    unseen.push(text);
                }
                if unseen.len() == 5 {
                    break;
                }
            }
            Ok((Coding::OfNumbers(of), unseen))
        }
        Values::YesNo(flags) => {
            let of = [truth_level(levels, NO), truth_level(levels, YES)];
            if of.iter().all(|place| place.is_nan()) {
                return Err(format!("“{name}” holds yes and no, but the model wants levels such as “{first}”"));
            }
            let lacks = |flag: u8, word: &str| {
                let absent = of.get(usize::from(flag)).is_some_and(|p| p.is_nan()) && flags.contains(&flag);
                absent.then(|| quoted(word))
            };
            Ok((Coding::OfTruth(of), [lacks(0, "no"), lacks(1, "yes")].into_iter().flatten().collect()))
        }
        Values::Date { .. } => Err(format!("“{name}” is a date column, but the model wants categories")),
    }
}

/// The coding of a column for a model that knows hashes of texts.
fn as_hash(column: &Column, of: TextHashes, warnings: &mut Vec<String>) -> Result<Coding, String> {
    let name = &column.name;
    let unseen: Vec<String> = of.unseen(column, 5).iter().map(|text| quoted(text)).collect();
    if !unseen.is_empty() {
        warnings.push(format!("“{name}” has categories the model has never seen: {}", unseen.join(", ")));
    }
    match &column.values {
        Values::Category { levels, .. } => Ok(Coding::OfLevels(levels.iter().map(|level| of.of(level)).collect())),
        Values::Text(_) | Values::Number { whole: true, .. } => Ok(Coding::OfHashes(of)),
        Values::Number { .. } => Err(format!("“{name}” holds fractions, but the model wants categories")),
        Values::YesNo(_) => {
            let [no, yes] = of.spelling();
            warnings.push(format!(
                "“{name}” holds yes and no; the model knows categories only by their hash, so they are read as “{no}”                  and “{yes}”"
            ));
            Ok(Coding::OfTruth([of.of(no), of.of(yes)]))
        }
        Values::Date { .. } => Err(format!("“{name}” is a date column, but the model wants categories")),
    }
}

fn quoted(text: &str) -> String {
    format!("“{}”", crate::base::text::shorten(text, 40))
}

fn places(levels: &[String]) -> HashMap<&str, f64> {
    // The first of equal levels wins, as in the libraries.
    levels.iter().enumerate().rev().map(|(k, level)| (level.as_str(), k as f64)).collect()
}

/// The model's levels as numbers with their places, ascending; `None` unless all are numbers.
fn number_levels(levels: &[String]) -> Option<Vec<(f64, f64)>> {
    let parsed: Option<Vec<(f64, f64)>> =
        levels.iter().enumerate().map(|(k, l)| written(l).map(|v| (v + 0.0, k as f64))).collect();
    let mut parsed = parsed?;
    parsed.sort_by(|a, b| a.0.total_cmp(&b.0));
    parsed.dedup_by(|later, first| later.0.total_cmp(&first.0).is_eq());
    Some(parsed)
}

const NO: &[&str] = &["no", "false", "n", "f", "0", "0.0"];
const YES: &[&str] = &["yes", "true", "y", "t", "1", "1.0"];

fn truth_level(levels: &[String], words: &[&str]) -> f64 {
    let found = levels.iter().position(|l| words.iter().any(|w| l.trim().eq_ignore_ascii_case(w)));
    found.map_or(f64::NAN, |k| k as f64)
}
