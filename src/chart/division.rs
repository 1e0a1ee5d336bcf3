//! A column cut into parts that charts count: bins of equal count for numbers, levels, and the missing value apart.

use crate::base::text;
use crate::data::{Column, Values, query};

use super::kind::ChartError;
use super::levels::level_name;
use super::shade::place_text;

/// A column cut into parts.
#[derive(Clone, Debug)]
pub struct Division {
    /// The parts in the column’s order: bins ascending or levels by frequency, rarer levels, missing.
    pub parts: Vec<Part>,
    /// The part of each row of the table; `None` for infinite numbers.
    pub of: Vec<Option<usize>>,
}

/// One part.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name: `30 to 45`, `own`, `missing`.
    pub name: String,
    /// Its rows as a query.
    pub query: Option<String>,
    /// Whether its rows have no value.
    pub is_missing: bool,
}

/// Cuts `column` into at most `wanted` parts and one for missing values. Numbers are cut at their own quantiles, so that
/// every edge is a value of the column; bins hold their lower edge and not their upper one, the last holds both.
/// Cost O(rows · log rows).
pub fn divide(column: &Column, wanted: usize) -> Result<Division, ChartError> {
    let mut division = match &column.values {
        Values::Text(_) => return Err(ChartError::Missing("Free text has no bins; choose another column")),
        Values::Category { .. } | Values::YesNo(_) => levels(column, wanted.max(2)),
        Values::Number { .. } | Values::Date { .. } => bins(column, wanted.max(2)),
    };
    let name = || Part { name: text::MISSING.to_owned(), query: Some(query::missing(&column.name)), is_missing: true };
    let rows = 0..column.values.len();
    if rows.clone().any(|i| column.values.is_missing(i)) {
        division.parts.push(name());
        let last = division.parts.len() - 1;
        for i in rows.filter(|i| column.values.is_missing(*i)) {
            division.of[i] = Some(last);
        }
    }
    Ok(division)
}

impl Division {
    /// Places of parts with their names, as an axis holds them.
    pub fn names(&self) -> Vec<(f64, String)> {
        self.parts.iter().enumerate().map(|(i, part)| (i as f64, text::shorten(&part.name, 28))).collect()
    }
}

fn levels(column: &Column, wanted: usize) -> Division {
    let values = &column.values;
    let mut counts: std::collections::BTreeMap<u64, usize> = std::collections::BTreeMap::new();
    let codes: Vec<f64> = (0..values.len()).map(|i| values.position(i)).collect();
    for code in codes.iter().filter(|c| !c.is_nan()) {
        *counts.entry(*code as u64).or_default() += 1;
    }
    let mut order: Vec<(u64, usize)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let named = if order.len() <= wanted { order.len() } else { wanted - 1 };
    let names: Vec<String> = order.iter().take(named).map(|(code, _)| level_name(values, *code)).collect();
    let part =
        |name: &String| Part { name: name.clone(), query: Some(query::equals(&column.name, name)), is_missing: false };
    let mut parts: Vec<Part> = names.iter().map(part).collect();
    if order.len() > named {
        let name = format!("{} rarer levels", text::count(order.len() - named));
        let query = Some(query::none_of(&column.name, names.iter().map(String::as_str)));
        parts.push(Part { name, query, is_missing: false });
    }
    let part_of: std::collections::BTreeMap<u64, usize> =
        order.iter().enumerate().map(|(i, (code, _))| (*code, i.min(named))).collect();
    let of = codes.iter().map(|c| if c.is_nan() { None } else { part_of.get(&(*c as u64)).copied() }).collect();
    Division { parts, of }
}

fn bins(column: &Column, wanted: usize) -> Division {
    let values = &column.values;
    // Adding zero makes both zeros one.
    let places: Vec<f64> = (0..values.len()).map(|i| values.position(i) + 0.0).collect();
    let sorted = crate::num::stats::sorted_present(places.iter().copied());
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
        return Division { parts: Vec::new(), of: vec![None; places.len()] };
    };
    let mut distinct = sorted.clone();
    distinct.dedup_by(|a, b| a.total_cmp(b).is_eq());
    if distinct.len() <= wanted {
        let part = |v: &f64| Part {
            name: place_text(values, *v),
            query: query::inside(&column.name, values, (*v, *v), true),
            is_missing: false,
        };
        let of = places.iter().map(|p| distinct.binary_search_by(|v| v.total_cmp(p)).ok()).collect();
        return Division { parts: distinct.iter().map(part).collect(), of };
    }
    let mut edges: Vec<f64> = (0..wanted).map(|k| sorted[k * sorted.len() / wanted]).collect();
    edges.dedup_by(|a, b| a.total_cmp(b).is_eq());
    let last = edges.len() - 1;
    let part = |k: usize| {
        let (from, to) = (edges[k], edges.get(k + 1).copied().unwrap_or(high));
        let is_whole = matches!(values, Values::Number { whole: true, .. });
        // Whole numbers below 35 end at 34.
        let shown = if is_whole && k < last { to - 1.0 } else { to };
        let name = match place_text(values, from) {
            from if shown <= edges[k] => from,
            from => format!("{from} to {}", place_text(values, shown)),
        };
        Part { name, query: query::inside(&column.name, values, (from, to), k == last), is_missing: false }
    };
    let of = |p: &f64| (*p >= low && *p <= high).then(|| edges.partition_point(|e| e <= p) - 1);
    Division { parts: (0..=last).map(part).collect(), of: places.iter().map(of).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::build::table;
    use crate::data::find_rows;

    #[test]
    fn every_part_is_found_by_its_query() {
        let data = table(&[
            ("amount", "3 1 4 1 5 9 2 6 5 3 5 NA inf -0 0"),
            ("few", "1 2 2 1 NA 1 1 2 2 1 1 1 1 2 2"),
            ("level", "a b c a b a b c a a Z a Z z NA"),
            ("flag", "yes no yes no NA yes yes yes no no no no no no no"),
        ]);
        for column in data.columns() {
            for wanted in [2, 3, 4, 50] {
                let division = divide(column, wanted).expect("no free text");
                let mut found = vec![None; data.row_count()];
                for (k, part) in division.parts.iter().enumerate() {
                    let query = part.query.as_deref().expect("every part has a query");
                    for row in find_rows(&data, query).expect("it was written to be read") {
                        assert_eq!(found[row.index()].replace(k), None, "{query}: a row belongs to one part");
                    }
                }
                assert_eq!(found, division.of, "{} in {wanted}", column.name);
            }
        }
    }
}
