//! The command line's words. Stable: scripts rely on them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::base::Problem;
use crate::session::RowChoice;

use super::desk::Failure;
use super::inputs::setting;
pub use super::inputs::{How, Inputs, ScaleWord};
use super::rows;

/// Explain what a trained model says, and prove it.
#[derive(Debug, Parser)]
#[command(name = "candor", version, about, disable_help_subcommand = true)]
struct Words {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    common: Common,
}

/// Flags that work everywhere.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Common {
    /// Print facts as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Print nothing but problems and what was asked for
    #[arg(long, global = true)]
    pub quiet: bool,
    /// How the window is drawn; tried in turn when not given
    #[arg(long, global = true, value_enum, hide = true)]
    pub renderer: Option<Renderer>,
}

/// How the window is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Renderer {
    /// Vulkan, Metal or DirectX.
    Wgpu,
    /// OpenGL.
    Glow,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show the main job on the bundled credit sample: in the window, or without a display as files
    Demo(Demo),
    /// Open the window with tables and models, told apart by content
    Open(Open),
    /// Say what a model, a table or a session is
    Inspect(Inspect),
    /// List every method with its settings and what it supports
    Methods(Methods),
    /// Write the model's predictions
    Predict(Predict),
    /// Write attributions: how each feature moves each prediction
    Explain(Explain),
    /// Draw a chart
    Chart(Chart),
    /// Write a report, with its JSON twin beside it
    Report(Report),
    /// Compute a report's numbers again and say PASS or FAIL
    Verify(Verify),
    /// Train a model on a table
    Train(Train),
    /// Compare a second model with the first on the same rows: metrics, flipped decisions, what carries them
    Compare(Compare),
    /// Save a session: table, model, decisions and answers in one file that the window opens
    Save(Save),
}

/// `candor demo`.
#[derive(Debug, Default, Args)]
pub struct Demo {
    /// Write files into this folder instead of opening the window
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// A second model to compare with the sample's, in the window
    #[arg(long, value_name = "M", conflicts_with = "out")]
    pub with: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub sight: Sight,
}

/// How the window looks at its start, and the picture of it.
#[derive(Clone, Debug, Default, Args)]
pub struct Sight {
    /// Save a picture of the window as PNG once nothing runs, then close: for bug reports
    #[arg(long, value_name = "FILE")]
    pub screenshot: Option<PathBuf>,
    /// The screen shown first: start, data, model, global, local, what-if, compare, report
    #[arg(long, value_name = "ID")]
    pub screen: Option<String>,
    /// Size of the window in points
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<(u16, u16)>,
    /// Light or dark, for this start only
    #[arg(long, value_enum)]
    pub theme: Option<ThemeWord>,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThemeWord {
    /// For bright screens.
    Light,
    /// For dim rooms.
    Dark,
}

/// `1280x800` as width and height.
fn size(text: &str) -> Result<(u16, u16), String> {
    let part = |t: &str| t.trim().parse::<u16>().ok().filter(|n| (200..=8_000).contains(n));
    text.split_once(['x', '×'])
        .and_then(|(w, h)| Some((part(w)?, part(h)?)))
        .ok_or_else(|| "expected width and height between 200 and 8000, such as 1280x800".to_owned())
}

impl Demo {
    /// Where files go.
    pub fn folder(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| PathBuf::from("candor-demo"))
    }
}

/// `candor open`.
#[derive(Debug, Default, Args)]
pub struct Open {
    /// Tables, models or a session
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A second model to compare with the first
    #[arg(long, value_name = "M")]
    pub with: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub sight: Sight,
}

/// `candor inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// A model, a table or a session
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `candor methods`.
#[derive(Debug, Args)]
pub struct Methods {
    /// Say what each method does with this model
    #[arg(long, value_name = "M")]
    pub model: Option<PathBuf>,
}

/// `candor predict`.
#[derive(Debug, Args)]
pub struct Predict {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub inputs: Inputs,
    /// Unit of the predictions
    #[arg(long, value_enum)]
    pub scale: Option<ScaleWord>,
    /// File to write (.csv, .parquet, .json), or - for standard output
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
}

