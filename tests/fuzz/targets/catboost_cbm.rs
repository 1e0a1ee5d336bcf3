//! CatBoost's binary form.
#![no_main]

use candor::model::load::catboost::CatBoost;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    candor_fuzz::open(&CatBoost, &[b"CBM1", bytes].concat(), "fuzz");
});
