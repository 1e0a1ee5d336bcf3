//! The layouts of result tables; stable, scripts read them.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::base::{Cancelled, RowId, Task};
use crate::data::{Column, TextValues, Values};
use crate::explain::{Attribution, Body, Explanation, Importance};

use super::{curve_layout, pair_layout};

/// An answer in the layout of its shape: of all outputs, or of the one that `only` names where rows are told by output.
/// With `with_errors`, standard errors stand beside their feature.
pub fn answer(
    explanation: &Explanation,
    only: Option<usize>,
    with_errors: bool,
    task: &Task,
) -> Result<Vec<Column>, Cancelled> {
    match &explanation.body {
        Body::Attribution(of) => attributions(of, &explanation.predictions, only, with_errors, task),
        Body::Importance(of) => Ok(importance(of)),
        Body::Curves(of) => Ok(curve_layout::curves(of)),
        Body::Interactions(of) => pair_layout::interactions(of, only, task),
        Body::Strengths(of) => Ok(pair_layout::strengths(of, only)),
    }
}

/// Names of the leading columns of attributions.
const LEADING: [&str; 4] = ["row", "output", "base", "prediction"];

/// `row,output,base,prediction,<one column per feature>`: one line per row and output (all of them, or the one that
/// `only` names). With `with_errors`, every feature of a sampled method is followed by `<feature>.se`.
pub fn attributions(
    attribution: &Attribution,
    predictions: &[f64],
    only: Option<usize>,
    with_errors: bool,
    task: &Task,
) -> Result<Vec<Column>, Cancelled> {
    let outputs = attribution.outputs.len();
    let shown = shown(attribution, only);
    let lines = |value: &dyn Fn(usize, usize) -> Option<f64>| lines(attribution, &shown, value);
    let mut columns = leading(attribution, &shown);
    columns.push(real(LEADING[2], lines(&|k, _| attribution.base.get(k).copied())));
    columns.push(real(LEADING[3], lines(&|k, i| predictions.get(i * outputs + k).copied())));
    for (j, feature) in attribution.features.iter().enumerate() {
        task.check()?;
        let name = feature_name(feature);
        columns.push(real(&name, lines(&|k, i| attribution.row(k, i).get(j).copied())));
        if let Some(errors) = attribution.std_error.as_deref().filter(|_| with_errors) {
            columns.push(real(&format!("{name}.se"), lines(&|k, i| error_at(attribution, errors, (k, i, j)))));
        }
    }
    Ok(columns)
}

/// `row,output,<one column per feature>` of standard errors; `None` for exact methods.
pub fn standard_errors(
    attribution: &Attribution,
    only: Option<usize>,
    task: &Task,
) -> Result<Option<Vec<Column>>, Cancelled> {
    let Some(errors) = attribution.std_error.as_deref() else { return Ok(None) };
    let shown = shown(attribution, only);
    let mut columns = leading(attribution, &shown);
    for (j, feature) in attribution.features.iter().enumerate() {
        task.check()?;
        let values = lines(attribution, &shown, &|k, i| error_at(attribution, errors, (k, i, j)));
        columns.push(real(&feature_name(feature), values));
    }
    Ok(Some(columns))
}

/// `feature,importance,std_error,ci_low,ci_high`, in input order.
pub fn importance(importance: &Importance) -> Vec<Column> {
    let entries = &importance.entries;
    let numbers = |name: &str, value: &dyn Fn(usize) -> f64| real(name, (0..entries.len()).map(value).collect());
    vec![
        text("feature", entries.iter().map(|e| e.feature.as_str())),
        numbers("importance", &|i| entries[i].value),
        numbers("std_error", &|i| entries[i].std_error),
        numbers("ci_low", &|i| entries[i].interval().0),
        numbers("ci_high", &|i| entries[i].interval().1),
    ]
}

/// `row,<one column per output>`; `values` has shape (rows, outputs).
pub fn predictions(values: &[f64], outputs: &[String], rows: &[RowId]) -> Vec<Column> {
    let width = outputs.len();
    let mut columns = vec![whole("row", rows.iter().map(|r| f64::from(r.0)).collect())];
    for (k, name) in outputs.iter().enumerate() {
        let column = (0..rows.len()).map(|i| values.get(i * width + k).copied().unwrap_or(f64::NAN)).collect();
        columns.push(real(name, column));
    }
    columns
}

