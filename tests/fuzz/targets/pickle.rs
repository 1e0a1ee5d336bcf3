//! Pickles and joblib files of scikit-learn and its kin, also compressed ones.
#![no_main]

use candor::model::load::sklearn::Sklearn;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| candor_fuzz::open(&Sklearn, bytes, "fuzz"));
