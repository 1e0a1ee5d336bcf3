//! The `.json` form.

use crate::base::Task;
use crate::model::ModelError;

use super::super::document::{At, Value, shown};
use super::ctr::{Counts, Ctr, CtrBase, CtrKind, CtrTable, EMPTY_KEY, Projection};
use super::parts::{CategoryFeature, FloatFeature, OneHot, Parts, RawNode, RawTree, Split};
use super::{refuse_texts, settings};

/// Reads a whole document.
pub fn read(document: &At<'_>, task: &Task) -> Result<Parts, ModelError> {
    let features = document.field("features_info")?;
    let mut parts = read_features(&features)?;
    (parts.scale, parts.bias) = scale_and_bias(document)?;
    if let Some(info) = document.optional("model_info") {
        for key in ["params", "class_params"] {
            if let Some(settings) = info.optional(key) {
                settings::read(key, &settings, &mut parts.info);
            }
        }
        let account = info.optional("catboost_version_info");
        parts.info.version = account.and_then(|a| a.text().ok()).map_or_else(String::new, settings::version);
    }
    if let Some(tables) = document.optional("ctr_data") {
        for (name, value) in tables.entries() {
            task.check()?;
            let place = format!("ctr_data, {}", shown(name));
            parts.tables.push(table(name, &At { value, place })?);
        }
    }
    let splits = parts.splits();
    parts.weighted = true;
    let (trees, free) = match document.optional("oblivious_trees") {
        Some(trees) => (trees, false),
        None => (document.field("trees")?, true),
    };
    for tree in trees.items()? {
        task.check()?;
        let tree = if free { nested(&tree, &splits, &mut parts)? } else { oblivious(&tree, &splits, &mut parts)? };
        parts.trees.push(tree);
    }
    parts.outputs = parts.outputs.max(1);
    Ok(parts)
}

fn read_features(features: &At<'_>) -> Result<Parts, ModelError> {
    let mut parts = Parts::default();
    for (key, kind) in [("text_features", "text"), ("embedding_features", "embedding")] {
        if let Some(feature) = list(features, key)?.first() {
            let name = name(feature);
            let name = if name.is_empty() { feature.field("flat_feature_index")?.whole()?.to_string() } else { name };
            return Err(refuse_texts(format!("“{}” is a {kind} feature", shown(&name))));
        }
    }
    for feature in list(features, "float_features")? {
        let above = feature.optional("nan_value_treatment").and_then(|t| t.text().ok()) == Some("AsTrue");
        // Without missing values in training, none of the comparisons holds for one, whatever the treatment says.
        let had_missing = feature.optional("has_nans").is_none_or(|flag| *flag.value != Value::Bool(false));
        parts.floats.push(FloatFeature {
            index: feature.field("feature_index")?.whole()?,
            flat: feature.field("flat_feature_index")?.whole()?,
            name: name(&feature),
            borders: borders(&feature)?,
            missing_above: above && had_missing,
        });
    }
    for feature in list(features, "categorical_features")? {
        let index = feature.field("feature_index")?.whole()?;
        let flat = feature.field("flat_feature_index")?.whole()?;
        parts.categories.push(CategoryFeature { index, flat, name: name(&feature) });
        if let Some(values) = feature.optional("values") {
            let hashes = values.integers()?.iter().map(|v| hash(*v, &values)).collect::<Result<_, _>>()?;
            parts.one_hots.push(OneHot { category: index, hashes });
        }
    }
    for feature in list(features, "ctrs")? {
        parts.ctrs.push(ctr(&feature)?);
    }
    for entry in list(features, "cat_features_hash")? {
        let number = entry.field("hash")?;
        let text = entry.field("value")?.text()?;
        parts.names.insert(hash(number.whole()?, &number)?, text.to_owned());
    }
    Ok(parts)
}

/// The elements of a list that may be absent.
fn list<'d>(above: &At<'d>, key: &str) -> Result<Vec<At<'d>>, ModelError> {
    above.optional(key).map_or(Ok(Vec::new()), |list| Ok(list.items()?.collect()))
}

/// The name of a feature; the two fields differ in which versions write them.
fn name(feature: &At<'_>) -> String {
    let text = |key| feature.optional(key).and_then(|name| name.text().ok()).unwrap_or("");
    let name = text("feature_name");
    if name.is_empty() { text("feature_id") } else { name }.to_owned()
}

fn borders(feature: &At<'_>) -> Result<Vec<f32>, ModelError> {
    feature
        .optional("borders")
        .map_or(Ok(Vec::new()), |borders| Ok(borders.reals()?.iter().map(|b| *b as f32).collect()))
}

/// A hash, which some fields write as a negative number.
fn hash(number: i64, at: &At<'_>) -> Result<u32, ModelError> {
    let signed = i32::try_from(number).map(i32::cast_unsigned);
    signed.or_else(|_large| u32::try_from(number)).map_err(|_error| at.refuse(format!("{number} is no hash")))
}

