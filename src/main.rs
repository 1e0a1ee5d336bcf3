//! The program: reads its arguments, chooses a face, prints what failed and exits.

use std::process::ExitCode;

use candor::cli::{self, Common, Demo, Failure, Open, Verb};

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()).and_then(|(verb, common)| run(verb, common)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            cli::tell(&failure);
            ExitCode::from(failure.code())
        }
    }
}

fn run(verb: Verb, common: Common) -> Result<(), Failure> {
    match verb {
        Verb::Open(Open { files }) => window(files, false, common),
        // Whoever names a folder wants files; otherwise files are what is left where no window opens.
        Verb::Demo(Demo { out: None }) if cli::has_display() => match window(Vec::new(), true, common) {
            Err(Failure::NoDisplay(_)) => cli::run(Verb::Demo(Demo::default()), common),
            other => other,
        },
        other => cli::run(other, common),
    }
}

#[cfg(feature = "app")]
fn window(files: Vec<std::path::PathBuf>, demo: bool, common: Common) -> Result<(), Failure> {
    if !cli::has_display() {
        return Err(cli::no_display("neither DISPLAY nor WAYLAND_DISPLAY is set"));
    }
    drop((files, demo, common));
    Err(cli::no_display("this build has no window"))
}

#[cfg(not(feature = "app"))]
fn window(_files: Vec<std::path::PathBuf>, _demo: bool, _common: Common) -> Result<(), Failure> {
    Err(cli::no_display("this build has no window"))
}
