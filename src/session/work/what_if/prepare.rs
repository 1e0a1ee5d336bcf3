//! What answers about single rows need, made once for a model and a plan: the method, the reference set, kept tables.

use std::sync::Arc;

use crate::base::{Problem, RowId, Task};
use crate::explain::method::{automatic, find};
use crate::explain::{Kept, Request, Shape, Support};
use crate::num::{Matrix, parallel};

use crate::session::command::Plan;
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::scene::Scene;
use crate::session::what_if::Prepared;
use crate::session::work::{Joined, explain};

use super::Found;

/// Makes it, with tables where the method has some.
pub struct Prepare {
    /// Table and model.
    pub joined: Joined,
    /// What a query for the reference set may ask.
    pub scene: Scene,
    /// The output that such a query means.
    pub output: usize,
    /// How rows are explained.
    pub plan: Plan,
}

impl Work for Prepare {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { joined, scene, output, plan } = *self;
        let mut prepared = prepared(&joined, (&scene, output), &plan, task)?;
        task.begin("making the tables of the model", 0);
        prepared.kept = parallel::with_threads(plan.threads, || {
            let (rows, none): (&[RowId], _) = (&[], Matrix::new(Vec::new(), 0, joined.link.columns.len()));
            let none = none.expect("nothing has the length of no rows");
            let request = Request { rows, ..request(&joined, &prepared, &plan, &none) };
            Kept::new(prepared.method, &request, task)
        })?;
        Ok(Outcome::WhatIf(Found::Prepared(Arc::new(prepared))))
    }
}

/// Everything but the tables. A plan whose method does not explain rows of this model is answered by the automatic one.
pub fn prepared(joined: &Joined, asked: (&Scene, usize), plan: &Plan, task: &Task) -> Result<Prepared, Problem> {
    let model = &*joined.model;
    let chosen = explain::choose_method(joined, plan)?;
    let fits = chosen.answers() == Shape::Attribution && !matches!(chosen.supports(model), Support::No(_));
    let own = plan.background_file.is_some() || plan.background_where.is_some();
    let method = if fits { chosen } else { find(automatic(model, own)).expect("the automatic method is registered") };
    let knobs = if fits { &plan.knobs[..] } else { &[] };
    let knobs = explain::check_knobs(method, knobs)?;
    let scales = method.scales(model);
    let scale = plan.scale.filter(|scale| scales.contains(scale)).or(scales.first().copied());
    let background = explain::background(method, joined, asked, plan, task)?;
    Ok(Prepared { method, knobs, scale: scale.unwrap_or(model.card().native_scale), background, kept: None })
}

/// A question about `rows` as the plan has it.
pub fn request<'a>(joined: &'a Joined, prepared: &'a Prepared, plan: &Plan, rows: &'a Matrix) -> Request<'a> {
    Request {
        model: &*joined.model,
        features: rows.view(),
        rows: &[RowId(0)],
        background: &prepared.background,
        truth: None,
        scale: prepared.scale,
        knobs: &prepared.knobs,
        seed: plan.seed,
    }
}
