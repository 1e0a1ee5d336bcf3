//! From table columns to a model's inputs: columns are matched by name and type, categories by the model's own levels.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::RowId;
use crate::num::Matrix;

use super::column::{MISSING_CODE, Values};
use super::dataset::{Dataset, Role};
use super::error::DataError;

/// One input a model wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The column's name as the model stores it.
    pub name: String,
    /// What values it takes.
    pub kind: InputKind,
}

/// What values an input takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// Any number.
    Number,
    /// Levels stored by the model: value `k` of the input means `levels[k]`.
    Levels(Arc<[String]>),
    /// Category codes whose levels the model file does not hold; the table must bring the codes as whole numbers.
    Codes,
}

/// How the columns of one table feed the inputs of one model.
#[derive(Clone, Debug)]
pub struct Link {
    /// For each input, its column in the table.
    pub columns: Vec<usize>,
    /// For each input, the code of each of the column's levels (`NaN` for a level the model has never seen);
    /// `None` where values pass as they are.
    codes: Vec<Option<Vec<f64>>>,
    /// What the reader of a result should know: extra columns, unseen levels.
    pub warnings: Vec<String>,
}

/// A model's inputs for some rows.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Shape (rows, inputs).
    pub matrix: Matrix,
    /// The table row of each matrix row.
    pub rows: Arc<[RowId]>,
}

/// Matches the columns of `data` to `inputs` by name. Refuses with the complete list of what is missing or of the
/// wrong type; columns the model does not use are no error.
pub fn link(inputs: &[Input], data: &Dataset) -> Result<Link, DataError> {
    let by_name: HashMap<&str, usize> = data.columns().iter().enumerate().map(|(i, c)| (&*c.name, i)).collect();
    let mut faults = Vec::new();
    let mut link = Link { columns: Vec::new(), codes: Vec::new(), warnings: Vec::new() };
    let mut absent = Vec::new();
    for input in inputs {
        let Some(&column) = by_name.get(input.name.as_str()) else {
            absent.push(format!("“{}”", input.name));
            continue;
        };
        match codes_for(input, &data.columns()[column].values, &mut link.warnings) {
            Ok(codes) => {
                link.columns.push(column);
                link.codes.push(codes);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if !absent.is_empty() {
        faults.insert(0, absent_columns(&absent, inputs, data));
    }
    if faults.is_empty() { Ok(link) } else { Err(DataError::Mismatch(faults)) }
}

fn absent_columns(absent: &[String], inputs: &[Input], data: &Dataset) -> String {
    let wanted: Vec<&str> = inputs.iter().map(|i| i.name.as_str()).collect();
    let spare: Vec<String> = data
        .columns()
        .iter()
        .zip(data.roles())
        .filter(|(c, role)| **role == Role::Feature && !wanted.contains(&&*c.name))
        .map(|(c, _)| format!("“{}”", c.name))
        .take(8)
        .collect();
    let shown = absent.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
    let more = if absent.len() > 8 { format!(" and {} more", absent.len() - 8) } else { String::new() };
    let unused = if spare.is_empty() { String::new() } else { format!(" (unused in the table: {})", spare.join(", ")) };
    format!("missing {shown}{more}{unused}")
}

fn codes_for(input: &Input, values: &Values, warnings: &mut Vec<String>) -> Result<Option<Vec<f64>>, String> {
    let name = &input.name;
    match (&input.kind, values) {
        (_, Values::Text(text)) if (0..text.len()).all(|i| text.get(i).is_none()) => Ok(None),
        (InputKind::Number | InputKind::Codes, Values::Number { .. } | Values::YesNo(_)) => Ok(None),
        (InputKind::Levels(levels), Values::Category { levels: own, .. }) => {
            let place: HashMap<&str, usize> = levels.iter().enumerate().map(|(k, l)| (l.as_str(), k)).collect();
            let codes: Vec<f64> = own.iter().map(|l| place.get(l.as_str()).map_or(f64::NAN, |k| *k as f64)).collect();
            let unseen: Vec<String> =
                own.iter().zip(&codes).filter(|(_, c)| c.is_nan()).map(|(l, _)| format!("“{l}”")).take(5).collect();
            if !unseen.is_empty() {
                warnings.push(format!(
                    "“{name}” has levels the model has never seen, treated as missing: {}",
                    unseen.join(", ")
                ));
            }
            Ok(Some(codes))
        }
        (InputKind::Levels(levels), Values::Number { .. } | Values::YesNo(_)) => {
            number_levels(levels).map(Some).ok_or_else(|| {
                format!(
                    "“{name}” holds numbers, but the model wants levels such as “{}”",
                    levels.first().map_or("", |l| l)
                )
            })
        }
        (InputKind::Number | InputKind::Codes, other) => {
            Err(format!("“{name}” is a {} column, but the model wants numbers", other.kind().title()))
        }
        (InputKind::Levels(_), other) => {
            Err(format!("“{name}” is a {} column, but the model wants categories", other.kind().title()))
        }
    }
}

/// The model's levels as numbers, when all of them are (a category of whole numbers, say).
fn number_levels(levels: &[String]) -> Option<Vec<f64>> {
    levels.iter().map(|l| l.parse::<f64>().ok()).collect()
}

/// Encodes `rows` of `data` through `link`. Cost O(rows · inputs).
pub fn encode(link: &Link, data: &Dataset, rows: &[RowId]) -> Encoded {
    let width = link.columns.len();
    let mut values = vec![f64::NAN; rows.len() * width];
    for (j, (&column, codes)) in link.columns.iter().zip(&link.codes).enumerate() {
        let source = &data.columns()[column].values;
        for (i, row) in rows.iter().enumerate() {
            values[i * width + j] = value_at(source, codes.as_deref(), row.index());
        }
    }
    let matrix = Matrix::new(values, rows.len(), width).expect("the buffer was sized for this shape");
    Encoded { matrix, rows: rows.into() }
}

fn value_at(source: &Values, codes: Option<&[f64]>, i: usize) -> f64 {
    match (source, codes) {
        (Values::Category { codes: own, .. }, Some(map)) => match own.get(i) {
            Some(&code) if code != MISSING_CODE => map.get(code as usize).copied().unwrap_or(f64::NAN),
            _ => f64::NAN,
        },
        (Values::Number { .. } | Values::YesNo(_), Some(levels)) => {
            let value = source.position(i);
            levels.iter().position(|l| *l == value).map_or(f64::NAN, |k| k as f64)
        }
        _ => source.position(i),
    }
}
