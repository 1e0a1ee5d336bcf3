//! Numbers of UBJSON, lengths of texts and arrays among them.

use super::{Hurt, REALS, integers, set, spread};

/// A number: its first byte, its marker, its place among its neighbours, and the name above it.
struct Number {
    at: usize,
    marker: u8,
    index: usize,
    name: String,
}

/// Damaged files with one number replaced by one of the same width.
pub fn hurt(bytes: &[u8], most: usize) -> Vec<Hurt> {
    let mut walk = Walk { bytes, at: 0, found: Vec::new() };
    walk.value(&mut "the document".to_owned(), 0).expect("a recorded model is sound");
    let mut places = Vec::new();
    for number in &walk.found {
        let width = width(number.marker);
        let values: Vec<Vec<u8>> = match number.marker {
            b'd' => REALS.iter().map(|value| (*value as f32).to_be_bytes().to_vec()).collect(),
            b'D' => REALS.iter().map(|value| value.to_be_bytes().to_vec()).collect(),
            _ => integers(number.index).iter().map(|value| value.to_be_bytes()[8 - width..].to_vec()).collect(),
        };
        places.extend(values.into_iter().map(|value| (number, value)));
    }
    let replaced = |(number, value): (&Number, Vec<u8>)| {
        set(bytes, number.at, &value, &format!("{}[{}]", number.name, number.index))
    };
    spread(places, most).map(replaced).collect()
}

struct Walk<'b> {
    bytes: &'b [u8],
    at: usize,
    found: Vec<Number>,
}

impl Walk<'_> {
    fn byte(&mut self) -> Option<u8> {
        self.at += 1;
        self.bytes.get(self.at - 1).copied()
    }

    fn number(&mut self, marker: u8, name: &str, index: usize) {
        self.found.push(Number { at: self.at, marker, index, name: name.to_owned() });
        self.at += width(marker);
    }

    fn length(&mut self) -> Option<usize> {
        let marker = self.byte()?;
        self.number(marker, "a length", 0);
        let raw = self.bytes.get(self.at - width(marker)..self.at)?;
        Some(raw.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    }

    fn value(&mut self, name: &mut String, index: usize) -> Option<()> {
        let marker = self.byte()?;
        match marker {
            b'S' => self.at += self.length()?,
            b'C' => self.at += 1,
            b'{' => loop {
                if self.bytes.get(self.at)? == &b'}' {
                    self.at += 1;
                    break;
                }
                let length = self.length()?;
                let mut key = String::from_utf8_lossy(self.bytes.get(self.at..self.at + length)?).into_owned();
                self.at += length;
                self.value(&mut key, 0)?;
            },
            b'[' => self.array(name)?,
            _ => self.number(marker, name, index),
        }
        (self.at <= self.bytes.len()).then_some(())
    }

    fn array(&mut self, name: &mut String) -> Option<()> {
        let typed = (self.bytes.get(self.at)? == &b'$').then(|| self.bytes.get(self.at + 1).copied());
        self.at += if typed.is_some() { 2 } else { 0 };
        let count = if self.bytes.get(self.at)? == &b'#' {
            self.at += 1;
            Some(self.length()?)
        } else {
            None
        };
        let mut index = 0;
        while count.map_or_else(|| self.bytes.get(self.at) != Some(&b']'), |count| index < count) {
            match typed.flatten() {
                Some(marker) => self.number(marker, name, index),
                None => self.value(name, index)?,
            }
            index += 1;
        }
        self.at += usize::from(count.is_none());
        Some(())
    }
}

fn width(marker: u8) -> usize {
    match marker {
        b'i' | b'U' => 1,
        b'I' => 2,
        b'l' | b'd' => 4,
        b'L' | b'D' => 8,
        _ => 0,
    }
}
