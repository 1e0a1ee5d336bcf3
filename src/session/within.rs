//! A scene reduced to the rows of a cohort: charts draw it as they draw the whole.

use std::sync::Arc;

use crate::base::{Problem, RowId, RowSet, Task};
use crate::chart::Needs;
use crate::data::TableProfile;
use crate::explain::Shape;

use super::event::Predictions;
use super::scene::Scene;
use super::work;

impl Scene {
    /// What a chart that `needs` this much reads, of `rows` alone. Answers about the table as one stay as they are.
    /// Cost O(rows · features), and predicting the rows again where performance wants another scale.
    pub(super) fn within(&self, rows: &RowSet, needs: Needs, task: &Task) -> Result<Self, Problem> {
        let mut scene = self.clone();
        if needs.answer == Some(Shape::Attribution)
            && let Some(whole) = self.answers.get(Shape::Attribution)
        {
            let part = whole.within(rows).ok_or_else(|| {
                Problem::new(
                    "Could not draw the chart of this cohort",
                    "none of its rows was explained",
                    "Explain more rows, or choose another cohort",
                )
            })?;
            scene.answers.keep(Arc::new(part));
        }
        if needs.predictions {
            scene.predictions = self.predictions.as_deref().map(|known| Arc::new(of_rows(known, rows)));
        }
        if needs.performance.is_some() {
            scene.performance = match &self.performance {
                Some(_) => work::link::of_rows(self, rows, task)?.map(Arc::new),
                None => None,
            };
        }
        if needs.profile
            && let Some(data) = &self.data
        {
            let part = Arc::new(data.of_rows(rows));
            let profile = TableProfile::of(&part, task).map_err(|_cancelled| work::cancelled())?;
            (scene.data, scene.profile) = (Some(part), Some(Arc::new(profile)));
        }
        Ok(scene)
    }
}

/// The same predictions with those of other rows made unknown.
fn of_rows(known: &Predictions, rows: &RowSet) -> Predictions {
    let blank = |values: &[f64], width: usize| -> Arc<[f64]> {
        let each = values.iter().enumerate();
        each.map(|(i, v)| if rows.contains(RowId((i / width.max(1)) as u32)) { *v } else { f64::NAN }).collect()
    };
    let inside = |order: &[RowId]| order.iter().copied().filter(|r| rows.contains(*r)).collect();
    Predictions {
        values: blank(&known.values, known.outputs),
        truth: blank(&known.truth, 1),
        order: inside(&known.order),
        surprising: inside(&known.surprising),
        ..known.clone()
    }
}
