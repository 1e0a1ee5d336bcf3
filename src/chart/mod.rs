//! Drawings described once: marks, axes, themes, alternative text, one file per chart, and the static painter.
//!
//! No window, no file dialog. `plotters` and `resvg` are used here and nowhere else.

pub mod alt;
mod beside;
pub mod cluster;
pub mod compared;
pub mod division;
pub mod font;
pub mod interaction;
pub mod kind;
pub mod levels;
pub mod paint;
pub mod paper;
pub mod places;
pub mod quality;
pub mod ramp;
pub mod ranks;
pub mod rows;
pub mod scale;
pub mod shade;
pub mod spec;
pub mod swarm;
pub mod theme;
pub mod together;
pub mod view;

pub use beside::share_axes;
pub use kind::{
    ChallengerNeed, ChallengerView, ChartError, CohortRows, KINDS, Kind, Needs, PerformanceKind, PredictionView,
    Subject,
};
pub use paint::{PaintError, csv, natural_size, pixels, png, svg};
pub use scale::ticks;
pub use spec::{Axis, AxisKind, Bar, Cell, Chart, ChartTable, Legend, Mark, Paint, Role, SecondAxis};
pub use theme::{PairChoice, Rgb, Theme};
