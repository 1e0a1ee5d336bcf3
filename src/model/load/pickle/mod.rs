//! Python pickles, protocols 0 to 5, read as inert data: classes and functions are names, nothing is looked up or called.
//!
//! `machine` turns the stream into a flat list of values that refer to each other by index, so that cycles need no care
//! and dropping does not recurse. `At` walks them and names the place; `array` and `dtype` read what numpy stores,
//! `joblib` the arrays joblib puts between the opcodes, `unpack` undoes its compression. Absent: storage outside the
//! stream (persistent ids, buffers out of band) and the extension registry.

mod array;
mod at;
mod constructors;
mod cursor;
mod dtype;
mod joblib;
mod machine;
mod memo;
mod npy;
mod protocol0;
mod sparse;
mod unpack;
mod value;

pub use array::Array;
pub use at::At;
pub use dtype::Dtype;
pub use machine::read;
pub use unpack::{Packing, unpack};
pub use value::{Document, Id, Inline, Node, Object};

/// Whether `head` starts like a pickle: the protocol mark, or protocol 0 or 1 that makes an object at once.
pub fn looks_like_pickle(head: &[u8]) -> bool {
    match head {
        [0x80, 2..=5, ..] => true,
        [b'c', rest @ ..] => {
            // Module and name in lines of their own, then arguments or a place in the memo.
            let mut lines = rest.splitn(3, |b| *b == b'\n');
            let mut name = || {
                let line = lines.next().unwrap_or_default();
                !line.is_empty() && line.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
            };
            name() && name() && matches!(lines.next(), Some([b'(' | b')' | b'q' | b'p', ..]))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like_pickle;

    #[test]
    fn pickles_are_told_from_tables() {
        for head in
            [&b"\x80\x05\x95"[..], b"\x80\x02c", b"ccopy_reg\n_reconstructor\np0\n(", b"ccopyreg\n_reconstructor\nq\0("]
        {
            assert!(looks_like_pickle(head), "{head:?}");
        }
        for head in [&b""[..], b"\x80", b"\x80\x09", b"count\n1\n2\n", b"c\n\n(", b"c a\nb\n("] {
            assert!(!looks_like_pickle(head), "{head:?}");
        }
    }
}
