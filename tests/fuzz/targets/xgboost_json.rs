//! XGBoost's JSON, and with it the JSON reader of all loaders.
#![no_main]

use candor::model::load::xgboost::Xgboost;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Another second byte would mean UBJSON.
    candor_fuzz::open(&Xgboost, &[b"{\"", bytes].concat(), "fuzz");
});
