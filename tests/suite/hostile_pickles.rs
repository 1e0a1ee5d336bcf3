//! Pickles that want something run, hold too much or do not fit: refused or inert, never a panic, a hang or much memory.

use std::path::Path;

use candor::base::Task;
use candor::model::load::load_bytes;
use candor::model::{Model, ModelError, Scale};
use candor::num::Matrix;

use super::common::strange::predict_strange_rows;

/// Functions that a hostile pickle asks for.
const WANTED: [(&str, &str); 32] = [
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("os", "popen"),
    ("os", "execl"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "compile"),
    ("builtins", "getattr"),
    ("builtins", "__import__"),
    ("builtins", "open"),
    ("__builtin__", "eval"),
    ("__builtin__", "apply"),
    ("subprocess", "Popen"),
    ("subprocess", "check_output"),
    ("webbrowser", "open"),
    ("importlib", "import_module"),
    ("shutil", "rmtree"),
    ("pickle", "loads"),
    ("_pickle", "loads"),
    ("marshal", "loads"),
    ("types", "CodeType"),
    ("types", "FunctionType"),
    ("ctypes", "CDLL"),
    ("socket", "create_connection"),
    ("runpy", "run_path"),
    ("timeit", "timeit"),
    ("pty", "spawn"),
    ("joblib", "load"),
    ("numpy", "load"),
    ("operator", "attrgetter"),
    ("functools", "partial"),
];

fn text(word: &str) -> Vec<u8> {
    [&[b'X'][..], &u32::try_from(word.len()).expect("short").to_le_bytes(), word.as_bytes()].concat()
}

