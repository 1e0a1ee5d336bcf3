//! Every wish a face can have. Window and command line speak these and nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{RowId, RowSet, Seed};
use crate::data::Role;
use crate::data::read::ReadOptions;
use crate::explain::Shape;
use crate::explain::method::answering;
use crate::model::Scale;
pub use crate::report::ReportPlan;

use super::document::Document;
use super::event::JobId;
use super::what_if::Edit;

/// A wish.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opens whatever the file is, told by its content: a table or a model.
    Open(PathBuf),
    /// Opens a table, with reading choices.
    OpenData(PathBuf, ReadOptions),
    /// Opens a model.
    OpenModel(PathBuf),
    /// Opens a bundled sample by id: table, model, roles; then explains.
    OpenSample(String),
    /// Changes what a column is for.
    SetRole(usize, Role),
    /// Changes how explanations are computed; does not compute.
    SetPlan(Plan),
    /// Explains with the current plan.
    Explain,
    /// Asks a method about the table as one, with the current plan's rows and seed; its answer stands beside those of
    /// other shapes.
    Ask {
        /// Method id.
        method: String,
        /// Settings of the method as text.
        knobs: Vec<(String, String)>,
    },
    /// Draws a chart.
    Draw(ChartRequest),
    /// Selects many rows everywhere; an empty set selects none.
    SelectRows(Arc<RowSet>),
    /// Selects the rows that a query finds; a query that is not understood becomes a problem.
    SelectWhere(String),
    /// Makes a cohort, or gives the one of this name other rows.
    SetCohort(String, CohortBy),
    /// Forgets the cohort of this name.
    RemoveCohort(String),
    /// Selects a row everywhere.
    SelectRow(Option<RowId>),
    /// Selects a feature (input index) everywhere.
    SelectFeature(Option<usize>),
    /// Chooses the output that charts show.
    SelectOutput(usize),
    /// Moves the decision threshold (probability) of two-class models.
    SetThreshold(f64),
    /// Trains a learner on the opened table.
    Train {
        /// Learner id.
        learner: String,
        /// Target column.
        target: usize,
        /// Settings as text.
        knobs: Vec<(String, String)>,
        /// Seed of split and learner.
        seed: Seed,
    },
    /// Writes something to a file.
    Export(Export, PathBuf),
    /// Stops a job.
    Cancel(JobId),
    /// Holds a job or lets it go on.
    Pause(JobId, bool),
    /// Removes a problem from the list by position.
    Dismiss(usize),
    /// Takes back the last decision.
    Undo,
    /// Repeats what was taken back.
    Redo,
    /// Opens a second model, the challenger, to be compared with the open one, the champion.
    OpenChallenger(PathBuf),
    /// Lets the open model be the challenger of the next one.
    KeepAsChallenger,
    /// Lets champion and challenger change places.
    SwapChallenger,
    /// Closes the challenger.
    CloseChallenger,
    /// Changes the what-if.
    WhatIf(Edit),
    /// Goes to the state after so many steps of the history; 0 is the state before all of them.
    Revisit(usize),
    /// Writes the session to a file: references or copies of table and model, decisions, answers.
    SaveSession {
        /// Where.
        path: PathBuf,
        /// How the window looks, as JSON that only the window understands; empty without a window.
        view: String,
        /// Whether the bytes of table and model are copied into the file, so that it opens on another machine.
        copies: bool,
    },
    /// Says where a file is that the opened session refers to and that was not found.
    Relocate(PathBuf),
    /// Opens what a journal tells of a session that ended unexpectedly.
    Restore(Box<Document>),
    /// Joins table and model where that was stopped.
    PredictAgain,
    /// Whether the session's file keeps the answers; without this wish it does while they take at most 1 GiB.
    KeepAnswers(bool),
}

impl Command {
    /// Asks for an answer of this shape, with every setting at its default.
    pub fn ask(shape: Shape) -> Self {
        Self::Ask { method: answering(shape).id().to_owned(), knobs: Vec::new() }
    }
}

/// How explanations are computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Method id, or `auto`.
    pub method: String,
    /// Settings of the method as text.
    pub knobs: Vec<(String, String)>,
    /// Unit of the answer; `None` takes the method's default.
    pub scale: Option<Scale>,
    /// Rows to explain.
    pub rows: RowChoice,
    /// Background rows drawn from the table where no file is given; of the rows that a query finds, exact methods whose cost
    /// does not grow with rows times references take all.
    pub background_rows: usize,
    /// A table of background rows, instead of drawing them.
    pub background_file: Option<PathBuf>,
    /// The reference set: the rows of the table that a query finds, instead of drawing from all.
    #[serde(default)]
    pub background_where: Option<String>,
    /// Seed of all randomness.
    pub seed: Seed,
    /// Threads of parallel loops; `None` takes all.
    pub threads: Option<usize>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            method: "auto".to_owned(),
            knobs: Vec::new(),
            scale: None,
            rows: RowChoice::All,
            background_rows: 200,
            background_file: None,
            background_where: None,
            seed: Seed::default(),
            threads: None,
        }
    }
}

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowChoice {
    /// Every row.
    All,
    /// `start..end`, end excluded.
    Range(u32, u32),
    /// These rows, in this order.
    List(Vec<RowId>),
    /// So many rows drawn with the plan's seed (the answer says so).
    Draw(usize),
}

/// What makes a row belong to a cohort.
#[derive(Clone, Debug, PartialEq)]
pub enum CohortBy {
    /// These rows.
    Rows(Arc<RowSet>),
    /// Whatever rows a query of the data room finds.
    Query(String),
}

/// Which chart, of what. Equal requests give equal charts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChartRequest {
    /// Chart kind id.
    pub kind: &'static str,
    /// Output shown.
    pub output: usize,
    /// Row shown.
    pub row: Option<RowId>,
    /// Feature shown.
    pub feature: Option<usize>,
    /// Feature that colours.
    pub colour: Option<usize>,
    /// Settings as text.
    pub knobs: Vec<(String, String)>,
    /// The cohort whose rows it is about; `None` for all rows.
    pub within: Option<String>,
    /// Whether the what-if variant is shown, as row 0, in place of the table.
    pub what_if: bool,
    /// Names of the cohorts whose charts stand beside each other, the one of `within` among them: all of them share their
    /// axes and the order of features. Empty for a chart that stands alone.
    pub beside: Vec<String>,
}

/// What is written.
#[derive(Clone, Debug)]
pub enum Export {
    /// Attributions, by file ending `.csv`, `.parquet`, `.json`. Standard errors of sampled methods go into a second
    /// file, `<name>.se.<ending>`.
    Attributions,
    /// Attributions of all outputs or one, on request with a column `<feature>.se` of standard errors beside each
    /// feature of a sampled method.
    AttributionColumns {
        /// Whether standard errors stand beside their feature; otherwise they go into a second file.
        with_errors: bool,
        /// The only output written; `None` writes all.
        output: Option<usize>,
    },
    /// The newest answer of a shape in its own layout, by file ending: of all outputs, or of one where rows are told by
    /// output.
    Answer(Shape, Option<usize>),
    /// Predictions, by file ending.
    Predictions(Scale),
    /// A chart, by file ending `.svg`, `.png`, `.csv`.
    Chart(Box<ChartRequest>),
    /// A report, by file ending `.html`, `.json`, `.md`; the JSON twin is written beside HTML and Markdown.
    Report(ReportPlan),
    /// The model trained here.
    Model,
    /// Both models' predictions, the flips and the columns that carry them, by file ending; JSON holds the metrics, too.
    Comparison,
}
