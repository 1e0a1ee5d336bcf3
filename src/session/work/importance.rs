//! Measuring permutation importance.

use std::sync::Arc;

use crate::base::{Problem, RowId, Task};
use crate::data::encode_watched;
use crate::explain::{Background, Request, Truth, ask};
use crate::model::truth;
use crate::num::{Matrix, parallel};

use crate::session::command::Plan;
use crate::session::event::Outcome;
use crate::session::job::Work;

use super::Joined;
use super::explain::{check_knobs, find_method};

/// The method behind it.
const METHOD: &str = "permutation-importance";

/// Measures how much worse the model gets when a column is shuffled.
pub struct MeasureImportance {
    /// Table and model.
    pub joined: Joined,
    /// Seed and threads; the settings too, when its method is permutation importance.
    pub plan: Plan,
}

impl Work for MeasureImportance {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let Self { joined, plan } = *self;
        let method = find_method(METHOD)?;
        let given = if plan.method == METHOD { plan.knobs.as_slice() } else { &[] };
        let knobs = check_knobs(method, given)?;
        let scale = plan.scale.filter(|s| method.scales(&*joined.model).contains(s));
        let scale = scale
            .or_else(|| method.scales(&*joined.model).first().copied())
            .unwrap_or(joined.model.card().native_scale);
        let known_truth = truth(joined.model.card(), &joined.data)?;
        let truth = Truth { values: known_truth.values, weights: known_truth.weights };
        // Rows without a known target cannot be measured.
        let known = |row: &RowId| truth.values.get(row.index()).is_some_and(|value| !value.is_nan());
        let mut rows = super::choose_rows(&plan.rows, joined.data.row_count(), plan.seed)?;
        rows.retain(known);
        let truth = super::truth_of(&truth, &rows);
        task.begin("encoding rows", rows.len() as u64);
        let encoded =
            encode_watched(&joined.link, &joined.data, &rows, task).map_err(|_cancelled| super::cancelled())?;
        let matrix = Matrix::new(Vec::new(), 0, joined.link.columns.len()).expect("nothing has the length of no rows");
        let background = Background { name: "none".to_owned(), matrix, rows: Arc::from([]), weights: None };
        let request = Request {
            model: &*joined.model,
            features: encoded.matrix.view(),
            rows: &encoded.rows,
            background: &background,
            truth: Some(&truth),
            scale,
            knobs: &knobs,
            seed: plan.seed,
        };
        let explanation = parallel::with_threads(plan.threads, || ask(method, &request, task))?;
        Ok(Outcome::Importance(Arc::new(explanation)))
    }
}
