//! Nearest neighbours: every stored row is measured; of equally near ones the first stored counts.

use std::sync::Arc;

use crate::model::{ModelError, TaskKind};

use super::super::super::OUTPUT_LIMIT;
use super::super::super::pickle::At;
use super::super::formula::{Formula, OPAQUE, write_probabilities};
use super::super::part::{Answer, Core, Inputs, Part, classes, not_fitted};
use super::super::reading::{Reading, unsupported};
use super::Family;

/// The family.
pub static FAMILY: Family = Family {
    classes: &[("sklearn.neighbors", "KNeighborsClassifier"), ("sklearn.neighbors", "KNeighborsRegressor")],
    read,
};

fn read(reading: &Reading<'_>, at: &At<'_>) -> Result<Part, ModelError> {
    let inputs = Inputs::read(at)?;
    let stored = at.optional("_fit_X").ok_or_else(|| not_fitted(at))?;
    let rows = stored.array()?;
    let &[count, width] = rows.shape.as_slice() else { return Err(stored.refuse("expected rows and columns")) };
    let targets = at.field("_y")?.array()?;
    let outputs = targets.count().checked_div(count).unwrap_or(0);
    if width != inputs.count() || outputs == 0 || outputs > OUTPUT_LIMIT || targets.shape.first() != Some(&count) {
        return Err(stored.refuse(format!("{count} rows of {width} values do not fit the inputs or targets")));
    }
    reading.charge(rows.count().saturating_add(targets.count()), &stored)?;
    let neighbours = at.field("n_neighbors")?.count()?;
    if neighbours == 0 || neighbours > count {
        return Err(at.refuse(format!("{neighbours} neighbours of {count} rows")));
    }
    let by_distance = match at.optional("weights") {
        None => false,
        Some(weights) => match weights.text() {
            Ok("uniform") => false,
            Ok("distance") => true,
            _ => return Err(unsupported(at, "a function weighs the neighbours", "Use weights=\"distance\"")),
        },
    };
    let (metric, rows, targets) = (metric(at)?, rows.reals()?, targets.reals()?);
    let answer = match at.class() {
        Some((_, "KNeighborsRegressor")) => Answer::Numbers(TaskKind::Regression, outputs),
        _ if outputs == 1 => Answer::Classes(classes(at)?),
        _ => return Err(unsupported(at, "several targets are classified at once", "Fit one model for each target")),
    };
    let classes = if let Answer::Classes(names) = &answer { names.len() } else { 0 };
    if classes > 0 && targets.iter().any(|t| !(0.0..classes as f64).contains(t)) {
        return Err(at.refuse("a row belongs to a class the model lacks"));
    }
    let formula = Nearest { rows, targets, width, outputs, neighbours, by_distance, metric, classes };
    let part = Part::direct("nearest neighbours", inputs, answer, Core::Formula(Arc::new(formula)));
    let part = part.fact("Neighbours", neighbours).fact("Stored rows", count);
    Ok(part.note(&format!("A model of neighbours {OPAQUE}")))
}

#[derive(Clone, Copy)]
enum Metric {
    Euclidean,
    Manhattan,
    Chebyshev,
    Minkowski(f64),
}

fn metric(at: &At<'_>) -> Result<Metric, ModelError> {
    let name = at.field("effective_metric_")?;
    let power = at.optional("effective_metric_params_").and_then(|p| p.optional("p"));
    match name.text() {
        Ok("euclidean" | "l2") => Ok(Metric::Euclidean),
        Ok("manhattan" | "cityblock" | "l1") => Ok(Metric::Manhattan),
        Ok("chebyshev" | "infinity") => Ok(Metric::Chebyshev),
        Ok("minkowski") => Ok(Metric::Minkowski(power.map_or(Ok(2.0), |p| p.real())?)),
        _ => Err(unsupported(at, "the distance is not known", "Use metric=\"minkowski\" or \"euclidean\"")),
    }
}

struct Nearest {
    rows: Vec<f64>,
    targets: Vec<f64>,
    width: usize,
    outputs: usize,
    neighbours: usize,
    by_distance: bool,
    metric: Metric,
    /// 0 for a regression.
    classes: usize,
}

impl Nearest {
    fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        match self.metric {
            Metric::Euclidean => gaps.map(|g| g * g).sum::<f64>().sqrt(),
            Metric::Manhattan => gaps.sum(),
            Metric::Chebyshev => gaps.fold(0.0, f64::max),
            Metric::Minkowski(p) => libm::pow(gaps.map(|g| libm::pow(g, p)).sum::<f64>(), 1.0 / p),
        }
    }
}

impl Formula for Nearest {
    fn evaluate(&self, row: &[f64], out: &mut [f64]) {
        let all = self.rows.chunks(self.width.max(1)).enumerate().map(|(i, other)| (self.distance(row, other), i));
        let mut all: Vec<(f64, usize)> = all.collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(self.neighbours);
        let exact = all.iter().any(|(distance, _)| *distance == 0.0);
        let weight = |distance: f64| match (self.by_distance, exact) {
            (false, _) => 1.0,
            (true, true) => f64::from(u8::from(distance == 0.0)),
            (true, false) => 1.0 / distance,
        };
        let mut sums = vec![0.0; if self.classes > 0 { self.classes } else { self.outputs }];
        let mut total = 0.0;
        for (distance, i) in &all {
            let weight = weight(*distance);
            total += weight;
            let targets = self.targets.get(i * self.outputs..(i + 1) * self.outputs).unwrap_or_default();
            match (self.classes, targets) {
                (0, targets) => sums.iter_mut().zip(targets).for_each(|(sum, target)| *sum += weight * target),
                (_, [class, ..]) => {
                    if let Some(sum) = sums.get_mut(*class as usize) {
                        *sum += weight;
                    }
                }
                _ => {}
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= total);
        match self.classes {
            0 => out.iter_mut().zip(sums).for_each(|(out, value)| *out = value),
            _ => write_probabilities(&sums, out),
        }
    }
}
