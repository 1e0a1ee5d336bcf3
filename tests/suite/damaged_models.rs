//! Damaged and hostile model files: refused with a place or opened, never a panic, a hang or much memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candor::base::Task;
use candor::model::load::native::{NativeBody, to_json};
use candor::model::load::{load_bytes, looks_like_model};
use candor::model::{LinkFunction, Model, ModelError, Structure};
use proptest::prelude::{ProptestConfig, any, proptest};

use super::common::memory;
use super::common::strange::predict_strange_rows;

const HOSTILE: [&str; 12] = [
    "-1",
    "0",
    "1",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "18446744073709551616",
    "NaN",
    "1e308",
    "-Infinity",
    "0.5",
    "x",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(folder().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn open(bytes: &[u8]) -> Result<Arc<dyn Model>, ModelError> {
    load_bytes(bytes, Path::new("damaged"), &Task::silent())
}

/// Opens; a model must then predict strange rows, a refusal must say where. Returns whether it opened.
fn survives(bytes: &[u8], what: &str) -> bool {
    match open(bytes) {
        Ok(model) => {
            predict_strange_rows(&*model);
            true
        }
        Err(ModelError::Malformed { place, reason }) => {
            assert!(!place.is_empty() && !reason.is_empty(), "{what}: refused without a place");
            false
        }
        Err(ModelError::Unsupported { what: part, .. }) => {
            assert!(!part.is_empty(), "{what}");
            false
        }
        Err(ModelError::UnknownFormat { found, hint, .. }) => {
            assert!(!found.is_empty() && !hint.is_empty(), "{what}");
            false
        }
        Err(other) => panic!("{what}: {other:?}"),
    }
}

/// Where numbers stand in a text.
fn numbers(text: &[u8]) -> Vec<(usize, usize)> {
    let part = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E');
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|b| part(**b)).count();
        if text[at].is_ascii_digit() || (text[at] == b'-' && length > 1) {
            found.push((at, at + length));
        }
        at += length.max(1);
    }
    found
}

/// Sets every number of a text model to every hostile value; long models at every `step`-th number.
fn hurt_numbers(name: &str, text: &[u8], step: usize) {
    let (mut opened, mut refused) = (0, 0);
    for (start, end) in numbers(text).into_iter().step_by(step) {
        for value in HOSTILE {
            let hurt = [&text[..start], value.as_bytes(), &text[end..]].concat();
            match survives(&hurt, &format!("{name}, byte {start} set to {value}")) {
                true => opened += 1,
                false => refused += 1,
            }
        }
    }
    assert!(refused > 30, "{name}: {refused} refusals and {opened} openings");
}

fn native() -> Vec<u8> {
    let model = open(&read("xgboost/category_codes.model.json")).expect("the model opens");
    let Structure::Trees(ensemble) = model.structure() else { panic!("expected trees") };
    let mut ensemble = ensemble.clone();
    ensemble.trees.truncate(2);
    let body = NativeBody::Trees { ensemble, link: LinkFunction::Sigmoid { slope: 1.0 } };
    to_json(model.card(), &body).expect("the model can be written")
}

fn with_little_memory(test: &str, body: impl Fn()) {
    memory::with_little_memory(&format!("damaged_models::{test}"), body);
}

#[test]
fn hostile_numbers_in_xgboost_json() {
    with_little_memory("hostile_numbers_in_xgboost_json", || {
        for (name, step) in [
            ("binary_stump", 1),
            ("binary_linear", 1),
            ("multi_linear", 1),
            ("binary_nameless", 3),
            ("binary_dart", 29),
            ("category_partition", 7),
            ("targets_vector", 11),
            ("multi_softprob", 23),
        ] {
            hurt_numbers(name, &read(&format!("xgboost/{name}.model.json")), step);
        }
        hurt_numbers("vector leaves of 2.1", &read("xgboost-2.1/targets_vector.model.json"), 11);
    });
}

#[test]
fn hostile_numbers_in_lightgbm_text() {
    with_little_memory("hostile_numbers_in_lightgbm_text", || {
        for (name, step) in
            [("binary_stump", 1), ("category_levels", 5), ("linear_tree_full", 5), ("multiclass_rf", 13), ("custom", 7)]
        {
            let text = read(&format!("lightgbm/{name}.model.txt"));
            // Importances and settings follow; no prediction depends on them.
            let end = text.windows(12).position(|w| w == b"end of trees").map_or(0, |at| at + 13);
            hurt_numbers(name, &text[..end], step);
        }
    });
}

#[test]
fn hostile_numbers_in_ebms() {
    with_little_memory("hostile_numbers_in_ebms", || {
        for (name, step) in [("binary_minimal", 1), ("levels", 3), ("multiclass_pair", 7), ("triple", 7)] {
            hurt_numbers(name, &read(&format!("ebm/{name}.model.json")), step);
        }
    });
}

