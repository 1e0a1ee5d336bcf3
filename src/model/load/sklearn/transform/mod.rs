//! Steps in front of an estimator: each turns a row into another row.
//!
//! A family of transformers is one file here and one line in `TRANSFORMERS`. The inputs of the whole are the columns as
//! they stand in the table: a text column that an encoder reads is an input with the encoder's levels.

mod binarizer;
mod bins;
mod categories;
mod chain;
pub mod columns;
mod encoder;
pub mod function;
mod imputer;
mod indicator;
pub mod lower;
mod normalizer;
mod polynomial;
mod power;
mod projection;
mod quantile;
mod scaler;
mod select;
mod spline;
mod spread;
mod target_encoder;
mod union;
mod unread;
mod weighted;

pub use chain::Chain;
pub use spread::over;

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::pickle::At;
use super::reading::{Reading, unsupported};

/// One step.
pub trait Step: Send + Sync {
    /// Appends what the step makes of a row to `out`.
    fn apply(&self, row: &[f64], out: &mut Vec<f64>);

    /// Values it makes of a row.
    fn width(&self) -> usize;

    /// What values its inputs take, one per value it reads.
    fn kinds(&self) -> Vec<InputKind>;

    /// The input that value `output` is made of; `None` where it is made of several, and so for a step that says nothing.
    fn source(&self, _output: usize) -> Option<usize> {
        None
    }

    /// Value `output` when its input is `value`.
    fn one(&self, _output: usize, _value: f64) -> f64 {
        f64::NAN
    }

    /// Whether value `output` never falls while its input rises. Below its domain it may be NaN; then it is at −∞, too.
    fn rises(&self, _output: usize) -> bool {
        false
    }

    /// Slope and start, when value `output` is a line of its input.
    fn line(&self, _output: usize) -> Option<(f64, f64)> {
        None
    }

    /// The weights of its inputs, when value `output` is a weighted sum of them.
    fn mix(&self, output: usize) -> Option<Mix> {
        let (slope, start) = self.line(output)?;
        Some(Mix { weights: vec![(self.source(output)?, slope)], start })
    }

    /// The name of the step that makes one value of several columns, when there is one.
    fn mixes(&self) -> Option<&str> {
        None
    }

    /// Whether input `input` matters to any value; a step may leave columns out.
    fn reads(&self, _input: usize) -> bool {
        true
    }

    /// Makes missing texts mean these levels; false when the step reads no texts.
    fn fill(&mut self, _levels: &[String]) -> bool {
        false
    }
}

/// A weighted sum of inputs.
pub struct Mix {
    /// Inputs and their weights.
    pub weights: Vec<(usize, f64)>,
    /// What is added.
    pub start: f64,
}

/// A step, or why there is none.
pub type Made = Result<Box<dyn Step>, ModelError>;

/// A family of transformers.
pub struct Transformer {
    /// Packages and class names.
    pub classes: &'static [(&'static str, &'static str)],
    /// Reads a step that is given `width` values.
    pub read: fn(&Reading<'_>, &At<'_>, usize) -> Made,
}

/// Every family of transformers.
pub static TRANSFORMERS: &[&Transformer] = &[
    &scaler::STEP,
    &imputer::STEP,
    &encoder::STEP,
    &columns::STEP,
    &function::STEP,
    &select::STEP,
    &polynomial::STEP,
    &bins::STEP,
    &union::STEP,
    &binarizer::STEP,
    &indicator::STEP,
    &normalizer::STEP,
    &power::STEP,
    &projection::STEP,
    &quantile::STEP,
    &spline::STEP,
    &target_encoder::STEP,
];

/// The step that the transformer at `at` makes of `width` values. Refuses a class without a reader by its name.
pub fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    if at.text().is_ok_and(|word| word == "passthrough") || at.is_nothing() {
        return Ok(Box::new(Chain::of(Vec::new(), width)));
    }
    let (module, name) = at.class().unwrap_or_default();
    if module.starts_with("sklearn.pipeline") && name == "Pipeline" {
        return reading.deeper(at, || Ok(Box::new(Chain::read(reading, &steps(at)?, width)?) as Box<dyn Step>));
    }
    let inside =
        |package: &str| module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let found =
        TRANSFORMERS.iter().find(|t| t.classes.iter().any(|(package, class)| *class == name && inside(package)));
    let Some(transformer) = found else {
        return Err(match unread::find(name).filter(|_| module.starts_with("sklearn.")) {
            Some((what, hint)) => unsupported(at, &format!("{name} {what}"), hint),
            None => unsupported(at, &format!("the step is {}, which is not known", at.described()), UNKNOWN),
        });
    };
    reading.deeper(at, || (transformer.read)(reading, at, width))
}

/// What to do about a step that nobody knows.
const UNKNOWN: &str = "Use scikit-learn's scalers, imputers, encoders, selectors or bins, or save the estimator alone";

/// The transformers and the estimator of a pipeline.
pub fn steps<'d>(at: &At<'d>) -> Result<Vec<At<'d>>, ModelError> {
    named(at, "steps")
}

/// The values of an attribute that is a list of names and values.
fn named<'d>(at: &At<'d>, key: &str) -> Result<Vec<At<'d>>, ModelError> {
    Ok(pairs(at, key)?.into_iter().map(|(_, value)| value).collect())
}

/// The names and values of an attribute that is a list of both.
fn pairs<'d>(at: &At<'d>, key: &str) -> Result<Vec<(&'d str, At<'d>)>, ModelError> {
    let mut all = Vec::new();
    for pair in at.field(key)?.items()? {
        let [name, step] = pair.items()?.try_into().map_err(|_error| pair.wrong("a name and a step"))?;
        let name = name.text()?;
        all.push((name, step.renamed(format!("{}.{}", at.place(), name.chars().take(40).collect::<String>()))));
    }
    Ok(all)
}

/// One number per value that a step is given, from an attribute that may be `None`.
fn numbers(at: &At<'_>, key: &str, width: usize) -> Result<Option<Vec<f64>>, ModelError> {
    let Some(stored) = at.optional(key) else { return Ok(None) };
    let values = stored.array()?.reals()?;
    match values.len() == width {
        true => Ok(Some(values)),
        false => Err(stored.refuse(format!("{} numbers for {width} columns", values.len()))),
    }
}
