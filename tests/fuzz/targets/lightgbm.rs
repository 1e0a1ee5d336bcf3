//! LightGBM's text.
#![no_main]

use candor::model::load::lightgbm::LightGbm;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| candor_fuzz::open(&LightGbm, bytes, "fuzz"));
