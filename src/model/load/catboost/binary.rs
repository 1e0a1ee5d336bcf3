//! The `.cbm` form: `CBM1`, the size of the core, the core as one `FlatBuffer`, then a `FlatBuffer` for every table of
//! statistics.

use crate::base::Task;
use crate::model::ModelError;

use super::super::document::{At, Value};
use super::ctr::{Counts, Ctr, CtrBase, CtrKind, CtrTable, Projection};
use super::flat::{Buffer, Table};
use super::parts::{CategoryFeature, FloatFeature, Info, OneHot, Parts, RawNode, RawTree};
use super::{refuse_texts, settings};

/// First bytes of a file.
pub const MAGIC: &[u8] = b"CBM1";
/// The only layout of the core there is; spelled so by the library.
const LAYOUT: &str = "FlabuffersModel_v1";
/// The part that holds tables of statistics.
const TABLES: &str = "static_provider_v1";
/// Marks a split among the places of leaf values.
const NO_LEAF: u32 = u32::MAX;

/// Reads a whole file.
pub fn read(bytes: &[u8], task: &Task) -> Result<Parts, ModelError> {
    let mut stream = Stream { bytes, at: MAGIC.len() };
    let (start, core) = stream.sized("the model core")?;
    let buffer = Buffer::new(core, start);
    let root = buffer.root()?;
    if root.text(0)? != LAYOUT {
        return Err(root.refuse("the core has a layout that is not known"));
    }
    let trees = root.below(1)?.ok_or_else(|| root.refuse("the model has no trees"))?;
    let mut parts = features(&trees)?;
    (parts.scale, parts.bias) = (trees.number(14, 1.0)?, trees.list(16)?);
    if parts.bias.is_empty() {
        parts.bias = vec![trees.number(15, 0.0)?];
    }
    parts.info = info(&root)?;
    read_trees(&trees, &mut parts, task)?;
    for part in root.texts(3)? {
        if part != TABLES {
            let what = format!("the model holds a part “{}”", super::super::document::shown(&part));
            return Err(refuse_texts(what));
        }
        parts.tables = tables(&mut stream, task)?;
    }
    if stream.at < bytes.len() {
        return Err(ModelError::malformed(format!("byte {}", stream.at), "something follows the end of the model"));
    }
    Ok(parts)
}

/// Blocks with their size in front.
struct Stream<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Stream<'b> {
    fn size(&mut self) -> Result<usize, ModelError> {
        let end = self.at.saturating_add(4);
        let size = self.bytes.get(self.at..end).and_then(|part| part.try_into().ok()).map(u32::from_le_bytes);
        let size = size.ok_or_else(|| ModelError::malformed(format!("byte {}", self.at), "the file ends too early"))?;
        self.at = end;
        Ok(size as usize)
    }

    /// The next block and where it starts.
    fn sized(&mut self, what: &str) -> Result<(usize, &'b [u8]), ModelError> {
        let size = self.size()?;
        let start = self.at;
        let block = self.bytes.get(start..start.saturating_add(size));
        let block = block.ok_or_else(|| {
            let reason = format!("{what} of {size} bytes ends beyond the end of the file");
            ModelError::malformed(format!("byte {start}"), reason)
        })?;
        self.at = start + size;
        Ok((start, block))
    }
}

fn features(trees: &Table<'_, '_>) -> Result<Parts, ModelError> {
    let mut parts = Parts::default();
    for (slot, name_slot, kind) in [(12, 2, "text"), (18, 2, "embedding")] {
        if let Some(feature) = trees.tables(slot)?.first() {
            let name = feature.text(name_slot)?;
            let name = if name.is_empty() { feature.number::<i32>(1, -1)?.to_string() } else { name };
            return Err(refuse_texts(format!("“{}” is a {kind} feature", super::super::document::shown(&name))));
        }
    }
    if !trees.tables(13)?.is_empty() {
        return Err(refuse_texts("the model uses features that are estimated from texts or embeddings".to_owned()));
    }
    for feature in trees.tables(5)? {
        // Without missing values in training, none of the comparisons holds for one, whatever the treatment says.
        let above = feature.number::<u8>(0, 0)? != 0 && feature.number::<u8>(5, 0)? == 2;
        parts.floats.push(FloatFeature {
            index: feature.number::<i32>(1, -1)?.into(),
            flat: feature.number::<i32>(2, -1)?.into(),
            borders: feature.list(3)?,
            name: feature.text(4)?,
            missing_above: above,
        });
    }
    for feature in trees.tables(4)? {
        parts.categories.push(CategoryFeature {
            index: feature.number::<i32>(0, -1)?.into(),
            flat: feature.number::<i32>(1, -1)?.into(),
            name: feature.text(2)?,
        });
    }
    for feature in trees.tables(6)? {
        parts.one_hots.push(OneHot { category: feature.number::<i32>(0, -1)?.into(), hashes: feature.list(1)? });
    }
    for feature in trees.tables(7)? {
        parts.ctrs.push(ctr(&feature)?);
    }
    Ok(parts)
}

