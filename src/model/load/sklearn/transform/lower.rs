//! Estimators behind steps, said over the columns in front of them, where that is exact.
//!
//! A split behind steps that never fall is a split of the column at the largest number that still goes left: it is
//! found by bisection over all numbers, so that every value goes the same way. A split behind an encoder of texts is a
//! set of levels. Weights behind scalers are weights.

use crate::data::InputKind;
use crate::model::trees::{CategorySet, Compare};
use crate::model::{LinearForm, Missing, Node, Tree, TreeEnsemble};

use super::Step;

/// The ensemble over the columns in front of `step`; `None` where a split asks something else, or where `spare` has no
/// room for the levels of all splits.
pub fn trees(step: &dyn Step, ensemble: &TreeEnsemble, spare: impl Fn(usize) -> bool) -> Option<TreeEnsemble> {
    let kinds = step.kinds();
    if !spare(levels_of_splits(step, ensemble, &kinds)) {
        return None;
    }
    let told = |compare: Compare| {
        let trees = ensemble.trees.iter().map(|tree| lowered(step, (ensemble, tree), (&kinds, compare)));
        let trees = trees.collect::<Option<Vec<Tree>>>()?;
        Some(TreeEnsemble {
            trees,
            inputs: kinds.len(),
            base: ensemble.base.clone(),
            compare,
            accumulate: ensemble.accumulate,
            divisor: ensemble.divisor,
        })
    };
    // A split that sends all numbers right, as those that tell missing values apart, has no limit of the first kind; one
    // that sends all left has none of the second.
    told(Compare::LessEqualF64).or_else(|| told(Compare::LessF64))
}

/// Levels that all splits together look at.
fn levels_of_splits(step: &dyn Step, ensemble: &TreeEnsemble, kinds: &[InputKind]) -> usize {
    let splits = ensemble.trees.iter().flat_map(|tree| &tree.nodes).filter(|node| !node.is_leaf());
    let levels = |node: &Node| match kinds.get(step.source(node.feature as usize)?)? {
        InputKind::Levels(levels) | InputKind::OpenLevels(levels) => Some(levels.len()),
        _ => None,
    };
    splits.filter_map(levels).fold(0, usize::saturating_add)
}

fn lowered(
    step: &dyn Step,
    (ensemble, tree): (&TreeEnsemble, &Tree),
    (kinds, compare): (&[InputKind], Compare),
) -> Option<Tree> {
    let mut sets = Vec::new();
    let nodes = tree.nodes.iter().map(|node| {
        if node.is_leaf() {
            return Some(*node);
        }
        let output = node.feature as usize;
        let source = step.source(output)?;
        let left = |value: f64| ensemble.goes_left(tree, node, step.one(output, value));
        let missing = if left(f64::NAN) { Missing::Left } else { Missing::Right };
        let feature = u32::try_from(source).ok()?;
        let kind = kinds.get(source)?;
        if let InputKind::Levels(levels) | InputKind::OpenLevels(levels) = kind {
            let set = u32::try_from(sets.len()).ok()?;
            // Levels never seen have the code behind the last one.
            let codes = levels.len() + usize::from(matches!(kind, InputKind::OpenLevels(_)));
            sets.push(levels_left(codes, left));
            return Some(Node { feature, set, threshold: 0.0, missing, ..*node });
        }
        let plain = node.set == Node::NUMERIC && !matches!(node.missing, Missing::ZeroLeft | Missing::ZeroRight);
        // Numbers below the domain of a function are missing behind it: they must go left, as the smallest of the others.
        let below = !step.one(output, f64::NEG_INFINITY).is_nan() || missing == Missing::Left;
        let told = match compare {
            Compare::LessF64 => !left(f64::INFINITY),
            _ => left(f64::NEG_INFINITY),
        };
        (plain && below && step.rises(output) && told).then(|| {
            let threshold = match compare {
                Compare::LessF64 if !left(f64::NEG_INFINITY) => f64::NEG_INFINITY,
                Compare::LessF64 => last_left(left).next_up(),
                _ => last_left(left),
            };
            Node { feature, threshold, missing, ..*node }
        })
    });
    let nodes = nodes.collect::<Option<Vec<Node>>>()?;
    Some(Tree { nodes, leaf_values: tree.leaf_values.clone(), output: tree.output, sets })
}

