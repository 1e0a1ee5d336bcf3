//! Column transformers: each of several steps sees some of the columns, their results stand side by side.

use crate::data::InputKind;
use crate::model::ModelError;

use super::super::super::pickle::At;
use super::super::part::Inputs;
use super::super::reading::{Reading, unsupported};
use super::weighted::weighted;
use super::{Mix, Step, Transformer, read as read_step};

/// The family.
pub static STEP: Transformer = Transformer { classes: &[("sklearn.compose", "ColumnTransformer")], read };

fn read(reading: &Reading<'_>, at: &At<'_>, width: usize) -> Result<Box<dyn Step>, ModelError> {
    let inputs = Inputs::read(at)?;
    if inputs.count() != width {
        return Err(at.refuse(format!("{} columns are expected, {width} come", inputs.count())));
    }
    let mut parts = Vec::new();
    for stored in at.field("transformers_")?.items()? {
        let [name, step, columns] =
            stored.items()?.try_into().map_err(|_error| stored.wrong("name, step and columns"))?;
        let name = name.text()?;
        let step = step.renamed(format!("{}.{}", at.place(), name.chars().take(40).collect::<String>()));
        if step.text().is_ok_and(|word| word == "drop") {
            continue;
        }
        let chosen = chosen(&columns, &inputs)?;
        if chosen.is_empty() {
            continue;
        }
        reading.charge(chosen.len(), &columns)?;
        let step = weighted(at, name, read_step(reading, &step, chosen.len())?)?;
        parts.push((chosen, step));
    }
    Ok(Box::new(Columns::new(parts, width, at)?))
}

/// The columns a step sees: names, numbers, marks or a slice; as places among `inputs`.
pub fn chosen(at: &At<'_>, inputs: &Inputs) -> Result<Vec<usize>, ModelError> {
    if at.class().is_some_and(|(_, name)| name == "slice") {
        return slice_of(at, inputs);
    }
    // Since 1.5 the rest is a list of its own kind around a plain one.
    if let Some(inner) = at.optional("data").filter(|_| at.class().is_some_and(|(_, name)| name.contains("Remainder")))
    {
        return chosen(&inner, inputs);
    }
    let index = |place: i64| {
        let place = if place < 0 { place.checked_add(i64::try_from(inputs.count()).ok()?)? } else { place };
        usize::try_from(place).ok().filter(|place| *place < inputs.count())
    };
    let named = |name: &str| inputs.all.iter().position(|input| input.name == name);
    let missing = || at.refuse("a column that the step sees is missing");
    if let Ok(name) = at.text() {
        return named(name).map(|place| vec![place]).ok_or_else(missing);
    }
    let array = at.array().ok();
    if let Some(places) = array.as_ref().and_then(|a| a.integers().ok()) {
        let marks = array.is_some_and(|a| a.holds_flags());
        return match marks {
            true => Ok((0..inputs.count()).filter(|i| places.get(*i).is_some_and(|mark| *mark != 0)).collect()),
            false => places.into_iter().map(|place| index(place).ok_or_else(missing)).collect(),
        };
    }
    let items = at.items()?;
    let flags = !items.is_empty() && items.iter().all(|item| item.described() == "a truth value");
    if flags {
        let marks: Vec<bool> = items.iter().map(At::flag).collect::<Result<_, _>>()?;
        return Ok((0..inputs.count()).filter(|i| marks.get(*i) == Some(&true)).collect());
    }
    let place = |item: &At<'_>| match item.text() {
        Ok(name) => named(name).ok_or_else(missing),
        Err(_) => index(item.integer()?).ok_or_else(missing),
    };
    items.iter().map(place).collect()
}

/// The columns of a slice: between numbers without the last, between names with it.
fn slice_of(at: &At<'_>, inputs: &Inputs) -> Result<Vec<usize>, ModelError> {
    let count = inputs.count();
    let place = |value: &At<'_>, after: usize| match value.text() {
        Ok(name) => {
            let found = inputs.all.iter().position(|input| input.name == name);
            found.map(|place| place + after).ok_or_else(|| value.refuse("a column that the slice names is missing"))
        }
        Err(_) => {
            let value = value.integer()?;
            let from_end = usize::try_from(value.unsigned_abs()).map_or(0, |back| count.saturating_sub(back));
            Ok(if value < 0 { from_end } else { usize::try_from(value).unwrap_or(count) })
        }
    };
    let bound = |index: usize, default: usize, after: usize| {
        let value = at.argument(index)?;
        if value.is_nothing() { Ok(default) } else { place(&value, after) }
    };
    let (start, end) = (bound(0, 0, 0)?, bound(1, count, 1)?.min(count));
    let step = at.argument(2)?;
    let step = if step.is_nothing() { 1 } else { step.count()? };
    if step == 0 {
        return Err(at.refuse("a slice has no step"));
    }
    Ok((start..end).step_by(step).collect())
}

