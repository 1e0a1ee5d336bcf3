//! Projections: each value is a weighted sum of all columns.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::not_fitted;
use super::super::reading::{Reading, unsupported};
use super::{Made, Mix, Step, Transformer, numbers};

const DECOMPOSITION: &str = "sklearn.decomposition";

/// The family.
pub static STEP: Transformer = Transformer {
    classes: &[
        (DECOMPOSITION, "PCA"),
        (DECOMPOSITION, "IncrementalPCA"),
        (DECOMPOSITION, "TruncatedSVD"),
        (DECOMPOSITION, "FastICA"),
        ("sklearn.random_projection", "GaussianRandomProjection"),
        ("sklearn.random_projection", "SparseRandomProjection"),
        ("sklearn.neighbors", "NeighborhoodComponentsAnalysis"),
        ("sklearn.discriminant_analysis", "LinearDiscriminantAnalysis"),
    ],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Made {
    let name = at.class().map_or("", |(_, name)| name);
    let discriminant = name == "LinearDiscriminantAnalysis";
    let stored = at.optional(if discriminant { "scalings_" } else { "components_" }).ok_or_else(|| not_fitted(at))?;
    let array = stored.array()?;
    reading.charge(array.count().saturating_mul(2), &stored)?;
    let (rows, columns) = array.matrix_shape().unwrap_or_default();
    let mut weights = array.reals()?;
    let mut count = rows;
    if discriminant {
        // Its matrix has one row for each column and may be wider than what is kept.
        count = at.field("_max_components")?.count()?.min(columns);
        weights = (0..count).flat_map(|k| weights.iter().skip(k).step_by(columns.max(1)).copied()).collect();
    }
    if (if discriminant { rows } else { columns }) != width || weights.len() != count.saturating_mul(width) {
        return Err(stored.refuse(format!("{rows} times {columns} weights for {width} columns")));
    }
    let centre =
        if centred(at, name)? { numbers(at, if discriminant { "xbar_" } else { "mean_" }, width)? } else { None };
    if weights.iter().chain(centre.iter().flatten()).any(|w| !w.is_finite()) {
        return Err(stored.refuse("every weight must be a finite number"));
    }
    let centre = centre.unwrap_or_else(|| vec![0.0; width]);
    let starts = weights.chunks(width.max(1)).map(|row| row.iter().zip(&centre).map(|(w, c)| w * c).sum()).collect();
    let scale =
        if name.ends_with("PCA") && at.field("whiten")?.flag()? { deviations(at, count)? } else { vec![1.0; count] };
    Ok(Box::new(Projection { name: name.to_owned(), weights, starts, scale, width }))
}

/// Whether the mean is taken off the columns first.
fn centred(at: &At<'_>, name: &str) -> Result<bool, ModelError> {
    Ok(match name {
        "PCA" | "IncrementalPCA" => true,
        // False, or a word that says how.
        "FastICA" => at.field("whiten")?.flag().unwrap_or(true),
        "LinearDiscriminantAnalysis" => match at.field("solver")?.text()? {
            "svd" => true,
            "eigen" => false,
            _ => return Err(unsupported(at, "its solver makes no projection", "Use solver=\"svd\" or \"eigen\"")),
        },
        _ => false,
    })
}

/// Standard deviations along the components, for whitening.
fn deviations(at: &At<'_>, count: usize) -> Result<Vec<f64>, ModelError> {
    let deviations: Vec<f64> =
        numbers(at, "explained_variance_", count)?.ok_or_else(|| not_fitted(at))?.into_iter().map(f64::sqrt).collect();
    if deviations.iter().any(|d| d.is_nan() || *d < f64::EPSILON) {
        // What is divided by so little is rounding, which differs from machine to machine.
        return Err(unsupported(at, "a component to whiten has no variance", "Use fewer components, or whiten=False"));
    }
    Ok(deviations)
}

/// `(x · weights − start) / scale` for each component.
struct Projection {
    name: String,
    /// One row of `width` weights for each component.
    weights: Vec<f64>,
    starts: Vec<f64>,
    scale: Vec<f64>,
    width: usize,
}

impl Step for Projection {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        let components = self.weights.chunks(self.width.max(1)).zip(self.starts.iter().zip(&self.scale));
        out.extend(components.map(|(weights, (start, scale))| {
            // The library refuses missing values; as behind linear models, they add nothing.
            let terms = row.iter().zip(weights).filter(|(x, _)| !x.is_nan());
            (terms.map(|(x, weight)| x * weight).sum::<f64>() - start) / scale
        }));
    }

    fn mix(&self, output: usize) -> Option<Mix> {
        let scale = self.scale.get(output)?;
        let weights = self.weights.chunks(self.width.max(1)).nth(output)?;
        let weights = weights.iter().enumerate().map(|(column, weight)| (column, weight / scale)).collect();
        Some(Mix { weights, start: -self.starts.get(output)? / scale })
    }

    fn mixes(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn width(&self) -> usize {
        self.scale.len()
    }

    fn kinds(&self) -> Vec<InputKind> {
        vec![InputKind::Number; self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_its_mixture() {
        let step = Projection {
            name: "PCA".to_owned(),
            weights: vec![1.0, 2.0, -0.5, 4.0],
            starts: vec![3.0, -1.0],
            scale: vec![2.0, 0.5],
            width: 2,
        };
        let row = [0.25, -8.0];
        let mut made = Vec::new();
        step.apply(&row, &mut made);
        for (output, value) in made.iter().enumerate() {
            let mix = step.mix(output).unwrap();
            let sum: f64 = mix.weights.iter().map(|(column, weight)| row[*column] * weight).sum();
            assert!((sum + mix.start - value).abs() < 1e-12, "{output}: {sum} {value}");
        }
    }
}
