//! The words that commands share: what is explained, and how.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::base::Seed;
use crate::data::Role;
use crate::model::Scale;
use crate::session::{Plan, RowChoice};

use super::rows;

/// Table and model.
#[derive(Clone, Debug, Default, Args)]
pub struct Inputs {
    /// A saved session in place of --model and --data: its table, model, roles, plan and cohorts. Options given beside
    /// it count more
    #[arg(value_name = "SESSION")]
    pub session: Option<PathBuf>,
    /// The model file; beside a session, where it is now
    #[arg(long, value_name = "M", required_unless_present = "session")]
    pub model: Option<PathBuf>,
    /// The table; beside a session, where it is now
    #[arg(long, value_name = "D", required_unless_present = "session")]
    pub data: Option<PathBuf>,
    /// The column that the model predicts, for performance and importance
    #[arg(long, value_name = "COLUMN")]
    pub target: Option<String>,
    /// What a column is for, as COLUMN=ROLE: feature, target, identifier, weight, protected or ignored
    #[arg(long = "role", value_name = "COLUMN=ROLE", value_parser = role)]
    pub roles: Vec<(String, Role)>,
    /// Rows, counted from 0: a range (0..100, end excluded), a list (3,17), or so many drawn by the seed (draw:500)
    #[arg(long, value_name = "ROWS", value_parser = rows::parse)]
    pub rows: Option<RowChoice>,
    /// Threads; the numbers do not depend on them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl Inputs {
    /// Table and model, where no session stands for both.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        match (&self.session, &self.data, &self.model) {
            (None, Some(data), Some(model)) => Some((data, model)),
            _ => None,
        }
    }
}

/// How explanations are computed.
#[derive(Clone, Debug, Default, Args)]
pub struct How {
    /// Method id, or auto for the exact method of the model's structure, which is what happens without this option
    #[arg(long, value_name = "ID")]
    pub method: Option<String>,
    /// A table of background rows
    #[arg(long, value_name = "B", conflicts_with = "background_rows")]
    pub background: Option<PathBuf>,
    /// The rows of the table that a query finds, as background: age > 30 and housing = own
    #[arg(long, value_name = "QUERY", conflicts_with = "background")]
    pub background_where: Option<String>,
    /// Background rows drawn from the table
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub background_rows: Option<u32>,
    /// Unit of the numbers
    #[arg(long, value_enum)]
    pub scale: Option<ScaleWord>,
    /// The only output, by name
    #[arg(long, value_name = "NAME")]
    pub output: Option<String>,
    /// Seed of everything random; 42 where nothing else says
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// A setting of the method, as knob=value; std-error=on adds columns of standard errors
    #[arg(long = "set", value_name = "KNOB=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

impl How {
    /// The method's id.
    pub fn method(&self) -> &str {
        self.method.as_deref().unwrap_or("auto")
    }

    /// Whether words choose the reference set.
    pub fn chooses_background(&self) -> bool {
        self.background.is_some() || self.background_rows.is_some() || self.background_where.is_some()
    }

    /// Whether nothing was said about how to compute.
    pub fn is_silent(&self) -> bool {
        let chosen = self.method.is_some() || self.scale.is_some() || self.seed.is_some();
        !chosen && !self.chooses_background() && self.set.is_empty()
    }

    /// The plan that the words make of `base`: what they say counts more.
    pub fn over(&self, base: Plan) -> Plan {
        let mut plan = base;
        if let Some(method) = self.method.as_ref().filter(|method| **method != plan.method) {
            // Settings and unit were chosen for another method.
            plan = Plan { method: method.clone(), knobs: Vec::new(), scale: None, ..plan };
        }
        plan.knobs.retain(|(name, _)| !self.set.iter().any(|(given, _)| given == name));
        plan.knobs.extend(self.set.iter().cloned());
        plan.scale = self.scale.map(ScaleWord::scale).or(plan.scale);
        plan.seed = self.seed.map_or(plan.seed, Seed);
        if self.chooses_background() {
            plan.background_rows = self.background_rows.map_or(Plan::default().background_rows, |n| n as usize);
            plan.background_file.clone_from(&self.background);
            plan.background_where.clone_from(&self.background_where);
        }
        plan
    }

    /// The plan that the words describe by themselves.
    pub fn plan(&self) -> Plan {
        self.over(Plan { rows: RowChoice::All, ..Plan::default() })
    }
}

/// A unit as the command line names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScaleWord {
    /// Log-odds for classifiers, log of the mean for counts.
    Margin,
    /// Probability of the class.
    Probability,
    /// The target's own unit.
    Target,
}

impl ScaleWord {
    /// The scale it names.
    pub fn scale(self) -> Scale {
        match self {
            Self::Margin => Scale::Margin,
            Self::Probability => Scale::Probability,
            Self::Target => Scale::Target,
        }
    }
}

/// `column=role`; the name may hold an equals sign itself.
fn role(text: &str) -> Result<(String, Role), String> {
    let (name, id) = text.rsplit_once('=').ok_or("expected COLUMN=ROLE")?;
    let known = || Role::ALL.map(Role::id).join(", ");
    let role = Role::ALL.into_iter().find(|role| role.id() == id.trim());
    Ok((name.to_owned(), role.ok_or_else(|| format!("“{id}” is no role; roles are {}", known()))?))
}

/// `knob=value` as name and value.
pub(super) fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected knob=value")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
