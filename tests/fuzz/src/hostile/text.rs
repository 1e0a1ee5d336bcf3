//! Numbers of texts: JSON, LightGBM's, those of a schema.

use super::{Hurt, spread};

const HOSTILE: [&str; 14] = [
    "-1",
    "0",
    "1",
    "0.5",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "NaN",
    "1e308",
    "1e400",
    "-Infinity",
    "x",
];

/// Damaged files with one number replaced.
pub fn hurt(text: &[u8], most: usize) -> Vec<Hurt> {
    let mut places = Vec::new();
    for place in numbers(text) {
        places.extend(HOSTILE.map(|value| (place, value)));
    }
    let replaced = |((start, end), value): ((usize, usize), &str)| Hurt {
        what: format!("byte {start} set to {value}"),
        bytes: mended([&text[..start], value.as_bytes(), &text[end..]].concat(), start),
    };
    spread(places, most).map(replaced).collect()
}

/// LightGBM's text again, with the lengths of its trees as they are now: it reads no tree whose length differs. Any other
/// text, and a text whose list of lengths itself was changed at `changed`, stays as it is.
fn mended(text: Vec<u8>, changed: usize) -> Vec<u8> {
    let find =
        |word: &[u8], from: usize| text.get(from..)?.windows(word.len()).position(|w| w == word).map(|at| at + from);
    let whole = || {
        let list = find(b"\ntree_sizes=", 0)? + 12;
        let end = find(b"\n", list)?;
        let trees = find(b"\nTree=0\n", end)? + 1;
        let mut starts = vec![trees];
        while let Some(next) = find(b"\nTree=", *starts.last()?) {
            starts.push(next + 1);
        }
        starts.push(find(b"end of trees", *starts.last()?)?);
        let sizes: Vec<String> = starts.windows(2).map(|pair| (pair[1] - pair[0]).to_string()).collect();
        let sound = !(list..=end).contains(&changed);
        sound.then(|| [&text[..list], sizes.join(" ").as_bytes(), &text[end..]].concat())
    };
    whole().unwrap_or(text)
}

/// Where numbers stand.
fn numbers(text: &[u8]) -> Vec<(usize, usize)> {
    let part = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E');
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|b| part(b)).count();
        if text[at].is_ascii_digit() || (text[at] == b'-' && length > 1) {
            found.push((at, at + length));
        }
        at += length.max(1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_trees_are_mended() {
        let text = b"tree\ntree_sizes=1 2\n\nTree=0\na=1\n\n\nTree=1\nb=22\n\n\nend of trees\n";
        let at = text.windows(3).position(|w| w == b"=22").expect("it is there") + 1;
        let longer = [&text[..at], b"4444", &text[at + 2..]].concat();
        assert!(mended(longer, at).starts_with(b"tree\ntree_sizes=13 16\n\nTree=0"));
    }
}
