//! The answer about an edited row: its prediction, its attributions and their chart, soon and then better.

use std::sync::Arc;

use crate::base::{Knobs, Problem, RowId, Task, text};
use crate::data::{Dataset, Link, Value, encode_row, link};
use crate::explain::method::{Explainer, find};
use crate::explain::{Answers, Background, Explanation, Request, ask};
use crate::model::Structure;
use crate::num::{Matrix, MatrixView, parallel};

use crate::session::command::{ChartRequest, Plan};
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::scene::Scene;
use crate::session::what_if::variant::marks;
use crate::session::what_if::{Prepared, Variant};
use crate::session::work::Joined;
use crate::session::work::link::default_scale;

use super::Found;
use super::prepare::{prepared, request};

/// Predictions that the first answer of a sampled method may cost: a tenth of a second at 25 µs each.
const FIRST: usize = 4_000;
/// Fewest reference rows of a first answer.
const FEWEST: usize = 10;
/// How much each further answer may cost, in costs of the one before.
const GROWTH: usize = 4;
/// The method that gives first answers where the plan's needs long.
const SAMPLED: &str = "permutation-shap";

/// Explains an edited row.
pub struct Answer {
    /// What is known of table and model.
    pub scene: Scene,
    /// Table and model.
    pub joined: Joined,
    /// How rows are explained.
    pub plan: Plan,
    /// What was made for such answers; without it, the way is longer.
    pub prepared: Option<Arc<Prepared>>,
    /// What the row is called.
    pub name: String,
    /// Its cells.
    pub values: Arc<[Value]>,
    /// The cells it started with.
    pub start: Arc<[Value]>,
    /// The chart that is drawn along.
    pub chart: ChartRequest,
}

impl Work for Answer {
    fn run(self: Box<Self>, task: &Task, tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let threads = self.plan.threads;
        parallel::with_threads(threads, || self.answer(task, tell))
    }
}

impl Answer {
    fn answer(&self, task: &Task, tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let mut variant = self.predicted()?;
        match self.explained(&variant, task, tell) {
            // What cannot be explained is said beside the prediction: a moving hand would fill the list of problems.
            Err(problem) if task.check().is_ok() => {
                variant.problem = Some(problem);
                Ok(Outcome::WhatIf(Found::Answer(Arc::new(variant), None)))
            }
            other => other,
        }
    }

    fn explained(
        &self,
        variant: &Variant,
        task: &Task,
        tell: &mut (dyn FnMut(Outcome) + Send),
    ) -> Result<Outcome, Problem> {
        let own;
        let prepared = match &self.prepared {
            Some(prepared) => &**prepared,
            None => {
                tell(Outcome::WhatIf(Found::Answer(Arc::new(variant.clone()), None)));
                own = prepared(&self.joined, (&self.scene, self.chart.output), &self.plan, task)?;
                &own
            }
        };
        let rows = Matrix::new(variant.inputs.to_vec(), 1, variant.inputs.len()).expect("one row has this length");
        let whole = request(&self.joined, prepared, &self.plan, &rows);
        if let Some(kept) = &prepared.kept {
            return Ok(self.outcome(variant, ask(kept, &whole, task)?, String::new(), task));
        }
        if self.prepared.is_some() && self.is_slow(prepared) {
            tell(Outcome::WhatIf(Found::Answer(Arc::new(variant.clone()), None)));
        }
        for stage in stages(&whole, prepared) {
            let background = stage.background(&prepared.background);
            let asked = Request { background: &background, knobs: &stage.knobs, ..whole.clone() };
            let explanation = ask(stage.method, &asked, task)?;
            let done = explanation.fidelity.converged == Some(true) && stage.rows == prepared.background.matrix.rows();
            if done && stage.method.id() == prepared.method.id() {
                return Ok(self.outcome(variant, explanation, String::new(), task));
            }
            let words = stage.words(prepared);
            tell(self.outcome(variant, explanation, words, task));
        }
        Ok(self.outcome(variant, ask(prepared.method, &whole, task)?, String::new(), task))
    }

    /// The row with its prediction, not yet explained.
    fn predicted(&self) -> Result<Variant, Problem> {
        let Joined { data, model, .. } = &self.joined;
        let (one, joined, inputs, predictions) = predict(&self.joined, &self.values)?;
        let (_, _, _, start) = predict(&self.joined, &self.start)?;
        let profile = self.scene.profile.as_deref();
        Ok(Variant {
            name: self.name.as_str().into(),
            values: Arc::clone(&self.values),
            predictions,
            start,
            scale: default_scale(&**model),
            marks: marks((data, profile), (model.card(), &joined), (&self.values, &inputs)),
            data: Arc::new(one),
            link: Arc::new(joined),
            inputs: inputs.into(),
            answers: Answers::default(),
            stage: String::new(),
            problem: None,
        })
    }

