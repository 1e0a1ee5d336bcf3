//! XGBoost's binary format, which versions up to 3.0 write (`save_model("x.model")`, later `"x.deprecated"`).
//!
//! It is a memory image: fixed headers, then nodes of 20 bytes and their statistics of 16. It becomes the document that
//! the same model would be in JSON, so one reader serves all forms. It holds no input names and no categories.

use crate::model::ModelError;

use super::super::document::{At, Value};

/// Starts most files; the library skips it.
const MAGIC: &[u8] = b"binf";
/// Starts what pickles of XGBoost 1.0 to 1.2 keep; the place of the settings follows.
const SERIALISED: &[u8] = b"CONFIG-offset:";
const MODEL_HEADER: usize = 136;
const TREES_HEADER: usize = 160;
const TREE_HEADER: usize = 148;
const NODE: usize = 20;
const STATISTIC: usize = 16;
/// Longest name of an objective or a booster.
const NAME_LIMIT: usize = 64;

/// Whether the bytes begin like a binary model.
pub fn recognises(head: &[u8]) -> bool {
    // No text has a zero byte among its first.
    if head.starts_with(SERIALISED) || (head.starts_with(MAGIC) && head.iter().take(64).any(|b| *b == 0)) {
        return true;
    }
    let mut reader = Reader { bytes: head, at: 0 };
    let names = |reader: &mut Reader<'_>| {
        reader.take(MODEL_HEADER)?;
        let objective = reader.name()?;
        Ok::<bool, ModelError>(objective.contains(':') && is_booster(&reader.name()?))
    };
    names(&mut reader).unwrap_or(false)
}

fn is_booster(name: &str) -> bool {
    matches!(name, "gbtree" | "dart" | "gblinear")
}

