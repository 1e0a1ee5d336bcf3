//! Rows of two classes in the order of their score: areas, curves, counts above each threshold.

/// One row of a two-class question.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    /// Score; larger means more likely positive.
    pub score: f64,
    /// Whether the row is of the positive class.
    pub positive: bool,
    /// Weight, positive.
    pub weight: f64,
}

/// Rows sorted by ascending score.
pub struct Ranked {
    rows: Vec<Scored>,
    positives: f64,
    negatives: f64,
}

/// Most points a curve keeps.
pub const CURVE_POINTS: usize = 2000;

impl Ranked {
    /// Sorts. Cost O(n log n).
    pub fn new(mut rows: Vec<Scored>) -> Self {
        rows.sort_unstable_by(|a, b| a.score.total_cmp(&b.score).then(a.positive.cmp(&b.positive)));
        let (mut positives, mut negatives) = (0.0, 0.0);
        for row in &rows {
            *(if row.positive { &mut positives } else { &mut negatives }) += row.weight;
        }
        Self { rows, positives, negatives }
    }

    /// The rows, ascending.
    pub fn rows(&self) -> &[Scored] {
        &self.rows
    }

    /// Weight of all positive rows.
    pub fn positives(&self) -> f64 {
        self.positives
    }

    /// Weight of all negative rows.
    pub fn negatives(&self) -> f64 {
        self.negatives
    }

    /// Runs of equal scores, ascending, as ranges of rows. (−0 and 0 are equal scores.)
    fn ties(&self) -> impl DoubleEndedIterator<Item = &[Scored]> {
        self.rows.chunk_by(|a, b| a.score == b.score)
    }

    /// Area under the ROC curve, ties count half; NaN when a class is absent.
    pub fn area(&self) -> f64 {
        if self.positives <= 0.0 || self.negatives <= 0.0 {
            return f64::NAN;
        }
        let (mut below, mut wins) = (0.0, 0.0);
        for tie in self.ties() {
            let (p, n) = weights(tie);
            wins += p * (below + n / 2.0);
            below += n;
        }
        wins / (self.positives * self.negatives)
    }

    /// Standard error of the area: DeLong's placement values, squares of weights where rows weigh.
    pub fn area_error(&self, area: f64) -> f64 {
        let (mut low_negative, mut low_positive) = (0.0, 0.0);
        let (mut over_positive, mut over_negative) = (0.0, 0.0);
        let (mut count_positive, mut count_negative) = (0.0, 0.0);
        for tie in self.ties() {
            let (p, n) = weights(tie);
            let of_positive = (low_negative + n / 2.0) / self.negatives - area;
            let of_negative = 1.0 - (low_positive + p / 2.0) / self.positives - area;
            for row in tie {
                let squared = row.weight * row.weight;
                if row.positive {
                    over_positive += squared * of_positive * of_positive;
                    count_positive += 1.0;
                } else {
                    over_negative += squared * of_negative * of_negative;
                    count_negative += 1.0;
                }
            }
            low_negative += n;
            low_positive += p;
        }
        let part = |squares: f64, count: f64, total: f64| squares * count / (count - 1.0) / (total * total);
        (part(over_positive, count_positive, self.positives) + part(over_negative, count_negative, self.negatives))
            .sqrt()
    }

    /// Average precision: precision at each threshold weighted by the recall it adds; NaN without positive rows.
    pub fn average_precision(&self) -> f64 {
        let (mut tp, mut fp, mut sum) = (0.0, 0.0, 0.0);
        for tie in self.ties().rev() {
            let (p, n) = weights(tie);
            tp += p;
            fp += n;
            sum += p * tp / (tp + fp);
        }
        if self.positives > 0.0 { sum / self.positives } else { f64::NAN }
    }

    /// ROC curve: false positive rate, true positive rate, threshold, from (0, 0) to (1, 1); at most
    /// `CURVE_POINTS`. A class that is absent leaves its rate at NaN, and the curve empty.
    pub fn roc(&self) -> Vec<[f64; 3]> {
        if self.positives <= 0.0 || self.negatives <= 0.0 {
            return Vec::new();
        }
        let mut points = vec![[0.0, 0.0, f64::INFINITY]];
        self.each_threshold(|tp, fp, threshold| {
            points.push([(fp / self.negatives).min(1.0), (tp / self.positives).min(1.0), threshold]);
        });
        if let Some(last) = points.last_mut() {
            (last[0], last[1]) = (1.0, 1.0); // the sums end here up to rounding
        }
        thin(&without_straight_runs(&points))
    }

    /// Precision–recall curve: recall, precision, threshold, from the highest threshold down; at most
    /// `CURVE_POINTS`. No artificial point at recall 0.
    pub fn precision_recall(&self) -> Vec<[f64; 3]> {
        if self.positives <= 0.0 {
            return Vec::new();
        }
        let mut points = Vec::new();
        self.each_threshold(|tp, fp, threshold| {
            points.push([(tp / self.positives).min(1.0), tp / (tp + fp), threshold])
        });
        thin(&points)
    }