    /// Whether an explanation without tables may take more than a moment.
    fn is_slow(&self, prepared: &Prepared) -> bool {
        let structured = !matches!(self.joined.model.structure(), Structure::Opaque | Structure::Trees(_));
        !structured || prepared.method.id() == SAMPLED
    }

    /// The row with its explanation, and the chart of it.
    fn outcome(&self, variant: &Variant, explanation: Explanation, stage: String, task: &Task) -> Outcome {
        let mut variant = variant.clone();
        variant.answers.keep(Arc::new(explanation));
        variant.stage = stage;
        let variant = Arc::new(variant);
        let scene = Scene { what_if: Some(Arc::clone(&variant)), ..self.scene.clone() };
        // A chart that cannot be drawn is asked for again by whoever shows it, and then says why.
        let chart = scene.draw(&self.chart, task).ok().map(|chart| (self.chart.clone(), Arc::new(chart)));
        Outcome::WhatIf(Found::Answer(variant, chart))
    }
}

/// Cells as a table of their own, how it feeds the model, the model's inputs, and the prediction of every output on the
/// scale on which tables are predicted.
pub fn predict(joined: &Joined, values: &[Value]) -> Result<(Dataset, Link, Vec<f64>, Vec<f64>), Problem> {
    let model = &*joined.model;
    let one = joined.data.of_one_row(values);
    let link = link(&model.card().inputs, &one)?;
    let inputs = encode_row(&link, &one, RowId(0));
    let mut out = vec![0.0; model.card().outputs.len()];
    if let Some(row) = MatrixView::new(&inputs, 1, inputs.len()) {
        model.predict(row, default_scale(model), &mut out);
    }
    Ok((one, link, inputs, out))
}

/// One answer on the way to the final one.
struct Stage {
    method: &'static dyn Explainer,
    knobs: Knobs,
    /// Rows of the background that count, the first ones: a draw from it, as it is a draw itself.
    rows: usize,
}

impl Stage {
    fn background(&self, whole: &Background) -> Background {
        let all = whole.matrix.rows();
        if self.rows >= all {
            return whole.clone();
        }
        // Rows drawn from a table stand in table order, so that the first ones would be its beginning.
        let picked: Vec<usize> = (0..self.rows).map(|k| (2 * k + 1) * all / (2 * self.rows)).collect();
        let values = picked.iter().flat_map(|i| whole.matrix.row(*i).iter().copied()).collect();
        let name = format!("{} of the {}", text::count(self.rows), text::counted(all, "row"));
        Background {
            name,
            matrix: Matrix::new(values, self.rows, whole.matrix.cols()).expect("whole rows were picked"),
            rows: picked.iter().filter_map(|i| whole.rows.get(*i).copied()).collect(),
            weights: whole.weights.as_ref().map(|w| picked.iter().filter_map(|i| w.get(*i).copied()).collect()),
        }
    }

    fn words(&self, prepared: &Prepared) -> String {
        let all = prepared.background.matrix.rows();
        let rows = if self.rows < all {
            format!(" against {} of {} reference rows", text::count(self.rows), text::count(all))
        } else {
            String::new()
        };
        format!("First answer{rows}, sampled; it is being refined")
    }
}

/// What is answered before the plan's own answer. Only methods that ask the model many times have such stages.
fn stages(whole: &Request<'_>, prepared: &Prepared) -> Vec<Stage> {
    let players = whole.features.cols();
    let (plan_budget, all) = match prepared.method.id() {
        SAMPLED => (prepared.knobs.count("budget") as usize, whole.background.matrix.rows()),
        "exact-shapley" if (1usize << players.min(30)) * whole.background.matrix.rows() > FIRST => {
            (0, whole.background.matrix.rows())
        }
        _ => return Vec::new(),
    };
    let Some(method) = find(SAMPLED) else { return Vec::new() };
    // Two pairs of passes: the least that the method does.
    let least = 4 * players.saturating_sub(1).max(1);
    let rows = (FIRST / least).clamp(FEWEST, all.max(FEWEST)).min(all);
    let stage = |budget: usize, rows: usize| {
        let tolerance = if prepared.method.id() == SAMPLED { prepared.knobs.real("tolerance") } else { 0.0 };
        let given = [("budget", budget.max(4).to_string()), ("tolerance", tolerance.to_string())];
        let given = given.iter().map(|(name, value)| (*name, value.as_str()));
        let knobs = Knobs::check(method.knobs(), given).ok()?;
        Some(Stage { method, knobs, rows })
    };
    let mut found: Vec<Stage> = stage(least, rows).into_iter().collect();
    let mut budget = least * GROWTH;
    while budget < plan_budget {
        found.extend(stage(budget, all));
        budget *= GROWTH;
    }
    found
}
