//! The fields of a table in the order in which they are shown: columns of the file, and what was computed for their rows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::{RowId, text};
use crate::data::{Column, Dataset, Values};
use crate::explain::Body;
use crate::session::derived::{CONTRIBUTION, Cell, Computed, Derived, NAMES};
use crate::session::ordering::Field;
use crate::session::{Scene, Session};

use crate::app::widget::number;

/// Which fields a person wants to see, by name; kept between starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Look {
    /// Columns that are not shown.
    pub hidden: BTreeSet<String>,
    /// Columns that stand before all others, in this order.
    pub first: Vec<String>,
    /// How many fields stay at the left while the others are scrolled.
    pub frozen: usize,
    /// Whether predictions stand beside the values.
    pub predictions: bool,
    /// Whether contributions stand beside the values.
    pub contributions: bool,
}

/// The fields to show: wanted columns first, then the file's order, then what was computed.
pub(crate) fn shown(session: &Session, data: &Dataset, look: &Look) -> Vec<Field> {
    let names = |field: &Field| name(data, field);
    let mut fields: Vec<Field> = (0..data.columns().len()).map(Field::Column).collect();
    if look.predictions {
        let scene = session.scene();
        let derived = Derived { scene: &scene, output: session.output() };
        // The number stands in front of every row, the actual class in the target column.
        let wanted = |name: &str| !matches!(name, "row" | "actual class") && derived.find(name).is_some();
        fields
            .extend(NAMES.iter().filter(|(name, _)| wanted(name)).map(|(name, _)| Field::Computed((*name).to_owned())));
    }
    if look.contributions
        && let Some(Body::Attribution(a)) = session.attribution().map(|e| &e.body)
    {
        fields.extend(a.features.iter().map(|feature| Field::Computed(format!("{CONTRIBUTION}{feature}"))));
    }
    fields.retain(|field| !look.hidden.contains(&names(field)));
    let place = |field: &Field| {
        let name = names(field);
        look.first.iter().position(|first| *first == name).unwrap_or(look.first.len())
    };
    fields.sort_by_cached_key(place);
    fields
}

/// A field's name.
pub(crate) fn name(data: &Dataset, field: &Field) -> String {
    match field {
        Field::Column(column) => data.columns().get(*column).map_or_else(String::new, |c| c.name.to_string()),
        Field::Computed(name) => name.clone(),
    }
}

/// Whether a field's values stand at the right of their cells.
pub(crate) fn is_numeric(data: &Dataset, field: &Field) -> bool {
    match field {
        Field::Column(column) => data.columns().get(*column).is_some_and(number::is_numeric),
        Field::Computed(name) => !name.ends_with("class") && !matches!(name.as_str(), "wrong" | "decision flips"),
    }
}

/// Where cells come from: the table, and the answers that hold something for every row.
pub(crate) struct Cells<'s> {
    pub(crate) session: &'s Session,
    pub(crate) data: &'s Dataset,
    /// What computed columns are made of.
    scene: &'s Scene,
    /// The computed columns among the fields.
    computed: BTreeMap<&'s str, Computed>,
}

impl<'s> Cells<'s> {
    /// The cells of these fields. Cost O(fields · features): names are looked up once, not for every cell.
    pub(crate) fn new(session: &'s Session, data: &'s Dataset, scene: &'s Scene, fields: &'s [Field]) -> Self {
        let derived = Derived { scene, output: session.output() };
        let computed = fields.iter().filter_map(|field| match field {
            Field::Computed(name) => Some((name.as_str(), derived.find(name)?)),
            Field::Column(_) => None,
        });
        Self { session, data, scene, computed: computed.collect() }
    }

    /// The text of a cell; `None` when it is missing.
    pub(crate) fn text(&self, field: &Field, row: RowId) -> Option<String> {
        match field {
            Field::Column(column) => self.column_text(self.data.columns().get(*column)?, *column, row),
            Field::Computed(name) => self.computed(name, row, false),
        }
    }

    /// The text of a cell with every digit, for copying.
    pub(crate) fn exact(&self, field: &Field, row: RowId) -> Option<String> {
        match field {
            Field::Column(column) => {
                let values = &self.data.columns().get(*column)?.values;
                let text = || match values {
                    Values::Number { .. } => values.position(row.index()).to_string(),
                    _ => values.exact(row.index()),
                };
                (!values.is_missing(row.index())).then(text)
            }
            Field::Computed(name) => self.computed(name, row, true),
        }
    }

