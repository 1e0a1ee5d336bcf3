//! XGBoost's UBJSON.
#![no_main]

use candor::model::load::xgboost::Xgboost;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Another second byte would mean JSON.
    candor_fuzz::open(&Xgboost, &[b"{L", bytes].concat(), "fuzz");
});
