//! Cells of the edited row as people read them, and what their columns hold.

use crate::base::text;
use crate::data::dates::{DAY_MILLIS, iso};
use crate::data::{ColumnKind, InputKind, Role, Value};
use crate::model::Scale;

use crate::app::desk::Cx;
use crate::app::screen::local::unit_text;

/// A cell in words.
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::Missing => text::MISSING.to_owned(),
        Value::Number(v) if v.fract().abs() <= 0.0 && v.abs() < 1e15 => text::fixed(*v, 0),
        Value::Number(v) => text::significant(*v, 6),
        Value::Text(text) => text.clone(),
        Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Date(millis) => iso(*millis, millis.rem_euclid(DAY_MILLIS) == 0),
    }
}

/// The columns that feed the model, each once, in the order of its inputs.
pub(super) fn columns(cx: &Cx<'_>) -> Vec<usize> {
    let mut columns: Vec<usize> = Vec::new();
    let mut seen = vec![false; cx.session.data().map_or(0, |data| data.columns().len())];
    for column in cx.session.link().map_or(&[][..], |link| &link.columns) {
        if let Some(seen) = seen.get_mut(*column)
            && !std::mem::replace(seen, true)
        {
            columns.push(*column);
        }
    }
    columns
}

/// The columns of the row that the model does not read, in the order of the table: no names of rows, targets or weights.
pub(super) fn unread(cx: &Cx<'_>) -> Vec<usize> {
    let Some(data) = cx.session.data() else { return Vec::new() };
    let mut read = vec![false; data.columns().len()];
    columns(cx).into_iter().filter_map(|column| read.get_mut(column).map(|read| *read = true)).for_each(drop);
    let told = |role: &Role| matches!(role, Role::Feature | Role::Protected | Role::Ignored);
    let places = data.roles().iter().zip(&read).enumerate().filter(|(_, (role, read))| told(role) && !**read);
    places.map(|(column, _)| column).collect()
}

/// A column's name; empty when out of range.
pub(super) fn name(cx: &Cx<'_>, column: usize) -> String {
    let columns = cx.session.data().map_or(&[][..], |data| data.columns());
    columns.get(column).map_or_else(String::new, |column| column.name.to_string())
}

/// A column's type.
pub(super) fn kind(cx: &Cx<'_>, column: usize) -> ColumnKind {
    let columns = cx.session.data().map_or(&[][..], |data| data.columns());
    columns.get(column).map_or(ColumnKind::Number, |column| column.values.kind())
}

/// Whether a column holds whole numbers only.
pub(super) fn is_whole(cx: &Cx<'_>, column: usize) -> bool {
    let columns = cx.session.data().map_or(&[][..], |data| data.columns());
    matches!(columns.get(column).map(|c| &c.values), Some(crate::data::Values::Number { whole: true, .. }))
}

/// Smallest and largest number of a column; `None` where it holds none.
pub(super) fn range(cx: &Cx<'_>, column: usize) -> Option<(f64, f64)> {
    let numbers = cx.session.profile()?.columns.get(column)?.numbers?;
    Some((numbers.min, numbers.max))
}

/// The levels of a column with their rows, most frequent first, then those that only the model knows.
pub(super) fn levels(cx: &Cx<'_>, column: usize) -> Vec<(String, usize)> {
    let known = cx.session.profile().and_then(|p| p.columns.get(column));
    let mut levels = known.map_or_else(Vec::new, |known| known.levels.clone());
    let input = cx.session.link().and_then(|link| link.columns.iter().position(|c| *c == column));
    let input = input.and_then(|k| cx.session.model().and_then(|m| m.card().inputs.get(k).cloned()));
    if let Some(InputKind::Levels(of) | InputKind::OpenLevels(of)) = input.map(|input| input.kind) {
        let new = of.iter().filter(|level| !levels.iter().any(|(name, _)| name == *level));
        let new: Vec<(String, usize)> = new.map(|level| (level.clone(), 0)).collect();
        levels.extend(new);
    }
    levels
}

/// A value to begin with where the row has none: that of the start, else the median or the most frequent level.
pub(super) fn usual(cx: &Cx<'_>, column: usize) -> Value {
    let original = cx.session.what_if().and_then(|of| of.original().get(column).cloned());
    if let Some(value) = original.filter(|value| !value.is_missing()) {
        return value;
    }
    let Some(known) = cx.session.profile().and_then(|p| p.columns.get(column)) else { return Value::Missing };
    let level = known.levels.first().map(|(level, _)| level.clone());
    match kind(cx, column) {
        ColumnKind::Number => {
            let median = known.numbers.map(|n| n.quantiles[3]);
            let median = if is_whole(cx, column) { median.map(f64::round) } else { median };
            median.map_or(Value::Missing, Value::Number)
        }
        ColumnKind::Category | ColumnKind::Text => level.map_or(Value::Missing, Value::Text),
        ColumnKind::YesNo => level.map_or(Value::Missing, |level| Value::YesNo(level == "yes")),
        ColumnKind::Date => {
            // The median of two moments may be none of the column's days.
            let median = known.numbers.map(|n| (n.quantiles[3] as i64).div_euclid(DAY_MILLIS) * DAY_MILLIS);
            median.map_or(Value::Missing, Value::Date)
        }
    }
}

/// A prediction with its unit.
pub(super) fn prediction(value: f64, scale: Scale) -> String {
    unit_text(value, scale)
}

/// A difference of predictions with its unit: percentage points for probabilities.
pub(super) fn difference(value: f64, scale: Scale) -> String {
    match scale {
        Scale::Probability => format!("{} points", text::signed(100.0 * value)),
        Scale::Margin | Scale::Target => text::signed(value),
    }
}
