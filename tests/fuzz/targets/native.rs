//! Candor's own models.
#![no_main]

use candor::model::load::native::Native;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| candor_fuzz::open(&Native, bytes, "fuzz"));
