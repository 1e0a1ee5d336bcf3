//! The command line: the same commands as the window, headless. No logic of its own.
//!
//! Results go to the files that were asked for, facts about them to standard error, and what was asked for on
//! standard output (`--out -`, `--json`, `inspect`, `methods`) to standard output.

pub mod args;
mod chart;
mod compare;
mod contents;
pub mod demo;
mod desk;
mod destination;
mod explain;
pub mod inputs;
mod inspect;
mod interrupt;
mod methods;
mod print;
mod probe;
mod progress;
mod report;
mod rows;
mod save;
mod stored;
mod stream;
mod train;

pub use args::{Common, Demo, Open, Renderer, Sight, ThemeWord, Verb, parse};
pub use desk::Failure;
pub use print::{has_display, no_display, tell};

/// Carries out every command but those of the window.
pub fn run(verb: Verb, common: Common) -> Result<(), Failure> {
    interrupt::listen();
    match verb {
        Verb::Inspect(args) => inspect::inspect(&args, common),
        Verb::Methods(args) => methods::methods(&args, common),
        Verb::Predict(args) => explain::predict(&args, common),
        Verb::Explain(args) => explain::explain(&args, common),
        Verb::Chart(args) => chart::chart(&args, common),
        Verb::Report(args) => report::report(&args, common),
        Verb::Verify(args) => report::verify(&args, common),
        Verb::Compare(args) => compare::compare(&args, common),
        Verb::Train(args) => train::train(&args, common),
        Verb::Demo(args) => demo::demo(&args.folder(), common),
        Verb::Save(args) => save::save(&args, common),
        Verb::Open(_) => Err(no_display("the window was asked for where only the command line runs")),
    }
}
