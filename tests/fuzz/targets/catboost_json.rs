//! CatBoost's JSON.
#![no_main]

use candor::model::load::catboost::CatBoost;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| candor_fuzz::open(&CatBoost, bytes, "fuzz"));
