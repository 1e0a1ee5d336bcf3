//! One session on the caller's thread: a command goes in, a refusal or nothing comes out.

use std::path::Path;

use crate::base::Problem;
use crate::data::Role;
use crate::data::read::ReadOptions;
use crate::session::{Command, Plan, RowChoice, Session};
use crate::worker::inline;

use super::args::{Common, How, Inputs};
use super::interrupt;
use super::{progress, stored};

/// Why a command did not end well.
#[derive(Debug)]
pub enum Failure {
    /// Nothing failed: help or version, to be printed.
    Told(String),
    /// Data or model were refused, or something could not be written: exit code 1.
    Refused(Problem),
    /// The words were wrong: exit code 2.
    Usage(Problem),
    /// There is no display: exit code 3.
    NoDisplay(Problem),
    /// The work was cancelled: exit code 4.
    Cancelled,
    /// A report that does not hold; the verdict was printed already: exit code 1.
    Failed,
}

impl Failure {
    /// The program's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Told(_) => 0,
            Self::Refused(_) | Self::Failed => 1,
            Self::Usage(_) => 2,
            Self::NoDisplay(_) => 3,
            Self::Cancelled => interrupt::EXIT_CODE,
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// A session at work.
pub struct Desk {
    /// The session.
    pub session: Session,
    /// Flags that work everywhere.
    pub common: Common,
}

impl Desk {
    /// An empty session about one model: the second one of a session file stays closed.
    pub fn new(common: Common) -> Self {
        Self { session: Session::headless().about_one_model(), common }
    }

    /// An empty session about one model or two, the second one named by words or held by a session file; `needed` says what
    /// there must be one for. Where there can be none, that is told before anything is opened.
    pub fn of_two(
        common: Common,
        second: Option<&Path>,
        inputs: &Inputs,
        needed: Option<&str>,
    ) -> Result<Self, Failure> {
        match needed {
            Some(needed) if second.is_none() && inputs.session.is_none() => Err(no_second(needed)),
            _ => Ok(Self { session: Session::headless(), common }),
        }
    }

    /// Opens the second model that words name; without such words that of the session counts.
    pub fn open_second(&mut self, second: Option<&Path>, needed: Option<&str>) -> Result<(), Failure> {
        match (second, needed) {
            (Some(path), _) => self.carry_out(Command::OpenChallenger(path.to_owned())),
            (None, Some(needed)) if self.session.challenger().is_none() => Err(no_second(needed)),
            (None, _) => Ok(()),
        }
    }

    /// Carries out one command and everything that follows from it.
    pub fn carry_out(&mut self, command: Command) -> Result<(), Failure> {
        let before = self.session.problems().len();
        let jobs = self.session.apply(command);
        let shown = progress::is_shown(self.common);
        inline::run_all(&mut self.session, jobs, |job| progress::Bar::start(job, shown));
        if interrupt::is_wished() {
            return Err(Failure::Cancelled);
        }
        match self.session.problems().get(before) {
            Some(problem) => Err(Failure::Refused(problem.clone())),
            None => Ok(()),
        }
    }

    /// Opens table and model, or the session that stands for both. The plan and the target come in between, so that rows
    /// are predicted once.
    pub fn open(&mut self, inputs: &Inputs, how: &How) -> Result<(), Failure> {
        let threads = inputs.threads.map(usize::from);
        if let Some((data, model)) = inputs.files() {
            self.open_table(data, inputs.target.as_deref())?;
            self.set_roles(inputs)?;
            let rows = inputs.rows.clone().unwrap_or(RowChoice::All);
            self.carry_out(Command::SetPlan(Plan { rows, threads, ..how.plan() }))?;
            return self.carry_out(Command::OpenModel(model.to_owned()));
        }
        stored::open(self, inputs)?;
        if let Some(name) = &inputs.target {
            let column = self.column(name)?;
            self.carry_out(Command::SetRole(column, Role::Target))?;
        }
        self.set_roles(inputs)?;
        let plan = how.over(self.session.plan().clone());
        let rows = inputs.rows.clone().unwrap_or_else(|| plan.rows.clone());
        self.carry_out(Command::SetPlan(Plan { rows, threads, ..plan }))
    }

    /// Gives columns the roles that words name.
    fn set_roles(&mut self, inputs: &Inputs) -> Result<(), Failure> {
        for (name, role) in &inputs.roles {
            let column = self.column(name)?;
            self.carry_out(Command::SetRole(column, *role))?;
        }
        Ok(())
    }

    /// Opens a table and gives one column the role of the target.
    pub fn open_table(&mut self, path: &Path, target: Option<&str>) -> Result<(), Failure> {
        self.carry_out(Command::OpenData(path.to_owned(), ReadOptions::default()))?;
        match target {
            Some(name) => {
                let column = self.column(name)?;
                self.carry_out(Command::SetRole(column, Role::Target))
            }
            None => Ok(()),
        }
    }

    /// The position of a column by name.
    pub fn column(&self, name: &str) -> Result<usize, Failure> {
        let data = self.session.data().ok_or_else(|| Problem::new("No table is open", "", "Open a table first"))?;
        let names = || data.columns().iter().map(|c| &*c.name);
        names().position(|n| n == name).ok_or_else(|| missing("column", name, "the table", names()))
    }

    /// The position of an output by name; `None` without a name.
    pub fn output(&self, name: Option<&str>) -> Result<Option<usize>, Failure> {
        let (Some(name), Some(model)) = (name, self.session.model()) else { return Ok(None) };
        // By the name in the model's file, or by that of the target's class.
        let names = || model.card().outputs.iter().map(String::as_str);
        let opened = self.session.opened().map_or(&[][..], |m| &m.card().outputs);
        let place = opened.iter().position(|n| n == name).or_else(|| names().position(|n| n == name));
        let both = opened.iter().map(String::as_str).chain(names().filter(|n| !opened.iter().any(|o| o == n)));
        place.map(Some).ok_or_else(|| missing("output", name, "the model", both))
    }

    /// The position of an input by name.
    pub fn feature(&self, name: &str) -> Result<usize, Failure> {
        let model = self.session.model().ok_or_else(|| Problem::new("No model is open", "", "Open a model first"))?;
        let names = || model.card().inputs.iter().map(|i| i.name.as_str());
        names().position(|n| n == name).ok_or_else(|| missing("feature", name, "the model", names()))
    }
}

/// What compares two models has one.
fn no_second(needed: &str) -> Failure {
    Failure::Usage(Problem::new(
        format!("{needed} compares two models"),
        "--with is missing",
        "Name the second model with --with, or a session that holds one",
    ))
}

/// A name that is not there, with those that are.
fn missing<'n>(kind: &str, name: &str, owner: &str, known: impl Iterator<Item = &'n str>) -> Failure {
    let known: Vec<String> = known.take(12).map(|n| format!("“{n}”")).collect();
    Failure::Refused(Problem::new(
        format!("{owner} has no {kind} “{name}”").replacen("the", "The", 1),
        format!("known {kind}s: {}", known.join(", ")),
        "Take a name from the list",
    ))
}
