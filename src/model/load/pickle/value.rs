//! The values of a pickle, in one list; they refer to each other by index.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use super::dtype::Dtype;

/// A place in [`Document`]'s list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(pub(super) u32);

/// One value. Texts and bytes are borrowed from the file where they stand there as they are.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'f> {
    /// `None`.
    Nothing,
    /// `True` or `False`.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number beyond 64 bits; nothing that predicts is made of such numbers.
    Wide,
    /// A real number.
    Real(f64),
    /// A text.
    Text(Cow<'f, str>),
    /// Bytes.
    Bytes(Cow<'f, [u8]>),
    /// A list.
    List(Vec<Id>),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A set.
    Set(Vec<Id>),
    /// A dictionary in the order of its entries; of two entries with one key the later counts.
    Table(Vec<(Id, Id)>),
    /// The name of a class or function.
    Name {
        /// `sklearn.tree._tree`.
        module: Cow<'f, str>,
        /// `Tree`.
        name: Cow<'f, str>,
    },
    /// What a class or function would be called to make.
    Object(Box<Object<'f>>),
}

/// An object as the stream describes it: never made, only kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Object<'f> {
    /// The class or function; usually a `Name`.
    pub class: Id,
    /// The tuple it is called with.
    pub args: Id,
    /// The state it is given.
    pub state: Option<Id>,
    /// What is appended to it, if it is a kind of list.
    pub items: Vec<Id>,
    /// What is put into it, if it is a kind of dictionary.
    pub entries: Vec<(Id, Id)>,
    /// The array that follows in the stream of a joblib file.
    pub inline: Option<Inline<'f>>,
}

/// An array that a file stores beside the values.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline<'f> {
    /// The bytes of its elements, laid out as the object's `shape`, `order` and `dtype` say.
    Raw(&'f [u8]),
    /// A nested pickle, for arrays of objects.
    Nested(Id),
    /// A `.npy` file, which says itself how it is laid out.
    Npy(Vec<u8>),
}

/// All values of a file.
#[derive(Debug)]
pub struct Document<'f> {
    nodes: Vec<Node<'f>>,
    /// For each node the byte of the stream that made it.
    bytes: Vec<usize>,
    root: Id,
    /// The record type read last; only one, since a hostile file may hold many large ones.
    record: Mutex<Option<(Id, Arc<Dtype>)>>,
}

impl<'f> Document<'f> {
    /// Values a document may have; each takes about 50 bytes.
    pub const LIMIT: usize = 1 << 24;

    /// An empty document whose root is `None`.
    pub fn new() -> Self {
        Self { nodes: vec![Node::Nothing], bytes: vec![0], root: Id(0), record: Mutex::new(None) }
    }

    /// Adds a value that byte `byte` of the file made; nothing when the document is full.
    pub fn add(&mut self, node: Node<'f>, byte: usize) -> Option<Id> {
        let id = u32::try_from(self.nodes.len()).ok().filter(|_| self.nodes.len() < Self::LIMIT)?;
        self.nodes.push(node);
        self.bytes.push(byte);
        Some(Id(id))
    }

    /// The value the stream ends with.
    pub fn root(&self) -> Id {
        self.root
    }

    /// Says which value the stream ends with.
    pub fn set_root(&mut self, root: Id) {
        self.root = root;
    }

    /// The value at `id`.
    pub fn node(&self, id: Id) -> &Node<'f> {
        self.nodes.get(id.0 as usize).unwrap_or(&Node::Nothing)
    }

    /// The value at `id`, to change it.
    pub fn node_mut(&mut self, id: Id) -> Option<&mut Node<'f>> {
        self.nodes.get_mut(id.0 as usize)
    }

    /// The byte of the stream that made the value.
    pub fn byte(&self, id: Id) -> usize {
        self.bytes.get(id.0 as usize).copied().unwrap_or(0)
    }

    /// The object at `id`, when it is one.
    pub fn object(&self, id: Id) -> Option<&Object<'f>> {
        match self.node(id) {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The record type read last, when it was that at `id`.
    pub fn known_record(&self, id: Id) -> Option<Arc<Dtype>> {
        let record = self.record.lock().ok()?;
        record.as_ref().filter(|(known, _)| *known == id).map(|(_, dtype)| Arc::clone(dtype))
    }

    /// Keeps the record type read at `id`.
    pub fn keep_record(&self, id: Id, dtype: &Arc<Dtype>) {
        if let Ok(mut record) = self.record.lock() {
            *record = Some((id, Arc::clone(dtype)));
        }
    }

    /// The elements of a list, tuple or set; nothing for any other value.
    pub fn elements(&self, id: Id) -> Option<&[Id]> {
        match self.node(id) {
            Node::List(items) | Node::Tuple(items) | Node::Set(items) => Some(items),
            _ => None,
        }
    }

    /// Module and name of the class of an object, or of a name itself.
    pub fn class(&self, id: Id) -> Option<(&str, &str)> {
        let name = match self.node(id) {
            Node::Object(object) => self.node(object.class),
            name => name,
        };
        match name {
            Node::Name { module, name } => Some((module, name)),
            _ => None,
        }
    }
}

impl Default for Document<'_> {
    fn default() -> Self {
        Self::new()
    }
}
