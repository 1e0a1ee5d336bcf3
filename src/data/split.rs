//! Dividing rows into a part to learn from and a part to judge by.

use crate::base::{RowId, Seed};

/// Divides `rows` by `seed` into (train, test), each in the order of `rows`. With `classes` (one per entry of
/// `rows`) every class is divided in the same share. `test_share` is cut to 0..=1; the test part has the share of
/// rows rounded to the nearest, but with two rows or more neither part of a class is empty unless the share is 0 or
/// 1. Cost O(rows · log rows).
pub fn split(rows: &[RowId], classes: Option<&[u32]>, test_share: f64, seed: Seed) -> (Vec<RowId>, Vec<RowId>) {
    let share = if test_share.is_nan() { 0.0 } else { test_share.clamp(0.0, 1.0) };
    let class = |place: usize| classes.and_then(|c| c.get(place)).copied().unwrap_or(0);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|place| class(*place));
    let mut is_test = vec![false; rows.len()];
    for group in order.chunk_by_mut(|a, b| class(*a) == class(*b)) {
        let label = group.first().map_or(0, |place| class(*place));
        seed.child("split", u64::from(label)).shuffle(group);
        for place in group.iter().take(test_count(group.len(), share)) {
            if let Some(flag) = is_test.get_mut(*place) {
                *flag = true;
            }
        }
    }
    let part = |wanted: bool| rows.iter().zip(&is_test).filter(|(_, t)| **t == wanted).map(|(row, _)| *row).collect();
    (part(false), part(true))
}

fn test_count(size: usize, share: f64) -> usize {
    let count = (size as f64 * share).round() as usize;
    if size < 2 || share <= 0.0 || share >= 1.0 { count } else { count.clamp(1, size - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u32) -> Vec<RowId> {
        (0..count).map(RowId).collect()
    }

    #[test]
    fn every_row_is_in_one_part_and_the_seed_decides() {
        let rows = rows(100);
        let (train, test) = split(&rows, None, 0.3, Seed(1));
        assert_eq!((train.len(), test.len()), (70, 30));
        let mut all = [train.clone(), test].concat();
        all.sort();
        assert_eq!(all, rows);
        assert_eq!(split(&rows, None, 0.3, Seed(1)).0, train);
        assert_ne!(split(&rows, None, 0.3, Seed(2)).0, train);
    }

    #[test]
    fn rare_classes_are_in_both_parts() {
        let rows = rows(103);
        let classes: Vec<u32> = (0..103).map(|i| u32::from(i >= 100)).collect();
        for seed in 0..50 {
            let (train, test) = split(&rows, Some(&classes), 0.1, Seed(seed));
            assert!(train.iter().any(|r| r.0 >= 100) && test.iter().any(|r| r.0 >= 100));
            assert_eq!(test.len(), 11);
        }
    }

    #[test]
    fn shares_out_of_range_are_cut() {
        let rows = rows(4);
        assert_eq!(split(&rows, None, f64::NAN, Seed(1)).1.len(), 0);
        assert_eq!(split(&rows, None, 7.0, Seed(1)).0.len(), 0);
        assert_eq!(split(&rows[..1], None, 0.5, Seed(1)).0.len() + split(&[], None, 0.5, Seed(1)).0.len(), 0);
    }
}
