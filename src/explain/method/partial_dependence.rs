//! Partial dependence and individual curves.

use crate::base::{Cancelled, Entry, Kind, Knob, Task};
use crate::data::{InputKind, NEVER_SEEN};
use crate::explain::answer::{Answer, Body, Curves, FeatureCurve, Place};
use crate::explain::error::ExplainError;
use crate::explain::shape::Shape;
use crate::explain::tree::{self, Axes, Piece, Stopped};
use crate::model::{Model, Scale, Structure, TreeEnsemble};
use crate::num::MatrixView;
use crate::num::{parallel, stats};

use super::{Explainer, Request, Support};

/// The mean prediction when every row takes the same value of one feature, for each of its values.
pub struct PartialDependence;

impl Entry for PartialDependence {
    fn id(&self) -> &'static str {
        "partial-dependence"
    }

    fn title(&self) -> &'static str {
        "Partial dependence"
    }

    fn summary(&self) -> &'static str {
        "The mean prediction as one feature takes each of its values in all rows, with the curves of single rows"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Friedman 2001, Greedy function approximation: a gradient boosting machine",
            "Goldstein et al. 2015, Peeking inside the black box: individual conditional expectation",
        ]
    }
}

impl Explainer for PartialDependence {
    fn knobs(&self) -> &'static [Knob] {
        &[
            super::FEATURE,
            Knob {
                id: "curves",
                label: "Single rows",
                help: "Rows, spread evenly over the table, whose own curves are shown",
                kind: Kind::Count { default: 20, min: 0, max: 1000 },
            },
            Knob {
                id: "centre",
                label: "Centre",
                help: "Whether every curve is measured from its own first point",
                kind: Kind::Switch { default: false },
            },
            Knob {
                id: "points",
                label: "Points",
                help: "Most points of a curve where the model must be asked; tree sums are known everywhere",
                kind: Kind::Count { default: 40, min: 2, max: 1000 },
            },
        ]
    }

    fn supports(&self, _model: &dyn Model) -> Support {
        Support::Exact
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        let card = model.card();
        let others = card.scales.iter().copied().filter(|s| *s != card.native_scale);
        std::iter::once(card.native_scale).chain(others).collect()
    }

    fn answers_rows(&self) -> bool {
        false
    }

    fn answers(&self) -> Shape {
        Shape::Curves
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let card = request.model.card();
        let feature = super::one_feature(self, request.model, request.knobs)?;
        let wanted: Vec<usize> = feature.map_or_else(|| (0..card.inputs.len()).collect(), |feature| vec![feature]);
        let count = request.rows.len();
        let shown = (request.knobs.count("curves") as usize).min(count);
        let individual: Vec<usize> = (0..shown).map(|k| (2 * k + 1) * count / (2 * shown)).collect();
        let native = request.scale == card.native_scale || request.scale == Scale::Margin;
        let (mut features, evaluations, note) = match request.model.structure() {
            Structure::Trees(ensemble) if native => {
                let found = by_counting(ensemble, request, (&wanted, &individual), task);
                (
                    found.map_err(|s| super::stopped(self, s))?,
                    0,
                    "Known at every threshold of every tree, over all rows",
                )
            }
            _ => {
                let (found, evaluations) = by_asking(request, (&wanted, &individual), task)?;
                (found, evaluations, "Exact at the points shown, which are quantiles; nothing is known between them")
            }
        };
        let centred = request.knobs.switch("centre");
        if centred {
            features.iter_mut().for_each(centre);
        }
        let notes = vec![
            note.to_owned(),
            "Features that belong together are set one at a time, so some of the rows may be impossible ones"
                .to_owned(),
        ];
        let body = Body::Curves(Curves {
            outputs: card.outputs.clone().into(),
            features,
            individual: individual.iter().map(|i| request.rows[*i]).collect(),
            rows: count,
            centred,
            scale: request.scale,
        });
        Ok(Answer { body, exact: true, evaluations, converged: None, notes })
    }
}

