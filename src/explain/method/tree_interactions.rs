//! Interaction values of pairs of features.

use std::sync::Arc;

use crate::base::{Entry, Kind, Knob, Knobs, Task, text};
use crate::explain::answer::{Answer, Body, Interactions};
use crate::explain::error::ExplainError;
use crate::explain::shape::Shape;
use crate::explain::tree::{self, Stopped, Wanted};
use crate::model::{Model, Scale, Structure, TreeEnsemble};
use crate::num::MatrixView;

use super::{Explainer, Request, Support};

/// Exact Shapley interaction values of a tree ensemble; unknown features follow the training cover stored in the model.
pub struct TreeInteractions;

/// Most numbers of single rows that one answer holds: 1 GiB. The means cover all rows whatever is held.
const MOST_NUMBERS: usize = (1 << 30) / size_of::<f64>();

/// The setting that limits the pairs.
const PAIRS: Knob = Knob {
    id: "pairs",
    label: "Pairs",
    help: "Pairs that are kept, the strongest by mean absolute effect over all rows; 0 keeps all",
    kind: Kind::Count { default: 0, min: 0, max: 1_000_000_000 },
};

impl Entry for TreeInteractions {
    fn id(&self) -> &'static str {
        "tree-interactions"
    }

    fn title(&self) -> &'static str {
        "Interaction values"
    }

    fn summary(&self) -> &'static str {
        "Exact effects of pairs of features for tree models, beyond what each of the two does on its own"
    }

    fn sources(&self) -> &'static [&'static str] {
        &[
            "Lundberg et al. 2020, From local explanations to global understanding with explainable AI for trees",
            "Grabisch and Roubens 1999, An axiomatic approach to the concept of interaction among players",
        ]
    }
}

impl Explainer for TreeInteractions {
    fn knobs(&self) -> &'static [Knob] {
        &[super::FEATURE, PAIRS]
    }

    fn supports(&self, model: &dyn Model) -> Support {
        super::trees_only(model)
    }

    fn scales(&self, model: &dyn Model) -> Vec<Scale> {
        vec![model.card().native_scale]
    }

    fn answers_rows(&self) -> bool {
        false
    }

    fn answers(&self) -> Shape {
        Shape::Interactions
    }

    /// Which pairs are the strongest is known only after all rows.
    fn streams(&self, knobs: &Knobs) -> bool {
        knobs.count(PAIRS.id) == 0
    }

    /// Numbers of all pairs; 0 where there are none to count, as [`Explainer::explain`] will tell.
    fn row_numbers(&self, model: &dyn Model, knobs: &Knobs) -> usize {
        let (Structure::Trees(ensemble), Ok(with)) = (model.structure(), super::one_feature(self, model, knobs)) else {
            return 0;
        };
        tree::interaction_pairs(ensemble, with, &Task::silent()).map_or(0, |pairs| pairs.len() * ensemble.outputs())
    }

    fn explain(&self, request: &Request<'_>, task: &Task) -> Result<Answer, ExplainError> {
        let ensemble = super::trees_of(self, request.model)?;
        let with = super::one_feature(self, request.model, request.knobs)?;
        let limits = Limits { pairs: request.knobs.count(PAIRS.id) as usize, numbers: MOST_NUMBERS };
        let found = held(ensemble, request.features, (with, limits), task).map_err(|s| super::stopped(self, s))?;
        let notes = notes(&found, request, with);
        let card = request.model.card();
        let body = Body::Interactions(Interactions {
            features: super::feature_names(request.model),
            outputs: card.outputs.clone().into(),
            complete: with.is_none() && found.left_out.is_empty(),
            values: found.values.into(),
            mean: found.mean,
            mean_absolute: found.mean_absolute,
            base: found.base,
            row_count: request.rows.len(),
            rows: Arc::from(&request.rows[..found.kept]),
            pairs: found.pairs.into(),
            scale: request.scale,
        });
        Ok(Answer { body, exact: true, evaluations: 0, converged: None, notes })
    }
}

