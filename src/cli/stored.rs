//! A saved session in place of table and model.

use std::path::Path;

use crate::base::Problem;
use crate::session::{Command, is_session};

use super::args::Inputs;
use super::desk::{Desk, Failure};
use super::print;

/// Opens the session with everything that was decided in it. A table or model that is gone or has changed is refused,
/// unless `--data` or `--model` says where the unchanged one is.
pub fn open(desk: &mut Desk, inputs: &Inputs) -> Result<(), Failure> {
    let Some(path) = &inputs.session else {
        return Err(Failure::Usage(Problem::new(
            "There is nothing to work on",
            "neither a session nor --model and --data are given",
            "Name a saved session, or a table and a model",
        )));
    };
    check(path)?;
    let before = desk.session.problems().len();
    let mut opened = desk.carry_out(Command::Open(path.clone()));
    for place in [&inputs.data, &inputs.model].into_iter().flatten() {
        if desk.session.is_incomplete() {
            opened = desk.carry_out(Command::Relocate(place.clone()));
        }
    }
    match opened {
        Err(Failure::Refused(problem)) if desk.session.is_incomplete() => {
            let hint = "Say where the unchanged file is now with --data or --model";
            Err(Failure::Refused(Problem::new(problem.what, problem.place, hint)))
        }
        // Whole, and something in it could not be taken over, such as a damaged answer: that is told.
        Err(Failure::Refused(_)) if desk.session.link().is_some() => {
            for problem in desk.session.problems().iter().skip(before) {
                print::say(desk.common, &problem.to_string());
            }
            Ok(())
        }
        other => other,
    }
}

fn check(path: &Path) -> Result<(), Failure> {
    // The usual way tells what is wrong with a file that cannot be read.
    if is_session(path) || !path.exists() {
        return Ok(());
    }
    Err(Failure::Usage(Problem::new(
        "This file is no saved session",
        path.display().to_string(),
        "Name tables with --data and models with --model",
    )))
}
