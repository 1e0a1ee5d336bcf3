//! A table as it was opened: columns, roles and where it came from. Immutable; changing a role makes a new
//! `Dataset` that shares all columns.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Fingerprint, RowId, RowSet};

use super::column::Column;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// May be an input of a model.
    Feature,
    /// What a model predicts; compared with predictions.
    Target,
    /// Names a row for people; never an input.
    Identifier,
    /// Weight of a row in metrics.
    Weight,
    /// Marks a group that must not be disadvantaged; shown, compared, never silently an input.
    Protected,
    /// Kept out of sight and out of models.
    Ignored,
}

impl Role {
    /// All roles, in menu order.
    pub const ALL: [Self; 6] =
        [Self::Feature, Self::Target, Self::Identifier, Self::Weight, Self::Protected, Self::Ignored];

    /// The role's name in files and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Target => "target",
            Self::Identifier => "identifier",
            Self::Weight => "weight",
            Self::Protected => "protected",
            Self::Ignored => "ignored",
        }
    }

    /// The role's name on screens.
    pub fn title(self) -> &'static str {
        match self {
            Self::Feature => "Feature",
            Self::Target => "Target",
            Self::Identifier => "Identifier",
            Self::Weight => "Weight",
            Self::Protected => "Protected",
            Self::Ignored => "Ignored",
        }
    }
}

/// Where a table came from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Source {
    /// The file, when there is one.
    pub path: Option<PathBuf>,
    /// File name without folders, or a title for generated tables.
    pub name: String,
    /// SHA-256 of the file's bytes (of the columns for generated tables).
    pub sha256: Fingerprint,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Format and reading choices in words: `CSV, “;” separated, Windows-1252, decimal comma`.
    pub format: String,
    /// What the reader had to decide or could not keep, one sentence each.
    pub notes: Vec<String>,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Dataset {
    source: Arc<Source>,
    columns: Arc<[Column]>,
    roles: Arc<[Role]>,
    row_count: usize,
}

impl Dataset {
    /// A table from columns of equal length, every role `Feature`; `None` when lengths differ or there are more
    /// than `u32::MAX − 1` rows.
    pub fn new(source: Source, columns: Vec<Column>) -> Option<Self> {
        let row_count = columns.first().map_or(0, |c| c.values.len());
        let equal = columns.iter().all(|c| c.values.len() == row_count);
        (equal && row_count < u32::MAX as usize).then(|| Self {
            source: Arc::new(source),
            roles: vec![Role::Feature; columns.len()].into(),
            columns: columns.into(),
            row_count,
        })
    }

    /// The same table with one role changed; unchanged when `column` is out of range.
    #[must_use]
    pub fn with_role(&self, column: usize, role: Role) -> Self {
        let mut roles = self.roles.to_vec();
        if let Some(place) = roles.get_mut(column) {
            *place = role;
        }
        self.with_roles(roles)
    }

    /// The same table with all roles given; unchanged when the count differs.
    #[must_use]
    pub fn with_roles(&self, roles: Vec<Role>) -> Self {
        let mut copy = self.clone();
        if roles.len() == copy.roles.len() {
            copy.roles = roles.into();
        }
        copy
    }

    /// The same table with the rows in `rows` alone, counted anew from 0.
    #[must_use]
    pub fn of_rows(&self, rows: &RowSet) -> Self {
        let places: Vec<usize> = rows.iter().map(RowId::index).filter(|i| *i < self.row_count).collect();
        let pick = |c: &Column| Column { name: Arc::clone(&c.name), values: c.values.pick(&places) };
        Self { columns: self.columns.iter().map(pick).collect(), row_count: places.len(), ..self.clone() }
    }

    /// Where the table came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// All columns in file order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The role of each column, in column order.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The first column with `role`.
    pub fn column_with(&self, role: Role) -> Option<usize> {
        self.roles.iter().position(|r| *r == role)
    }

    /// The column called `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| &*c.name == name)
    }

    /// Number of data rows.
    pub fn row_count(&self) -> usize {
        self.row_count
    }

    /// What results depend on: the file's hash and the roles.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut builder = Fingerprint::builder().text(&self.source.sha256.0).number(self.row_count as u64);
        for (column, role) in self.columns.iter().zip(self.roles.iter()) {
            builder = builder.text(&column.name).text(column.values.kind().title()).text(role.title());
        }
        builder.finish()
    }
}
