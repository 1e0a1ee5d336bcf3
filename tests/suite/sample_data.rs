//! The bundled samples are the files that their list describes, small, and fit each other.

use std::path::{Path, PathBuf};

use candor::base::Fingerprint;
use candor::session::{Command, SAMPLES, Session};
use candor::worker::inline;

/// Bytes that all samples may have together.
const MOST_BYTES: u64 = 10_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data")
}

/// Name, bytes and SHA-256 of every file that the list names.
fn listed() -> Vec<(String, u64, String)> {
    let list = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let cells = |line: &str| line.split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    let rows = list.lines().map(cells).filter(|c| c.get(3).is_some_and(|hash| hash.len() == 64));
    rows.map(|c| (c[1].clone(), c[2].parse().unwrap(), c[3].clone())).collect()
}

#[test]
fn every_listed_file_is_the_one_that_was_listed() {
    let listed = listed();
    assert!(listed.len() >= 2 * SAMPLES.len(), "the list names {} files", listed.len());
    for (name, bytes, hash) in listed {
        let content = std::fs::read(folder().join(&name)).unwrap();
        assert_eq!((content.len() as u64, Fingerprint::of(&content).0), (bytes, hash), "{name}");
    }
}

#[test]
fn every_file_is_listed_and_all_are_small() {
    let names: Vec<String> = listed().into_iter().map(|f| f.0).collect();
    let mut total = 0;
    for part in ["", "models/"] {
        for entry in std::fs::read_dir(folder().join(part)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{part}{}", entry.file_name().to_string_lossy());
            if entry.path().is_file() {
                total += entry.metadata().unwrap().len();
                assert!(name == "README.md" || names.contains(&name), "{name} is not in the list");
            }
        }
    }
    assert!(total <= MOST_BYTES, "{total} bytes");
}

#[test]
fn every_sample_opens_and_predicts_its_table() {
    for sample in SAMPLES {
        let mut session = Session::headless();
        let jobs = session.apply(Command::OpenSample(sample.id.to_owned()));
        inline::run_all(&mut session, jobs, |_| ());
        assert!(session.problems().is_empty(), "{}: {:?}", sample.id, session.problems());
        let rows = session.data().unwrap().row_count();
        let predictions = session.predictions().unwrap();
        assert_eq!(predictions.values.len(), rows * predictions.outputs, "{}", sample.id);
        assert!(predictions.values.iter().all(|v| v.is_finite()), "{}", sample.id);
        assert!(session.performance().is_some(), "{}", sample.id);
    }
}
