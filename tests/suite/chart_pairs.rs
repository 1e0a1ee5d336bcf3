//! Hand-made interactions for the charts.

use std::sync::Arc;

use candor::explain::{Interactions, Strength, Strengths};
use candor::model::Scale;

use super::chart_subjects::{Plan, name};

/// Features interact with the next two only; the first pair is the strongest.
pub fn interactions(plan: &Plan) -> Interactions {
    let all = (0..plan.features as u32).flat_map(|a| (a..plan.features as u32).map(move |b| (a, b)));
    let pairs: Vec<(u32, u32)> = all.filter(|(a, b)| b - a < 3).collect();
    let size = |(a, b): &(u32, u32)| match (plan.zero, a == b) {
        (true, _) => 0.0,
        (_, true) => 1.0 / f64::from(1 + a),
        _ => 0.2 / f64::from(1 + a + b),
    };
    let mean_absolute: Vec<f64> = pairs.iter().map(size).collect();
    Interactions {
        features: (0..plan.features).map(|j| name(plan, j)).collect(),
        outputs: vec!["default".to_owned()].into(),
        complete: true,
        values: Arc::from([]),
        mean: mean_absolute.iter().map(|size| -0.5 * size).collect(),
        mean_absolute,
        base: vec![-0.85],
        row_count: plan.rows,
        rows: Arc::from([]),
        pairs: pairs.into(),
        scale: Scale::Margin,
    }
}

/// Every pair with half the strength of the one before, and features with all others; H of the constant is unknown.
pub fn strengths(plan: &Plan) -> Strengths {
    let halves = |k: usize| if plan.zero { 0.0 } else { 0.5_f64.powi(k as i32) };
    let pairs = (0..plan.features.min(6)).flat_map(|a| (a + 1..plan.features.min(6)).map(move |b| (a, Some(b))));
    let alone = (0..plan.features).map(|feature| (feature, None));
    let entry = |(k, (first, second)): (usize, (usize, Option<usize>))| Strength {
        first,
        second,
        h_squared: vec![if first == 11 { f64::NAN } else { 1.0 / (1.0 + k as f64) }],
        size: vec![halves(k)],
    };
    Strengths {
        features: (0..plan.features).map(|j| name(plan, j)).collect(),
        outputs: vec!["default".to_owned()].into(),
        entries: pairs.chain(alone).enumerate().map(entry).collect(),
        rows: plan.rows,
        scale: Scale::Margin,
    }
}