/// What JSON says beside the rows of an explanation: how good it is, what it depends on, and the means of interactions.
pub fn about(explanation: &Explanation) -> Map<String, Value> {
    let mut about = Map::new();
    let mut put = |name: &str, value: serde_json::Result<Value>| {
        about.insert(name.to_owned(), value.expect("plain values become JSON"));
    };
    put("fidelity", serde_json::to_value(&explanation.fidelity));
    put("provenance", serde_json::to_value(&explanation.provenance));
    if let Body::Interactions(interactions) = &explanation.body {
        about.extend(pair_layout::means(interactions));
    }
    about
}

/// The outputs written.
fn shown(attribution: &Attribution, only: Option<usize>) -> Vec<usize> {
    (0..attribution.outputs.len()).filter(|k| only.is_none_or(|o| o == *k)).collect()
}

fn leading(attribution: &Attribution, shown: &[usize]) -> Vec<Column> {
    let rows = attribution.rows.iter().flat_map(|r| std::iter::repeat_n(f64::from(r.0), shown.len())).collect();
    let name = |k: &usize| attribution.outputs.get(*k).map_or("", String::as_str);
    let names = attribution.rows.iter().flat_map(|_| shown.iter().map(name));
    vec![whole(LEADING[0], rows), text(LEADING[1], names)]
}

/// One number per line, in line order: row by row, output by output.
fn lines(attribution: &Attribution, shown: &[usize], value: &dyn Fn(usize, usize) -> Option<f64>) -> Vec<f64> {
    let mut column = Vec::with_capacity(attribution.rows.len() * shown.len());
    for i in 0..attribution.rows.len() {
        column.extend(shown.iter().map(|k| value(*k, i).unwrap_or(f64::NAN)));
    }
    column
}

/// The standard error at output, row position and feature.
fn error_at(attribution: &Attribution, errors: &[f64], (output, row, feature): (usize, usize, usize)) -> Option<f64> {
    errors.get((output * attribution.rows.len() + row) * attribution.features.len() + feature).copied()
}

/// A feature that is called like a leading column gets a mark, so that every header is unique.
fn feature_name(feature: &str) -> String {
    if LEADING.contains(&feature) { format!("{feature} (feature)") } else { feature.to_owned() }
}

fn real(name: &str, values: Vec<f64>) -> Column {
    Column { name: name.into(), values: Values::Number { values: values.into(), whole: false } }
}

fn whole(name: &str, values: Vec<f64>) -> Column {
    Column { name: name.into(), values: Values::Number { values: values.into(), whole: true } }
}

fn text<'t>(name: &str, texts: impl Iterator<Item = &'t str>) -> Column {
    let mut values = TextValues::default();
    texts.for_each(|t| values.push(Some(t)));
    Column { name: name.into(), values: Values::Text(Arc::new(values)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Scale;
    use crate::session::write::grid;

    fn csv(columns: &[Column]) -> String {
        let bytes = grid::csv(columns, &Task::silent()).expect("not cancelled").concat();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn one_line_per_row_and_output_with_errors_beside_their_feature() {
        let attribution = Attribution {
            features: Arc::from(["age".to_owned(), "row".to_owned()]),
            outputs: Arc::from(["no".to_owned(), "yes".to_owned()]),
            values: Arc::from([1.0, 2.0, 3.0, 4.0]),
            base: vec![0.5, -0.5],
            std_error: Some(Arc::from([0.1, 0.2, 0.3, 0.4])),
            rows: Arc::from([RowId(7)]),
            scale: Scale::Margin,
        };
        let task = Task::silent();
        let written =
            |only, errors| attributions(&attribution, &[3.5, 6.5], only, errors, &task).expect("not cancelled");
        let table = csv(&written(None, true));
        assert_eq!(
            table,
            "row,output,base,prediction,age,age.se,row (feature),row (feature).se\n\
             7,no,0.5,3.5,1,0.1,2,0.2\n7,yes,-0.5,6.5,3,0.3,4,0.4\n"
        );
        let errors = standard_errors(&attribution, None, &task).expect("not cancelled").expect("a sampled answer");
        assert_eq!(csv(&errors), "row,output,age,row (feature)\n7,no,0.1,0.2\n7,yes,0.3,0.4\n");
        let one = csv(&written(Some(1), false));
        assert_eq!(one, "row,output,base,prediction,age,row (feature)\n7,yes,-0.5,6.5,3,4\n");
    }
}