    fn column_text(&self, column: &Column, index: usize, row: RowId) -> Option<String> {
        let spread = self.session.profile().and_then(|p| p.columns.get(index)).and_then(|p| p.numbers);
        match spread {
            Some(n) if number::is_numeric(column) && !column.values.is_missing(row.index()) => {
                let decimals = number::decimals(column, n.max.abs().max(n.min.abs()), 4);
                Some(text::fixed(column.values.position(row.index()), decimals))
            }
            _ => number::value(column, row.index()),
        }
    }

    fn computed(&self, name: &str, row: RowId, exact: bool) -> Option<String> {
        let derived = Derived { scene: self.scene, output: self.session.output() };
        let column = *self.computed.get(name)?;
        Some(match derived.cell(column, row)? {
            Cell::Number(value) if exact => value.to_string(),
            Cell::Number(value) if matches!(column, Computed::Contribution(_)) => text::signed(value),
            Cell::Number(value) => text::fixed(value, 4),
            Cell::Class(class) => self.scene.model.as_ref()?.card().classes.get(class)?.clone(),
            Cell::Flag(on) => if on { "yes" } else { "no" }.to_owned(),
        })
    }
}

/// Whether a text would be taken for a formula by a spreadsheet: then an apostrophe is put before it. Numbers are not.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err()
}

/// A block of the table with a header, tab-separated, every digit; line breaks and tabs in texts become spaces, and no
/// text can become a formula. Cost O(rows · fields).
pub(crate) fn block(cells: &Cells<'_>, fields: &[Field], rows: &mut dyn Iterator<Item = RowId>) -> String {
    let plain = |text: String| {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if is_formula(&text) { format!("'{text}") } else { text }
    };
    let mut lines = vec![];
    let names = fields.iter().map(|field| plain(name(cells.data, field)));
    lines.push(std::iter::once("row".to_owned()).chain(names).collect::<Vec<_>>().join("\t"));
    for row in rows {
        let values = fields.iter().map(|field| {
            let text = cells.exact(field, row).unwrap_or_default();
            match field {
                Field::Column(c)
                    if matches!(cells.data.columns().get(*c).map(|c| &c.values), Some(Values::Number { .. })) =>
                {
                    text
                }
                _ => plain(text),
            }
        });
        lines.push(std::iter::once(row.to_string()).chain(values).collect::<Vec<_>>().join("\t"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;

    #[test]
    fn a_copied_block_holds_no_formula() {
        let data = table(&[("=a", "=1+1 -5 @x"), ("n", "-1.5 2 NA")]);
        let session = Session::new();
        let scene = session.scene();
        let fields = [Field::Column(0), Field::Column(1)];
        let cells = Cells::new(&session, &data, &scene, &fields);
        let text = block(&cells, &fields, &mut (0..3).map(RowId));
        assert_eq!(text, "row\t'=a\tn\n0\t'=1+1\t-1.5\n1\t-5\t2\n2\t'@x\t");
    }

    #[test]
    fn hidden_columns_are_left_out_and_wanted_ones_stand_first() {
        let data = table(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let look = Look { hidden: ["a".to_owned()].into(), first: vec!["c".to_owned()], ..Look::default() };
        let fields = shown(&Session::new(), &data, &look);
        assert_eq!(fields, [Field::Column(2), Field::Column(1)]);
    }

    #[test]
    fn only_what_is_known_stands_beside_the_values() {
        let mut session = Session::new();
        let jobs = session.apply(crate::session::Command::OpenSample("credit".to_owned()));
        crate::worker::inline::run_all(&mut session, jobs, |_| ());
        let data = std::sync::Arc::clone(session.data().expect("the sample is open"));
        let look = Look { predictions: true, ..Look::default() };
        let shown = shown(&session, &data, &look);
        let computed: Vec<String> =
            shown.iter().filter(|f| matches!(f, Field::Computed(_))).map(|f| name(&data, f)).collect();
        assert_eq!(computed, ["prediction", "predicted class", "wrong", "error"], "there is no challenger");
        let scene = session.scene();
        let cells = Cells::new(&session, &data, &scene, &shown);
        for field in &shown {
            assert!(cells.exact(field, RowId(0)).is_some(), "{field:?} is known for every row");
        }
    }
}
