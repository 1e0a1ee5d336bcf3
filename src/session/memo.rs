//! Finished charts and answers, kept under what they depend on, bounded in bytes; the least recently used goes first.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::chart::{Chart, Mark, Paint};
use crate::explain::{Body, Explanation};

/// Bytes kept when nothing else is asked for: 1 GiB.
pub const DEFAULT_LIMIT: u64 = 1 << 30;

/// Bounded storage of finished things. The newest entry always stays, even where it alone is above the limit:
/// a chart that could not be kept would be asked for again in every frame.
pub struct Memo {
    entries: BTreeMap<String, Entry>,
    bytes: u64,
    limit: u64,
    tick: AtomicU64,
}

struct Entry {
    kept: Kept,
    bytes: u64,
    used: AtomicU64,
}

/// What is kept.
#[derive(Clone)]
enum Kept {
    Chart(Arc<Chart>),
    Explanation(Arc<Explanation>),
}

impl Kept {
    fn into_shared(self) -> Arc<dyn Any + Send + Sync> {
        match self {
            Self::Chart(chart) => chart,
            Self::Explanation(explanation) => explanation,
        }
    }
}

impl Default for Memo {
    fn default() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }
}

impl Memo {
    /// An empty memo that holds at most `limit` bytes.
    pub fn with_limit(limit: u64) -> Self {
        Self { entries: BTreeMap::new(), bytes: 0, limit, tick: AtomicU64::new(0) }
    }

    /// The chart kept under `key`; counts as a use.
    pub fn chart(&self, key: &str) -> Option<Arc<Chart>> {
        match self.touch(key)? {
            Kept::Chart(chart) => Some(Arc::clone(chart)),
            Kept::Explanation(_) => None,
        }
    }

    /// The explanation kept under `key`; counts as a use.
    pub fn explanation(&self, key: &str) -> Option<Arc<Explanation>> {
        match self.touch(key)? {
            Kept::Explanation(explanation) => Some(Arc::clone(explanation)),
            Kept::Chart(_) => None,
        }
    }

    /// Keeps a chart; answers what had to go.
    pub fn keep_chart(&mut self, key: String, chart: Arc<Chart>) -> Vec<Arc<dyn Any + Send + Sync>> {
        let bytes = chart_bytes(&chart);
        self.keep(key, Kept::Chart(chart), bytes)
    }

    /// Keeps an explanation; answers what had to go.
    pub fn keep_explanation(&mut self, key: String, explanation: Arc<Explanation>) -> Vec<Arc<dyn Any + Send + Sync>> {
        let bytes = explanation_bytes(&explanation);
        self.keep(key, Kept::Explanation(explanation), bytes)
    }

    /// Bytes held now, and the limit.
    pub fn memory(&self) -> (u64, u64) {
        (self.bytes, self.limit)
    }

    fn touch(&self, key: &str) -> Option<&Kept> {
        let entry = self.entries.get(key)?;
        entry.used.store(self.next_tick(), Ordering::Relaxed);
        Some(&entry.kept)
    }

    fn next_tick(&self) -> u64 {
        self.tick.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn keep(&mut self, key: String, kept: Kept, bytes: u64) -> Vec<Arc<dyn Any + Send + Sync>> {
        let used = AtomicU64::new(self.next_tick());
        let mut gone = Vec::new();
        if let Some(old) = self.entries.insert(key, Entry { kept, bytes, used }) {
            self.bytes -= old.bytes;
            gone.push(old.kept.into_shared());
        }
        self.bytes += bytes;
        while self.bytes > self.limit && self.entries.len() > 1 {
            let oldest = self.entries.iter().min_by_key(|(_, e)| e.used.load(Ordering::Relaxed));
            let Some(entry) = oldest.map(|(key, _)| key.clone()).and_then(|key| self.entries.remove(&key)) else {
                break;
            };
            self.bytes -= entry.bytes;
            gone.push(entry.kept.into_shared());
        }
        gone
    }
}

/// Bytes of an explanation's numbers.
pub(super) fn explanation_bytes(explanation: &Explanation) -> u64 {
    let numbers = explanation.predictions.len()
        + match &explanation.body {
            Body::Attribution(a) => a.values.len() + a.std_error.as_ref().map_or(0, |e| e.len()) + a.rows.len() / 2,
            Body::Importance(i) => 8 * i.entries.len(),
            Body::Interactions(i) => i.values.len() + 3 * i.mean.len() + i.rows.len() / 2,
            Body::Strengths(s) => s.entries.iter().map(|e| 6 + 2 * e.size.len()).sum(),
            Body::Curves(c) => c.features.iter().map(|f| 5 * f.places.len() + f.mean.len() + f.individual.len()).sum(),
        };
    512 + 8 * numbers as u64
}

/// Bytes of a chart's marks and table, to the size of its buffers.
fn chart_bytes(chart: &Chart) -> u64 {
    let cells: usize = chart.table.rows.iter().map(|r| r.len()).sum();
    let marks: usize = chart.marks.iter().map(mark_bytes).sum();
    (1024 + chart.sentence.len() + chart.alt.len() + 32 * cells + marks) as u64
}

fn mark_bytes(mark: &Mark) -> usize {
    match mark {
        Mark::Points { xy, paint, rows, .. } => {
            8 * xy.len()
                + 4 * rows.len()
                + match paint {
                    Paint::Role(_) => 0,
                    Paint::Ramp(shares) => 4 * shares.len(),
                    Paint::Groups(groups) => groups.len(),
                }
        }
        Mark::Bars { bars, .. } => 200 * bars.len(),
        Mark::Line { xy, .. } => 16 * xy.len(),
        Mark::Band { edges, .. } => 24 * edges.len(),
        Mark::Cells { cells, .. } => 64 * cells.len(),
        Mark::Rule { .. } | Mark::Text { .. } => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: usize) -> Arc<Chart> {
        use crate::chart::{Axis, AxisKind, Role};
        let axis = Axis { label: String::new(), range: (0.0, 1.0), kind: AxisKind::Linear, second: None };
        let xy: Arc<[[f32; 2]]> = vec![[0.0, 0.0]; points].into();
        Arc::new(Chart {
            kind: "dots",
            x: axis.clone(),
            y: axis,
            marks: vec![Mark::Points { xy, paint: Paint::Role(Role::Ink), rows: Arc::from([]), radius: 2.0 }],
            ..Chart::default()
        })
    }

    #[test]
    fn the_least_recently_used_chart_goes_first() {
        let mut memo = Memo::with_limit(20_000);
        memo.keep_chart("a".to_owned(), chart(1_000));
        memo.keep_chart("b".to_owned(), chart(1_000));
        assert!(memo.chart("a").is_some(), "two charts of nine kilobytes fit");
        memo.keep_chart("c".to_owned(), chart(1_000));
        assert!(memo.chart("b").is_none(), "b was used longest ago");
        assert!(memo.chart("a").is_some() && memo.chart("c").is_some());
        let (held, limit) = memo.memory();
        assert!(held <= limit, "{held} bytes held, {limit} allowed");
    }

    #[test]
    fn replacing_an_entry_does_not_count_it_twice() {
        let mut memo = Memo::with_limit(1 << 20);
        memo.keep_chart("a".to_owned(), chart(100));
        let (once, _) = memo.memory();
        memo.keep_chart("a".to_owned(), chart(100));
        assert_eq!(memo.memory().0, once);
    }

    #[test]
    fn the_newest_entry_stays_even_above_the_limit() {
        let mut memo = Memo::with_limit(10);
        memo.keep_chart("large".to_owned(), chart(1_000));
        assert!(memo.chart("large").is_some());
    }
}
