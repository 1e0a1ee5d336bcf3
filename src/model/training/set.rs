//! From a table to training rows: which columns, which rows, what stands for a missing value.

use crate::base::text::{counted, shorten};
use crate::base::{RowId, Seed};
use crate::data::{Dataset, Input, InputKind, Role, Values, encode, link};
use crate::num::Matrix;
use crate::num::stats::{quantile_sorted, sorted_present};

use super::super::card::TaskKind;
use super::super::error::ModelError;
use super::super::learned::{CodedInput, Coding};
use super::super::truth::target_classes;

/// Rows a learner works on.
pub struct TrainingSet {
    /// Inputs in the model's order.
    pub inputs: Vec<Input>,
    /// What stands for a missing value of each input: the median, or the most frequent level.
    pub fills: Vec<f64>,
    /// Whether some training row lacks some input.
    pub has_missing: bool,
    /// Shape (rows, inputs); missing values are filled.
    pub filled: Matrix,
    /// Index of the class, or the number, of each row.
    pub targets: Vec<f64>,
    /// Class names, two classes: negative first; empty for numbers.
    pub classes: Vec<String>,
    /// What kind of answer.
    pub kind: TaskKind,
}

/// The target of a table, before rows are chosen.
pub struct Target {
    pub kind: TaskKind,
    pub classes: Vec<String>,
    /// One per table row, NaN where missing.
    pub values: Vec<f64>,
}

/// Fewest rows with a known target.
const FEWEST_ROWS: usize = 10;
/// Most classes and most levels of one input.
const MOST_LEVELS: usize = 200;

fn refuse(reason: impl Into<String>, hint: &str) -> ModelError {
    ModelError::Training { reason: reason.into(), hint: hint.to_owned() }
}

/// What `column` asks of a model: categories, yes/no and numbers with exactly two values are classes, other numbers
/// a regression.
pub fn target(data: &Dataset, column: usize, notes: &mut Vec<String>) -> Result<Target, ModelError> {
    let Some(source) = data.columns().get(column) else {
        return Err(refuse("the table has no such target column", "Choose the column to predict"));
    };
    let name = &source.name;
    let target = match &source.values {
        Values::Text(_) | Values::Date { .. } => {
            return Err(refuse(
                format!("“{name}” is a {} column, which no learner predicts", source.values.kind().title()),
                "Choose a number, category or yes/no column as target",
            ));
        }
        Values::Number { values, .. } if !has_two_values(values) => Target {
            kind: TaskKind::Regression,
            classes: Vec::new(),
            values: values.iter().map(|v| if v.is_finite() { *v } else { f64::NAN }).collect(),
        },
        values => {
            let (values, classes) = target_classes(values, name)?;
            let kind = if classes.len() > 2 { TaskKind::Multiclass } else { TaskKind::Binary };
            Target { kind, classes, values }
        }
    };
    let known = target.values.iter().filter(|v| !v.is_nan()).count();
    if known < FEWEST_ROWS {
        let reason = format!("“{name}” is known for {}, at least {FEWEST_ROWS} are needed", counted(known, "row"));
        return Err(refuse(reason, "Open a table with more rows, or choose another target"));
    }
    check_variety(&target, name)?;
    if known < target.values.len() {
        notes.push(format!("Left out: {} without a target", counted(target.values.len() - known, "row")));
    }
    if let (TaskKind::Binary, Some(positive)) = (target.kind, target.classes.get(1)) {
        notes.push(format!("“{positive}” counts as the positive class of “{name}”"));
    }
    Ok(target)
}

fn has_two_values(values: &[f64]) -> bool {
    let mut seen: [Option<f64>; 2] = [None, None];
    for v in values.iter().filter(|v| !v.is_nan()) {
        match seen {
            [None, _] => seen[0] = Some(*v),
            [Some(a), _] if a == *v => {}
            [_, None] => seen[1] = Some(*v),
            [_, Some(b)] if b == *v => {}
            _ => return false,
        }
    }
    seen[1].is_some()
}

