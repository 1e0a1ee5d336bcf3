//! Numbers of pickles and of the arrays in them. Where they stand is known from reading the sound file.

use std::collections::HashSet;

use candor::base::Task;
use candor::model::load::pickle::{At, Document, Dtype, Id, Inline, Node, read, unpack};

use super::{Hurt, REALS, integers, spread, values};

/// A part of the file, what it becomes and what that means.
type Change = (std::ops::Range<usize>, Vec<u8>, String);

/// Damaged files, not compressed, with one number replaced.
pub fn hurt(file: &[u8], most: usize) -> Vec<Hurt> {
    let bytes = unpack(file).expect("a recorded file inflates");
    let document = read(&bytes, &Task::silent()).expect("a recorded file is sound");
    let mut seen =
        Seen { bytes: &bytes, document: &document, known: HashSet::new(), ends: vec![2], changes: Vec::new() };
    seen.walk();
    let frames = frames(&bytes, &seen.ends);
    let (values, elements): (Vec<_>, Vec<_>) =
        seen.changes.into_iter().partition(|change| change.2.starts_with("value"));
    let changed = |(place, new, what): Change| {
        let mut whole = [&bytes[..place.start], &new, &bytes[place.end..]].concat();
        // A frame that holds a longer number is longer.
        let longer = (new.len() as u64).wrapping_sub(place.len() as u64);
        for at in frames.iter().filter(|at| (**at..**at + 9 + length(&bytes, **at)).contains(&place.start)) {
            let new = (length(&bytes, *at) as u64).wrapping_add(longer).to_le_bytes();
            whole[at + 1..at + 9].copy_from_slice(&new);
        }
        Hurt { what, bytes: whole }
    };
    spread(values, most / 3).chain(spread(elements, most - most / 3)).map(changed).collect()
}

/// The frames of protocols 4 and 5, which stand at the start and behind frames and arrays.
fn frames(bytes: &[u8], starts: &[usize]) -> Vec<usize> {
    let mut found = Vec::new();
    for start in starts {
        let mut at = *start;
        while bytes.get(at) == Some(&0x95) && !found.contains(&at) {
            found.push(at);
            at += 9 + length(bytes, at);
        }
    }
    found
}

fn length(bytes: &[u8], frame: usize) -> usize {
    let raw = bytes.get(frame + 1..frame + 9).and_then(|raw| raw.try_into().ok()).unwrap_or_default();
    usize::try_from(u64::from_le_bytes(raw)).unwrap_or(0).min(bytes.len())
}

struct Seen<'d> {
    bytes: &'d [u8],
    document: &'d Document<'d>,
    known: HashSet<Id>,
    /// Where frames may start.
    ends: Vec<usize>,
    changes: Vec<Change>,
}

impl<'d> Seen<'d> {
    fn walk(&mut self) {
        let mut open = vec![self.document.root()];
        while let Some(id) = open.pop() {
            if !self.known.insert(id) {
                continue;
            }
            match self.document.node(id) {
                Node::Integer(_) => self.integer(id),
                Node::Real(_) => self.real(id),
                Node::List(items) | Node::Tuple(items) | Node::Set(items) => open.extend(items),
                Node::Table(entries) => open.extend(entries.iter().flat_map(|(key, value)| [*key, *value])),
                Node::Object(object) => {
                    open.extend(
                        [object.class, object.args].into_iter().chain(object.state).chain(object.items.clone()),
                    );
                    open.extend(object.entries.iter().flat_map(|(key, value)| [*key, *value]));
                    if let Some(Inline::Nested(inner)) = object.inline {
                        open.push(inner);
                    }
                    self.array(id);
                }
                _ => {}
            }
        }
    }

    fn integer(&mut self, id: Id) {
        let at = self.document.byte(id);
        let end = at
            + match self.bytes[at] {
                b'K' => 2,
                b'M' => 3,
                b'J' => 5,
                0x8a => 2 + usize::from(self.bytes[at + 1]),
                _ => return,
            };
        for value in integers(0) {
            let new = [&[0x8a, 8][..], &value.to_le_bytes()].concat();
            self.changes.push((at..end, new, format!("value at byte {at} set to {value}")));
        }
    }

    fn real(&mut self, id: Id) {
        let at = self.document.byte(id);
        if self.bytes[at] == b'G' {
            for value in REALS {
                let new = [&b"G"[..], &value.to_be_bytes()].concat();
                self.changes.push((at..at + 9, new, format!("value at byte {at} set to {value}")));
            }
        }
    }

    /// Elements that stand in the file as they are.
    fn array(&mut self, id: Id) {
        let at = At::new(self.document, id, "");
        let Ok(array) = at.array() else { return };
        let size = array.count() * array.dtype.size;
        let below = at.state().and_then(|state| state.items().ok()).unwrap_or_default().into_iter();
        let arguments = (0..4).filter_map(|index| at.argument(index).ok());
        let contents = below.chain(arguments).filter_map(|part| match part.node() {
            Node::Bytes(content) => Some(&content[..]),
            _ => None,
        });
        let inline = match at.inline() {
            Some(Inline::Raw(content)) => Some(*content),
            _ => None,
        };
        let Some(content) = inline.into_iter().chain(contents).find(|content| content.len() == size) else { return };
        let Some(start) = self.place(content) else { return };
        self.ends.push(start + size);
        for index in 0..array.count() {
            self.element(&array.dtype, start + index * array.dtype.size, index);
        }
    }

    fn element(&mut self, dtype: &Dtype, at: usize, index: usize) {
        for (name, first, field) in &dtype.fields {
            self.number(at + first, field.size, index, name);
        }
        if dtype.fields.is_empty() {
            self.number(at, dtype.size, index, "element");
        }
    }

    fn number(&mut self, at: usize, width: usize, index: usize, name: &str) {
        if matches!(width, 1 | 2 | 4 | 8) {
            for value in values(width, index) {
                let what = format!("{name} of element {index}, byte {at}, set to {value:02x?}");
                self.changes.push((at..at + width, value, what));
            }
        }
    }

    /// Where a part of the file stands in it; nothing for a copy.
    fn place(&self, part: &[u8]) -> Option<usize> {
        let start = (part.as_ptr() as usize).checked_sub(self.bytes.as_ptr() as usize)?;
        (!part.is_empty() && start + part.len() <= self.bytes.len()).then_some(start)
    }
}
