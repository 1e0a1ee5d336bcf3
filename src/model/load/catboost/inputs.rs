//! The model's inputs, and its splits as questions about them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::base::Task;
use crate::data::{Input, InputKind};
use crate::model::ModelError;
use crate::model::tree_check::CATEGORY_LIMIT;

use super::asks::{Ask, Asks};
use super::ctr::{Ctr, CtrTable, category_of, element, join};
use super::parts::{Parts, RawNode, Split};

/// Words of all category sets of an ensemble (128 MB); a model that needs more is computed as combinations are.
const MOST_WORDS: usize = 1 << 24;

/// A categorical feature as an input.
#[derive(Clone, Debug)]
pub struct Category {
    /// Place of the input.
    pub input: usize,
    /// Hash of each code; `None` when the value of the input is the hash.
    pub hashes: Option<Arc<[u32]>>,
}

/// Inputs in the model's own order, and where features are among them.
#[derive(Debug)]
pub struct Inputs {
    /// The inputs.
    pub inputs: Vec<Input>,
    /// Input of each numeric feature, in file order.
    pub floats: Vec<usize>,
    /// Categorical features by their number.
    pub categories: HashMap<i64, Category>,
    /// For each statistic, its table.
    pub tables: Vec<usize>,
    /// Splits that some tree uses.
    used: Vec<bool>,
    /// Splits of all trees.
    uses: usize,
}

impl Inputs {
    /// Checks features, statistics and splits against each other.
    pub fn new(parts: &Parts) -> Result<Self, ModelError> {
        let count = parts.floats.len() + parts.categories.len();
        let flats = parts.floats.iter().map(|f| f.flat).chain(parts.categories.iter().map(|c| c.flat));
        let mut places = HashSet::with_capacity(count);
        let flats = flats.map(|flat| {
            let place = usize::try_from(flat).ok().filter(|place| *place < count && places.insert(*place));
            place.ok_or_else(|| {
                let reason = format!("a feature has number {flat} among {count} features, or shares it with another");
                ModelError::malformed("features", reason)
            })
        });
        let flats: Vec<usize> = flats.collect::<Result<_, _>>()?;
        let (floats, categories) = flats.split_at(parts.floats.len());
        let tables = tables(parts)?;
        let (used, uses) = used(parts)?;
        let hashed = hashed(parts);
        let mut inputs = vec![Input { name: String::new(), kind: InputKind::Number }; count];
        let mut name = |place: usize, name: &str, kind: InputKind| {
            if let Some(input) = inputs.get_mut(place) {
                input.name = if name.is_empty() { place.to_string() } else { name.to_owned() };
                input.kind = kind;
            }
        };
        for (feature, place) in parts.floats.iter().zip(floats) {
            name(*place, &feature.name, InputKind::Number);
        }
        let mut known = known(parts, &tables)?;
        let mut all = HashMap::with_capacity(categories.len());
        for (feature, place) in parts.categories.iter().zip(categories) {
            let known = known.remove(&feature.index).unwrap_or_default();
            let kind = if hashed.contains(&feature.index) { InputKind::Hash } else { kind(&known, parts) };
            let hashes = (kind != InputKind::Hash).then(|| Arc::from(known));
            name(*place, &feature.name, kind);
            if all.insert(feature.index, Category { input: *place, hashes }).is_some() {
                let reason = format!("two categorical features have the number {}", feature.index);
                return Err(ModelError::malformed("features", reason));
            }
        }
        let inputs = Self { inputs, floats: floats.to_vec(), categories: all, tables, used, uses };
        inputs.check(parts)?;
        Ok(inputs)
    }

    /// Whether every feature that splits name is there.
    fn check(&self, parts: &Parts) -> Result<(), ModelError> {
        let floats: HashSet<i64> = parts.floats.iter().map(|f| f.index).collect();
        let projections = parts.ctrs.iter().map(|ctr| &ctr.base.projection);
        let lost = projections.clone().flat_map(|p| &p.floats).map(|(index, _)| index).find(|i| !floats.contains(i));
        if let Some(index) = lost {
            return Err(ModelError::malformed("statistics", format!("there is no numeric feature {index}")));
        }
        let asked = projections.flat_map(|p| p.categories.iter().chain(p.one_hots.iter().map(|(index, _)| index)));
        let mut asked = asked.copied().chain(parts.one_hots.iter().map(|one_hot| one_hot.category));
        match asked.find(|index| !self.categories.contains_key(index)) {
            Some(index) => Err(ModelError::malformed("splits", format!("there is no categorical feature {index}"))),
            None => Ok(()),
        }
    }

