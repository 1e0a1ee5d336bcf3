//! Comparing a second model with the first: opening it, predicting the same rows, explaining them alike.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{Cancelled, Problem, RowId, Task};
use crate::data::{Role, link};
use crate::explain::challenge::reordered;
use crate::explain::method::{self, Explainer, Support};
use crate::explain::{Challenge, Explanation, SharedColumn, Truth, shared_columns};
use crate::model::measure::TwoPredictions;
use crate::model::measure::paired::{Comparison, Paired, compare};
use crate::model::named::named;
use crate::model::{Model, Scale, metrics, truth};
use crate::num::{MatrixView, parallel};

use crate::session::challenger::{Differences, Meeting};
use crate::session::command::Plan;
use crate::session::document::format::FileRef;
use crate::session::event::{Outcome, Predictions};
use crate::session::job::Work;
use crate::session::scene::Scene;

use super::comparable::match_outputs;
use super::link::predict;
use super::session::changed;
use super::{Joined, explain, open};

/// Opens a model as challenger.
pub struct OpenChallenger {
    /// The file.
    pub path: PathBuf,
    /// What it has to be, where an opened session says so.
    pub wanted: Option<FileRef>,
}

impl Work for OpenChallenger {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let model = open::open_model(&self.path, task)?;
        match &self.wanted {
            Some(wanted) if wanted.sha256 != model.card().sha256 => {
                Err(changed("challenger", wanted, &self.path.display().to_string()))
            }
            _ => Ok(Outcome::Challenger(model)),
        }
    }
}

/// Joins a challenger with the champion's table, predicts every row and compares the metrics.
pub struct Meet {
    /// The table and the champion.
    pub champion: Joined,
    /// The champion's predictions.
    pub predictions: Arc<Predictions>,
    /// The challenger as its file gives it.
    pub challenger: Arc<dyn Model>,
    /// Rows that either model has not seen, where it was trained here; metrics are measured on rows in all of them.
    pub held_out: Vec<Arc<[RowId]>>,
    /// Threads of the loops; `None` takes all.
    pub threads: Option<usize>,
}

impl Work for Meet {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { champion, predictions, challenger, held_out, threads } = *self;
        let outputs = match_outputs(&*champion.model, &*challenger)?;
        let own = champion.model.card();
        let link = link(&challenger.card().inputs, &champion.data)?;
        let model = named(&challenger, &own.classes);
        let joined = Joined { data: Arc::clone(&champion.data), model, link: Arc::new(link) };
        let stopped = |_cancelled: Cancelled| super::cancelled();
        let values =
            parallel::with_threads(threads, || answers(&joined, &outputs, predictions.scale, task)).map_err(stopped)?;
        let two = (&predictions.values[..], &values[..], predictions.scale);
        let comparison = match champion.data.column_with(Role::Target).and_then(|_| truth(own, &champion.data).ok()) {
            Some(known) => {
                let known = Truth { values: known.values, weights: known.weights };
                let rows = common(&held_out, champion.data.row_count());
                let compared = parallel::with_threads(threads, || {
                    measured((&champion, &joined, &outputs), two, (&known, &rows), task)
                });
                Some(Arc::new(compared.map_err(stopped)?))
            }
            None => None,
        };
        let names =
            |joined: &Joined| -> Vec<String> { joined.model.card().inputs.iter().map(|i| i.name.clone()).collect() };
        let columns = shared_columns((&champion.link, &names(&champion)), (&joined.link, &names(&joined)));
        Ok(Outcome::Met(Arc::new(Meeting {
            model: joined.model,
            link: joined.link,
            outputs,
            columns: columns.into(),
            predictions: values.into(),
            comparison,
        })))
    }
}

/// Predictions of every row, outputs in the champion's order.
fn answers(joined: &Joined, outputs: &[usize], scale: Scale, task: &Task) -> Result<Vec<f64>, Cancelled> {
    let values = predict(&joined.data, &*joined.model, &joined.link, scale, task)?;
    let rows = values.chunks_exact(outputs.len().max(1));
    Ok(rows.flat_map(|row| outputs.iter().map(|k| row[*k])).collect())
}

