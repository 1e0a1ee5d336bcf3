//! Numbers of protocol buffers, without a schema: a field with a length that reads as a message is one, any other one is
//! also an array of words.

use super::{Hurt, integers, spread, values};

/// One field: its tag and what stands behind it.
#[derive(Clone)]
enum Content {
    Varint(u64),
    Fixed(Vec<u8>),
    Message(Vec<Field>),
    Bytes(Vec<u8>),
}

#[derive(Clone)]
struct Field {
    tag: u64,
    content: Content,
}

/// A change: the way to a field, then what becomes of it.
type Change = (Vec<usize>, Content, String);

/// Damaged files with one number replaced; lengths around it are mended.
pub fn hurt(bytes: &[u8], most: usize) -> Vec<Hurt> {
    let fields = message(bytes, 0).expect("a recorded model is sound");
    let mut changes = Vec::new();
    collect(&fields, &mut Vec::new(), &mut changes);
    let changed = |(way, content, what): Change| {
        let mut fields = fields.clone();
        replace(&mut fields, &way, content);
        Hurt { what, bytes: written(&fields) }
    };
    spread(changes, most).map(changed).collect()
}

fn collect(fields: &[Field], way: &mut Vec<usize>, changes: &mut Vec<Change>) {
    for (place, field) in fields.iter().enumerate() {
        way.push(place);
        // Numbers of one list are fields of one tag that follow each other.
        let index = fields[..place].iter().rev().take_while(|before| before.tag == field.tag).count();
        let tags: Vec<String> = way.iter().map(usize::to_string).collect();
        let what = format!("field {} number {index}, way {}", field.tag >> 3, tags.join("."));
        match &field.content {
            Content::Varint(_) => {
                let all = integers(index).map(|value| Content::Varint(value.cast_unsigned()));
                changes.extend(all.map(|content| (way.clone(), content, what.clone())));
            }
            Content::Fixed(old) => {
                let all = values(old.len(), index).into_iter().map(Content::Fixed);
                changes.extend(all.map(|content| (way.clone(), content, what.clone())));
            }
            Content::Message(inner) => collect(inner, way, changes),
            // Names and texts hold no numbers.
            Content::Bytes(old) if old.iter().all(|byte| matches!(byte, b' '..=b'~')) => {}
            Content::Bytes(old) => {
                for (at, width) in (0..old.len()).step_by(4).flat_map(|at| [(at, 4), (at, 8)]) {
                    if at + width > old.len() {
                        continue;
                    }
                    for value in values(width, at / width) {
                        let mut new = old.clone();
                        new[at..at + width].copy_from_slice(&value);
                        changes.push((way.clone(), Content::Bytes(new), format!("{what}, byte {at}")));
                    }
                }
            }
        }
        way.pop();
    }
}

fn replace(fields: &mut [Field], way: &[usize], new: Content) {
    let Some((first, rest)) = way.split_first() else { return };
    match &mut fields[*first].content {
        Content::Message(inner) if !rest.is_empty() => replace(inner, rest, new),
        place => *place = new,
    }
}

fn message(bytes: &[u8], depth: usize) -> Option<Vec<Field>> {
    let mut rest = bytes;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let mut take = |length: usize| {
            let (part, left) = rest.split_at_checked(length)?;
            rest = left;
            Some(part.to_vec())
        };
        let content = match tag & 7 {
            0 => Content::Varint(varint(&mut rest)?),
            1 => Content::Fixed(take(8)?),
            5 => Content::Fixed(take(4)?),
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                let (part, left) = rest.split_at_checked(length)?;
                rest = left;
                let inner = (depth < 12 && !part.is_empty()).then(|| message(part, depth + 1)).flatten();
                inner.map_or_else(|| Content::Bytes(part.to_vec()), Content::Message)
            }
            _ => return None,
        };
        if tag >> 3 == 0 {
            return None;
        }
        fields.push(Field { tag, content });
    }
    Some(fields)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, left) = rest.split_first()?;
        *rest = left;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn written(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        put(&mut bytes, field.tag);
        match &field.content {
            Content::Varint(value) => put(&mut bytes, *value),
            Content::Fixed(part) => bytes.extend(part),
            Content::Message(inner) => {
                let inner = written(inner);
                put(&mut bytes, inner.len() as u64);
                bytes.extend(inner);
            }
            Content::Bytes(part) => {
                put(&mut bytes, part.len() as u64);
                bytes.extend(part);
            }
        }
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_written_as_it_was() {
        let bytes = b"\x08\x96\x01\x12\x04\x08\x01\x10\x02\x1d\0\0\x80\x3f\x22\x02hi";
        assert_eq!(written(&message(bytes, 0).expect("it is sound")), bytes);
        assert!(hurt(bytes, 1000).iter().any(|hurt| hurt.bytes.len() > bytes.len()), "a longer number");
    }
}
