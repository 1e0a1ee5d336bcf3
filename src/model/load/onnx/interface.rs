//! Between rows of numbers and the inputs of a graph.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::data::{Input, InputKind};
use crate::model::ModelError;
use crate::model::onnx::{Data, Graph, GraphSpec, Kind, Tensor, ValueSpec, bf16_of_f32, f16_of_f32};
use crate::num::MatrixView;

use super::proto::shown;

/// One input of the graph and the columns that make it up.
#[derive(Clone, Debug)]
pub struct Port {
    /// The input's name.
    pub name: String,
    /// Kind of its elements.
    pub kind: Kind,
    /// Its columns among those of a row.
    pub columns: Range<usize>,
    /// Whether it is a list, not a matrix of one column.
    list: bool,
    /// For texts, the levels of each column.
    levels: Vec<Arc<[String]>>,
    /// The same as the graph wants them, and behind them a text that is none of them.
    texts: Vec<Vec<Arc<str>>>,
}

/// Columns that all inputs together may have.
const WIDEST: usize = 1 << 20;
/// Stands for a text that no operator knows; changed until it is none of the levels.
const OTHER: &str = "\u{fffd}";

/// The ports of a graph and how many rows it takes at a time (`None`: any number).
pub fn ports(spec: &GraphSpec) -> Result<(Vec<Port>, Option<usize>), ModelError> {
    let stored: BTreeSet<&str> = spec.constants.iter().map(|(name, _)| name.as_str()).collect();
    let (mut all, mut rows, mut first) = (Vec::new(), None, 0);
    for value in spec.inputs.iter().filter(|v| !stored.contains(v.name.as_str())) {
        let unsupported = |what: &str| {
            ModelError::Unsupported {
            what: format!("the input “{}” {what}", shown(&value.name)),
            hint:
                "Export with one input of shape [rows, columns], or with one of shape [rows, 1] for each column: \
                   initial_types=[(\"X\", FloatTensorType([None, d]))] in skl2onnx, dynamic_axes={\"x\": {0: \"n\"}} in PyTorch"
                    .to_owned(),
        }
        };
        if value.dims.len() > 2 {
            return Err(ModelError::Unsupported {
                what: format!(
                    "the input “{}” has {} axes, as images, texts and series have; Candor explains tables",
                    shown(&value.name),
                    value.dims.len()
                ),
                hint: "Models open whose inputs are [rows, columns], or [rows, 1] for each column".to_owned(),
            });
        }
        let kind = value.kind.ok_or_else(|| unsupported("is no tensor of numbers, truth values or texts"))?;
        let (batch, width) = shape(value).ok_or_else(|| unsupported("has a shape that is not stored, or no matrix"))?;
        let end = first + width.unwrap_or(1);
        if end > WIDEST {
            return Err(unsupported("has more than a million columns"));
        }
        rows = rows.or(batch);
        let (columns, list) = (first..end, width.is_none());
        all.push(Port { name: value.name.clone(), kind, columns, list, levels: Vec::new(), texts: Vec::new() });
        first = end;
    }
    match (all.is_empty(), rows) {
        (true, _) => Err(ModelError::malformed("graph", "it has no input")),
        (_, Some(rows)) if rows > 1 => Err(ModelError::Unsupported {
            what: format!("the graph takes exactly {rows} rows at a time"),
            hint: "Export with a free first axis: FloatTensorType([None, d]) in skl2onnx, dynamic_axes={\"x\": {0: \"n\"}} in \
                   PyTorch"
                .to_owned(),
        }),
        _ => Ok((all, rows)),
    }
}

/// The stored count of rows, and the width of a matrix (`None` for a list).
fn shape(value: &ValueSpec) -> Option<(Option<usize>, Option<usize>)> {
    match *value.dims.as_slice() {
        [rows] => Some((rows, None)),
        [rows, Some(width)] => Some((rows, Some(width))),
        _ => None,
    }
}

