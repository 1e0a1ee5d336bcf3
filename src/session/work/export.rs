//! Writing results to files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Map;

use crate::base::{Problem, RowId, Task};
use crate::chart::{Cell, Chart, ChartTable};
use crate::chart::{paint, theme};
use crate::data::{Column, TextValues, Values};
use crate::explain::{Body, Explanation, Shape};
use crate::model::Scale;
use crate::model::load::native;
use crate::num::parallel;

use crate::session::command::{Export, Plan};
use crate::session::event::Outcome;
use crate::session::job::Work;
use crate::session::scene::Scene;
use crate::session::stream::beside;
use crate::session::write::{Ending, layout, to_pieces, write_file, write_pieces};

use super::{link, report};

/// Width of an exported chart in points.
const WIDTH: u32 = 860;

/// Writes one result.
pub struct WriteFile {
    /// What is known.
    pub scene: Scene,
    /// Rows, seed and threads.
    pub plan: Plan,
    /// The chart, when it is drawn already.
    pub known: Option<Arc<Chart>>,
    /// What to write.
    pub export: Export,
    /// Where.
    pub path: PathBuf,
}

impl Work for WriteFile {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        task.begin("writing", 0);
        match &self.export {
            Export::Attributions => self.answer(Shape::Attribution, (false, None), task)?,
            Export::AttributionColumns { with_errors, output } => {
                self.answer(Shape::Attribution, (*with_errors, *output), task)?;
            }
            Export::Answer(shape, output) => self.answer(*shape, (false, *output), task)?,
            Export::Predictions(scale) => self.predictions(*scale, task)?,
            Export::Chart(request) => {
                let chart = match &self.known {
                    Some(chart) => Arc::clone(chart),
                    None => Arc::new(self.scene.draw(request, task)?),
                };
                write_pieces(&self.path, &chart_bytes(&chart, &self.path, task)?, task)?;
            }
            Export::Report(plan) => report::write(&self.scene, &self.plan, plan, &self.path, task)?,
            Export::Model => {
                let model = self.scene.model.as_ref().ok_or_else(|| nothing("there is no model"))?;
                write_file(&self.path, &native::save(&**model)?)?;
            }
            Export::Comparison => super::compare_file::write(&self.scene, &self.path, task)?,
        }
        Ok(Outcome::Written(self.path))
    }
}

impl WriteFile {
    fn answer(&self, shape: Shape, (with_errors, output): (bool, Option<usize>), task: &Task) -> Result<(), Problem> {
        let ending = Ending::of(&self.path)?;
        let explanation = self.scene.answers.get(shape).ok_or_else(|| nothing(shape.missing()))?;
        let explanation = &self.as_in_file(explanation);
        let stopped = |_cancelled| super::cancelled();
        let columns = layout::answer(explanation, output, with_errors, task).map_err(stopped)?;
        write_pieces(&self.path, &to_pieces(&columns, layout::about(explanation), ending, task)?, task)?;
        let Body::Attribution(attribution) = &explanation.body else { return Ok(()) };
        match layout::standard_errors(attribution, output, task).map_err(stopped)? {
            Some(errors) if !with_errors => {
                let pieces = to_pieces(&errors, layout::about(explanation), ending, task)?;
                write_pieces(&beside(&self.path), &pieces, task)
            }
            _ => Ok(()),
        }
    }

    /// Data files name outputs as the model's file does, whatever the target of the moment is: scripts rely on it.
    fn as_in_file(&self, explanation: &Explanation) -> Explanation {
        let Some(opened) = &self.scene.opened else { return explanation.clone() };
        Explanation { body: explanation.body.with_outputs(&opened.card().outputs), ..explanation.clone() }
    }

    fn predictions(&self, scale: Scale, task: &Task) -> Result<(), Problem> {
        let ending = Ending::of(&self.path)?;
        let (Some(data), Some(model), Some(link)) = (&self.scene.data, &self.scene.opened, &self.scene.link) else {
            return Err(nothing("table and model are not joined"));
        };
        let card = model.card();
        if !card.scales.contains(&scale) {
            let known: Vec<&str> = card.scales.iter().map(|s| s.id()).collect();
            return Err(Problem::new(
                "Could not predict",
                format!("the model has no {} scale", scale.id()),
                format!("Choose one of {}", known.join(", ")),
            ));
        }
        let values = parallel::with_threads(self.plan.threads, || link::predict(data, &**model, link, scale, task))
            .map_err(|_cancelled| super::cancelled())?;
        let rows = super::choose_rows(&self.plan.rows, data.row_count(), self.plan.seed)?;
        let columns = layout::predictions(&rows_of(&values, card.outputs.len(), &rows), &card.outputs, &rows);
        let mut about = Map::new();
        about.insert("scale".to_owned(), scale.id().into());
        about.insert("unit".to_owned(), card.unit(scale).into());
        about.insert("model".to_owned(), card.sha256.0.clone().into());
        write_pieces(&self.path, &to_pieces(&columns, about, ending, task)?, task)
    }
}

/// The chosen rows of a matrix of `width` columns.
fn rows_of(values: &[f64], width: usize, rows: &[RowId]) -> Vec<f64> {
    rows.iter().flat_map(|r| values.iter().skip(r.index() * width).take(width).copied()).collect()
}

/// A chart as a file's bytes, by ending: `.svg`, `.png`, or its table as `.csv`, `.parquet`, `.json`.
fn chart_bytes(chart: &Chart, path: &Path, task: &Task) -> Result<Vec<Vec<u8>>, Problem> {
    match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Ok(vec![paint::svg(chart, &theme::PRINT, paint::natural_size(chart, WIDTH))?.into_bytes()]),
        Some("png") => Ok(vec![paint::png(chart, &theme::PRINT, paint::natural_size(chart, WIDTH))?]),
        Some("csv" | "json" | "parquet") => {
            to_pieces(&table_columns(&chart.table), Map::new(), Ending::of(path)?, task)
        }
        _ => Err(Problem::new(
            "Could not write the chart",
            format!("the ending of “{}” names no picture format", path.display()),
            "Use .svg or .png, or .csv for the numbers behind the chart",
        )),
    }
}

/// A chart's table as columns: numbers where every cell of a column is one, texts otherwise.
fn table_columns(table: &ChartTable) -> Vec<Column> {
    let column = |(j, name): (usize, &String)| {
        let cells = || table.rows.iter().map(move |row| row.get(j));
        let numeric = cells().all(|cell| matches!(cell, Some(Cell::Number(_)) | None));
        let values = if numeric {
            let numbers: Vec<f64> = cells()
                .map(|cell| match cell {
                    Some(Cell::Number(value)) => *value,
                    _ => f64::NAN,
                })
                .collect();
            Values::Number { values: numbers.into(), whole: false }
        } else {
            let mut texts = TextValues::default();
            for cell in cells() {
                match cell {
                    Some(Cell::Text(text)) => texts.push(Some(text)),
                    Some(Cell::Number(value)) => texts.push(Some(&value.to_string())),
                    None => texts.push(None),
                }
            }
            Values::Text(Arc::new(texts))
        };
        Column { name: name.as_str().into(), values }
    };
    table.header.iter().enumerate().map(column).collect()
}

fn nothing(place: &str) -> Problem {
    Problem::new("There is nothing to write", place, "Open a table and a model, explain, then write")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_errors_go_beside_their_file() {
        assert_eq!(beside(Path::new("a/b.csv")), PathBuf::from("a/b.se.csv"));
        assert_eq!(beside(Path::new("b.parquet")), PathBuf::from("b.se.parquet"));
    }
}