/// Steps that each see some of the columns.
pub struct Columns {
    parts: Vec<(Vec<usize>, Box<dyn Step>)>,
    /// What each column takes; `None` for one that no step sees.
    kinds: Vec<Option<InputKind>>,
}

impl Columns {
    /// Steps with the columns that each sees, out of `width`. Refuses a column read as a number and as a category.
    pub fn new(parts: Vec<(Vec<usize>, Box<dyn Step>)>, width: usize, at: &At<'_>) -> Result<Self, ModelError> {
        let mut kinds: Vec<Option<InputKind>> = vec![None; width];
        for (chosen, step) in &parts {
            for (column, kind) in chosen.iter().zip(step.kinds()) {
                let Some(slot) = kinds.get_mut(*column) else { return Err(at.refuse("a column is out of range")) };
                let both = match slot.take() {
                    Some(known) => joined(known, kind),
                    None => Some(kind),
                };
                let apart = || unsupported(at, "a column is read as a number and as a category", "Use it once");
                *slot = Some(both.ok_or_else(apart)?);
            }
        }
        Ok(Self { parts, kinds })
    }

    /// The part that makes value `output`, and which of its values that is.
    fn part(&self, output: usize) -> Option<(&[usize], &dyn Step, usize)> {
        let mut left = output;
        for (columns, step) in &self.parts {
            if left < step.width() {
                return Some((columns, step.as_ref(), left));
            }
            left -= step.width();
        }
        None
    }
}

/// What a column takes that is read in two ways: levels never seen matter as soon as one step has an answer for them.
fn joined(one: InputKind, other: InputKind) -> Option<InputKind> {
    match (one, other) {
        (one, other) if one == other => Some(one),
        (InputKind::OpenLevels(open), InputKind::Levels(levels))
        | (InputKind::Levels(levels), InputKind::OpenLevels(open)) => {
            (open == levels).then_some(InputKind::OpenLevels(open))
        }
        _ => None,
    }
}

impl Step for Columns {
    fn apply(&self, row: &[f64], out: &mut Vec<f64>) {
        for (columns, step) in &self.parts {
            let seen: Vec<f64> = columns.iter().map(|c| row.get(*c).copied().unwrap_or(f64::NAN)).collect();
            step.apply(&seen, out);
        }
    }

    fn source(&self, output: usize) -> Option<usize> {
        let (columns, step, at) = self.part(output)?;
        columns.get(step.source(at)?).copied()
    }

    fn one(&self, output: usize, value: f64) -> f64 {
        self.part(output).map_or(f64::NAN, |(_, step, at)| step.one(at, value))
    }

    fn rises(&self, output: usize) -> bool {
        self.part(output).is_some_and(|(_, step, at)| step.rises(at))
    }

    fn line(&self, output: usize) -> Option<(f64, f64)> {
        self.part(output).and_then(|(_, step, at)| step.line(at))
    }

    fn mix(&self, output: usize) -> Option<Mix> {
        let (columns, step, at) = self.part(output)?;
        let mix = step.mix(at)?;
        let weights = mix.weights.into_iter().map(|(input, weight)| Some((*columns.get(input)?, weight)));
        Some(Mix { weights: weights.collect::<Option<Vec<_>>>()?, start: mix.start })
    }

    fn reads(&self, input: usize) -> bool {
        self.kinds.get(input).is_some_and(Option::is_some)
    }

    fn mixes(&self) -> Option<&str> {
        self.parts.iter().find_map(|(_, step)| step.mixes())
    }

    fn width(&self) -> usize {
        self.parts.iter().map(|(_, step)| step.width()).sum()
    }

    fn kinds(&self) -> Vec<InputKind> {
        self.kinds.iter().map(|kind| kind.clone().unwrap_or(InputKind::Number)).collect()
    }
}
