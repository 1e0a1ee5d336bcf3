//! The window where things are missing, empty, huge, strangely named or interrupted: on every screen everything that can
//! be clicked is clicked, nothing panics, and something can always be done next.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use candor::app::SCREENS;
use candor::base::{RowId, Seed};
use candor::data::Role;
use candor::session::{CohortBy, Command, Edit, Start};
use eframe::egui;
use egui::{Key, Modifiers};

use super::session::sample;
use super::ui_robot::Robot;

/// The keys of the screens, in the order of the rail.
const KEYS: [Key; 8] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8];

/// A window over files that are written into a folder of its own.
struct Stage {
    robot: Robot,
    folder: tempfile::TempDir,
}

impl Stage {
    fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("out")).expect("a folder");
        Self { robot: Robot::new(folder.path(), &[]), folder }
    }

    /// The table of this text is open.
    fn table(text: &str) -> Self {
        let mut stage = Self::empty();
        let path = stage.write("table.csv", text);
        stage.then(Command::Open(path));
        stage
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    fn then(&mut self, command: Command) -> &mut Self {
        self.robot.command(command);
        self.robot.settle();
        self
    }

    fn train(&mut self, learner: &str, target: &str) -> &mut Self {
        let target = self.robot.session().data().and_then(|d| d.find(target)).expect("the target is there");
        self.then(Command::SetRole(target, Role::Target));
        let learner = learner.to_owned();
        self.then(Command::Train { learner, target, knobs: Vec::new(), seed: Seed(1) })
    }

    fn credit() -> Self {
        let mut stage = Self::empty();
        stage.then(Command::OpenSample("credit".to_owned()));
        stage
    }

    /// Goes to every screen.
    fn walk(&mut self, about: &str) {
        for (screen, key) in SCREENS.iter().zip(KEYS) {
            self.go(key);
            self.check(&format!("{about}, {}", screen.title()));
        }
    }

    /// Goes to every screen and clicks whatever is there, once.
    fn tour(&mut self, about: &str) {
        for (screen, key) in SCREENS.iter().zip(KEYS) {
            self.go(key);
            let mut classes: BTreeMap<String, usize> = BTreeMap::new();
            let names: Vec<String> = self.robot.names().into_iter().map(str::to_owned).collect();
            for name in names {
                let class: String = name.chars().filter(|c| !c.is_ascii_digit()).take(12).collect();
                let seen = classes.entry(class).or_default();
                *seen += 1;
                // Of many alike, one stands for all; samples and other screens are another story.
                if *seen > 1 || name.contains("sample") || SCREENS.iter().any(|s| s.title() == name) {
                    continue;
                }
                let Some(spot) = self.robot.find(&name) else { continue };
                self.robot.click_at(spot.area.center());
                self.robot.settle();
                self.check(&format!("{about}, {}: “{name}”", screen.title()));
                for _ in 0..2 {
                    self.robot.key(Modifiers::NONE, Key::Escape);
                }
                self.go(key);
            }
            self.check(&format!("{about}, {}", screen.title()));
        }
    }

    fn go(&mut self, key: Key) {
        self.robot.key(Modifiers::COMMAND, key);
        self.robot.settle();
    }

    /// What must hold wherever somebody is.
    fn check(&self, place: &str) {
        let robot = &self.robot;
        assert!(robot.unnamed().is_empty(), "{place}: without a name: {:?}", robot.unnamed());
        assert!(robot.clashes.is_empty(), "{place}: {:?}", robot.clashes);
        let odd = ["Some(", "None)", "Err(", "NaN", "inf "].into_iter().find(|odd| robot.shows(odd));
        assert!(odd.is_none(), "{place}: shows {odd:?}");
        // Beside rail, top bar and status bar there is something to do.
        let room = robot.room();
        let middle = egui::Rect::from_min_max(egui::pos2(150.0, 57.0), egui::pos2(room.x, room.y - 33.0));
        if !robot.session().jobs().is_empty() {
            return;
        }
        let can = robot.spots().iter().any(|spot| spot.enabled && middle.contains(spot.area.center()));
        assert!(can, "{place}: a dead end");
    }
}

fn small(rows: usize) -> String {
    let mut text = "age,income,city,bought\n".to_owned();
    for i in 0..rows {
        let (age, income, city) = (20 + i * 7 % 50, 1000 + i * 131 % 900, ["Rome", "Oslo", "Bern"][i % 3]);
        writeln!(text, "{age},{income},{city},{}", if age > 40 { "yes" } else { "no" }).expect("memory takes it");
    }
    text
}

