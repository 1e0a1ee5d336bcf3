//! Columns that no file holds: what was computed for every row, under names that queries and tables use. A table asks for
//! single cells, a query for whole columns; both are the same numbers.

use crate::base::RowId;
use crate::data::{MISSING_CODE, Values};
use crate::explain::{Attribution, Body, Shape};
use crate::model::Scale;

use super::scene::Scene;

/// Computed columns of a scene, for one output.
pub struct Derived<'s> {
    /// What is known.
    pub scene: &'s Scene,
    /// The output whose predictions and contributions are meant.
    pub output: usize,
}

/// Names that always mean the same, with what they mean; contributions add one for each feature.
pub const NAMES: [(&str, &str); 10] = [
    ("row", "the row’s number, counted from 0"),
    ("prediction", "the predicted probability of the chosen class, or the predicted number"),
    ("predicted class", "the class of the largest probability; of two, by the decision threshold"),
    ("actual class", "the class in the target column"),
    ("wrong", "yes where the predicted class is not the actual one"),
    ("error", "predicted minus actual number; for classes, the distance of the probability from what is true"),
    ("challenger prediction", "what the model compared with predicts, in the same unit"),
    ("challenger class", "the class that the model compared with calls the row"),
    ("decision flips", "yes where the two models call the row different classes"),
    ("prediction difference", "the challenger’s prediction minus the champion’s"),
];

/// What stands before a feature's name: `contribution of age`.
pub const CONTRIBUTION: &str = "contribution of ";

/// What stands before a cohort's name: `cohort young = yes`.
pub const COHORT: &str = "cohort ";

/// A computed column that is known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computed {
    /// The row's number.
    Row,
    /// The chosen output's prediction.
    Prediction,
    /// The class that the model calls the row.
    PredictedClass,
    /// The class in the target column.
    ActualClass,
    /// Whether the two classes differ.
    Wrong,
    /// How far the prediction is from what is true.
    Error,
    /// The challenger's prediction.
    ChallengerPrediction,
    /// The class that the challenger calls the row.
    ChallengerClass,
    /// Whether the two models call the row different classes.
    Flips,
    /// The challenger's prediction minus the champion's.
    Difference,
    /// Whether the row belongs to the cohort at this place.
    Cohort(usize),
    /// The contribution of the feature at this place.
    Contribution(usize),
}

/// One computed value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// A class, by its place in the model's list.
    Class(usize),
    /// Yes or no.
    Flag(bool),
}

impl Computed {
    /// Whether its cells are numbers.
    pub fn is_number(self) -> bool {
        !self.is_class() && !matches!(self, Self::Wrong | Self::Flips | Self::Cohort(_))
    }

    fn is_class(self) -> bool {
        matches!(self, Self::PredictedClass | Self::ActualClass | Self::ChallengerClass)
    }
}

