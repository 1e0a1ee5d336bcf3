//! Columns behind encoders: as one player each, which is what every method does, or as the sum of what their encoded
//! values contribute, which is what explaining the estimator inside a pipeline and adding up gives.

use crate::base::{Kind, Knob, Knobs, text};
use crate::model::Behind;
use crate::num::{Matrix, MatrixView};

use super::answer::{Answer, Attribution, Body};
use super::background::Background;
use super::error::ExplainError;
use super::method::Request;

const PLAYER: &str = "player";
const SUM: &str = "sum";
/// Encoded numbers of all rows at most.
const MOST: usize = 1 << 28;

/// The setting that chooses between the two.
pub(super) const COLUMNS: Knob = Knob {
    id: "columns",
    label: "Encoded columns",
    help: "Of pipelines: a column is one player, whatever an encoder makes of it; or its contribution is the sum of those of \
           its encoded values",
    kind: Kind::Choice { default: PLAYER, of: &[PLAYER, SUM] },
};

/// Whether the settings ask for sums.
pub(super) fn wants_sums(knobs: &Knobs) -> bool {
    knobs.choice(COLUMNS.id) == SUM
}

/// The answer of `explain`, asked about the estimator inside a pipeline and added up where the settings want sums and the
/// model has steps; about the request as it is otherwise.
pub(super) fn explained(
    request: &Request<'_>,
    explain: impl Fn(&Request<'_>) -> Result<Answer, ExplainError>,
) -> Result<Answer, ExplainError> {
    let card = request.model.card();
    let is_same = |behind: &&dyn Behind| {
        let inside = behind.inside().card();
        (inside.outputs.len(), inside.native_scale) == (card.outputs.len(), card.native_scale)
    };
    let behind = request.model.behind().filter(|behind| wants_sums(request.knobs) && is_same(behind));
    let Some(behind) = behind else { return explain(request) };
    let matrix = |rows: MatrixView<'_>| encoded(behind, rows);
    let (rows, references) = (matrix(request.features)?, matrix(request.background.matrix.view())?);
    let background = Background { matrix: references, ..request.background.clone() };
    let inside = Request { model: behind.inside(), features: rows.view(), background: &background, ..request.clone() };
    let mut answer = explain(&inside)?;
    if let Body::Attribution(found) = &answer.body {
        answer.body = Body::Attribution(summed(found, behind.sources(), request));
        let values = text::counted(behind.sources().len(), "encoded value");
        answer.notes.push(format!("A column’s contribution is the sum over its own among {values}"));
    }
    Ok(answer)
}

fn encoded(behind: &dyn Behind, rows: MatrixView<'_>) -> Result<Matrix, ExplainError> {
    let width = behind.sources().len();
    let count =
        rows.rows().checked_mul(width).filter(|count| *count <= MOST).ok_or_else(|| ExplainError::Incomplete {
            what: format!(
                "{} encoded values of every row would need more than {}",
                text::count(width),
                text::bytes(8 * MOST as u64)
            ),
            hint: "Take fewer rows, or set columns=player".to_owned(),
        })?;
    let mut values = Vec::with_capacity(count);
    for i in 0..rows.rows() {
        behind.encode(rows.row(i), &mut values);
    }
    Matrix::new(values, rows.rows(), width).ok_or_else(|| ExplainError::Incomplete {
        what: "the steps in front of the estimator make rows of different lengths".to_owned(),
        hint: "Set columns=player".to_owned(),
    })
}

/// Contributions of encoded values, added up by the input that each is made of.
fn summed(found: &Attribution, sources: &[usize], request: &Request<'_>) -> Attribution {
    let inputs = request.features.cols();
    let mut values = vec![0.0; found.values.len() / sources.len().max(1) * inputs];
    for (own, sums) in found.values.chunks_exact(sources.len().max(1)).zip(values.chunks_exact_mut(inputs.max(1))) {
        for (value, source) in own.iter().zip(sources) {
            sums[*source] += value;
        }
    }
    Attribution {
        features: request.model.card().inputs.iter().map(|input| input.name.clone()).collect(),
        values: values.into(),
        std_error: None,
        ..found.clone()
    }
}
