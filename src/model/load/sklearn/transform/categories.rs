//! The categories of one column that an encoder reads.

use std::sync::Arc;

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::reading::{Reading, unsupported};

/// The categories of one column.
pub struct Categories {
    /// Numbers of the categories; empty for texts, whose value is the level's number already.
    numbers: Vec<f64>,
    levels: Vec<String>,
    /// The category of NaN, when training saw some; `None` of Python is a category like others.
    missing: Option<usize>,
    /// The category that a missing value belongs to: that of NaN or `None`, unless a text is filled in.
    gap: Option<usize>,
    count: usize,
    /// Whether the encoder has an answer for a level that training did not see.
    open: bool,
}

impl Categories {
    /// The lists in `categories_`, one for each of `width` columns.
    pub fn all(reading: &Reading<'_>, at: &At<'_>, (width, open): (usize, bool)) -> Result<Vec<Self>, ModelError> {
        let lists = at.optional("categories_").ok_or_else(|| at.refuse("the encoder is not fitted"))?.items()?;
        if lists.len() != width {
            return Err(at.refuse(format!("{} lists of categories for {width} columns", lists.len())));
        }
        let mut all = Vec::new();
        for list in &lists {
            reading.charge(list.array()?.count().saturating_mul(4), list)?;
            all.push(Self { open, ..Self::read(list)? });
        }
        Ok(all)
    }

    fn read(list: &At<'_>) -> Result<Self, ModelError> {
        let array = list.array()?;
        let count = array.count();
        let of = |numbers, levels, gap| Self { numbers, levels, missing: gap, gap, count, open: false };
        if let Ok(numbers) = array.reals() {
            let missing = numbers.iter().position(|n| n.is_nan());
            return Ok(of(numbers, Vec::new(), missing));
        }
        let mut levels = array.labels()?;
        // Missing texts come last: None, then NaN.
        let gap = levels.iter().position(|label| matches!(label.as_str(), "None" | "nan" | "NaN"));
        if gap.is_some_and(|place| place + 1 != count) {
            return Err(unsupported(list, "both None and NaN are categories", "Use one kind of missing value"));
        }
        let nothing = levels.last().is_some_and(|label| label == "None");
        levels.truncate(gap.unwrap_or(count));
        let column = of(Vec::new(), levels, gap);
        Ok(Self { missing: gap.filter(|_| !nothing), ..column })
    }

    /// The category of a value; `None` for one that training did not see.
    pub fn of(&self, value: f64) -> Option<usize> {
        if value.is_nan() {
            return self.gap;
        }
        if self.numbers.is_empty() {
            return (value >= 0.0 && value < self.levels.len() as f64).then_some(value as usize);
        }
        self.numbers.iter().position(|n| *n == value)
    }

    /// The category of NaN in training.
    pub fn missing(&self) -> Option<usize> {
        self.missing
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Makes a missing text mean `level`, which training need not have seen; false where the column holds numbers.
    pub fn fill(&mut self, level: &str) -> bool {
        self.gap = self.levels.iter().position(|known| known == level);
        self.numbers.is_empty()
    }

    /// What values the column takes.
    pub fn kind(&self) -> InputKind {
        let levels = || Arc::from(self.levels.as_slice());
        match (self.numbers.is_empty(), self.open) {
            (false, _) => InputKind::Number,
            (true, true) => InputKind::OpenLevels(levels()),
            (true, false) => InputKind::Levels(levels()),
        }
    }
}

/// Makes missing texts mean `levels`, one for each column; false where that is not possible.
pub fn fill<'c>(mut columns: impl Iterator<Item = &'c mut Categories>, levels: &[String]) -> bool {
    levels.iter().all(|level| columns.next().is_some_and(|column| column.fill(level))) && columns.next().is_none()
}