/// `candor explain`.
#[derive(Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub inputs: Inputs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub how: How,
    /// Memory to stay within: a larger table is read, explained and written in batches. Permutation importance and
    /// reports need the whole table at once
    #[arg(long, value_name = "SIZE", default_value = "1GB", value_parser = memory)]
    pub memory: u64,
    /// File to write (.csv, .parquet, .json), or - for standard output
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
}

/// `512MB`, `1.5 GB` or `2GiB` as bytes.
fn memory(text: &str) -> Result<u64, String> {
    let wrong = || "expected a size such as 512MB or 2GB".to_owned();
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).ok_or_else(wrong)?;
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "mb" | "m" => 1e6,
        "gb" | "g" => 1e9,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    let bytes = number.parse::<f64>().map_err(|_not_a_number| wrong())? * unit;
    if (1e6..1e15).contains(&bytes) { Ok(bytes as u64) } else { Err(wrong()) }
}

/// `candor chart`.
#[derive(Debug, Args)]
pub struct Chart {
    /// Chart kind
    #[arg(long, value_name = "ID")]
    pub kind: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub inputs: Inputs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub how: How,
    /// The row shown, for charts of one row; otherwise the first explained one
    #[arg(long, value_name = "N")]
    pub row: Option<u32>,
    /// The feature shown, for charts of one feature; otherwise the one with the largest contributions
    #[arg(long, value_name = "NAME")]
    pub feature: Option<String>,
    /// A second model, for charts that compare two; otherwise that of the session
    #[arg(long, value_name = "M")]
    pub with: Option<PathBuf>,
    /// The feature that colours
    #[arg(long, value_name = "NAME")]
    pub colour: Option<String>,
    /// Probability from which two classes are decided for the positive one
    #[arg(long, value_name = "P", value_parser = share)]
    pub threshold: Option<f64>,
    /// A cohort, as NAME=QUERY, for charts that compare cohorts and for --where
    #[arg(long = "cohort", value_name = "NAME=QUERY", value_parser = setting)]
    pub cohorts: Vec<(String, String)>,
    /// Only the rows that a query finds: age > 30 and housing = own; or a cohort, by its name
    #[arg(long = "where", value_name = "QUERY")]
    pub within: Option<String>,
    /// Rows of other charts that this one is compared with: axes and order are shared with theirs; may be repeated
    #[arg(long, value_name = "QUERY", requires = "within")]
    pub beside: Vec<String>,
    /// File to write (.svg, .png; .csv for the numbers), or - for SVG on standard output
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
}

/// `candor report`.
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub inputs: Inputs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub how: How,
    /// Sections to write: full, or section ids separated by commas
    #[arg(long, value_name = "ID", default_value = "full")]
    pub template: String,
    /// Title of the document
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Who signs
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
    /// A second model to compare with the first, the challenger; otherwise that of the session
    #[arg(long, value_name = "M")]
    pub with: Option<PathBuf>,
    /// Probability from which two classes are decided for the positive one
    #[arg(long, value_name = "P", value_parser = share)]
    pub threshold: Option<f64>,
    /// Rows shown one by one: a list such as 3,17; otherwise the report chooses and says how
    #[arg(long, value_name = "ROWS", value_parser = rows::few)]
    pub show_rows: Option<RowChoice>,
    /// Number of features with a dependence chart
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub dependence: Option<u16>,
    /// File to write (.html, .md, .json), or - for HTML on standard output
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
}

/// `candor verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The report's JSON twin, or the document beside it
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// The model file, when it has moved
    #[arg(long, value_name = "M")]
    pub model: Option<PathBuf>,
    /// The table, when it has moved
    #[arg(long, value_name = "D")]
    pub data: Option<PathBuf>,
    /// The second model, when it has moved
    #[arg(long, value_name = "M")]
    pub with: Option<PathBuf>,
}

