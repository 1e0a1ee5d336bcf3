//! The floor plan as a test: rooms and arrows, foreign crates at home, one room per `use`, file length, registration.
//! Every rule is a pure function of a path and a text, and is shown to fail on a planted fault.

use std::path::{Path, PathBuf};

/// Room, rooms it may mention; bottom first.
const ROOMS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("num", &["base"]),
    ("data", &["base", "num"]),
    ("model", &["base", "num", "data"]),
    ("explain", &["base", "num", "data", "model"]),
    ("chart", &["base", "num", "data", "model", "explain"]),
    ("report", &["base", "num", "data", "model", "explain", "chart"]),
    ("session", &["base", "num", "data", "model", "explain", "chart", "report"]),
    ("worker", &["base", "num", "session"]),
    ("app", &["base", "num", "data", "model", "explain", "chart", "report", "session", "worker"]),
    ("cli", &["base", "num", "data", "model", "explain", "chart", "report", "session", "worker"]),
];

/// Foreign crate, its only home.
const FENCES: &[(&str, &str)] = &[
    ("eframe", "app"),
    ("egui", "app"),
    ("egui_extras", "app"),
    ("egui_plot", "app"),
    ("egui_table", "app"),
    ("nucleo_matcher", "app"),
    ("rfd", "app"),
    ("clap", "cli"),
    ("polars", "data"),
    ("saphyr_parser", "model"),
    ("smartcore", "model"),
    ("flate2", "model"),
    ("bzip2_rs", "model"),
    ("lzma_rust2", "model"),
    ("plotters", "chart"),
    ("resvg", "chart"),
    ("maud", "report"),
    ("rayon", "num"),
    ("memmap2", "num"),
    ("sha2", "base"),
];

/// Registry folders and the name of the list in their `mod.rs`.
const REGISTRIES: &[(&str, &str)] = &[
    ("explain/method", "METHODS"),
    ("chart/kind", "KINDS"),
    ("report/section", "SECTIONS"),
    ("model/load", "LOADERS"),
    ("model/load/sklearn/family", "ESTIMATORS"),
    ("model/load/sklearn/transform", "TRANSFORMERS"),
    ("model/learn", "LEARNERS"),
    ("data/read", "READERS"),
    ("app/screen", "SCREENS"),
];

/// Files and folders of registry folders that serve several entries and are no entry themselves.
const HELPERS: &[&str] = &[
    "report/section/shared",
    "model/load/document",
    "model/load/foreign",
    "model/load/pickle",
    "model/load/sklearn/transform/categories",
    "model/load/sklearn/transform/chain",
    "model/load/sklearn/transform/lower",
    "model/load/sklearn/transform/spread",
    "model/load/sklearn/transform/unread",
    "model/load/sklearn/transform/weighted",
    "model/learn/set",
    "model/learn/split",
    "app/screen/train",
];

const LONGEST: usize = 500;

/// The room a file belongs to: the first folder below `src`, or the file's own name.
fn room(path: &str) -> &str {
    path.split('/').next().unwrap_or("").trim_end_matches(".rs")
}

/// Lines of code, without comments and texts in quotes, with their number.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Rooms mentioned as `crate::room` in a line.
fn mentioned(line: &str) -> Vec<&str> {
    line.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""))
        .collect()
}

fn arrows(path: &str, text: &str) -> Vec<String> {
    let own = room(path);
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == own) else { return Vec::new() };
    let mut faults = Vec::new();
    for (number, line) in code(text) {
        for other in mentioned(line) {
            let is_room = ROOMS.iter().any(|(name, _)| *name == other);
            if is_room && other != own && !allowed.contains(&other) {
                faults.push(format!("{path}:{number}: {own} may not know {other}"));
            }
        }
    }
    faults
}

fn fences(path: &str, text: &str) -> Vec<String> {
    let own = room(path);
    let mut faults = Vec::new();
    for (number, line) in code(text) {
        for (foreign, home) in FENCES {
            let starts = [format!("use {foreign}::"), format!("use {foreign};"), format!("use {foreign} as")];
            let inside = line.split(&format!("{foreign}::")).skip(1).count() > 0
                && line.split(&format!("{foreign}::")).next().is_some_and(|before| {
                    !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '"')
                });
            let names = inside || starts.iter().any(|s| line.trim_start().starts_with(s));
            if names && own != *home {
                faults.push(format!("{path}:{number}: {foreign} belongs to {home}"));
            }
        }
    }
    faults
}

fn one_room_per_use(path: &str, text: &str) -> Vec<String> {
    code(text)
        .filter(|(_, line)| line.trim_start().trim_start_matches("pub ").starts_with("use crate::{"))
        .map(|(number, _)| format!("{path}:{number}: one room per use"))
        .collect()
}

fn length(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    if lines > LONGEST { vec![format!("{path}: {lines} lines, {LONGEST} allowed")] } else { Vec::new() }
}

