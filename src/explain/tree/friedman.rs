//! How much of a model is interaction: Friedman's H, of pairs and of one input with all others, over all rows and exactly.
//!
//! Source: Friedman and Popescu 2008, Predictive learning via rule ensembles, section 8.1. The curves are those of
//! the counted ones (`curves.rs`); all of them are centred over the rows before they are compared.

use crate::base::Task;
use crate::model::TreeEnsemble;
use crate::num::parallel;
use crate::num::{MatrixView, stats};

use super::Stopped;
use super::axis::{Axes, Axis};
use super::counting::{Freeing, Pairs};
use super::curves::{Counted, Dependence, PairDependence};
use super::forest::{Child, Forest, Split};
use super::sweep::{RowCurves, Sweep};

/// Variation below this share of the largest number is that of rounding: sums of some thousand f64.
const ROUNDING: f64 = 1e-13;
/// Most numbers in the table of one pair (512 MB).
const PLANE: usize = 64 << 20;
/// Most counters of all leaves, with the features they stand for (1 GB).
const COUNTERS: u64 = 64 << 20;

/// How strong an interaction is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// H², the share of the variance that is interaction; `None` where the curve of reference does not vary.
    pub share: Option<f64>,
    /// The root mean square of the interaction over the rows, in the unit of the prediction.
    pub size: f64,
}

/// The strength of one pair.
#[derive(Clone, Debug, PartialEq)]
pub struct PairStrength {
    /// The two inputs, ascending.
    pub features: [usize; 2],
    /// Per output.
    pub strengths: Vec<Strength>,
}

/// Partial dependence on two different inputs together over `rows`, at least one; `None` when no tree uses one of them.
/// Cost: that of the curves of two inputs, and one number for every two pieces.
pub fn pair_dependence(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    features: [usize; 2],
    task: &Task,
) -> Result<Option<(Axes, PairDependence)>, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let axes = Axes::new(&forest.coding, ensemble);
    let places = features.map(|feature| axes.place(feature));
    let ([Some(a), Some(b)], true) = (places, features[0] != features[1]) else { return Ok(None) };
    fits(&forest, &axes, [a, b])?;
    let freeing =
        Freeing { features: (0..ensemble.inputs).map(|f| features.contains(&f)).collect(), pairs: Pairs::All };
    let pair = Counted::new(&forest, &axes, freeing, rows, task)?.plane(ensemble, [a, b], task)?;
    Ok(Some((axes, pair)))
}

/// H² of all pairs that meet on a path, or only of those with one input; all other pairs have none. At least one row.
/// Cost: one count of the rows with two inputs freed (about d² words for each 64 rows and leaf with d features above
/// it), and for every pair its table and one look-up a row.
pub fn pair_interactions(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    with: Option<usize>,
    task: &Task,
) -> Result<Vec<PairStrength>, Stopped> {
    let forest = Forest::new(ensemble, task)?;
    let axes = Axes::new(&forest.coding, ensemble);
    let pairs = with.map_or(Pairs::All, |feature| Pairs::With(feature as u32));
    if counters(&forest, pairs) > COUNTERS {
        return Err(Stopped::TooManyPairs);
    }
    let freeing = Freeing { features: vec![true; ensemble.inputs], pairs };
    let counted = Counted::new(&forest, &axes, freeing, rows, task)?;
    let (lines, _) = counted.lines(ensemble, task)?;
    let pairs = counted.meeting();
    pairs.iter().try_for_each(|pair| fits(&forest, &axes, *pair))?;
    let held = axes.pieces(rows, task)?;
    task.begin("measuring interactions", pairs.len() as u64);
    let measure = |k: usize| {
        let pair = pairs[k];
        let plane = counted.plane(ensemble, pair, task)?;
        let curves = pair.map(|place| (lines[place].as_slice(), held[place].as_slice()));
        let strengths =
            (0..forest.outputs).map(|output| pair_strength(&plane, curves, output, forest.outputs)).collect();
        Ok(PairStrength { features: pair.map(|place| axes.all()[place].feature), strengths })
    };
    parallel::map(pairs.len(), task, measure)?.into_iter().collect()
}

