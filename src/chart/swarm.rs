//! Where the dots of a swarm stand: seeded, the same for every run, thickness on one scale for all lanes.

use crate::base::{Cancelled, Kind as KnobKind, Knob, RowId, Seed, Task, text};
use crate::num::{parallel, stats};

/// The setting of every chart with a dot per row: how many dots it holds at most; without it, all of them.
pub const DOTS: Knob = Knob {
    id: "dots",
    label: "Dots held",
    help: "More dots than this are shown by a subset that keeps the extremes; the chart says so",
    kind: KnobKind::Count { default: ALL_DOTS, min: 100, max: ALL_DOTS },
};

/// More dots than memory holds rows.
const ALL_DOTS: u64 = 1_000_000_000;

/// Slots across the drawing in which dots are counted; one slot is about a dot's diameter wide.
const SLOTS: usize = 150;
/// Half the lane a swarm may fill at most, in lanes.
const HALF: f64 = 0.42;
/// A dot's diameter in lanes, as it looks at the usual size.
const DOT: f64 = 0.17;

/// How many values lie near each slot, smoothed.
pub struct Density {
    range: (f64, f64),
    counts: Vec<f64>,
}

impl Density {
    /// Counts `values` (finite ones) over `range`. Cost O(values).
    pub fn new(values: impl Iterator<Item = f64>, range: (f64, f64)) -> Self {
        let mut raw = vec![0.0; SLOTS];
        for value in values.filter(|v| v.is_finite()) {
            raw[slot(value, range)] += 1.0;
        }
        let at = |i: isize| usize::try_from(i).ok().and_then(|i| raw.get(i)).copied().unwrap_or(0.0);
        let counts = (0..SLOTS as isize)
            .map(|i| 0.25 * at(i - 1) + 0.5 * at(i) + 0.25 * at(i + 1))
            .zip(&raw)
            // Smoothing may not thin out a slot that is full on its own: single peaks would overlap.
            .map(|(smooth, own): (f64, &f64)| if *own > 0.0 { smooth.max(0.75 * own) } else { smooth })
            .collect();
        Self { range, counts }
    }

    /// The fullest slot.
    pub fn peak(&self) -> f64 {
        self.counts.iter().copied().fold(0.0, f64::max)
    }

    fn at(&self, value: f64) -> f64 {
        self.counts[slot(value, self.range)]
    }
}

fn slot(value: f64, range: (f64, f64)) -> usize {
    let span = (range.1 - range.0).max(f64::MIN_POSITIVE);
    (((value - range.0) / span * SLOTS as f64).floor().max(0.0) as usize).min(SLOTS - 1)
}

/// The offset of each value from its lane's middle, in lanes, within ±0.42. A lone dot stands in the middle; where
/// dots meet they spread evenly, and the spread grows with the density (to the power 0.35) relative to `peak`, the
/// fullest slot of all lanes. Cost O(n log n).
pub fn offsets(values: &[f64], density: &Density, peak: f64, lane: u64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    Seed::default().child("swarm", lane).shuffle(&mut order);
    let mut members = vec![Vec::new(); SLOTS];
    for i in order {
        if values[i].is_finite() {
            members[slot(values[i], density.range)].push(i);
        }
    }
    let mut offsets = vec![0.0; values.len()];
    for inside in &members {
        for (k, &i) in inside.iter().enumerate() {
            let count = density.at(values[i]).max(inside.len() as f64 * 0.75);
            let touching = 0.5 * DOT * (count - 1.0).max(0.0);
            let half = touching.min(HALF * libm::pow(count / peak.max(1.0), 0.35)).min(HALF);
            let place = (k as f64 + 0.5) / inside.len() as f64 * 2.0 - 1.0;
            offsets[i] = half * place;
        }
    }
    offsets
}

