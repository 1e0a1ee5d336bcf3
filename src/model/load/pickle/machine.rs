//! The machine that runs a pickle's opcodes. It has a stack, marks and a memo, and no way to do anything.

use std::borrow::Cow;

use crate::base::Task;
use crate::model::ModelError;

use super::constructors::{Meaning, copied, meaning};
use super::cursor::Cursor;
use super::memo::Memo;
use super::value::{Document, Id, Node, Object};
use super::{joblib, protocol0};

/// Pickles inside pickles; joblib nests one for each array of objects inside an array of objects.
const NESTING_LIMIT: usize = 16;
/// Opcodes between two looks at the task.
const STRIDE: usize = 1 << 16;

/// Reads a pickle, joblib's arrays between the opcodes included. What follows its end is ignored, as Python does.
/// Cost O(bytes); memory at most about 50 bytes per opcode beside the bytes themselves.
pub fn read<'f>(bytes: &'f [u8], task: &Task) -> Result<Document<'f>, ModelError> {
    let spare = (64_usize << 20).saturating_add(bytes.len().saturating_mul(2));
    let mut machine = Machine { cursor: Cursor::new(bytes), document: Document::new(), spare, steps: 0, task };
    let root = machine.pickle(0)?;
    machine.document.set_root(root);
    Ok(machine.document)
}

/// The state that all nested pickles share.
pub struct Machine<'f, 't> {
    /// The stream.
    pub cursor: Cursor<'f>,
    /// What was made so far.
    pub document: Document<'f>,
    /// Bytes that may still be copied.
    spare: usize,
    steps: usize,
    task: &'t Task,
}

/// The state of one pickle.
#[derive(Default)]
struct Frame {
    stack: Vec<Id>,
    /// Heights of the stack at the open marks.
    marks: Vec<usize>,
    memo: Memo,
}

/// Whether a pickle goes on.
enum Flow {
    On,
    End(Id),
}

