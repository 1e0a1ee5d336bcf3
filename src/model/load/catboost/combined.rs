//! Models whose splits use statistics of combined columns. Trees stand on computed columns: numbers, the place of a
//! category among those asked for, statistics. Predictions only, no additive structure is offered.

use std::collections::HashMap;

use crate::model::link::LinkFunction;
use crate::model::tree_model::{finish, fits};
use crate::model::trees::Accumulate;
use crate::model::{Model, ModelCard, ModelError, Scale, TreeEnsemble};
use crate::num::MatrixView;

use super::ctr::{Ctr, CtrTable, Projection, element, join};
use super::inputs::{Category, Inputs};
use super::parts::Parts;

/// Rows whose columns are computed together.
const ROWS_AT_ONCE: usize = 64;

/// A key that is joined once for all statistics that share it.
struct Key {
    categories: Vec<Category>,
    /// Input, border, and whether a missing value lies above it.
    floats: Vec<(usize, f32, bool)>,
    one_hots: Vec<(Category, u32)>,
}

/// A model some of whose splits look at several columns.
pub struct CombinedModel {
    card: ModelCard,
    /// Trees on computed columns.
    ensemble: TreeEnsemble,
    link: LinkFunction,
    /// Input of each numeric column.
    floats: Vec<usize>,
    /// Place of each hash.
    one_hots: Vec<(Category, HashMap<u32, usize>)>,
    keys: Vec<Key>,
    /// Each statistic with its key and its table.
    ctrs: Vec<(Ctr, usize, usize)>,
    tables: Vec<CtrTable>,
}

impl CombinedModel {
    /// A model of `ensemble`, whose trees ask about computed columns.
    pub fn new(
        card: ModelCard,
        ensemble: TreeEnsemble,
        link: LinkFunction,
        (parts, inputs): (Parts, Inputs),
    ) -> Result<Self, ModelError> {
        let lost = || ModelError::malformed("statistics", "a statistic asks about a feature that is not there");
        let category = |index: &i64| inputs.categories.get(index).cloned().ok_or_else(lost);
        let float = |index: i64, border: u32| {
            let place = parts.floats.iter().position(|f| f.index == index).ok_or_else(lost)?;
            let above = parts.floats.get(place).is_some_and(|f| f.missing_above);
            let input = inputs.floats.get(place).copied().ok_or_else(lost)?;
            Ok::<_, ModelError>((input, f32::from_bits(border), above))
        };
        let key = |p: &Projection| {
            Ok::<_, ModelError>(Key {
                categories: p.categories.iter().map(category).collect::<Result<_, _>>()?,
                floats: p.floats.iter().map(|(index, border)| float(*index, *border)).collect::<Result<_, _>>()?,
                one_hots: p
                    .one_hots
                    .iter()
                    .map(|(index, hash)| Ok((category(index)?, *hash)))
                    .collect::<Result<_, ModelError>>()?,
            })
        };
        let mut one_hots = Vec::with_capacity(parts.one_hots.len());
        for one_hot in &parts.one_hots {
            let places = one_hot.hashes.iter().enumerate().rev().map(|(place, hash)| (*hash, place)).collect();
            one_hots.push((category(&one_hot.category)?, places));
        }
        let (mut keys, mut place_of): (Vec<Key>, HashMap<Projection, usize>) = (Vec::new(), HashMap::new());
        let mut ctrs = Vec::with_capacity(parts.ctrs.len());
        for (ctr, table) in parts.ctrs.into_iter().zip(&inputs.tables) {
            let place = match place_of.get(&ctr.base.projection) {
                Some(place) => *place,
                None => {
                    keys.push(key(&ctr.base.projection)?);
                    place_of.insert(ctr.base.projection.clone(), keys.len() - 1);
                    keys.len() - 1
                }
            };
            ctrs.push((ctr, place, *table));
        }
        Ok(Self { card, ensemble, link, floats: inputs.floats, one_hots, keys, ctrs, tables: parts.tables })
    }

    /// Appends the computed columns of one row.
    fn compute(&self, row: &[f64], keys: &mut Vec<Option<u64>>, out: &mut Vec<f64>) {
        let value = |input: usize| row.get(input).copied().unwrap_or(f64::NAN);
        out.extend(self.floats.iter().map(|input| value(*input)));
        out.extend(self.one_hots.iter().map(|(category, places)| {
            let place = category.hash(value(category.input)).and_then(|hash| places.get(&hash));
            place.map_or(f64::NAN, |place| *place as f64)
        }));
        keys.clear();
        keys.extend(self.keys.iter().map(|key| key.of(&value)));
        out.extend(self.ctrs.iter().map(|(ctr, key, table)| {
            let key = keys.get(*key).copied().flatten();
            self.tables.get(*table).map_or(f64::NAN, |table| table.value(ctr, key).into())
        }));
    }
}

impl Key {
    /// The key of a row; `None` when it has a category that no table knows.
    fn of(&self, value: &impl Fn(usize) -> f64) -> Option<u64> {
        let mut key = 0;
        for category in &self.categories {
            key = join(key, element(category.hash(value(category.input))?));
        }
        for (input, border, missing_above) in &self.floats {
            let x = value(*input);
            let above = if x.is_nan() { *missing_above } else { x as f32 > *border };
            key = join(key, above.into());
        }
        for (category, hash) in &self.one_hots {
            key = join(key, (category.hash(value(category.input)) == Some(*hash)).into());
        }
        Some(key)
    }
}

impl Category {
    /// The hash that a value of the input means; `None` for a missing value or a text that nothing knows.
    fn hash(&self, value: f64) -> Option<u32> {
        // NaN lies in no range.
        if !(0.0..4_294_967_296.0).contains(&value) {
            return None;
        }
        match &self.hashes {
            Some(hashes) => hashes.get(value as usize).copied(),
            None => Some(value as u32),
        }
    }
}

impl Model for CombinedModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn predict(&self, rows: MatrixView<'_>, scale: Scale, out: &mut [f64]) {
        let outputs = self.ensemble.outputs();
        if !fits(self.card.inputs.len(), outputs, rows, out) {
            return;
        }
        let (mut keys, mut columns) = (Vec::new(), Vec::new());
        for (block, part) in out.chunks_mut(ROWS_AT_ONCE * outputs.max(1)).enumerate() {
            columns.clear();
            let start = block * ROWS_AT_ONCE;
            let end = (start + ROWS_AT_ONCE).min(rows.rows());
            (start..end).for_each(|i| self.compute(rows.row(i), &mut keys, &mut columns));
            if let Some(view) = MatrixView::new(&columns, end - start, self.ensemble.inputs) {
                self.ensemble.score_rows(view, part);
            }
        }
        finish(&self.card, self.link, Accumulate::F64, scale, out);
    }
}
