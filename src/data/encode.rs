//! From table columns to a model's inputs: columns are matched by name and type, categories by the model's own levels.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::text::counted;
use crate::base::{Cancelled, RowId, Task};
use crate::num::{Matrix, parallel};

use super::coding::Coding;
use super::column::Values;
use super::dataset::{Dataset, Role};
use super::error::DataError;

/// One input a model wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The column's name as the model stores it.
    pub name: String,
    /// What values it takes.
    pub kind: InputKind,
}

/// What values an input takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// Any number.
    Number,
    /// Levels stored by the model: value `k` of the input means `levels[k]`.
    Levels(Arc<[String]>),
    /// Levels stored by a model that has a score for all others, too: value `k` means `levels[k]`, and `levels.len()` is any
    /// level it has never seen.
    OpenLevels(Arc<[String]>),
    /// Category codes whose levels the model file does not hold; the table must bring the codes as whole numbers.
    Codes,
    /// Texts of which the model file holds only hashes ([`category_hash`](crate::base::category_hash)): value `k` of the
    /// input means a text with the hash `hashes[k]`, `hashes.len()` any other text.
    Hashes(Arc<[u32]>),
    /// Texts by their hash, which is itself the value of the input.
    Hash,
}

/// What all categories are called that a model has never seen.
pub const NEVER_SEEN: &str = "levels never seen";

impl InputKind {
    /// What it takes, in words: `number`, `4 levels`.
    pub fn words(&self) -> String {
        match self {
            Self::Number => "number".to_owned(),
            Self::Levels(levels) | Self::OpenLevels(levels) => counted(levels.len(), "level"),
            Self::Codes => "category codes".to_owned(),
            Self::Hashes(hashes) => format!("categories, {} known by hash", hashes.len()),
            Self::Hash => "categories by hash".to_owned(),
        }
    }

    /// The category that a value means, in words; a number for kinds that hold no names.
    pub fn category(&self, value: f64) -> String {
        // A negative value or NaN becomes code 0; such values are not asked for.
        match self {
            Self::Levels(levels) => levels.get(value as usize).cloned().unwrap_or_else(|| value.to_string()),
            Self::OpenLevels(levels) => levels.get(value as usize).cloned().unwrap_or_else(|| NEVER_SEEN.to_owned()),
            Self::Hashes(hashes) => {
                hashes.get(value as usize).map_or_else(|| NEVER_SEEN.to_owned(), |hash| format!("hash {hash}"))
            }
            Self::Hash => format!("hash {value}"),
            Self::Number | Self::Codes => value.to_string(),
        }
    }
}

/// How the columns of one table feed the inputs of one model.
#[derive(Clone, Debug)]
pub struct Link {
    /// For each input, its column in the table.
    pub columns: Vec<usize>,
    /// For each input, how cells become numbers.
    codings: Vec<Coding>,
    /// What the reader of a result should know: matched by similar names, extra columns, unseen levels.
    pub warnings: Vec<String>,
}

impl Link {
    /// The number that row `i` of `values` becomes for `input`; `values` has the type of the input's column, and at least
    /// its levels. NaN when missing or never seen.
    pub fn number(&self, input: usize, values: &Values, i: usize) -> f64 {
        self.codings.get(input).map_or(f64::NAN, |coding| coding.value(values, i))
    }
}

/// A model's inputs for some rows.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Shape (rows, inputs).
    pub matrix: Matrix,
    /// The table row of each matrix row.
    pub rows: Arc<[RowId]>,
}

/// Most names written out in one sentence.
const SHOWN: usize = 8;

/// Matches the columns of `data` to `inputs`: by name, else by name without spaces and underscores told apart, else
/// (when the model stores no names at all) by position. Refuses with the complete list of what is missing or of the
/// wrong type; columns the model does not use are no error. Cost O(inputs + columns + cells of text columns).
pub fn link(inputs: &[Input], data: &Dataset) -> Result<Link, DataError> {
    link_by(inputs, data, |input, place, warnings| match data.columns().get(place) {
        Some(column) => Coding::of(input, column, warnings),
        None => Ok(Coding::AsIs),
    })
}