fn check_variety(target: &Target, name: &str) -> Result<(), ModelError> {
    let hint = "Choose a target that varies";
    if target.kind == TaskKind::Regression {
        let mut known = target.values.iter().filter(|v| !v.is_nan());
        let first = known.next();
        return if known.all(|v| Some(v) == first) {
            Err(refuse(format!("“{name}” has the same value in every row"), hint))
        } else {
            Ok(())
        };
    }
    if target.classes.len() > MOST_LEVELS {
        return Err(refuse(
            format!("“{name}” has {} classes, at most {MOST_LEVELS} can be learned", target.classes.len()),
            hint,
        ));
    }
    let counts = class_counts(&target.values, target.classes.len());
    if counts.iter().filter(|c| **c > 0).count() < 2 {
        return Err(refuse(format!("“{name}” has one class only"), hint));
    }
    match counts.iter().position(|c| *c < 2) {
        Some(rare) => Err(refuse(
            format!("class “{}” of “{name}” has fewer than 2 rows", shorten(&target.classes[rare], 40)),
            "Leave such rows out or join rare classes",
        )),
        None => Ok(()),
    }
}

/// Rows of each class.
pub fn class_counts(values: &[f64], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for v in values.iter().filter(|v| !v.is_nan()) {
        if let Some(count) = counts.get_mut(*v as usize) {
            *count += 1;
        }
    }
    counts
}

/// The columns a model may read: role Feature, numbers, yes/no and categories with at least one value.
pub fn inputs(data: &Dataset, target: usize, notes: &mut Vec<String>) -> Result<Vec<Input>, ModelError> {
    let mut inputs: Vec<Input> = Vec::new();
    let mut left_out = Vec::new();
    for (i, (column, role)) in data.columns().iter().zip(data.roles()).enumerate() {
        if i == target || *role != Role::Feature {
            continue;
        }
        let empty = (0..column.values.len()).all(|r| column.values.is_missing(r));
        let kind = match &column.values {
            _ if empty => None,
            Values::Number { .. } | Values::YesNo(_) => Some(InputKind::Number),
            Values::Category { levels, .. } if levels.len() <= MOST_LEVELS => Some(InputKind::Levels(levels.clone())),
            _ => None,
        };
        let named_twice = inputs.iter().any(|input| input.name == *column.name);
        match kind {
            Some(kind) if !named_twice && !column.name.is_empty() => {
                inputs.push(Input { name: column.name.to_string(), kind })
            }
            _ => left_out.push(format!("“{}”", shorten(&column.name, 30))),
        }
    }
    if !left_out.is_empty() {
        notes.push(format!(
            "Not used as inputs (text, dates, empty columns, repeated names or more than {MOST_LEVELS} levels): {}",
            left_out.join(", ")
        ));
    }
    if inputs.is_empty() {
        return Err(refuse(
            "no column can be an input: none with the role Feature holds numbers, yes/no or categories",
            "Give at least one such column the role Feature",
        ));
    }
    Ok(inputs)
}

/// The raw inputs of `rows`, shape (rows, inputs), NaN where missing or infinite.
pub fn raw(data: &Dataset, inputs: &[Input], rows: &[RowId]) -> Result<Matrix, ModelError> {
    let link = link(inputs, data).map_err(|e| refuse(e.to_string(), "Check the names and types of the columns"))?;
    let encoded = encode(&link, data, rows).matrix;
    if encoded.values().iter().all(|v| !v.is_infinite()) {
        return Ok(encoded);
    }
    let finite = encoded.values().iter().map(|v| if v.is_infinite() { f64::NAN } else { *v }).collect();
    Ok(Matrix::new(finite, encoded.rows(), encoded.cols()).unwrap_or(encoded))
}