    fn each_threshold(&self, mut at: impl FnMut(f64, f64, f64)) {
        let (mut tp, mut fp) = (0.0, 0.0);
        for tie in self.ties().rev() {
            let (p, n) = weights(tie);
            tp += p;
            fp += n;
            at(tp, fp, tie.first().map_or(f64::NAN, |r| r.score));
        }
    }

    /// Weight of positive and of negative rows at or above each position; one longer than the rows, ending with 0.
    pub fn above(&self) -> (Vec<f64>, Vec<f64>) {
        let length = self.rows.len() + 1;
        let (mut positives, mut negatives) = (vec![0.0; length], vec![0.0; length]);
        for (i, row) in self.rows.iter().enumerate().rev() {
            let (p, n) = if row.positive { (row.weight, 0.0) } else { (0.0, row.weight) };
            positives[i] = positives[i + 1] + p;
            negatives[i] = negatives[i + 1] + n;
        }
        (positives, negatives)
    }
}

fn weights(tie: &[Scored]) -> (f64, f64) {
    tie.iter().fold((0.0, 0.0), |(p, n), r| if r.positive { (p + r.weight, n) } else { (p, n + r.weight) })
}

/// Drops points inside horizontal or vertical runs: the drawn curve stays the same.
fn without_straight_runs(points: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let flat = |a: &[f64; 3], b: &[f64; 3], axis: usize| a[axis].to_bits() == b[axis].to_bits();
    let mut kept: Vec<[f64; 3]> = Vec::new();
    for (i, point) in points.iter().enumerate() {
        let inside = match (kept.last(), points.get(i + 1)) {
            (Some(before), Some(after)) => (0..2).any(|axis| flat(before, point, axis) && flat(point, after, axis)),
            _ => false,
        };
        if !inside {
            kept.push(*point);
        }
    }
    kept
}

/// At most `CURVE_POINTS` points, evenly spaced along the curve; both ends stay. A dropped point lies within one
/// step (the curve's length over the number of points: 0.001 for a ROC curve) of a kept one.
fn thin(points: &[[f64; 3]]) -> Vec<[f64; 3]> {
    if points.len() <= CURVE_POINTS {
        return points.to_vec();
    }
    let step = |pair: &[[f64; 3]]| (pair[1][0] - pair[0][0]).abs() + (pair[1][1] - pair[0][1]).abs();
    let length: f64 = points.windows(2).map(step).sum();
    let spacing = length / (CURVE_POINTS - 2) as f64;
    let mut kept = vec![points[0]];
    let (mut travelled, mut next) = (0.0, spacing);
    for pair in points.windows(2) {
        travelled += step(pair);
        if travelled >= next && kept.len() < CURVE_POINTS - 1 {
            kept.push(pair[1]);
            next = (travelled / spacing).floor() * spacing + spacing;
        }
    }
    let last = points[points.len() - 1];
    if kept.last() != Some(&last) {
        kept.push(last);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(scores: &[f64], positive: &[bool]) -> Ranked {
        let rows = scores.iter().zip(positive).map(|(s, p)| Scored { score: *s, positive: *p, weight: 1.0 });
        Ranked::new(rows.collect())
    }

    #[test]
    fn the_area_counts_pairs_and_half_ties() {
        let ranked = rows(&[0.1, 0.5, 0.5, 0.9], &[false, true, false, true]);
        assert!((ranked.area() - 3.5 / 4.0).abs() < 1e-15);
        assert!(rows(&[0.1, 0.2], &[true, true]).area().is_nan());
    }

    #[test]
    fn long_curves_keep_their_ends_and_at_most_two_thousand_points() {
        let scores: Vec<f64> = (0..50_000).map(|i| f64::from(i) / 5e4).collect();
        let positive: Vec<bool> = (0..50_000).map(|i| (i * 7919) % 50_000 < i).collect();
        let curve = rows(&scores, &positive).roc();
        assert!(curve.len() <= CURVE_POINTS && curve.len() > 1000, "{}", curve.len());
        assert_eq!(curve.first().map(|p| (p[0], p[1])), Some((0.0, 0.0)));
        assert_eq!(curve.last().map(|p| (p[0], p[1])), Some((1.0, 1.0)));
        let area: f64 = curve.windows(2).map(|w| (w[1][0] - w[0][0]) * (w[1][1] + w[0][1]) / 2.0).sum();
        // 2 000 chords, each cutting off at most half a square of side 0.001.
        let tolerance = 2000.0 * 0.001 * 0.001 / 2.0;
        assert!((area - rows(&scores, &positive).area()).abs() < tolerance);
    }

    #[test]
    fn a_perfect_ranking_has_a_curve_of_three_points() {
        let curve = rows(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]).roc();
        let plain: Vec<(f64, f64)> = curve.iter().map(|p| (p[0], p[1])).collect();
        assert_eq!(plain, vec![(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]);
    }
}