/// The rows that are in every list; all rows without lists.
fn common(lists: &[Arc<[RowId]>], total: usize) -> Vec<RowId> {
    let mut count = vec![0; total];
    for row in lists.iter().flat_map(|list| list.iter()) {
        if let Some(count) = count.get_mut(row.index()) {
            *count += 1;
        }
    }
    (0..total as u32).map(RowId).filter(|row| count[row.index()] == lists.len()).collect()
}

/// Metrics of both on the same rows; predicts again where metrics want another scale than the one shown.
fn measured(
    (champion, challenger, outputs): (&Joined, &Joined, &[usize]),
    (own, other, scale): (&[f64], &[f64], Scale),
    (known, rows): (&Truth, &[RowId]),
    task: &Task,
) -> Result<Comparison, Cancelled> {
    let card = champion.model.card();
    let wanted = metrics::scale_for(card);
    let again = if wanted == scale {
        None
    } else {
        let plain: Vec<usize> = (0..outputs.len()).collect();
        Some((answers(champion, &plain, wanted, task)?, answers(challenger, outputs, wanted, task)?))
    };
    let (own, other) = again.as_ref().map_or((own, other), |(a, b)| (a.as_slice(), b.as_slice()));
    let width = outputs.len();
    let pick = |values: &[f64]| -> Vec<f64> {
        rows.iter().flat_map(|r| values.iter().skip(r.index() * width).take(width).copied()).collect()
    };
    let (own, other) = (pick(own), pick(other));
    let known = super::truth_of(known, rows);
    let view = |values| MatrixView::new(values, rows.len(), width).expect("one prediction for each row and output");
    let input = Paired {
        card,
        champion: view(&own),
        challenger: view(&other),
        truth: &known.values,
        weights: known.weights.as_deref(),
        rows,
    };
    compare(&input, task)
}

/// Explains the same rows of both models by the same rule against the same reference set.
pub struct ExplainBoth {
    /// The table and the champion.
    pub champion: Joined,
    /// The champion's attributions as they are shown.
    pub known: Arc<Explanation>,
    /// How they were computed.
    pub plan: Plan,
    /// The challenger.
    pub meeting: Arc<Meeting>,
    /// What a query for the reference set may ask.
    pub scene: Scene,
    /// The output that such a query means.
    pub output: usize,
}

impl Work for ExplainBoth {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { champion, known, plan, meeting, scene, output } = *self;
        let asked = (&scene, output);
        let other = Joined {
            data: Arc::clone(&champion.data),
            model: Arc::clone(&meeting.model),
            link: Arc::clone(&meeting.link),
        };
        let (own_method, other_method, scale) = method_and_scale((&*champion.model, &*other.model), &plan)?;
        let with = |method: &dyn Explainer| {
            let declares = |id: &String| method.knobs().iter().any(|k| k.id == id);
            let knobs = plan.knobs.iter().filter(|(id, _)| declares(id)).cloned().collect();
            Plan { method: method.id().to_owned(), knobs, scale: Some(scale), ..plan.clone() }
        };
        let is_shown = known.provenance.method == own_method.id() && known.provenance.scale == scale;
        let own =
            if is_shown { known } else { Arc::new(explain::explain(&champion, asked, &with(own_method), task, None)?) };
        let explained = explain::explain(&other, asked, &with(other_method), task, None)?;
        let explained = Arc::new(reordered(explained, &meeting.outputs));
        let columns: Arc<[SharedColumn]> = Arc::clone(&meeting.columns);
        let challenge = Challenge::new(own, explained, columns).ok_or_else(|| {
            Problem::new(
                "Could not compare the attributions",
                "the two models were not explained on the same rows and scale",
                "Explain the champion again",
            )
        })?;
        Ok(Outcome::Challenged(Arc::new(challenge)))
    }
}