/// Whole effects of the kept pairs, in the ensemble's native unit.
struct Held {
    pairs: Vec<(u32, u32)>,
    /// Mean absolute effects, added over outputs, of the pairs that were not kept.
    left_out: Vec<f64>,
    /// Shape (outputs, kept rows, pairs).
    values: Vec<f64>,
    kept: usize,
    /// Shape (outputs, pairs), as `mean_absolute`.
    mean: Vec<f64>,
    mean_absolute: Vec<f64>,
    base: Vec<f64>,
    without_cover: bool,
}

/// What is held at most.
#[derive(Clone, Copy)]
struct Limits {
    /// Pairs of two features; 0 for all.
    pairs: usize,
    /// Numbers of single rows.
    numbers: usize,
}

/// Means of all rows, and values of as many as fit. With fewer pairs than there are, rows are walked twice: which pairs
/// are the strongest is known after the first time.
fn held(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    (with, limits): (Option<usize>, Limits),
    task: &Task,
) -> Result<Held, Stopped> {
    let (most, outputs) = (limits.pairs, ensemble.outputs());
    let all = tree::interaction_pairs(ensemble, with, task)?;
    let different = all.iter().filter(|(a, b)| a != b).count();
    let fit = |pairs: usize| (limits.numbers / (outputs * pairs).max(1)).min(rows.rows());
    if most == 0 || most >= different {
        let found = tree::interactions(ensemble, rows, Wanted { with, keep: fit(all.len()) }, task)?;
        let mut held = Held {
            pairs: found.pairs,
            left_out: Vec::new(),
            values: found.values,
            kept: found.kept,
            mean: found.mean,
            mean_absolute: found.mean_absolute,
            base: found.base,
            without_cover: found.without_cover,
        };
        held.double();
        return Ok(held);
    }
    let found = tree::interactions(ensemble, rows, Wanted { with, keep: 0 }, task)?;
    let (places, left_out) = strongest(&found.pairs, &found.mean_absolute, most);
    let kept = fit(places.len());
    let mut values = vec![0.0; outputs * kept * places.len()];
    tree::interaction_rows(ensemble, rows.slice(0, kept), with, task, &mut |pairs, first, block| {
        let count = block.len() / (outputs * pairs.len()).max(1);
        for (line, block) in block.chunks_exact(pairs.len()).enumerate() {
            let (output, row) = (line / count, first + line % count);
            let to = &mut values[(output * kept + row) * places.len()..][..places.len()];
            to.iter_mut().zip(&places).for_each(|(to, place)| *to = block[*place]);
        }
        Ok(())
    })?;
    let pick = |all: &[f64]| -> Vec<f64> {
        all.chunks_exact(found.pairs.len()).flat_map(|of| places.iter().map(|place| of[*place])).collect()
    };
    let mut held = Held {
        pairs: places.iter().map(|place| found.pairs[*place]).collect(),
        left_out,
        values,
        kept,
        mean: pick(&found.mean),
        mean_absolute: pick(&found.mean_absolute),
        base: found.base,
        without_cover: found.without_cover,
    };
    held.double();
    Ok(held)
}

