//! Colours of dots and of densities: a paint's meanings turned into screen colours once, not dot by dot.

use eframe::egui;
use egui::Color32;

use crate::chart::{Chart, Mark, Paint, Role};

use crate::app::style::Skin;

/// What gives a dot or a pixel its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// The colour of its mark.
    Plain,
    /// A share of the ramp, in 255ths.
    Ramp(u8),
    /// One of six groups.
    Group(u8),
    /// No value.
    Missing,
}

impl Ink {
    /// The ink of dot `i`.
    pub(super) fn of(paint: &Paint, i: usize) -> Self {
        match paint {
            Paint::Role(Role::Missing) => Self::Missing,
            Paint::Role(_) => Self::Plain,
            Paint::Ramp(shares) => match shares.get(i) {
                Some(share) if !share.is_nan() => Self::Ramp((share.clamp(0.0, 1.0) * 255.0).round() as u8),
                _ => Self::Missing,
            },
            Paint::Groups(groups) => match groups.get(i) {
                Some(&group) if group != 255 => Self::Group(group % 6),
                _ => Self::Missing,
            },
        }
    }
}

/// The colours of one chart in one look.
pub(super) struct Inks {
    ramp: Vec<Color32>,
    groups: [Color32; 6],
    missing: Color32,
    /// The colour of each mark whose dots have one colour.
    plain: Vec<Color32>,
}

impl Inks {
    pub(super) fn new(chart: &Chart, skin: &Skin) -> Self {
        let plain = chart.marks.iter().map(|mark| match mark {
            Mark::Points { paint: Paint::Role(role), .. } => skin.role(*role),
            _ => skin.text,
        });
        Self {
            ramp: (0..=255u16).map(|i| skin.ramp(f32::from(i) / 255.0)).collect(),
            groups: std::array::from_fn(|k| skin.role(Role::Group(k as u8))),
            missing: skin.missing,
            plain: plain.collect(),
        }
    }

    /// The colour of an ink in mark `mark`.
    pub(super) fn colour(&self, mark: usize, ink: Ink) -> Color32 {
        match ink {
            Ink::Ramp(share) => self.ramp[usize::from(share)],
            Ink::Group(group) => self.groups[usize::from(group) % 6],
            Ink::Missing => self.missing,
            Ink::Plain => self.plain.get(mark).copied().unwrap_or(self.missing),
        }
    }
}
