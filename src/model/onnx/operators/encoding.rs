//! Tables from one value to another: label encoders, category mappers, one-hot encoders.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::model::ModelError;

use super::super::graph::Run;
use super::super::spec::NodeSpec;
use super::super::tensor::{Data, Kind, Tensor, elements};
use super::conversion::to_i64;
use super::{Family, ML, Operator, need};

/// The operators of this file.
pub static FAMILY: Family = Family { domain: ML, names: &["LabelEncoder", "CategoryMapper", "OneHotEncoder"], build };

/// A value that is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Whole(i64),
    Text(Arc<str>),
    /// The bits of a number; zero has one sign, a missing value one form.
    Real(u64),
}

/// From keys to values; the value behind the last belongs to keys that are not there.
#[derive(Debug)]
struct Table {
    places: HashMap<Key, usize>,
    values: Data,
    texts: Vec<Arc<str>>,
    codes: Vec<i64>,
    /// Whether a missing number can be a key.
    missing: bool,
}

#[derive(Debug)]
enum Encoding {
    /// One table, or one for each kind of input.
    Tables(Vec<Table>),
    OneHot {
        places: HashMap<Key, usize>,
        count: usize,
        texts: Vec<Arc<str>>,
        codes: Vec<i64>,
        strict: bool,
    },
}

fn build(node: &NodeSpec) -> Result<Box<dyn Operator>, ModelError> {
    Ok(Box::new(match node.operator.as_str() {
        "OneHotEncoder" => one_hot(node)?,
        "LabelEncoder" if node.opset >= 2 => Encoding::Tables(vec![label_table(node)?]),
        "LabelEncoder" => {
            let classes = shared(node.texts("classes_strings")?);
            let codes = (0_i64..).take(classes.len()).collect();
            both_ways(node, classes, codes)?
        }
        _ => {
            let (texts, codes) = (shared(node.texts("cats_strings")?), node.ints("cats_int64s")?.to_vec());
            both_ways(node, texts, codes)?
        }
    }))
}

fn shared(texts: &[String]) -> Vec<Arc<str>> {
    texts.iter().map(|t| Arc::from(t.as_str())).collect()
}

fn whole_default(node: &NodeSpec) -> Result<i64, ModelError> {
    Ok(node.int("default_int64")?.unwrap_or(-1))
}

fn text_default(node: &NodeSpec) -> Result<Arc<str>, ModelError> {
    Ok(Arc::from(if node.has("default_string") { node.text("default_string")? } else { "_Unused" }))
}

/// Tables from texts to codes and from codes to texts.
fn both_ways(node: &NodeSpec, texts: Vec<Arc<str>>, codes: Vec<i64>) -> Result<Encoding, ModelError> {
    if texts.len() != codes.len() {
        return Err(node.refuse(format!("{} texts do not fit {} codes", texts.len(), codes.len())));
    }
    let with_default = |mut all: Vec<i64>, last: i64| {
        all.push(last);
        Data::I64(all)
    };
    let mut named = texts.clone();
    named.push(text_default(node)?);
    let to_codes = Table {
        places: index(&Data::Text(texts.clone()), false),
        values: with_default(codes.clone(), whole_default(node)?),
        texts,
        codes: Vec::new(),
        missing: false,
    };
    let to_texts = Table {
        places: index(&Data::I64(codes), false),
        values: Data::Text(named),
        texts: Vec::new(),
        codes: Vec::new(),
        missing: false,
    };
    Ok(Encoding::Tables(vec![to_codes, to_texts]))
}

fn label_table(node: &NodeSpec) -> Result<Table, ModelError> {
    let list = |part: &str| -> Result<Data, ModelError> {
        let named = |kind: &str| format!("{part}_{kind}");
        if let Some(tensor) = node.tensor(&named("tensor"))? {
            return Ok(tensor.data.clone());
        }
        if node.has(&named("strings")) {
            return Ok(Data::Text(shared(node.texts(&named("strings"))?)));
        }
        if node.has(&named("int64s")) {
            return Ok(Data::I64(node.ints(&named("int64s"))?.to_vec()));
        }
        Ok(Data::F32(node.floats(&named("floats"))?.to_vec()))
    };
    let (keys, mut values) = (list("keys")?, list("values")?);
    if keys.len() != values.len() {
        return Err(node.refuse(format!("{} keys do not fit {} values", keys.len(), values.len())));
    }
    let default = node.tensor("default_tensor")?.map(|t| &t.data);
    match (&mut values, default) {
        (Data::Text(v), Some(Data::Text(d))) => v.extend(d.first().cloned()),
        (Data::I64(v), Some(Data::I64(d))) => v.extend(d.first()),
        (Data::F32(v), Some(Data::F32(d))) => v.extend(d.first()),
        (Data::F64(v), Some(Data::F64(d))) => v.extend(d.first()),
        (Data::Text(v), _) => v.push(text_default(node)?),
        (Data::I64(v), _) => v.push(whole_default(node)?),
        (Data::F32(v), _) => v.push(node.float("default_float")?.unwrap_or(-0.0)),
        (Data::F64(v), _) => v.push(f64::from(node.float("default_float")?.unwrap_or(-0.0))),
        _ => return Err(node.unsupported("values of this type")),
    }
    if values.len() != keys.len() + 1 {
        return Err(node.refuse("the value for all other keys is missing"));
    }
    let missing = node.opset >= 4;
    let (texts, codes) = match &keys {
        Data::Text(v) => (v.clone(), Vec::new()),
        Data::I64(v) => (Vec::new(), v.clone()),
        _ => (Vec::new(), Vec::new()),
    };
    Ok(Table { places: index(&keys, missing), values, texts, codes, missing })
}

