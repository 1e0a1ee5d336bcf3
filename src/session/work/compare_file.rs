//! A comparison of two models as a file: one line a row of the table, and in JSON the metrics beside them.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::base::{Problem, Task};
use crate::data::{Column, MISSING_CODE, TextValues, Values};
use crate::explain::{Challenge, Explanation};
use crate::model::measure::{TwoPredictions, decision};

use crate::session::scene::Scene;
use crate::session::write::{Ending, to_pieces, write_pieces};

/// Columns that carry a row's change and are named in the file.
const CARRIERS: usize = 3;

/// Writes the comparison that `scene` holds, by file ending `.csv`, `.parquet` or `.json`.
pub fn write(scene: &Scene, path: &Path, task: &Task) -> Result<(), Problem> {
    let ending = Ending::of(path)?;
    let columns = columns(scene).ok_or_else(|| {
        Problem::new("There is nothing to write", "no second model is compared", "Open a model to compare, then write")
    })?;
    write_pieces(path, &to_pieces(&columns, about(scene), ending, task)?, task)
}

/// The class that the champion calls a row, and the challenger.
type Calls = (Option<usize>, Option<usize>);

/// Row, both predictions of every output, their difference; of classes also both decisions, the flip and who is right;
/// where both are explained, the columns that carry the change.
fn columns(scene: &Scene) -> Option<Vec<Column>> {
    let (own, model) = (scene.predictions.as_ref()?, scene.model.as_ref()?);
    let challenger = scene.challenger.as_ref()?;
    let meeting = challenger.meeting()?;
    let card = model.card();
    let outputs = own.outputs.max(1);
    let rows = own.values.len() / outputs;
    let mut columns = vec![numbers("row", (0..rows).map(|i| i as f64).collect(), true)];
    for (k, output) in card.outputs.iter().enumerate() {
        let suffix = if outputs > 1 { format!(" {output}") } else { String::new() };
        let of = |values: &[f64]| -> Vec<f64> { values.iter().skip(k).step_by(outputs).copied().collect() };
        let (first, second) = (of(&own.values), of(&meeting.predictions));
        let gaps = first.iter().zip(&second).map(|(a, b)| b - a).collect();
        columns.push(numbers(&format!("champion prediction{suffix}"), first, false));
        columns.push(numbers(&format!("challenger prediction{suffix}"), second, false));
        columns.push(numbers(&format!("prediction difference{suffix}"), gaps, false));
    }
    let two = TwoPredictions {
        champion: &own.values,
        challenger: &meeting.predictions,
        outputs: own.outputs,
        truth: &own.truth,
    };
    let called: Vec<Calls> =
        two.rows().map(|(a, b)| (decision(a, scene.threshold), decision(b, scene.threshold))).collect();
    if card.task.is_classification() {
        columns.extend(decisions(&two, &called, (&card.classes, scene.threshold)));
    }
    if let Some(challenge) = challenger.challenge() {
        let shown = |row: usize| match called.get(row) {
            Some((_, Some(to))) if outputs > 1 => *to,
            _ => 0,
        };
        columns.extend(carriers(challenge, rows, shown));
    }
    Some(columns)
}

fn decisions(two: &TwoPredictions<'_>, called: &[Calls], (classes, threshold): (&[String], f64)) -> Vec<Column> {
    let levels: Arc<[String]> =
        if classes.is_empty() { (0..two.outputs.max(2)).map(|k| k.to_string()).collect() } else { classes.into() };
    let codes = |pick: fn(&Calls) -> Option<usize>| -> Values {
        let codes = called.iter().map(|c| pick(c).map_or(MISSING_CODE, |k| k as u32)).collect();
        Values::Category { levels: Arc::clone(&levels), codes }
    };
    let flips = called.iter().map(|(a, b)| a.zip(*b).map_or(2, |(a, b)| u8::from(a != b))).collect();
    let mut right = vec![""; called.len()];
    for flip in two.flips(threshold) {
        right[flip.row.index()] = flip.right().words();
    }
    vec![
        Column { name: "champion class".into(), values: codes(|c| c.0) },
        Column { name: "challenger class".into(), values: codes(|c| c.1) },
        Column { name: "flip".into(), values: Values::YesNo(flips) },
        texts("right", right.iter().map(|r| (!r.is_empty()).then(|| (*r).to_owned()))),
    ]
}

/// For every explained row the columns with the largest change of contribution, and that change.
fn carriers(challenge: &Challenge, rows: usize, output: impl Fn(usize) -> usize) -> Vec<Column> {
    let mut names = vec![vec![None; rows]; CARRIERS];
    let mut sizes = vec![vec![f64::NAN; rows]; CARRIERS];
    for (position, row) in challenge.rows().iter().enumerate() {
        let carried = challenge.carriers(output(row.index()), position);
        for (rank, (column, size)) in carried.into_iter().take(CARRIERS).enumerate() {
            if let Some(name) = names[rank].get_mut(row.index()) {
                *name = Some(challenge.columns()[column].name.clone());
                sizes[rank][row.index()] = size;
            }
        }
    }
    let each = names.into_iter().zip(sizes).enumerate();
    each.flat_map(|(rank, (names, sizes))| {
        let rank = rank + 1;
        [texts(&format!("column {rank}"), names.into_iter()), numbers(&format!("change {rank}"), sizes, false)]
    })
    .collect()
}

/// What JSON says beside the rows.
fn about(scene: &Scene) -> Map<String, Value> {
    let mut about = Map::new();
    let Some(challenger) = &scene.challenger else { return about };
    let file = |of: &dyn crate::model::Model| json!({ "name": of.card().name, "sha256": of.card().sha256.0 });
    if let Some(opened) = &scene.opened {
        about.insert("champion".to_owned(), file(&**opened));
    }
    about.insert("challenger".to_owned(), file(&**challenger.opened()));
    if let Some(predictions) = &scene.predictions {
        about.insert("scale".to_owned(), predictions.scale.id().into());
    }
    if scene.model.as_ref().is_some_and(|m| m.card().task.is_classification()) {
        about.insert("threshold".to_owned(), scene.threshold.into());
    }
    if let Some(comparison) = challenger.meeting().and_then(|m| m.comparison.as_ref()) {
        about.insert("metrics".to_owned(), comparison.facts());
    }
    if let Some(challenge) = challenger.challenge() {
        let of = |e: &Explanation| json!({ "fidelity": e.fidelity, "provenance": e.provenance });
        let both = json!({ "champion": of(challenge.champion()), "challenger": of(challenge.challenger()) });
        about.insert("attributions".to_owned(), both);
    }
    about
}

fn numbers(name: &str, values: Vec<f64>, whole: bool) -> Column {
    Column { name: name.into(), values: Values::Number { values: values.into(), whole } }
}

fn texts(name: &str, cells: impl Iterator<Item = Option<String>>) -> Column {
    let mut texts = TextValues::default();
    cells.for_each(|cell| texts.push(cell.as_deref()));
    Column { name: name.into(), values: Values::Text(Arc::new(texts)) }
}
