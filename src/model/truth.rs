//! From a table's target column to the numbers a model's predictions are compared with.
//!
//! Whenever the meaning of a class had to be guessed, a note says what was taken for what.

use std::sync::Arc;

use crate::data::{Dataset, Role, Values};

use super::card::{ModelCard, TaskKind};
use super::error::ModelError;

/// The target of a table as one model sees it.
#[derive(Clone, Debug)]
pub struct TruthColumn {
    /// The target column.
    pub column: usize,
    /// One per table row: index of the class, or the number; NaN where missing.
    pub values: Arc<[f64]>,
    /// Class names in the order of the indices (two classes: negative first); empty for numbers.
    pub classes: Vec<String>,
    /// One per table row, from the column with the role Weight; missing weights are 0.
    pub weights: Option<Arc<[f64]>>,
    /// What was decided, one sentence each.
    pub notes: Vec<String>,
}

/// The truth for `card`'s model from the column of `data` with the role Target. Refuses a table without one, and a
/// column that cannot be what the model predicts. Cost O(rows).
pub fn truth(card: &ModelCard, data: &Dataset) -> Result<TruthColumn, ModelError> {
    let column = data.column_with(Role::Target).ok_or_else(|| ModelError::Truth {
        reason: "no column of the table has the role Target".to_owned(),
        hint: "Give the column that the model predicts the role Target".to_owned(),
    })?;
    let source = &data.columns()[column];
    let mut notes = Vec::new();
    let (values, classes) = match card.task {
        TaskKind::Binary | TaskKind::Multiclass => {
            let cells = Cells::of(&source.values, &source.name)?;
            let names = class_order(card, &cells, &source.name, &mut notes)?;
            (cells.values(&names.of_cell), names.classes)
        }
        _ => (numbers(&source.values, &source.name)?, Vec::new()),
    };
    let weights = weights(data, &mut notes);
    Ok(TruthColumn { column, values: values.into(), classes, weights, notes })
}

/// The class of each row of a target to learn, and the class names (two classes: negative first). Cost O(rows).
pub(super) fn target_classes(values: &Values, name: &str) -> Result<(Vec<f64>, Vec<String>), ModelError> {
    let cells = Cells::of(values, name)?;
    if cells.names.len() == 2 {
        let order = two_values(&cells);
        return Ok((cells.values(&order.of_cell), order.classes));
    }
    let all: Vec<usize> = (0..cells.names.len()).collect();
    Ok((cells.values(&all), cells.names))
}

fn refuse(name: &str, reason: &str) -> ModelError {
    ModelError::Truth {
        reason: format!("“{name}” {reason}"),
        hint: "Give the role Target to the column the model predicts, or open the model that belongs to this table"
            .to_owned(),
    }
}

fn numbers(values: &Values, name: &str) -> Result<Vec<f64>, ModelError> {
    match values {
        Values::Number { values, .. } => Ok(values.to_vec()),
        Values::YesNo(_) => Ok((0..values.len()).map(|i| values.position(i)).collect()),
        Values::Category { codes, levels } => {
            let parsed: Option<Vec<f64>> = levels.iter().map(|l| l.trim().parse().ok()).collect();
            let parsed = parsed.ok_or_else(|| refuse(name, "holds categories, but the model predicts numbers"))?;
            Ok(codes.iter().map(|c| parsed.get(*c as usize).copied().unwrap_or(f64::NAN)).collect())
        }
        other => Err(refuse(name, &format!("is a {} column, but the model predicts numbers", other.kind().title()))),
    }
}

fn weights(data: &Dataset, notes: &mut Vec<String>) -> Option<Arc<[f64]>> {
    let column = &data.columns()[data.column_with(Role::Weight)?];
    if let Values::Number { values, .. } = &column.values {
        notes.push(format!("Rows are weighted by “{}”", column.name));
        return Some(values.iter().map(|w| if w.is_nan() { 0.0 } else { *w }).collect());
    }
    notes.push(format!("“{}” has the role Weight but holds no numbers, so rows are not weighted", column.name));
    None
}

/// Most distinct values a target of classes may have.
const MOST_CLASSES: usize = 1000;

/// The distinct values of a target, in sorted order, and which of them each row has.
struct Cells {
    /// Names in sorted order: numbers by size, texts by the bytes of their name.
    names: Vec<String>,
    /// The numbers behind the names, when all are numbers.
    numbers: Option<Vec<f64>>,
    /// Position in `names` of each row; `usize::MAX` where missing.
    cells: Vec<usize>,
}

