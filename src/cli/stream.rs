//! `candor explain` for tables that would need more memory than `--memory` allows: batch by batch.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use crate::base::{Knobs, Problem, Task, text};
use crate::data::stored::{self, StoreError, TableSize};
use crate::explain::Shape;
use crate::explain::method::{automatic, find};
use crate::model::load;
use crate::session::stream::{Asked, PROGRAM, Streaming, Told, Wish, whole_bytes};
use crate::session::write::Ending;
use crate::session::{Job, JobId, Lane, Outcome, RowChoice};
use crate::worker::inline;

use super::args::{Common, Explain, How, Inputs};
use super::desk::Failure;
use super::destination::Destination;
use super::explain::line;
use super::interrupt;
use super::print;
use super::progress;

/// Outputs assumed before the model is opened: smaller tables fit whatever the model.
const OUTPUTS: u64 = 40;

/// Explains in batches when the table at once would need more than `--memory`; `false` when it fits, or when it cannot
/// be streamed, which is said.
pub fn explain(
    args: &Explain,
    (how, with_errors): (&How, bool),
    (common, destination): (Common, &Destination),
) -> Result<bool, Failure> {
    // A session is small enough for the window that saved it.
    let Some((data, model)) = args.inputs.files().filter(|_| args.inputs.roles.is_empty()) else { return Ok(false) };
    let size = match stored::size(data) {
        Ok(size) => size,
        Err(StoreError::OnlyWhole(reason)) => {
            let bytes = std::fs::metadata(data).map_or(0, |about| about.len());
            if bytes.saturating_mul(4) > args.memory {
                at_once(common, &reason, args.memory);
            }
            return Ok(false);
        }
        // The usual way tells what is wrong with the file.
        Err(_) => return Ok(false),
    };
    let cells = (size.rows as u64).saturating_mul(size.columns as u64);
    let plain = find(how.method()).is_none_or(|method| method.answers() == Shape::Attribution);
    if plain && cells.saturating_mul(40 * OUTPUTS) + PROGRAM + size.bytes <= args.memory {
        return Ok(false);
    }
    let opened = load::load(model, &Task::silent()).map_err(Problem::from)?;
    let id = if how.method() == "auto" { automatic(&*opened, how.chooses_background()) } else { how.method() };
    let given = how.set.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    // The usual way tells what is wrong with the settings.
    let Some((method, knobs)) = find(id).and_then(|m| Some((m, Knobs::check(m.knobs(), given).ok()?))) else {
        return Ok(false);
    };
    let asked = Asked { method, model: &*opened, knobs: &knobs };
    let needed = whole_bytes(size, asked, chosen(args.inputs.rows.as_ref()));
    drop(opened);
    if needed <= args.memory {
        return Ok(false);
    }
    if !method.streams(&knobs) {
        at_once(common, "this method answers about the table as a whole", args.memory);
        return Ok(false);
    }
    if Ending::of(destination.path()).is_ok_and(|ending| ending == Ending::Json) {
        at_once(common, "JSON tells the quality of all rows before the first", args.memory);
        return Ok(false);
    }
    let within = text::bytes(args.memory);
    print::say(
        common,
        &format!("At once this takes about {}; working in batches within {within}", text::bytes(needed)),
    );
    let told = run(wish(args, (data, model), (how, with_errors), destination.path()), (common, size))?;
    tell(&told, common, destination)?;
    Ok(true)
}

fn at_once(common: Common, reason: &str, memory: u64) {
    let text = format!("Not in batches, and perhaps beyond {}: {reason}", text::bytes(memory));
    print::say(common, &text);
}

/// How many rows were chosen; `None` for all.
fn chosen(rows: Option<&RowChoice>) -> Option<usize> {
    match rows? {
        RowChoice::All => None,
        RowChoice::Range(start, end) => Some(end.saturating_sub(*start) as usize),
        RowChoice::List(list) => Some(list.len()),
        RowChoice::Draw(count) => Some(*count),
    }
}

fn wish(args: &Explain, (data, model): (&Path, &Path), (how, with_errors): (&How, bool), out: &Path) -> Wish {
    let Inputs { target, rows, threads, .. } = args.inputs.clone();
    let mut plan = how.plan();
    plan.rows = rows.unwrap_or(RowChoice::All);
    plan.threads = threads.map(usize::from);
    Wish {
        model: model.to_owned(),
        data: data.to_owned(),
        target,
        plan,
        own_background: how.chooses_background(),
        output: how.output.clone(),
        with_errors,
        out: out.to_owned(),
        memory: args.memory,
        batch: None,
    }
}

/// Does the work on this thread, watched for Ctrl-C.
fn run(wish: Wish, (common, size): (Common, TableSize)) -> Result<Told, Failure> {
    let rows = chosen(Some(&wish.plan.rows)).unwrap_or(size.rows);
    let told = Arc::new(Mutex::new(None));
    let work = Streaming { wish, told: Arc::clone(&told) };
    let job = Job::aside(JobId(0), format!("Explaining {}", text::counted(rows, "row")), Lane::Long, work);
    let watching = progress::Bar::rows(&job, progress::is_shown(common), rows);
    let events = inline::run_one(job);
    drop(watching);
    if interrupt::is_wished() {
        return Err(Failure::Cancelled);
    }
    if let Some(Err(problem)) = events.into_iter().last().map(|event| event.outcome.map(|_: Outcome| ())) {
        return Err(problem.into());
    }
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).take();
    told.ok_or(Failure::Cancelled)
}

/// Says what was computed, how good it is, where it went and how much memory it took.
fn tell(told: &Told, common: Common, destination: &Destination) -> Result<(), Failure> {
    for warning in &told.warnings {
        print::say(common, warning);
    }
    let mut parts = vec![line(told.rows, &told.fidelity, &told.provenance), destination.words()];
    parts.push(match told.batches {
        1 => "1 batch".to_owned(),
        many => format!("{} batches", text::count(many)),
    });
    if let Some(peak) = peak() {
        parts.push(format!("at most {} of memory", text::bytes(peak)));
    }
    print::say(common, &parts.join(" · "));
    for note in &told.provenance.notes {
        print::say(common, note);
    }
    if common.json && !destination.is_standard() {
        let batches = told.batches;
        let file = destination.words();
        let facts = json!({
            "file": file, "fidelity": told.fidelity, "provenance": told.provenance, "batches": batches,
            "peak_memory_bytes": peak(),
        });
        print::put_json(&facts)?;
    }
    Ok(())
}

/// The most memory this process has held, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