fn real(at: &At<'_>) -> Result<f64, ModelError> {
    match at.value {
        Value::Real(number) => Ok(*number),
        Value::Integer(number) => Ok(*number as f64),
        _ => Err(at.refuse("expected a number")),
    }
}

fn ctr(feature: &At<'_>) -> Result<Ctr, ModelError> {
    let number = |key| Ok::<f32, ModelError>(real(&feature.field(key)?)? as f32);
    Ok(Ctr {
        base: base(&feature.field("ctr_type")?, &feature.field("elements")?)?,
        target_border: feature.field("target_border_idx")?.count()?,
        prior: number("prior_numerator")?,
        prior_total: number("prior_denomerator")?,
        shift: number("shift")?,
        scale: number("scale")?,
        borders: borders(feature)?,
    })
}

fn base(kind: &At<'_>, elements: &At<'_>) -> Result<CtrBase, ModelError> {
    let name = kind.text()?;
    let kind = CtrKind::of_name(name);
    let kind = kind.ok_or_else(|| elements.refuse(format!("“{}” is no kind of statistic", shown(name))))?;
    let mut projection = Projection::default();
    for element in elements.items()? {
        let what = element.field("combination_element")?;
        match what.text()? {
            "cat_feature_value" => projection.categories.push(element.field("cat_feature_index")?.whole()?),
            "float_feature" => {
                let border = real(&element.field("border")?)? as f32;
                projection.floats.push((element.field("float_feature_index")?.whole()?, border.to_bits()));
            }
            "cat_feature_exact_value" => {
                let value = element.field("value")?;
                projection.one_hots.push((element.field("cat_feature_index")?.whole()?, hash(value.whole()?, &value)?));
            }
            other => return Err(what.refuse(format!("“{}” is no element of a statistic", shown(other)))),
        }
    }
    Ok(CtrBase { kind, projection, division: 0 })
}

/// A table of statistics; its name is itself a document.
fn table(name: &str, table: &At<'_>) -> Result<CtrTable, ModelError> {
    let described = Value::from_json(name.as_bytes()).map_err(|_error| table.refuse("its name is no valid JSON"))?;
    let described = At { value: &described, place: table.place.clone() };
    let base = base(&described.field("type")?, &described.field("identifier")?)?;
    let stride = table.field("hash_stride")?.count()?;
    let denominator = table.field("counter_denominator")?.whole()?;
    let denominator = i32::try_from(denominator).map_err(|_error| table.refuse("the denominator is too large"))?;
    let map = table.field("hash_map")?;
    let cells: &[Value] = match map.value {
        Value::List(cells) => cells,
        Value::Integers(none) if none.is_empty() => &[],
        _ => return Err(map.refuse("expected hashes and counts")),
    };
    let width = stride.checked_sub(1).filter(|width| *width > 0 && cells.len().is_multiple_of(stride));
    let width = width.ok_or_else(|| map.refuse(format!("{} cells are no rows of {stride}", cells.len())))?;
    let fits = match base.kind {
        CtrKind::Borders | CtrKind::Buckets => width >= 2,
        CtrKind::BinarizedTargetMeanValue | CtrKind::FloatTargetMeanValue => width == 2,
        CtrKind::Counter | CtrKind::FeatureFreq => width == 1,
    };
    if !fits {
        return Err(map.refuse(format!("a row of this kind has no {width} counts")));
    }
    let whole = |value: &Value| match value {
        Value::Integer(count) => i32::try_from(*count).ok(),
        _ => None,
    };
    let (mut keys, mut wholes, mut means) = (Vec::new(), Vec::new(), Vec::new());
    for (row, cells) in cells.chunks_exact(stride).enumerate() {
        let bad = || map.refuse(format!("row {row} is no hash with its counts"));
        let (key, counts) = cells.split_first().ok_or_else(bad)?;
        let key = match key {
            Value::Text(text) => text.parse::<u64>().ok(),
            _ => None,
        };
        let key = key.ok_or_else(bad)?;
        keys.push((key, row));
        match counts {
            // What stands in an empty place is left over from other memory.
            _ if key == EMPTY_KEY && base.kind.has_mean() => means.push((0.0, 0)),
            _ if key == EMPTY_KEY => wholes.resize(wholes.len() + width, 0),
            [sum, count] if base.kind.has_mean() => {
                let sum = real(&At { value: sum, place: map.place.clone() })?;
                means.push((sum as f32, whole(count).ok_or_else(bad)?));
            }
            counts => {
                for count in counts {
                    wholes.push(whole(count).ok_or_else(bad)?);
                }
            }
        }
    }
    let counts = if base.kind.has_mean() { Counts::Means(means) } else { Counts::Whole(wholes) };
    CtrTable::new(base, keys.into_iter(), (counts, width, denominator), &table.place)
}