    /// Every split as a question about one input; `None` when some splits ask about several, or when the sets of
    /// categories would be too large.
    pub fn exact(&self, parts: &Parts, task: &Task) -> Result<Option<Asks>, ModelError> {
        let singles = parts.ctrs.iter().all(|ctr| ctr.base.projection.single().is_some());
        let known = self.categories.values().filter_map(|c| c.hashes.as_ref()).map(|hashes| hashes.len()).max();
        let words = known.unwrap_or(0).div_ceil(64).saturating_mul(self.uses);
        if !singles || words > MOST_WORDS || known.is_some_and(|known| known >= CATEGORY_LIMIT) {
            return Ok(None);
        }
        let mut statistics: HashMap<usize, (Vec<f32>, f32)> = HashMap::new();
        let ask = |split: Split| match split {
            Split::Float { feature, border } => self.float(parts, feature, border, self.floats.get(feature).copied()),
            Split::OneHot { one_hot, value } => {
                let (category, hash) = one_hot_of(parts, one_hot, value)?;
                let Category { input, hashes } = self.categories.get(&category)?;
                let hashes = hashes.as_deref()?;
                Some(Ask::among(*input, hashes.len(), |code| hashes.get(code) == Some(&hash), false))
            }
            Split::Ctr { ctr: place, border } => {
                let ctr = parts.ctrs.get(place)?;
                let Category { input, hashes } = self.categories.get(&ctr.base.projection.single()?)?;
                let hashes = hashes.as_deref()?;
                let table = parts.tables.get(*self.tables.get(place)?)?;
                let (values, others) = statistics.entry(place).or_insert_with(|| statistic(ctr, table, hashes));
                let yes = |code: usize| values.get(code).is_some_and(|value| *value > border);
                Some(Ask::among(*input, hashes.len(), yes, *others > border))
            }
        };
        self.each_used(parts, ask, task).map(Some)
    }

    /// Every split as a question about computed columns: numbers, the place among single categories, statistics.
    pub fn computed(&self, parts: &Parts, task: &Task) -> Result<Asks, ModelError> {
        let (floats, one_hots) = (parts.floats.len(), parts.one_hots.len());
        let ask = |split: Split| match split {
            Split::Float { feature, border } => self.float(parts, feature, border, Some(feature)),
            Split::OneHot { one_hot, value } => {
                let codes = parts.one_hots.get(one_hot)?.hashes.len();
                Some(Ask::among(floats + one_hot, codes, |code| code == value, false))
            }
            Split::Ctr { ctr, border } => Some(Ask::above(floats + one_hots + ctr, border, false)),
        };
        self.each_used(parts, ask, task)
    }

    fn float(&self, parts: &Parts, feature: usize, border: f32, input: Option<usize>) -> Option<Ask> {
        Some(Ask::above(input?, border, parts.floats.get(feature)?.missing_above))
    }

    fn each_used(
        &self,
        parts: &Parts,
        mut ask: impl FnMut(Split) -> Option<Ask>,
        task: &Task,
    ) -> Result<Asks, ModelError> {
        let lost = || ModelError::malformed("splits", "a split asks about a feature that is not there");
        let mut asks = Vec::with_capacity(self.used.len());
        for (split, used) in parts.splits().into_iter().zip(&self.used) {
            task.check()?;
            asks.push(if *used { Some(ask(split).ok_or_else(lost)?) } else { None });
        }
        Ok(asks)
    }

    /// Which inputs are combined, in words.
    pub fn note(&self, parts: &Parts) -> String {
        let mut combined: Vec<String> = Vec::new();
        for projection in parts.ctrs.iter().map(|ctr| &ctr.base.projection).filter(|p| p.single().is_none()) {
            let categories = projection.categories.iter().chain(projection.one_hots.iter().map(|(index, _)| index));
            let categories = categories.filter_map(|index| self.categories.get(index)).map(|c| c.input);
            let place = |index: &i64| parts.floats.iter().position(|f| f.index == *index);
            let floats = projection.floats.iter().filter_map(|(index, _)| self.floats.get(place(index)?).copied());
            let mut places: Vec<usize> = categories.chain(floats).collect();
            places.sort_unstable();
            places.dedup();
            let names = places.iter().filter_map(|p| self.inputs.get(*p)).map(|i| format!("“{}”", i.name));
            let names = names.collect::<Vec<_>>().join(" with ");
            if !combined.contains(&names) {
                combined.push(names);
            }
        }
        if combined.is_empty() {
            return "The sets of categories are too large to be kept, so exact tree methods do not apply; methods that \
                    ask the model do"
                .to_owned();
        }
        combined.sort_by_key(String::len);
        let more = combined.len().saturating_sub(8);
        combined.truncate(8);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!(
            "Splits use statistics of combined columns ({}{more}), so exact tree methods do not apply; methods that ask \
             the model do. With max_ctr_complexity=1 CatBoost combines none",
            combined.join(", ")
        )
    }
}