/// At most `budget` rows out of all, in row order: the rows with the most extreme contributions of every lane, filled
/// up with rows spread evenly over the ordered `totals`. Same input, same rows. `lanes` are columns of equal length.
pub fn subset(lanes: &[&[f64]], totals: &[f64], budget: usize, task: &Task) -> Result<Vec<usize>, Cancelled> {
    let count = totals.len();
    if count <= budget {
        return Ok((0..count).collect());
    }
    let mut kept = vec![false; count];
    // Few extremes: more of them would look like bands of their own.
    let each = (budget / (100 * lanes.len().max(1))).max(1);
    for i in parallel::map(lanes.len(), task, |k| extremes(lanes[k], each.min(count)))?.into_iter().flatten() {
        kept[i] = true;
    }
    let mut rest: Vec<usize> = (0..count).filter(|&i| !kept[i]).collect();
    rest.sort_unstable_by(|&a, &b| totals[a].total_cmp(&totals[b]).then(a.cmp(&b)));
    let room = budget.saturating_sub(count - rest.len());
    for k in 0..room.min(rest.len()) {
        // Middle of the k-th of `room` equal strata.
        let place = (2 * k + 1) * rest.len() / (2 * room);
        kept[rest[place.min(rest.len() - 1)]] = true;
    }
    task.check()?;
    Ok((0..count).filter(|&i| kept[i]).collect())
}

/// Positions of the `each` smallest and the `each` largest values; ties go to the earlier positions at the small end and
/// to the later ones at the large end. Cost O(values).
fn extremes(lane: &[f64], each: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lane.len()).collect();
    let by_value = |a: &usize, b: &usize| lane[*a].total_cmp(&lane[*b]).then(a.cmp(b));
    let mut found = Vec::with_capacity(2 * each);
    for end in [each, order.len() - each] {
        if end < order.len() {
            order.select_nth_unstable_by(end, by_value);
        }
        found.extend_from_slice(if found.is_empty() { &order[..end] } else { &order[end..] });
    }
    found
}

/// How a feature's own values become shares of the ramp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shade {
    /// By rank: lowest value 0, highest 1, ties alike.
    Rank,
    /// By value, clipped to the 5th and 95th percentile.
    Value,
}

/// Shares of the ramp that the values `shown` have among `values` (NaN stays NaN) and the two values at the ramp's ends;
/// half way everywhere when there is nothing to tell apart. Cost O(values log values).
pub fn shares(values: &[f64], shown: &[f64], shade: Shade) -> (Vec<f32>, (f64, f64)) {
    let sorted = stats::sorted_present(values.iter().copied().filter(|v| v.is_finite()));
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return (vec![f32::NAN; shown.len()], (f64::NAN, f64::NAN));
    };
    let limits = match shade {
        Shade::Rank => (first, last),
        Shade::Value => [(0.05, 0.95), (0.01, 0.99), (0.0, 1.0)]
            .into_iter()
            .map(|(a, b)| (stats::quantile_sorted(&sorted, a), stats::quantile_sorted(&sorted, b)))
            .find(|(low, high)| high > low)
            .unwrap_or((first, last)),
    };
    let middle_rank = |v: f64| {
        let below = sorted.partition_point(|s| *s < v);
        let through = sorted.partition_point(|s| *s <= v);
        (below + through) as f64 / 2.0
    };
    let (bottom, top) = (middle_rank(first), middle_rank(last));
    let ranked = |rank: f64| ((rank - bottom) / (top - bottom)).clamp(0.0, 1.0) as f32;
    let shares = match shade {
        _ if limits.1 <= limits.0 => shown.iter().map(|v| if v.is_nan() { f32::NAN } else { 0.5 }).collect(),
        Shade::Rank if shown.len() > RANKED_ONE_BY_ONE => ranks_in(&sorted, shown, &ranked),
        Shade::Rank => shown.iter().map(|v| if v.is_nan() { f32::NAN } else { ranked(middle_rank(*v)) }).collect(),
        Shade::Value => {
            let share = |v: f64| ((v - limits.0) / (limits.1 - limits.0)).clamp(0.0, 1.0) as f32;
            shown.iter().map(|v| share(*v)).collect()
        }
    };
    (shares, limits)
}

