//! Drawings described once: marks, axes, themes, alternative text, one file per chart, and the static painter.
//!
//! No window, no file dialog. `plotters` and `resvg` are used here and nowhere else.

pub mod font;
pub mod kind;
pub mod ramp;
pub mod scale;
pub mod spec;
pub mod theme;

pub use kind::{ChartError, KINDS, Kind, Needs, PerformanceKind, Subject};
pub use scale::ticks;
pub use spec::{Axis, AxisKind, Bar, Cell, Chart, ChartTable, Legend, Mark, Paint, Role, SecondAxis};
pub use theme::{PairChoice, Rgb, Theme};
