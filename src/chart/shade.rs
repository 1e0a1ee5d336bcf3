//! How dots are coloured by a feature's own values.

use crate::data::Values;

use super::levels::{self, Levels};
use super::spec::{Legend, Paint, Role};
use super::swarm::{self, Shade};
use super::view::{self, View};

/// Colours of some rows, and what legend and table say about them.
pub struct Coloured {
    /// One colour per shown row.
    pub paint: Paint,
    /// Values at the ends of the ramp; NaN where there is no ramp.
    pub limits: (f64, f64),
    /// Groups of levels, for categories.
    pub levels: Option<Levels>,
    /// Explained rows without a value.
    pub missing: usize,
}

impl Coloured {
    /// One colour for all.
    pub fn plain(role: Role) -> Self {
        Self { paint: Paint::Role(role), limits: (f64::NAN, f64::NAN), levels: None, missing: 0 }
    }

    /// Legend of a single feature: the ramp with its limits in words, or one key per level; hollow when missing.
    pub fn legend(&self, view: &View<'_>, feature: usize) -> Vec<Legend> {
        let mut legend = Vec::new();
        let name = view.name(feature);
        if let Some(levels) = &self.levels {
            let keys = levels.names.iter().enumerate();
            legend.extend(keys.map(|(g, level)| Legend::Key(Role::Group(g as u8), format!("{name}: {level}"))));
        } else if matches!(self.paint, Paint::Ramp(_)) {
            let end = |v: f64| view.column(feature).map_or_else(String::new, |c| place_text(&c.values, v));
            legend.push(Legend::Ramp(name.to_owned(), end(self.limits.0), end(self.limits.1)));
        }
        if self.missing > 0 {
            legend.push(Legend::Key(Role::Missing, format!("{name}: missing (hollow)")));
        }
        legend
    }
}

/// A place on a column's scale in words: number, date, level.
pub fn place_text(values: &Values, at: f64) -> String {
    match values {
        Values::Number { whole, .. } => view::number_text(at, *whole),
        Values::Date { .. } => super::scale::date(at),
        Values::Category { .. } | Values::YesNo(_) => levels::level_name(values, at as u64),
        Values::Text(_) => String::new(),
    }
}

/// Colours the explained rows at positions `kept` by the values of `feature`.
pub fn by_feature(view: &View<'_>, feature: usize, kept: &[usize], shade: Shade) -> Coloured {
    let Some(column) = view.column(feature) else { return Coloured::plain(Role::Accent) };
    let rows = &view.attribution.rows;
    // Colours mean the same in all charts beside each other.
    let reference = view.reference();
    let all = &reference.attribution.rows;
    let missing = rows.iter().filter(|r| column.values.is_missing(r.index())).count();
    match &column.values {
        Values::Category { .. } | Values::YesNo(_) => {
            let levels = levels::group(&column.values, all);
            let groups: Vec<u8> = kept.iter().map(|&i| levels.of(&column.values, rows[i])).collect();
            Coloured {
                paint: Paint::Groups(groups.into()),
                levels: Some(levels),
                missing,
                ..Coloured::plain(Role::Ink)
            }
        }
        Values::Text(_) => Coloured { missing, ..Coloured::plain(Role::Neutral) },
        Values::Number { .. } | Values::Date { .. } => {
            let values: Vec<f64> = all.iter().map(|r| column.values.position(r.index())).collect();
            let shown: Vec<f64> = kept.iter().map(|&i| column.values.position(rows[i].index())).collect();
            let (shares, limits) = swarm::shares(&values, &shown, shade);
            Coloured { paint: Paint::Ramp(shares.into()), limits, levels: None, missing }
        }
    }
}