#[test]
fn hostile_numbers_in_own_models() {
    with_little_memory("hostile_numbers_in_own_models", || hurt_numbers("native", &native(), 1));
}

#[test]
fn hostile_bytes_in_ubjson() {
    with_little_memory("hostile_bytes_in_ubjson", || {
        let bytes = read("xgboost/binary_logistic_ubj.model.ubj");
        let head = [0..2000, bytes.len() - 600..bytes.len()];
        for at in head.into_iter().flatten() {
            for value in [0, 1, 0x7f, 0x80, 0xff, b'[', b'{', b'$', b'#', b'L', b'd', b'Z', b'N'] {
                let mut hurt = bytes.clone();
                hurt[at] = value;
                survives(&hurt, &format!("byte {at} set to {value}"));
            }
        }
        for at in 0..bytes.len() - 8 {
            let mut hurt = bytes.clone();
            hurt[at..at + 8].copy_from_slice(&(i64::MAX >> (at % 40)).to_be_bytes());
            survives(&hurt, &format!("bytes {at} to {} set to a huge count", at + 8));
        }
    });
}

#[test]
fn hostile_bytes_in_xgboost_binaries() {
    with_little_memory("hostile_bytes_in_xgboost_binaries", || {
        for name in
            ["xgboost-2.1/bin_dart", "xgboost-2.1/bin_linear", "xgboost-0.9/bin_poisson", "xgboost-2.1/bin_stump"]
        {
            let bytes = read(&format!("{name}.model.bin"));
            let mut refused = 0;
            for at in 0..bytes.len() {
                for value in [0, 1, 0x7f, bytes[at] ^ 0x80, 0xff] {
                    let mut hurt = bytes.clone();
                    hurt[at] = value;
                    refused += usize::from(!survives(&hurt, &format!("{name}, byte {at} set to {value}")));
                }
            }
            for at in 0..bytes.len() - 8 {
                for value in [u64::MAX, u64::MAX / 2, 1 << 40, 1 << 31, 1 << 24, bytes.len() as u64] {
                    let mut hurt = bytes.clone();
                    hurt[at..at + 8].copy_from_slice(&value.to_le_bytes());
                    refused += usize::from(!survives(&hurt, &format!("{name}, bytes from {at} set to {value}")));
                }
            }
            assert!(refused > 300, "{name}: only {refused} refusals");
        }
    });
}

#[test]
fn hostile_numbers_in_catboost_json() {
    with_little_memory("hostile_numbers_in_catboost_json", || {
        for (name, step) in [
            ("stump", 1),
            ("rmse_scaled", 1),
            ("lossguide_multiclass", 5),
            ("uncertainty", 3),
            ("onehot", 5),
            ("ctr_depthwise", 11),
            ("combined", 17),
        ] {
            hurt_numbers(name, &read(&format!("catboost/{name}.model.json")), step);
        }
    });
}

#[test]
fn hostile_bytes_in_catboost_binaries() {
    with_little_memory("hostile_bytes_in_catboost_binaries", || {
        for name in ["lossguide_multiclass", "onehot", "ctr_kinds"] {
            let bytes = read(&format!("catboost/{name}.model.cbm"));
            let mut refused = 0;
            for at in 4..bytes.len() {
                for value in [bytes[at] ^ 0x80, 0xff] {
                    let mut hurt = bytes.clone();
                    hurt[at] = value;
                    refused += usize::from(!survives(&hurt, &format!("{name}, byte {at} set to {value}")));
                }
            }
            for at in (4..bytes.len() - 4).step_by(4) {
                for value in [1, 0x1000, u32::MAX / 2, u32::MAX / 8, u32::MAX - 7, bytes.len() as u32] {
                    let mut hurt = bytes.clone();
                    hurt[at..at + 4].copy_from_slice(&value.to_le_bytes());
                    refused += usize::from(!survives(&hurt, &format!("{name}, bytes from {at} set to {value}")));
                }
            }
            assert!(refused > 1000, "{name}: only {refused} refusals");
        }
    });
}

#[test]
fn offsets_of_a_catboost_binary_that_meet_elsewhere_are_no_danger() {
    with_little_memory("offsets_of_a_catboost_binary_that_meet_elsewhere_are_no_danger", || {
        for name in ["lossguide_multiclass", "combined_means"] {
            let bytes = read(&format!("catboost/{name}.model.cbm"));
            for at in (8..bytes.len() - 4).step_by(28) {
                for target in (0..bytes.len()).step_by(509) {
                    let mut hurt = bytes.clone();
                    hurt[at..at + 4].copy_from_slice(&(target as u32).wrapping_sub(at as u32).to_le_bytes());
                    survives(&hurt, &format!("{name}, the offset at {at} points to {target}"));
                }
            }
        }
    });
}

