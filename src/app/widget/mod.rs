//! Small pieces that screens are built of.

pub(crate) mod card;
pub(crate) mod chart_frame;
pub(crate) mod chart_table;
pub(crate) mod complete;
pub(crate) mod empty;
pub(crate) mod grid;
pub(crate) mod icon;
pub(crate) mod knob_form;
pub(crate) mod number;
pub(crate) mod passport;
pub(crate) mod picture;
pub(crate) mod steps;
