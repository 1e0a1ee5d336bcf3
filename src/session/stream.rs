//! Explaining a table that does not fit into memory: batch by batch, straight to a file. The numbers are those of
//! explaining the table at once, to the last bit.
//!
//! Permutation importance and reports need the whole table at once and are not streamed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::fingerprint::Builder;
use crate::base::{Fingerprint, Knobs, Problem, RowId, Task, text};
use crate::data::Encoded;
use crate::data::stored::{self, StoreError, Stored, TableSize};
use crate::explain::method::automatic;
use crate::explain::{Background, Body, Explainer, Explanation, Fidelity, Provenance, Request, Shape, Support, ask};
use crate::model::{Model, load};
use crate::num::{Matrix, parallel};

use super::command::Plan;
use super::event::Outcome;
use super::job::Work;
use super::work::explain::{background_from_file, check_knobs, find_method};
use super::work::{cancelled, choose_rows};
use super::write::file::folder;
use super::write::{Append, layout};

/// Memory of the program itself with its buffers, in bytes; measured with a model of 50 trees.
pub const PROGRAM: u64 = 64 << 20;
/// Memory for each row while one column is read: as written, as polars has it, as ours, and on its way to the disk.
const COLUMN_ROW: u64 = 40;
/// The stage that counts rows.
pub const STAGE: &str = "explaining in batches";
/// Rows of a batch are a multiple of this.
const STEP: usize = 64;
/// Most bytes of a batch's answer: what every method holds at once.
const HELD: usize = 1 << 30;

/// What to explain, and within how much memory.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The model's file.
    pub model: PathBuf,
    /// The table's file.
    pub data: PathBuf,
    /// The column with the role of the target.
    pub target: Option<String>,
    /// How.
    pub plan: Plan,
    /// Whether a background was asked for, by file or by number: then `auto` measures trees against it.
    pub own_background: bool,
    /// The only output written, by its name in the model's file.
    pub output: Option<String>,
    /// Whether standard errors stand beside their feature; otherwise they get a file of their own.
    pub with_errors: bool,
    /// The result; `.parquet` or `.csv`.
    pub out: PathBuf,
    /// Bytes of memory that may be used.
    pub memory: u64,
    /// Rows at a time; `None` takes as many as fit.
    pub batch: Option<usize>,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Told {
    /// Quality over all batches.
    pub fidelity: Fidelity,
    /// What the numbers depend on; the same as of an answer at once.
    pub provenance: Provenance,
    /// What the join of table and model wants known.
    pub warnings: Vec<String>,
    /// Rows explained.
    pub rows: usize,
    /// Batches they were explained in.
    pub batches: usize,
}

/// The memory that explaining a whole table at once takes, in bytes: the file, the table, its inputs, the answer and the
/// columns to be written. An estimate.
pub fn whole_bytes(size: TableSize, asked: Asked<'_>, chosen: Option<usize>) -> u64 {
    let (rows, chosen) = (size.rows as u64, chosen.unwrap_or(size.rows) as u64);
    let columns = size.columns as u64;
    let reading = size.bytes + rows * columns * 16;
    let explaining = rows * columns * 8 + chosen.saturating_mul(asked.row_bytes());
    PROGRAM + reading.max(explaining)
}

/// Which method is asked about which model, and how.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a dyn Explainer,
    /// The model.
    pub model: &'a dyn Model,
    /// Settings of the method.
    pub knobs: &'a Knobs,
}

impl Asked<'_> {
    /// Memory for each row of a batch: inputs, the answer's numbers, predictions, the columns to be written and what
    /// polars makes of them. A number that is written on a line of its own takes more.
    fn row_bytes(self) -> u64 {
        let card = self.model.card();
        let (inputs, outputs) = (card.inputs.len() as u64, card.outputs.len() as u64);
        let numbers = self.method.row_numbers(self.model, self.knobs) as u64;
        let copies = if self.method.answers() == Shape::Interactions { 14 } else { 5 };
        8 * (2 * inputs + 12 * outputs + copies * numbers)
    }

    /// Rows whose answer is held whole.
    fn most_rows(self) -> usize {
        let numbers = self.method.row_numbers(self.model, self.knobs).max(1);
        HELD / (numbers * size_of::<f64>())
    }
}

/// A wish as a job; what it tells is found in `told` after its end.
pub struct Streaming {
    /// The wish.
    pub wish: Wish,
    /// Filled when the file is written.
    pub told: Arc<Mutex<Option<Told>>>,
}

impl Work for Streaming {
    fn run(self: Box<Self>, task: &Task, _tell: &mut (dyn FnMut(Outcome) + Send)) -> Result<Outcome, Problem> {
        let told = parallel::with_threads(self.wish.plan.threads, || stream(&self.wish, task))?;
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        Ok(Outcome::Written(self.wish.out))
    }
}

