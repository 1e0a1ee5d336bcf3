//! How long a large table takes from opening to charts, how soon anything stops that is cancelled, and memory.
//!
//! `cargo bench --bench large --no-default-features -- --rows 1000000 --trees 100`

#![expect(clippy::print_stdout, reason = "a measurement tells its numbers")]
#![allow(missing_docs, unused_crate_dependencies, dead_code, reason = "the shared part serves several measurements")]

mod made;

use std::time::{Duration, Instant};

use candor::base::RowId;
use candor::data::Role;
use candor::session::{ChartRequest, Command, Export, Job};
use made::{Driver, FEATURES, Made, argument, memory};

fn main() {
    let (rows, trees) = (argument("--rows", 100_000), argument("--trees", 100));
    let begun = Instant::now();
    let made = Made::new(rows, trees);
    let bytes = std::fs::metadata(made.table()).map_or(0, |m| m.len());
    println!("{rows} rows, {} MB, {trees} trees, made in {:?}", bytes >> 20, begun.elapsed());
    let mut driver = Driver::new(true);
    driver.command(Command::OpenData(made.table(), Default::default()));
    driver.command(Command::SetRole(FEATURES + 1, Role::Target));
    driver.command(Command::OpenModel(made.model()));
    driver.command(Command::Explain);
    let [now, most] = memory();
    println!("memory {now} MB, at most {most} MB");
    let kinds = candor::chart::KINDS;
    for kind in kinds {
        driver.command(Command::Draw(request(kind.id())));
        let asked = request(kind.id());
        match (driver.session.chart(&asked), driver.session.chart_problem(&asked)) {
            (Some(chart), _) => println!("  {}: {}", kind.id(), chart.notes.first().map_or("", |n| n)),
            (None, problem) => println!("  {}: {problem:?}", kind.id()),
        }
    }
    let folder = tempfile::tempdir().expect("a folder for the measurement");
    for name in ["a.csv", "a.parquet"] {
        driver.command(Command::Export(Export::Attributions, folder.path().join(name)));
    }
    let [now, most] = memory();
    println!("memory {now} MB, at most {most} MB; longest absorb {:?}", driver.longest_absorb);
    cancelled(&made, &mut driver);
}

fn request(kind: &'static str) -> ChartRequest {
    ChartRequest {
        kind,
        output: 0,
        row: Some(RowId(7)),
        feature: Some(0),
        colour: None,
        knobs: Vec::new(),
        within: None,
        what_if: false,
        beside: Vec::new(),
    }
}

/// Cancels one job of every sort at several moments and tells the longest time until its end.
fn cancelled(made: &Made, driver: &mut Driver) {
    let delays = [5, 20, 60, 150, 400, 900, 1_500, 2_500].map(Duration::from_millis);
    let open = Command::OpenData(made.table(), Default::default());
    stop(driver, "reading", &delays, || open.clone());
    let mut plan = driver.session.plan().clone();
    plan.seed = candor::base::Seed(99);
    driver.command(Command::SetPlan(plan));
    stop(driver, "explaining", &delays, || Command::Explain);
    stop(driver, "measuring importance", &delays, || Command::ask(candor::explain::Shape::Importance));
    let folder = tempfile::tempdir().expect("a folder for the measurement");
    for name in ["b.csv", "b.parquet", "b.json", "b.html"] {
        let export = if name == "b.html" { Export::Report(Default::default()) } else { Export::Attributions };
        let path = folder.path().join(name);
        stop(driver, &format!("writing {name}"), &delays, || Command::Export(export.clone(), path.clone()));
    }
    for kind in candor::chart::KINDS {
        let mut output = 0;
        stop(driver, &format!("drawing {}", kind.id()), &delays[..4], || {
            output += 1;
            let knobs = vec![("features".to_owned(), (output + 4).to_string())];
            Command::Draw(ChartRequest { knobs, ..request(kind.id()) })
        });
    }
}

fn stop(driver: &mut Driver, what: &str, delays: &[Duration], mut wish: impl FnMut() -> Command) {
    let mut longest = Duration::ZERO;
    let mut count = 0;
    for delay in delays {
        for job in driver.session.apply(wish()) {
            if let Some(wait) = wait(driver, job, *delay) {
                count += 1;
                longest = longest.max(wait);
            }
        }
    }
    println!("cancelled while {what:<30} {count} times, at most {longest:?} until its end");
}

/// Starts a job, cancels it after `delay`; the time from there to its end, unless it ended before.
fn wait(driver: &mut Driver, job: Job, delay: Duration) -> Option<Duration> {
    let id = job.id;
    let mut events = Vec::new();
    let (cancelled, ended) = std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("job".to_owned()).spawn_scoped(scope, || {
            job.run(&mut |event| events.push(event));
            Instant::now()
        });
        std::thread::sleep(delay);
        let cancelled = Instant::now();
        drop(driver.session.apply(Command::Cancel(id)));
        (cancelled, worker.expect("a thread").join().expect("the job ends"))
    });
    for event in events {
        drop(driver.session.absorb(event));
    }
    ended.checked_duration_since(cancelled)
}
