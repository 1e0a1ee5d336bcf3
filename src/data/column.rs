//! One typed column. Missing is a value of its own in every type, never a magic number of the file.

use std::sync::Arc;

/// The code of a missing level in a category column.
pub const MISSING_CODE: u32 = u32::MAX;
/// The mark of a missing date.
pub const MISSING_DATE: i64 = i64::MIN;

/// A named, typed column.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name as the file gives it.
    pub name: Arc<str>,
    /// The values, one per row.
    pub values: Values,
}

/// Typed values; cloning copies pointers only.
#[derive(Clone, Debug)]
pub enum Values {
    /// Numbers; NaN is missing. `whole` says that every present value is a whole number.
    Number {
        /// One number per row.
        values: Arc<[f64]>,
        /// Whether all present values are whole.
        whole: bool,
    },
    /// Levels by code; [`MISSING_CODE`] is missing.
    Category {
        /// One code per row, an index into `levels`.
        codes: Arc<[u32]>,
        /// The distinct levels, in order of first appearance or as the file declares them.
        levels: Arc<[String]>,
    },
    /// Free text.
    Text(Arc<TextValues>),
    /// 0 no, 1 yes, 2 missing.
    YesNo(Arc<[u8]>),
    /// Milliseconds since 1970-01-01 UTC; [`MISSING_DATE`] is missing. `day` says that no value has a time of day.
    Date {
        /// One moment per row.
        millis: Arc<[i64]>,
        /// Whether only whole days occur.
        day: bool,
    },
}

/// Many texts in one allocation.
#[derive(Clone, Debug, Default)]
pub struct TextValues {
    bytes: String,
    ends: Vec<usize>,
    missing: Vec<bool>,
}

impl TextValues {
    /// Adds one text, or a missing value.
    pub fn push(&mut self, text: Option<&str>) {
        self.bytes.push_str(text.unwrap_or(""));
        self.ends.push(self.bytes.len());
        self.missing.push(text.is_none());
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of row `i`; `None` when missing or out of range.
    pub fn get(&self, i: usize) -> Option<&str> {
        if *self.missing.get(i)? {
            return None;
        }
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        self.bytes.get(start..self.ends[i])
    }
}

/// The type of a column without its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// A limited set of levels.
    Category,
    /// Free text.
    Text,
    /// Two-valued truth.
    YesNo,
    /// Dates or moments.
    Date,
}

impl ColumnKind {
    /// The type's name on screens and in messages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category => "category",
            Self::Text => "text",
            Self::YesNo => "yes/no",
            Self::Date => "date",
        }
    }
}

impl Values {
    /// The values at these places, in this order; a place outside is missing.
    #[must_use]
    pub fn pick(&self, places: &[usize]) -> Self {
        match self {
            Self::Number { values, whole } => Self::Number {
                values: places.iter().map(|i| values.get(*i).copied().unwrap_or(f64::NAN)).collect(),
                whole: *whole,
            },
            Self::Category { codes, levels } => Self::Category {
                codes: places.iter().map(|i| codes.get(*i).copied().unwrap_or(MISSING_CODE)).collect(),
                levels: Arc::clone(levels),
            },
            Self::Text(texts) => {
                let mut picked = TextValues::default();
                places.iter().for_each(|i| picked.push(texts.get(*i)));
                Self::Text(Arc::new(picked))
            }
            Self::YesNo(flags) => Self::YesNo(places.iter().map(|i| flags.get(*i).copied().unwrap_or(2)).collect()),
            Self::Date { millis, day } => Self::Date {
                millis: places.iter().map(|i| millis.get(*i).copied().unwrap_or(MISSING_DATE)).collect(),
                day: *day,
            },
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Number { values, .. } => values.len(),
            Self::Category { codes, .. } => codes.len(),
            Self::Text(text) => text.len(),
            Self::YesNo(flags) => flags.len(),
            Self::Date { millis, .. } => millis.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type.
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Number { .. } => ColumnKind::Number,
            Self::Category { .. } => ColumnKind::Category,
            Self::Text(_) => ColumnKind::Text,
            Self::YesNo(_) => ColumnKind::YesNo,
            Self::Date { .. } => ColumnKind::Date,
        }
    }

    /// Whether row `i` has no value (also when out of range).
    pub fn is_missing(&self, i: usize) -> bool {
        match self {
            Self::Number { values, .. } => values.get(i).is_none_or(|v| v.is_nan()),
            Self::Category { codes, .. } => codes.get(i).is_none_or(|c| *c == MISSING_CODE),
            Self::Text(text) => text.get(i).is_none(),
            Self::YesNo(flags) => flags.get(i).is_none_or(|f| *f > 1),
            Self::Date { millis, .. } => millis.get(i).is_none_or(|m| *m == MISSING_DATE),
        }
    }

    /// Row `i` as the number a chart or a colour scale can place: the value, the code, 0/1, or milliseconds;
    /// NaN when missing or text.
    pub fn position(&self, i: usize) -> f64 {
        if self.is_missing(i) {
            return f64::NAN;
        }
        match self {
            Self::Number { values, .. } => values[i],
            Self::Category { codes, .. } => f64::from(codes[i]),
            Self::Text(_) => f64::NAN,
            Self::YesNo(flags) => f64::from(flags[i]),
            Self::Date { millis, .. } => millis[i] as f64,
        }
    }
}
