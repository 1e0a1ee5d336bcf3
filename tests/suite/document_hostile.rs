//! Session files from strangers: whatever their bytes are, they are refused in words or open harmlessly.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use candor::base::{RowId, Seed};
use candor::session::{Command, Edit, Session, Start};
use candor::worker::inline::run_all;

use super::document::{carry_out, open, save};
use super::session::sample;

/// A session file with every kind of member.
fn whole(folder: &Path) -> (PathBuf, Vec<u8>) {
    let path = folder.join("good.candor");
    let mut session = Session::new();
    carry_out(&mut session, Command::Open(sample("penguins.csv")));
    carry_out(&mut session, Command::Open(sample("models/penguins-xgboost.json")));
    carry_out(
        &mut session,
        Command::SetPlan(candor::session::Plan {
            rows: candor::session::RowChoice::Range(0, 5),
            ..candor::session::Plan::default()
        }),
    );
    carry_out(&mut session, Command::Explain);
    carry_out(&mut session, Command::KeepAsChallenger);
    carry_out(&mut session, Command::WhatIf(Edit::Start(Start::Row(RowId(2)))));
    carry_out(&mut session, Command::WhatIf(Edit::Pin("kept".to_owned())));
    save(&mut session, &path, true);
    let bytes = std::fs::read(&path).expect("written");
    (path, bytes)
}

/// A zip of these members, stored, the first as the manifest.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        zip.start_file(*name, stored).expect("a member");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

fn manifest(rest: &str) -> Vec<u8> {
    format!(r#"{{"format":"candor-session","version":1,"program":"0",{rest}}}"#).into_bytes()
}

fn opened(folder: &Path, bytes: &[u8]) -> Session {
    let path = folder.join("strange.candor");
    std::fs::write(&path, bytes).expect("written");
    open(&path)
}

#[test]
fn every_kind_of_damage_is_told_or_harmless() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, good) = whole(folder.path());
    let mut stream = Seed(11).child("damage", 0);
    let mut refused = 0;
    for turn in 0..120 {
        let mut bytes = good.clone();
        match turn % 3 {
            0 => bytes.truncate(stream.below(good.len())),
            1 => {
                let at = stream.below(good.len());
                bytes[at] ^= 1 << stream.below(8);
            }
            _ => {
                // The directory at the end and the manifest at the start are where structure is.
                let at = if turn % 2 == 0 { stream.below(2_000) } else { good.len() - 1 - stream.below(600) };
                bytes[at] = stream.below(256) as u8;
            }
        }
        let session = opened(folder.path(), &bytes);
        let problems = session.problems();
        refused += usize::from(!problems.is_empty());
        assert!(!problems.iter().any(|p| p.to_string().contains("panicked")), "turn {turn}: {problems:?}");
        assert!(bytes == good || !problems.is_empty() || session.data().is_some(), "turn {turn}");
    }
    assert!(refused > 60, "{refused} of 120 damaged files were refused");
}

#[test]
fn strange_manifests_are_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = format!("\"document\":{}{},\"answers\":0", "[".repeat(100_000), "]".repeat(100_000));
    let none = r#""document":{},"answers":"#;
    let newer = br#"{"format":"candor-session","version":9,"later":true}"#.to_vec();
    let runs = r#""document":{"decisions":{"selection":{"total":4294967294,"runs":[[0,4294967295]]}}},"answers":0"#;
    let cases = [
        (manifest(&deep), "recursion limit"),
        (manifest(&format!("{none}4000000000")), "more answers than a session has"),
        (manifest(&format!("{none}1")), "answers/0.json is missing"),
        (newer, "version 9 of the session format"),
        (manifest(runs), "do not fit their table"),
        (manifest(r#""document":{"table":{"copied":true}},"answers":0"#), "member table is missing"),
        (manifest(r#""document":{"challenger":{"copied":true}},"answers":0"#), "member challenger is missing"),
        (manifest(r#""document":{"what_if":{"start":[{"cell":[1]}]}},"answers":0"#), "did not match any variant"),
    ];
    for (bytes, words) in cases {
        let session = opened(folder.path(), &zip(&[("manifest.json", &bytes)]));
        let told = session.problems().first().map(ToString::to_string).unwrap_or_default();
        assert!(told.contains(words), "expected “{words}”: {told:.300}");
        assert!(session.data().is_none());
    }
}

#[test]
fn edits_that_do_not_fit_the_table_are_left_out_and_the_rest_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, _) = whole(folder.path());
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).expect("there")).expect("a zip");
    let members: Vec<(String, Vec<u8>)> = (0..archive.len())
        .map(|i| {
            let mut member = archive.by_index(i).expect("a member");
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut member, &mut content).expect("read");
            (member.name().to_owned(), content)
        })
        .collect();
    let with = |field: &str, value: serde_json::Value| {
        let mut manifest: serde_json::Value = serde_json::from_slice(&members[0].1).expect("JSON");
        manifest["document"]["what_if"][field] = value;
        let manifest = serde_json::to_vec(&manifest).expect("written");
        let mut parts: Vec<(&str, &[u8])> = members.iter().map(|(n, b)| (&**n, &b[..])).collect();
        parts[0].1 = &manifest;
        opened(folder.path(), &zip(&parts))
    };
    let cases = [
        ("row", serde_json::json!(4_000_000_000_u32)),
        ("now", serde_json::json!([1, 2])),
        ("pins", serde_json::json!([{ "name": "short", "values": [null] }])),
        ("pins", serde_json::json!(vec![serde_json::json!({ "name": "p", "values": [] }); 5_000])),
    ];
    for (field, value) in cases {
        let session = with(field, value);
        let told: Vec<String> = session.problems().iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].contains("Not every edited row"), "{field}: {told:?}");
        assert!(session.attribution().is_some() && session.challenger().is_some_and(|c| c.meeting().is_some()));
        assert_eq!(session.what_if().is_some(), field != "now", "{field}");
    }
    let session = with("start", serde_json::json!(["what", "the", "file", "says", "of", "a row", 7]));
    let of = session.what_if().expect("the row is in the table");
    assert_eq!(**of.original(), *session.data().expect("open").row_values(2), "a row begins as it is in the table");
}

