//! Columns that no file holds: what was computed for every row, under names that queries and tables use.

use crate::base::RowId;
use crate::data::{MISSING_CODE, Values};
use crate::explain::{Body, Shape};
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

impl Derived<'_> {
    /// The column with this name, one value per row of the table; `None` where nothing of that name is known now.
    /// Cost O(rows).
    pub fn column(&self, name: &str) -> Option<Values> {
        let lower = name.to_lowercase();
        match lower.as_str() {
            "row" => {
                let rows = self.scene.data.as_ref()?.row_count();
                Some(Values::Number { values: (0..rows).map(|i| i as f64).collect(), whole: true })
            }
            "prediction" => Some(numbers(self.predictions()?)),
            "predicted class" => self.classes(&self.predicted()?),
            "actual class" => self.classes(&self.actual()?),
            "wrong" => {
                let (predicted, actual) = (self.predicted()?, self.actual()?);
                let wrong = predicted.iter().zip(&actual);
                Some(Values::YesNo(wrong.map(|(p, a)| a.zip(*p).map_or(2, |(a, p)| u8::from(a != p))).collect()))
            }
            "error" => Some(numbers(self.errors()?)),
            "challenger prediction" => Some(numbers(self.of_output(self.rival()?))),
            "challenger class" => self.classes(&self.decided(self.rival()?)?),
            "decision flips" => {
                let (own, other) = (self.predicted()?, self.decided(self.rival()?)?);
                let flips = own.iter().zip(&other);
                Some(Values::YesNo(flips.map(|(a, b)| a.zip(*b).map_or(2, |(a, b)| u8::from(a != b))).collect()))
            }
            "prediction difference" => {
                let (own, other) = (self.predictions()?, self.of_output(self.rival()?));
                Some(numbers(own.iter().zip(&other).map(|(a, b)| b - a).collect()))
            }
            _ if lower.starts_with(COHORT) => self.cohort(name.get(COHORT.len()..)?),
            _ => self.contribution(name.get(CONTRIBUTION.len()..).filter(|_| lower.starts_with(CONTRIBUTION))?),
        }
    }

    /// Predictions of the chosen output.
    fn predictions(&self) -> Option<Vec<f64>> {
        Some(self.of_output(&self.scene.predictions.as_ref()?.values))
    }

    /// The chosen output of predictions, shape (rows, outputs).
    fn of_output(&self, values: &[f64]) -> Vec<f64> {
        let outputs = self.scene.predictions.as_ref().map_or(1, |known| known.outputs.max(1));
        values.iter().skip(self.output.min(outputs - 1)).step_by(outputs).copied().collect()
    }

    /// The challenger's predictions, outputs in the champion's order.
    fn rival(&self) -> Option<&[f64]> {
        Some(&self.scene.challenger.as_ref()?.meeting()?.predictions)
    }

    /// The predicted class of each row; `None` for models that predict numbers.
    fn predicted(&self) -> Option<Vec<Option<usize>>> {
        self.decided(&self.scene.predictions.as_ref()?.values)
    }

    /// The class that predictions of shape (rows, outputs) call each row.
    fn decided(&self, values: &[f64]) -> Option<Vec<Option<usize>>> {
        let (known, model) = (self.scene.predictions.as_ref()?, self.scene.model.as_ref()?);
        if !model.card().task.is_classification() || known.scale != Scale::Probability {
            return None;
        }
        let rows = values.chunks_exact(known.outputs.max(1));
        Some(
            rows.map(|row| match row {
                [p] => (!p.is_nan()).then(|| usize::from(*p >= self.scene.threshold)),
                _ => largest(row),
            })
            .collect(),
        )
    }

    /// The actual class of each row.
    fn actual(&self) -> Option<Vec<Option<usize>>> {
        let (known, model) = (self.scene.predictions.as_ref()?, self.scene.model.as_ref()?);
        if !model.card().task.is_classification() || known.truth.is_empty() {
            return None;
        }
        Some(known.truth.iter().map(|t| (!t.is_nan()).then_some(*t as usize)).collect())
    }

    /// Predicted minus actual number; for classes, how far the probability of the chosen one is from 0 or 1.
    fn errors(&self) -> Option<Vec<f64>> {
        let (known, model) = (self.scene.predictions.as_ref()?, self.scene.model.as_ref()?);
        let predictions = self.predictions()?;
        if known.truth.is_empty() {
            return None;
        }
        let classes = model.card().task.is_classification();
        let own = if known.outputs == 1 { 1.0 } else { self.output as f64 };
        let pairs = predictions.iter().zip(known.truth.iter());
        Some(
            pairs
                .map(|(p, t)| match classes {
                    _ if t.is_nan() => f64::NAN,
                    true => (p - f64::from(u8::from((t - own).abs() < 0.5))).abs(),
                    false => p - t,
                })
                .collect(),
        )
    }

    fn classes(&self, of_rows: &[Option<usize>]) -> Option<Values> {
        let card = self.scene.model.as_ref()?.card();
        let codes: Vec<u32> = of_rows.iter().map(|c| c.map_or(MISSING_CODE, |c| c as u32)).collect();
        Some(Values::Category { levels: card.classes.as_slice().into(), codes: codes.into() })
    }

    /// Which rows belong to a cohort.
    fn cohort(&self, name: &str) -> Option<Values> {
        let rows = self.scene.data.as_ref()?.row_count() as u32;
        let cohort = self.scene.cohorts.iter().find(|c| c.name.to_lowercase() == name.to_lowercase())?;
        Some(Values::YesNo((0..rows).map(|row| u8::from(cohort.rows.contains(RowId(row)))).collect()))
    }

    /// The contributions of a feature; missing where a row was not explained.
    fn contribution(&self, feature: &str) -> Option<Values> {
        let data = self.scene.data.as_ref()?;
        let Body::Attribution(attribution) = &self.scene.answers.get(Shape::Attribution)?.body else { return None };
        let same = |name: &String| name.to_lowercase() == feature.to_lowercase();
        let exact = attribution.features.iter().position(|name| name == feature);
        let feature = exact.or_else(|| attribution.features.iter().position(same))?;
        let output = self.output.min(attribution.outputs.len().saturating_sub(1));
        let mut values = vec![f64::NAN; data.row_count()];
        for (position, row) in attribution.rows.iter().enumerate() {
            if let (Some(value), Some(known)) =
                (values.get_mut(row.index()), attribution.row(output, position).get(feature))
            {
                *value = *known;
            }
        }
        Some(numbers(values))
    }
}

fn numbers(values: Vec<f64>) -> Values {
    Values::Number { values: values.into(), whole: false }
}

fn largest(row: &[f64]) -> Option<usize> {
    let best = row.iter().enumerate().filter(|(_, p)| !p.is_nan());
    best.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map(|(k, _)| k)
}
