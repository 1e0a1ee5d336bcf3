//! How much each input matters to an estimator, as `coef_` and `feature_importances_` of scikit-learn say it.

use crate::model::ModelError;

use super::super::pickle::At;
use super::reading::{Reading, unsupported};

/// One number per input: sizes of weights, added up over the outputs, or what the splits of trees gained.
pub fn importances(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Vec<f64>, ModelError> {
    reading.charge(width.saturating_mul(4), at)?;
    if let Some(weights) = at.optional("coef_") {
        let array = weights.array()?;
        reading.charge(array.count(), &weights)?;
        if array.matrix_shape().is_none_or(|(_, columns)| columns != width) {
            return Err(weights.refuse(format!("there must be weights for {width} inputs")));
        }
        let mut sums = vec![0.0; width];
        for row in array.reals()?.chunks(width.max(1)) {
            sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += weight.abs());
        }
        return Ok(sums);
    }
    if let Some(tree) = at.optional("tree_") {
        return of_tree(reading, &tree, width).map(|gains| gains.unwrap_or_else(|| vec![0.0; width]));
    }
    let name = at.class().map_or("", |(_, name)| name);
    if name.starts_with("RandomForest") || name.starts_with("ExtraTrees") {
        return of_forest(reading, at, width);
    }
    let what = format!("the importances of {} are not known", at.described());
    Err(unsupported(at, &what, "Select by a tree, a forest or a linear model"))
}

fn of_forest(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Vec<f64>, ModelError> {
    let mut sums = vec![0.0; width];
    let mut count = 0.0;
    for estimator in at.field("estimators_")?.items()? {
        reading.task.check()?;
        reading.charge(width, &estimator)?;
        if let Some(gains) = of_tree(reading, &estimator.field("tree_")?, width)? {
            sums.iter_mut().zip(gains).for_each(|(sum, gain)| *sum += gain);
            count += 1.0;
        }
    }
    if count > 0.0 {
        sums.iter_mut().for_each(|sum| *sum /= count);
        normalise(&mut sums);
    }
    Ok(sums)
}

fn normalise(values: &mut [f64]) {
    let total: f64 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= total);
}

/// What the splits on each input gained, as shares of the whole; `None` for a single leaf.
fn of_tree(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Option<Vec<f64>>, ModelError> {
    let nodes = at.field("nodes")?.array()?;
    reading.charge(nodes.count().saturating_mul(5), at)?;
    let (left, right) = (nodes.integer_field("left_child")?, nodes.integer_field("right_child")?);
    let feature = nodes.integer_field("feature")?;
    let (impurity, cover) = (nodes.real_field("impurity")?, nodes.real_field("weighted_n_node_samples")?);
    if nodes.count() <= 1 {
        return Ok(None);
    }
    let weight = |node: usize| Some(cover.get(node)? * impurity.get(node)?);
    let child = |stored: &i64| weight(usize::try_from(*stored).ok()?);
    let mut gains = vec![0.0; width];
    for (node, ((left, right), feature)) in left.iter().zip(&right).zip(&feature).enumerate() {
        if *left == -1 {
            continue;
        }
        let slot = usize::try_from(*feature).ok().and_then(|feature| gains.get_mut(feature));
        let (Some(slot), Some(own), Some(left), Some(right)) = (slot, weight(node), child(left), child(right)) else {
            return Err(at.refuse(format!("node {node} splits an input or has a child that does not exist")));
        };
        *slot += own - left - right;
    }
    let root = cover.first().copied().unwrap_or(1.0);
    gains.iter_mut().for_each(|gain| *gain /= root);
    if gains.iter().sum::<f64>() > 0.0 {
        normalise(&mut gains);
    }
    Ok(Some(gains))
}