/// Finds the levels of text columns: a text that no operator can know runs through the graph from each column, and what
/// the operators that read it tell apart are its levels.
pub fn find_levels(ports: &mut [Port], graph: &Graph) -> Result<(), ModelError> {
    if ports.iter().all(|p| p.kind != Kind::Text) {
        return Ok(());
    }
    let mark = |column: usize| Arc::<str>::from(format!("\u{0}{column}"));
    let column = |text: &str| text.strip_prefix('\u{0}').and_then(|digits| digits.parse::<usize>().ok());
    let marked = ports.iter().map(|port| {
        let shape = if port.list { vec![1] } else { vec![1, port.columns.len()] };
        let width = port.columns.len();
        let data = match port.kind {
            Kind::Text => Data::Text(port.columns.clone().map(mark).collect()),
            Kind::F64 => Data::F64(vec![0.0; width]),
            Kind::F16 => Data::F16(vec![0; width]),
            Kind::BF16 => Data::BF16(vec![0; width]),
            Kind::I64 => Data::I64(vec![0; width]),
            Kind::I32 => Data::I32(vec![0; width]),
            Kind::U8 => Data::U8(vec![0; width]),
            Kind::Bool => Data::Bool(vec![false; width]),
            Kind::F32 => Data::F32(vec![0.0; width]),
        };
        Arc::new(Tensor { shape, data })
    });
    let mut found: Vec<BTreeSet<String>> = vec![BTreeSet::new(); ports.last().map_or(0, |p| p.columns.end)];
    graph.watch(marked.collect(), |node, inputs| {
        let texts = |tensor: &&Tensor| match &tensor.data {
            Data::Text(texts) => texts.clone(),
            _ => Vec::new(),
        };
        let read: Vec<Arc<str>> = inputs.iter().flatten().flat_map(texts).collect();
        let (marks, plain): (Vec<_>, Vec<_>) = read.iter().partition(|t| column(t).is_some());
        for place in marks.iter().filter_map(|t| column(t)).collect::<BTreeSet<usize>>() {
            if let Some(levels) = found.get_mut(place) {
                // Texts that stand beside the column in the same node are compared with it, or put in its place.
                levels.extend(node.operator.texts().iter().chain(plain.iter().copied()).map(|t| t.to_string()));
            }
        }
    });
    for port in ports.iter_mut().filter(|p| p.kind == Kind::Text) {
        for place in port.columns.clone() {
            let levels: Vec<String> = found.get(place).into_iter().flatten().cloned().collect();
            if levels.is_empty() {
                return Err(ModelError::Unsupported {
                    what: format!("the texts of the input “{}” have no levels in the graph", shown(&port.name)),
                    hint: "Texts open where the graph encodes them by categories: OneHotEncoder, OrdinalEncoder, LabelEncoder"
                        .to_owned(),
                });
            }
            port.texts.push(texts(&levels));
            port.levels.push(Arc::from(levels));
        }
    }
    Ok(())
}

/// The inputs as the card names them.
pub fn inputs(ports: &[Port]) -> Vec<Input> {
    let single = ports.len() == 1;
    let mut all = Vec::new();
    for port in ports {
        for place in 0..port.columns.len() {
            let name = match (port.columns.len(), single) {
                (1, _) => port.name.clone(),
                (_, true) => format!("f{place}"),
                _ => format!("{}_{place}", port.name),
            };
            let kind = port.levels.get(place).map_or(InputKind::Number, |l| InputKind::Levels(Arc::clone(l)));
            all.push(Input { name, kind });
        }
    }
    all
}

impl Port {
    /// The levels of a column of texts, and behind them a text that is none of them.
    pub fn texts(&self, column: usize) -> Option<&[Arc<str>]> {
        self.texts.get(column.checked_sub(self.columns.start)?).map(Vec::as_slice)
    }

    /// Rows `from..to` as the tensor of this input. `None` when a value has no form there: a missing whole number.
    pub fn tensor(&self, rows: MatrixView<'_>, range: Range<usize>) -> Option<Tensor> {
        let shape = if self.list { vec![range.len()] } else { vec![range.len(), self.columns.len()] };
        let cells = range.flat_map(|row| rows.row(row).get(self.columns.clone()).unwrap_or_default().iter().copied());
        let data = match self.kind {
            Kind::F32 => Data::F32(cells.map(|x| x as f32).collect()),
            Kind::F64 => Data::F64(cells.collect()),
            Kind::F16 => Data::F16(cells.map(|x| f16_of_f32(x as f32)).collect()),
            Kind::BF16 => Data::BF16(cells.map(|x| bf16_of_f32(x as f32)).collect()),
            Kind::I64 => Data::I64(cells.map(|x| whole(x, 9.2e18).map(|v| v as i64)).collect::<Option<_>>()?),
            Kind::I32 => Data::I32(cells.map(|x| whole(x, 2_147_483_647.0).map(|v| v as i32)).collect::<Option<_>>()?),
            Kind::U8 => {
                Data::U8(cells.map(|x| whole(x, 255.0).filter(|v| *v >= 0.0).map(|v| v as u8)).collect::<Option<_>>()?)
            }
            Kind::Bool => Data::Bool(cells.map(|x| (!x.is_nan()).then_some(x != 0.0)).collect::<Option<_>>()?),
            Kind::Text => {
                let width = self.texts.len().max(1);
                let text = |(i, x): (usize, f64)| {
                    let levels = self.texts.get(i % width).map_or(&[][..], Vec::as_slice);
                    let place = if x >= 0.0 && x < levels.len() as f64 { x as usize } else { usize::MAX };
                    levels.get(place.min(levels.len().saturating_sub(1))).cloned()
                };
                Data::Text(cells.enumerate().map(text).collect::<Option<_>>()?)
            }
        };
        Tensor::new(shape, data).ok()
    }
}

/// A number without its fraction, within ± `largest`.
fn whole(x: f64, largest: f64) -> Option<f64> {
    (x.abs() <= largest).then(|| x.trunc())
}

/// The levels, and behind them a text that is none of them.
fn texts(levels: &[String]) -> Vec<Arc<str>> {
    let mut other = OTHER.to_owned();
    while levels.contains(&other) {
        other.push_str(OTHER);
    }
    levels.iter().map(|l| Arc::from(l.as_str())).chain([Arc::from(other)]).collect()
}
