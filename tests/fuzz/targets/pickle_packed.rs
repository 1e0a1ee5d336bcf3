//! What joblib compresses: hostile bytes inside a sound zlib stream.
#![no_main]

use candor::model::load::sklearn::Sklearn;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| candor_fuzz::open(&Sklearn, &candor_fuzz::zlib(bytes), "fuzz"));