impl Cells {
    fn of(values: &Values, name: &str) -> Result<Self, ModelError> {
        match values {
            Values::YesNo(flags) => Ok(Self {
                names: vec!["no".to_owned(), "yes".to_owned()],
                numbers: Some(vec![0.0, 1.0]),
                cells: flags.iter().map(|f| if *f > 1 { usize::MAX } else { usize::from(*f) }).collect(),
            }),
            Values::Number { values, .. } => Self::of_numbers(values, name),
            Values::Category { codes, levels } => Ok(Self::of_levels(codes, levels)),
            other => {
                Err(refuse(name, &format!("is a {} column, but the model predicts classes", other.kind().title())))
            }
        }
    }

    fn of_numbers(values: &[f64], name: &str) -> Result<Self, ModelError> {
        let mut distinct: Vec<f64> = Vec::new();
        for value in values.iter().filter(|v| !v.is_nan()) {
            let value = value + 0.0; // −0 is 0
            if let Err(place) = distinct.binary_search_by(|d| d.total_cmp(&value)) {
                if distinct.len() == MOST_CLASSES {
                    return Err(refuse(name, "holds more than 1000 different numbers, but the model predicts classes"));
                }
                distinct.insert(place, value);
            }
        }
        let cell = |v: &f64| distinct.binary_search_by(|d| d.total_cmp(&(v + 0.0))).unwrap_or(usize::MAX);
        Ok(Self {
            names: distinct.iter().map(f64::to_string).collect(),
            cells: values.iter().map(cell).collect(),
            numbers: Some(distinct),
        })
    }

    fn of_levels(codes: &[u32], levels: &[String]) -> Self {
        let mut used = vec![false; levels.len()];
        for code in codes {
            if let Some(used) = used.get_mut(*code as usize) {
                *used = true;
            }
        }
        let numbers: Option<Vec<f64>> = levels.iter().map(|l| l.trim().parse::<f64>().ok()).collect();
        let mut order: Vec<usize> = (0..levels.len()).filter(|k| used[*k]).collect();
        order.sort_by(|a, b| match &numbers {
            Some(n) => n[*a].total_cmp(&n[*b]).then(levels[*a].cmp(&levels[*b])),
            None => levels[*a].cmp(&levels[*b]),
        });
        let mut place = vec![usize::MAX; levels.len()];
        for (position, level) in order.iter().enumerate() {
            place[*level] = position;
        }
        Self {
            names: order.iter().map(|k| levels[*k].clone()).collect(),
            numbers: numbers.map(|n| order.iter().map(|k| n[*k]).collect()),
            cells: codes.iter().map(|c| place.get(*c as usize).copied().unwrap_or(usize::MAX)).collect(),
        }
    }

    fn values(&self, of_cell: &[usize]) -> Vec<f64> {
        self.cells.iter().map(|c| of_cell.get(*c).map_or(f64::NAN, |class| *class as f64)).collect()
    }
}

struct ClassOrder {
    /// The class index of each distinct value.
    of_cell: Vec<usize>,
    classes: Vec<String>,
}

fn class_order(card: &ModelCard, cells: &Cells, name: &str, notes: &mut Vec<String>) -> Result<ClassOrder, ModelError> {
    let wanted = if card.task == TaskKind::Binary { 2 } else { card.outputs.len() };
    if let Some(order) = by_model_names(card, cells, wanted) {
        return Ok(order);
    }
    if cells.names.len() > wanted {
        let reason = format!("has {} different values, but the model knows {wanted} classes", cells.names.len());
        return Err(refuse(name, &reason));
    }
    if let Some(order) = by_whole_numbers(card, cells, wanted) {
        return Ok(order);
    }
    let order = if wanted == 2 { two_values(cells) } else { alphabetical(cells, wanted, name)? };
    notes.push(if wanted == 2 {
        format!("“{}” counts as the positive class of “{name}”; the model file does not say so", order.classes[1])
    } else {
        format!(
            "The model file holds no class names; the values of “{name}” are taken in sorted order: {}",
            order.classes.iter().take(8).cloned().collect::<Vec<_>>().join(", ")
        )
    });
    Ok(order)
}

