//! Finished charts and answers, kept under what they depend on, bounded in bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chart::Chart;

/// Bounded storage of finished things.
#[derive(Default)]
pub struct Memo {
    pub(super) charts: BTreeMap<String, Arc<Chart>>,
}
