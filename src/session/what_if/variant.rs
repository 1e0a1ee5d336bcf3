//! An edited row with its prediction and its explanation, and which of its values the data do not hold.

use std::sync::Arc;

use crate::base::{Problem, text};
use crate::data::dates::{DAY_MILLIS, iso};
use crate::data::{Dataset, InputKind, Link, TableProfile, Value};
use crate::explain::{Answers, Explanation, Shape};
use crate::model::{ModelCard, Scale};

/// Everything known about an edited row. Cloning copies pointers and a few numbers.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What it is called: `Row 12, 2 values changed`.
    pub name: Arc<str>,
    /// Its cells, in column order.
    pub values: Arc<[Value]>,
    /// The row as a table of its own, its only row being row 0.
    pub data: Arc<Dataset>,
    /// How that table feeds the model.
    pub link: Arc<Link>,
    /// Inputs of the model.
    pub inputs: Arc<[f64]>,
    /// The prediction of every output, as the whole table is predicted.
    pub predictions: Vec<f64>,
    /// The same of the row it started from.
    pub start: Vec<f64>,
    /// Unit of both.
    pub scale: Scale,
    /// Per column, what is unusual about its value.
    pub marks: Vec<Mark>,
    /// Attributions of the row, once known.
    pub answers: Answers,
    /// What a reader must know about the explanation now, in one sentence; empty when it is final.
    pub stage: String,
    /// Why there is no explanation.
    pub problem: Option<Problem>,
}

impl Variant {
    /// The attributions, once known.
    pub fn explanation(&self) -> Option<&Arc<Explanation>> {
        self.answers.get(Shape::Attribution)
    }
}

/// What is unusual about one value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// How it lies outside the table's column.
    pub outside: Option<Outside>,
    /// What the model makes of a level it has never seen.
    pub unseen: Option<&'static str>,
}

/// How a value lies outside the values of its column.
#[derive(Clone, Debug, PartialEq)]
pub enum Outside {
    /// Below the smallest number.
    Below(f64),
    /// Above the largest number.
    Above(f64),
    /// A level or text that no row holds.
    NotHeld,
    /// Missing, where no row misses it.
    NeverMissing,
    /// Before the first date, in milliseconds since 1970-01-01 UTC.
    Before(i64),
    /// After the last date, likewise.
    After(i64),
}

impl Mark {
    /// Whether there is anything to say.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// What is unusual, in words; empty when nothing is.
    pub fn words(&self) -> String {
        let outside = self.outside.as_ref().map(|outside| match outside {
            Outside::Below(least) => format!("Below the data, which begin at {}", text::significant(*least, 6)),
            Outside::Above(most) => format!("Above the data, which end at {}", text::significant(*most, 6)),
            Outside::NotHeld => "No row of the table holds this value".to_owned(),
            Outside::NeverMissing => "No row of the table misses this value".to_owned(),
            Outside::Before(first) => format!("Before the data, which begin at {}", moment(*first)),
            Outside::After(last) => format!("After the data, which end at {}", moment(*last)),
        });
        let unseen = self.unseen.map(|fate| format!("The model has never seen this level; it is {fate}"));
        outside.into_iter().chain(unseen).collect::<Vec<_>>().join(". ")
    }
}

/// How a value lies outside column `column` of the table. Cost O(levels) for levels, O(1) for numbers.
pub fn outside(data: &Dataset, profile: Option<&TableProfile>, column: usize, value: &Value) -> Option<Outside> {
    let known = profile?.columns.get(column)?;
    match value {
        Value::Missing => (known.missing == 0).then_some(Outside::NeverMissing),
        Value::Number(v) => match known.numbers {
            Some(numbers) if *v < numbers.min => Some(Outside::Below(numbers.min)),
            Some(numbers) if *v > numbers.max => Some(Outside::Above(numbers.max)),
            Some(_) => None,
            None => Some(Outside::NotHeld),
        },
        Value::Text(level) => {
            let frequent = known.levels.iter().any(|(name, _)| name == level);
            (!frequent && !data.columns().get(column)?.values.holds(level)).then_some(Outside::NotHeld)
        }
        Value::YesNo(yes) => {
            let word = if *yes { "yes" } else { "no" };
            (!known.levels.iter().any(|(name, _)| name == word)).then_some(Outside::NotHeld)
        }
        // Milliseconds of all dates that can be written are whole numbers to f64.
        Value::Date(millis) => match known.numbers {
            Some(dates) if (*millis as f64) < dates.min => Some(Outside::Before(dates.min as i64)),
            Some(dates) if (*millis as f64) > dates.max => Some(Outside::After(dates.max as i64)),
            Some(_) => None,
            None => Some(Outside::NotHeld),
        },
    }
}

/// A date in words, its time of day only where it has one.
fn moment(millis: i64) -> String {
    iso(millis, millis.rem_euclid(DAY_MILLIS) == 0)
}

/// What the model makes of a present value that became `input`, where it is a level that the model has never seen.
pub fn unseen(kind: &InputKind, value: &Value, input: f64) -> Option<&'static str> {
    if value.is_missing() {
        return None;
    }
    match kind {
        InputKind::Number | InputKind::Codes | InputKind::Hash => input.is_nan().then_some("treated as missing"),
        InputKind::Levels(_) => input.is_nan().then_some("treated as missing"),
        InputKind::OpenLevels(levels) => {
            (input as usize >= levels.len()).then_some("scored as the model scores unknown levels")
        }
        InputKind::Hashes(hashes) => {
            (input as usize >= hashes.len()).then_some("scored as the model scores unknown levels")
        }
    }
}

/// The marks of all columns: what lies outside the table, also where the model does not read it, and what the model has
/// never seen.
pub fn marks(
    (data, profile): (&Dataset, Option<&TableProfile>),
    (card, link): (&ModelCard, &Link),
    (values, inputs): (&[Value], &[f64]),
) -> Vec<Mark> {
    let all = values.iter().enumerate();
    let outside = |(k, value)| Mark { outside: outside(data, profile, k, value), unseen: None };
    let mut marks: Vec<Mark> = all.map(outside).collect();
    for ((input, column), number) in card.inputs.iter().zip(&link.columns).zip(inputs) {
        let (Some(mark), Some(value)) = (marks.get_mut(*column), values.get(*column)) else { continue };
        mark.unseen = mark.unseen.or(unseen(&input.kind, value, *number));
    }
    marks
}
