//! XGBoost's old binary format, as a file and as pickles hold it.
#![no_main]

use candor::model::load::xgboost::Xgboost;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Another first byte would mean JSON or UBJSON.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        candor_fuzz::open(&Xgboost, bytes, "fuzz");
    }
});