/// Values whose ranks are looked up one by one; of more, all are found in one walk along the sorted ones.
const RANKED_ONE_BY_ONE: usize = 4_096;

/// `share` of the middle rank of each value among `sorted`; NaN stays NaN. Cost O(shown log shown + sorted).
fn ranks_in(sorted: &[f64], shown: &[f64], share: &dyn Fn(f64) -> f32) -> Vec<f32> {
    let mut order: Vec<(f64, u32)> = shown.iter().copied().zip(0..).filter(|(v, _)| !v.is_nan()).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut shares = vec![f32::NAN; shown.len()];
    let (mut below, mut through, mut last) = (0, 0, f64::NAN);
    for (value, i) in order {
        if value != last {
            below += sorted[below..].iter().take_while(|s| **s < value).count();
            through = below + sorted[below..].iter().take_while(|s| **s <= value).count();
            last = value;
        }
        shares[i as usize] = share((below + through) as f64 / 2.0);
    }
    shares
}

/// The note of a chart that shows every row.
pub fn all_shown(count: usize) -> String {
    if count == 1 { "The only row is shown.".to_owned() } else { format!("All {} rows are shown.", text::count(count)) }
}

/// Table rows at these positions.
pub fn ids(rows: &[RowId], positions: &[usize]) -> Vec<RowId> {
    positions.iter().map(|&i| rows[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_dot_stands_in_the_middle_and_twins_stand_apart() {
        let values = [0.1, 0.9, 0.9];
        let density = Density::new(values.iter().copied(), (0.0, 1.0));
        let offsets = offsets(&values, &density, density.peak(), 0);
        assert!(offsets[0].abs() < 1e-12, "{offsets:?}");
        assert!((offsets[1] - offsets[2]).abs() > 0.01, "{offsets:?}");
    }

    #[test]
    fn the_subset_keeps_the_extremes_of_every_lane_and_the_budget() {
        let lane: Vec<f64> = (0..10_000).map(|i| f64::from((i * 7919) % 10_000)).collect();
        let other: Vec<f64> = (0..10_000).map(|i| f64::from((i * 104_729) % 9_973)).collect();
        let totals: Vec<f64> = lane.iter().zip(&other).map(|(a, b)| a + b).collect();
        let task = Task::silent();
        let kept = subset(&[&lane, &other], &totals, 1000, &task).unwrap();
        assert_eq!(kept.len(), 1000);
        for lane in [&lane, &other] {
            let largest = (0..lane.len()).max_by(|&a, &b| lane[a].total_cmp(&lane[b])).unwrap();
            assert!(kept.contains(&largest));
        }
        assert_eq!(kept, subset(&[&lane, &other], &totals, 1000, &task).unwrap());
    }

    #[test]
    fn many_ranks_are_those_of_looking_each_value_up() {
        let values: Vec<f64> =
            (0..9_000_u32).map(|i| if i % 13 == 0 { f64::NAN } else { f64::from((i * 7_919) % 501) - 0.0 }).collect();
        let (all, _) = shares(&values, &values, Shade::Rank);
        let mut one_by_one = Vec::new();
        for part in values.chunks(900) {
            one_by_one.extend(shares(&values, part, Shade::Rank).0);
        }
        let bits = |shares: &[f32]| shares.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&all), bits(&one_by_one));
    }

    #[test]
    fn shares_run_from_zero_to_one_and_missing_stays_missing() {
        let (ranks, limits) = shares(&[3.0, 1.0, f64::NAN, 2.0], &[3.0, 1.0, f64::NAN, 2.0], Shade::Rank);
        assert_eq!(&ranks[..2], &[1.0, 0.0]);
        assert!(ranks[2].is_nan());
        assert_eq!(limits, (1.0, 3.0));
        assert_eq!(shares(&[4.0, 4.0], &[4.0, 4.0], Shade::Value).0, vec![0.5, 0.5]);
    }
}
