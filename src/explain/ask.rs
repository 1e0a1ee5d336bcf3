//! The only caller of [`Explainer::explain`]: it asks the model itself, measures the gap and stamps the passport.

use crate::base::{Fingerprint, Task, text};
use crate::model::Model;
use crate::model::Scale;
use crate::num::MatrixView;
use crate::num::parallel;

use super::answer::{Addends, Answer, Attribution, Body, Explanation, Fidelity, Provenance};
use super::error::ExplainError;
use super::method::{Explainer, Request, Support};

/// Answers larger than this are refused before anything is allocated, in bytes.
pub const LARGEST: u128 = 4 << 30;

/// Asks `method` and grades what it answers. Cost: the method's, plus two predictions of every explained row.
pub fn ask(method: &dyn Explainer, request: &Request<'_>, task: &Task) -> Result<Explanation, ExplainError> {
    check(method, request)?;
    let (answer, told) = collect(method, request, task)?;
    finish(method, request, (answer, told), task)
}

/// What the model itself says about the explained rows.
pub(super) struct Told {
    /// Predictions in f64, shape (rows, outputs).
    pub predictions: Vec<f64>,
    /// Largest difference to the source library's own arithmetic.
    pub source_rounding: f64,
}

/// The method's answer and the model's own predictions, not yet compared.
pub(super) fn collect(
    method: &dyn Explainer,
    request: &Request<'_>,
    task: &Task,
) -> Result<(Answer, Told), ExplainError> {
    let answer = method.explain(request, task)?;
    let told = match answer.body.addends() {
        Some(sum) => predict(request.model, request.features.slice(0, sum.rows), request.scale, task)?,
        None => Told { predictions: Vec::new(), source_rounding: 0.0 },
    };
    Ok((answer, told))
}

/// Compares both and stamps the passport.
pub(super) fn finish(
    method: &dyn Explainer,
    request: &Request<'_>,
    (answer, told): (Answer, Told),
    task: &Task,
) -> Result<Explanation, ExplainError> {
    let fidelity = grade(&answer, &told, request)?;
    let provenance = passport(method, request, &answer, task)?;
    Ok(Explanation { body: answer.body, predictions: told.predictions.into(), fidelity, provenance })
}

/// Memory of the answer in bytes: contributions, and their standard errors for estimates. Answers about the table as one
/// see to their own.
pub fn estimated_bytes(method: &dyn Explainer, request: &Request<'_>) -> u128 {
    if !method.answers_rows() {
        return 0;
    }
    let row = method.row_numbers(request.model, request.knobs) as u128;
    request.rows.len() as u128 * row * size_of::<f64>() as u128
}

/// Refuses what cannot be answered, before any work.
pub(super) fn check(method: &dyn Explainer, request: &Request<'_>) -> Result<(), ExplainError> {
    let refuse = |reason: &str| {
        Err(ExplainError::NotApplicable { method: method.title().to_owned(), reason: reason.to_owned() })
    };
    if let Support::No(reason) = method.supports(request.model) {
        return refuse(reason);
    }
    if !method.scales(request.model).contains(&request.scale) {
        return refuse(&format!("it cannot answer on the {} scale for this model", request.scale.id()));
    }
    if request.rows.is_empty() {
        return Err(ExplainError::Incomplete {
            what: "there are no rows to explain".to_owned(),
            hint: "Open a table with at least one data row, or widen the row choice".to_owned(),
        });
    }
    let inputs = request.model.card().inputs.len();
    let background = &request.background.matrix;
    let fits = request.features.cols() == inputs && request.features.rows() == request.rows.len();
    if !fits || (method.needs_background() && background.rows() > 0 && background.cols() != inputs) {
        return Err(ExplainError::Incomplete {
            what: format!("the rows do not have the model's {inputs} inputs"),
            hint: "Open the table this model was made for".to_owned(),
        });
    }
    let bytes = estimated_bytes(method, request);
    if bytes > LARGEST {
        let size = text::bytes(u64::try_from(bytes).unwrap_or(u64::MAX));
        return Err(ExplainError::Incomplete {
            what: format!("the answer would need {size} of memory"),
            hint: format!("Explain fewer rows: at most {} fit", LARGEST * request.rows.len() as u128 / bytes),
        });
    }
    if method.needs_background() && request.background.matrix.rows() == 0 {
        return Err(ExplainError::Incomplete {
            what: "the background has no rows".to_owned(),
            hint: "Choose a background of at least one row".to_owned(),
        });
    }
    if method.needs_background()
        && let Some(fault) = request.background.fault()
    {
        return Err(ExplainError::Incomplete {
            what: fault.to_owned(),
            hint: "Give every row of the background a weight of at least 0, and one of them more".to_owned(),
        });
    }
    if method.needs_truth() && request.truth.is_none() {
        return Err(ExplainError::Incomplete {
            what: "no target column is known".to_owned(),
            hint: "Give one column the role Target".to_owned(),
        });
    }
    Ok(())
}

