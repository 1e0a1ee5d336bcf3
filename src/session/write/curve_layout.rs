//! The layout of curves as a table; stable, scripts read it.

use std::sync::Arc;

use crate::data::{Column, TextValues, Values};
use crate::explain::Curves;

/// `feature,value,low,high,output,partial_dependence,rows,row`: one line per feature, place and output, then the same
/// for every individual curve, whose table row stands in `row` and whose curve in `partial_dependence`.
pub fn curves(curves: &Curves) -> Vec<Column> {
    let mut texts: [TextValues; 3] = Default::default();
    let mut numbers: [Vec<f64>; 5] = Default::default();
    let lines = std::iter::once(None).chain((0..curves.individual.len()).map(Some));
    for line in lines {
        for curve in &curves.features {
            let (outputs, places) = (curves.outputs.len(), curve.places.len());
            for (output, name) in curves.outputs.iter().enumerate() {
                for (k, place) in curve.places.iter().enumerate() {
                    let value = match line {
                        None => curve.mean[output * places + k],
                        Some(row) => curve.individual[(row * outputs + output) * places + k],
                    };
                    let (low, high) = place.ends();
                    texts[0].push(Some(&curve.name));
                    texts[1].push(Some(&place.words()));
                    texts[2].push(Some(name));
                    let row = line.map_or(f64::NAN, |row| f64::from(curves.individual[row].0));
                    for (column, value) in numbers.iter_mut().zip([low, high, value, curve.counts[k] as f64, row]) {
                        column.push(value);
                    }
                }
            }
        }
    }
    let [feature, value, output] = texts.map(|values| Values::Text(Arc::new(values)));
    let [low, high, dependence, rows, row] =
        numbers.map(|values| Values::Number { values: values.into(), whole: false });
    let named = |name: &str, values: Values| Column { name: name.into(), values };
    vec![
        named("feature", feature),
        named("value", value),
        named("low", low),
        named("high", high),
        named("output", output),
        named("partial_dependence", dependence),
        named("rows", rows),
        named("row", row),
    ]
}
