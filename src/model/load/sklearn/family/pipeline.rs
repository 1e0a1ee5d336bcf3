//! Pipelines: steps, then an estimator. The inputs are the columns in front of the first step.

use std::fmt::{Debug, Formatter};
use std::sync::Arc;

use crate::model::tree_model::fits;
use crate::model::{Additive, LinearForm, Model, ModelCard, ModelError, Scale, Structure, TreeEnsemble};
use crate::num::{Matrix, MatrixView};

use super::super::super::pickle::At;
use super::super::part::{Core, Inputs, Part};
use super::super::reading::Reading;
use super::super::transform::{Chain, Step, lower, steps};
use super::{Family, decision_tree, linear, naive_bayes};

/// The family.
pub static FAMILY: Family = Family { classes: &[("sklearn.pipeline", "Pipeline")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let all = steps(at)?;
    let Some((last, first)) = all.split_last() else { return Err(at.refuse("the pipeline has no steps")) };
    let part = reading.part(last)?;
    let front: Vec<At<'_>> = first
        .iter()
        .filter(|s| !s.is_nothing() && !s.text().is_ok_and(|word| word == "passthrough"))
        .cloned()
        .collect();
    let Some(foremost) = front.first() else { return Ok(part) };
    let mut inputs = front_inputs(&innermost(foremost)?)?;
    let chain = Arc::new(Chain::read(reading, &front, inputs.count())?);
    if chain.width() != part.inputs.count() {
        let reason = format!("the steps make {} values, the estimator takes {}", chain.width(), part.inputs.count());
        return Err(at.refuse(reason));
    }
    for (input, kind) in inputs.all.iter_mut().zip(chain.kinds()) {
        input.kind = kind;
    }
    let names: Vec<String> = front.iter().map(|step| step.class().map_or("", |(_, name)| name).to_owned()).collect();
    let shown = (part.algorithm.clone(), part.objective.clone(), part.answer.clone(), part.link, part.scales.clone());
    let (asked, facts, mut notes) = (part.asked, part.facts.clone(), part.notes.clone());
    // What the steps fill in is never missing for the estimator.
    if (0..chain.width()).all(|value| !chain.one(value, f64::NAN).is_nan()) {
        notes.retain(|note| note != decision_tree::NO_MISSING && note != linear::NO_MISSING);
    }
    let (algorithm, objective, answer, link, scales) = shown;
    let kept = match &part.core {
        Core::Trees(ensemble) => {
            lower::trees(&*chain, ensemble, |count| reading.charge(count, at).is_ok()).map(Core::Trees)
        }
        Core::Linear(form) => lower::linear(&*chain, form).map(Core::Linear),
        _ => None,
    };
    if let Some(core) = kept {
        let part = Part { algorithm, objective, inputs, answer, core, link, scales, asked, facts, notes };
        return Ok(part.fact("Steps in front", names.join(", ")).note(KEPT));
    }
    notes.retain(|note| note != naive_bayes::TERMS);
    let tried = matches!(part.core, Core::Trees(_));
    let terms = if let Core::Linear(form) = &part.core { Terms::new(&chain, form) } else { None };
    let model = part.into_model(reading.origin, "", last)?;
    let trees = match model.structure() {
        Structure::Trees(trees) if !tried => lower::trees(&*chain, trees, |count| reading.charge(count, at).is_ok()),
        _ => None,
    };
    let (said, note) = match (terms, trees) {
        (Some(terms), _) => (Said::Terms(terms), TERMS),
        (None, Some(trees)) => (Said::Trees(trees), KEPT),
        (None, None) => (Said::Nothing, BEHIND),
    };
    let card = ModelCard { inputs: inputs.all.clone(), ..model.card().clone() };
    let core = Core::Behind(Arc::new(Piped { card, chain, model, said }));
    let part = Part { algorithm, objective, inputs, answer, core, link, scales, asked, facts, notes };
    Ok(part.fact("Steps in front", names.join(", ")).note(note).note(UNKNOWN))
}

/// Said of a linear form each of whose values is made of one column.
const TERMS: &str = "The steps in front of the estimator make each of its values of one column, so every column adds a \
    term of its own and exact methods explain the columns of the table";
/// Said of everything else behind steps.
const BEHIND: &str = "Steps stand between the columns and the estimator, so only methods for any model apply";
/// Said where steps work at prediction.
const UNKNOWN: &str = "A value that the steps refuse in scikit-learn is taken for an unknown one here";

/// Said where the estimator is explained over the columns of the table.
const KEPT: &str = "The steps in front of the estimator are worked into its thresholds or weights, so exact methods \
    explain the columns of the table";

/// The first transformer inside pipelines at the front.
fn innermost<'d>(at: &At<'d>) -> Result<At<'d>, ModelError> {
    let mut at = at.clone();
    for _depth in 0..16 {
        if !at.class().is_some_and(|(module, name)| module.starts_with("sklearn.pipeline") && name == "Pipeline") {
            return Ok(at);
        }
        at = steps(&at)?.into_iter().next().ok_or_else(|| at.refuse("the pipeline has no steps"))?;
    }
    Err(at.refuse("the pipelines are nested too deeply"))
}