/// Predictions in f64, and the largest difference to the source library's own arithmetic.
fn predict(model: &dyn Model, rows: MatrixView<'_>, scale: Scale, task: &Task) -> Result<Told, ExplainError> {
    let width = model.card().outputs.len();
    let mut exact = vec![0.0; rows.rows() * width];
    let mut source = vec![0.0; rows.rows() * width];
    task.begin("checking additivity", 2 * rows.rows() as u64);
    let block = |first: usize, part: &[f64]| rows.slice(first, first + part.len() / width.max(1));
    parallel::fill_rows(&mut exact, width, task, |first, part| model.predict_f64(block(first, part), scale, part))?;
    parallel::fill_rows(&mut source, width, task, |first, part| model.predict(block(first, part), scale, part))?;
    let source_rounding = exact.iter().zip(&source).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    Ok(Told { predictions: exact, source_rounding })
}

fn grade(answer: &Answer, told: &Told, request: &Request<'_>) -> Result<Fidelity, ExplainError> {
    let mut fidelity = Fidelity {
        gap: None,
        relative_gap: None,
        source_rounding: told.source_rounding,
        exact: answer.exact,
        largest_error: None,
        converged: answer.converged,
        evaluations: answer.evaluations,
    };
    if let Some(sum) = answer.body.addends() {
        let (gap, span) = gap(sum, &told.predictions, request)?;
        fidelity.gap = Some(gap);
        fidelity.relative_gap = Some(gap / span.max(1.0));
    }
    if let Body::Attribution(Attribution { std_error: Some(errors), .. }) = &answer.body {
        fidelity.largest_error = Some(errors.iter().copied().fold(0.0, f64::max));
    }
    Ok(fidelity)
}

/// The largest gap and the largest distance of a prediction from its base.
fn gap(sum: Addends<'_>, predictions: &[f64], request: &Request<'_>) -> Result<(f64, f64), ExplainError> {
    let outputs = sum.base.len();
    let (mut gap, mut span) = (0.0f64, 0.0f64);
    for (output, base) in sum.base.iter().enumerate() {
        for (position, row) in request.rows.iter().enumerate().take(sum.rows) {
            let prediction = predictions[position * outputs + output];
            let values = &sum.values[(output * sum.rows + position) * sum.width..][..sum.width];
            let total = base + values.iter().sum::<f64>();
            if !prediction.is_finite() || !total.is_finite() {
                return Err(ExplainError::NotANumber { row: row.0 });
            }
            gap = gap.max((total - prediction).abs());
            span = span.max((prediction - base).abs());
        }
    }
    Ok((gap, span))
}

fn passport(
    method: &dyn Explainer,
    request: &Request<'_>,
    answer: &Answer,
    task: &Task,
) -> Result<Provenance, ExplainError> {
    let values = request.features.values();
    // The parts of `Builder::reals`, with looks at the task between them.
    let mut data = Fingerprint::builder().number(request.features.cols() as u64).number(values.len() as u64);
    for part in values.chunks(1 << 20) {
        task.check()?;
        let bytes: Vec<u8> = part.iter().flat_map(|v| v.to_bits().to_le_bytes()).collect();
        data = data.bytes(&bytes);
    }
    for row in request.rows {
        data = data.number(u64::from(row.0));
    }
    let uses_background = method.needs_background();
    Ok(Provenance {
        method: method.id().to_owned(),
        method_title: method.title().to_owned(),
        program: format!("Candor {}", env!("CARGO_PKG_VERSION")),
        model: request.model.card().sha256.clone(),
        data: data.finish(),
        background: uses_background.then(|| request.background.fingerprint()),
        background_text: if uses_background {
            request.background.name.clone()
        } else {
            "none: the method uses the training cover stored in the model, or no reference at all".to_owned()
        },
        knobs: request.knobs.clone(),
        seed: request.seed,
        scale: request.scale,
        notes: answer.notes.clone(),
    })
}
