//! What surrounds the screens: bars, rail, drawer, inspector, settings.

pub(crate) mod cohorts;
pub(crate) mod inspector;
pub(crate) mod jobs;
pub(crate) mod problems;
pub(crate) mod rail;
pub(crate) mod settings;
pub(crate) mod status_bar;
pub(crate) mod top_bar;
