//! The messages of an ONNX file, as far as an executor needs them.

use std::sync::Arc;

use crate::model::ModelError;
use crate::model::onnx::{Attribute, Data, GraphSpec, Kind, NodeSpec, Tensor, ValueSpec};

use super::wire::{Field, Message};

/// A whole file.
#[derive(Debug, Default)]
pub struct File {
    /// The exporter and its version.
    pub producer: String,
    /// Versions of operator domains, in file order.
    pub opsets: Vec<(String, i64)>,
    /// Names of the file's own operators.
    pub functions: Vec<String>,
    /// The graph.
    pub graph: GraphSpec,
}

/// Graphs inside graphs: exports of scikit-learn nest one deep.
const DEEPEST: usize = 4;

/// What reading a graph must know.
#[derive(Clone, Copy)]
struct Around<'a> {
    opsets: &'a [(String, i64)],
    depth: usize,
}

/// Reads a file. Cost O(file).
pub fn read(bytes: &[u8]) -> Result<File, ModelError> {
    let message = Message::of_file(bytes);
    let mut file = File::default();
    let (mut graph, mut version) = (None, "");
    for field in message.fields() {
        let field = field?;
        match field.number {
            2 => field.text()?.clone_into(&mut file.producer),
            3 => version = field.text()?,
            7 => graph = Some(field.message()?),
            8 => file.opsets.push(opset(&field.message()?)?),
            25 => file.functions.push(text_at(&field.message()?, 1)?),
            _ => {}
        }
    }
    if !version.is_empty() {
        file.producer = format!("{} {version}", file.producer);
    }
    let graph = graph.ok_or_else(|| message.refuse("the file holds no graph"))?;
    file.graph = read_graph(&graph, Around { opsets: &file.opsets, depth: 0 })?;
    Ok(file)
}

fn opset(message: &Message<'_>) -> Result<(String, i64), ModelError> {
    let (mut domain, mut version) = (String::new(), 0);
    for field in message.fields() {
        let field = field?;
        match field.number {
            1 => core_domain(field.text()?).clone_into(&mut domain),
            2 => version = field.int()?,
            _ => {}
        }
    }
    Ok((domain, version))
}

fn core_domain(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}

/// The text of one field of a message; empty when it is not there.
fn text_at(message: &Message<'_>, number: u32) -> Result<String, ModelError> {
    let mut text = String::new();
    for field in message.fields() {
        let field = field?;
        if field.number == number {
            field.text()?.clone_into(&mut text);
        }
    }
    Ok(text)
}

fn read_graph(message: &Message<'_>, around: Around<'_>) -> Result<GraphSpec, ModelError> {
    if around.depth >= DEEPEST {
        return Err(message.refuse(format!("graphs lie more than {DEEPEST} deep inside each other")));
    }
    let mut graph = GraphSpec::default();
    for field in message.fields() {
        let field = field?;
        match field.number {
            1 => {
                let index = graph.nodes.len();
                graph.nodes.push(read_node(&field.message()?, index, around)?);
            }
            5 => graph.constants.push(read_tensor(&field.message()?)?),
            11 => graph.inputs.push(read_value(&field.message()?)?),
            12 => graph.outputs.push(read_value(&field.message()?)?),
            15 => {
                return Err(ModelError::Unsupported {
                    what: "the graph stores sparse tensors".to_owned(),
                    hint: "Export the model with dense weights".to_owned(),
                });
            }
            _ => {}
        }
    }
    Ok(graph)
}

fn read_node(message: &Message<'_>, index: usize, around: Around<'_>) -> Result<NodeSpec, ModelError> {
    let mut node = NodeSpec { index, ..NodeSpec::default() };
    for field in message.fields() {
        let field = field?;
        match field.number {
            1 => node.inputs.push(field.text()?.to_owned()),
            2 => node.outputs.push(field.text()?.to_owned()),
            3 => field.text()?.clone_into(&mut node.name),
            4 => field.text()?.clone_into(&mut node.operator),
            5 => node.attributes.extend(read_attribute(&field.message()?, around)?),
            7 => core_domain(field.text()?).clone_into(&mut node.domain),
            _ => {}
        }
    }
    // Some exports list a domain twice; the highest version is the one runtimes take.
    let versions = around.opsets.iter().filter(|(domain, _)| *domain == node.domain).map(|(_, version)| *version);
    node.opset = versions.max().unwrap_or(1);
    Ok(node)
}

