//! What a split asks of one input, in the terms of the tree engine.

use crate::model::Missing;
use crate::model::trees::CategorySet;

/// A question of a node: right when CatBoost's split says yes.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The input.
    pub feature: u32,
    /// What a number is compared with.
    pub threshold: f64,
    /// Where a missing value goes.
    pub missing: Missing,
    /// The categories, when the input is one.
    pub set: Option<CategorySet>,
}

impl Ask {
    /// Right above `border`.
    pub fn above(feature: usize, border: f32, missing_above: bool) -> Self {
        let missing = if missing_above { Missing::Right } else { Missing::Left };
        Self { feature: feature as u32, threshold: border.into(), missing, set: None }
    }

    /// Right for the codes of which `yes` holds, and for every other value when `others` says so.
    pub fn among(feature: usize, codes: usize, yes: impl Fn(usize) -> bool, others: bool) -> Self {
        let mut words = vec![0_u64; codes.div_ceil(64)];
        for code in (0..codes).filter(|code| yes(*code) != others) {
            if let Some(word) = words.get_mut(code / 64) {
                *word |= 1 << (code % 64);
            }
        }
        words.truncate(words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1));
        let missing = if others { Missing::Right } else { Missing::Left };
        let set = Some(CategorySet { words, matching_goes_left: others });
        Self { feature: feature as u32, threshold: 0.0, missing, set }
    }
}

/// The questions of all splits that trees use; `None` where no tree uses it.
pub type Asks = Vec<Option<Ask>>;
