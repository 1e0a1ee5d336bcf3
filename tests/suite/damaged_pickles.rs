//! Pickles and archives of real estimators, cut or changed: refused with a place, or harmless.

use std::path::{Path, PathBuf};

use candor::model::ModelError;
use candor::model::load::looks_like_model;
use proptest::prelude::{ProptestConfig, any, proptest};

use super::hostile_pickles::{open, open_as, oracle, survives, survives_as};

#[test]
fn a_node_that_refers_to_nothing_is_refused_with_tree_node_and_field() {
    let whole = oracle("sklearn-1.9/tree_two.p5.pkl");
    let refusals = whole.windows(8).enumerate().filter(|(_, w)| *w == 1_i64.to_le_bytes()).map(|(at, _)| {
        let mut hurt = whole.clone();
        hurt[at..at + 8].copy_from_slice(&(-7_i64).to_le_bytes());
        match open(&hurt) {
            Err(ModelError::Malformed { place, reason }) => format!("{place}: {reason}"),
            _ => String::new(),
        }
    });
    let said: Vec<String> = refusals.filter(|said| said.contains("node 0: its left child is -7")).collect();
    assert!(said.len() == 1 && said[0].starts_with("DecisionTreeClassifier.tree_"), "{said:?}");
}

#[test]
fn an_archive_whose_content_was_changed_is_refused() {
    let whole = oracle("sklearn-1.9/tree_two.stored.skops");
    let at = whole.windows(6).position(|w| w == b"\x93NUMPY").expect("a stored array") + 130;
    let mut hurt = whole.clone();
    hurt[at] ^= 1;
    match open_as(&hurt, "changed.skops") {
        Err(ModelError::Malformed { place, reason }) => {
            assert!(place.contains(".npy") && reason.contains("checksum"), "{place}: {reason}");
        }
        other => panic!("expected a refusal, got {:?}", other.map(|_| "a model")),
    }
}

#[test]
fn a_file_that_inflates_without_end_is_refused() {
    // 700 MiB of zeros in under a megabyte.
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![0_u8; 1 << 20];
    std::io::Write::write_all(&mut packed, b"\x80\x04").expect("memory takes it");
    for _ in 0..700 {
        std::io::Write::write_all(&mut packed, &zeros).expect("memory takes it");
    }
    let bytes = packed.finish().expect("memory takes it");
    match open(&bytes) {
        Err(ModelError::Unsupported { what, .. }) => assert!(what.contains("inflates"), "{what}"),
        other => panic!("expected a refusal, got {:?}", other.map(|_| "a model")),
    }
}

/// Files of every form, small ones.
fn samples() -> Vec<(PathBuf, Vec<u8>)> {
    let forms = [
        "p0.pkl",
        "p1.pkl",
        "p2.pkl",
        "p3.pkl",
        "p4.pkl",
        "p5.pkl",
        "joblib",
        "zlib.joblib",
        "gz.joblib",
        "bz2.joblib",
        "xz.joblib",
        "lzma.joblib",
    ];
    let file = |(i, form): (usize, &&str)| {
        let name = format!("sklearn-{}/tree_two.{form}", ["1.2", "1.5", "1.9"][i % 3]);
        (PathBuf::from(&name), oracle(&name))
    };
    forms.iter().enumerate().map(file).collect()
}

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    for (path, bytes) in samples() {
        for cut in 0..bytes.len() {
            let what = format!("{} cut at {cut} of {}", path.display(), bytes.len());
            assert!(!survives(&bytes[..cut], &what), "{what}: opened");
        }
        assert!(survives(&bytes, "the whole file"), "{}", path.display());
    }
}

#[test]
fn a_damaged_archive_is_refused() {
    for name in ["sklearn-1.9/tree_two.skops", "sklearn-1.9/tree_two.stored.skops"] {
        let bytes = oracle(name);
        assert!(survives(&bytes, name));
        for cut in 0..bytes.len() {
            assert!(!survives(&bytes[..cut], name), "{name} opened with {cut} of {} bytes", bytes.len());
        }
        // Every byte of the directory at the end.
        for at in bytes.len() - 300..bytes.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut hurt = bytes.clone();
                hurt[at] = value;
                survives(&hurt, name);
            }
        }
    }
}

/// Every recorded file, inflated.
fn contents() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for part in [
        "sklearn-1.2",
        "sklearn-1.5",
        "sklearn-1.9",
        "ebm",
        "ebm-0.6",
        "xgboost-0.9",
        "xgboost-1.0",
        "xgboost-1.5",
        "xgboost-2.1",
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(part);
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "pkl" || e == "joblib") {
                let bytes = std::fs::read(&path).expect("the file can be read");
                let content = candor::model::load::pickle::unpack(&bytes).expect("it inflates").into_owned();
                all.push((path.display().to_string(), content));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn changed_contents_never_panic() {
    // Every file several times: what the readers of all families see is damaged, not the compression.
    let (mut opened, mut refused) = (0, 0);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("small")
    };
    for (name, content) in contents() {
        for round in 0..12 {
            let mut hurt = content.clone();
            for _ in 0..=round % 4 {
                let at = next(hurt.len());
                hurt[at] = u8::try_from(next(256)).expect("a byte");
            }
            match survives(&hurt, &name) {
                true => opened += 1,
                false => refused += 1,
            }
        }
    }
    assert!(opened > 100 && refused > 100, "{opened} opened, {refused} refused");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn changed_bytes_never_panic(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let names = ["sklearn-1.9/tree_two.p5.pkl", "sklearn-1.2/tree_two.p2.pkl", "sklearn-1.5/tree_two.joblib",
            "sklearn-1.9/tree_two.p0.pkl", "sklearn-1.9/tree_two.zlib.joblib", "sklearn-1.2/tree_two.bz2.joblib",
            "sklearn-1.2/tree_two.lzma.joblib", "sklearn-1.5/tree_two.xz.joblib",
            "sklearn-1.9/tree_two.stored.skops", "sklearn-1.9/tree_two.skops"];
        let name = names[which.index(names.len())];
        let mut bytes = oracle(name);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let path = if name.ends_with("skops") { "changed.skops" } else { "changed.pkl" };
        survives_as(&bytes, path, name);
        looks_like_model(&bytes);
    }
}
