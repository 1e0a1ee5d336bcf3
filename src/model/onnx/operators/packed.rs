//! Matrix products with a stored matrix, eight columns side by side. In f64 and rounded once, because the order in which
//! onnxruntime adds is that of its own kernels and not known.

use crate::num::simd::{Eight, Job, Lanes, run};

/// Rows that meet a panel at once: their sums stay in registers.
const ROWS: usize = 8;

/// A stored matrix in panels of eight columns: number `i` of a panel holds row `i` of its columns.
#[derive(Clone, Debug)]
pub struct Packed {
    panels: Vec<Eight>,
    inner: usize,
    columns: usize,
}

impl Packed {
    /// Packs a matrix of shape (inner, columns) whose entry is `at(i, k)`. Cost O(inner · columns).
    pub fn new(inner: usize, columns: usize, at: impl Fn(usize, usize) -> f64) -> Self {
        let lane = |i: usize, k: usize| if k < columns { at(i, k) } else { 0.0 };
        let panel = |p: usize| (0..inner).map(move |i| (p, i));
        let panels = (0..columns.div_ceil(8)).flat_map(panel);
        let panels = panels.map(|(p, i)| Eight(std::array::from_fn(|lane_of| lane(i, 8 * p + lane_of)))).collect();
        Self { panels, inner, columns }
    }

    /// Rows of the matrix.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// Columns of the matrix.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The products of rows with the matrix; `x` has shape (rows, inner), the result (rows, columns). A row's sums do not
    /// depend on its neighbours.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        let rows = x.len().checked_div(self.inner).unwrap_or(0);
        let mut out = vec![0.0; rows * self.columns];
        run(Times { packed: self, x, out: &mut out });
        out
    }
}

struct Times<'a> {
    packed: &'a Packed,
    x: &'a [f64],
    out: &'a mut [f64],
}

impl Job for Times<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (inner, columns) = (self.packed.inner.max(1), self.packed.columns.max(1));
        let blocks = self.x.chunks(inner * ROWS).zip(self.out.chunks_mut(columns * ROWS));
        for (x, out) in blocks {
            for (p, panel) in self.packed.panels.chunks_exact(inner).enumerate() {
                let mut sums = [lanes.splat(0.0); ROWS];
                if x.len() == inner * ROWS {
                    for (i, line) in panel.iter().enumerate() {
                        let line = lanes.load(line);
                        for (r, sum) in sums.iter_mut().enumerate() {
                            *sum = lanes.mul_add(lanes.splat(x[r * inner + i]), line, *sum);
                        }
                    }
                } else {
                    for (row, sum) in x.chunks_exact(inner).zip(&mut sums) {
                        for (factor, line) in row.iter().zip(panel) {
                            *sum = lanes.mul_add(lanes.splat(*factor), lanes.load(line), *sum);
                        }
                    }
                }
                for (row, sum) in out.chunks_exact_mut(columns).zip(&sums) {
                    let mut eight = Eight::default();
                    lanes.store(&mut eight, *sum);
                    let to = &mut row[8 * p..columns.min(8 * p + 8)];
                    to.copy_from_slice(&eight.0[..to.len()]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition_whatever_the_shape() {
        for (rows, inner, columns) in [(1, 1, 1), (7, 3, 5), (8, 4, 8), (9, 6, 17), (23, 11, 24)] {
            let x: Vec<f64> = (0..rows * inner).map(|i| (i * 7 % 11) as f64 - 5.0).collect();
            let at = |i: usize, k: usize| (i * 5 + k * 3) as f64 % 7.0 - 3.0;
            let out = Packed::new(inner, columns, at).times(&x);
            for r in 0..rows {
                for k in 0..columns {
                    let sum: f64 = (0..inner).map(|i| x[r * inner + i] * at(i, k)).sum();
                    assert_eq!(out[r * columns + k], sum, "{rows}×{inner}×{columns}, row {r}, column {k}");
                }
            }
        }
    }
}
