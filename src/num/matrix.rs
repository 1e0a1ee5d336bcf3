//! Row-major matrices of f64. NaN stands for a missing value.

use std::sync::Arc;

/// An owned, immutable, cheaply cloned row-major matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    // A shared vector, not a shared slice: making one from a large buffer copies nothing.
    values: Arc<Vec<f64>>,
    rows: usize,
    cols: usize,
}

impl Matrix {
    /// A matrix from row-major values; `None` when the length is not `rows · cols`.
    pub fn new(values: Vec<f64>, rows: usize, cols: usize) -> Option<Self> {
        (rows.checked_mul(cols) == Some(values.len())).then(|| Self { values: values.into(), rows, cols })
    }

    /// A matrix whose rows are given one by one; every row must have the length of the first.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Option<Self> {
        let cols = rows.first().map_or(0, |r| r.as_ref().len());
        let values: Vec<f64> = rows.iter().flat_map(|r| r.as_ref().iter().copied()).collect();
        Self::new(values, rows.len(), cols)
    }

    /// A borrowed view of the whole.
    pub fn view(&self) -> MatrixView<'_> {
        MatrixView { values: &self.values, rows: self.rows, cols: self.cols }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `i`; panics when out of range.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.cols..(i + 1) * self.cols]
    }

    /// All values, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The matrix of the given rows, in that order.
    pub fn take(&self, rows: &[usize]) -> Self {
        let values: Vec<f64> = rows.iter().flat_map(|&i| self.row(i).iter().copied()).collect();
        Self { values: values.into(), rows: rows.len(), cols: self.cols }
    }
}

/// A borrowed row-major matrix.
#[derive(Clone, Copy, Debug)]
pub struct MatrixView<'a> {
    values: &'a [f64],
    rows: usize,
    cols: usize,
}

impl<'a> MatrixView<'a> {
    /// A view over row-major values; `None` when the length is not `rows · cols`.
    pub fn new(values: &'a [f64], rows: usize, cols: usize) -> Option<Self> {
        (rows.checked_mul(cols) == Some(values.len())).then_some(Self { values, rows, cols })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `i`; panics when out of range.
    pub fn row(&self, i: usize) -> &'a [f64] {
        &self.values[i * self.cols..(i + 1) * self.cols]
    }

    /// All values, row-major.
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// The rows `start..end` as a view; panics when out of range.
    pub fn slice(&self, start: usize, end: usize) -> Self {
        Self { values: &self.values[start * self.cols..end * self.cols], rows: end - start, cols: self.cols }
    }

    /// One column as an iterator from top to bottom.
    pub fn column(&self, j: usize) -> impl Iterator<Item = f64> + 'a {
        let (values, cols) = (self.values, self.cols);
        (0..self.rows).map(move |i| values[i * cols + j])
    }
}