/// H² of every input with all others together, in input order; `None` for inputs no tree uses, and for all but one where
/// only that one is asked for. At least one row.
/// Cost: one count of the rows, one sweep of all rows over the asked inputs, and one prediction a row.
pub fn overall_interactions(
    ensemble: &TreeEnsemble,
    rows: MatrixView<'_>,
    with: Option<usize>,
    task: &Task,
) -> Result<Vec<Option<Vec<Strength>>>, Stopped> {
    let outputs = ensemble.outputs();
    let Dependence { values, .. } = super::curves::partial_dependence(ensemble, rows, task)?;
    let mut predicted = vec![0.0; rows.rows() * outputs];
    task.begin("asking the model", rows.rows() as u64);
    parallel::fill_rows(&mut predicted, outputs, task, |first, part| {
        ensemble.score_rows_f64(rows.slice(first, first + part.len() / outputs), part);
    })?;
    let sweep = Sweep::new(ensemble, task)?;
    let held = sweep.axes.pieces(rows, task)?;
    let share = |(held, axis): (&Vec<u32>, &Axis)| shares_of(held, axis.pieces.len());
    let shares: Vec<Vec<f64>> = held.iter().zip(sweep.axes.all()).map(share).collect();
    let interaction = |curves: RowCurves<'_>| {
        let mut parts = Vec::with_capacity(curves.rows * outputs);
        for i in 0..curves.rows {
            for output in 0..outputs {
                let terms = shares[curves.place].iter().enumerate();
                let others: f64 = terms.map(|(piece, share)| share * curves.change(output, i, piece)).sum();
                // f − PD of the input − PD of the others, of which f is a part.
                parts.push(-values[curves.place][output * curves.pieces + curves.own[i] as usize] - others);
            }
        }
        parts
    };
    let wanted = |feature: usize| with.is_none_or(|one| one == feature);
    let mut parts = vec![Vec::new(); values.len()];
    sweep.each(
        rows,
        (&|place| wanted(sweep.axes.all()[place].feature), usize::MAX),
        task,
        (interaction, |place: usize, mut part: Vec<f64>| parts[place].append(&mut part)),
    )?;
    let mut found = vec![None; ensemble.inputs];
    for (axis, part) in sweep.axes.all().iter().zip(parts).filter(|(axis, _)| wanted(axis.feature)) {
        let of = |all: &[f64], output: usize| all.iter().skip(output).step_by(outputs).copied().collect::<Vec<f64>>();
        found[axis.feature] = Some((0..outputs).map(|k| strength(&of(&part, k), &of(&predicted, k))).collect());
    }
    Ok(found)
}

/// Counters that the pairs need: of every leaf one, one for each feature above it, and one for each pair of them.
fn counters(forest: &Forest<'_>, pairs: Pairs) -> u64 {
    let leaves =
        |split: &Split| [split.left, split.right].iter().filter(|c| matches!(c, Child::Leaf(_))).count() as u64;
    let each = |split: &Split| {
        let above = u64::from(split.distinct) + u64::from(split.above.is_none());
        let two = match pairs {
            Pairs::None => 0,
            Pairs::With(_) => above,
            Pairs::All => above * above.saturating_sub(1) / 2,
        };
        leaves(split) * (1 + above + two)
    };
    forest.trees.iter().flat_map(|tree| &tree.splits).map(each).sum()
}

fn fits(forest: &Forest<'_>, axes: &Axes, pair: [usize; 2]) -> Result<(), Stopped> {
    let [a, b] = pair.map(|place| axes.all()[place].pieces.len());
    if a.saturating_mul(b).saturating_mul(forest.outputs) > PLANE { Err(Stopped::TooLarge) } else { Ok(()) }
}

/// Which share of the rows is in every piece.
pub(super) fn shares_of(held: &[u32], pieces: usize) -> Vec<f64> {
    let mut counts = vec![0u64; pieces];
    for piece in held {
        counts[*piece as usize] += 1;
    }
    counts.iter().map(|count| *count as f64 / held.len().max(1) as f64).collect()
}

fn pair_strength(plane: &PairDependence, curves: [(&[f64], &[u32]); 2], output: usize, outputs: usize) -> Strength {
    let [rows, cols] = curves.map(|(line, _)| line.len() / outputs);
    let [first, second] = curves;
    let (mut rest, mut both) = (Vec::with_capacity(first.1.len()), Vec::with_capacity(first.1.len()));
    for (a, b) in first.1.iter().zip(second.1) {
        let (a, b) = (*a as usize, *b as usize);
        let together = plane.values[(output * rows + a) * cols + b];
        rest.push(together - first.0[output * rows + a] - second.0[output * cols + b]);
        both.push(together);
    }
    strength(&rest, &both)
}

/// How much of the variation of `whole` is that of `part`.
fn strength(part: &[f64], whole: &[f64]) -> Strength {
    let largest = part.iter().chain(whole).fold(0.0f64, |most, v| most.max(v.abs()));
    let squares = |values: &[f64]| {
        let centre = stats::mean(values);
        let sum = stats::sum(&values.iter().map(|v| (v - centre) * (v - centre)).collect::<Vec<f64>>());
        // What rounding leaves of a constant is no variation.
        if (sum / values.len().max(1) as f64).sqrt() <= ROUNDING * largest { 0.0 } else { sum }
    };
    let (part_sum, whole_sum) = (squares(part), squares(whole));
    Strength {
        share: (whole_sum > 0.0).then(|| part_sum / whole_sum),
        size: (part_sum / part.len().max(1) as f64).sqrt(),
    }
}