fn ctr(feature: &Table<'_, '_>) -> Result<Ctr, ModelError> {
    let ctr = feature.below(0)?.ok_or_else(|| feature.refuse("a statistic is not described"))?;
    let target_border = ctr.number::<i32>(1, 0)?;
    Ok(Ctr {
        base: base(&ctr)?,
        target_border: usize::try_from(target_border)
            .map_err(|_error| ctr.refuse(&format!("{target_border} is no border of the target")))?,
        prior: ctr.number(2, 0.0)?,
        prior_total: ctr.number(3, 1.0)?,
        shift: ctr.number(4, 0.0)?,
        scale: ctr.number(5, 1.0)?,
        borders: feature.list(1)?,
    })
}

/// What the first field of `table` says a statistic is counted by.
fn base(table: &Table<'_, '_>) -> Result<CtrBase, ModelError> {
    let base = table.below(0)?.ok_or_else(|| table.refuse("a statistic has no kind"))?;
    let number = base.number::<u8>(1, 0)?;
    let kind = CtrKind::of_number(number);
    let kind = kind.ok_or_else(|| base.refuse(&format!("{number} is no kind of statistic")))?;
    let projection = match base.below(0)? {
        Some(combination) => Projection {
            categories: combination.list::<i32>(0)?.into_iter().map(i64::from).collect(),
            floats: combination.list::<(i32, u32)>(1)?.into_iter().map(|(f, border)| (f.into(), border)).collect(),
            one_hots: combination.list::<(i32, u32)>(2)?.into_iter().map(|(f, hash)| (f.into(), hash)).collect(),
        },
        None => Projection::default(),
    };
    Ok(CtrBase { kind, projection, division: base.number(2, 0)? })
}

fn info(root: &Table<'_, '_>) -> Result<Info, ModelError> {
    let mut info = Info::default();
    for entry in root.tables(2)? {
        let (key, value) = (entry.text(0)?, entry.text(1)?);
        match key.as_str() {
            "params" | "class_params" => {
                let refuse = |error| match error {
                    ModelError::Malformed { place, reason } => ModelError::malformed(format!("{key}, {place}"), reason),
                    other => other,
                };
                let document = Value::from_json(value.as_bytes()).map_err(refuse)?;
                settings::read(&key, &At::root(&document), &mut info);
            }
            "catboost_version_info" => info.version = settings::version(&value),
            _ => {}
        }
    }
    Ok(info)
}

/// Leaf values and weights of the whole model, and how much of them earlier trees have used.
struct Leaves {
    values: Vec<f64>,
    weights: Vec<f64>,
    used: usize,
}

fn read_trees(trees: &Table<'_, '_>, parts: &mut Parts, task: &Task) -> Result<(), ModelError> {
    let outputs = trees.number::<i32>(0, 0)?;
    parts.outputs = usize::try_from(outputs)
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| trees.refuse(&format!("{outputs} is no number of outputs")))?;
    let splits: Vec<u32> = trees.list(1)?;
    let (sizes, starts): (Vec<u32>, Vec<u32>) = (trees.list(2)?, trees.list(3)?);
    if sizes.len() != starts.len() {
        return Err(trees.refuse(&format!("{} trees have sizes, {} have a start", sizes.len(), starts.len())));
    }
    let steps: Vec<(u16, u16)> = trees.list(10)?;
    let ids: Vec<u32> = trees.list(11)?;
    let mut leaves = Leaves { values: trees.list(8)?, weights: trees.list(9)?, used: 0 };
    parts.weighted = leaves.weights.len().checked_mul(parts.outputs) == Some(leaves.values.len());
    if !parts.weighted {
        leaves.weights.clear();
    }
    let mut next = 0;
    task.begin("reading the trees", sizes.len() as u64);
    for (t, (start, size)) in starts.into_iter().zip(sizes).enumerate() {
        let refuse = |reason: &str| ModelError::malformed(format!("tree {t}"), reason);
        if start as usize != next {
            return Err(refuse(&format!("it starts at split {start}, expected {next}")));
        }
        next = next.saturating_add(size as usize);
        let range = start as usize..next;
        let own = splits.get(range.clone()).ok_or_else(|| refuse("its splits lie outside the list of splits"))?;
        let own: Vec<usize> = own.iter().map(|split| *split as usize).collect();
        let tree = if steps.is_empty() {
            oblivious(&own, &mut leaves, parts.outputs)
                .ok_or_else(|| refuse("its leaves lie outside the leaf values"))?
        } else {
            let (steps, ids) = (steps.get(range.clone()), ids.get(range));
            let (steps, ids) = steps.zip(ids).ok_or_else(|| refuse("its nodes lie outside the list of nodes"))?;
            Steps { splits: &own, steps, ids }.tree(&leaves, parts.outputs).map_err(|reason| refuse(&reason))?
        };
        parts.trees.push(tree);
        task.advance(1)?;
    }
    Ok(())
}

