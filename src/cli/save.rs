//! `candor save`: a session file without the window.

use serde_json::json;

use crate::base::text;
use crate::session::Command;

use super::args::{Common, Save};
use super::desk::{Desk, Failure};
use super::print;

/// Opens table and model, explains where that is asked for, and writes the session.
pub fn save(args: &Save, common: Common) -> Result<(), Failure> {
    let mut desk = Desk::new(common);
    desk.open_table(&args.data, args.target.as_deref())?;
    desk.carry_out(Command::SetPlan(args.how.plan()))?;
    if let Some(model) = &args.model {
        desk.carry_out(Command::OpenModel(model.clone()))?;
    }
    if let Some(with) = &args.with {
        desk.carry_out(Command::OpenChallenger(with.clone()))?;
    }
    if let Some(output) = desk.output(args.how.output.as_deref())? {
        desk.carry_out(Command::SelectOutput(output))?;
    }
    if args.explain {
        desk.carry_out(Command::Explain)?;
    }
    let path = args.out.clone();
    desk.carry_out(Command::SaveSession { path, view: String::new(), copies: args.copies })?;
    let size = std::fs::metadata(&args.out).map_or(0, |about| about.len());
    print::say(common, &format!("Saved {} · {}", args.out.display(), text::bytes(size)));
    if common.json {
        return print::put_json(&json!({ "file": args.out, "bytes": size }));
    }
    Ok(())
}