impl Derived<'_> {
    /// The column with this name, one value per row of the table; `None` where nothing of that name is known now.
    /// Cost O(rows).
    pub fn column(&self, name: &str) -> Option<Values> {
        let column = self.find(name)?;
        let rows = self.scene.data.as_ref()?.row_count();
        let cells = (0..rows as u32).map(|row| self.cell(column, RowId(row)));
        Some(if column.is_number() {
            let number = |cell| if let Some(Cell::Number(value)) = cell { value } else { f64::NAN };
            Values::Number { values: cells.map(number).collect(), whole: column == Computed::Row }
        } else if column.is_class() {
            let code = |cell| if let Some(Cell::Class(class)) = cell { class as u32 } else { MISSING_CODE };
            let levels = self.scene.model.as_ref()?.card().classes.as_slice().into();
            Values::Category { codes: cells.map(code).collect(), levels }
        } else {
            Values::YesNo(cells.map(|cell| if let Some(Cell::Flag(on)) = cell { u8::from(on) } else { 2 }).collect())
        })
    }

    /// The computed column with this name; `None` where nothing of that name is known now. Cost O(features).
    pub fn find(&self, name: &str) -> Option<Computed> {
        let scene = self.scene;
        let lower = name.to_lowercase();
        let (known, rival) = (scene.predictions.as_ref(), self.rival());
        let classes = scene.model.as_ref().is_some_and(|m| m.card().task.is_classification());
        let decided = classes && known.is_some_and(|known| known.scale == Scale::Probability);
        let truth = known.is_some_and(|known| !known.truth.is_empty());
        let (column, is_known) = match lower.as_str() {
            "row" => (Computed::Row, true),
            "prediction" => (Computed::Prediction, known.is_some()),
            "predicted class" => (Computed::PredictedClass, decided),
            "actual class" => (Computed::ActualClass, classes && truth),
            "wrong" => (Computed::Wrong, decided && truth),
            "error" => (Computed::Error, scene.model.is_some() && truth),
            "challenger prediction" => (Computed::ChallengerPrediction, rival.is_some()),
            "challenger class" => (Computed::ChallengerClass, decided && rival.is_some()),
            "decision flips" => (Computed::Flips, decided && rival.is_some()),
            "prediction difference" => (Computed::Difference, known.is_some() && rival.is_some()),
            _ if lower.starts_with(COHORT) => (Computed::Cohort(self.cohort(name.get(COHORT.len()..)?)?), true),
            _ if lower.starts_with(CONTRIBUTION) => {
                (Computed::Contribution(self.feature(name.get(CONTRIBUTION.len()..)?)?), true)
            }
            _ => return None,
        };
        is_known.then_some(column)
    }

    /// One value of a computed column; `None` where it is missing. Cost O(outputs), and the look-up of the row among the
    /// explained ones.
    pub fn cell(&self, column: Computed, row: RowId) -> Option<Cell> {
        let own = || self.of_row(&self.scene.predictions.as_ref()?.values, row);
        let other = || self.of_row(self.rival()?, row);
        match column {
            Computed::Row => Some(Cell::Number(f64::from(row.0))),
            Computed::Prediction => self.chosen(own()?),
            Computed::ChallengerPrediction => self.chosen(other()?),
            Computed::PredictedClass => self.decided(own()?).map(Cell::Class),
            Computed::ChallengerClass => self.decided(other()?).map(Cell::Class),
            Computed::ActualClass => self.actual(row).map(Cell::Class),
            Computed::Wrong => Some(Cell::Flag(self.decided(own()?)? != self.actual(row)?)),
            Computed::Flips => Some(Cell::Flag(self.decided(own()?)? != self.decided(other()?)?)),
            Computed::Difference => match (self.chosen(own()?)?, self.chosen(other()?)?) {
                (Cell::Number(own), Cell::Number(other)) => Some(Cell::Number(other - own)),
                _ => None,
            },
            Computed::Error => self.error(self.chosen(own()?)?, row),
            Computed::Cohort(place) => Some(Cell::Flag(self.scene.cohorts.get(place)?.rows.contains(row))),
            Computed::Contribution(feature) => {
                let attribution = self.attribution()?;
                let output = self.output.min(attribution.outputs.len().saturating_sub(1));
                attribution.row(output, attribution.position(row)?).get(feature).map(|value| Cell::Number(*value))
            }
        }
    }

    /// The challenger's predictions, outputs in the champion's order.
    fn rival(&self) -> Option<&[f64]> {
        Some(&self.scene.challenger.as_ref()?.meeting()?.predictions)
    }

    fn attribution(&self) -> Option<&Attribution> {
        match &self.scene.answers.get(Shape::Attribution)?.body {
            Body::Attribution(attribution) => Some(attribution),
            _ => None,
        }
    }

    /// All outputs of a row, from predictions of shape (rows, outputs).
    fn of_row<'v>(&self, values: &'v [f64], row: RowId) -> Option<&'v [f64]> {
        let outputs = self.scene.predictions.as_ref()?.outputs;
        values.get(row.index() * outputs..)?.get(..outputs)
    }

    /// The chosen output; missing where it is no number.
    fn chosen(&self, of_row: &[f64]) -> Option<Cell> {
        let value = of_row.get(self.output.min(of_row.len().saturating_sub(1)))?;
        (!value.is_nan()).then_some(Cell::Number(*value))
    }

    /// The class that a row's outputs call it.
    fn decided(&self, of_row: &[f64]) -> Option<usize> {
        match of_row {
            [p] => (!p.is_nan()).then(|| usize::from(*p >= self.scene.threshold)),
            _ => largest(of_row),
        }
    }

    /// The class index or number that is true, NaN where unknown.
    fn truth(&self, row: RowId) -> Option<f64> {
        self.scene.predictions.as_ref()?.truth.get(row.index()).copied().filter(|truth| !truth.is_nan())
    }

    fn actual(&self, row: RowId) -> Option<usize> {
        self.truth(row).map(|class| class as usize)
    }

    /// Predicted minus actual number; for classes, how far the probability of the chosen one is from 0 or 1.
    fn error(&self, predicted: Cell, row: RowId) -> Option<Cell> {
        let (Cell::Number(value), truth) = (predicted, self.truth(row)?) else { return None };
        let outputs = self.scene.predictions.as_ref()?.outputs;
        let own = if outputs == 1 { 1.0 } else { self.output as f64 };
        Some(Cell::Number(match self.scene.model.as_ref()?.card().task.is_classification() {
            true => (value - f64::from(u8::from((truth - own).abs() < 0.5))).abs(),
            false => value - truth,
        }))
    }

    fn cohort(&self, name: &str) -> Option<usize> {
        self.scene.cohorts.iter().position(|c| c.name.to_lowercase() == name.to_lowercase())
    }

    fn feature(&self, name: &str) -> Option<usize> {
        let features = &self.attribution()?.features;
        let exact = features.iter().position(|feature| feature == name);
        exact.or_else(|| features.iter().position(|feature| feature.to_lowercase() == name.to_lowercase()))
    }
}

fn largest(row: &[f64]) -> Option<usize> {
    let best = row.iter().enumerate().filter(|(_, p)| !p.is_nan());
    best.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map(|(k, _)| k)
}