/// Lowers every line of a curve by its own first value that is not the missing one's.
fn centre(curve: &mut FeatureCurve) {
    let places = curve.places.len();
    let first = curve.places.iter().position(|place| *place != Place::Missing).unwrap_or(0);
    for line in curve.mean.chunks_exact_mut(places.max(1)).chain(curve.individual.chunks_exact_mut(places.max(1))) {
        let start = line[first];
        line.iter_mut().for_each(|value| *value -= start);
    }
}

/// Curves of trees by counting rows. Cost: see [`tree::partial_dependence`] and [`tree::individual`].
fn by_counting(
    ensemble: &TreeEnsemble,
    request: &Request<'_>,
    (wanted, individual): (&[usize], &[usize]),
    task: &Task,
) -> Result<Vec<FeatureCurve>, Stopped> {
    let found = tree::partial_dependence(ensemble, request.features, task)?;
    let values: Vec<f64> = individual.iter().flat_map(|i| request.features.row(*i).iter().copied()).collect();
    let Some(rows) = MatrixView::new(&values, individual.len(), request.features.cols()) else { return Ok(Vec::new()) };
    let single = tree::individual(ensemble, rows, &|feature| wanted.contains(&feature), task)?;
    let held = found.axes.pieces(request.features, task)?;
    let mut scores = vec![0.0; individual.len() * ensemble.outputs()];
    ensemble.score_rows_f64(rows, &mut scores);
    let curve = |&feature: &usize| {
        let input = &request.model.card().inputs[feature];
        let Some(place) = found.axes.place(feature) else {
            return FeatureCurve {
                feature,
                name: input.name.clone(),
                places: vec![Place::Between(f64::NEG_INFINITY, f64::INFINITY)],
                counts: vec![request.rows.len() as u64],
                mean: found.mean.clone(),
                individual: scores.clone(),
            };
        };
        let pieces = found.axes.all()[place].pieces.len();
        let mut counts = vec![0; pieces];
        held[place].iter().for_each(|piece| counts[*piece as usize] += 1);
        let kept: Vec<(usize, Place)> = (0..pieces)
            .filter_map(|piece| Some((piece, named(&found.axes, (place, piece), counts[piece], &input.kind)?)))
            .collect();
        let pick = |all: &[f64]| -> Vec<f64> {
            all.chunks_exact(pieces).flat_map(|line| kept.iter().map(|(piece, _)| line[*piece])).collect()
        };
        FeatureCurve {
            feature,
            name: input.name.clone(),
            counts: kept.iter().map(|(piece, _)| counts[*piece]).collect(),
            mean: pick(&found.values[place]),
            individual: pick(&single.values[place]),
            places: kept.into_iter().map(|(_, place)| place).collect(),
        }
    };
    Ok(wanted.iter().map(curve).collect())
}

/// A piece in the words of the input; `None` for one that no value can have, or no category of the input.
fn named(axes: &Axes, (place, piece): (usize, usize), count: u64, kind: &InputKind) -> Option<Place> {
    let inside = axes.inside(place, piece)?;
    match (&axes.all()[place].pieces[piece], kind) {
        (Piece::Missing, _) => Some(Place::Missing),
        (Piece::Interval { low, high }, _) => Some(Place::Between(*low, *high)),
        (Piece::Category(code), InputKind::OpenLevels(levels)) if *code as usize == levels.len() => {
            (count > 0).then(|| Place::Category(kind.category(f64::from(*code))))
        }
        (Piece::Category(code), InputKind::Levels(levels) | InputKind::OpenLevels(levels)) => {
            levels.get(*code as usize).cloned().map(Place::Category)
        }
        (Piece::Category(code), _) => (count > 0).then(|| Place::Category(kind.category(f64::from(*code)))),
        (Piece::OtherCategory, InputKind::Levels(levels) | InputKind::OpenLevels(levels))
            if (inside as usize) < levels.len() =>
        {
            Some(Place::Category("other levels".to_owned()))
        }
        (Piece::OtherCategory, InputKind::OpenLevels(_)) => (count > 0).then(|| Place::Category(NEVER_SEEN.to_owned())),
        (Piece::OtherCategory, _) => (count > 0).then(|| Place::Category("other codes".to_owned())),
    }
}

