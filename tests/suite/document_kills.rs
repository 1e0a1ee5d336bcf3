//! A program killed while it saves: the file holds the old session or the new one, whole.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use candor::base::Seed;

use super::document::open;

/// Kills in the committed test; the figure in the README was taken with 200 (`CANDOR_KILLS=200`).
const KILLS: u64 = 20;
/// Rows of the table: its copy takes long enough to be interrupted.
const ROWS: u64 = 60_000;

fn table(path: &Path) {
    let mut stream = Seed(3).child("cells", 0);
    let mut text = String::from("a,b,c\n");
    for _ in 0..ROWS {
        text.push_str(&format!("{},{},{}\n", stream.unit(), stream.unit(), stream.below(1000)));
    }
    std::fs::write(path, text).expect("written");
}

/// Starts saving a session that is told by its seed.
fn saving(folder: &Path, seed: u64) -> Child {
    let seed = seed.to_string();
    let args = ["save", "--data", "t.csv", "--copies", "--quiet", "--out", "s.candor", "--seed", &seed];
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

/// Bytes of the draft that is being written; `None` while there is none.
fn draft(folder: &Path) -> Option<u64> {
    let entries = std::fs::read_dir(folder).expect("listed").flatten();
    let sizes = entries.filter(|e| e.file_name().to_string_lossy().ends_with(".candor-draft"));
    sizes.filter_map(|e| e.metadata().ok()).map(|about| about.len()).max()
}

/// The moment of a kill.
#[derive(Clone, Copy)]
enum Moment {
    /// Once so many bytes are written.
    Bytes(u64),
    /// So long after the first byte.
    Time(Duration),
}

/// Follows a save until its moment has come or it has ended; answers how long it has been writing.
fn wait(child: &mut Child, folder: &Path, moment: Moment) -> Duration {
    let changed =
        || std::fs::metadata(folder.join("s.candor")).and_then(|about| Ok((about.len(), about.modified()?))).ok();
    let before = changed();
    let mut began = None;
    loop {
        let ended = child.try_wait().expect("it is watched").is_some();
        // However a file is written, either a draft is seen or the file itself changes.
        let bytes = draft(folder).or_else(|| changed().filter(|now| Some(*now) != before).map(|(bytes, _)| bytes));
        if bytes.is_some() {
            began.get_or_insert_with(Instant::now);
        }
        let elapsed = began.map_or(Duration::ZERO, |began| began.elapsed());
        let reached = match moment {
            Moment::Bytes(least) => bytes.is_some_and(|bytes| bytes >= least),
            Moment::Time(least) => began.is_some() && elapsed >= least,
        };
        if ended || reached {
            return elapsed;
        }
        std::thread::yield_now();
    }
}

#[test]
#[cfg(unix)]
fn a_kill_while_saving_loses_nothing_saved_before() {
    let kills = std::env::var("CANDOR_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let folder = tempfile::tempdir().expect("a folder");
    let (folder, file) = (folder.path(), folder.path().join("s.candor"));
    table(&folder.join("t.csv"));
    let whole = wait(&mut saving(folder, 0), folder, Moment::Bytes(u64::MAX));
    let size = std::fs::metadata(&file).expect("saved").len();
    let mut stream = Seed(5).child("kills", 0);
    let (mut held, mut interrupted, mut finished) = (0, 0, 0);
    for seed in 1..=kills {
        let share = stream.unit();
        let moment = match seed % 2 {
            0 => Moment::Bytes((share * size as f64) as u64),
            _ => Moment::Time(whole.mul_f64(share)),
        };
        let mut child = saving(folder, seed);
        wait(&mut child, folder, moment);
        // It may have ended by itself.
        child.kill().ok();
        child.wait().expect("it ends");
        let left = draft(folder).is_some();
        let session = open(&file);
        assert_eq!(session.problems(), [], "kill {seed} at {share} of the save");
        assert_eq!(session.data().expect("the table is in the file").row_count() as u64, ROWS);
        let now = session.plan().seed.0;
        assert!(now == held || now == seed, "the file holds {now}, neither {held} nor {seed}");
        interrupted += u64::from(left && now == held);
        finished += u64::from(now == seed);
        held = now;
        if left {
            // What a dead program left is swept by the next that saves here.
            assert!(saving(folder, seed).wait().expect("it ends").success());
            assert_eq!(draft(folder), None, "the draft was left behind");
            held = seed;
        }
    }
    let told = format!("{kills} kills: {interrupted} in the midst of writing, {finished} after it");
    writeln!(std::io::stderr(), "{told}").expect("standard error is open");
    assert!(interrupted * 4 > kills, "{interrupted} of {kills} kills met a draft in the making");
}
