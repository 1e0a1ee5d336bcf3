//! The layouts of interactions as tables; stable, scripts read them.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

use crate::base::{Cancelled, Task};
use crate::data::{Column, Values};
use crate::explain::{Interactions, Strengths};

/// Lines between two looks at the task.
const LOOK: usize = 1 << 16;

/// `row,output,feature_a,feature_b,value`: one line per row, output (all of them, or the one that `only` names) and pair.
/// A pair of two features stands once with its whole effect, a main effect with the same name twice.
pub fn interactions(interactions: &Interactions, only: Option<usize>, task: &Task) -> Result<Vec<Column>, Cancelled> {
    let shown = shown(interactions.outputs.len(), only);
    let pairs = interactions.pairs.len();
    let lines = interactions.rows.len() * shown.len() * pairs;
    let mut rows = Vec::with_capacity(lines);
    let mut values = Vec::with_capacity(lines);
    let mut codes: [Vec<u32>; 3] = std::array::from_fn(|_| Vec::with_capacity(lines));
    for (position, row) in interactions.rows.iter().enumerate() {
        if rows.len() % LOOK < shown.len() * pairs {
            task.check()?;
        }
        for output in &shown {
            rows.extend(std::iter::repeat_n(f64::from(row.0), pairs));
            values.extend_from_slice(interactions.row(*output, position));
            codes[0].extend(std::iter::repeat_n(*output as u32, pairs));
            codes[1].extend(interactions.pairs.iter().map(|pair| pair.0));
            codes[2].extend(interactions.pairs.iter().map(|pair| pair.1));
        }
    }
    let [output, first, second] = codes;
    Ok(vec![
        Column { name: "row".into(), values: Values::Number { values: rows.into(), whole: true } },
        named("output", output, &interactions.outputs),
        named("feature_a", first, &interactions.features),
        named("feature_b", second, &interactions.features),
        real("value", values),
    ])
}

/// What JSON says beside the rows of interaction values: the base of every output, and each pair's means over all rows.
pub fn means(interactions: &Interactions) -> Map<String, Value> {
    let number = |value: f64| Number::from_f64(value).map_or(Value::Null, Value::Number);
    let name = |feature: u32| interactions.features.get(feature as usize).map_or("", String::as_str);
    let mut base = Map::new();
    let mut means = Vec::new();
    for (output, of) in interactions.outputs.iter().enumerate() {
        base.insert(of.clone(), number(interactions.base[output]));
        let (mean, mean_absolute) = (interactions.mean_of(output), interactions.mean_absolute_of(output));
        for (place, (a, b)) in interactions.pairs.iter().enumerate() {
            means.push(serde_json::json!({
                "output": of,
                "feature_a": name(*a),
                "feature_b": name(*b),
                "mean": number(mean[place]),
                "mean_absolute": number(mean_absolute[place]),
            }));
        }
    }
    let mut about = Map::new();
    about.insert("base".to_owned(), Value::Object(base));
    about.insert("means_of_rows".to_owned(), Value::from(interactions.row_count));
    about.insert("means".to_owned(), Value::Array(means));
    about
}

/// `output,feature_a,feature_b,h,h_squared,size`: one line per output and pair that meets on a path, then one per output
/// and feature with all others together, whose `feature_b` is empty. `size` is the root mean square of the interaction.
pub fn strengths(strengths: &Strengths, only: Option<usize>) -> Vec<Column> {
    let shown = shown(strengths.outputs.len(), only);
    let mut codes: [Vec<u32>; 3] = Default::default();
    let mut numbers: [Vec<f64>; 3] = Default::default();
    for entry in &strengths.entries {
        for output in &shown {
            let second = entry.second.map_or(u32::MAX, |feature| feature as u32);
            for (column, code) in codes.iter_mut().zip([*output as u32, entry.first as u32, second]) {
                column.push(code);
            }
            let share = entry.h_squared[*output];
            for (column, value) in numbers.iter_mut().zip([share.sqrt(), share, entry.size[*output]]) {
                column.push(value);
            }
        }
    }
    let ([output, first, second], [h, h_squared, size]) = (codes, numbers);
    vec![
        named("output", output, &strengths.outputs),
        named("feature_a", first, &strengths.features),
        named("feature_b", second, &strengths.features),
        real("h", h),
        real("h_squared", h_squared),
        real("size", size),
    ]
}

fn shown(outputs: usize, only: Option<usize>) -> Vec<usize> {
    (0..outputs).filter(|output| only.is_none_or(|o| o == *output)).collect()
}

fn named(name: &str, codes: Vec<u32>, levels: &Arc<[String]>) -> Column {
    Column { name: name.into(), values: Values::Category { codes: codes.into(), levels: Arc::clone(levels) } }
}

fn real(name: &str, values: Vec<f64>) -> Column {
    Column { name: name.into(), values: Values::Number { values: values.into(), whole: false } }
}
