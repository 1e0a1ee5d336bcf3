//! Cells as people read them.

use crate::base::text;

use super::column::Values;
use super::dates::iso;

impl Values {
    /// Row `i` as it is shown in tables and charts: whole numbers whole, others with six significant digits, dates
    /// as ISO 8601, “missing” where there is no value. Cost O(length of the text).
    pub fn text(&self, i: usize) -> String {
        match self {
            Self::Number { values, whole } => match values.get(i) {
                Some(value) if *whole && value.is_finite() => text::fixed(*value, 0),
                Some(value) => text::significant(*value, 6),
                None => text::MISSING.to_owned(),
            },
            _ => self.exact(i),
        }
    }

    /// Row `i` with every digit: what a tooltip shows and a search compares.
    pub fn exact(&self, i: usize) -> String {
        if self.is_missing(i) {
            return text::MISSING.to_owned();
        }
        match self {
            Self::Number { values, .. } => values.get(i).map(|v| text::exact(*v)),
            Self::Category { codes, levels } => codes.get(i).and_then(|c| levels.get(*c as usize)).cloned(),
            Self::Text(texts) => texts.get(i).map(str::to_owned),
            Self::YesNo(flags) => flags.get(i).map(|f| if *f == 1 { "yes" } else { "no" }.to_owned()),
            Self::Date { millis, day } => millis.get(i).map(|m| iso(*m, *day)),
        }
        .unwrap_or_else(|| text::MISSING.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::data::build::table;

    #[test]
    fn cells_read_as_people_write_them() {
        let data = table(&[
            ("n", "-1200000 3"),
            ("x", "0.123456789 NA"),
            ("d", "2024-02-29 2024-03-01"),
            ("f", "yes no"),
            ("c", "a a"),
        ]);
        let shown: Vec<String> = data.columns().iter().map(|c| c.values.text(0)).collect();
        assert_eq!(shown, ["−1\u{2009}200\u{2009}000", "0.123457", "2024-02-29", "yes", "a"]);
        let column = &data.columns()[1].values;
        assert_eq!(
            (column.exact(0).as_str(), column.text(1).as_str(), column.text(9).as_str()),
            ("0.123456789", "missing", "missing")
        );
    }
}