impl<'f> Machine<'f, '_> {
    /// Runs one pickle to its end; `depth` counts the pickles around it.
    pub fn pickle(&mut self, depth: usize) -> Result<Id, ModelError> {
        if depth >= NESTING_LIMIT {
            return Err(self.cursor.refuse(format!("pickles are nested more than {NESTING_LIMIT} levels deep")));
        }
        let mut frame = Frame::default();
        loop {
            self.steps = self.steps.wrapping_add(1);
            if self.steps.is_multiple_of(STRIDE) {
                self.task.check()?;
            }
            let at = self.cursor.at();
            let opcode = self.cursor.byte()?;
            let here = |reason: String| ModelError::malformed(format!("byte {at}"), reason);
            let flow = match opcode {
                b'.' => Flow::End(frame.pop().map_err(here)?),
                b'b' => self.build(&mut frame, at, depth)?,
                // Most opcodes keep a value or take one from the memo.
                _ if frame.shuffle(opcode, &mut self.cursor, here)? => Flow::On,
                _ if self.scalar(opcode, at, &mut frame)? => Flow::On,
                _ => self.structure(opcode, at, &mut frame)?,
            };
            if let Flow::End(root) = flow {
                return Ok(root);
            }
        }
    }

    /// Adds a value and puts it on the stack.
    fn push(&mut self, frame: &mut Frame, node: Node<'f>, at: usize) -> Result<(), ModelError> {
        let full = || ModelError::malformed(format!("byte {at}"), format!("more than {} values", Document::LIMIT));
        let id = self.document.add(node, at).ok_or_else(full)?;
        frame.stack.push(id);
        Ok(())
    }

    /// Opcodes that push one plain value; false for any other.
    fn scalar(&mut self, opcode: u8, at: usize, frame: &mut Frame) -> Result<bool, ModelError> {
        let cursor = &mut self.cursor;
        let line = |node: Option<Node<'f>>| node.ok_or_else(|| ModelError::malformed(format!("byte {at}"), UNREADABLE));
        let node = match opcode {
            b'N' => Node::Nothing,
            0x88 => Node::Flag(true),
            0x89 => Node::Flag(false),
            b'I' => line(protocol0::integer(cursor.line()?))?,
            b'L' => line(protocol0::long(cursor.line()?))?,
            b'F' => line(protocol0::real(cursor.line()?))?,
            b'V' => line(protocol0::unicode(cursor.line()?).map(|t| Node::Text(t.into())))?,
            b'S' => line(protocol0::quoted(cursor.line()?).map(|t| Node::Text(t.into())))?,
            b'J' => Node::Integer(i64::from(i32::from_le_bytes(cursor.array()?))),
            b'K' => Node::Integer(i64::from(cursor.byte()?)),
            b'M' => Node::Integer(i64::from(u16::from_le_bytes(cursor.array()?))),
            b'G' => Node::Real(f64::from_be_bytes(cursor.array()?)),
            0x8a => counted(cursor, Cursor::length::<1>).map(long)?,
            0x8b => counted(cursor, Cursor::length::<4>).map(long)?,
            0x8c => counted(cursor, Cursor::length::<1>).map(text)?,
            b'X' => counted(cursor, Cursor::length::<4>).map(text)?,
            0x8d => counted(cursor, Cursor::length::<8>).map(text)?,
            b'C' => counted(cursor, Cursor::length::<1>).map(bytes)?,
            b'B' => counted(cursor, Cursor::length::<4>).map(bytes)?,
            0x8e | 0x96 => counted(cursor, Cursor::length::<8>).map(bytes)?,
            // Strings of Python 2, as Latin-1.
            b'U' => counted(cursor, Cursor::length::<1>).map(old_text)?,
            b'T' => counted(cursor, Cursor::length::<4>).map(old_text)?,
            b')' => Node::Tuple(Vec::new()),
            b']' => Node::List(Vec::new()),
            b'}' => Node::Table(Vec::new()),
            0x8f => Node::Set(Vec::new()),
            b'c' => {
                let (module, name) = (cursor.line()?, cursor.line()?);
                Node::Name { module: String::from_utf8_lossy(module), name: String::from_utf8_lossy(name) }
            }
            0x80 => {
                let version = cursor.byte()?;
                if version > 5 {
                    return Err(cursor.refuse(format!("protocol {version} is not known")));
                }
                return Ok(true);
            }
            // A frame is a hint for buffers only.
            0x95 => return cursor.take(8).map(|_| true),
            _ => return Ok(false),
        };
        self.push(frame, node, at)?;
        Ok(true)
    }

    /// Opcodes that make a value of others.
    fn structure(&mut self, opcode: u8, at: usize, frame: &mut Frame) -> Result<Flow, ModelError> {
        let here = |reason: String| ModelError::malformed(format!("byte {at}"), reason);
        match opcode {
            b't' => frame.marked().map(Node::Tuple).map_err(here).and_then(|n| self.push(frame, n, at))?,
            b'l' => frame.marked().map(Node::List).map_err(here).and_then(|n| self.push(frame, n, at))?,
            0x91 => frame.marked().map(Node::Set).map_err(here).and_then(|n| self.push(frame, n, at))?,
            b'd' => {
                let table = pairs(&frame.marked().map_err(here)?).ok_or_else(|| here(ODD.to_owned()))?;
                self.push(frame, Node::Table(table), at)?;
            }
            0x85..=0x87 => {
                let items = frame.last(usize::from(opcode - 0x84)).map_err(here)?;
                self.push(frame, Node::Tuple(items), at)?;
            }
            b'a' | b'e' | 0x90 => {
                let items = if opcode == b'a' { frame.last(1) } else { frame.marked() }.map_err(here)?;
                let target = frame.top().map_err(here)?;
                self.extend(target, &items).map_err(here)?;
            }
            b's' | b'u' => {
                let items = if opcode == b's' { frame.last(2) } else { frame.marked() }.map_err(here)?;
                let entries = pairs(&items).ok_or_else(|| here(ODD.to_owned()))?;
                let target = frame.top().map_err(here)?;
                self.insert(target, entries).map_err(here)?;
            }
            0x93 => {
                let names = frame.last(2).map_err(here)?;
                let node = self.name(&names).map_err(here)?;
                self.push(frame, node, at)?;
            }
            b'R' | 0x81 | 0x92 => {
                // The last argument of NEWOBJ_EX holds named ones, which no class we read takes.
                let items = frame.last(if opcode == 0x92 { 3 } else { 2 }).map_err(here)?;
                let &[class, args, ..] = items.as_slice() else { return Err(here(UNREADABLE.to_owned())) };
                self.made(frame, (class, args), at)?;
            }
            b'i' | b'o' => {
                let mut items = frame.marked().map_err(here)?;
                if opcode == b'i' {
                    let (module, name) = (self.cursor.line()?, self.cursor.line()?);
                    let (module, name) = (String::from_utf8_lossy(module), String::from_utf8_lossy(name));
                    self.push(frame, Node::Name { module, name }, at)?;
                    items.insert(0, frame.pop().map_err(here)?);
                }
                let class = *items.first().ok_or_else(|| here("no class is given".to_owned()))?;
                items.remove(0);
                self.push(frame, Node::Tuple(items), at)?;
                let args = frame.pop().map_err(here)?;
                self.made(frame, (class, args), at)?;
            }
            b'P' | b'Q' => return Err(here("the pickle refers to storage outside of it, as PyTorch's do".to_owned())),
            0x97 | 0x98 => return Err(here("the pickle refers to buffers outside of it".to_owned())),
            0x82..=0x84 => return Err(here("the pickle uses the extension registry of a process".to_owned())),
            _ => return Err(here(format!("0x{opcode:02x} is no opcode of a pickle"))),
        }
        Ok(Flow::On)
    }

    fn name(&self, names: &[Id]) -> Result<Node<'f>, String> {
        match names.iter().map(|id| self.document.node(*id)).collect::<Vec<_>>().as_slice() {
            [Node::Text(module), Node::Text(name)] => Ok(Node::Name { module: module.clone(), name: name.clone() }),
            _ => Err("the name of a class is no text".to_owned()),
        }
    }

    /// Describes the call of `class` with the tuple `args`.
    fn made(&mut self, frame: &mut Frame, (class, args): (Id, Id), at: usize) -> Result<(), ModelError> {
        let here = |reason: &str| ModelError::malformed(format!("byte {at}"), reason);
        let given = self.document.elements(args).ok_or_else(|| here("the arguments of a call are no tuple"))?;
        let mut call = (class, args);
        // Only what is copied is paid for: most calls stay descriptions.
        if matches!(
            self.document.class(class),
            Some(("_codecs" | "builtins" | "__builtin__" | "copyreg" | "copy_reg", _))
        ) {
            let price = copied(&self.document, given);
            self.spare = self.spare.checked_sub(price).ok_or_else(|| here("the same data is copied too often"))?;
            match meaning(&self.document, class, given) {
                Meaning::Data(node) => return self.push(frame, node, at),
                Meaning::Made(class, args) => {
                    self.push(frame, Node::Tuple(args), at)?;
                    call = (class, frame.pop().map_err(|reason| here(&reason))?);
                }
                Meaning::Unknown => {}
            }
        }
        let (class, args) = call;
        let object = Object { class, args, state: None, items: Vec::new(), entries: Vec::new(), inline: None };
        self.push(frame, Node::Object(Box::new(object)), at)
    }

    fn extend(&mut self, target: Id, items: &[Id]) -> Result<(), String> {
        match self.document.node_mut(target) {
            Some(Node::List(all) | Node::Set(all)) => all.extend_from_slice(items),
            Some(Node::Object(object)) => object.items.extend_from_slice(items),
            _ => return Err("values are appended to something that is no list".to_owned()),
        }
        Ok(())
    }

    fn insert(&mut self, target: Id, entries: Vec<(Id, Id)>) -> Result<(), String> {
        match self.document.node_mut(target) {
            Some(Node::Table(all)) => all.extend(entries),
            Some(Node::Object(object)) => object.entries.extend(entries),
            _ => return Err("entries are put into something that is no dictionary".to_owned()),
        }
        Ok(())
    }

    /// Gives an object its state; behind that of a joblib array its elements follow in the stream.
    fn build(&mut self, frame: &mut Frame, at: usize, depth: usize) -> Result<Flow, ModelError> {
        let here = |reason: String| ModelError::malformed(format!("byte {at}"), reason);
        let state = frame.pop().map_err(here)?;
        let target = frame.top().map_err(here)?;
        match self.document.node_mut(target) {
            Some(Node::Object(object)) => object.state = Some(state),
            _ => return Err(here("a state is given to something that is no object".to_owned())),
        }
        if joblib::is_wrapper(&self.document, target) {
            let inline = joblib::inline(self, target, depth)?;
            if let Some(Node::Object(object)) = self.document.node_mut(target) {
                object.inline = Some(inline);
            }
        }
        Ok(Flow::On)
    }
}

