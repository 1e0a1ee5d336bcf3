//! Skops archives; checksums of stored members are mended, so that the schema and the arrays are reached.
#![no_main]

use candor::model::load::skops::Skops;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    candor_fuzz::open(&Skops, &candor_fuzz::mend_checksums(bytes), "fuzz");
});