/// Every method for any model, the exact one for few inputs only.
const ANY_MODEL: (&str, &str) = ("exact-shapley", "permutation-shap");
/// Most inputs of either model for the exact one.
const FEW: usize = 10;

/// A method for each model and one scale for both. Chosen automatically, both are asked by the same method for any model
/// where their exact methods have no scale in common: a forest that votes in probabilities beside boosted log-odds.
fn method_and_scale(
    (own, other): (&dyn Model, &dyn Model),
    plan: &Plan,
) -> Result<(&'static dyn Explainer, &'static dyn Explainer, Scale), Problem> {
    let (first, second) = methods((own, other), plan)?;
    match scale((first, own), (second, other), plan) {
        Ok(scale) => Ok((first, second, scale)),
        Err(problem) if plan.method != "auto" => Err(problem),
        Err(_) => {
            let few = own.card().inputs.len().max(other.card().inputs.len()) <= FEW;
            let method = explain::find_method(if few { ANY_MODEL.0 } else { ANY_MODEL.1 })?;
            Ok((method, method, scale((method, own), (method, other), plan)?))
        }
    }
}

/// A method for each model: the plan's own for both; chosen automatically, the exact one of each that measures against
/// the same background rows. Expected predictions that come from the models' own training rows could not be compared:
/// XGBoost weighs rows by curvature where LightGBM counts them.
fn methods(
    (own, other): (&dyn Model, &dyn Model),
    plan: &Plan,
) -> Result<(&'static dyn Explainer, &'static dyn Explainer), Problem> {
    let choose = |model: &dyn Model| {
        let id = if plan.method == "auto" { method::automatic(model, true) } else { &plan.method };
        explain::find_method(id)
    };
    let (first, second) = (choose(own)?, choose(other)?);
    for (model, method) in [(own, first), (other, second)] {
        if let Support::No(reason) = method.supports(model) {
            return Err(Problem::new(
                "Could not explain both models alike",
                format!("{} does not apply to “{}”: {reason}", method.title(), model.card().name),
                "Choose the method auto or one that applies to both models, then explain again",
            ));
        }
    }
    Ok((first, second))
}

/// The plan's scale, else the first one that both methods can answer in.
fn scale(
    own: (&dyn Explainer, &dyn Model),
    other: (&dyn Explainer, &dyn Model),
    plan: &Plan,
) -> Result<Scale, Problem> {
    let (first, second) = (own.0.scales(own.1), other.0.scales(other.1));
    let wanted = plan.scale.into_iter().chain(first.iter().copied().filter(|_| plan.scale.is_none()));
    wanted.into_iter().find(|s| first.contains(s) && second.contains(s)).ok_or_else(|| {
        let names = |scales: &[Scale]| scales.iter().map(|s| s.id()).collect::<Vec<_>>().join(", ");
        Problem::new(
            "Could not explain both models on one scale",
            format!("the champion can be explained on {}, the challenger on {}", names(&first), names(&second)),
            "Choose another scale or method, then explain again",
        )
    })
}

/// Finds the rows on which two models decide differently.
pub struct Differ {
    /// The champion's predictions.
    pub predictions: Arc<Predictions>,
    /// The challenger.
    pub meeting: Arc<Meeting>,
    /// The decision threshold of two classes; `None` where nothing is decided.
    pub threshold: Option<f64>,
}

impl Work for Differ {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        task.begin("comparing decisions", 0);
        let two = TwoPredictions {
            champion: &self.predictions.values,
            challenger: &self.meeting.predictions,
            outputs: self.predictions.outputs,
            truth: &self.predictions.truth,
        };
        let mut flips = self.threshold.map(|threshold| two.flips(threshold));
        if let Some(flips) = &mut flips {
            flips.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()).then(a.row.cmp(&b.row)));
        }
        let rows = two.by_difference();
        Ok(Outcome::Differences(Arc::new(Differences { flips: flips.map(Arc::from), rows: rows.into() })))
    }
}
