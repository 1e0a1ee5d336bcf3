//! A graph as a file describes it, before operators are made.

use std::collections::BTreeSet;

use crate::model::ModelError;

use super::tensor::{Kind, Tensor};

/// A setting of a node.
#[derive(Clone, Debug)]
pub enum Attribute {
    /// A number.
    Float(f32),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// A tensor.
    Tensor(Tensor),
    /// A graph.
    Graph(GraphSpec),
    /// Numbers.
    Floats(Vec<f32>),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Texts.
    Texts(Vec<String>),
    /// A kind that no operator here reads.
    Other,
}

/// A node.
#[derive(Clone, Debug, Default)]
pub struct NodeSpec {
    /// Where it stands among the nodes of its graph.
    pub index: usize,
    /// The node's name; may be empty.
    pub name: String,
    /// The operator's domain; empty for the core operators.
    pub domain: String,
    /// The operator.
    pub operator: String,
    /// The version of the operator's domain.
    pub opset: i64,
    /// Names of the values it reads; empty for one left out.
    pub inputs: Vec<String>,
    /// Names of the values it gives; empty for one that nobody wants.
    pub outputs: Vec<String>,
    /// Its settings.
    pub attributes: Vec<(String, Attribute)>,
}

/// An input or output of a graph.
#[derive(Clone, Debug, Default)]
pub struct ValueSpec {
    /// Its name.
    pub name: String,
    /// Kind of its elements; `None` for maps, sequences and kinds not known here.
    pub kind: Option<Kind>,
    /// Whether it is a sequence (of maps).
    pub is_sequence: bool,
    /// Sizes of its axes, as far as they are known.
    pub dims: Vec<Option<usize>>,
}

/// A graph.
#[derive(Clone, Debug, Default)]
pub struct GraphSpec {
    /// The nodes in file order.
    pub nodes: Vec<NodeSpec>,
    /// Stored tensors and their names.
    pub constants: Vec<(String, Tensor)>,
    /// Inputs.
    pub inputs: Vec<ValueSpec>,
    /// Outputs.
    pub outputs: Vec<ValueSpec>,
}

impl NodeSpec {
    /// The node in words, for refusals.
    pub fn place(&self) -> String {
        match self.name.is_empty() || self.name.len() > 80 {
            true => format!("node {} ({})", self.index, self.operator),
            false => format!("node {} “{}” ({})", self.index, self.name, self.operator),
        }
    }

    /// A refusal at this node.
    pub fn refuse(&self, reason: impl Into<String>) -> ModelError {
        ModelError::malformed(self.place(), reason)
    }

    /// A refusal of a setting that no export is known to use.
    pub fn unsupported(&self, what: &str) -> ModelError {
        ModelError::Unsupported {
            what: format!("{}: {what}", self.place()),
            hint: "Export the model with current settings of skl2onnx or onnxmltools, or save it in its own format"
                .to_owned(),
        }
    }

    fn find(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn odd(&self, name: &str) -> ModelError {
        self.refuse(format!("the setting “{name}” has another type than expected"))
    }

    /// Whether a setting is there.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A whole number, when it is there.
    pub fn int(&self, name: &str) -> Result<Option<i64>, ModelError> {
        match self.find(name) {
            None => Ok(None),
            Some(Attribute::Int(value)) => Ok(Some(*value)),
            Some(_) => Err(self.odd(name)),
        }
    }

    /// A number, when it is there.
    pub fn float(&self, name: &str) -> Result<Option<f32>, ModelError> {
        match self.find(name) {
            None => Ok(None),
            Some(Attribute::Float(value)) => Ok(Some(*value)),
            Some(_) => Err(self.odd(name)),
        }
    }

    /// A text; empty when it is not there.
    pub fn text(&self, name: &str) -> Result<&str, ModelError> {
        match self.find(name) {
            None => Ok(""),
            Some(Attribute::Text(value)) => Ok(value),
            Some(_) => Err(self.odd(name)),
        }
    }

    /// A tensor, when it is there.
    pub fn tensor(&self, name: &str) -> Result<Option<&Tensor>, ModelError> {
        match self.find(name) {
            None => Ok(None),
            Some(Attribute::Tensor(value)) => Ok(Some(value)),
            Some(_) => Err(self.odd(name)),
        }
    }

    /// A graph that must be there.
    pub fn graph(&self, name: &str) -> Result<&GraphSpec, ModelError> {
        match self.find(name) {
            Some(Attribute::Graph(value)) => Ok(value),
            _ => Err(self.refuse(format!("the graph “{name}” is missing"))),
        }
    }

    /// Whole numbers; none when they are not there.
    pub fn ints(&self, name: &str) -> Result<&[i64], ModelError> {
        match self.find(name) {
            None => Ok(&[]),
            Some(Attribute::Ints(values)) => Ok(values),
            Some(_) => Err(self.odd(name)),
        }
    }

    /// Numbers; none when they are not there.
    pub fn floats(&self, name: &str) -> Result<&[f32], ModelError> {
        match self.find(name) {
            None => Ok(&[]),
            Some(Attribute::Floats(values)) => Ok(values),
            Some(_) => Err(self.odd(name)),
        }
    }

    /// Texts; none when they are not there.
    pub fn texts(&self, name: &str) -> Result<&[String], ModelError> {
        match self.find(name) {
            None => Ok(&[]),
            Some(Attribute::Texts(values)) => Ok(values),
            Some(_) => Err(self.odd(name)),
        }
    }

    /// Graphs among its settings.
    pub fn graphs(&self) -> impl Iterator<Item = &GraphSpec> {
        self.attributes.iter().filter_map(|(_, value)| match value {
            Attribute::Graph(graph) => Some(graph),
            _ => None,
        })
    }

    /// Everything it reads: its inputs, and what graphs among its settings take from around them.
    pub fn reads(&self) -> Vec<String> {
        self.inputs.iter().cloned().chain(self.graphs().flat_map(GraphSpec::free_names)).collect()
    }
}

impl GraphSpec {
    /// Names that its nodes read and that nothing in it gives, in alphabetical order.
    pub fn free_names(&self) -> Vec<String> {
        let given: BTreeSet<&str> = self
            .inputs
            .iter()
            .map(|v| v.name.as_str())
            .chain(self.constants.iter().map(|(name, _)| name.as_str()))
            .chain(self.nodes.iter().flat_map(|n| n.outputs.iter().map(String::as_str)))
            .collect();
        let outputs = self.outputs.iter().map(|v| v.name.clone());
        let read: BTreeSet<String> = self.nodes.iter().flat_map(NodeSpec::reads).chain(outputs).collect();
        read.into_iter().filter(|name| !name.is_empty() && !given.contains(name.as_str())).collect()
    }
}