/// Explains batch by batch. Cost: that of explaining at once, of reading the table once and of a temporary file with
/// eight bytes for each row and input beside the result.
pub fn stream(wish: &Wish, task: &Task) -> Result<Told, Problem> {
    task.begin("reading the model", 0);
    let model = load::load(&wish.model, task)?;
    let plan = &wish.plan;
    let id = if plan.method == "auto" { automatic(&*model, wish.own_background) } else { &plan.method };
    let method = find_method(id)?;
    let knobs = check_knobs(method, &plan.knobs)?;
    if !method.streams(&knobs) {
        let why = format!("{} answers about the table as a whole", method.title());
        return Err(Problem::new("Could not explain in batches", why, "Allow more memory with --memory"));
    }
    enough(wish)?;
    let output = output(wish, &*model)?;
    let mut files = Files::begin(wish, method, &*model)?;
    let stored = store(wish, &*model, task)?;
    let rows = choose_rows(&plan.rows, stored.row_count(), plan.seed)?;
    let background = background(method, &stored, (&*model, plan), task)?;
    let batch = batch_rows(wish, Asked { method, model: &*model, knobs: &knobs }, &background)?;
    let scale = plan.scale.or_else(|| method.scales(&*model).first().copied()).unwrap_or(model.card().native_scale);
    let mut sums = Sums::new(model.card().inputs.len(), rows.len());
    task.begin(STAGE, rows.len() as u64);
    let part = task.uncounted();
    for ids in rows.chunks(batch) {
        let Encoded { matrix, rows: ids } = stored.encode(ids, &part)?;
        let request = Request {
            model: &*model,
            features: matrix.view(),
            rows: &ids,
            background: &background,
            truth: None,
            scale,
            knobs: &knobs,
            seed: plan.seed,
        };
        let explanation = ask(method, &request, &part)?;
        sums.add(&explanation, matrix.values());
        drop(matrix);
        files.push(&explanation, output, wish.with_errors, &part)?;
        task.advance(ids.len() as u64).map_err(|_cancelled| cancelled())?;
    }
    let told = sums.told(&rows, stored.warnings)?;
    files.finish()?;
    Ok(told)
}

/// Refuses before anything is read when a single column does not fit.
fn enough(wish: &Wish) -> Result<(), Problem> {
    match stored::size(&wish.data) {
        Ok(size) if wish.batch.is_none() => check_memory(wish, PROGRAM + COLUMN_ROW * size.rows as u64),
        // What is wrong with the table is told by whoever reads it.
        _ => Ok(()),
    }
}

fn check_memory(wish: &Wish, least: u64) -> Result<(), Problem> {
    if wish.memory >= least {
        return Ok(());
    }
    Err(Problem::new(
        "Could not explain in batches",
        format!("{} of memory are too little for this table", text::bytes(wish.memory)),
        format!("Allow at least {} with --memory", text::bytes(least)),
    ))
}

/// The output written alone.
fn output(wish: &Wish, model: &dyn Model) -> Result<Option<usize>, Problem> {
    let Some(name) = &wish.output else { return Ok(None) };
    let outputs = &model.card().outputs;
    let known: Vec<String> = outputs.iter().take(12).map(|n| format!("“{n}”")).collect();
    outputs.iter().position(|n| n == name).map(Some).ok_or_else(|| {
        let known = format!("known outputs: {}", known.join(", "));
        Problem::new(format!("The model has no output “{name}”"), known, "Take a name from the list")
    })
}

fn store(wish: &Wish, model: &dyn Model, task: &Task) -> Result<Stored, Problem> {
    let wanted = (model.card().inputs.as_slice(), wish.target.as_deref());
    Stored::new(&wish.data, wanted, folder(&wish.out), task).map_err(|error| match error {
        StoreError::Data(error) => error.into(),
        other => Problem::new(
            "The table could not be read in batches",
            other.to_string(),
            "Write the table as Parquet, or allow more memory with --memory",
        ),
    })
}

/// The reference set, as for a table in memory.
fn background(
    method: &dyn Explainer,
    stored: &Stored,
    (model, plan): (&dyn Model, &Plan),
    task: &Task,
) -> Result<Background, Problem> {
    if !method.needs_background() {
        let matrix = Matrix::new(Vec::new(), 0, model.card().inputs.len()).expect("nothing has no rows");
        return Ok(Background { name: "none".to_owned(), matrix, rows: Arc::from([]), weights: None });
    }
    match &plan.background_file {
        Some(path) => background_from_file(path, model, task),
        None => {
            let (rows, name) = Background::draw(stored.row_count(), plan.background_rows, plan.seed);
            let encoded = stored.encode(&rows, task)?;
            Ok(Background {
                name: format!("{name} of the table"),
                matrix: encoded.matrix,
                rows: encoded.rows,
                weights: None,
            })
        }
    }
}

