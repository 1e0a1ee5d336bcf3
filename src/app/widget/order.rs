//! Which rows a table shows, in which order: the data room finds and sorts, aside and never in a frame.

use std::sync::Arc;

use crate::base::RowId;
use crate::data::{Dataset, find_rows, sorted_rows};

/// What can be typed into the filter.
pub(crate) const HELP: &str = "A word finds rows that contain it.\n\
    A condition finds rows by one column: age > 30, purpose = car, job != none.\n\
    Several are joined with and: age > 30 and purpose = car.\n\
    Holes are found with: income is missing, income is present.";

/// By which column rows stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    /// The column.
    pub(crate) column: usize,
    /// Largest first.
    pub(crate) descending: bool,
}

/// The rows that match `filter`, sorted. The error is a sentence for the screen.
pub(crate) fn rows(data: &Dataset, filter: &str, sort: Option<Sort>) -> Result<Arc<[RowId]>, String> {
    let found = find_rows(data, filter).map_err(|error| error.to_string())?;
    let Some(sort) = sort else { return Ok(found.into()) };
    let mut wanted = vec![false; data.row_count()];
    for row in found {
        if let Some(place) = wanted.get_mut(row.index()) {
            *place = true;
        }
    }
    let mut sorted = sorted_rows(data, sort.column, sort.descending);
    sorted.retain(|row| wanted.get(row.index()).copied().unwrap_or(false));
    Ok(sorted.into())
}

#[cfg(test)]
mod tests {
    use crate::data::build::table;

    use super::*;

    #[test]
    fn filtered_rows_keep_the_order_of_the_sort() {
        let data = table(&[("age", "40 NA 20 30"), ("purpose", "car boat car boat")]);
        let found = |filter, sort| rows(&data, filter, sort).unwrap().iter().map(|r| r.0).collect::<Vec<_>>();
        let by_age = |descending| Some(Sort { column: 0, descending });
        assert_eq!(found("", by_age(true)), [0, 3, 2, 1]);
        assert_eq!(found("purpose = boat", by_age(false)), [3, 1]);
        assert!(rows(&data, "agee > 3", None).is_err());
    }
}