/// `candor train`.
#[derive(Debug, Args)]
pub struct Train {
    /// The table
    #[arg(long, value_name = "D")]
    pub data: PathBuf,
    /// The column to predict
    #[arg(long, value_name = "COLUMN")]
    pub target: String,
    /// Learner id
    #[arg(long, value_name = "ID")]
    pub learner: String,
    /// Columns kept out of the model
    #[arg(long, value_name = "COLUMN")]
    pub ignore: Vec<String>,
    /// Seed of split and learner
    #[arg(long, value_name = "S", default_value_t = 42)]
    pub seed: u64,
    /// A setting of the learner, as knob=value
    #[arg(long = "set", value_name = "KNOB=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// File to write
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
}

/// `candor compare`.
#[derive(Debug, Args)]
pub struct Compare {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub inputs: Inputs,
    /// The model compared with the first, the challenger; otherwise that of the session
    #[arg(long, value_name = "M")]
    pub with: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub how: How,
    /// Probability from which two classes are decided for the positive one
    #[arg(long, value_name = "P", value_parser = share)]
    pub threshold: Option<f64>,
    /// File to write (.csv, .parquet, .json), or - for standard output
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
}

fn share(text: &str) -> Result<f64, String> {
    let value = text.trim().parse::<f64>().ok().filter(|p| (0.0..=1.0).contains(p));
    value.ok_or_else(|| "expected a probability between 0 and 1".to_owned())
}

/// `candor save`.
#[derive(Debug, Args)]
pub struct Save {
    /// The table
    #[arg(long, value_name = "D")]
    pub data: PathBuf,
    /// The model file
    #[arg(long, value_name = "M")]
    pub model: Option<PathBuf>,
    /// A second model to compare with the first, the challenger
    #[arg(long, value_name = "M", requires = "model")]
    pub with: Option<PathBuf>,
    /// The column that the model predicts
    #[arg(long, value_name = "COLUMN")]
    pub target: Option<String>,
    /// Explain the model first, and keep the answer in the session
    #[arg(long, requires = "model")]
    pub explain: bool,
    /// Copy table and models into the session, so that it opens on another machine
    #[arg(long)]
    pub copies: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show the text as a heading")]
    pub how: How,
    /// Session file to write
    #[arg(long, value_name = "S.candor")]
    pub out: PathBuf,
}

/// Reads the arguments. Help and version texts come back as [`Failure::Told`].
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<(Verb, Common), Failure> {
    let words = Words::command()
        .try_get_matches_from(args)
        .and_then(|matches| Words::from_arg_matches(&matches))
        .map_err(|error| refusal(&error))?;
    let verb = words.verb.unwrap_or(Verb::Open(Open::default()));
    Ok((verb, words.common))
}

fn refusal(error: &clap::Error) -> Failure {
    use clap::error::ErrorKind;
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Failure::Told(text);
    }
    // The first paragraph says what is wrong, the usage line says where.
    let mut lines = text.lines().map(str::trim);
    let what = lines.by_ref().take_while(|l| !l.is_empty()).collect::<Vec<_>>().join(" ");
    let what = what.trim_start_matches("error: ").to_owned();
    let usage = lines.find_map(|l| l.strip_prefix("Usage: ")).unwrap_or("candor").to_owned();
    let verb: Vec<&str> = usage.split_whitespace().take_while(|w| !w.starts_with(['[', '<', '-'])).collect();
    let hint = format!("See {} --help", verb.join(" "));
    Failure::Usage(Problem::new(what, usage, hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<(Verb, Common), Failure> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_words_are_consistent() {
        Words::command().debug_assert();
    }

    #[test]
    fn no_command_opens_the_window() {
        assert!(matches!(words("candor"), Ok((Verb::Open(open), _)) if open.files.is_empty()));
    }

    #[test]
    fn a_wrong_word_is_refused_with_place_and_hint() {
        let Err(Failure::Usage(problem)) = words("candor explain --modell m") else {
            unreachable!("--modell is no option");
        };
        assert!(problem.what.contains("--modell"), "{problem}");
        assert!(!problem.to_string().contains("error:"), "{problem}");
        assert!(problem.hint.contains("candor explain --help"), "{problem}");
    }

    #[test]
    fn flags_stand_before_or_after_the_command() {
        assert!(matches!(words("candor --json methods"), Ok((_, common)) if common.json));
        assert!(matches!(words("candor methods --json --quiet"), Ok((_, common)) if common.json && common.quiet));
    }
}