/// Curves of any model by asking it. Cost: one prediction per row, feature and point.
fn by_asking(
    request: &Request<'_>,
    (wanted, individual): (&[usize], &[usize]),
    task: &Task,
) -> Result<(Vec<FeatureCurve>, u64), Cancelled> {
    let most = request.knobs.count("points") as usize;
    let (rows, outputs) = (request.features, request.model.card().outputs.len());
    let grids: Vec<Vec<(f64, u64)>> = wanted
        .iter()
        .map(|feature| {
            let kind = &request.model.card().inputs[*feature].kind;
            grid(rows.column(*feature), if *kind == InputKind::Number { most } else { usize::MAX })
        })
        .collect();
    let points: usize = grids.iter().map(Vec::len).sum();
    task.begin("asking the model", (points * rows.rows()) as u64);
    let mut found = Vec::with_capacity(wanted.len());
    for (&feature, grid) in wanted.iter().zip(grids) {
        let input = &request.model.card().inputs[feature];
        let mut mean = vec![0.0; outputs * grid.len()];
        let mut single = vec![0.0; individual.len() * outputs * grid.len()];
        for (k, (value, _)) in grid.iter().enumerate() {
            let predicted = with_value(request, feature, *value, task)?;
            for output in 0..outputs {
                let column: Vec<f64> = predicted.iter().skip(output).step_by(outputs).copied().collect();
                mean[output * grid.len() + k] = stats::mean(&column);
                for (row, i) in individual.iter().enumerate() {
                    single[(row * outputs + output) * grid.len() + k] = column[*i];
                }
            }
        }
        let place = |value: f64| match &input.kind {
            _ if value.is_nan() => Place::Missing,
            InputKind::Number => Place::At(value),
            kind => Place::Category(kind.category(value)),
        };
        found.push(FeatureCurve {
            feature,
            name: input.name.clone(),
            places: grid.iter().map(|(value, _)| place(*value)).collect(),
            counts: grid.iter().map(|(_, count)| *count).collect(),
            mean,
            individual: single,
        });
    }
    Ok((found, (points * rows.rows()) as u64))
}

/// Values of a column, the missing one first and only if it occurs, then ascending, each with the rows nearest from
/// below; all that occur or, above `most`, as many quantiles.
fn grid(column: impl Iterator<Item = f64>, most: usize) -> Vec<(f64, u64)> {
    let all: Vec<f64> = column.collect();
    let missing = all.iter().filter(|x| x.is_nan()).count() as u64;
    let sorted = stats::sorted_present(all.into_iter());
    let mut values = sorted.clone();
    values.dedup_by(|a, b| *a <= *b);
    if values.len() > most {
        let at = |k: usize| sorted[k * (sorted.len() - 1) / (most - 1)];
        values = (0..most).map(at).collect();
        values.dedup_by(|a, b| *a <= *b);
    }
    let below = |x: f64| sorted.partition_point(|y| *y < x) as u64;
    let ends = values.iter().skip(1).map(|x| below(*x)).chain([sorted.len() as u64]);
    let starts = std::iter::once(0).chain(values.iter().skip(1).map(|x| below(*x)));
    let counts = ends.zip(starts).map(|(end, start)| end - start);
    let first = (missing > 0).then_some((f64::NAN, missing));
    first.into_iter().chain(values.iter().copied().zip(counts)).collect()
}

/// Predictions of all rows with one column set, shape (rows, outputs).
fn with_value(request: &Request<'_>, feature: usize, value: f64, task: &Task) -> Result<Vec<f64>, Cancelled> {
    let (rows, outputs) = (request.features, request.model.card().outputs.len());
    let mut predicted = vec![0.0; rows.rows() * outputs];
    parallel::fill_rows(&mut predicted, outputs, task, |first, out| {
        let count = out.len() / outputs;
        let mut block = rows.slice(first, first + count).values().to_vec();
        block.chunks_exact_mut(rows.cols()).for_each(|row| row[feature] = value);
        if let Some(block) = MatrixView::new(&block, count, rows.cols()) {
            request.model.predict_f64(block, request.scale, out);
        }
    })?;
    Ok(predicted)
}
