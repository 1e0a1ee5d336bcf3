//! Sums of products: their exact contributions against the enumeration of every coalition.

use std::sync::Arc;

use candor::base::Seed;
use candor::explain::Attribution;
use candor::num::Matrix;

use super::common::hills::{Hill, Hills};
use super::common::toy::{Inside, Setting, Toy, difference, method};

fn numbers(label: &str, count: usize) -> Vec<f64> {
    let mut stream = Seed(11).child(label, 0);
    (0..count).map(|_| stream.normal()).collect()
}

fn rows(label: &str, count: usize, width: usize) -> Matrix {
    // Some values are whole, so that rows and references share them.
    let values = numbers(label, count * width).into_iter().enumerate();
    let values = values.map(|(i, x)| if i % 3 == 0 { x.round() } else { x }).collect();
    Matrix::new(values, count, width).expect("proper test data")
}

fn setting(hills: usize, outputs: usize, (inputs, references): (usize, usize)) -> Setting {
    let hill = |i: usize| Hill {
        at: numbers(&format!("at {i}"), inputs),
        width: numbers(&format!("width {i}"), inputs).iter().map(|w| w.abs() / inputs as f64).collect(),
        weights: numbers(&format!("weights {i}"), outputs),
    };
    let hills = Hills { hills: (0..hills).map(hill).collect(), intercept: vec![0.3; outputs] };
    let model = Toy::new(Inside::Hills(hills), inputs);
    Setting::new(model, rows("rows", 7, inputs), rows("background", references, inputs))
}

fn values(setting: &Setting, id: &str) -> Attribution {
    setting.attribution(method(id), &[])
}

#[test]
fn contributions_are_those_of_all_coalitions() {
    // More products than a block, more references than a tile, and the smallest of everything.
    for (hills, outputs, inputs, references) in
        [(1, 1, 1, 1), (3, 1, 2, 5), (300, 2, 5, 70), (129, 1, 7, 65), (20, 3, 8, 3)]
    {
        let setting = setting(hills, outputs, (inputs, references));
        let (ours, theirs) = (values(&setting, "product-shap"), values(&setting, "exact-shapley"));
        let gap = difference(&ours.values, &theirs.values);
        assert!(gap < 1e-12, "{hills} products of {inputs} inputs, {references} references: {gap:e}");
        assert_eq!(ours.base, theirs.base);
    }
}

#[test]
fn references_count_by_their_weight() {
    let mut setting = setting(40, 1, (4, 66));
    let weights: Vec<f64> = (0..66).map(|i| if i % 5 == 0 { 0.0 } else { f64::from(i) }).collect();
    setting.background.weights = Some(Arc::from(weights));
    let gap = difference(&values(&setting, "product-shap").values, &values(&setting, "exact-shapley").values);
    assert!(gap < 1e-12, "{gap:e}");
}

/// Factors may be as small as nothing: no division may spoil what is left.
#[test]
fn factors_that_vanish_do_no_harm() {
    let mut setting = setting(30, 1, (4, 20));
    let far: Vec<f64> = (0..28).map(|i| if i % 4 == 0 { 1e9 } else { 0.1 * f64::from(i) }).collect();
    setting.rows = Matrix::new(far, 7, 4).expect("proper test data");
    let ours = values(&setting, "product-shap").values;
    assert!(ours.iter().all(|v| v.is_finite()));
    let gap = difference(&ours, &values(&setting, "exact-shapley").values);
    assert!(gap < 1e-12, "{gap:e}");
}

#[test]
fn a_row_does_not_depend_on_its_neighbours() {
    let all = setting(200, 1, (6, 30));
    let together = values(&all, "product-shap");
    for position in 0..7 {
        let mut alone = setting(200, 1, (6, 30));
        alone.rows = Matrix::new(all.rows.row(position).to_vec(), 1, 6).expect("proper test data");
        alone.ids.truncate(1);
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(values(&alone, "product-shap").row(0, 0)), bits(together.row(0, position)));
    }
}
