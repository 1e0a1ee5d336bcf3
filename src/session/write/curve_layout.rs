//! The layout of curves as a table; stable, scripts read it.

use std::sync::Arc;

use crate::data::{Column, TextValues, Values};
use crate::explain::{Curves, Place};

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
                    let (low, high) = ends(place);
                    texts[0].push(Some(&curve.name));
                    texts[1].push(Some(&words(place)));
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

/// A place in words.
fn words(place: &Place) -> String {
    match place {
        Place::Missing => "missing".to_owned(),
        Place::Between(low, high) if low.is_infinite() && high.is_infinite() => "all".to_owned(),
        Place::Between(low, high) if low.is_infinite() => format!("up to {high}"),
        Place::Between(low, high) if high.is_infinite() => format!("from {low}"),
        Place::Between(low, high) => format!("{low} to {high}"),
        Place::At(value) => value.to_string(),
        Place::Category(name) => name.clone(),
    }
}

/// The ends of a place; missing where it has none.
fn ends(place: &Place) -> (f64, f64) {
    let finite = |x: f64| if x.is_finite() { x } else { f64::NAN };
    match place {
        Place::Between(low, high) => (finite(*low), finite(*high)),
        Place::At(value) => (*value, *value),
        _ => (f64::NAN, f64::NAN),
    }
}
