//! ONNX graphs.
#![no_main]

use candor::model::load::onnx::Onnx;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| candor_fuzz::open(&Onnx, bytes, "fuzz"));
