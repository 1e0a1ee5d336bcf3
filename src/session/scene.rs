//! What belongs together at one moment, as shared pointers: the input of drawing, exporting and reporting.

use std::sync::Arc;

use crate::base::{Knobs, Problem, Task, text};
use crate::chart::kind;
use crate::chart::{ChallengerView, Chart, CohortRows, PredictionView, Subject};
use crate::data::read::ReadOptions;
use crate::data::{Associations, Dataset, Link, TableProfile};
use crate::explain::Answers;
use crate::model::{Model, Performance};
use crate::report::Second;

use super::challenger::Challenger;
use super::command::ChartRequest;
use super::event::Predictions;
use super::what_if::Variant;

/// Everything known, taken at one moment. Cloning copies pointers only.
#[derive(Clone, Default)]
pub struct Scene {
    /// The table.
    pub data: Option<Arc<Dataset>>,
    /// Its profile.
    pub profile: Option<Arc<TableProfile>>,
    /// The model, its classes named by the target.
    pub model: Option<Arc<dyn Model>>,
    /// The model as its file gives it.
    pub opened: Option<Arc<dyn Model>>,
    /// Which column feeds which input.
    pub link: Option<Arc<Link>>,
    /// Predictions of every row.
    pub predictions: Option<Arc<Predictions>>,
    /// Performance on the table.
    pub performance: Option<Arc<Performance>>,
    /// The newest answer of every shape.
    pub answers: Answers,
    /// The decision threshold, a probability.
    pub threshold: f64,
    /// How the table was read.
    pub read_options: ReadOptions,
    /// Named groups of its rows.
    pub cohorts: Arc<[CohortRows]>,
    /// A second model, compared with the first.
    pub challenger: Option<Challenger>,
    /// The edited row, answered.
    pub what_if: Option<Arc<Variant>>,
    /// Pairs of the model's columns that go together.
    pub associations: Option<Arc<Associations>>,
    /// The answers of all rows, where those in `answers` are of a cohort that is drawn beside others.
    pub whole: Option<Answers>,
}

impl Scene {
    /// What a chart of `request` may read.
    pub fn subject<'s>(&'s self, request: &ChartRequest) -> Subject<'s> {
        let subject = self.table_subject(request);
        match self.what_if.as_ref().filter(|_| request.what_if) {
            // The profile stays the table’s: it says what is usual.
            Some(variant) => Subject {
                data: Some(&variant.data),
                link: Some(&variant.link),
                answers: Some(&variant.answers),
                performance: None,
                predictions: None,
                name: Some(&variant.name),
                ..subject
            },
            None => subject,
        }
    }

    fn table_subject<'s>(&'s self, request: &ChartRequest) -> Subject<'s> {
        Subject {
            data: self.data.as_deref(),
            profile: self.profile.as_deref(),
            card: self.model.as_ref().map(|m| m.card()),
            terms: self.model.as_ref().and_then(|m| m.terms()),
            link: self.link.as_deref(),
            answers: Some(&self.answers),
            performance: self.performance.as_deref(),
            predictions: self.prediction_view(),
            cohorts: &self.cohorts,
            column: None,
            output: request.output,
            threshold: Some(self.threshold),
            row: request.row,
            feature: request.feature,
            colour: request.colour,
            task: None,
            challenger: self.challenger_view(),
            name: None,
            associations: self.associations.as_deref(),
            whole: self.whole.as_ref(),
        }
    }

    /// The second model as charts see it, once it is joined with the table.
    fn challenger_view(&self) -> Option<ChallengerView<'_>> {
        let challenger = self.challenger.as_ref()?;
        let meeting = challenger.meeting()?;
        Some(ChallengerView {
            card: meeting.model.card(),
            predictions: &meeting.predictions,
            challenge: challenger.challenge().map(|c| &**c),
            threshold: self.threshold,
        })
    }

    /// The second model as reports see it, once it is joined with the table.
    pub(super) fn second(&self) -> Option<Second<'_>> {
        let meeting = self.challenger.as_ref()?.meeting()?;
        let differences = self.challenger.as_ref()?.differences();
        Some(Second {
            view: self.challenger_view()?,
            predictions: self.prediction_view()?,
            comparison: meeting.comparison.as_deref(),
            flips: differences.and_then(|d| d.flips.as_deref()),
        })
    }

    fn prediction_view(&self) -> Option<PredictionView<'_>> {
        let known = self.predictions.as_deref()?;
        let (outputs, scale) = (known.outputs, known.scale);
        Some(PredictionView { values: &known.values, outputs, scale, truth: &known.truth })
    }

    /// Draws the chart that `request` names; cancelling `task` ends the drawing.
    pub fn draw(&self, request: &ChartRequest, task: &Task) -> Result<Chart, Problem> {
        if request.beside.is_empty() {
            return self.draw_one(request, task);
        }
        let drawn = self.draw_beside(request, task)?;
        let own = drawn.into_iter().find(|(of, _)| of == request).map(|(_, chart)| chart);
        let chart = own.unwrap_or_else(|| Err(unknown_kind(request.kind)))?;
        Ok(Arc::unwrap_or_clone(chart))
    }

    /// Draws one chart on its own axes.
    pub(super) fn draw_one(&self, request: &ChartRequest, task: &Task) -> Result<Chart, Problem> {
        let kind = kind::find(request.kind).ok_or_else(|| unknown_kind(request.kind))?;
        let given = request.knobs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let refused = |place: String, hint: String| {
            Problem::new(format!("Could not draw the chart “{}”", kind.title()), place, hint)
        };
        let knobs = Knobs::check(kind.knobs(), given)
            .map_err(|error| refused(format!("setting “{}”", error.knob), error.reason))?;
        let draw = |scene: &Self| {
            kind.draw(&Subject { task: Some(task), ..scene.subject(request) }, &knobs).map_err(|error| {
                refused(error.to_string(), "Compute or choose what is missing, then draw again".to_owned())
            })
        };
        let Some(name) = &request.within else { return draw(self) };
        let cohort = self.cohorts.iter().find(|c| c.name == *name).ok_or_else(|| {
            refused(format!("there is no cohort “{name}”"), "Choose another cohort, or all rows".to_owned())
        })?;
        if cohort.rows.is_empty() {
            let hint = "Change its condition, choose another cohort, or show all rows";
            return Err(Problem::new(format!("The cohort “{name}” holds no rows"), "no row fits it now", hint));
        }
        let mut chart = draw(&self.within(&cohort.rows, kind.needs(), task)?)?;
        if !kind.needs().divides() {
            let note = "Of all rows: these numbers are about the table as one and cannot be divided by cohort.";
            chart.notes.insert(0, note.to_owned());
            return Ok(chart);
        }
        let words = format!("“{name}” ({})", text::counted(cohort.rows.len(), "row"));
        // Beside others, what tells the charts apart stands where it is read first.
        chart.title = match request.beside[..] {
            [] => format!("{} · {words}", chart.title),
            _ => format!("{words} · {}", chart.title),
        };
        chart.alt = format!("Cohort {words}. {}", chart.alt);
        Ok(chart)
    }
}

/// The refusal of a chart kind nobody registered.
pub(super) fn unknown_kind(id: &str) -> Problem {
    let known: Vec<&str> = kind::KINDS.iter().map(|k| k.id()).collect();
    Problem::new(format!("There is no chart kind “{id}”"), "", format!("Known kinds: {}", known.join(", ")))
}
