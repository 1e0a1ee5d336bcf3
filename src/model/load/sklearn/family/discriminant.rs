//! Discriminant analysis: the linear kind is a linear form, the quadratic kind a formula.

use std::sync::Arc;

use crate::model::ModelError;
use crate::model::link::LinkFunction;

use super::super::super::pickle::At;
use super::super::formula::{Formula, OPAQUE};
use super::super::part::{Answer, Core, Inputs, Part, classes, not_fitted};
use super::super::reading::Reading;
use super::Family;
use super::linear::{NO_MISSING, form};
use super::naive_bayes::write_margins;

const PACKAGE: &str = "sklearn.discriminant_analysis";

/// The family.
pub static FAMILY: Family =
    Family { classes: &[(PACKAGE, "LinearDiscriminantAnalysis"), (PACKAGE, "QuadraticDiscriminantAnalysis")], read };

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let names = classes(at)?;
    let count = names.len();
    let answer = Answer::Classes(names);
    let link = if answer.outputs() == 1 { LinkFunction::Sigmoid { slope: 1.0 } } else { LinkFunction::Softmax };
    if at.class().is_some_and(|(_, name)| name.starts_with("Linear")) {
        let form = form(reading, at, inputs.count())?;
        if form.outputs() != answer.outputs() {
            return Err(at.refuse(format!("{} rows of weights for {} outputs", form.outputs(), answer.outputs())));
        }
        return Ok(
            Part::margins("linear discriminant analysis", inputs, answer, Core::Linear(form), link).note(NO_MISSING)
        );
    }
    let means = at.optional("means_").ok_or_else(|| not_fitted(at))?.array()?;
    let priors = at.field("priors_")?.array()?.reals()?;
    let (rotations, scalings) = (at.field("rotations_")?.items()?, at.field("scalings_")?.items()?);
    let fits = means.matrix_shape() == Some((count, inputs.count()));
    if !fits || priors.len() != count || rotations.len() != count || scalings.len() != count {
        return Err(at.refuse("means, shares and axes do not fit the classes"));
    }
    let means = means.reals()?;
    let mut groups = Vec::new();
    for (k, (rotation, scaling)) in rotations.iter().zip(&scalings).enumerate() {
        let (rotation, lengths) = (rotation.array()?, scaling.array()?.reals()?);
        if rotation.matrix_shape() != Some((inputs.count(), lengths.len()))
            || lengths.iter().any(|l| l.is_nan() || *l <= 0.0)
        {
            return Err(scaling.refuse("the axes of a class do not fit the inputs"));
        }
        reading.charge(rotation.count(), at)?;
        let start = -0.5 * lengths.iter().map(|l| libm::log(*l)).sum::<f64>()
            + libm::log(priors.get(k).copied().unwrap_or(0.0));
        let axes = rotation.reals()?;
        let roots: Vec<f64> = lengths.iter().map(|l| 1.0 / l.sqrt()).collect();
        let axes = axes.chunks(roots.len().max(1)).flat_map(|row| row.iter().zip(&roots).map(|(a, r)| a * r)).collect();
        let mean = means.get(k * inputs.count()..(k + 1) * inputs.count()).unwrap_or_default().to_vec();
        groups.push(Group { start, mean, axes, count: roots.len() });
    }
    let core = Core::Formula(Arc::new(Quadratic { groups }));
    let part = Part::margins("quadratic discriminant analysis", inputs, answer, core, link);
    Ok(part.note(&format!("Quadratic discriminant analysis is quadratic in its inputs and {OPAQUE}")))
}

struct Group {
    start: f64,
    mean: Vec<f64>,
    /// Shape (inputs, axes), each axis divided by its length.
    axes: Vec<f64>,
    count: usize,
}

struct Quadratic {
    groups: Vec<Group>,
}

impl Formula for Quadratic {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let margin = |group: &Group| {
            let mut along = vec![0.0; group.count];
            for ((x, mean), axes) in row.iter().zip(&group.mean).zip(group.axes.chunks(group.count.max(1))) {
                along.iter_mut().zip(axes).for_each(|(sum, axis)| *sum += (x - mean) * axis);
            }
            group.start - 0.5 * along.iter().map(|a| a * a).sum::<f64>()
        };
        write_margins(&self.groups.iter().map(margin).collect::<Vec<_>>(), out);
    }
}