#[test]
fn a_model_without_a_table() {
    let mut stage = Stage::empty();
    stage.then(Command::Open(sample("models/credit-xgboost.json")));
    stage.tour("model only");
}

#[test]
fn a_table_without_a_model() {
    Stage::table(&small(40)).tour("table only");
}

#[test]
fn columns_taken_away_until_none_is_left() {
    let mut stage = Stage::table(&small(40));
    stage.train("decision-tree", "bought").then(Command::Explain);
    for column in 0..4 {
        stage.then(Command::SetRole(column, Role::Ignored));
        stage.check(&format!("without the first {} columns", column + 1));
    }
    stage.tour("no columns");
}

#[test]
fn a_query_that_finds_no_row_and_cohorts_of_none_and_one() {
    let mut stage = Stage::table(&small(40));
    stage.train("decision-tree", "bought").then(Command::Explain);
    stage.then(Command::SelectWhere("age > 1000".to_owned()));
    stage.check("no row is found");
    assert!(stage.robot.shows("No row was found"), "a query without rows is answered");
    stage.then(Command::SetCohort("nobody".to_owned(), CohortBy::Query("age > 1000".to_owned())));
    stage.then(Command::SetCohort("one".to_owned(), CohortBy::Query("age = 27".to_owned())));
    stage.then(Command::SetCohort("broken".to_owned(), CohortBy::Query("height > 2".to_owned())));
    for cohort in ["nobody", "one", "broken"] {
        let rows = stage.robot.session().cohort(cohort).map(|c| std::sync::Arc::clone(&c.rows));
        stage.then(Command::WhatIf(Edit::Start(Start::Typical(rows))));
        stage.check(cohort);
    }
    stage.tour("cohorts of none and one");
}

#[test]
fn a_reference_set_of_no_row() {
    let mut stage = Stage::table(&small(40));
    stage.train("decision-tree", "bought");
    let plan = candor::session::Plan { background_where: Some("age > 1000".to_owned()), ..Default::default() };
    stage.then(Command::SetPlan(plan)).then(Command::Explain);
    stage.tour("no reference");
}

#[test]
fn a_target_of_one_class() {
    let mut stage = Stage::table(&small(40).replace(",no", ",yes"));
    let target = stage.robot.session().data().and_then(|d| d.find("bought")).expect("there");
    stage.then(Command::SetRole(target, Role::Target));
    for learner in candor::model::learn::LEARNERS {
        let learner = learner.id().to_owned();
        stage.then(Command::Train { learner, target, knobs: Vec::new(), seed: Seed(1) });
    }
    stage.then(Command::Explain);
    stage.tour("one class");
    let mut stage = Stage::table(&small(40));
    stage.train("decision-tree", "bought").then(Command::Explain);
    let same = stage.write("same.csv", &small(40).replace(",no", ",yes"));
    stage.then(Command::Open(same)).then(Command::SetRole(target, Role::Target)).then(Command::Explain);
    stage.tour("a model of two classes on one");
}

#[test]
fn columns_with_strange_names() {
    let long = "a very long name of a column ".repeat(7);
    let head = format!("\"two\nlines\",\"{long}\",\u{202e}שלום‏,🙂👩‍👩‍👧‍👦,,,\"a,\"\"b\"\"\",y");
    let mut text = format!("{head}\n");
    for i in 0..50_usize {
        let y = if i * 7 % 50 > 25 { "yes" } else { "no" };
        let level = ["🙂", "\"line\nbreak\"", "\u{202e}rtl", ""][i % 4];
        writeln!(text, "{},{},{},{level},{},{},{},{y}", i * 7 % 50, i % 11, i % 5, i % 3, i % 2, i % 13)
            .expect("memory takes it");
    }
    let mut stage = Stage::table(&text);
    stage.train("gradient-boosting", "y").then(Command::Explain);
    stage.tour("strange names");
}

