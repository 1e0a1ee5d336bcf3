//! Rows that no model expects.

use candor::model::Model;
use candor::num::Matrix;

/// Asks a model on all of its scales about rows of missing, endless, tiny and huge numbers.
pub fn predict_strange_rows(model: &dyn Model) {
    let strange = [f64::NAN, 0.0, -0.0, -0.5, 1e308, f64::INFINITY, f64::NEG_INFINITY, 2147483648.0, 1e-320];
    let width = model.card().inputs.len();
    let rows: Vec<f64> = (0..strange.len() * width).map(|i| strange[(i + i / width.max(1)) % strange.len()]).collect();
    let rows = Matrix::new(rows, strange.len(), width).expect("the shape fits");
    let mut out = vec![0.0; rows.rows() * model.card().outputs.len()];
    for scale in &model.card().scales {
        model.predict(rows.view(), *scale, &mut out);
        model.predict_f64(rows.view(), *scale, &mut out);
    }
}
