//! Explaining: the plan becomes a request, the request is asked. Whatever the shape of the answer.

use std::path::Path;
use std::sync::Arc;

use crate::base::{Knobs, Problem, RowId, Task, text};
use crate::data::read::{self, ReadOptions};
use crate::data::{encode, encode_watched, link};
use crate::explain::method::{self, Explainer};
use crate::explain::parts::ask_in_parts;
use crate::explain::{Background, ExplainError, Explanation, Request, Truth, ask};
use crate::model::{Model, truth};
use crate::num::{Matrix, parallel};

use crate::session::command::Plan;
use crate::session::event::Outcome;
use crate::session::job::Work;

use super::Joined;

/// Explains rows of a table.
pub struct Explain {
    /// Table and model.
    pub joined: Joined,
    /// How.
    pub plan: Plan,
    /// Rows of a first, coarse answer; `None` answers once, with everything.
    pub first_rows: Option<usize>,
}

impl Work for Explain {
    fn run(self: Box<Self>, task: &Task, tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { joined, plan, first_rows } = *self;
        let method = choose_method(&joined, &plan)?;
        let knobs = check_knobs(method, &plan.knobs)?;
        let scale = match plan.scale.or_else(|| method.scales(&*joined.model).first().copied()) {
            Some(scale) => scale,
            None => joined.model.card().native_scale,
        };
        let rows = super::choose_rows(&plan.rows, joined.data.row_count(), plan.seed)?;
        let (rows, truth) = with_truth(method, &joined, rows)?;
        let background = background(method, &joined, &plan, task)?;
        task.begin("encoding rows", rows.len() as u64);
        let encoded =
            encode_watched(&joined.link, &joined.data, &rows, task).map_err(|_cancelled| super::cancelled())?;
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
        let mut part = |explanation: Explanation| tell(Outcome::Answer(Arc::new(explanation), true));
        let explanation = parallel::with_threads(plan.threads, || match first_rows {
            Some(first) => ask_in_parts(method, &request, first, task, &mut part),
            None => ask(method, &request, task),
        })?;
        Ok(Outcome::Answer(Arc::new(explanation), false))
    }
}

/// The method that the plan names; `auto` takes the exact one for the model's structure.
pub fn choose_method(joined: &Joined, plan: &Plan) -> Result<&'static dyn Explainer, Problem> {
    let id = if plan.method == "auto" {
        method::automatic(&*joined.model, plan.background_file.is_some())
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

/// The reference set: the plan's file, or rows drawn from the table; empty for methods that need none.
pub fn background(method: &dyn Explainer, joined: &Joined, plan: &Plan, task: &Task) -> Result<Background, Problem> {
    if !method.needs_background() {
        let matrix = Matrix::new(Vec::new(), 0, joined.link.columns.len()).expect("nothing has the length of no rows");
        return Ok(Background { name: "none".to_owned(), matrix, rows: Arc::from([]), weights: None });
    }
    match &plan.background_file {
        Some(path) => background_from_file(path, &*joined.model, task),
        None => {
            let (rows, name) = Background::draw(joined.data.row_count(), plan.background_rows, plan.seed);
            let encoded = encode(&joined.link, &joined.data, &rows);
            Ok(Background {
                name: format!("{name} of the table"),
                matrix: encoded.matrix,
                rows: encoded.rows,
                weights: None,
            })
        }
    }
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