/// The places of all main effects and of the `most` strongest pairs, ascending, and the sizes of the other pairs, counted
/// twice as they stand in the matrix.
fn strongest(pairs: &[(u32, u32)], mean_absolute: &[f64], most: usize) -> (Vec<usize>, Vec<f64>) {
    let size = |place: usize| 2.0 * mean_absolute.iter().skip(place).step_by(pairs.len()).sum::<f64>();
    let (mut kept, different): (Vec<usize>, Vec<usize>) = (0..pairs.len()).partition(|p| pairs[*p].0 == pairs[*p].1);
    let mut order: Vec<(usize, f64)> = different.into_iter().map(|place| (place, size(place))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let left_out = order.split_off(most.min(order.len())).into_iter().map(|(_, size)| size).collect();
    kept.extend(order.into_iter().map(|(place, _)| place));
    kept.sort_unstable();
    (kept, left_out)
}

impl Held {
    /// From entries of the symmetric matrix, where a pair stands twice with half its effect, to whole effects.
    fn double(&mut self) {
        let factors: Vec<f64> = self.pairs.iter().map(|(a, b)| if a == b { 1.0 } else { 2.0 }).collect();
        for values in [&mut self.values, &mut self.mean, &mut self.mean_absolute] {
            for of in values.chunks_exact_mut(factors.len().max(1)) {
                of.iter_mut().zip(&factors).for_each(|(value, factor)| *value *= factor);
            }
        }
    }
}

fn notes(found: &Held, request: &Request<'_>, with: Option<usize>) -> Vec<String> {
    let card = request.model.card();
    let kept = found.pairs.iter().filter(|(a, b)| a != b).count();
    let inputs = card.inputs.len();
    let mut notes = vec!["A pair stands once with its whole effect: twice an entry of the symmetric matrix".to_owned()];
    let meeting = kept + found.left_out.len();
    let possible = if with.is_some() { inputs.saturating_sub(1) } else { inputs * inputs.saturating_sub(1) / 2 };
    if meeting < possible {
        notes.push(format!(
            "{} of {} meet on a path of some tree; the others have no interaction at all and are not listed",
            text::count(meeting),
            text::counted(possible, "pair")
        ));
    }
    if let Some(largest) = found.left_out.first() {
        notes.push(format!(
            "The {} strongest of {} are kept; no other has a mean absolute effect above {}",
            text::count(kept),
            text::counted(meeting, "pair"),
            text::number(*largest)
        ));
    }
    if let Some(input) = with.and_then(|feature| card.inputs.get(feature)) {
        let name = &input.name;
        notes.push(format!("Only the pairs of “{name}”, so that a row's effects do not add up to its prediction"));
    }
    if found.kept < request.rows.len() {
        notes.push(format!(
            "Effects in single rows are held for the first {} of {}, as many as fit in 1 GiB; the means cover all rows",
            text::count(found.kept),
            text::counted(request.rows.len(), "row")
        ));
    }
    if found.without_cover {
        notes.push(super::NO_COVER.to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Accumulate, Compare, Missing, Node, Tree};
    use crate::num::Matrix;

    /// Two trees of two splits: inputs 0 and 1 meet on a path, inputs 1 and 2 as well, 0 and 2 do not.
    fn ensemble() -> TreeEnsemble {
        let node = |feature, left, right, cover| Node {
            feature,
            left,
            right,
            set: Node::NUMERIC,
            threshold: 0.0,
            missing: Missing::Left,
            cover,
        };
        let leaf = |value| node(Node::LEAF, value, 0, 1.0);
        let tree = |first, second, leaves: [f64; 3]| Tree {
            nodes: vec![node(first, 1, 2, 3.0), node(second, 3, 4, 2.0), leaf(0), leaf(1), leaf(2)],
            leaf_values: leaves.to_vec(),
            output: Some(0),
            sets: Vec::new(),
        };
        TreeEnsemble {
            trees: vec![tree(0, 1, [1.0, 2.0, 4.0]), tree(1, 2, [1.0, 1.5, 0.0])],
            inputs: 3,
            base: vec![0.0],
            compare: Compare::LessEqualF64,
            accumulate: Accumulate::F64,
            divisor: 1.0,
        }
    }

    fn rows() -> Matrix {
        let rows: Vec<Vec<f64>> =
            (0..8).map(|i| (0..3).map(|j| if i >> j & 1 == 1 { 1.0 } else { -1.0 }).collect()).collect();
        Matrix::from_rows(&rows).expect("rows of one length")
    }

    #[test]
    fn fewer_rows_are_held_where_numbers_do_not_fit_and_means_stay_those_of_all() {
        let (ensemble, rows, task) = (ensemble(), rows(), Task::silent());
        let of = |limits| held(&ensemble, rows.view(), (None, limits), &task).expect("proper trees");
        let all = of(Limits { pairs: 0, numbers: 1_000 });
        assert_eq!((all.kept, all.pairs.len()), (8, 5));
        let few = of(Limits { pairs: 0, numbers: 17 });
        assert_eq!(few.kept, 3, "three rows of five numbers are fifteen");
        assert_eq!(few.values, all.values[..15]);
        assert_eq!((&few.mean, &few.mean_absolute), (&all.mean, &all.mean_absolute));
        let strong = of(Limits { pairs: 1, numbers: 17 });
        assert_eq!((strong.kept, strong.pairs.len()), (4, 4), "four rows of four numbers are sixteen");
    }
}