/// As [`link`], for a table of which `data` holds only names and roles: `coding` finds out how the cells of a column
/// become numbers.
pub(super) fn link_by(
    inputs: &[Input],
    data: &Dataset,
    mut coding: impl FnMut(&Input, usize, &mut Vec<String>) -> Result<Coding, String>,
) -> Result<Link, DataError> {
    let mut link = Link { columns: Vec::new(), codings: Vec::new(), warnings: Vec::new() };
    let places = match by_position(inputs, data) {
        Some(places) => {
            link.warnings.push(format!(
                "The model stores no column names; its {} were matched to the feature columns in table order",
                counted(inputs.len(), "input")
            ));
            places.into_iter().map(Some).collect()
        }
        None => by_name(inputs, data, &mut link.warnings),
    };
    let (mut faults, mut absent) = (Vec::new(), Vec::new());
    for (input, place) in inputs.iter().zip(places) {
        let Some(place) = place else {
            absent.push(input.name.as_str());
            continue;
        };
        match coding(input, place, &mut link.warnings) {
            Ok(coding) => {
                link.columns.push(place);
                link.codings.push(coding);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if !absent.is_empty() {
        faults.insert(0, absent_columns(&absent, inputs, data));
    }
    if !faults.is_empty() {
        return Err(DataError::Mismatch(faults));
    }
    remark(&mut link, data);
    Ok(link)
}

/// Columns by position, when no name of the model says anything: `f0`, `Column_0`, `0` … for input 0 and so on, and
/// the table has exactly as many feature columns.
fn by_position(inputs: &[Input], data: &Dataset) -> Option<Vec<usize>> {
    let nameless = |k: usize, name: &str| {
        let digits = name.strip_prefix("Column_").or_else(|| name.strip_prefix('f')).unwrap_or(name);
        digits.parse() == Ok(k)
    };
    let all_nameless = !inputs.is_empty() && inputs.iter().enumerate().all(|(k, i)| nameless(k, &i.name));
    if !all_nameless || inputs.iter().any(|i| data.find(&i.name).is_some()) {
        return None;
    }
    let features = data.roles().iter().enumerate().filter(|(_, r)| matches!(r, Role::Feature | Role::Protected));
    let places: Vec<usize> = features.map(|(k, _)| k).collect();
    (places.len() == inputs.len()).then_some(places)
}

fn by_name(inputs: &[Input], data: &Dataset, warnings: &mut Vec<String>) -> Vec<Option<usize>> {
    let mut exact: HashMap<&str, usize> = HashMap::with_capacity(data.columns().len());
    // Names that become equal when made plain are ambiguous and match nothing.
    let mut plain: HashMap<String, Option<usize>> = HashMap::with_capacity(data.columns().len());
    for (k, column) in data.columns().iter().enumerate() {
        exact.entry(&column.name).or_insert(k);
        plain.entry(plain_name(&column.name)).and_modify(|place| *place = None).or_insert(Some(k));
    }
    let mut similar = Vec::new();
    let places = inputs
        .iter()
        .map(|input| {
            exact.get(input.name.as_str()).copied().or_else(|| {
                let found = plain.get(&plain_name(&input.name)).copied().flatten()?;
                let column = data.columns().get(found)?;
                similar.push(format!("“{}” for “{}”", column.name, input.name));
                Some(found)
            })
        })
        .collect();
    if !similar.is_empty() {
        warnings.push(format!("Columns were matched by similar names: {}", shown(&similar)));
    }
    places
}

/// LightGBM writes spaces as underscores, XGBoost allows no brackets and no “<”: all of these become `_`.
fn plain_name(name: &str) -> String {
    let mark = |c: char| if c.is_whitespace() || "[]<>{}\",:".contains(c) { '_' } else { c };
    name.trim().chars().map(mark).collect()
}

fn absent_columns(absent: &[&str], inputs: &[Input], data: &Dataset) -> String {
    let wanted: HashSet<&str> = inputs.iter().map(|i| i.name.as_str()).collect();
    let spare: Vec<String> = data
        .columns()
        .iter()
        .zip(data.roles())
        .filter(|(c, role)| **role == Role::Feature && !wanted.contains(&*c.name))
        .map(|(c, _)| format!("“{}”", c.name))
        .collect();
    let unused = if spare.is_empty() { String::new() } else { format!(" (unused in the table: {})", shown(&spare)) };
    let absent: Vec<String> = absent.iter().map(|name| format!("“{name}”")).collect();
    format!("missing {}{unused}", shown(&absent))
}

fn shown(names: &[String]) -> String {
    let list = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{list} and {} more", names.len() - SHOWN) } else { list }
}

/// What is worth knowing about a complete link: unused feature columns, a target or weight among the inputs.
fn remark(link: &mut Link, data: &Dataset) {
    let used: HashSet<usize> = link.columns.iter().copied().collect();
    let mut unused = Vec::new();
    for (k, (column, role)) in data.columns().iter().zip(data.roles()).enumerate() {
        match (used.contains(&k), role) {
            (false, Role::Feature) => unused.push(format!("“{}”", column.name)),
            (true, Role::Target) => {
                link.warnings.push(format!("“{}” has the role Target and is also an input of the model", column.name));
            }
            _ => {}
        }
    }
    if !unused.is_empty() {
        let what = counted(unused.len(), "column");
        link.warnings.push(format!("{what} of the table not used by the model: {}", shown(&unused)));
    }
}

/// Encodes `rows` of `data` through `link`, in parallel; rows out of range are missing throughout.
/// Cost O(rows · inputs).
pub fn encode(link: &Link, data: &Dataset, rows: &[RowId]) -> Encoded {
    encode_watched(link, data, rows, &Task::silent()).expect("nobody can cancel a silent task")
}

/// As [`encode`], for many rows: ends early once `task` is cancelled.
pub fn encode_watched(link: &Link, data: &Dataset, rows: &[RowId], task: &Task) -> Result<Encoded, Cancelled> {
    let width = link.columns.len();
    let mut values = vec![f64::NAN; rows.len() * width];
    let fill = |first: usize, block: &mut [f64]| {
        for (k, out) in block.chunks_exact_mut(width.max(1)).enumerate() {
            if let Some(row) = rows.get(first + k) {
                fill_row(link, data, *row, out);
            }
        }
    };
    parallel::fill_rows(&mut values, width, task, fill)?;
    let matrix = Matrix::new(values, rows.len(), width).expect("the buffer was sized for this shape");
    Ok(Encoded { matrix, rows: rows.into() })
}

/// The inputs of one row.
pub fn encode_row(link: &Link, data: &Dataset, row: RowId) -> Vec<f64> {
    let mut values = vec![f64::NAN; link.columns.len()];
    fill_row(link, data, row, &mut values);
    values
}

fn fill_row(link: &Link, data: &Dataset, row: RowId, out: &mut [f64]) {
    for ((place, coding), value) in link.columns.iter().zip(&link.codings).zip(out) {
        if let Some(column) = data.columns().get(*place) {
            *value = coding.value(&column.values, row.index());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::category_hash;
    use crate::data::build::table;

    fn input(name: &str, kind: InputKind) -> Input {
        Input { name: name.to_owned(), kind }
    }

    fn levels(names: &[&str]) -> InputKind {
        InputKind::Levels(names.iter().map(|n| (*n).to_owned()).collect())
    }

    fn encoded(inputs: &[Input], data: &Dataset) -> Vec<f64> {
        let link = link(inputs, data).expect("the table fits");
        let rows: Vec<RowId> = (0..data.row_count() as u32).map(RowId).collect();
        let matrix = encode(&link, data, &rows).matrix;
        for row in &rows {
            let one = encode_row(&link, data, *row);
            assert!(one.iter().zip(matrix.row(row.index())).all(|(a, b)| a.total_cmp(b).is_eq()));
        }
        matrix.values().iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect()
    }

    #[test]
    fn every_pair_of_types_that_has_a_meaning_is_encoded() {
        let data = table(&[("n", "3 1 NA"), ("c", "b a b"), ("f", "yes no NA"), ("codes", "007 001 007")]);
        assert_eq!(encoded(&[input("n", InputKind::Number)], &data), [3.0, 1.0, -1.0]);
        assert_eq!(encoded(&[input("c", levels(&["a", "b"]))], &data), [1.0, 0.0, 1.0]);
        assert_eq!(encoded(&[input("f", levels(&["False", "True"]))], &data), [1.0, 0.0, -1.0]);
        assert_eq!(encoded(&[input("f", levels(&["yes", "no"]))], &data), [0.0, 1.0, -1.0]);
        assert_eq!(encoded(&[input("n", levels(&["1.0", "2.0", "3.0"]))], &data), [2.0, 0.0, -1.0]);
        assert_eq!(encoded(&[input("f", InputKind::Number)], &data), [1.0, 0.0, -1.0]);
        assert_eq!(encoded(&[input("codes", InputKind::Number)], &data), [7.0, 1.0, 7.0]);
        assert_eq!(encoded(&[input("codes", InputKind::Codes)], &data), [7.0, 1.0, 7.0]);
    }

    #[test]
    fn texts_meet_the_hashes_a_model_knows() {
        let data = table(&[("c", "b a NA"), ("n", "7 -1 NA"), ("f", "yes no NA"), ("t", "a b c d e f g h")]);
        let hashes = |texts: &[&str]| InputKind::Hashes(texts.iter().map(|text| category_hash(text)).collect());
        assert_eq!(encoded(&[input("c", hashes(&["a", "x"]))], &data)[..3], [2.0, 0.0, -1.0]);
        assert_eq!(encoded(&[input("n", hashes(&["-1", "7"]))], &data)[..3], [1.0, 0.0, -1.0]);
        assert_eq!(encoded(&[input("f", hashes(&["Yes", "No"]))], &data)[..3], [0.0, 1.0, -1.0]);
        assert_eq!(encoded(&[input("t", hashes(&["h", "b"]))], &data), [2.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.0]);
        let hash = |text: &str| f64::from(category_hash(text));
        assert_eq!(encoded(&[input("t", InputKind::Hash)], &data)[..2], [hash("a"), hash("b")]);
        assert_eq!(encoded(&[input("f", InputKind::Hash)], &data)[..2], [hash("1"), hash("0")]);
        let link = link(&[input("c", hashes(&["a"]))], &data).expect("texts fit hashes");
        assert!(link.warnings.iter().any(|w| w.contains("never seen: “b”")), "{:?}", link.warnings);
        let fractions = table(&[("x", "0.5 1")]);
        assert!(super::link(&[input("x", InputKind::Hash)], &fractions).is_err());
    }

    #[test]
    fn free_text_is_matched_to_levels_too() {
        let data = table(&[("t", "a b c d e f g h")]);
        assert_eq!(encoded(&[input("t", levels(&["h", "a"]))], &data)[..2], [1.0, -1.0]);
        let link = link(&[input("t", levels(&["h", "a"]))], &data).expect("text fits levels");
        assert!(link.warnings.iter().any(|w| w.contains("never seen") && w.contains("“b”")), "{:?}", link.warnings);
    }

    #[test]
    fn a_level_never_seen_has_a_value_of_its_own_where_the_model_scores_it() {
        let open = |names: &[&str]| InputKind::OpenLevels(names.iter().map(|n| (*n).to_owned()).collect());
        let data = table(&[("c", "b a z NA"), ("n", "3 1 NA 7")]);
        assert_eq!(encoded(&[input("c", open(&["a", "b"]))], &data), [1.0, 0.0, 2.0, -1.0]);
        assert_eq!(encoded(&[input("n", open(&["1", "3"]))], &data), [1.0, 0.0, -1.0, 2.0]);
        let link = link(&[input("c", open(&["a", "b"]))], &data).expect("the levels fit");
        assert!(link.warnings[0].contains("scored as the model scores unknown levels: “z”"), "{:?}", link.warnings);
    }

    #[test]
    fn names_with_underscores_for_spaces_are_matched_and_said() {
        let data = table(&[("mean radius", "1 2"), ("x", "3 4")]);
        let link = link(&[input("mean_radius", InputKind::Number)], &data).expect("the names are alike");
        assert_eq!(link.columns, [0]);
        assert!(link.warnings[0].contains("similar names") && link.warnings[1].contains("not used"));
    }

    #[test]
    fn nameless_inputs_are_matched_by_position_only_when_counts_agree() {
        let data = table(&[("a", "1 2"), ("b", "3 4")]);
        let inputs = [input("f0", InputKind::Number), input("f1", InputKind::Number)];
        assert_eq!(link(&inputs, &data).map(|l| l.columns).ok(), Some(vec![0, 1]));
        assert!(link(&inputs[..1], &data).is_err());
    }

    #[test]
    fn a_refusal_names_everything_at_once() {
        let data = table(&[("c", "a b"), ("d", "2024-01-01 2024-01-02")]);
        let wanted = ["c", "d", "missing one"].map(|n| input(n, InputKind::Number));
        let Err(DataError::Mismatch(faults)) = link(&wanted, &data) else { panic!("nothing fits") };
        assert_eq!(faults.len(), 3);
        assert!(faults[0].contains("“missing one”") && faults[1].contains("“c”") && faults[2].contains("date"));
    }
}
