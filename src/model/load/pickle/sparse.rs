//! scipy's sparse matrices, by rows or by columns, as the arrays they stand for.

use std::borrow::Cow;

use crate::model::ModelError;

use super::array::{Array, element_count};
use super::at::At;
use super::dtype::Dtype;

/// Elements that a matrix may have: most of them stand nowhere in the file.
const LIMIT: usize = 1 << 22;

/// Whether an object of this class is a sparse matrix, by rows or by columns; `None` for every other class.
pub fn by_columns((module, name): (&str, &str)) -> Option<bool> {
    match name {
        _ if !module.starts_with("scipy.sparse") => None,
        "csr_matrix" | "csr_array" => Some(false),
        "csc_matrix" | "csc_array" => Some(true),
        _ => None,
    }
}

/// Rows and columns: a tuple that scipy renamed, an array in skops files.
fn shape(at: &At<'_>) -> Result<Vec<usize>, ModelError> {
    let stored = at.any("_shape").map_or_else(|| at.field("shape"), Ok)?;
    let Ok(array) = stored.array() else { return stored.counts() };
    let lengths = array.integers()?.into_iter().map(usize::try_from).collect::<Result<Vec<_>, _>>();
    lengths.map_err(|_error| stored.refuse("a length is negative"))
}

/// The matrix at `at` with its zeros. Refuses a shape that could not be held. Cost O(elements of the shape).
pub fn read<'d>(at: &At<'d>, by_columns: bool) -> Result<Array<'d>, ModelError> {
    let shape = shape(at)?;
    let count = element_count(&shape).filter(|count| *count <= LIMIT && shape.len() == 2);
    let (Some(count), &[rows, columns]) = (count, shape.as_slice()) else {
        return Err(at.refuse(format!("the sparse matrix of shape {shape:?} is too large or has no two axes")));
    };
    let places = |key: &str| {
        let stored = at.field(key)?;
        let places = stored.array()?.integers()?.into_iter().map(usize::try_from).collect::<Result<Vec<_>, _>>();
        places.map_err(|_error| stored.refuse("a place is negative"))
    };
    let (starts, inner, values) = (places("indptr")?, places("indices")?, at.field("data")?.array()?.reals()?);
    let (lines, length) = if by_columns { (columns, rows) } else { (rows, columns) };
    if starts.len().checked_sub(1) != Some(lines) || !starts.is_sorted() || inner.len() != values.len() {
        return Err(at.refuse("the sparse matrix has other lines than its shape"));
    }
    let mut elements = vec![0.0_f64; count];
    for (line, ends) in starts.windows(2).enumerate() {
        let range = ends.first().copied().unwrap_or(0)..ends.last().copied().unwrap_or(0);
        let stored = inner.get(range.clone()).zip(values.get(range));
        let (inner, values) = stored.ok_or_else(|| at.refuse("a line of the sparse matrix ends behind its values"))?;
        for (place, value) in inner.iter().zip(values) {
            if *place >= length {
                return Err(at.refuse("a value of the sparse matrix lies outside its shape"));
            }
            let element = if by_columns { place * columns + line } else { line * columns + place };
            // Values at one place are added up.
            elements.get_mut(element).into_iter().for_each(|sum| *sum += value);
        }
    }
    let bytes = elements.iter().flat_map(|value| value.to_le_bytes()).collect();
    let dtype = Dtype::from_name("<f8").ok_or_else(|| at.refuse("no type of numbers"))?;
    Array::raw(at, dtype, shape, false, Cow::Owned(bytes))
}