/// As many rows as fit into half of what the background leaves; refuses when that is less than one step.
fn batch_rows(wish: &Wish, asked: Asked<'_>, background: &Background) -> Result<usize, Problem> {
    if let Some(batch) = wish.batch {
        return Ok(batch.max(1));
    }
    let row = asked.row_bytes();
    // The tables of the interventional method are as large as the background again.
    let held = PROGRAM + 16 * (background.matrix.values().len() as u64);
    check_memory(wish, held + 2 * row * STEP as u64)?;
    let fit = usize::try_from((wish.memory - held) / 2 / row).unwrap_or(usize::MAX).min(asked.most_rows());
    Ok((fit / STEP * STEP).max(STEP))
}

/// The result, and standard errors beside it.
struct Files {
    values: Append,
    errors: Option<Append>,
}

impl Files {
    fn begin(wish: &Wish, method: &dyn Explainer, model: &dyn Model) -> Result<Self, Problem> {
        let apart = !wish.with_errors && method.supports(model) == Support::Estimate;
        let errors = apart.then(|| Append::begin(&beside(&wish.out))).transpose()?;
        Ok(Self { values: Append::begin(&wish.out)?, errors })
    }

    fn push(
        &mut self,
        explanation: &Explanation,
        output: Option<usize>,
        with_errors: bool,
        task: &Task,
    ) -> Result<(), Problem> {
        if let Body::Interactions(of) = &explanation.body
            && of.rows.len() < of.row_count
        {
            let rows = format!("{} of {} rows of a batch fit", of.rows.len(), of.row_count);
            return Err(Problem::new("Could not explain in batches", rows, "Allow less memory with --memory"));
        }
        let stopped = |_cancelled| cancelled();
        let columns = layout::answer(explanation, output, with_errors, task);
        self.values.push(&columns.map_err(stopped)?, task)?;
        let Body::Attribution(attribution) = &explanation.body else { return Ok(()) };
        let errors = layout::standard_errors(attribution, output, task).map_err(stopped)?;
        match (&mut self.errors, errors) {
            (Some(file), Some(columns)) => file.push(&columns, task),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<(), Problem> {
        self.values.finish()?;
        self.errors.map_or(Ok(()), Append::finish)
    }
}

/// `result.csv` becomes `result.se.csv`.
pub(super) fn beside(path: &Path) -> PathBuf {
    let ending = path.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
    path.with_extension(format!("se{ending}"))
}

/// What all batches together tell.
struct Sums {
    last: Option<Provenance>,
    gap: Option<f64>,
    span: f64,
    rounding: f64,
    largest_error: Option<f64>,
    exact: bool,
    converged: Option<bool>,
    evaluations: u64,
    notes: Vec<String>,
    data: Builder,
    batches: usize,
}

impl Sums {
    fn new(inputs: usize, rows: usize) -> Self {
        Self {
            last: None,
            gap: None,
            span: 0.0,
            rounding: 0.0,
            largest_error: None,
            exact: true,
            converged: None,
            evaluations: 0,
            notes: Vec::new(),
            data: Fingerprint::builder().number(inputs as u64).number((inputs * rows) as u64),
            batches: 0,
        }
    }

    fn add(&mut self, explanation: &Explanation, features: &[f64]) {
        let fidelity = &explanation.fidelity;
        let larger = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(f64::max);
        self.gap = larger(self.gap, fidelity.gap);
        self.largest_error = larger(self.largest_error, fidelity.largest_error);
        self.rounding = self.rounding.max(fidelity.source_rounding);
        self.exact &= fidelity.exact;
        self.converged = match (self.converged, fidelity.converged) {
            (Some(a), Some(b)) => Some(a && b),
            (a, b) => a.or(b),
        };
        self.evaluations += fidelity.evaluations;
        if let Some(sum) = explanation.body.addends() {
            for row in explanation.predictions.chunks_exact(sum.base.len().max(1)) {
                for (prediction, base) in row.iter().zip(sum.base) {
                    self.span = self.span.max((prediction - base).abs());
                }
            }
        }
        for part in features.chunks(4096) {
            let bytes: Vec<u8> = part.iter().flat_map(|v| v.to_bits().to_le_bytes()).collect();
            self.data = std::mem::take(&mut self.data).bytes(&bytes);
        }
        let notes = explanation.provenance.notes.iter().filter(|n| !self.notes.contains(n)).cloned();
        self.notes.extend(notes.collect::<Vec<_>>());
        self.batches += 1;
        self.last = Some(explanation.provenance.clone());
    }

    fn told(self, rows: &[RowId], warnings: Vec<String>) -> Result<Told, Problem> {
        let provenance =
            self.last.ok_or_else(|| Problem::new("There are no rows to explain", "", "Choose at least one row"))?;
        let data = rows.iter().fold(self.data, |data, row| data.number(u64::from(row.0)));
        Ok(Told {
            fidelity: Fidelity {
                gap: self.gap,
                relative_gap: self.gap.map(|gap| gap / self.span.max(1.0)),
                source_rounding: self.rounding,
                exact: self.exact,
                largest_error: self.largest_error,
                converged: self.converged,
                evaluations: self.evaluations,
            },
            provenance: Provenance { data: data.finish(), notes: self.notes, ..provenance },
            warnings,
            rows: rows.len(),
            batches: self.batches,
        })
    }
}