#[derive(Default)]
struct Parts {
    kind: i64,
    float: f32,
    int: i64,
    text: String,
    tensor: Option<Tensor>,
    graph: Option<GraphSpec>,
    floats: Vec<f32>,
    ints: Vec<i64>,
    texts: Vec<String>,
}

fn read_attribute(message: &Message<'_>, around: Around<'_>) -> Result<Option<(String, Attribute)>, ModelError> {
    let (mut name, mut parts) = (String::new(), Parts::default());
    for field in message.fields() {
        let field = field?;
        match field.number {
            1 => field.text()?.clone_into(&mut name),
            2 => parts.float = field.float()?,
            3 => parts.int = field.int()?,
            4 => parts.text = String::from_utf8_lossy(field.bytes()?).into_owned(),
            5 => parts.tensor = Some(read_tensor(&field.message()?)?.1),
            6 => parts.graph = Some(read_graph(&field.message()?, Around { depth: around.depth + 1, ..around })?),
            7 => field.floats(&mut parts.floats)?,
            8 => field.ints(&mut parts.ints)?,
            9 => parts.texts.push(String::from_utf8_lossy(field.bytes()?).into_owned()),
            20 => parts.kind = field.int()?,
            21 => return Err(field.refuse("a setting refers to a function around it, but there is none")),
            _ => {}
        }
    }
    let missing = |what: &str| message.refuse(format!("the setting “{name}” holds no {what}"));
    let value = match parts.kind {
        1 => Attribute::Float(parts.float),
        2 => Attribute::Int(parts.int),
        3 => Attribute::Text(parts.text),
        4 => Attribute::Tensor(parts.tensor.ok_or_else(|| missing("tensor"))?),
        5 => Attribute::Graph(parts.graph.ok_or_else(|| missing("graph"))?),
        6 => Attribute::Floats(parts.floats),
        7 => Attribute::Ints(parts.ints),
        8 => Attribute::Texts(parts.texts),
        _ => Attribute::Other,
    };
    Ok(Some((name, value)))
}

/// The fields of a stored tensor before they are one.
#[derive(Default)]
struct Stored<'a> {
    name: String,
    dims: Vec<i64>,
    kind: i64,
    floats: Vec<f32>,
    int32s: Vec<i64>,
    texts: Vec<Arc<str>>,
    int64s: Vec<i64>,
    doubles: Vec<f64>,
    raw: Option<Field<'a>>,
    external: bool,
}

fn read_tensor(message: &Message<'_>) -> Result<(String, Tensor), ModelError> {
    let mut stored = Stored::default();
    for field in message.fields() {
        let field = field?;
        match field.number {
            1 => field.ints(&mut stored.dims)?,
            2 => stored.kind = field.int()?,
            4 => field.floats(&mut stored.floats)?,
            5 => field.ints(&mut stored.int32s)?,
            6 => stored.texts.push(Arc::from(String::from_utf8_lossy(field.bytes()?))),
            7 => field.ints(&mut stored.int64s)?,
            8 => field.text()?.clone_into(&mut stored.name),
            9 => stored.raw = Some(field),
            10 => field.doubles(&mut stored.doubles)?,
            13 => stored.external = true,
            14 => stored.external |= field.int()? == 1,
            _ => {}
        }
    }
    let name = std::mem::take(&mut stored.name);
    if stored.external {
        return Err(ModelError::Unsupported {
            what: format!("the tensor “{}” lies in another file, which is never opened", shown(&name)),
            hint: "Save the model as one file: onnx.save(model, \"model.onnx\", save_as_external_data=False)"
                .to_owned(),
        });
    }
    let tensor = filled(stored, &name).map_err(|fault| match fault {
        Fault::Error(error) => error,
        Fault::Reason(reason) => message.refuse(format!("the tensor “{}”: {reason}", shown(&name))),
    })?;
    Ok((name, tensor))
}

enum Fault {
    Error(ModelError),
    Reason(String),
}

impl From<ModelError> for Fault {
    fn from(error: ModelError) -> Self {
        Self::Error(error)
    }
}

/// A name from a file, shortened for a sentence.
pub fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