fn oblivious(splits: &[usize], leaves: &mut Leaves, outputs: usize) -> Option<RawTree> {
    let count = u32::try_from(splits.len()).ok().and_then(|depth| 1_usize.checked_shl(depth))?;
    let end = leaves.used.checked_add(count)?;
    let values = leaves.values.get(leaves.used.checked_mul(outputs)?..end.checked_mul(outputs)?)?;
    let weights = leaves.weights.get(leaves.used..end).unwrap_or_default();
    leaves.used = end;
    RawTree::oblivious(splits, values, weights, outputs)
}

/// A tree whose nodes say how far their children are: no and yes; 0 is an end.
struct Steps<'t> {
    splits: &'t [usize],
    steps: &'t [(u16, u16)],
    ids: &'t [u32],
}

impl Steps<'_> {
    fn tree(&self, leaves: &Leaves, outputs: usize) -> Result<RawTree, String> {
        let mut tree = RawTree { nodes: Vec::with_capacity(self.steps.len()), values: Vec::new() };
        let all = self.splits.iter().zip(self.steps);
        for (node, (split, (no, yes))) in all.enumerate() {
            tree.nodes.push(if (*no, *yes) == (0, 0) {
                self.leaf(node, &mut tree.values, leaves, outputs)?
            } else {
                RawNode::Split { split: *split, left: node + usize::from(*no), right: node + usize::from(*yes) }
            });
        }
        // A node with one child ends on its other side with a value of its own.
        for node in 0..self.steps.len() {
            let place = tree.nodes.len();
            if let Some(RawNode::Split { split, left, right }) = tree.nodes.get(node).copied()
                && (left == node || right == node)
            {
                let end = self.leaf(node, &mut tree.values, leaves, outputs)?;
                tree.nodes.push(end);
                let (left, right) = if left == node { (place, right) } else { (left, place) };
                if let Some(own) = tree.nodes.get_mut(node) {
                    *own = RawNode::Split { split, left, right };
                }
            }
        }
        Ok(tree)
    }

    fn leaf(&self, node: usize, own: &mut Vec<f64>, leaves: &Leaves, outputs: usize) -> Result<RawNode, String> {
        let id = self.ids.get(node).copied().unwrap_or(NO_LEAF);
        let first = id as usize;
        let values = leaves.values.get(first..first.saturating_add(outputs)).filter(|_| id != NO_LEAF);
        let values = values.ok_or_else(|| format!("node {node} is an end without values"))?;
        // Every end of a sound model has values of its own.
        if own.len() >= leaves.values.len() {
            return Err(format!("node {node} shares its values with other ends"));
        }
        let weight = leaves.weights.get(first / outputs).copied().unwrap_or(0.0);
        let leaf = RawNode::Leaf { first: own.len(), weight };
        own.extend(values);
        Ok(leaf)
    }
}

fn tables(stream: &mut Stream<'_>, task: &Task) -> Result<Vec<CtrTable>, ModelError> {
    let count = stream.size()?;
    let mut tables = Vec::new();
    for k in 0..count {
        task.check()?;
        let (start, block) = stream.sized("a table of statistics")?;
        let buffer = Buffer::new(block, start);
        let root = buffer.root()?;
        let base = base(&root)?;
        let places: Vec<(u64, u32)> = root.packed(1)?;
        let counts = match base.kind.has_mean() {
            true => Counts::Means(root.packed::<(f32, i32)>(2)?),
            false => Counts::Whole(root.packed(2)?),
        };
        let classes = root.number::<i32>(4, 0)?;
        let classes =
            usize::try_from(classes).map_err(|_error| root.refuse("a table has a negative number of classes"))?;
        let places = places.into_iter().map(|(key, row)| (key, row as usize));
        let about = (counts, classes, root.number(3, 0)?);
        tables.push(CtrTable::new(base, places, about, &format!("statistics table {k}, byte {start}"))?);
    }
    Ok(tables)
}