impl TrainingSet {
    /// The training rows `rows`, whose raw inputs are `raw` (rows, inputs), for `target`.
    pub fn new(inputs: Vec<Input>, raw: &Matrix, target: &Target, rows: &[RowId]) -> Self {
        let fills: Vec<f64> = inputs.iter().enumerate().map(|(j, input)| fill(input, raw, j)).collect();
        let has_missing = raw.values().iter().any(|v| v.is_nan());
        let values = raw.values().chunks(inputs.len().max(1));
        let filled = values.flat_map(|row| row.iter().zip(&fills).map(|(v, f)| if v.is_nan() { *f } else { *v }));
        let filled = Matrix::new(filled.collect(), raw.rows(), raw.cols()).unwrap_or_else(|| raw.clone());
        Self {
            inputs,
            fills,
            has_missing,
            filled,
            targets: rows.iter().filter_map(|r| target.values.get(r.index()).copied()).collect(),
            classes: target.classes.clone(),
            kind: target.kind,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.targets.len()
    }

    /// Outputs of a model for this set.
    pub fn outputs(&self) -> usize {
        if self.kind == TaskKind::Multiclass { self.classes.len() } else { 1 }
    }

    /// The same set with at most `most` rows, chosen by `seed`, and the sentence that says so.
    pub fn at_most(&self, most: usize, seed: Seed, notes: &mut Vec<String>) -> Self {
        let rows = self.rows();
        let chosen = if rows <= most { (0..rows).collect() } else { self.choose(most, seed) };
        if chosen.len() < rows {
            notes.push(format!(
                "Learned from {} of {} chosen at random: more would take too long for this learner",
                crate::base::text::count(chosen.len()),
                counted(rows, "training row")
            ));
        }
        Self {
            inputs: self.inputs.clone(),
            fills: self.fills.clone(),
            has_missing: self.has_missing,
            filled: self.filled.take(&chosen),
            targets: chosen.iter().map(|i| self.targets[*i]).collect(),
            classes: self.classes.clone(),
            kind: self.kind,
        }
    }

    /// `most` rows; of every class at least one, so that no class is lost.
    fn choose(&self, most: usize, seed: Seed) -> Vec<usize> {
        let mut chosen = seed.child("rows of a capped learner", 0).choose(self.rows(), most);
        for class in 0..self.classes.len() {
            let is_class = |i: &usize| self.targets[*i] as usize == class;
            if !chosen.iter().any(is_class) {
                chosen.extend((0..self.rows()).find(is_class));
            }
        }
        chosen.sort_unstable();
        chosen
    }

    /// Levels as columns, numbers centred and divided by their standard deviation over these rows.
    pub fn coding(&self) -> Coding {
        let inputs = self.inputs.iter().enumerate().map(|(j, input)| {
            if let InputKind::Levels(levels) = &input.kind {
                return CodedInput { fill: self.fills[j], levels: levels.len().max(1), centre: 0.0, scale: 1.0 };
            }
            let column: Vec<f64> = self.filled.view().column(j).collect();
            let centre = crate::num::stats::mean(&column);
            let deviation = crate::num::stats::variance(&column).sqrt();
            let scale = if deviation.is_finite() && deviation > 0.0 { deviation } else { 1.0 };
            CodedInput { fill: self.fills[j], levels: 0, centre, scale }
        });
        Coding { inputs: inputs.collect() }
    }

    /// All rows coded, row-major, shape (rows, `coding.width()`).
    pub fn coded(&self, coding: &Coding) -> Vec<f64> {
        let width = coding.width();
        let mut out = vec![0.0; self.rows() * width];
        for (i, place) in out.chunks_exact_mut(width.max(1)).enumerate() {
            coding.code(self.filled.row(i), place);
        }
        out
    }
}

/// Median of a number, most frequent level (the first among equals) of a category; 0 when nothing is known.
fn fill(input: &Input, raw: &Matrix, j: usize) -> f64 {
    let present = sorted_present(raw.view().column(j));
    if present.is_empty() {
        return 0.0;
    }
    if matches!(input.kind, InputKind::Number) {
        return quantile_sorted(&present, 0.5);
    }
    let mut best = (0, 0.0);
    for run in present.chunk_by(|a, b| a == b) {
        if run.len() > best.0 {
            best = (run.len(), run[0]);
        }
    }
    best.1
}
