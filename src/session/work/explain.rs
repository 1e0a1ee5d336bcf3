//! Explaining: the plan becomes a request, the request is asked. Whatever the shape of the answer.

use std::path::Path;
use std::sync::Arc;

use crate::base::{Knobs, Problem, RowId, Task, text};
use crate::data::read::{self, ReadOptions};
use crate::data::{encode, encode_watched, link};
use crate::explain::method::{self, Explainer, Support};
use crate::explain::parts::ask_in_parts;
use crate::explain::{Background, ExplainError, Explanation, Request, Truth, ask};
use crate::model::{Model, Structure, truth};
use crate::num::{Matrix, parallel};

use crate::session::command::Plan;
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::scene::Scene;

use super::Joined;
use super::room::{self, Size};
use super::select::rows_where;

/// Explains rows of a table.
pub struct Explain {
    /// Table and model.
    pub joined: Joined,
    /// What a query for the reference set may ask.
    pub scene: Scene,
    /// The output that such a query means.
    pub output: usize,
    /// How.
    pub plan: Plan,
    /// Rows of a first, coarse answer; `None` answers once, with everything.
    pub first_rows: Option<usize>,
}

impl Work for Explain {
    fn run(self: Box<Self>, task: &Task, tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { joined, scene, output, plan, first_rows } = *self;
        let mut part = |explanation: Explanation| tell(Outcome::Answer(Arc::new(explanation), true));
        let explanation =
            explain(&joined, (&scene, output), &plan, task, first_rows.map(|first| (first, &mut part as Tell<'_>)))?;
        Ok(Outcome::Answer(Arc::new(explanation), false))
    }
}

/// Refuses an answer for every row and feature that memory does not hold.
fn check_room(method: &dyn Explainer, joined: &Joined, rows: usize) -> Result<(), Problem> {
    if !method.answers_rows() {
        return Ok(());
    }
    let card = joined.model.card();
    let numbers = card.outputs.len() * if method.supports(&*joined.model) == Support::Estimate { 2 } else { 1 };
    Size { rows, features: card.inputs.len(), numbers }.check(room::free())
}

/// Who is told the parts of an answer.
pub type Tell<'t> = &'t mut (dyn FnMut(Explanation) + Send);

/// Explains as `plan` says: at once, or in parts of which the first has so many rows. The scene and the output are what a
/// query for the reference set asks.
pub fn explain(
    joined: &Joined,
    asked: (&Scene, usize),
    plan: &Plan,
    task: &Task,
    parts: Option<(usize, Tell<'_>)>,
) -> Result<Explanation, Problem> {
    let method = choose_method(joined, plan)?;
    let knobs = check_knobs(method, &plan.knobs)?;
    let scale = match plan.scale.or_else(|| method.scales(&*joined.model).first().copied()) {
        Some(scale) => scale,
        None => joined.model.card().native_scale,
    };
    let rows = super::choose_rows(&plan.rows, joined.data.row_count(), plan.seed)?;
    let (rows, truth) = with_truth(method, joined, rows)?;
    check_room(method, joined, rows.len())?;
    let background = background(method, joined, asked, plan, task)?;
    task.begin("encoding rows", rows.len() as u64);
    let encoded = encode_watched(&joined.link, &joined.data, &rows, task).map_err(|_cancelled| super::cancelled())?;
    let request = Request {
        model: &*joined.model,
        features: encoded.matrix.view(),
        rows: &encoded.rows,
        background: &background,
        truth: truth.as_ref(),
        scale,
        knobs: &knobs,
        seed: plan.seed,
    };
    Ok(parallel::with_threads(plan.threads, || match parts {
        Some((first, part)) => ask_in_parts(method, &request, first, task, part),
        None => ask(method, &request, task),
    })?)
}

/// The method that the plan names; `auto` takes the exact one for the model's structure.
pub fn choose_method(joined: &Joined, plan: &Plan) -> Result<&'static dyn Explainer, Problem> {
    let id = if plan.method == "auto" {
        method::automatic(&*joined.model, plan.background_file.is_some() || plan.background_where.is_some())
    } else {
        &plan.method
    };
    find_method(id)
}

/// The registered method with this id, or a refusal that lists all of them.
pub fn find_method(id: &str) -> Result<&'static dyn Explainer, Problem> {
    method::find(id).ok_or_else(|| {
        let known: Vec<&str> = method::METHODS.iter().map(|m| m.id()).collect();
        Problem::new(format!("There is no method “{id}”"), "", format!("Known methods: auto, {}", known.join(", ")))
    })
}

/// Settings as text, checked against what the method declares.
pub fn check_knobs(method: &dyn Explainer, given: &[(String, String)]) -> Result<Knobs, Problem> {
    let given = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(Knobs::check(method.knobs(), given).map_err(ExplainError::Knob)?)
}

/// The rows that can be asked about, with their true values where the method compares with them: rows without a known
/// target are left out.
fn with_truth(
    method: &dyn Explainer,
    joined: &Joined,
    mut rows: Vec<RowId>,
) -> Result<(Vec<RowId>, Option<Truth>), Problem> {
    if !method.needs_truth() {
        return Ok((rows, None));
    }
    let known = truth(joined.model.card(), &joined.data)?;
    rows.retain(|row| known.values.get(row.index()).is_some_and(|value| !value.is_nan()));
    let truth = super::truth_of(&Truth { values: known.values, weights: known.weights }, &rows);
    Ok((rows, Some(truth)))
}

/// The reference set: the plan's file, the rows that its query finds, or rows drawn from the table; empty for methods that
/// need none.
pub fn background(
    method: &dyn Explainer,
    joined: &Joined,
    (scene, output): (&Scene, usize),
    plan: &Plan,
    task: &Task,
) -> Result<Background, Problem> {
    if !method.needs_background() {
        let matrix = Matrix::new(Vec::new(), 0, joined.link.columns.len()).expect("nothing has the length of no rows");
        return Ok(Background { name: "none".to_owned(), matrix, rows: Arc::from([]), weights: None });
    }
    if let Some(path) = &plan.background_file {
        return background_from_file(path, &*joined.model, task);
    }
    let (rows, name) = match &plan.background_where {
        Some(query) => {
            let found: Vec<RowId> = rows_where(scene, output, query)?.iter().collect();
            reference(&*joined.model, found, query, plan)?
        }
        None => {
            let (rows, name) = Background::draw(joined.data.row_count(), plan.background_rows, plan.seed);
            (rows, format!("{name} of the table"))
        }
    };
    let encoded = encode(&joined.link, &joined.data, &rows);
    Ok(Background { name, matrix: encoded.matrix, rows: encoded.rows, weights: None })
}

/// The rows that a query has found, or a draw from them where every explained row meets every one of them.
fn reference(model: &dyn Model, found: Vec<RowId>, query: &str, plan: &Plan) -> Result<(Vec<RowId>, String), Problem> {
    let of = if query.trim().is_empty() { "of the table".to_owned() } else { format!("with {}", query.trim()) };
    if found.is_empty() {
        let hint = "Choose a reference set that holds at least one row";
        return Err(Problem::new("Could not explain the model", format!("no row {of}"), hint));
    }
    let counted = matches!(model.structure(), Structure::Trees(_) | Structure::Linear(_) | Structure::Additive(_));
    if counted || found.len() <= plan.background_rows {
        let name = format!("all {} {of}", text::counted(found.len(), "row"));
        return Ok((found, name));
    }
    let (places, drawn) = Background::draw(found.len(), plan.background_rows, plan.seed);
    Ok((places.iter().filter_map(|place| found.get(place.index()).copied()).collect(), format!("{drawn} {of}")))
}

/// Every row of another table as reference set.
pub fn background_from_file(path: &Path, model: &dyn Model, task: &Task) -> Result<Background, Problem> {
    let data = read::read(path, &ReadOptions::default(), task)?;
    let link = link(&model.card().inputs, &data)?;
    let rows: Vec<RowId> = (0..data.row_count()).map(|i| RowId(i as u32)).collect();
    let encoded = encode(&link, &data, &rows);
    let name = format!("all {} of {}", text::counted(rows.len(), "row"), data.source().name);
    // The rows belong to another table than the explained one, so they are not named by id.
    Ok(Background { name, matrix: encoded.matrix, rows: Arc::from([]), weights: None })
}