/// The feature and the hash of one category.
pub fn one_hot_of(parts: &Parts, one_hot: usize, value: usize) -> Option<(i64, u32)> {
    let one_hot = parts.one_hots.get(one_hot)?;
    Some((one_hot.category, *one_hot.hashes.get(value)?))
}

/// The statistic of each category, and of any other text.
fn statistic(ctr: &Ctr, table: &CtrTable, hashes: &[u32]) -> (Vec<f32>, f32) {
    let values = hashes.iter().map(|hash| table.value(ctr, Some(join(0, element(*hash))))).collect();
    (values, table.value(ctr, None))
}

/// For each statistic, the table that serves it.
fn tables(parts: &Parts) -> Result<Vec<usize>, ModelError> {
    let by_base: HashMap<_, usize> = parts.tables.iter().enumerate().rev().map(|(k, t)| (&t.base, k)).collect();
    let table = |(k, ctr): (usize, &Ctr)| {
        let found = by_base.get(&ctr.base).copied().filter(|t| parts.tables.get(*t).is_some_and(|t| t.serves(ctr)));
        found.ok_or_else(|| {
            let reason = "the file holds no table, or not all classes of the target, for this statistic; save the model \
                          again as .cbm";
            ModelError::malformed(format!("statistic {k}"), reason)
        })
    };
    parts.ctrs.iter().enumerate().map(table).collect()
}

/// Which splits trees use, and how many splits trees have in all.
fn used(parts: &Parts) -> Result<(Vec<bool>, usize), ModelError> {
    let mut used = vec![false; parts.splits().len()];
    let mut uses = 0;
    for (t, tree) in parts.trees.iter().enumerate() {
        let mut own = HashSet::new();
        for node in &tree.nodes {
            let RawNode::Split { split, .. } = *node else { continue };
            let count = used.len();
            let place = used.get_mut(split).ok_or_else(|| {
                let reason = format!("split {split} is used, the model has {count}");
                ModelError::malformed(format!("tree {t}"), reason)
            })?;
            *place = true;
            own.insert(split);
        }
        uses += own.len();
    }
    Ok((used, uses))
}

/// The categorical features of combinations: the texts of one cannot be told from the keys of a combination.
fn hashed(parts: &Parts) -> HashSet<i64> {
    let projections = parts.ctrs.iter().map(|ctr| &ctr.base.projection).filter(|p| p.single().is_none());
    projections.flat_map(|p| p.categories.iter().chain(p.one_hots.iter().map(|(index, _)| index))).copied().collect()
}

/// The hashes that splits and tables of each feature know, in file order.
fn known(parts: &Parts, tables: &[usize]) -> Result<HashMap<i64, Vec<u32>>, ModelError> {
    let mut known: HashMap<i64, (Vec<u32>, HashSet<u32>)> = HashMap::new();
    let mut add = |category: i64, hash: u32| {
        let (list, met) = known.entry(category).or_default();
        if met.insert(hash) {
            list.push(hash);
        }
    };
    for one_hot in &parts.one_hots {
        one_hot.hashes.iter().for_each(|hash| add(one_hot.category, *hash));
    }
    let needed: HashSet<usize> = tables.iter().copied().collect();
    for (k, table) in parts.tables.iter().enumerate().filter(|(k, _)| needed.contains(k)) {
        let Some(category) = table.base.projection.single() else { continue };
        for key in &table.keys {
            let hash = category_of(*key).ok_or_else(|| {
                ModelError::malformed(format!("statistics table {k}"), format!("{key} is the key of no category"))
            })?;
            add(category, hash);
        }
    }
    Ok(known.into_iter().map(|(category, (list, _))| (category, list)).collect())
}

/// Levels when the file names every category, else hashes.
fn kind(known: &[u32], parts: &Parts) -> InputKind {
    let names: Option<Arc<[String]>> = known.iter().map(|hash| parts.names.get(hash).cloned()).collect();
    match names {
        Some(names) if !names.is_empty() => InputKind::Levels(names),
        _ => InputKind::Hashes(known.into()),
    }
}
