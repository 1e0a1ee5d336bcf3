//! A matrix of f64 on disk, column after column.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::base::{RowId, Task};

/// Rows of a column read at once.
const SPAN: usize = 1 << 16;

/// The matrix.
pub(super) struct DiskMatrix {
    file: File,
    rows: usize,
    width: usize,
}

impl DiskMatrix {
    /// A matrix of no columns yet, in a file without a name.
    pub fn new(folder: &Path, rows: usize, width: usize) -> std::io::Result<Self> {
        Ok(Self { file: tempfile::tempfile_in(folder)?, rows, width })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// Writes the next column. Cost O(rows).
    pub fn push_column(&mut self, value: impl Fn(usize) -> f64, task: &Task) -> std::io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, &self.file);
        for first in (0..self.rows).step_by(SPAN) {
            task.check().map_err(std::io::Error::other)?;
            for i in first..(first + SPAN).min(self.rows) {
                out.write_all(&value(i).to_le_bytes())?;
            }
        }
        out.flush()
    }

    /// Fills `out`, of shape (rows, width), with the rows asked for; rows out of range stay as they are.
    pub fn gather(&self, rows: &[RowId], out: &mut [f64], task: &Task) -> std::io::Result<()> {
        let mut order: Vec<usize> = (0..rows.len()).filter(|&i| rows[i].index() < self.rows).collect();
        if !rows.is_sorted() {
            order.sort_unstable_by_key(|&i| rows[i]);
        }
        let mut rest = order.as_slice();
        let mut bytes = Vec::new();
        while let Some(&start) = rest.first() {
            task.check().map_err(std::io::Error::other)?;
            let first = rows[start].index();
            let count = rest.partition_point(|&i| rows[i].index() < first + SPAN);
            let (span, others) = rest.split_at(count);
            let last = span.last().map_or(first, |&i| rows[i].index());
            bytes.resize((last + 1 - first) * size_of::<f64>(), 0);
            for j in 0..self.width {
                let mut file = &self.file;
                file.seek(SeekFrom::Start(((j * self.rows + first) * size_of::<f64>()) as u64))?;
                file.read_exact(&mut bytes)?;
                let values = bytes.as_chunks::<8>().0;
                for &i in span {
                    out[i * self.width + j] = f64::from_le_bytes(values[rows[i].index() - first]);
                }
            }
            rest = others;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_in_any_order_and_number() {
        let rows = 3 * SPAN + 17;
        let folder = tempfile::tempdir().expect("a folder");
        let mut matrix = DiskMatrix::new(folder.path(), rows, 2).expect("a file");
        let task = Task::silent();
        let value = |i: usize, j: usize| if i % 1000 == 3 { f64::NAN } else { (2 * i + j) as f64 / 3.0 };
        for j in 0..2 {
            matrix.push_column(|i| value(i, j), &task).expect("written");
        }
        let last = rows as u32 - 1;
        let wanted: Vec<RowId> = [last, 0, 3, SPAN as u32, 5, 5, 2 * SPAN as u32 - 1, last + 1].map(RowId).to_vec();
        let mut out = vec![-1.0; 2 * wanted.len()];
        matrix.gather(&wanted, &mut out, &task).expect("read");
        for (row, found) in wanted.iter().zip(out.chunks_exact(2)) {
            for (j, found) in found.iter().enumerate() {
                let expected = if row.0 > last { -1.0 } else { value(row.index(), j) };
                assert_eq!(found.to_bits(), expected.to_bits(), "row {}", row.0);
            }
        }
    }
}
