//! The schema of a skops file as the values a pickle would hold.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::model::ModelError;

use super::super::document::{At as Place, Value};
use super::super::pickle::{Document, Id, Inline, Node, Object};
use super::archive::Archive;

/// The values of a schema and the bytes of their arrays.
pub fn read(schema: &Value, archive: &Archive<'_>) -> Result<(Document<'static>, usize), ModelError> {
    let mut builder = Builder { document: Document::new(), archive, known: HashMap::new(), size: 0, moved: 0 };
    let root = builder.node(&Place { value: schema, place: "schema.json".to_owned() })?;
    builder.document.set_root(root);
    Ok((builder.document, builder.size))
}

struct Builder<'a> {
    document: Document<'static>,
    archive: &'a Archive<'a>,
    /// Values by the number the file gives them; later mentions may only name it.
    known: HashMap<i64, Id>,
    size: usize,
    /// Elements taken out of lists inside lists.
    moved: usize,
}

impl Builder<'_> {
    fn add(&mut self, node: Node<'static>, at: &Place<'_>) -> Result<Id, ModelError> {
        self.document.add(node, 0).ok_or_else(|| at.refuse("the file holds too many values"))
    }

    fn name(&mut self, module: &str, name: &str, at: &Place<'_>) -> Result<Id, ModelError> {
        let (module, name) = (Cow::Owned(module.to_owned()), Cow::Owned(name.to_owned()));
        self.add(Node::Name { module, name }, at)
    }

    /// One node of the schema. Depth is limited by the JSON reader.
    fn node(&mut self, at: &Place<'_>) -> Result<Id, ModelError> {
        let loader = at.field("__loader__")?;
        let number = at.optional("__id__").and_then(|id| id.whole().ok());
        let content = at.optional("content");
        let id = match (loader.text()?, content) {
            ("CachedNode", _) => {
                let known = number.and_then(|number| self.known.get(&number));
                return known.copied().ok_or_else(|| at.refuse("it repeats a value that did not come before"));
            }
            ("JsonNode", Some(content)) => {
                let value = scalar(&content)?;
                self.add(value, at)?
            }
            ("ListNode", Some(content)) => self.items(&content).map(Node::List).and_then(|n| self.add(n, at))?,
            ("TupleNode", Some(content)) => self.items(&content).map(Node::Tuple).and_then(|n| self.add(n, at))?,
            ("SetNode", Some(content)) => self.items(&content).map(Node::Set).and_then(|n| self.add(n, at))?,
            ("DictNode", Some(content)) => self.table(&content, at)?,
            ("SliceNode", Some(content)) => self.slice(&content, at)?,
            ("NdArrayNode", content) => self.array(at, content.as_ref())?,
            ("SparseMatrixNode", _) => self.sparse(at)?,
            ("TypeNode" | "FunctionNode" | "OperatorFuncNode", _) => {
                self.name(at.field("__module__")?.text()?, at.field("__class__")?.text()?, at)?
            }
            (_, content) => self.object(at, content.as_ref())?,
        };
        if let Some(number) = number {
            self.known.insert(number, id);
        }
        Ok(id)
    }

    fn items(&mut self, content: &Place<'_>) -> Result<Vec<Id>, ModelError> {
        content.items()?.map(|item| self.node(&item)).collect()
    }

    fn table(&mut self, content: &Place<'_>, at: &Place<'_>) -> Result<Id, ModelError> {
        let mut entries = Vec::new();
        for (key, value) in content.entries() {
            let name = self.add(Node::Text(Cow::Owned(key.to_owned())), at)?;
            let value = self.node(&Place { value, place: format!("{}.{key}", content.place) })?;
            entries.push((name, value));
        }
        self.add(Node::Table(entries), at)
    }

    /// An object of a class; its state and arguments are nodes, when they are of the kinds that predictions need.
    fn object(&mut self, at: &Place<'_>, content: Option<&Place<'_>>) -> Result<Id, ModelError> {
        let class = self.name(at.field("__module__")?.text()?, at.field("__class__")?.text()?, at)?;
        let args = match at.optional("__reduce__").and_then(|reduce| reduce.optional("args")) {
            Some(args) => self.node(&args)?,
            None => self.add(Node::Tuple(Vec::new()), at)?,
        };
        let state = match content.filter(|content| content.optional("__loader__").is_some()) {
            Some(content) => Some(self.node(content)?),
            None => None,
        };
        let object = Object { class, args, state, items: Vec::new(), entries: Vec::new(), inline: None };
        self.add(Node::Object(Box::new(object)), at)
    }

    fn array(&mut self, at: &Place<'_>, content: Option<&Place<'_>>) -> Result<Id, ModelError> {
        if at.field("type")?.text()? == "numpy" {
            let bytes = self.archive.member(at.field("file")?.text()?)?;
            return self.npy(bytes, at);
        }
        // Objects one by one, as numpy would pickle them.
        let content = content.ok_or_else(|| at.refuse("the array has no content"))?;
        let mut items = self.items(content)?;
        // Every further axis is one more level of lists.
        for _axis in 1..at.field("shape")?.field("content")?.items()?.count() {
            let parts = items.iter().map(|id| self.document.elements(*id));
            items = parts.map(Option::unwrap_or_default).flat_map(<[Id]>::iter).copied().collect();
            self.moved = self.moved.saturating_add(items.len());
            if self.moved > Document::LIMIT {
                return Err(at.refuse("the same values are used too often"));
            }
        }
        let list = self.add(Node::List(items), at)?;
        let shape = self.node(&at.field("shape")?)?;
        let (kind, letter) = (self.name("numpy", "dtype", at)?, self.add(Node::Text(Cow::Borrowed("O8")), at)?);
        let dtype = self.call(kind, vec![letter], None, at)?;
        let (version, fortran) = (self.add(Node::Integer(1), at)?, self.add(Node::Flag(false), at)?);
        let state = self.add(Node::Tuple(vec![version, shape, dtype, fortran, list]), at)?;
        let class = self.name("numpy._core.multiarray", "_reconstruct", at)?;
        self.call(class, Vec::new(), Some(state), at)
    }

    /// A sparse matrix: an archive of its arrays inside the archive.
    fn sparse(&mut self, at: &Place<'_>) -> Result<Id, ModelError> {
        let packed = self.archive.member(at.field("file")?.text()?)?;
        let inner = self.archive.inside(&packed)?;
        let mut entries = Vec::new();
        for key in ["shape", "indptr", "indices", "data"] {
            let bytes = inner.member(&format!("{key}.npy"))?;
            self.archive.spend(bytes.len())?;
            let (name, value) = (self.add(Node::Text(Cow::Borrowed(key)), at)?, self.npy(bytes, at)?);
            entries.push((name, value));
        }
        let class = self.name(at.field("__module__")?.text()?, at.field("__class__")?.text()?, at)?;
        let state = self.add(Node::Table(entries), at)?;
        self.call(class, Vec::new(), Some(state), at)
    }

    /// An array that a `.npy` file holds.
    fn npy(&mut self, bytes: Vec<u8>, at: &Place<'_>) -> Result<Id, ModelError> {
        self.size = self.size.saturating_add(bytes.len());
        let (class, args) = (self.name("numpy", "ndarray", at)?, self.add(Node::Tuple(Vec::new()), at)?);
        let inline = Some(Inline::Npy(bytes));
        let object = Object { class, args, state: None, items: Vec::new(), entries: Vec::new(), inline };
        self.add(Node::Object(Box::new(object)), at)
    }

    /// `slice(start, stop, step)`; the bounds stand in the schema as they are.
    fn slice(&mut self, content: &Place<'_>, at: &Place<'_>) -> Result<Id, ModelError> {
        let mut args = Vec::new();
        for key in ["start", "stop", "step"] {
            let bound = match content.optional(key) {
                Some(bound) => Node::Integer(bound.whole()?),
                None => Node::Nothing,
            };
            args.push(self.add(bound, at)?);
        }
        let class = self.name("builtins", "slice", at)?;
        self.call(class, args, None, at)
    }

    fn call(&mut self, class: Id, args: Vec<Id>, state: Option<Id>, at: &Place<'_>) -> Result<Id, ModelError> {
        let args = self.add(Node::Tuple(args), at)?;
        let object = Object { class, args, state, items: Vec::new(), entries: Vec::new(), inline: None };
        self.add(Node::Object(Box::new(object)), at)
    }
}

/// A value that is written as JSON inside a text.
fn scalar(content: &Place<'_>) -> Result<Node<'static>, ModelError> {
    let text = content.text()?;
    let value = Value::from_json(text.as_bytes()).map_err(|_error| content.refuse("the text inside is no JSON"))?;
    Ok(match value {
        Value::Bool(flag) => Node::Flag(flag),
        Value::Integer(value) => Node::Integer(value),
        Value::Real(value) => Node::Real(value),
        Value::Text(text) => Node::Text(Cow::Owned(text)),
        _ => Node::Nothing,
    })
}
