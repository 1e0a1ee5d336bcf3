//! What random hands play with: a small table full of trouble, two models of it, and files to let go over the window.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use candor::base::Seed;
use candor::model::Scale;
use candor::session::{Command, Export, Session};
use candor::worker::inline::run_all;

const ROWS: usize = 70;

/// Files in a folder of their own.
pub struct World {
    folder: tempfile::TempDir,
    /// The table.
    pub table: PathBuf,
    /// A model trained on it.
    pub model: PathBuf,
    /// Files that may be dropped: good, broken, of the wrong kind, missing.
    pub files: Vec<PathBuf>,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name);
        let table = place("loans and people.csv");
        std::fs::write(&table, rows(ROWS)).expect("written");
        let (model, other) = (place("forest.json"), place("boosted.json"));
        train(&table, "random-forest", &[("trees", "5"), ("depth", "4")], &model);
        train(&table, "gradient-boosting", &[("rounds", "5")], &other);
        let (broken, short, empty) = (place("broken.json"), place("one row.csv"), place("empty.csv"));
        std::fs::write(&broken, "{\"trees\": [1, 2,").expect("written");
        std::fs::write(&short, rows(1)).expect("written");
        std::fs::write(&empty, "").expect("written");
        let noise = place("noise.parquet");
        std::fs::write(&noise, [0xff_u8, 0, 7, 200, 13].repeat(40)).expect("written");
        let files = vec![table.clone(), model.clone(), other, broken, short, empty, noise, place("gone.csv")];
        Self { folder, table, model, files }
    }

    /// The folder of all files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The settings folder of one seed.
    pub fn home(&self, seed: u64) -> PathBuf {
        let home = self.folder.path().join(format!("home {seed}"));
        std::fs::create_dir_all(home.join("out")).expect("a folder");
        home
    }
}

/// A table with missing values, long and foreign names, categories, dates and a constant column.
fn rows(count: usize) -> String {
    let mut stream = Seed(5).child("world", 0);
    let long = "monthly income after all taxes and contributions, as stated by the applicant ".repeat(3);
    let mut text = format!("id,age,\"{long}\",début,housing,Größe 🙂,constant,when,paid back\n");
    for id in 0..count {
        let age = 18 + stream.below(60);
        let income =
            if stream.below(6) == 0 { String::new() } else { format!("{:.2}", 900.0 + 3_000.0 * stream.unit()) };
        let date = format!("20{:02}-{:02}-{:02}", stream.below(24), 1 + stream.below(12), 1 + stream.below(28));
        let housing = ["own", "rent", "\"free, for now\"", "", "住宅"][stream.below(5)];
        let size = stream.normal();
        let hour = format!("{date} {:02}:30:00", stream.below(24));
        let paid = if age as f64 / 30.0 + size + stream.unit() > 2.0 { "yes" } else { "no" };
        writeln!(text, "p{id:03},{age},{income},{date},{housing},{size:.4},1,{hour},{paid}").expect("memory takes it");
    }
    text
}

fn train(table: &Path, learner: &str, knobs: &[(&str, &str)], to: &Path) {
    let mut session = Session::headless();
    let mut carry_out = |command| {
        let jobs = session.apply(command);
        run_all(&mut session, jobs, |_| ());
        assert_eq!(session.problems(), [], "the world is made without problems");
        session.data().and_then(|d| d.find("paid back"))
    };
    let target = carry_out(Command::Open(table.to_owned())).expect("the table has its target");
    let knobs = knobs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    carry_out(Command::Train { learner: learner.to_owned(), target, knobs, seed: Seed(1) });
    carry_out(Command::Export(Export::Model, to.to_owned()));
    assert!(
        to.is_file() && session.link().is_some_and(|_| session.predictions().is_some()),
        "{:?}",
        Scale::Probability
    );
}
