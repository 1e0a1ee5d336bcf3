//! Friedman's H.

use crate::base::{Entry, Knob, Task, text};
use crate::explain::answer::{Answer, Body, Strength, Strengths};
use crate::explain::error::ExplainError;
use crate::explain::shape::Shape;
use crate::explain::tree::friedman::{self, overall_interactions, pair_interactions};
use crate::model::{Model, Scale};

use super::{Explainer, Request, Support};

/// How much of a tree ensemble is interaction: of each pair of features, and of each feature with all others.
pub struct FriedmanH;

/// Bytes that the parts of all rows may take.
const MOST_BYTES: usize = 2 << 30;

impl Entry for FriedmanH {
    fn id(&self) -> &'static str {
        "friedman-h"
    }

    fn title(&self) -> &'static str {
        "Friedman’s H"
    }

    fn summary(&self) -> &'static str {
        "Which share of the prediction's variation is interaction, of pairs of features and of each with all others"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["Friedman and Popescu 2008, Predictive learning via rule ensembles, section 8.1"]
    }
}

impl Explainer for FriedmanH {
    fn knobs(&self) -> &'static [Knob] {
        &[super::FEATURE]
    }

    /// Other models would have to be asked once for every two rows and pair of features.
    fn supports(&self, model: &dyn Model) -> Support {
        super::trees_only(model)
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![model.card().native_scale]
    }

    fn answers_rows(&self) -> bool {
        false
    }

    fn answers(&self) -> Shape {
        Shape::Strengths
    }

    /// Cost: see [`pair_interactions`] and [`overall_interactions`].
    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let ensemble = super::trees_of(self, request.model)?;
        let with = super::one_feature(self, request.model, request.knobs)?;
        let features = super::feature_names(request.model);
        let (outputs, asked) = (ensemble.outputs(), if with.is_some() { 1 } else { features.len() });
        check(request.rows.len(), outputs * asked)?;
        let pairs = pair_interactions(ensemble, request.features, with, task).map_err(|s| super::stopped(self, s))?;
        let overall =
            overall_interactions(ensemble, request.features, with, task).map_err(|s| super::stopped(self, s))?;
        let meeting = pairs.len();
        let mut entries: Vec<Strength> =
            pairs.iter().map(|pair| strength(pair.features[0], Some(pair.features[1]), &pair.strengths)).collect();
        let none = vec![friedman::Strength { share: Some(0.0), size: 0.0 }; outputs];
        let wanted = (0..features.len()).filter(|feature| with.is_none_or(|f| f == *feature));
        entries.extend(wanted.map(|f| strength(f, None, overall[f].as_deref().unwrap_or(&none))));
        let notes = notes(&entries, meeting, (features.len(), with), request.rows.len());
        let body = Body::Strengths(Strengths {
            features,
            outputs: request.model.card().outputs.clone().into(),
            entries,
            rows: request.rows.len(),
            scale: request.scale,
        });
        Ok(Answer { body, exact: true, evaluations: 0, converged: None, notes })
    }
}

/// Refuses before anything is allocated what would not fit.
fn check(rows: usize, numbers: usize) -> Result<(), ExplainError> {
    let bytes = rows.saturating_mul(numbers).saturating_mul(size_of::<f64>());
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(ExplainError::Incomplete {
        what: format!("the parts of all rows would need {} of memory", text::bytes(bytes as u64)),
        hint: format!(
            "Take one feature with feature=NUMBER, or at most {} rows",
            MOST_BYTES / (numbers * size_of::<f64>()).max(1)
        ),
    })
}

fn strength(first: usize, second: Option<usize>, found: &[friedman::Strength]) -> Strength {
    Strength {
        first,
        second,
        h_squared: found.iter().map(|s| s.share.unwrap_or(f64::NAN)).collect(),
        size: found.iter().map(|s| s.size).collect(),
    }
}

fn notes(entries: &[Strength], meeting: usize, (inputs, with): (usize, Option<usize>), rows: usize) -> Vec<String> {
    let mut notes = vec![
        format!("Exact over {}: every partial dependence is counted, none sampled", text::counted(rows, "row")),
        "H is a share: of a pair that does little, it can be large; the size tells how much the prediction varies with it"
            .to_owned(),
        "Features that belong together are set one or two at a time, so some of the rows may be impossible ones".to_owned(),
    ];
    let possible = if with.is_some() { inputs.saturating_sub(1) } else { inputs * inputs.saturating_sub(1) / 2 };
    if meeting < possible {
        notes.push(format!(
            "{} of {} meet on a path of some tree; H of the others is 0 and not listed",
            text::count(meeting),
            text::counted(possible, "pair")
        ));
    }
    if entries.iter().any(|entry| entry.h_squared.iter().any(|h| h.is_nan())) {
        notes.push("H is missing where the curve that it is a share of does not vary".to_owned());
    }
    notes
}
