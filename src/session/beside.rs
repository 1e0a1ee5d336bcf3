//! Charts of several cohorts beside each other: drawn in one job, on the same axes, in the feature order of all rows.

use std::sync::Arc;

use crate::base::{Problem, Task, text};
use crate::chart::{Chart, share_axes};

use super::command::ChartRequest;
use super::job::Job;
use super::ledger::Purpose;
use super::scene::Scene;
use super::state::Session;
use super::work;

/// A chart of one cohort, or why there is none.
pub type Drawn = (ChartRequest, Result<Arc<Chart>, Problem>);

impl ChartRequest {
    /// The requests of all charts that stand beside each other, this one among them.
    pub(super) fn all_beside(&self) -> Vec<Self> {
        let of = |name: &String| Self { within: Some(name.clone()), ..self.clone() };
        self.beside.iter().map(of).collect()
    }
}

impl Scene {
    /// Draws all charts that stand beside each other. A cohort whose chart cannot be drawn holds up no other one.
    /// Cost: that of all these charts.
    pub(super) fn draw_beside(&self, request: &ChartRequest, task: &Task) -> Result<Vec<Drawn>, Problem> {
        let scene = Self { whole: Some(self.answers.clone()), ..self.clone() };
        let mut drawn: Vec<(ChartRequest, Result<Chart, Problem>)> = Vec::new();
        for request in request.all_beside() {
            task.check().map_err(|_cancelled| work::cancelled())?;
            let chart = scene.draw_one(&request, task);
            drawn.push((request, chart));
        }
        share_axes(&mut drawn.iter_mut().filter_map(|(_, chart)| chart.as_mut().ok()).collect::<Vec<&mut Chart>>());
        Ok(drawn.into_iter().map(|(request, chart)| (request, chart.map(Arc::new))).collect())
    }
}

impl Session {
    /// Asks for all charts that stand beside the one of `request`.
    pub(super) fn draw_beside(&mut self, request: ChartRequest) -> Job {
        let keys: Vec<String> = request.all_beside().iter().map(|r| self.chart_key(r)).collect();
        for key in &keys {
            self.ledger.chart_problems.remove(key);
            self.ledger.drawing.insert(key.clone());
        }
        let scene = self.scene();
        let title = format!("Drawing the charts of {}", text::counted(keys.len(), "cohort"));
        self.issue(Purpose::DrawBeside(keys), title, work::draw::Draw { scene, request })
    }

    /// Keeps finished charts, and why others could not be drawn.
    pub(super) fn adopt_beside(&mut self, keys: &[String], drawn: Vec<Drawn>) {
        for (key, (request, chart)) in keys.iter().zip(drawn) {
            match chart {
                Ok(chart) => {
                    self.ledger.latest_charts.insert(request.id(), key.clone());
                    self.ledger.gone.extend(self.memo.keep_chart(key.clone(), chart));
                }
                Err(problem) => drop(self.ledger.chart_problems.insert(key.clone(), problem)),
            }
        }
    }
}
