//! The MLmodel file of a folder that holds a model: its YAML and its signature.
#![no_main]

use candor::model::load::mlflow::Mlflow;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    candor_fuzz::open(&Mlflow, bytes, concat!(env!("CARGO_MANIFEST_DIR"), "/../oracle/mlflow/named/MLmodel"));
});