#[test]
fn a_catboost_binary_without_trees_and_with_a_billion_outputs_is_refused() {
    with_little_memory("a_catboost_binary_without_trees_and_with_a_billion_outputs_is_refused", || {
        let bytes = read("hostile/many_outputs.cbm");
        assert!(!survives(&bytes, "many_outputs.cbm"));
    });
}

#[test]
fn a_shortened_file_is_refused() {
    let xgboost =
        ["", "-0.9", "-1.0", "-1.5", "-1.6", "-1.7", "-2.1", "-3.0"].map(|version| format!("xgboost{version}"));
    let others = ["lightgbm", "lightgbm-3.3", "lightgbm-4.3", "catboost", "catboost-1.0", "ebm"].map(str::to_owned);
    for part in xgboost.into_iter().chain(others) {
        let folder = folder().join(part);
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            let name = path.display().to_string();
            if !name.contains(".model.") {
                continue;
            }
            let bytes = std::fs::read(&path).expect("the model can be read");
            assert!(survives(&bytes, &name));
            // Behind this line LightGBM's text may end: it need not hold importances, settings and levels.
            let end = b"end of trees";
            let whole = bytes.windows(end.len()).position(|w| w == end).map_or(bytes.len(), |at| at + end.len());
            for cut in (0..64).map(|i| bytes.len() * i / 64).filter(|cut| *cut < whole) {
                assert!(!survives(&bytes[..cut], &name), "{name}: opened with {cut} of {} bytes", bytes.len());
            }
        }
    }
    let own = native();
    (0..64).for_each(|i| assert!(!survives(&own[..own.len() * i / 64], "native")));
}

/// A model whose only tree is a chain of `depth` splits, as XGBoost would store it.
fn chain(depth: usize) -> String {
    let count = 2 * depth + 1;
    let list = |value: &dyn Fn(usize) -> String| (0..count).map(value).collect::<Vec<_>>().join(",");
    let left = list(&|i| if i % 2 == 0 && i < 2 * depth { (i + 1).to_string() } else { "-1".to_owned() });
    let right = list(&|i| if i % 2 == 0 && i < 2 * depth { (i + 2).to_string() } else { "-1".to_owned() });
    let zeros = list(&|_| "0".to_owned());
    let ones = list(&|_| "1".to_owned());
    format!(
        r#"{{"learner":{{"feature_names":[],"gradient_booster":{{"name":"gbtree","model":{{"tree_info":[0],"trees":[{{
        "tree_param":{{"num_nodes":"{count}"}},"left_children":[{left}],"right_children":[{right}],"split_indices":[{zeros}],
        "default_left":[{zeros}],"split_conditions":[{zeros}],"sum_hessian":[{ones}]}}]}}}},
        "learner_model_param":{{"base_score":"5E-1","num_feature":"1"}},"objective":{{"name":"reg:squarederror"}}}}}}"#
    )
}

#[test]
fn a_tree_of_a_hundred_thousand_levels_is_walked() {
    assert!(survives(chain(100_000).as_bytes(), "chain"));
}

#[test]
fn a_large_category_code_in_every_node_does_not_fill_the_memory() {
    with_little_memory("a_large_category_code_in_every_node_does_not_fill_the_memory", || {
        let depth = 20_000;
        let splits: Vec<usize> = (0..depth).collect();
        let list =
            |value: &dyn Fn(usize) -> usize| splits.iter().map(|i| value(*i).to_string()).collect::<Vec<_>>().join(",");
        let categories = format!(
            r#""categories":[{}],"categories_nodes":[{}],"categories_segments":[{}],"categories_sizes":[{}],"left_children""#,
            list(&|_| 16_777_215),
            list(&|i| 2 * i),
            list(&|i| i),
            list(&|_| 1)
        );
        assert!(!survives(chain(depth).replace("\"left_children\"", &categories).as_bytes(), "categories"));
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn arbitrary_bytes_are_no_danger(kind in 0_usize..12, bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let start: &[u8] = [
            &b""[..],
            b"{L\0\0\0\0\0\0\0\x07learner{",
            b"{\"learner\":{",
            b"tree\nversion=v4\n",
            b"{\"version\":\"1.0\",\"ebm\":{\"outputs\":[",
            b"{\"format\":\"candor-model\",",
            b"\x80\x04",
            b"PK\x03\x04",
            b"CBM1\x20\0\0\0\x08\0\0\0",
            b"{\"features_info\":{",
            b"CONFIG-offset:\xff\0\0\0\0\0\0\0binf",
            b"binf\0",
        ][kind];
        let all = [start, &bytes].concat();
        survives(&all, "arbitrary bytes");
        looks_like_model(&all);
    }
}
