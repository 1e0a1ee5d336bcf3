//! Which rows a model learns from and which are held out to measure it.

use crate::base::{RowId, Seed};

use super::super::card::TaskKind;
use super::set::Target;

/// Training and held-out rows, both ascending. Classes keep their shares; every class keeps at least one training row,
/// and a held-out row when it has two. Deterministic in `seed`.
pub fn split(target: &Target, share: f64, seed: Seed) -> (Vec<RowId>, Vec<RowId>) {
    let strata = if target.kind == TaskKind::Regression { 1 } else { target.classes.len() };
    let mut groups: Vec<Vec<RowId>> = vec![Vec::new(); strata];
    for (i, v) in target.values.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
        let group = if strata == 1 { 0 } else { *v as usize };
        if let Some(group) = groups.get_mut(group) {
            group.push(RowId(i as u32));
        }
    }
    let (mut train, mut held) = (Vec::new(), Vec::new());
    for (g, mut rows) in groups.into_iter().enumerate() {
        seed.child("held-out rows", g as u64).shuffle(&mut rows);
        let most = rows.len().saturating_sub(1);
        let count = ((rows.len() as f64 * share).round() as usize).clamp(most.min(1), most);
        held.extend_from_slice(&rows[..count]);
        train.extend_from_slice(&rows[count..]);
    }
    train.sort_unstable();
    held.sort_unstable();
    (train, held)
}
