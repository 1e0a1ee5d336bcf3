//! Sets numbers of every recorded model to hostile values and counts what happens. `refused` means a refusal with a place
//! or a reason and a way out, `opened` that the model opened and predicted strange rows without a panic.
//!
//! `cargo run --release --example hostile_numbers [most changes for each file] [folder] [loader]`, in this folder. With a
//! folder, the damaged files and `list.tsv` (file, loader, recorded model, change, what happened) are written to it; with
//! a loader, only its files are damaged.

use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use candor::model::load::{HEAD, LOADERS, Loader};
use candor_fuzz::hostile::{Hurt, hurt};
use candor_fuzz::tried;

/// What takes longer is named.
const SLOW: Duration = Duration::from_millis(100);

/// What happened to the files of one form.
#[derive(Default)]
struct Count {
    form: String,
    models: usize,
    refused: usize,
    naming_trees: usize,
    opened: usize,
    panics: usize,
    slowest: (Duration, String),
    memory_kb: usize,
}

fn main() {
    let most: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(500);
    let folder = std::env::args().nth(2).map(PathBuf::from);
    let only = std::env::args().nth(3);
    let (mut counts, mut list): (Vec<Count>, String) = (Vec::new(), String::new());
    for path in models_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../oracle")) {
        let bytes = fs::read(&path).expect("a recorded model can be read");
        let head = bytes.get(..HEAD).unwrap_or(&bytes);
        let Some(loader) = LOADERS.iter().find(|loader| loader.recognises(head, &path)) else { continue };
        if only.as_ref().is_some_and(|only| only != loader.id()) {
            continue;
        }
        let form = format!("{} .{}", loader.id(), ending(&path));
        let place = counts.iter().position(|count| count.form == form).unwrap_or(counts.len());
        if place == counts.len() {
            counts.push(Count { form, ..Count::default() });
        }
        counts[place].models += 1;
        for (index, change) in hurt(loader.id(), &bytes, most).into_iter().enumerate() {
            let said = counts[place].meet(*loader, &change, &path);
            if let Some(folder) = &folder {
                let name = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("../oracle")).expect("below");
                let name = name.display().to_string();
                let file = format!("{}.{index}.{}", name.replace('/', "_"), ending(&path));
                fs::write(folder.join(&file), &change.bytes).expect("the folder takes a file");
                let said = said.replace(['\t', '\n'], " ");
                writeln!(list, "{file}\t{}\t{name}\t{}\t{said}", loader.id(), change.what).expect("memory takes it");
            }
        }
    }
    if let Some(folder) = &folder {
        fs::write(folder.join("list.tsv"), list).expect("the folder takes a list");
    }
    counts.iter().for_each(Count::print);
    let sum = |part: fn(&Count) -> usize| counts.iter().map(part).sum::<usize>();
    let files = sum(|c| c.refused + c.opened + c.panics);
    let (refused, opened) = (sum(|c| c.refused), sum(|c| c.opened));
    println!(
        "{} models, {files} files: {refused} refused, {opened} opened, {} panics",
        sum(|c| c.models),
        sum(|c| c.panics)
    );
    assert_eq!(sum(|c| c.panics), 0);
}

impl Count {
    /// Opens a damaged file and tells what happened.
    fn meet(&mut self, loader: &dyn Loader, change: &Hurt, path: &Path) -> String {
        // The highest memory so far starts anew; a system without this file keeps it.
        fs::write("/proc/self/clear_refs", "5").unwrap_or(());
        let (start, before) = (Instant::now(), memory_kb());
        let result = catch_unwind(AssertUnwindSafe(|| tried(loader, &change.bytes, "hostile")));
        if start.elapsed() > self.slowest.0 {
            self.slowest = (start.elapsed(), format!("{}, {}", path.display(), change.what));
        }
        self.memory_kb = self.memory_kb.max(memory_kb().saturating_sub(before));
        match result {
            Ok(Ok(())) => {
                self.opened += 1;
                "opened".to_owned()
            }
            Ok(Err(reason)) => {
                self.refused += 1;
                self.naming_trees += usize::from(reason.contains("tree"));
                format!("refused: {reason}")
            }
            Err(_) => {
                println!("{}: {} panics", path.display(), change.what);
                self.panics += 1;
                "panic".to_owned()
            }
        }
    }

    fn print(&self) {
        let files = self.refused + self.opened + self.panics;
        println!(
            "{}: {} models, {files} files: {} refused ({} of them in a tree), {} opened, {} panics, slowest {:?}, at most {} kB more",
            self.form,
            self.models,
            self.refused,
            self.naming_trees,
            self.opened,
            self.panics,
            self.slowest.0,
            self.memory_kb
        );
        if self.slowest.0 > SLOW {
            println!("  slowest: {}", self.slowest.1);
        }
    }
}

/// The most memory held since it was last asked to forget, in kB; 0 where the system does not tell.
fn memory_kb() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// The ending of a file's name.
fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The models in the folders of `oracle`. Compressed files and plain ones are damaged alike, so that one folder of
/// scikit-learn's is enough of those.
fn models_below(oracle: &Path) -> Vec<PathBuf> {
    let listed = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).map_or_else(|_| Vec::new(), |all| all.filter_map(|e| e.ok().map(|e| e.path())).collect())
    };
    let mut found: Vec<PathBuf> = listed(oracle).iter().flat_map(|folder| listed(folder)).collect();
    found.retain(|path| {
        let text = path.to_string_lossy();
        let ends = |all: &[&str]| all.iter().any(|end| text.ends_with(end));
        let old = text.contains("sklearn-1.2/");
        ends(&[".model.json", ".model.txt", ".model.ubj", ".model.cbm", ".onnx", ".pkl", ".skops"])
            || (ends(&[".joblib"]) && !old)
    });
    found.sort();
    found
}