fn global(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

/// Every way to ask for the call of `module.name` with one text: the value it leaves on the stack.
fn calls(module: &str, name: &str, argument: &str) -> Vec<Vec<u8>> {
    let (class, argument) = (global(module, name), text(argument));
    let stacked = [text(module), text(name), vec![0x93]].concat();
    let inner = [&class[..], &argument, b"\x85R"].concat();
    vec![
        inner.clone(),
        [&stacked[..], &argument, b"\x85R"].concat(),
        [&class[..], &argument, b"\x85\x81"].concat(),
        [&class[..], &argument, b"\x85}\x92"].concat(),
        [&b"("[..], &argument, format!("i{module}\n{name}\n").as_bytes()].concat(),
        [&b"("[..], &class, &argument, b"o"].concat(),
        [&class[..], b"(", &argument, b"tR"].concat(),
        // As an argument of itself, as the class of another call, as a state, inside lists and as a key.
        [&class[..], &inner, b"\x85R"].concat(),
        [&inner[..], &argument, b"\x85R"].concat(),
        [&class[..], b")R", &inner, b"b"].concat(),
        [&b"]"[..], &inner, b"a"].concat(),
        [&b"}"[..], &inner, b"Ns"].concat(),
        [&b"ccopyreg\n_reconstructor\n("[..], &class, b"c__builtin__\nobject\nNtR}", &text("a"), &inner, b"sb"]
            .concat(),
        [&b"c_codecs\nencode\n"[..], &inner, b"\x85R"].concat(),
        [&b"c__builtin__\nset\n"[..], &inner, b"\x85\x85R"].concat(),
    ]
}

fn pickle(value: &[u8]) -> Vec<u8> {
    [b"\x80\x04", value, b"."].concat()
}

/// A logistic regression over one input whose attribute `random_state` is `value`.
fn estimator(value: &[u8]) -> Vec<u8> {
    let array = |values: &[f64], shape: &[u8]| {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let dtype = [&b"cnumpy\ndtype\n"[..], &text("f8"), b"\x85R"].concat();
        let size = [u8::try_from(bytes.len()).expect("small")];
        let buffer = [&b"C"[..], &size, &bytes].concat();
        [&b"cnumpy.core.numeric\n_frombuffer\n("[..], &buffer, &dtype, shape, &text("C"), b"tR"].concat()
    };
    let fields = [
        (text("coef_"), array(&[2.0], b"K\x01K\x01\x86")),
        (text("intercept_"), array(&[-1.0], b"K\x01\x85")),
        (text("classes_"), array(&[0.0, 1.0], b"K\x02\x85")),
        (text("n_features_in_"), b"K\x01".to_vec()),
        (text("random_state"), value.to_vec()),
    ];
    let fields: Vec<u8> = fields.into_iter().flat_map(|(key, value)| [key, value].concat()).collect();
    let class = b"csklearn.linear_model._logistic\nLogisticRegression\n)\x81}(";
    pickle(&[&class[..], &fields, b"ub"].concat())
}

pub fn open_as(bytes: &[u8], path: &str) -> Result<std::sync::Arc<dyn Model>, ModelError> {
    load_bytes(bytes, Path::new(path), &Task::silent())
}

pub fn open(bytes: &[u8]) -> Result<std::sync::Arc<dyn Model>, ModelError> {
    open_as(bytes, "hostile.pkl")
}

pub fn survives(bytes: &[u8], what: &str) -> bool {
    survives_as(bytes, "hostile.pkl", what)
}

/// Opens; a model must then predict strange rows, a refusal must say where. Returns whether it opened.
pub fn survives_as(bytes: &[u8], path: &str, what: &str) -> bool {
    match open_as(bytes, path) {
        Ok(model) => {
            predict_strange_rows(&*model);
            true
        }
        Err(ModelError::Malformed { place, reason }) => {
            assert!(!place.is_empty() && !reason.is_empty(), "{what}: refused without a place");
            false
        }
        Err(ModelError::Unsupported { what: part, hint }) => {
            assert!(!part.is_empty() && !hint.is_empty(), "{what}");
            false
        }
        Err(ModelError::UnknownFormat { .. }) => false,
        Err(other) => panic!("{what}: {other:?}"),
    }
}

pub fn oracle(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn nothing_that_a_pickle_asks_for_is_run() {
    let folder = tempfile::tempdir().expect("a folder for the marker");
    let marker = folder.path().join("marker");
    let command = format!("touch {}", marker.display());
    let mut count = 0;
    for (module, name) in WANTED {
        for (way, call) in calls(module, name, &command).iter().enumerate() {
            let what = format!("{module}.{name}, way {way}");
            assert!(!survives(&pickle(call), &what), "{what} opened as a model");
            // Inside an estimator the same call is an attribute that nothing looks at.
            let model = open(&estimator(call)).unwrap_or_else(|e| panic!("{what}: {e:?}"));
            let mut out = [0.0];
            model.predict(Matrix::new(vec![0.5], 1, 1).expect("a row").view(), Scale::Margin, &mut out);
            assert_eq!(out, [0.0], "{what}");
            count += 2;
        }
    }
    assert!(count >= 900, "only {count} pickles were tried");
    assert!(!marker.exists(), "a pickle ran a command");
}

#[test]
fn a_refusal_names_the_class() {
    let Err(ModelError::Unsupported { what, .. }) = open(&pickle(&calls("mine.models", "Secret", "a")[0])) else {
        panic!("a class without a reader must be refused")
    };
    assert!(what.contains("mine.models.Secret"), "{what}");
}

#[test]
fn bombs_are_refused_quickly() {
    // Doubles a tuple forty times: a terabyte when written out, eighty values when shared.
    let doubled = [&b"N\x85"[..], &b"2\x86".repeat(40)].concat();
    assert!(!survives(&pickle(&doubled), "doubled"));
    assert!(open(&estimator(&doubled)).is_ok(), "shared values take no room");
    // A set of a large list, made again and again.
    let list = [&b"]("[..], &b"N".repeat(100_000), b"eq\0"].concat();
    let again = [&list[..], &b"c__builtin__\nset\nh\0\x85R0".repeat(20_000)].concat();
    assert!(!survives(&pickle(&again), "copied"));
    let deep = b"]".repeat(1 << 20);
    let closed = [&deep[..], &b"a".repeat((1 << 20) - 1)].concat();
    assert!(!survives(&pickle(&closed), "deep"));
    assert!(open(&estimator(&closed)).is_ok(), "deep values drop without recursion");
    assert!(!survives(&pickle(b"]q\0h\0a"), "a list that holds itself"));
    assert!(open(&estimator(b"]q\0h\0a")).is_ok());
    let huge: [&[u8]; 8] = [
        b"X\xff\xff\xff\xff",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x96\0\0\0\0\0\0\0\x80",
        b"\x8b\xff\xff\xff\x7f",
        b"B\0\0\0\x80",
        b"T\xff\xff\xff\xff",
        b"\x95\xff\xff\xff\xff\xff\xff\xff\xff",
    ];
    huge.iter().for_each(|bytes| assert!(!survives(&pickle(bytes), "a huge length")));
    for opcode in 0..=255_u8 {
        survives(&[0x80, 4, opcode], "a lone opcode");
        survives(&[0x80, 4, opcode, b'.'], "a lone opcode and the end");
        survives(&estimator(&[opcode]), "an opcode in an estimator");
        survives(&[0x80, 4, b'(', opcode, b'.'], "an opcode above a mark");
    }
}

#[test]
fn estimators_that_hold_themselves_are_refused() {
    for (package, class) in
        [("sklearn.ensemble._forest", "RandomForestClassifier"), ("sklearn.model_selection", "GridSearchCV")]
    {
        let fields: Vec<u8> = ["estimator", "best_estimator_", "estimator_", "regressor_"]
            .into_iter()
            .flat_map(|key| [&text(key)[..], b"h\0"].concat())
            .collect();
        let body = [
            &global(package, class)[..],
            b")\x81q\0}(",
            &fields,
            &text("n_features_in_"),
            b"K\x01",
            &text("estimators_"),
            b"](h\0h\0e",
            &text("classes_"),
            b"h\0",
            b"ub",
        ]
        .concat();
        assert!(!survives(&pickle(&body), class));
    }
}

/// A regressor of interpret with these attributes.
fn ebm(fields: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let fields: Vec<u8> = fields.iter().flat_map(|(key, value)| [text(key), value.clone()].concat()).collect();
    let class = b"cinterpret.glassbox._ebm._ebm\nExplainableBoostingRegressor\n)\x81}(";
    pickle(&[&class[..], &fields, b"ub"].concat())
}

#[test]
fn an_ebm_of_an_old_version_or_without_training_says_what_to_do() {
    for (fields, word) in [(&[("additive_terms_", b"]".to_vec())][..], "older than 0.6"), (&[], "not fitted")] {
        match open(&ebm(fields)).map(|model| model.card().clone()) {
            Err(ModelError::Unsupported { what, hint }) => {
                assert!(what.contains(word) && what.contains("ExplainableBoostingRegressor"), "{what}");
                assert!(!hint.is_empty());
            }
            other => panic!("expected a refusal, got {other:?}"),
        }
    }
}

#[test]
fn bins_that_all_features_of_an_ebm_share_are_counted() {
    let features = 20_000_u32;
    let many = |element: &[u8]| [&b"]("[..], &element.repeat(features as usize), b"e"].concat();
    let cuts: Vec<u8> = (0..20_000_u32).flat_map(|cut| f64::from(cut).to_le_bytes()).collect();
    let size = u32::try_from(cuts.len()).expect("small").to_le_bytes();
    let dtype = [&b"cnumpy\ndtype\n"[..], &text("f8"), b"\x85R"].concat();
    let array =
        [&b"cnumpy.core.numeric\n_frombuffer\n(B"[..], &size, &cuts, &dtype, b"M\x20\x4e\x85", &text("C"), b"tR"];
    // A list of one resolution, kept in the memo and named again and again.
    let bins = [&b"]"[..], &array.concat(), b"aq\x01"].concat();
    let names: Vec<u8> = (0..features).flat_map(|k| text(&format!("f{k}"))).collect();
    let bytes = ebm(&[
        ("link_", text("identity")),
        ("intercept_", [&b"G"[..], &0.0_f64.to_be_bytes()].concat()),
        ("first", bins),
        ("feature_names_in_", [&b"]("[..], &names, b"e"].concat()),
        ("feature_types_in_", many(&text("continuous"))),
        ("bins_", many(b"h\x01")),
        ("term_features_", b"]".to_vec()),
        ("term_scores_", b"]".to_vec()),
    ]);
    match open(&bytes).map(|model| model.card().clone()) {
        Err(ModelError::Malformed { reason, .. }) => assert!(reason.contains("too often"), "{reason}"),
        other => panic!("expected a refusal, got {:?}", other.map(|card| card.inputs.len())),
    }
}

#[test]
fn pickles_inside_pickles_end() {
    // joblib nests a pickle for every array of objects; here each holds the next.
    let dtype = [&b"cnumpy\ndtype\n"[..], &text("O8"), b"\x85R"].concat();
    let state = [&b"}("[..], &text("dtype"), &dtype, &text("shape"), b")", &text("order"), &text("C"), b"u"].concat();
    let wrapper = [&b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81"[..], &state, b"b"].concat();
    assert!(!survives(&pickle(&wrapper.repeat(100_000)), "nested pickles"));
}

#[test]
fn an_array_that_does_not_fill_its_shape_is_refused() {
    let whole = estimator(b"N");
    let shape = b"K\x01K\x01\x86";
    let at = whole.windows(shape.len()).position(|w| w == shape).expect("the shape of coef_");
    for (rows, columns) in [(0, 1), (2, 1), (1, 2), (255, 255)] {
        let mut hurt = whole.clone();
        (hurt[at + 1], hurt[at + 3]) = (rows, columns);
        match open(&hurt) {
            Err(ModelError::Malformed { place, reason }) => {
                assert!(place.contains("coef_") && reason.contains("do not fill"), "{place}: {reason}");
            }
            other => panic!("expected a refusal, got {:?}", other.map(|_| "a model")),
        }
    }
}

/// A Ridge over two inputs whose weights are a sparse matrix of this class and shape.
fn sparse_weights(class: &str, (rows, columns): (i32, i32), starts: &[i64], places: &[i64]) -> Vec<u8> {
    let array = |letters: &str, bytes: Vec<u8>| {
        let dtype = [&b"cnumpy\ndtype\n"[..], &text(letters), b"\x85R"].concat();
        let shape = [b'K', u8::try_from(bytes.len() / 8).expect("small"), 0x85];
        let size = [u8::try_from(bytes.len()).expect("small")];
        let buffer = [&b"C"[..], &size, &bytes].concat();
        [&b"cnumpy.core.numeric\n_frombuffer\n("[..], &buffer, &dtype, &shape, &text("C"), b"tR"].concat()
    };
    let whole = |values: &[i64]| array("i8", values.iter().flat_map(|v| v.to_le_bytes()).collect());
    let values = (0..places.len()).flat_map(|k| (k as f64 + 2.0).to_le_bytes()).collect();
    let length = |value: i32| [&b"J"[..], &value.to_le_bytes()].concat();
    let fields = [
        (text("_shape"), [length(rows), length(columns), b"\x86".to_vec()].concat()),
        (text("indptr"), whole(starts)),
        (text("indices"), whole(places)),
        (text("data"), array("f8", values)),
    ];
    let fields: Vec<u8> = fields.into_iter().flat_map(|(key, value)| [key, value].concat()).collect();
    let matrix = [&global("scipy.sparse._csr", class)[..], b")\x81}(", &fields, b"ub"].concat();
    let ridge = [&text("coef_")[..], &matrix, &text("n_features_in_"), b"K\x02"].concat();
    pickle(&[&b"csklearn.linear_model._ridge\nRidge\n)\x81}("[..], &ridge, b"ub"].concat())
}

#[test]
fn a_sparse_matrix_holds_what_its_shape_says_and_nothing_else() {
    for (class, starts, places) in
        [("csr_matrix", &[0, 2][..], &[1, 1][..]), ("csc_array", &[0, 0, 2], &[0, 0]), ("csr_array", &[0, 1], &[1])]
    {
        let model = open(&sparse_weights(class, (1, 2), starts, places)).expect("it opens");
        let rows = Matrix::from_rows(&[vec![7.0, 10.0]]).expect("a row");
        let mut out = [0.0];
        model.predict(rows.view(), Scale::Target, &mut out);
        // Two values at one place are added up.
        assert_eq!(out, [if places.len() == 2 { 50.0 } else { 20.0 }], "{class}");
    }
    for (shape, starts, places) in [
        ((1, 2), &[0, 2][..], &[0, 2][..]),
        ((1, 2), &[0, 3], &[0, 1]),
        ((1, 2), &[2, 0], &[0, 1]),
        ((1, 2), &[0], &[0, 1]),
        ((1, 2), &[-1, 2], &[0, 1]),
        ((1, 2), &[0, 2], &[0, -1]),
        ((1, i32::MAX), &[0, 1], &[i64::MAX]),
        ((i32::MAX, i32::MAX), &[0, 1], &[0]),
        ((-1, 2), &[0, 1], &[0]),
        ((2, 1), &[0, 1, 1], &[0]),
    ] {
        for class in ["csr_matrix", "csc_matrix"] {
            let bytes = sparse_weights(class, shape, starts, places);
            assert!(!survives(&bytes, "sparse"), "{class}, {shape:?}, {starts:?}, {places:?}");
        }
    }
}
