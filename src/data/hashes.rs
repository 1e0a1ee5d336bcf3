//! Cells as texts of which a model knows only hashes.

use std::collections::HashMap;

use crate::base::category_hash;

use super::column::{Column, Values};

/// How a text becomes the number of an input.
#[derive(Clone, Debug)]
pub struct TextHashes {
    /// Code of each hash the model knows; `None` when the hash is itself the number.
    codes: Option<HashMap<u32, f64>>,
}

/// How truth values may have been spelled when the model was trained: no and yes. CatBoost itself writes 0 and 1.
const SPELLINGS: [[&str; 2]; 7] =
    [["0", "1"], ["False", "True"], ["false", "true"], ["FALSE", "TRUE"], ["no", "yes"], ["No", "Yes"], ["NO", "YES"]];

impl TextHashes {
    /// Codes of `known` hashes, or none.
    pub fn new(known: Option<&[u32]>) -> Self {
        // The first of equal hashes wins.
        let codes = |known: &[u32]| known.iter().enumerate().rev().map(|(k, hash)| (*hash, k as f64)).collect();
        Self { codes: known.map(codes) }
    }

    /// The number of a text; one beyond the last code when the model does not know it.
    pub fn of(&self, text: &str) -> f64 {
        let hash = category_hash(text);
        match &self.codes {
            Some(codes) => codes.get(&hash).copied().unwrap_or(codes.len() as f64),
            None => f64::from(hash),
        }
    }

    /// The number of a whole number, in its decimal spelling.
    pub fn of_number(&self, value: f64) -> f64 {
        // Adding zero turns the negative zero into the positive one.
        if value.is_nan() { value } else { self.of(&format!("{}", value + 0.0)) }
    }

    /// The spelling of no and yes that the model knows.
    pub fn spelling(&self) -> [&'static str; 2] {
        let known = |pair: &&[&str; 2]| pair.iter().any(|word| self.knows(word));
        *SPELLINGS.iter().find(known).unwrap_or(&SPELLINGS[0])
    }

    fn knows(&self, text: &str) -> bool {
        self.codes.as_ref().is_none_or(|codes| codes.contains_key(&category_hash(text)))
    }

    /// At most `most` different texts of a column that the model does not know.
    pub fn unseen(&self, column: &Column, most: usize) -> Vec<String> {
        let mut unseen: Vec<String> = Vec::new();
        if self.codes.is_none() {
            return unseen;
        }
        let mut meet = |text: &str| {
            if !self.knows(text) && !unseen.iter().any(|u| u == text) {
                unseen.push(text.to_owned());
            }
            unseen.len() < most
        };
        match &column.values {
            Values::Category { levels, .. } => levels.iter().all(|level| meet(level)),
            Values::Text(texts) => (0..texts.len()).filter_map(|i| texts.get(i)).all(&mut meet),
            Values::Number { values, .. } => {
                values.iter().filter(|v| !v.is_nan()).all(|v| meet(&format!("{}", v + 0.0)))
            }
            Values::YesNo(_) => self.spelling().iter().all(|word| meet(word)),
            Values::Date { .. } => true,
        };
        unseen
    }
}