#[test]
fn three_hundred_columns() {
    let head: Vec<String> = (0..300).map(|i| format!("measurement {i}")).collect();
    let mut text = format!("{},y\n", head.join(","));
    for row in 0..60_usize {
        for i in 0..300_usize {
            write!(text, "{},", (row * (i + 3) * 7919) % 101).expect("memory takes it");
        }
        writeln!(text, "{}", if row * 3 * 7919 % 101 > 50 { "yes" } else { "no" }).expect("memory takes it");
    }
    let mut stage = Stage::table(&text);
    stage.train("gradient-boosting", "y").then(Command::Explain);
    stage.walk("300 columns");
}

#[test]
fn a_table_of_one_row_and_of_none() {
    for rows in [1, 0] {
        let mut stage = Stage::table(&small(40));
        stage.train("decision-tree", "bought");
        let short = stage.write("short.csv", &small(rows));
        stage.then(Command::Open(short)).then(Command::Explain);
        stage.tour(&format!("{rows} rows"));
    }
}

#[test]
fn escape_gives_up_naming_a_cohort_and_leaves_its_rows_selected() {
    let mut stage = Stage::table(&small(40));
    let rows = candor::base::RowSet::of(40, [RowId(3), RowId(4)]);
    stage.then(Command::SelectRows(std::sync::Arc::new(rows)));
    stage.go(KEYS[1]);
    stage.robot.key(Modifiers::COMMAND, Key::G);
    assert!(stage.robot.find("Keep the cohort").is_some());
    // The keyboard is elsewhere: nobody types the name.
    stage.robot.click("Sort by age");
    stage.robot.key(Modifiers::NONE, Key::Escape);
    assert!(stage.robot.find("Keep the cohort").is_none(), "Escape closes what lies in front");
    assert_eq!(stage.robot.session().selection().map(|s| s.len()), Some(2), "and nothing else");
    stage.robot.key(Modifiers::NONE, Key::Escape);
    assert!(stage.robot.session().selection().is_none());
}

#[test]
fn predicting_that_was_stopped_can_be_begun_again_from_every_screen() {
    let mut stage = Stage::table(&small(40));
    stage.train("decision-tree", "bought");
    stage.robot.command(Command::SetRole(2, Role::Ignored));
    let job = stage.robot.session().jobs().last().expect("roles ask for predictions").id;
    stage.then(Command::Cancel(job));
    assert!(stage.robot.session().performance().is_none(), "numbers about other roles are not shown");
    for key in [KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]] {
        stage.go(key);
        assert!(stage.robot.shows("Predicting was stopped") && stage.robot.find("Predict again").is_some());
    }
    stage.robot.click("Predict again");
    assert!(stage.robot.session().link().is_some() && stage.robot.session().performance().is_some());
}

#[test]
fn everything_is_interrupted() {
    let mut stage = Stage::credit();
    let commands = || {
        [
            Command::OpenSample("penguins".to_owned()),
            Command::Explain,
            Command::ask(candor::explain::Shape::Importance),
            Command::ask(candor::explain::Shape::Curves),
            Command::SelectWhere("age > 30".to_owned()),
            Command::SetCohort("young".to_owned(), CohortBy::Query("age < 30".to_owned())),
            Command::OpenChallenger(sample("models/credit-lightgbm.txt")),
            Command::WhatIf(Edit::Start(Start::Row(RowId(3)))),
            Command::Undo,
            Command::Open(sample("credit.csv")),
            Command::SetRole(2, Role::Ignored),
            Command::Open(sample("models/credit-xgboost.json")),
            Command::Redo,
        ]
    };
    // One after the other without waiting, each time with one more job done, and Escape after each.
    for (k, command) in commands().into_iter().enumerate() {
        stage.robot.command(command);
        stage.robot.frames(1);
        for place in 0..k % 3 {
            stage.robot.run_job(place);
        }
        stage.robot.frames(1);
        stage.robot.key(Modifiers::NONE, Key::Escape);
        stage.robot.key(Modifiers::COMMAND, KEYS[k % KEYS.len()]);
        stage.check(&format!("step {k}"));
    }
    stage.robot.settle();
    // All at once, then cancelled all at once.
    for command in commands() {
        stage.robot.command(command);
    }
    stage.robot.frames(2);
    let running: Vec<_> = stage.robot.session().jobs().iter().map(|job| job.id).collect();
    running.into_iter().for_each(|id| stage.robot.command(Command::Cancel(id)));
    stage.robot.settle();
    stage.walk("interrupted");
    // And everything still works.
    stage.then(Command::OpenSample("credit".to_owned()));
    assert!(stage.robot.session().attribution().is_some());
}
