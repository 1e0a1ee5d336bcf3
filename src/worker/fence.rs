//! The panic fence: a job that stops unexpectedly becomes a problem card, not a lost session.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once, PoisonError};

use crate::base::Problem;
use crate::session::{Event, Job};

/// Threads whose panics are told as problems and not printed.
pub const THREAD_PREFIX: &str = "candor-";

static HOOK: Once = Once::new();
static LAST_PLACE: Mutex<String> = Mutex::new(String::new());

/// Runs a job; should it panic, its last news is a problem that says what stopped and where.
pub fn run(job: Job, tell: &mut (dyn FnMut(Event) + Send)) {
    HOOK.call_once(install);
    let (id, title) = (job.id, job.title.clone());
    // The session sees only finished news, so nothing half-changed can escape the unwinding job.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| job.run(tell))) {
        let place = LAST_PLACE.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let problem = Problem::new(
            format!("{title} stopped unexpectedly"),
            format!("{place}: {}", words(&*payload)),
            "What was open is still open; try other settings, and report this with the program's version",
        );
        tell(Event { job: id, last: true, outcome: Err(problem) });
    }
}

/// Remembers where a panic happened: the payload does not say.
fn install() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or_else(String::new, |l| format!("{}:{}", l.file(), l.line()));
        *LAST_PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
        let name = std::thread::current().name().map(str::to_owned).unwrap_or_default();
        if !name.starts_with(THREAD_PREFIX) {
            previous(info);
        }
    }));
}

fn words(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".to_owned())
}
