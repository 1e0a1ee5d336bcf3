//! Steps in front of an estimator: each turns a row into another row.
//!
//! A family of transformers is one file here and one line in `TRANSFORMERS`. The inputs of the whole are the columns as
//! they stand in the table: a text column that an encoder reads is an input with the encoder's levels.

mod bins;
pub mod columns;
mod encoder;
pub mod function;
mod imputer;
pub mod lower;
mod polynomial;
mod scaler;
mod select;
mod union;

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

    /// The input that value `output` is made of.
    fn source(&self, output: usize) -> Option<usize>;

    /// Value `output` when its input is `value`.
    fn one(&self, output: usize, value: f64) -> f64;

    /// Whether value `output` never falls while its input rises. Below its domain it may be NaN; then it is at −∞, too.
    fn rises(&self, output: usize) -> bool;

    /// Slope and start, when value `output` is a line of its input.
    fn line(&self, _output: usize) -> Option<(f64, f64)> {
        None
    }

    /// Makes missing texts mean these levels; false when the step reads no texts.
    fn fill(&mut self, _levels: &[String]) -> bool {
        false
    }
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
];

/// Steps one after the other.
pub struct Chain {
    steps: Vec<Box<dyn Step>>,
    width: usize,
}

impl Chain {
    /// The steps of the transformers `all`; the first is given `width` values.
    pub fn read(reading: &Reading<'_>, all: &[At<'_>], width: usize) -> Result<Self, ModelError> {
        let mut steps: Vec<Box<dyn Step>> = Vec::new();
        let mut at_hand = width;
        let mut fill: Option<Vec<String>> = None;
        for at in all {
            if let Some(levels) = imputer::texts(at)? {
                if !steps.is_empty() || fill.is_some() {
                    return Err(unsupported(
                        at,
                        "it fills texts behind another step",
                        "Put the imputer of texts first",
                    ));
                }
                fill = Some(levels);
                continue;
            }
            let mut step = read(reading, at, at_hand)?;
            if let Some(levels) = fill.take()
                && !step.fill(&levels)
            {
                return Err(unsupported(
                    at,
                    "it reads filled texts and is no encoder",
                    "Put an encoder behind the imputer",
                ));
            }
            if !steps.is_empty() && step.kinds().iter().any(|k| *k != InputKind::Number) {
                return Err(unsupported(at, "it encodes texts behind another step", "Put the encoder first"));
            }
            at_hand = step.width();
            steps.push(step);
        }
        if fill.is_some() {
            return Err(unsupported(&all[0], "it fills texts that nothing encodes", "Put an encoder behind it"));
        }
        Ok(Self { steps, width })
    }

    /// The steps and the value of each that lead to value `output`, from the first on.
    fn path(&self, output: usize) -> Option<Vec<(&dyn Step, usize)>> {
        let mut path = Vec::new();
        let mut at = output;
        for step in self.steps.iter().rev() {
            path.push((step.as_ref(), at));
            at = step.source(at)?;
        }
        path.reverse();
        Some(path)
    }
}

impl Step for Chain {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let Some((last, first)) = self.steps.split_last() else {
            out.extend_from_slice(row);
            return;
        };
        let mut values = row.to_vec();
        for step in first {
            let mut next = Vec::with_capacity(step.width());
            step.apply(&values, &mut next);
            values = next;
        }
        last.apply(&values, out);
    }

    fn source(&self, output: usize) -> Option<usize> {
        self.steps.iter().rev().try_fold(output, |at, step| step.source(at)).filter(|at| *at < self.width)
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        let path = self.path(output).unwrap_or_default();
        path.into_iter().fold(value, |value, (step, at)| step.one(at, value))
    }

    fn rises(&self, output: usize) -> bool {
        let Some(path) = self.path(output) else { return false };
        // What lies below the domain of a function must not be filled in behind it.
        let mut lowest = f64::NEG_INFINITY;
        path.iter().all(|(step, at)| {
            let outside = lowest.is_nan();
            lowest = step.one(*at, lowest);
            step.rises(*at) && (!outside || lowest.is_nan())
        })
    }

    fn line(&self, output: usize) -> Option<(f64, f64)> {
        let path = self.path(output)?;
        path.into_iter().try_fold((1.0, 0.0), |(slope, start), (step, at)| {
            let (by, moved) = step.line(at)?;
            Some((slope * by, start * by + moved))
        })
    }

    fn width(&self) -> usize {
        self.steps.last().map_or(self.width, |step| step.width())
    }

    fn kinds(&self) -> Vec<InputKind> {
        self.steps.first().map_or_else(|| vec![InputKind::Number; self.width], |step| step.kinds())
    }
}

/// The step that the transformer at `at` makes of `width` values. Refuses a class without a reader by its name.
pub fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    if at.text().is_ok_and(|word| word == "passthrough") || at.is_nothing() {
        return Ok(Box::new(Chain { steps: Vec::new(), width }));
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
        let what = format!("the step is {}, which is not known", at.described());
        return Err(unsupported(
            at,
            &what,
            "Use scikit-learn's scalers, imputers, encoders, selectors or bins, or save the estimator alone",
        ));
    };
    reading.deeper(at, || (transformer.read)(reading, at, width))
}

/// The transformers and the estimator of a pipeline.
pub fn steps<'d>(at: &At<'d>) -> Result<Vec<At<'d>>, ModelError> {
    named(at, "steps")
}

/// The values of an attribute that is a list of names and values.
fn named<'d>(at: &At<'d>, key: &str) -> Result<Vec<At<'d>>, ModelError> {
    let mut all = Vec::new();
    for pair in at.field(key)?.items()? {
        let [name, step] = pair.items()?.try_into().map_err(|_error| pair.wrong("a name and a step"))?;
        all.push(step.renamed(format!("{}.{}", at.place(), name.text()?.chars().take(40).collect::<String>())));
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