/// The model as a document. `names` are the input names that stand beside it in a pickle. Cost O(bytes).
pub fn read(bytes: &[u8], names: Vec<String>) -> Result<Value, ModelError> {
    let mut reader = Reader { bytes, at: 0 };
    if bytes.starts_with(SERIALISED) {
        reader.at = SERIALISED.len();
        let size = reader.count()?;
        let end = reader.at.checked_add(size).filter(|end| *end <= bytes.len());
        let end = end.ok_or_else(|| reader.refuse("the settings begin behind the end of the file"))?;
        reader.bytes = bytes.get(..end).unwrap_or(bytes);
    }
    if reader.rest().starts_with(MAGIC) {
        reader.at += MAGIC.len();
    }
    reader.model(names)
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn refuse(&self, reason: impl Into<String>) -> ModelError {
        ModelError::malformed(format!("byte {}", self.at), reason)
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, size: usize) -> Result<&'b [u8], ModelError> {
        let taken = self.rest().get(..size).ok_or_else(|| self.refuse("the file ends too early"))?;
        self.at += size;
        Ok(taken)
    }

    /// `count` records of `size` bytes; refused before anything is reserved for them.
    fn records(&mut self, count: usize, size: usize) -> Result<std::slice::ChunksExact<'b, u8>, ModelError> {
        let all = count.checked_mul(size).ok_or_else(|| self.refuse(format!("{count} is no count")))?;
        Ok(self.take(all)?.chunks_exact(size))
    }

    fn integer(&mut self) -> Result<i32, ModelError> {
        Ok(integer(self.take(4)?, 0))
    }

    /// A count of 32 bits, of what `what` says.
    fn small(&mut self, what: &str) -> Result<usize, ModelError> {
        let value = self.integer()?;
        usize::try_from(value).map_err(|_error| self.refuse(format!("{value} is no number of {what}")))
    }

    /// A length of 64 bits.
    fn count(&mut self) -> Result<usize, ModelError> {
        let mut word = [0_u8; 8];
        word.copy_from_slice(self.take(8)?);
        let value = u64::from_le_bytes(word);
        usize::try_from(value).map_err(|_error| self.refuse(format!("{value} is no length")))
    }

    fn text(&mut self) -> Result<String, ModelError> {
        let length = self.count()?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn name(&mut self) -> Result<String, ModelError> {
        let start = self.at;
        let name = self.text()?;
        let printable = name.len() <= NAME_LIMIT && name.bytes().all(|b| b.is_ascii_graphic());
        match printable && !name.is_empty() {
            true => Ok(name),
            false => Err(ModelError::malformed(format!("byte {start}"), "no name of an objective or booster")),
        }
    }

    fn reals(&mut self, count: usize) -> Result<Value, ModelError> {
        Ok(Value::Reals(self.records(count, 4)?.map(|bytes| real(bytes, 0)).collect()))
    }

    fn model(&mut self, names: Vec<String>) -> Result<Value, ModelError> {
        let header = self.take(MODEL_HEADER)?;
        let word = |place: usize| i64::from(integer(header, 4 * place));
        let (objective, booster_name) = (self.name()?, self.name()?);
        // Before 1.0 the version stood nowhere: these words were reserved and zero.
        let version = vec![word(5), word(6), 0];
        let targets = if word(5) >= 1 { word(7) } else { 0 };
        let param = table([
            ("base_score", Value::Real(real(header, 0))),
            ("num_feature", Value::Integer(i64::from(integer(header, 4) as u32))),
            ("num_class", Value::Integer(word(2))),
            ("num_target", Value::Integer(targets)),
        ]);
        let booster = match booster_name.as_str() {
            "gblinear" => self.linear()?,
            name if is_booster(name) => self.trees(name)?,
            other => return Err(self.refuse(format!("the booster “{other}” is not known"))),
        };
        let attributes = if word(3) == 0 { Vec::new() } else { self.attributes()? };
        // Versions before 1.0 wrote settings behind the attributes.
        if word(5) >= 1 && !self.rest().is_empty() {
            return Err(self.refuse("something follows the end of the model"));
        }
        let names = Value::List(names.into_iter().map(Value::Text).collect());
        let learner = table([
            ("learner_model_param", param),
            ("objective", described(&attributes, &objective)),
            ("gradient_booster", booster),
            ("attributes", Value::Table(attributes.into_iter().map(|(name, value)| (name.into(), value)).collect())),
            ("feature_names", names),
        ]);
        Ok(table([("version", Value::Integers(version)), ("learner", learner)]))
    }

    fn trees(&mut self, booster: &str) -> Result<Value, ModelError> {
        let start = self.at;
        let header = self.take(TREES_HEADER)?;
        let count = usize::try_from(integer(header, 0))
            .map_err(|_error| ModelError::malformed(format!("byte {start}"), "the number of trees is negative"))?;
        // Up to 1.2 the second word counted roots.
        let parallel = i64::from(integer(header, 4).max(1));
        if count > self.rest().len() / TREE_HEADER {
            return Err(self.refuse(format!("{count} trees are announced, more than the file can hold")));
        }
        let trees = (0..count).map(|_| self.tree()).collect::<Result<Vec<_>, _>>()?;
        let outputs = self.records(count, 4)?.map(|bytes| i64::from(integer(bytes, 0))).collect();
        let mut fields = vec![
            ("gbtree_model_param", table([("num_parallel_tree", Value::Integer(parallel))])),
            ("tree_info", Value::Integers(outputs)),
            ("trees", Value::List(trees)),
        ];
        if booster == "dart" && count > 0 {
            let weights = self.count()?;
            fields.push(("weight_drop", self.reals(weights)?));
        }
        Ok(table([("name", Value::Text(booster.to_owned())), ("model", table(fields))]))
    }

    fn tree(&mut self) -> Result<Value, ModelError> {
        self.integer()?; // roots
        let count = self.small("nodes")?;
        let deleted = self.small("deleted nodes")?;
        self.take(8)?; // depth and inputs
        let width = self.integer()?;
        if !(0..=1).contains(&width) {
            return Err(self.refuse(format!("leaves of {width} values are not supported in this format")));
        }
        self.take(TREE_HEADER - 24)?;
        let nodes = self.records(count, NODE)?;
        let statistics = self.records(count, STATISTIC)?;
        let column = |value: &dyn Fn(&[u8]) -> i64| Value::Integers(nodes.clone().map(value).collect());
        // The highest bit of the input says where missing values go.
        let split = |node: &[u8]| integer(node, 12) as u32;
        Ok(table([
            (
                "tree_param",
                table([
                    ("num_nodes", Value::Integer(count as i64)),
                    ("num_deleted", Value::Integer(deleted as i64)),
                    ("size_leaf_vector", Value::Integer(1)),
                ]),
            ),
            ("left_children", column(&|node| i64::from(integer(node, 4)))),
            ("right_children", column(&|node| i64::from(integer(node, 8)))),
            ("split_indices", column(&|node| i64::from(split(node) & (u32::MAX >> 1)))),
            ("default_left", column(&|node| i64::from(split(node) >> 31))),
            ("split_conditions", Value::Reals(nodes.clone().map(|node| real(node, 16)).collect())),
            ("sum_hessian", Value::Reals(statistics.map(|statistic| real(statistic, 4)).collect())),
        ]))
    }

    fn linear(&mut self) -> Result<Value, ModelError> {
        self.take(MODEL_HEADER)?; // inputs and outputs again, and reserved words
        let count = self.count()?;
        let weights = self.reals(count)?;
        Ok(table([("name", Value::Text("gblinear".to_owned())), ("model", table([("weights", weights)]))]))
    }

    fn attributes(&mut self) -> Result<Vec<(String, Value)>, ModelError> {
        let count = self.count()?;
        let mut all = Vec::new();
        // Every pair takes at least sixteen bytes, so that a false count ends at the end of the file.
        for _ in 0..count {
            let key = self.text()?;
            all.push((key, Value::Text(self.text()?)));
        }
        Ok(all)
    }
}

/// The objective with its settings, which stand in JSON among the attributes; its name alone where they do not.
fn described(attributes: &[(String, Value)], name: &str) -> Value {
    let stored = attributes.iter().find_map(|(key, value)| match value {
        Value::Text(text) if key == "objective" => Value::from_json(text.as_bytes()).ok(),
        _ => None,
    });
    let same = |value: &Value| At::root(value).optional("name").is_some_and(|at| at.text().is_ok_and(|n| n == name));
    stored.filter(same).unwrap_or_else(|| table([("name", Value::Text(name.to_owned()))]))
}

fn integer(bytes: &[u8], place: usize) -> i32 {
    let mut word = [0_u8; 4];
    if let Some(part) = bytes.get(place..place + 4) {
        word.copy_from_slice(part);
    }
    i32::from_le_bytes(word)
}

fn real(bytes: &[u8], place: usize) -> f64 {
    f64::from(f32::from_bits(integer(bytes, place) as u32))
}

fn table(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}