fn filled(stored: Stored<'_>, name: &str) -> Result<Tensor, Fault> {
    let kind = Kind::of_onnx(stored.kind).ok_or_else(|| {
        Fault::Error(ModelError::Unsupported {
            what: format!("the tensor “{}” has elements of ONNX type {}", shown(name), stored.kind),
            hint: "Float, double, float16, bfloat16, int32, int64, uint8, bool and string tensors open; export the model with those"
                .to_owned(),
        })
    })?;
    let shape: Option<Vec<usize>> = stored.dims.iter().map(|d| usize::try_from(*d).ok()).collect();
    let shape = shape.ok_or_else(|| Fault::Reason(format!("its shape is {:?}", stored.dims)))?;
    let small = |v: &i64| i32::try_from(*v).map_err(|_error| Fault::Reason(format!("{v} is no 32-bit number")));
    let half = |v: &i64| u16::try_from(*v).map_err(|_error| Fault::Reason(format!("{v} are no 16 bits")));
    let byte = |v: &i64| u8::try_from(*v).map_err(|_error| Fault::Reason(format!("{v} is no byte")));
    let data = match stored.raw {
        Some(field) => from_raw(field, kind)?,
        None => match kind {
            Kind::F32 => Data::F32(stored.floats),
            Kind::F64 => Data::F64(stored.doubles),
            Kind::I64 => Data::I64(stored.int64s),
            Kind::Text => Data::Text(stored.texts),
            Kind::I32 => Data::I32(stored.int32s.iter().map(small).collect::<Result<_, _>>()?),
            Kind::F16 => Data::F16(stored.int32s.iter().map(half).collect::<Result<_, _>>()?),
            Kind::BF16 => Data::BF16(stored.int32s.iter().map(half).collect::<Result<_, _>>()?),
            Kind::U8 => Data::U8(stored.int32s.iter().map(byte).collect::<Result<_, _>>()?),
            Kind::Bool => Data::Bool(stored.int32s.iter().map(|v| *v != 0).collect()),
        },
    };
    Tensor::new(shape, data).map_err(Fault::Reason)
}

fn from_raw(field: Field<'_>, kind: Kind) -> Result<Data, Fault> {
    let bytes = field.bytes()?;
    Ok(match kind {
        Kind::F32 => Data::F32(field.words(bytes)?.map(f32::from_le_bytes).collect()),
        Kind::F64 => Data::F64(field.words(bytes)?.map(f64::from_le_bytes).collect()),
        Kind::I64 => Data::I64(field.words(bytes)?.map(i64::from_le_bytes).collect()),
        Kind::I32 => Data::I32(field.words(bytes)?.map(i32::from_le_bytes).collect()),
        Kind::F16 => Data::F16(field.words(bytes)?.map(u16::from_le_bytes).collect()),
        Kind::BF16 => Data::BF16(field.words(bytes)?.map(u16::from_le_bytes).collect()),
        Kind::U8 => Data::U8(bytes.to_vec()),
        Kind::Bool => Data::Bool(bytes.iter().map(|b| *b != 0).collect()),
        Kind::Text => return Err(Fault::Reason("texts cannot be stored as raw bytes".to_owned())),
    })
}

fn read_value(message: &Message<'_>) -> Result<ValueSpec, ModelError> {
    let mut value = ValueSpec::default();
    for field in message.fields() {
        let field = field?;
        match field.number {
            1 => field.text()?.clone_into(&mut value.name),
            2 => read_type(&field.message()?, &mut value)?,
            _ => {}
        }
    }
    Ok(value)
}

fn read_type(message: &Message<'_>, value: &mut ValueSpec) -> Result<(), ModelError> {
    for field in message.fields() {
        let field = field?;
        match field.number {
            1 => {
                for part in field.message()?.fields() {
                    let part = part?;
                    match part.number {
                        1 => value.kind = Kind::of_onnx(part.int()?),
                        2 => value.dims = read_dims(&part.message()?)?,
                        _ => {}
                    }
                }
            }
            4 => value.is_sequence = true,
            _ => {}
        }
    }
    Ok(())
}

fn read_dims(message: &Message<'_>) -> Result<Vec<Option<usize>>, ModelError> {
    let mut dims = Vec::new();
    for field in message.fields() {
        let field = field?;
        if field.number == 1 {
            let mut size = None;
            for part in field.message()?.fields() {
                let part = part?;
                if part.number == 1 {
                    // Exporters write 0 or −1 where they mean “any”.
                    size = usize::try_from(part.int()?).ok().filter(|size| *size > 0);
                }
            }
            dims.push(size);
        }
    }
    Ok(dims)
}
