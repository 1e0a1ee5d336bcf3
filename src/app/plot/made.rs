//! Charts for tests.

use std::sync::Arc;

use crate::base::RowId;
use crate::chart::{Axis, AxisKind, Chart, Mark, Paint};

/// A chart of `count` dots spread over the unit square, coloured by a ramp with some values missing.
pub(super) fn dots(count: usize, rows: &[RowId]) -> Chart {
    let place = |i: usize, step: usize, of: usize| ((i * step) % of) as f32 / of as f32;
    let xy: Vec<[f32; 2]> = (0..count).map(|i| [place(i, 7_919, 10_007), place(i, 104_729, 9_973)]).collect();
    let share = |i: usize| if i.is_multiple_of(11) { f32::NAN } else { place(i, 31, 101) };
    let paint = Paint::Ramp((0..count).map(share).collect());
    let axis = Axis { label: String::new(), range: (0.0, 1.0), kind: AxisKind::Linear, second: None };
    Chart {
        kind: "dots",
        x: axis.clone(),
        y: axis,
        marks: vec![Mark::Points { xy: xy.into(), paint, rows: Arc::from(rows), radius: 1.8 }],
        ..Chart::default()
    }
}
