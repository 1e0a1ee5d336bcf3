//! What a skops archive holds: hostile schemas and arrays inside a sound archive. The input is the schema, then the
//! arrays `0.npy`, `1.npy` and so on, each behind the mark of a member.
#![no_main]

use candor::model::load::skops::Skops;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut contents = candor_fuzz::parts(bytes, b"PK\x03\x04").into_iter().take(40);
    let schema = contents.next().unwrap_or_default();
    let arrays = contents.enumerate().map(|(index, content)| (format!("{index}.npy"), content));
    let members: Vec<_> = std::iter::once(("schema.json".to_owned(), schema)).chain(arrays).collect();
    // Some are deflated: that costs more than all the rest.
    candor_fuzz::open(&Skops, &candor_fuzz::archive(&members, bytes.len() % 16 == 0), "fuzz");
});
