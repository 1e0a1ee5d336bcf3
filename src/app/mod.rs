//! The window: screens, panels, widgets, actions, the interactive painter. egui, eframe and rfd live here only.
//!
//! No loop over table rows in a frame: charts arrive finished, tables ask for the rows they show, orders and filters
//! are computed aside. Widgets collect wishes, the session fulfils them after drawing.

mod action;
mod aside;
mod desk;
mod dialogs;
mod formats;
mod help;
mod journal;
mod keeper;
mod leaving;
mod palette;
mod panel;
mod plot;
mod room;
mod runner;
mod screen;
mod shot;
mod style;
mod view;
mod widget;
mod window;
mod workspace;

pub use action::{ACTIONS, Action};
pub use runner::{InlineRunner, Runner, ThreadRunner};
pub use screen::{SCREENS, ScreenId};
pub use shot::ShotOptions;
pub use view::{Look, ViewState};
pub use window::{AppError, CandorApp, RendererChoice, RunOptions, run};
