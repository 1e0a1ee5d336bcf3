//! Tables and models of any size, made from a seed, and a window or session driven without threads.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use candor::base::{Seed, Stream};
use candor::session::{Command, Event, Job, Session};

/// Features of the made tables.
pub const FEATURES: usize = 30;

/// A folder with `table.csv` (`rows` × 30 numbers, a region, a target) and `model.txt` (`trees` trees of 31 leaves).
pub struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    /// Writes both files.
    pub fn new(rows: usize, trees: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the measurement");
        let made = Self { folder };
        write_table(&made.table(), rows).expect("the table is written");
        std::fs::write(made.model(), model(trees)).expect("the model is written");
        made
    }

    /// The table.
    pub fn table(&self) -> PathBuf {
        self.folder.path().join("table.csv")
    }

    /// The model.
    pub fn model(&self) -> PathBuf {
        self.folder.path().join("model.txt")
    }
}

fn write_table(path: &Path, rows: usize) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    let names: Vec<String> = (0..FEATURES).map(|j| format!("x{j:02}")).collect();
    writeln!(file, "{},region,target", names.join(","))?;
    let mut stream = Seed(1).child("table", 0);
    let mut line = String::new();
    for _ in 0..rows {
        line.clear();
        let mut sum = 0.0;
        for j in 0..FEATURES {
            let value = stream.unit();
            sum += if j < 5 { value } else { 0.0 };
            // One value in sixty-four is missing in every third column.
            if j % 3 != 0 || stream.below(64) > 0 {
                write!(line, "0.{:012}", (value * 1e12) as u64).expect("memory takes every text");
            }
            line.push(',');
        }
        let region = ["north", "south", "east", "west"][stream.below(4)];
        let target = if sum + stream.normal() > 2.5 { "yes" } else { "no" };
        writeln!(file, "{line}{region},{target}")?;
    }
    file.flush()
}

/// A two-class model as LightGBM writes it.
fn model(trees: usize) -> String {
    let names: Vec<String> = (0..FEATURES).map(|j| format!("x{j:02}")).collect();
    let mut out = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={}\nobjective=binary \
         sigmoid:1\nfeature_names={}\nfeature_infos={}\n\n",
        FEATURES - 1,
        names.join(" "),
        vec!["[0:1]"; FEATURES].join(" "),
    );
    let mut stream = Seed(2).child("model", 0);
    for k in 0..trees {
        tree(&mut out, k, &mut stream);
    }
    out.push_str("end of trees\n\n");
    out
}

/// One tree: the leaf with the most rows is split until there are 31.
fn tree(out: &mut String, number: usize, stream: &mut Stream) {
    const LEAVES: usize = 31;
    let (mut left, mut right, mut inner) = (Vec::new(), Vec::new(), Vec::new());
    let mut counts = vec![10_000_u32];
    let mut parents: Vec<Option<(usize, bool)>> = vec![None];
    while counts.len() < LEAVES {
        let leaf = (0..counts.len()).max_by_key(|l| counts[*l]).expect("there is a leaf");
        let (node, count) = (inner.len(), counts[leaf]);
        if let Some((parent, is_left)) = parents[leaf] {
            let side = if is_left { &mut left } else { &mut right };
            side[parent] = node as i32;
        }
        left.push(!(leaf as i32));
        right.push(!(counts.len() as i32));
        inner.push(count);
        let share = (0.3 + 0.4 * stream.unit()) * f64::from(count);
        counts[leaf] = share as u32;
        counts.push(count - share as u32);
        parents[leaf] = Some((node, true));
        parents.push(Some((node, false)));
    }
    let mut line = |name: &str, values: Vec<String>| {
        writeln!(out, "{name}={}", values.join(" ")).expect("memory takes every text");
    };
    let reals = |count: usize, value: &mut dyn FnMut() -> f64| (0..count).map(|_| value().to_string()).collect();
    let texts = |values: &[u32]| values.iter().map(u32::to_string).collect::<Vec<_>>();
    line("Tree", vec![number.to_string()]);
    line("num_leaves", vec![LEAVES.to_string()]);
    line("num_cat", vec!["0".to_owned()]);
    let features = (0..inner.len()).map(|_| stream.below(FEATURES).min(stream.below(FEATURES)).to_string());
    line("split_feature", features.collect());
    line("split_gain", reals(inner.len(), &mut || 1.0));
    line("threshold", reals(inner.len(), &mut || 0.1 + 0.8 * stream.unit()));
    line("decision_type", vec!["10".to_owned(); inner.len()]);
    line("left_child", left.iter().map(i32::to_string).collect());
    line("right_child", right.iter().map(i32::to_string).collect());
    line("leaf_value", reals(LEAVES, &mut || 0.05 * stream.normal()));
    line("leaf_weight", texts(&counts));
    line("leaf_count", texts(&counts));
    line("internal_value", reals(inner.len(), &mut || 0.0));
    line("internal_weight", texts(&inner));
    line("internal_count", texts(&inner));
    line("is_linear", vec!["0".to_owned()]);
    line("shrinkage", vec!["0.1".to_owned()]);
    out.push_str("\n\n");
}

/// A session that does every job at once and says how long each took.
pub struct Driver {
    /// The session.
    pub session: Session,
    /// Whether jobs are told on the terminal.
    pub told: bool,
    /// The longest `absorb` so far.
    pub longest_absorb: Duration,
}

impl Driver {
    /// An empty session.
    pub fn new(told: bool) -> Self {
        Self { session: Session::new(), told, longest_absorb: Duration::ZERO }
    }

    /// Fulfils a wish with all that follows from it.
    pub fn command(&mut self, command: Command) {
        let mut jobs = self.session.apply(command);
        while !jobs.is_empty() {
            jobs = jobs.into_iter().flat_map(|job| self.run(job)).collect();
        }
    }

    fn run(&mut self, job: Job) -> Vec<Job> {
        let (title, begun) = (job.title.clone(), Instant::now());
        let mut news: Vec<(Duration, Event)> = Vec::new();
        job.run(&mut |event| news.push((begun.elapsed(), event)));
        let mut jobs = Vec::new();
        for (at, event) in news {
            let (what, last) =
                (event.outcome.as_ref().map(|o| format!("{o:?}")).map_err(ToString::to_string), event.last);
            let now = Instant::now();
            jobs.extend(self.session.absorb(event));
            let took = now.elapsed();
            self.longest_absorb = self.longest_absorb.max(took);
            if self.told {
                let what = what.unwrap_or_else(|problem| problem);
                let end = if last { "end" } else { "part" };
                println!("{title:<32} {what:<12} {end:<5} {:>9.3} s   absorbed in {took:?}", at.as_secs_f64());
            }
        }
        jobs
    }
}

/// Memory of this process now and at most, in megabytes; zeros where the system does not tell.
pub fn memory() -> [u64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["VmRSS:", "VmHWM:"].map(|name| {
        let line = status.lines().find(|l| l.starts_with(name));
        let kilobytes = line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse::<u64>().ok());
        kilobytes.unwrap_or(0) / 1024
    })
}

/// The number after `name` among the program's arguments, or `otherwise`.
pub fn argument(name: &str, otherwise: usize) -> usize {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|a| a == name);
    at.and_then(|i| arguments.get(i + 1)).and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}