/// The columns that the first transformer is fitted on: some say it only through the estimator inside.
fn front_inputs(at: &At<'_>) -> Result<Inputs, ModelError> {
    let mut at = at.clone();
    for _depth in 0..16 {
        let inside = match at.any("n_features_in_") {
            Some(_) => None,
            None => at.optional("estimator_").or_else(|| first_part(&at)),
        };
        let Some(inside) = inside else { return Inputs::read(&at) };
        at = innermost(&inside)?;
    }
    Err(at.refuse("the steps are nested too deeply"))
}

/// The first part of a union that is a transformer.
fn first_part<'d>(at: &At<'d>) -> Option<At<'d>> {
    let pairs = at.optional("transformer_list")?.items().ok()?;
    let mut parts = pairs.iter().filter_map(|pair| pair.items().ok()?.into_iter().nth(1));
    parts.find(|part| part.class().is_some())
}

/// A linear form behind steps: what each column adds through the values that are made of it.
struct Terms {
    chain: Arc<Chain>,
    form: LinearForm,
    /// For each column, the values that are made of it.
    values: Vec<Vec<usize>>,
}

impl Terms {
    /// `None` where a value is made of several columns.
    fn new(chain: &Arc<Chain>, form: &LinearForm) -> Option<Self> {
        let mut values = vec![Vec::new(); chain.kinds().len()];
        for value in 0..chain.width() {
            values.get_mut(chain.source(value)?)?.push(value);
        }
        Some(Self { chain: Arc::clone(chain), form: form.clone(), values })
    }
}

impl Debug for Terms {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terms").field("form", &self.form).finish_non_exhaustive()
    }
}

impl Additive for Terms {
    fn intercept(&self) -> &[f64] {
        &self.form.intercept
    }

    fn term(&self, input: usize, x: f64, out: &mut [f64]) {
        out.fill(0.0);
        for &value in self.values.get(input).map_or(&[][..], Vec::as_slice) {
            let made = self.chain.one(value, x);
            let weights = self.form.weights.iter().skip(value * out.len());
            if !made.is_nan() {
                out.iter_mut().zip(weights).for_each(|(term, weight)| *term += weight * made);
            }
        }
    }
}

/// What a model behind steps is over the columns in front of them.
enum Said {
    Trees(TreeEnsemble),
    Terms(Terms),
    Nothing,
}

/// A model behind steps.
struct Piped {
    /// The card of the model, with the columns in front of the steps as inputs.
    card: ModelCard,
    chain: Arc<Chain>,
    model: Arc<dyn Model>,
    said: Said,
}

impl Piped {
    /// Asks the model with what the steps make of the rows.
    fn ask(&self, rows: MatrixView<'_>, out: &mut [f64], ask: impl Fn(MatrixView<'_>, &mut [f64])) {
        let (width, outputs) = (self.chain.kinds().len(), self.model.card().outputs.len());
        if !fits(width, outputs, rows, out) {
            return;
        }
        let mut values = Vec::new();
        for i in 0..rows.rows() {
            self.chain.apply(rows.row(i), &mut values);
        }
        match Matrix::new(values, rows.rows(), self.chain.width()) {
            Some(matrix) => ask(matrix.view(), out),
            None => out.fill(f64::NAN),
        }
    }
}

impl Model for Piped {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.ask(rows, out, |rows, out| self.model.predict(rows, scale, out));
    }

    fn predict_f64(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        self.ask(rows, out, |rows, out| self.model.predict_f64(rows, scale, out));
    }

    fn structure(&self) -> Structure<'_> {
        match &self.said {
            Said::Trees(trees) => Structure::Trees(trees),
            Said::Terms(terms) => Structure::Additive(terms),
            Said::Nothing => Structure::Opaque,
        }
    }
}
