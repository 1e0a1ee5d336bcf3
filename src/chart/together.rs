//! What charts say where columns go together so strongly that an answer leaves the data.

use crate::base::text;
use crate::data::Association;
use crate::data::association::STRONG;
use crate::explain::{Explanation, Shape};

use super::alt;
use super::kind::Subject;

/// Pairs named in one note.
const NAMED: usize = 3;

/// How a chart's numbers come about, as far as columns that go together matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Values of reference rows stand in for single columns: marginal Shapley values of any method.
    Marginal,
    /// Branches are weighed by the training rows that took them.
    PathDependent,
    /// One column is set to a value in all rows: partial dependence, individual curves, Friedman's H.
    Set,
    /// One column is dealt to other rows.
    Shuffled,
}

impl Reading {
    /// That of an answer: methods without a reference set follow the training rows.
    pub fn of(explanation: &Explanation) -> Self {
        match explanation.body.shape() {
            Shape::Importance => Self::Shuffled,
            Shape::Curves | Shape::Strengths => Self::Set,
            Shape::Attribution | Shape::Interactions if explanation.provenance.background.is_some() => Self::Marginal,
            Shape::Attribution | Shape::Interactions => Self::PathDependent,
        }
    }

    /// What this means where columns go together, one sentence.
    pub fn consequence(self) -> &'static str {
        match self {
            Self::Marginal => {
                "The method puts values of reference rows in place of one column without the other, so that it asks the \
                 model about combinations that may lie outside the data."
            }
            Self::PathDependent => {
                "The method follows the training rows’ shares at every split, so that one column may be given what the \
                 model takes from the other."
            }
            Self::Set => {
                "The curve sets one column and keeps the other, so that it passes combinations that may lie outside the \
                 data."
            }
            Self::Shuffled => {
                "Shuffling one column alone makes rows that may lie outside the data, and each may look unimportant \
                 because the other is left."
            }
        }
    }
}

/// The note on one feature and those that go together with it; `None` where there are none.
pub fn of_feature(subject: &Subject<'_>, feature: usize, reading: Reading) -> Option<String> {
    let column = *subject.link?.columns.get(feature)?;
    let found: Vec<(usize, &Association)> = subject.associations?.with(column).collect();
    let (_, first) = found.first()?;
    let alike = found.iter().all(|(_, pair)| pair.rows == first.rows);
    let mut before = None;
    let other = |&(other, pair): &(usize, &Association)| {
        let mut inside = vec![text::number(pair.value)];
        if before.replace(pair.measure) != Some(pair.measure) {
            inside[0] = format!("{} {}", pair.measure.title(), inside[0]);
        }
        inside.extend((!alike).then(|| rows(subject, pair)).flatten());
        Some(format!("{} ({})", name(subject, other)?, inside.join(", ")))
    };
    let named: Vec<String> = found.iter().take(NAMED).filter_map(other).collect();
    let over = if alike { format!(", over {}", rows(subject, first)?) } else { String::new() };
    Some(format!(
        "{} goes together with {}{}{over}. {}",
        name(subject, column)?,
        alt::list(&named),
        further(found.len()),
        reading.consequence()
    ))
}

/// The note on pairs among some features; `None` where there are none.
pub fn of_features(subject: &Subject<'_>, features: &[usize], reading: Reading) -> Option<String> {
    let link = subject.link?;
    let columns: Vec<usize> = features.iter().filter_map(|j| link.columns.get(*j).copied()).collect();
    let held = |a: &&Association| columns.contains(&a.first) && columns.contains(&a.second);
    note(subject, &subject.associations?.strong.iter().filter(held).collect::<Vec<&Association>>(), reading)
}

/// The strong pairs of an answer's columns in words, for its passport: each with its measure, then where they begin and
/// what that means. Empty where there are none.
pub fn facts(subject: &Subject<'_>, reading: Reading) -> Vec<String> {
    let Some(found) = subject.associations.filter(|found| !found.strong.is_empty()) else { return Vec::new() };
    let named = found.strong.iter().take(3 * NAMED);
    let mut facts: Vec<String> = named.filter_map(|pair| words(subject, pair)).map(|pair| format!("{pair}.")).collect();
    let unnamed = found.strong.len().saturating_sub(3 * NAMED);
    if unnamed > 0 {
        facts.push(format!("{} of columns that go together.", text::counted(unnamed, "further pair")));
    }
    facts.push(format!(
        "Pairs are named from {} on (Dormann et al. 2013, Collinearity). {}",
        text::number(STRONG),
        reading.consequence()
    ));
    facts
}

fn note(subject: &Subject<'_>, found: &[&Association], reading: Reading) -> Option<String> {
    let named: Vec<String> = found.iter().take(NAMED).filter_map(|pair| words(subject, pair)).collect();
    (!named.is_empty()).then(|| format!("{}{}. {}", alt::list(&named), further(found.len()), reading.consequence()))
}

/// What was found beyond what is named.
fn further(found: usize) -> String {
    let more = found.saturating_sub(NAMED);
    if more > 0 { format!(", and {more} more") } else { String::new() }
}

fn name<'a>(subject: &Subject<'a>, column: usize) -> Option<&'a str> {
    subject.data?.columns().get(column).map(|c| c.name.as_ref())
}

/// `19 900 rows drawn from 53 940`.
fn rows(subject: &Subject<'_>, pair: &Association) -> Option<String> {
    let found = subject.associations?;
    let of = if found.rows < found.total { format!(" drawn from {}", text::count(found.total)) } else { String::new() };
    Some(format!("{}{of}", text::counted(pair.rows, "row")))
}

/// `age and years employed go together (Spearman’s rank correlation 0.83, 1 000 rows)`.
fn words(subject: &Subject<'_>, pair: &Association) -> Option<String> {
    Some(format!(
        "{} and {} go together ({} {}, {})",
        name(subject, pair.first)?,
        name(subject, pair.second)?,
        pair.measure.title(),
        text::number(pair.value),
        rows(subject, pair)?
    ))
}