/// All values of the table are names (or equal numbers) of classes the model knows.
fn by_model_names(card: &ModelCard, cells: &Cells, wanted: usize) -> Option<ClassOrder> {
    if card.classes.len() != wanted {
        return None;
    }
    let numbers: Option<Vec<f64>> = card.classes.iter().map(|c| c.trim().parse().ok()).collect();
    let of_cell: Option<Vec<usize>> = cells
        .names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let by_name = card.classes.iter().position(|c| c.trim().eq_ignore_ascii_case(name.trim()));
            by_name.or_else(|| {
                let value = *cells.numbers.as_ref()?.get(i)?;
                numbers.as_ref()?.iter().position(|n| n.total_cmp(&(value + 0.0)).is_eq())
            })
        })
        .collect();
    Some(ClassOrder { of_cell: of_cell?, classes: card.classes.clone() })
}

/// The values are the class indices themselves: whole numbers from 0.
fn by_whole_numbers(card: &ModelCard, cells: &Cells, wanted: usize) -> Option<ClassOrder> {
    let numbers = cells.numbers.as_ref()?;
    let index = |v: &f64| (v.fract() == 0.0 && *v >= 0.0 && *v < wanted as f64).then_some(*v as usize);
    let of_cell: Vec<usize> = numbers.iter().map(index).collect::<Option<_>>()?;
    let mut classes: Vec<String> =
        if card.classes.len() == wanted { card.classes.clone() } else { (0..wanted).map(|k| k.to_string()).collect() };
    for (cell, class) in of_cell.iter().enumerate() {
        if card.classes.len() != wanted {
            classes[*class].clone_from(&cells.names[cell]);
        }
    }
    if cells.names == ["no", "yes"] && card.classes.len() != wanted {
        classes = cells.names.clone();
    }
    Some(ClassOrder { of_cell, classes })
}

/// Values in sorted order, as scikit-learn's `LabelEncoder` numbers them.
fn alphabetical(cells: &Cells, wanted: usize, name: &str) -> Result<ClassOrder, ModelError> {
    if cells.names.len() != wanted {
        let reason = format!(
            "has {} different values, the model {wanted} classes without names, so they cannot be matched",
            cells.names.len()
        );
        return Err(refuse(name, &reason));
    }
    Ok(ClassOrder { of_cell: (0..wanted).collect(), classes: cells.names.clone() })
}

/// Words that name the event a two-class model usually predicts.
const POSITIVE: &[&str] = &[
    "yes",
    "true",
    "1",
    "y",
    "t",
    "positive",
    "pos",
    "+",
    "bad",
    "default",
    "defaulted",
    "fraud",
    "churn",
    "churned",
    "left",
    "died",
    "dead",
    "event",
    "case",
    "malignant",
    "spam",
    "sick",
    "ill",
    "diseased",
    "failure",
    "failed",
    "anomaly",
    "attack",
    "high",
    "hit",
    "success",
    "accepted",
    "present",
];
/// Words that name its absence.
const NEGATIVE: &[&str] = &[
    "no",
    "false",
    "0",
    "-1",
    "n",
    "f",
    "negative",
    "neg",
    "-",
    "−",
    "good",
    "paid",
    "legitimate",
    "stayed",
    "alive",
    "survivor",
    "control",
    "benign",
    "ham",
    "healthy",
    "normal",
    "low",
    "miss",
    "absent",
    "none",
];

/// Two values: a well-known word decides, else the last in sorted order is positive.
fn two_values(cells: &Cells) -> ClassOrder {
    let known = |words: &[&str], name: &String| words.contains(&name.trim().to_lowercase().as_str());
    let negated = |name: &String| {
        let lower = name.trim().to_lowercase();
        ["no ", "not ", "non-", "non ", "no_", "not_", "no-"].iter().any(|p| lower.starts_with(p))
    };
    let says = |name: &String| match (known(POSITIVE, name), known(NEGATIVE, name) || negated(name)) {
        (true, false) => 1,
        (false, true) => -1,
        _ => 0,
    };
    match cells.names.as_slice() {
        [] => ClassOrder { of_cell: Vec::new(), classes: vec!["0".to_owned(), "1".to_owned()] },
        [only] => {
            let positive = says(only) > 0;
            let other = format!("not {only}");
            let classes = if positive { vec![other, only.clone()] } else { vec![only.clone(), other] };
            ClassOrder { of_cell: vec![usize::from(positive)], classes }
        }
        // Of two numbers the larger is positive: 1 and 2 have no other reading.
        [first, second, ..] if cells.numbers.is_none() && says(first) > says(second) => {
            ClassOrder { of_cell: vec![1, 0], classes: vec![second.clone(), first.clone()] }
        }
        [first, second, ..] => ClassOrder { of_cell: vec![0, 1], classes: vec![first.clone(), second.clone()] },
    }
}