#[test]
fn nothing_is_written_to_a_path_from_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = manifest(r#""document":{},"answers":0"#);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let absolute = elsewhere.path().join("evil.txt");
    let absolute_name = absolute.to_str().expect("a plain path");
    let evil = [("manifest.json", &manifest[..]), ("../evil.txt", b"x"), (absolute_name, b"x")];
    let session = opened(folder.path(), &zip(&evil));
    assert_eq!(session.problems(), [], "members that are not known are not read");
    assert!(!folder.path().parent().expect("a parent").join("evil.txt").exists());
    assert!(!absolute.exists());
}

#[test]
fn announced_sizes_are_checked_before_inflating() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = r#""document":{"table":{"copied":true,"name":"t.csv"}},"answers":0"#;
    let mut bytes = zip(&[("manifest.json", &manifest(document)), ("table", b"a,b\n1,2\n")]);
    // The size in the directory's entry of the table: 24 bytes into it, 4 GB less one.
    let entry = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").expect("a directory");
    bytes[entry + 24..entry + 28].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    let told = opened(folder.path(), &bytes).problems()[0].to_string();
    assert!(told.contains("which cannot be"), "{told}");
}

#[test]
fn answers_of_another_model_are_not_taken_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, _) = whole(folder.path());
    let read = |name: &str| -> Vec<u8> {
        let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).expect("there")).expect("a zip");
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name(name).expect("a member"), &mut content).expect("read");
        content
    };
    let members =
        ["manifest.json", "table", "model", "challenger", "answers/0.json", "answers/0.f64"].map(|n| (n, read(n)));
    let rebuilt = |change: &dyn Fn(&str, Vec<u8>) -> Vec<u8>| {
        let changed: Vec<(&str, Vec<u8>)> = members.iter().map(|(n, b)| (*n, change(n, b.clone()))).collect();
        let parts: Vec<(&str, &[u8])> = changed.iter().map(|(n, b)| (*n, &b[..])).collect();
        let mut session = opened(folder.path(), &zip(&parts));
        let before = session.attribution().is_some();
        let jobs = session.apply(Command::Explain);
        run_all(&mut session, jobs, |_| ());
        (before, session.problems().len())
    };
    assert_eq!(rebuilt(&|_, bytes| bytes), (true, 0), "rebuilt as it was, it is taken over");
    let short = |name: &str, mut bytes: Vec<u8>| {
        bytes.truncate(if name.ends_with("f64") { 64 } else { bytes.len() });
        bytes
    };
    assert_eq!(rebuilt(&short), (false, 1));
    let edits = [
        (r#""model":""#, r#""model":"0"#),
        (r#""rows":[[0,5]]"#, r#""rows":[[400,5]]"#),
        (r#""rows":[[0,5]]"#, r#""rows":[[0,4294967295]]"#),
        (r#""features":["#, r#""features":["more","#),
    ];
    for (from, to) in edits {
        let edit = |name: &str, bytes: Vec<u8>| match name {
            "answers/0.json" => {
                let text = String::from_utf8(bytes).expect("JSON");
                assert!(text.contains(from), "{text}");
                text.replacen(from, to, 1).into_bytes()
            }
            _ => bytes,
        };
        assert_eq!(rebuilt(&edit), (false, 1), "{to}");
    }
}