impl Frame {
    /// Opcodes that only move what is there; false for any other.
    fn shuffle(
        &mut self,
        opcode: u8,
        cursor: &mut Cursor<'_>,
        here: impl Fn(String) -> ModelError + Copy,
    ) -> Result<bool, ModelError> {
        let unreadable = |()| here(UNREADABLE.to_owned());
        let index = |line: &[u8]| match protocol0::long(line) {
            Some(Node::Integer(index)) => usize::try_from(index).map_err(|_error| ()),
            _ => Err(()),
        };
        match opcode {
            b'(' => self.marks.push(self.stack.len()),
            b'0' if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            b'0' => drop(self.pop().map_err(here)?),
            b'1' => drop(self.marked().map_err(here)?),
            b'2' => self.stack.push(self.top().map_err(here)?),
            b'q' | b'r' | b'p' | 0x94 => {
                let slot = match opcode {
                    b'q' => cursor.length::<1>()?,
                    b'r' => cursor.length::<4>()?,
                    b'p' => index(cursor.line()?).map_err(unreadable)?,
                    _ => self.memo.len(),
                };
                let top = self.top().map_err(here)?;
                self.memo.keep(slot, top);
            }
            b'h' | b'j' | b'g' => {
                let slot = match opcode {
                    b'h' => cursor.length::<1>()?,
                    b'j' => cursor.length::<4>()?,
                    _ => index(cursor.line()?).map_err(unreadable)?,
                };
                let kept = self.memo.get(slot).ok_or_else(|| here(format!("nothing is kept under {slot}")))?;
                self.stack.push(kept);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Lowest place that may be taken: nothing below an open mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Id, String> {
        self.stack.last().copied().filter(|_| self.stack.len() > self.floor()).ok_or_else(|| EMPTY.to_owned())
    }

    fn pop(&mut self) -> Result<Id, String> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// Takes the last `count` values.
    fn last(&mut self, count: usize) -> Result<Vec<Id>, String> {
        let start = self.stack.len().checked_sub(count).filter(|start| *start >= self.floor());
        start.map(|start| self.stack.split_off(start)).ok_or_else(|| EMPTY.to_owned())
    }

    /// Takes what lies above the last mark, and the mark.
    fn marked(&mut self) -> Result<Vec<Id>, String> {
        let start = self.marks.pop().ok_or_else(|| "no mark was set".to_owned())?;
        Ok(self.stack.split_off(start.min(self.stack.len())))
    }
}

const EMPTY: &str = "the stack is empty";
const ODD: &str = "a key has no value";
const UNREADABLE: &str = "the argument of the opcode cannot be read";

fn counted<'f>(
    cursor: &mut Cursor<'f>,
    length: impl Fn(&mut Cursor<'f>) -> Result<usize, ModelError>,
) -> Result<&'f [u8], ModelError> {
    let count = length(cursor)?;
    cursor.take(count)
}

fn pairs(items: &[Id]) -> Option<Vec<(Id, Id)>> {
    let pair = |pair: &[Id]| match pair {
        [key, value] => Some((*key, *value)),
        _ => None,
    };
    items.chunks(2).map(pair).collect()
}

fn text(bytes: &[u8]) -> Node<'_> {
    Node::Text(String::from_utf8_lossy(bytes))
}

fn old_text<'f>(bytes: &[u8]) -> Node<'f> {
    Node::Text(bytes.iter().map(|b| char::from(*b)).collect::<String>().into())
}

fn bytes(bytes: &[u8]) -> Node<'_> {
    Node::Bytes(Cow::Borrowed(bytes))
}

/// A whole number in two's complement, the lowest byte first.
fn long<'f>(bytes: &[u8]) -> Node<'f> {
    let fill = if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 };
    let mut wide = [fill; 8];
    if bytes.len() > wide.len() {
        return Node::Wide;
    }
    wide.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Node::Integer(i64::from_le_bytes(wide))
}
