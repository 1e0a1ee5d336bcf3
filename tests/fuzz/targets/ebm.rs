//! The JSON of explainable boosting machines.
#![no_main]

use candor::model::load::ebm::Ebm;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| candor_fuzz::open(&Ebm, bytes, "fuzz"));
