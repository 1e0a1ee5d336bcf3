//! A linear form behind encoders and imputers: one term for each input of the model, in f64.

use std::collections::BTreeMap;

use crate::model::additive::Additive;
use crate::num::MatrixView;

use super::columns::{Column, Content};

/// What a column of the table becomes before its weights.
#[derive(Clone, Debug)]
enum Made {
    /// Moved and scaled; a missing value becomes `filled`, when it is filled.
    Number { factor: f64, added: f64, filled: Option<f64> },
    /// A number for each level, and one more for all others.
    Levels(Vec<f64>),
    /// A number for each code, and one for all others.
    Codes(BTreeMap<i64, f64>, f64),
}

#[derive(Clone, Debug)]
struct Term {
    made: Made,
    /// One for each output.
    weights: Vec<f64>,
}

/// `intercept[k] + Σ_j term_j(x_j)[k]`.
#[derive(Clone, Debug)]
pub struct Terms {
    intercept: Vec<f64>,
    /// For each input the terms that are made of it.
    terms: Vec<Vec<Term>>,
}

impl Terms {
    /// Terms of `inputs` inputs: columns and their weights, one for each output. `None` for what has no form here.
    pub fn new(intercept: Vec<f64>, inputs: usize, parts: Vec<(&Column<'_>, Vec<f64>)>) -> Option<Self> {
        let mut terms = vec![Vec::new(); inputs];
        let mut finite = intercept.iter().all(|v| v.is_finite());
        for (column, weights) in parts {
            let made = made(column)?;
            finite &= weights.iter().all(|w| w.is_finite()) && made.is_finite();
            terms.get_mut(column.input)?.push(Term { made, weights });
        }
        finite.then_some(Self { intercept, terms })
    }

    /// The sums of many rows; NaN where a missing value is not filled. `out` has shape (rows, outputs).
    pub fn evaluate(&self, rows: MatrixView<'_>, out: &mut [f64]) {
        let outputs = self.intercept.len().max(1);
        for (i, sums) in out.chunks_exact_mut(outputs).enumerate().take(rows.rows()) {
            sums.copy_from_slice(&self.intercept);
            for (x, terms) in rows.row(i).iter().zip(&self.terms) {
                for term in terms {
                    let value = term.made.of(*x);
                    sums.iter_mut().zip(&term.weights).for_each(|(sum, weight)| *sum += weight * value);
                }
            }
        }
    }
}

fn made(column: &Column<'_>) -> Option<Made> {
    Some(match &column.content {
        Content::Text => return None,
        Content::Table(values) => Made::Levels(values.iter().map(|v| f64::from(*v)).collect()),
        Content::Coded { codes, values } => {
            let other = f64::from(*values.last()?);
            Made::Codes(codes.iter().copied().zip(values.iter().map(|v| f64::from(*v))).collect(), other)
        }
        Content::Number { .. } => {
            let (factor, added) = column.affine()?;
            Made::Number { factor, added, filled: column.filled() }
        }
    })
}

impl Made {
    fn of(&self, x: f64) -> f64 {
        match self {
            Self::Number { filled: Some(filled), .. } if x.is_nan() => *filled,
            Self::Number { factor, added, .. } => factor * x + added,
            Self::Levels(values) => {
                let known = x >= 0.0 && x < values.len() as f64;
                let place = if known { x as usize } else { usize::MAX };
                values.get(place).or(values.last()).copied().unwrap_or(f64::NAN)
            }
            Self::Codes(codes, other) => {
                let known = x.abs() < 9.2e18;
                codes.get(&(x as i64)).filter(|_| known).copied().unwrap_or(*other)
            }
        }
    }

    fn is_finite(&self) -> bool {
        match self {
            Self::Number { factor, added, filled } => {
                factor.is_finite() && added.is_finite() && filled.is_none_or(f64::is_finite)
            }
            Self::Levels(values) => values.iter().all(|v| v.is_finite()),
            Self::Codes(codes, other) => codes.values().all(|v| v.is_finite()) && other.is_finite(),
        }
    }
}

impl Additive for Terms {
    fn intercept(&self) -> &[f64] {
        &self.intercept
    }

    fn term(&self, input: usize, x: f64, out: &mut [f64]) {
        out.fill(0.0);
        for term in self.terms.get(input).map_or(&[][..], Vec::as_slice) {
            let value = term.made.of(x);
            if !value.is_nan() {
                out.iter_mut().zip(&term.weights).for_each(|(sum, weight)| *sum += weight * value);
            }
        }
    }
}
