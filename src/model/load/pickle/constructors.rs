//! The few functions whose result is plain data that stands in their arguments: it is taken from there.

use std::borrow::Cow;

use super::value::{Document, Id, Node};

/// What a call means.
pub enum Meaning<'f> {
    /// Plain data: bytes of protocols 0 to 2, sets, lists.
    Data(Node<'f>),
    /// An object of this class, called with these arguments: protocols 0 and 1 write every object so.
    Made(Id, Vec<Id>),
    /// Anything else stays a description.
    Unknown,
}

/// What a call of `class` with the arguments `args` means; nothing is called. Cost and memory O(`copied`).
pub fn meaning<'f>(document: &Document<'f>, class: Id, args: &[Id]) -> Meaning<'f> {
    let Node::Name { module, name } = document.node(class) else { return Meaning::Unknown };
    let first = args.first().copied();
    let data = match (module.as_ref(), name.as_ref()) {
        ("_codecs", "encode") => first.and_then(|text| bytes(document.node(text))),
        ("builtins" | "__builtin__", "bytearray" | "bytes") => match first {
            None => Some(Node::Bytes(Cow::Borrowed(&[]))),
            Some(text) => bytes(document.node(text)),
        },
        ("builtins" | "__builtin__", "set" | "frozenset") => elements(document, first).map(Node::Set),
        ("builtins" | "__builtin__", "list") => elements(document, first).map(Node::List),
        ("copyreg" | "copy_reg", "_reconstructor") => {
            return first.map_or(Meaning::Unknown, |made| Meaning::Made(made, Vec::new()));
        }
        ("copyreg" | "copy_reg", "__newobj__") => {
            let rest = args.get(1..).unwrap_or_default();
            return first.map_or(Meaning::Unknown, |made| Meaning::Made(made, rest.to_vec()));
        }
        _ => None,
    };
    data.map_or(Meaning::Unknown, Meaning::Data)
}

/// Bytes that `meaning` may copy for these arguments.
pub fn copied(document: &Document<'_>, args: &[Id]) -> usize {
    let first = args.first().map_or(0, |id| match document.node(*id) {
        Node::Text(text) => text.len(),
        Node::Bytes(bytes) => bytes.len(),
        Node::List(items) | Node::Tuple(items) | Node::Set(items) => items.len().saturating_mul(size_of::<Id>()),
        _ => 0,
    });
    first.saturating_add(args.len().saturating_mul(size_of::<Id>()))
}

fn bytes<'f>(node: &Node<'f>) -> Option<Node<'f>> {
    match node {
        Node::Bytes(bytes) => Some(Node::Bytes(bytes.clone())),
        Node::Text(text) => {
            let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            bytes.map(|b| Node::Bytes(Cow::Owned(b)))
        }
        _ => None,
    }
}

fn elements(document: &Document<'_>, id: Option<Id>) -> Option<Vec<Id>> {
    id.map_or(Some(Vec::new()), |id| document.elements(id).map(<[Id]>::to_vec))
}
