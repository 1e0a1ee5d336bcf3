//! Values that protocol 0 writes as lines of text.

use super::value::Node;

/// The line of `I`: a whole number, or `00` and `01` for truth values.
pub fn integer<'f>(line: &[u8]) -> Option<Node<'f>> {
    match line {
        b"00" => Some(Node::Flag(false)),
        b"01" => Some(Node::Flag(true)),
        _ => long(line),
    }
}

/// The line of `L`: a whole number of any size, with or without an `L` behind it.
pub fn long<'f>(line: &[u8]) -> Option<Node<'f>> {
    let line = line.trim_ascii();
    let line = line.strip_suffix(b"L").unwrap_or(line);
    let digits = line.strip_prefix(b"-").unwrap_or(line);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = std::str::from_utf8(line).ok()?.parse();
    Some(value.map_or(Node::Wide, Node::Integer))
}

/// The line of `F`.
pub fn real<'f>(line: &[u8]) -> Option<Node<'f>> {
    std::str::from_utf8(line.trim_ascii()).ok()?.parse().ok().map(Node::Real)
}

/// The line of `V`: Latin-1 with `\uXXXX` and `\UXXXXXXXX` for everything else.
pub fn unicode(line: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((first, after)) = rest.split_first() {
        let digits = match (first, after.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                text.push(char::from(*first));
                rest = after;
                continue;
            }
        };
        let code = hexadecimal(after.get(1..=digits)?)?;
        // Half of a surrogate pair is no character of its own.
        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = after.get(1 + digits..)?;
    }
    Some(text)
}

/// The line of `S`: a quoted string of Python 2 with escapes; its bytes as Latin-1.
pub fn quoted(line: &[u8]) -> Option<String> {
    let line = line.trim_ascii();
    let (quote, rest) = line.split_first().filter(|(quote, _)| matches!(**quote, b'\'' | b'"'))?;
    let mut rest = rest.strip_suffix(std::slice::from_ref(quote))?;
    let mut text = String::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        if *first != b'\\' {
            text.push(char::from(*first));
            rest = after;
            continue;
        }
        let (escape, after) = after.split_first()?;
        rest = after;
        let byte = match escape {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'x' => {
                let code = hexadecimal(after.get(..2)?)?;
                rest = after.get(2..)?;
                u8::try_from(code).ok()?
            }
            b'\\' | b'\'' | b'"' => *escape,
            _ => return None,
        };
        text.push(char::from(byte));
    }
    Some(text)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, d| sum.checked_mul(16)?.checked_add(char::from(*d).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_protocol_0_are_read() {
        assert_eq!(integer(b"01"), Some(Node::Flag(true)));
        assert_eq!(integer(b"-12"), Some(Node::Integer(-12)));
        assert_eq!(long(b"9223372036854775807L"), Some(Node::Integer(i64::MAX)));
        assert_eq!(long(b"92233720368547758070L"), Some(Node::Wide));
        assert_eq!(long(b"os.system"), None);
        assert_eq!(real(b"1e-5"), Some(Node::Real(1e-5)));
        assert_eq!(unicode(b"a\\u00e4\\U0001f600\xe4").as_deref(), Some("aä😀ä"));
        assert_eq!(quoted(b"'a\\x00\\'b'").as_deref(), Some("a\0'b"));
        for broken in [&b"\\u12"[..], b"\\Uffffffffff", b"\\uzzzz"] {
            assert!(unicode(broken).is_none_or(|t| t.contains('\u{fffd}')), "{broken:?}");
        }
        for broken in [&b"'"[..], b"'a", b"a'", b"'\\", b"'\\x1'", b"'\\q'", b""] {
            assert!(quoted(broken).is_none(), "{broken:?}");
        }
    }
}
