//! An order of rows in which similar ones stand side by side: hierarchical clustering with mean linkage.
//!
//! Source: the nearest-neighbour chain of Benzécri 1982, which gives the clusters of repeated merging of the closest pair
//! in O(n²). Ties go to the smaller index, so that the order is the same everywhere.

use crate::base::{Cancelled, Task};

/// One merge: the two clusters, by the smallest row of each, and the mean distance between their rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// Smallest row of the one.
    pub first: usize,
    /// Smallest row of the other; larger than `first`.
    pub second: usize,
    /// Mean Euclidean distance between their rows.
    pub distance: f64,
}

/// All merges of `rows`, closest first. Cost O(rows² · width) time, O(rows²) memory.
pub fn merges(rows: &[Vec<f64>], task: &Task) -> Result<Vec<Merge>, Cancelled> {
    let n = rows.len();
    let mut apart = vec![0.0; n * n];
    for i in 0..n {
        task.check()?;
        for j in 0..i {
            let squares: f64 = rows[i].iter().zip(&rows[j]).map(|(a, b)| (a - b) * (a - b)).sum();
            (apart[i * n + j], apart[j * n + i]) = (squares.sqrt(), squares.sqrt());
        }
    }
    let mut sizes = vec![1.0; n];
    let mut alive = vec![true; n];
    let (mut chain, mut merges): (Vec<usize>, Vec<Merge>) = (Vec::new(), Vec::new());
    while merges.len() + 1 < n {
        task.check()?;
        let top = match chain.last() {
            Some(&top) => top,
            None => {
                let start = alive.iter().position(|a| *a).unwrap_or(0);
                chain.push(start);
                start
            }
        };
        let before = chain.len().checked_sub(2).and_then(|k| chain.get(k)).copied();
        // The one before in the chain wins ties, else the chain would run in circles.
        let mut near = before;
        for j in (0..n).filter(|&j| alive[j] && j != top) {
            if near.is_none_or(|k| apart[top * n + j] < apart[top * n + k]) {
                near = Some(j);
            }
        }
        let Some(near) = near else { break };
        if Some(near) != before {
            chain.push(near);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (keep, gone) = (top.min(near), top.max(near));
        merges.push(Merge { first: keep, second: gone, distance: apart[top * n + near] });
        alive[gone] = false;
        for k in (0..n).filter(|&k| alive[k] && k != keep) {
            let joined =
                (sizes[keep] * apart[keep * n + k] + sizes[gone] * apart[gone * n + k]) / (sizes[keep] + sizes[gone]);
            (apart[keep * n + k], apart[k * n + keep]) = (joined, joined);
        }
        sizes[keep] += sizes[gone];
    }
    merges.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    Ok(merges)
}

/// The rows in an order in which every cluster is one run; of two clusters that merge, the one with the smaller mean
/// of `heights` comes first.
pub fn order(rows: &[Vec<f64>], heights: &[f64], task: &Task) -> Result<Vec<usize>, Cancelled> {
    let mut runs: Vec<Vec<usize>> = (0..rows.len()).map(|i| vec![i]).collect();
    let mean = |run: &[usize]| run.iter().map(|&i| heights[i]).sum::<f64>() / run.len().max(1) as f64;
    for merge in merges(rows, task)? {
        let (a, b) = (holder(&runs, merge.first), holder(&runs, merge.second));
        let (one, other) = (std::mem::take(&mut runs[a]), std::mem::take(&mut runs[b]));
        let swap = mean(&other) < mean(&one);
        runs[a.min(b)] = if swap { [other, one].concat() } else { [one, other].concat() };
    }
    Ok(runs.into_iter().flatten().collect())
}

/// The run that holds a row.
fn holder(runs: &[Vec<usize>], row: usize) -> usize {
    runs.iter().position(|run| run.contains(&row)).unwrap_or(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    /// The definition: again and again the two clusters with the smallest mean distance between their rows.
    fn slowly(rows: &[Vec<f64>]) -> Vec<f64> {
        let apart = |i: usize, j: usize| -> f64 {
            rows[i].iter().zip(&rows[j]).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
        };
        let mut clusters: Vec<Vec<usize>> = (0..rows.len()).map(|i| vec![i]).collect();
        let mut distances = Vec::new();
        while clusters.len() > 1 {
            let mut best = (f64::INFINITY, 0, 0);
            for a in 0..clusters.len() {
                for b in 0..a {
                    let pairs = clusters[a].iter().flat_map(|&i| clusters[b].iter().map(move |&j| (i, j)));
                    let (count, sum) = pairs.fold((0.0, 0.0), |(n, s), (i, j)| (n + 1.0, s + apart(i, j)));
                    if sum / count < best.0 {
                        best = (sum / count, a, b);
                    }
                }
            }
            let moved = clusters.remove(best.1);
            clusters[best.2].extend(moved);
            distances.push(best.0);
        }
        distances
    }

    #[test]
    fn merges_are_those_of_the_definition() {
        let mut draws = Seed(5).child("cluster", 0);
        for n in [1, 2, 3, 17, 40] {
            let rows: Vec<Vec<f64>> = (0..n).map(|_| (0..3).map(|_| draws.normal()).collect()).collect();
            let found = merges(&rows, &Task::silent()).expect("nobody cancels");
            let expected = slowly(&rows);
            assert_eq!(found.len(), expected.len());
            for (merge, distance) in found.iter().zip(&expected) {
                assert!((merge.distance - distance).abs() < 1e-9, "{n}: {merge:?} {distance}");
            }
        }
    }

    #[test]
    fn similar_rows_stand_side_by_side_and_all_are_kept() {
        let rows: Vec<Vec<f64>> = [5.0, 0.0, 5.1, 0.1, 9.0, 0.2].iter().map(|v| vec![*v]).collect();
        let heights = [5.0, 0.0, 5.1, 0.1, 9.0, 0.2];
        let found = order(&rows, &heights, &Task::silent()).expect("nobody cancels");
        assert_eq!(found, [1, 3, 5, 0, 2, 4]);
        let equal = vec![vec![1.0]; 7];
        let mut found = order(&equal, &[0.0; 7], &Task::silent()).expect("nobody cancels");
        found.sort_unstable();
        assert_eq!(found, [0, 1, 2, 3, 4, 5, 6]);
    }
}