/// `[scale, [bias, …]]`; older versions wrote `[scale, bias]`.
fn scale_and_bias(document: &At<'_>) -> Result<(f64, Vec<f64>), ModelError> {
    let Some(pair) = document.optional("scale_and_bias") else { return Ok((1.0, vec![0.0])) };
    if let Value::List(parts) = pair.value
        && let [scale, bias] = parts.as_slice()
    {
        let at = |value, part: &str| At { value, place: format!("scale_and_bias, {part}") };
        return Ok((real(&at(scale, "scale"))?, at(bias, "bias").reals()?.into_owned()));
    }
    match pair.reals()?.as_ref() {
        [scale, bias] => Ok((*scale, vec![*bias])),
        _ => Err(pair.refuse("expected a scale and a bias")),
    }
}

fn oblivious(tree: &At<'_>, splits: &[Split], parts: &mut Parts) -> Result<RawTree, ModelError> {
    let own = tree.optional("splits").map_or(Ok(Vec::new()), |list| {
        list.items()?.map(|split| question(&split, splits, parts)).collect::<Result<Vec<usize>, ModelError>>()
    })?;
    let values = tree.field("leaf_values")?.reals()?;
    let weights = tree.optional("leaf_weights").map_or(Ok(Vec::new()), |w| w.reals().map(|w| w.into_owned()))?;
    parts.weighted &= !weights.is_empty();
    if parts.outputs == 0 {
        let leaves = u32::try_from(own.len()).ok().and_then(|depth| 1_usize.checked_shl(depth));
        parts.outputs = leaves.map_or(0, |leaves| values.len() / leaves);
    }
    RawTree::oblivious(&own, &values, &weights, parts.outputs).ok_or_else(|| {
        tree.refuse(format!("{} values and {} weights do not fit {} splits", values.len(), weights.len(), own.len()))
    })
}

/// A tree of nodes inside nodes. The reader of documents limits their depth.
fn nested(root: &At<'_>, splits: &[Split], parts: &mut Parts) -> Result<RawTree, ModelError> {
    let mut tree = RawTree { nodes: Vec::new(), values: Vec::new() };
    let mut waiting = vec![(root.clone(), None)];
    while let Some((node, parent)) = waiting.pop() {
        let place = tree.nodes.len();
        if let Some((parent, is_left)) = parent
            && let Some(RawNode::Split { left, right, .. }) = tree.nodes.get_mut(parent)
        {
            *(if is_left { left } else { right }) = place;
        }
        tree.nodes.push(if let Some(split) = node.optional("split") {
            waiting.push((node.field("right")?, Some((place, false))));
            waiting.push((node.field("left")?, Some((place, true))));
            RawNode::Split { split: question(&split, splits, parts)?, left: place, right: place }
        } else {
            let value = node.field("value")?;
            let values = real(&value).map_or_else(|_list| value.reals().map(|v| v.into_owned()), |v| Ok(vec![v]))?;
            if parts.outputs == 0 {
                parts.outputs = values.len();
            }
            if values.len() != parts.outputs || values.is_empty() {
                let reason = format!("the leaf has {} values, expected {}", values.len(), parts.outputs);
                return Err(value.refuse(reason));
            }
            let weight = node.optional("weight").map(|weight| real(&weight)).transpose()?;
            parts.weighted &= weight.is_some();
            let first = tree.values.len();
            tree.values.extend(values);
            RawNode::Leaf { first, weight: weight.unwrap_or(0.0) }
        });
    }
    Ok(tree)
}

/// The place of a split among all splits. What the split says of itself must agree.
fn question(split: &At<'_>, splits: &[Split], parts: &Parts) -> Result<usize, ModelError> {
    let index = split.field("split_index")?.count()?;
    let found = splits.get(index);
    let found = found.ok_or_else(|| split.refuse(format!("split {index} is used, the model has {}", splits.len())))?;
    let agrees = match (split.field("split_type")?.text()?, *found) {
        ("FloatFeature", Split::Float { feature, border }) => {
            let index = split.field("float_feature_index")?.whole()?;
            parts.floats.get(feature).is_some_and(|f| f.index == index) && same(split, border)?
        }
        ("OneHotFeature", Split::OneHot { one_hot, value }) => {
            let (index, wanted) = (split.field("cat_feature_index")?.whole()?, split.field("value")?);
            let wanted = hash(wanted.whole()?, &wanted)?;
            parts.one_hots.get(one_hot).is_some_and(|o| o.category == index && o.hashes.get(value) == Some(&wanted))
        }
        ("OnlineCtr", Split::Ctr { border, .. }) => same(split, border)?,
        _ => false,
    };
    if agrees { Ok(index) } else { Err(split.refuse(format!("it does not agree with split {index} of the features"))) }
}

fn same(split: &At<'_>, border: f32) -> Result<bool, ModelError> {
    Ok((real(&split.field("border")?)? as f32).to_bits() == border.to_bits())
}
