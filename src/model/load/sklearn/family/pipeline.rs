//! Pipelines: steps, then an estimator. The inputs are the columns in front of the first step.

use std::sync::Arc;

use crate::data::InputKind;
use crate::model::{ModelError, Structure};

use super::super::super::pickle::At;
use super::super::outline;
use super::super::part::{Core, Inputs, Part};
use super::super::piped::{Front, Piped, Said};
use super::super::reading::Reading;
use super::super::transform::{Chain, Step, lower, over, steps};
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
    let steps = Some((outline::steps(reading, &front, &inputs), chain.width()));
    let (chain, left_out) = asked(chain, &mut inputs);
    let shown = (part.algorithm.clone(), part.objective.clone(), part.answer.clone(), part.link, part.scales.clone());
    let (asked, facts, mut notes) = (part.asked, part.facts.clone(), part.notes.clone());
    notes.extend(left_out);
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
        let behind = match core {
            Core::Trees(_) => {
                let model = part.into_model(reading.origin, "", last)?;
                Front::behind(&chain, &model)
            }
            _ => None,
        };
        let part =
            Part { algorithm, objective, inputs, answer, core, link, scales, steps, behind, asked, facts, notes };
        // What an encoder refuses is a missing value here.
        let refuses = part.inputs.all.iter().any(|input| matches!(input.kind, InputKind::Levels(_)));
        let part = part.note(KEPT);
        return Ok(if refuses { part.note(UNKNOWN) } else { part });
    }
    notes.retain(|note| note != naive_bayes::TERMS);
    let tried = matches!(part.core, Core::Trees(_));
    let opaque = match chain.mixes() {
        Some(name) => {
            format!("{name} makes each of its values of several columns, so only methods for any model apply")
        }
        None => BEHIND.to_owned(),
    };
    let model = part.into_model(reading.origin, "", last)?;
    let said = match model.structure() {
        Structure::Trees(trees) if !tried => {
            lower::trees(&*chain, trees, |count| reading.charge(count, at).is_ok()).map_or(Said::Nothing, Said::Trees)
        }
        _ => Said::of(&chain, &model),
    };
    let note = match said {
        Said::Trees(_) => KEPT,
        Said::Terms(_) => TERMS,
        Said::Factors(_) => FACTORS,
        Said::Nothing => opaque.as_str(),
    };
    let behind = if matches!(said, Said::Trees(_)) { Front::behind(&chain, &model) } else { None };
    let core = Core::Behind(Arc::new(Piped::new(&inputs.all, (chain, model), said)));
    let part = Part { algorithm, objective, inputs, answer, core, link, scales, steps, behind, asked, facts, notes };
    Ok(part.note(note).note(UNKNOWN))
}

/// The steps over the columns that they read, and what is said of those they leave out, which are not asked for.
fn asked(chain: Arc<Chain>, inputs: &mut Inputs) -> (Arc<Chain>, Option<String>) {
    let (read, out): (Vec<usize>, Vec<usize>) = (0..inputs.count()).partition(|input| chain.reads(*input));
    if read.is_empty() || out.is_empty() {
        return (chain, None);
    }
    let name = |input: &usize| inputs.all.get(*input).map(|input| input.name.as_str());
    let shown = out.iter().filter_map(name).take(SHOWN).collect::<Vec<_>>().join(", ");
    let more = if out.len() > SHOWN { format!(" and {} more", out.len() - SHOWN) } else { String::new() };
    let all = read.iter().filter_map(|input| inputs.all.get(*input).cloned()).collect();
    *inputs = Inputs { all, named: inputs.named };
    (
        Arc::new(over(&chain, &read)),
        Some(format!("The steps leave columns out, which are not asked for: {shown}{more}")),
    )
}

/// Most names written out in one sentence.
const SHOWN: usize = 8;

/// Said of a linear form each of whose values is made of one column.
const TERMS: &str = "The steps in front of the estimator make each of its values of one column, so every column adds a \
    term of its own and exact methods explain the columns of the table";
/// Said of a sum of products each of whose values is made of one column.
const FACTORS: &str = "The steps in front of the estimator make each of its values of one column, so every column adds a \
    factor of its own and exact methods explain the columns of the table";
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
