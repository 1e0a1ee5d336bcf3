//! Drawing a chart.

use std::sync::Arc;

use crate::base::{Problem, Task};

use crate::session::command::ChartRequest;
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::scene::Scene;

/// Draws one chart, or all that stand beside each other.
pub struct Draw {
    /// What it may read.
    pub scene: Scene,
    /// Which chart.
    pub request: ChartRequest,
}

impl Work for Draw {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        task.begin("drawing", 0);
        if !self.request.beside.is_empty() {
            return Ok(Outcome::Beside(self.scene.draw_beside(&self.request, task)?));
        }
        let chart = self.scene.draw(&self.request, task)?;
        Ok(Outcome::Chart(self.request, Arc::new(chart)))
    }
}