fn levels_left(count: usize, left: impl Fn(f64) -> bool) -> CategorySet {
    let mut words = vec![0_u64; count.div_ceil(64)];
    for level in (0..count).filter(|level| left(*level as f64)) {
        if let Some(word) = words.get_mut(level / 64) {
            *word |= 1 << (level % 64);
        }
    }
    CategorySet { words, matching_goes_left: true }
}

/// The largest number for which `left` holds, when it holds up to some number and not above.
fn last_left(left: impl Fn(f64) -> bool) -> f64 {
    if left(f64::INFINITY) {
        return f64::INFINITY;
    }
    let (mut below, mut above) = (ordered(f64::NEG_INFINITY), ordered(f64::INFINITY));
    while above.abs_diff(below) > 1 {
        let middle = below.midpoint(above);
        if left(number(middle)) { below = middle } else { above = middle }
    }
    number(below)
}

/// Numbers as integers in the same order; −0 comes just below 0.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    if bits < 0 { i64::MIN.wrapping_sub(bits).wrapping_sub(1) } else { bits }
}

fn number(place: i64) -> f64 {
    let bits = if place < 0 { i64::MIN.wrapping_sub(place).wrapping_sub(1) } else { place };
    f64::from_bits(bits.cast_unsigned())
}

/// The form over the columns in front of `step`, when every value is a weighted sum of columns.
pub fn linear(step: &dyn Step, form: &LinearForm) -> Option<LinearForm> {
    let kinds = step.kinds();
    let outputs = form.outputs();
    let mut weights = vec![0.0; kinds.len().checked_mul(outputs)?];
    let mut intercept = form.intercept.clone();
    for (value, row) in form.weights.chunks(outputs.max(1)).enumerate() {
        let mix = step.mix(value)?;
        for (input, by) in mix.weights {
            let slots = weights.get_mut(input.checked_mul(outputs)?..)?;
            slots.iter_mut().zip(row).for_each(|(slot, weight)| *slot += weight * by);
        }
        intercept.iter_mut().zip(row).for_each(|(sum, weight)| *sum += weight * mix.start);
    }
    Some(LinearForm { weights, intercept })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_that_goes_left_is_found_to_the_bit() {
        for limit in [-1e300, -1.5, -0.0, 0.0, 1e-320, 0.1, 7.0, f64::MAX] {
            assert_eq!(last_left(|x| x <= limit).to_bits(), if limit == 0.0 { 0 } else { limit.to_bits() }, "{limit}");
        }
        let rounded = last_left(|x| f64::from(x as f32) <= 0.1);
        assert!(f64::from(rounded as f32) <= 0.1 && f64::from(rounded.next_up() as f32) > 0.1);
        assert_eq!(last_left(|x| x == f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert_eq!(last_left(|_| true), f64::INFINITY);
    }

    #[test]
    fn a_split_behind_a_scaler_parts_the_same_numbers() {
        // Constants of every size; what rounds at the limit must stay on its side.
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5) * libm::exp2((state % 40) as f64 - 20.0)
        };
        for _ in 0..500 {
            let (start, scale, limit) = (next(), next().abs() + 1e-6, next());
            for rounds in [false, true] {
                let seen = |x: f64| if rounds { f64::from(((x - start) / scale) as f32) } else { (x - start) / scale };
                let last = last_left(|x| seen(x) <= limit);
                assert!(seen(last) <= limit && seen(last.next_up()) > limit, "{start} {scale} {limit} {rounds}");
            }
        }
    }

    #[test]
    fn integers_keep_the_order_of_numbers() {
        let all = [f64::NEG_INFINITY, -1.0, -1e-320, -0.0, 0.0, 1e-320, 1.0, f64::INFINITY];
        assert!(all.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
        assert!(all.iter().all(|v| number(ordered(*v)).to_bits() == v.to_bits()));
    }
}