/// Entries of a folder that its `mod.rs` does not list, with the lines to paste.
fn unregistered(folder: &str, list: &str, plan: &str, entries: &[String]) -> Vec<String> {
    let body = plan.split(&format!("static {list}:")).nth(1).and_then(|rest| rest.split("];").next()).unwrap_or("");
    entries
        .iter()
        .filter(|name| {
            let declared = plan.contains(&format!("mod {name};"));
            let listed = body.contains(&format!("{name}::"));
            !(declared && listed)
        })
        .map(|name| {
            format!(
                "src/{folder}/mod.rs: {name} is not registered; paste `mod {name};` above and `&{name}::…,` into {list}"
            )
        })
        .collect()
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for top in ["src", "tests"] {
        walk(&root.join(top), &root.join(top), &mut found);
    }
    found.sort();
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|e| e.ok().map(|e| e.path())) {
        if path.is_dir() {
            walk(root, &path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix(root).expect("found below the root").to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(&path).expect("sources are UTF-8");
            let is_test = root.ends_with("tests");
            found.push((if is_test { format!("tests/{name}") } else { name }, text));
        }
    }
}

fn all(rule: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
    sources().iter().filter(|(path, _)| !path.starts_with("tests/")).flat_map(|(path, text)| rule(path, text)).collect()
}

#[test]
fn arrows_point_down() {
    assert_eq!(arrows("data/mod.rs", "use crate::explain::Answer;"), ["data/mod.rs:1: data may not know explain"]);
    assert_eq!(
        arrows("explain/ask.rs", "    crate::chart::paint::svg()"),
        ["explain/ask.rs:1: explain may not know chart"]
    );
    assert!(arrows("explain/ask.rs", "// crate::chart is above\nuse crate::model::Model;").is_empty());
    let faults = all(arrows);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn foreign_crates_stay_home() {
    assert_eq!(fences("data/mod.rs", "use egui::Color32;"), ["data/mod.rs:1: egui belongs to app"]);
    assert_eq!(fences("model/a.rs", "let x: polars::prelude::Series;"), ["model/a.rs:1: polars belongs to data"]);
    assert!(fences("data/read/csv.rs", "use polars::prelude::*;").is_empty());
    let faults = all(fences);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_use_names_one_room() {
    assert_eq!(one_room_per_use("app/a.rs", "use crate::{base, data};"), ["app/a.rs:1: one room per use"]);
    assert!(one_room_per_use("app/a.rs", "use crate::base::{Problem, Task};").is_empty());
    let faults = all(one_room_per_use);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_is_longer_than_five_hundred_lines() {
    assert_eq!(length("a.rs", &"x\n".repeat(501)), ["a.rs: 501 lines, 500 allowed"]);
    assert!(length("a.rs", &"x\n".repeat(500)).is_empty());
    let faults: Vec<String> = sources().iter().flat_map(|(path, text)| length(path, text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_of_a_registry_is_in_its_list() {
    let plan = "mod old;\npub static KINDS: &[&dyn Kind] = &[&old::Old];";
    let names = ["old".to_owned(), "fresh".to_owned()];
    let faults = unregistered("chart/kind", "KINDS", plan, &names);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("mod fresh;") && faults[0].contains("&fresh::…"), "{}", faults[0]);
    let declared_only = "mod old;\nmod fresh;\npub static KINDS: &[&dyn Kind] = &[&old::Old];";
    assert_eq!(unregistered("chart/kind", "KINDS", declared_only, &names).len(), 1);

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for (folder, list) in REGISTRIES {
        let Ok(plan) = std::fs::read_to_string(root.join(folder).join("mod.rs")) else { continue };
        if plan.contains(&format!("static {list}:")) {
            faults.extend(unregistered(folder, list, &plan, &entries(&root, folder)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Files and folders beside a registry's `mod.rs`, without helpers.
fn entries(root: &Path, folder: &str) -> Vec<String> {
    let listed = std::fs::read_dir(root.join(folder)).expect("its mod.rs was read");
    let paths: Vec<PathBuf> = listed.filter_map(|e| e.ok().map(|e| e.path())).collect();
    let mut names: Vec<String> = paths
        .iter()
        .filter(|path| path.is_dir() || path.extension().is_some_and(|e| e == "rs"))
        .filter_map(|path| path.file_stem().map(|n| n.to_string_lossy().into_owned()))
        .filter(|name| name != "mod" && !HELPERS.contains(&format!("{folder}/{name}").as_str()))
        .collect();
    names.sort();
    names
}

#[test]
fn every_room_of_the_plan_is_a_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms: Vec<&str> = ROOMS.iter().map(|(name, _)| *name).filter(|name| root.join(name).is_dir()).collect();
    let mut folders: Vec<String> = std::fs::read_dir(&root)
        .expect("sources exist")
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|path| path.is_dir())
        .filter_map(|path| path.file_name().map(|n| n.to_string_lossy().into_owned()))
        .collect();
    folders.sort();
    let mut known: Vec<String> = rooms.iter().map(|r| (*r).to_owned()).collect();
    known.sort();
    assert_eq!(folders, known, "every folder of src is a room of the plan");
}