fn one_hot(node: &NodeSpec) -> Result<Encoding, ModelError> {
    let (texts, codes) = (shared(node.texts("cats_strings")?), node.ints("cats_int64s")?);
    let cats = if codes.is_empty() { Data::Text(texts.clone()) } else { Data::I64(codes.to_vec()) };
    if cats.is_empty() || (!codes.is_empty() && !texts.is_empty()) {
        return Err(node.refuse("it must have either cats_int64s or cats_strings"));
    }
    // Of categories named twice the last counts, as in onnxruntime.
    let places = keys(&cats, false).into_iter().enumerate().filter_map(|(i, key)| Some((key?, i))).collect();
    Ok(Encoding::OneHot {
        places,
        count: cats.len(),
        texts,
        codes: codes.to_vec(),
        strict: node.int("zeros")? == Some(0),
    })
}

/// The place of every element among the keys.
fn look_up(data: &Data, places: &HashMap<Key, usize>, missing: bool) -> Vec<Option<usize>> {
    keys(data, missing).into_iter().map(|key| key.and_then(|key| places.get(&key).copied())).collect()
}

/// The places of keys; of keys named twice the first counts.
fn index(all: &Data, missing: bool) -> HashMap<Key, usize> {
    let mut places = HashMap::new();
    for (i, key) in keys(all, missing).into_iter().enumerate() {
        if let Some(key) = key {
            places.entry(key).or_insert(i);
        }
    }
    places
}

/// Elements as keys; `None` for a missing number unless it may be one.
fn keys(data: &Data, missing: bool) -> Vec<Option<Key>> {
    let real = |x: f64| match x.is_nan() {
        true => missing.then_some(Key::Real(u64::MAX)),
        false => Some(Key::Real((x + 0.0).to_bits())),
    };
    match data {
        Data::Text(v) => v.iter().map(|t| Some(Key::Text(Arc::clone(t)))).collect(),
        Data::I64(v) => v.iter().map(|i| Some(Key::Whole(*i))).collect(),
        Data::I32(v) => v.iter().map(|i| Some(Key::Whole(i64::from(*i)))).collect(),
        Data::U8(v) => v.iter().map(|i| Some(Key::Whole(i64::from(*i)))).collect(),
        Data::Bool(v) => v.iter().map(|i| Some(Key::Whole(i64::from(*i)))).collect(),
        Data::F32(v) => v.iter().map(|x| real(f64::from(*x))).collect(),
        Data::F64(v) => v.iter().map(|x| real(*x)).collect(),
        // Nothing is looked up in 16 bits.
        Data::F16(v) | Data::BF16(v) => vec![None; v.len()],
    }
}

impl Operator for Encoding {
    fn run(&self, inputs: &[Option<&Tensor>], run: &Run) -> Result<Vec<Tensor>, String> {
        let x = need(inputs, 0)?;
        match self {
            Self::Tables(tables) => {
                // With two tables the kind of the input tells which.
                let table = tables.get(usize::from(tables.len() > 1 && x.kind() != Kind::Text));
                let table = table.ok_or("the table is missing")?;
                let other = table.values.len().saturating_sub(1);
                let places = look_up(&x.data, &table.places, table.missing);
                let places: Vec<usize> = places.into_iter().map(|place| place.unwrap_or(other)).collect();
                Ok(vec![Tensor::new(x.shape.clone(), table.values.pick(&places))?])
            }
            Self::OneHot { places, count, strict, .. } => {
                let mut shape = x.shape.clone();
                shape.push(*count);
                let size = elements(&shape)?;
                run.charge(size)?;
                let mut hot = vec![0.0_f32; size];
                let cut = match &x.data {
                    Data::F32(v) => Cow::Owned(Data::I64(v.iter().map(|x| to_i64(f64::from(*x))).collect())),
                    Data::F64(v) => Cow::Owned(Data::I64(v.iter().map(|x| to_i64(*x)).collect())),
                    other => Cow::Borrowed(other),
                };
                for (row, place) in hot.chunks_mut((*count).max(1)).zip(look_up(&cut, places, false)) {
                    match place.and_then(|place| row.get_mut(place)) {
                        Some(one) => *one = 1.0,
                        None if *strict => return Err("a category is not known".to_owned()),
                        None => {}
                    }
                }
                Ok(vec![Tensor::new(shape, Data::F32(hot))?])
            }
        }
    }

    fn texts(&self) -> &[Arc<str>] {
        match self {
            Self::Tables(tables) => tables.first().map_or(&[], |t| &t.texts),
            Self::OneHot { texts, .. } => texts,
        }
    }

    fn codes(&self) -> &[i64] {
        match self {
            Self::Tables(tables) => tables.first().map_or(&[], |t| &t.codes),
            Self::OneHot { codes, .. } => codes,
        }
    }
}
