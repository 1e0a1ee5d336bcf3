//! Model files in a wrapping: what gzip packed opens, everything else is named with the way out.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use candor::base::Task;
use candor::model::load::{load, load_bytes, looks_like_model};
use candor::model::{ModelError, Structure};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).expect("memory takes everything");
    gzip.finish().expect("memory takes everything")
}

fn refused(bytes: &[u8]) -> (String, String) {
    match load_bytes(bytes, Path::new("wrapped"), &Task::silent()).map(|model| model.card().clone()) {
        Err(ModelError::UnknownFormat { found, hint, .. }) => (found, hint),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn what_gzip_packed_is_the_model_inside() {
    for file in [
        "xgboost/binary_logistic.model.json",
        "xgboost/binary_logistic_ubj.model.ubj",
        "xgboost-2.1/bin_logistic.model.bin",
        "lightgbm/category_levels.model.txt",
        "ebm/levels.model.json",
        "catboost/stump.model.cbm",
    ] {
        let bytes = std::fs::read(folder().join(file)).expect("the model can be read");
        let packed = packed(&bytes);
        assert!(looks_like_model(&packed), "{file}");
        let open = |bytes: &[u8]| {
            let model = load_bytes(bytes, Path::new("wrapped"), &Task::silent());
            model.unwrap_or_else(|e| panic!("{file}: {e:?}"))
        };
        let (inside, plain) = (open(&packed), open(&bytes));
        assert_eq!(inside.card().inputs, plain.card().inputs, "{file}");
        assert_eq!(inside.card().bytes, packed.len() as u64, "{file}");
        match (inside.structure(), plain.structure()) {
            (Structure::Trees(inside), Structure::Trees(plain)) => assert_eq!(inside, plain, "{file}"),
            other => panic!("{file}: {other:?}"),
        }
        for cut in (0..packed.len()).step_by(packed.len() / 40) {
            let cut = load_bytes(&packed[..cut], Path::new("wrapped"), &Task::silent());
            assert!(cut.is_err(), "{file}");
        }
    }
}

#[test]
fn what_is_packed_twice_or_no_model_is_refused() {
    // A pickle may be packed once by its own loader, so this is where a second time would be unpacked.
    for file in ["xgboost/binary_stump.model.json", "ebm/levels.model.p4.pkl"] {
        let model = std::fs::read(folder().join(file)).expect("the model can be read");
        assert!(looks_like_model(&packed(&model)), "{file}");
        assert!(!looks_like_model(&packed(&packed(&model))), "{file}");
        refused(&packed(&packed(&model)));
    }
    assert!(!looks_like_model(&packed(b"a,b,c\n1,2,3\n")));
}

#[test]
fn wrappings_are_named_with_the_way_out() {
    for (bytes, found, hint) in [
        (packed(b"X\n\0\0\0\x03\0\x04\x03\0"), "object of R", "xgb.save"),
        (packed(b"RDX3\nX\n\0\0\0\x03"), "object of R", "lgb.save"),
        (b"{\"model\": \"tree\\nversion=v4\\nnum_class=1\"}".to_vec(), "inside JSON", "save_model"),
        (b"0:[a<4] yes=1,no=2,missing=2\n\t1:leaf=-0.5\n".to_vec(), "dump of XGBoost", "save_model"),
    ] {
        let (what, way) = refused(&bytes);
        assert!(what.contains(found) && way.contains(hint), "{what}: {way}");
        assert!(looks_like_model(&bytes), "{found}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("metadata")).expect("a folder");
    match load(folder.path(), &Task::silent()).map(|model| model.card().clone()) {
        Err(ModelError::UnknownFormat { found, hint, .. }) => {
            assert!(found.contains("Spark") && hint.contains("get_booster"));
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}
