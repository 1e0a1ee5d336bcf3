//! Sets numbers of every recorded text model to hostile values and counts what happens. `refused` means a refusal with a
//! place or a reason and a way out, `opened` that the model opened and predicted strange rows without a panic.
//!
//! `cargo run --release --example hostile_numbers [most changes for each file]`, in this folder.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use candor::model::load::{HEAD, LOADERS};
use candor_fuzz::opens;

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

fn main() {
    let most: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(500);
    let (mut models, mut files, mut refused, mut opened, mut faults) = (0, 0, 0, 0, 0);
    for path in models_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../oracle")) {
        let text = std::fs::read(&path).expect("a recorded model can be read");
        let head = text.get(..HEAD).unwrap_or(&text);
        let Some(loader) = LOADERS.iter().find(|loader| loader.recognises(head, &path)) else { continue };
        models += 1;
        let places = numbers(&text);
        // A step without a divisor in common with the values meets all of them.
        let least = (places.len() * HOSTILE.len()).div_ceil(most).max(1);
        let step = (least..).find(|step| step % 2 != 0 && step % 7 != 0).expect("one of four steps");
        let all = places.iter().flat_map(|place| HOSTILE.iter().map(move |value| (place, value)));
        for ((start, end), value) in all.step_by(step) {
            let hurt = [&text[..*start], value.as_bytes(), &text[*end..]].concat();
            files += 1;
            match catch_unwind(AssertUnwindSafe(|| opens(*loader, &hurt, "hostile"))) {
                Ok(true) => opened += 1,
                Ok(false) => refused += 1,
                Err(_) => {
                    println!("{}: byte {start} set to {value} panics", path.display());
                    faults += 1;
                }
            }
        }
    }
    println!("{models} models, {files} files: {refused} refused, {opened} opened, {faults} panics");
    assert_eq!(faults, 0);
}

/// The text models in the folders of `oracle`.
fn models_below(oracle: &Path) -> Vec<PathBuf> {
    let listed = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder)
            .map_or_else(|_| Vec::new(), |all| all.filter_map(|e| e.ok().map(|e| e.path())).collect())
    };
    let mut found: Vec<PathBuf> = listed(oracle).iter().flat_map(|folder| listed(folder)).collect();
    found.retain(|path| [".model.json", ".model.txt"].iter().any(|end| path.to_string_lossy().ends_with(end)));
    found.sort();
    found
}

/// Where numbers stand in a text.
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
