//! The bundled tables and models are those that their README describes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candor::base::Fingerprint;
use candor::session::{Command, SAMPLES, Session};
use candor::worker::inline;

/// The folder may grow to this size.
const MOST_BYTES: u64 = 10_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data")
}

/// Name, size and hash of every file that the README lists: `| name | bytes | sha-256 |`.
fn listed() -> BTreeMap<String, (u64, String)> {
    let readme = std::fs::read_to_string(folder().join("README.md")).expect("the README of the samples");
    readme
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            match cells.as_slice() {
                ["", name, bytes, hash, ""] if hash.len() == 64 => {
                    Some(((*name).to_owned(), (bytes.parse().ok()?, (*hash).to_owned())))
                }
                _ => None,
            }
        })
        .collect()
}

#[test]
fn every_table_and_model_has_the_recorded_hash() {
    let listed = listed();
    assert!(listed.len() >= 9, "the README lists {} files", listed.len());
    for (name, (size, hash)) in &listed {
        let bytes = std::fs::read(folder().join(name)).expect("a listed file is there");
        assert_eq!((bytes.len() as u64, &Fingerprint::of(&bytes).0), (*size, hash), "{name}");
    }
    for place in [folder(), folder().join("models")] {
        for entry in std::fs::read_dir(place).expect("a folder").map(|e| e.expect("an entry").path()) {
            let inside = entry.strip_prefix(folder()).expect("inside").to_string_lossy().into_owned();
            let is_sample = entry.is_file() && !inside.ends_with(".md");
            assert!(!is_sample || listed.contains_key(&inside), "{inside} is not listed in the README");
        }
    }
    let total: u64 = listed.values().map(|(size, _)| size).sum();
    assert!(total <= MOST_BYTES, "{total} bytes of samples");
}

#[test]
fn every_sample_opens_and_predicts_its_table() {
    for sample in SAMPLES {
        let mut session = Session::headless();
        let jobs = session.apply(Command::OpenSample(sample.id.to_owned()));
        inline::run_all(&mut session, jobs, |_| ());
        assert!(session.problems().is_empty(), "{}: {:?}", sample.id, session.problems());
        let rows = session.data().expect("the table").row_count();
        let predictions = session.predictions().expect("predictions");
        assert_eq!(predictions.values.len(), rows * predictions.outputs, "{}", sample.id);
        assert!(predictions.values.iter().all(|v| v.is_finite()), "{}", sample.id);
        assert!(session.performance().is_some(), "{}", sample.id);
    }
}
