//! What the program says: facts to standard error, what was asked for to standard output.

use std::io::Write as _;

use crate::base::Problem;
use crate::base::text::harmless;

use super::args::Common;
use super::desk::Failure;

/// A fact about what was done; silent with `--quiet` and `--json`.
pub fn say(common: Common, text: &str) {
    if !common.quiet && !common.json {
        let mut stderr = std::io::stderr().lock();
        // Whoever closed standard error does not want to know.
        writeln!(stderr, "{}", harmless(text)).ok();
    }
}

/// Bytes to standard output. A reader that has gone away (`| head`) is no failure.
pub fn put(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Refused(Problem::new(
            "Could not write to standard output",
            error.to_string(),
            "Write to a file with --out",
        ))),
        _ => Ok(()),
    }
}

/// A text for people to standard output.
pub fn put_text(text: &str) -> Result<(), Failure> {
    put(harmless(text).as_bytes())
}

/// A JSON value to standard output.
pub fn put_json(value: &serde_json::Value) -> Result<(), Failure> {
    put(format!("{value:#}\n").as_bytes())
}

/// Tells why the program ends: a problem on standard error, help on standard output.
pub fn tell(failure: &Failure) {
    let problem = match failure {
        Failure::Told(text) => {
            put(text.as_bytes()).ok();
            return;
        }
        Failure::Refused(problem) | Failure::Usage(problem) | Failure::NoDisplay(problem) => problem.to_string(),
        Failure::Cancelled => "Cancelled".to_owned(),
        Failure::Failed => return,
    };
    // Whoever closed standard error still gets the exit code.
    writeln!(std::io::stderr().lock(), "{}", harmless(&problem)).ok();
}

/// Whether a window can be expected to open.
pub fn has_display() -> bool {
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

/// The refusal to open a window, with the way that needs none.
pub fn no_display(reason: &str) -> Failure {
    Failure::NoDisplay(Problem::new(
        "The window could not be opened",
        reason,
        "Work without it: candor report --model M --data D --out report.html; candor --help names the other commands",
    ))
}
