//! `candor train`.

use serde_json::json;

use crate::base::{Problem, Seed, text};
use crate::data::Role;
use crate::model::Model;
use crate::session::{Command, Export};

use super::args::{Common, Train};
use super::desk::{Desk, Failure};
use super::print;

/// Trains a model and writes it.
pub fn train(args: &Train, common: Common) -> Result<(), Failure> {
    let mut desk = Desk::new(common);
    desk.open_table(&args.data, Some(&args.target))?;
    for name in &args.ignore {
        let column = desk.column(name)?;
        desk.carry_out(Command::SetRole(column, Role::Ignored))?;
    }
    let target = desk.column(&args.target)?;
    desk.carry_out(Command::Train {
        learner: args.learner.clone(),
        target,
        knobs: args.set.clone(),
        seed: Seed(args.seed),
    })?;
    let model = desk.session.model().cloned();
    let model = model.ok_or_else(|| Problem::new("Could not train a model", "", "Choose another learner"))?;
    desk.carry_out(Command::Export(Export::Model, args.out.clone()))?;
    tell(&*model, args, common)
}

fn tell(model: &dyn Model, args: &Train, common: Common) -> Result<(), Failure> {
    let card = model.card();
    print::say(
        common,
        &format!("{} · {} · {}", card.algorithm, text::counted(card.inputs.len(), "feature"), args.out.display()),
    );
    for (name, value) in &card.facts {
        print::say(common, &format!("{name}: {value}"));
    }
    for note in &card.notes {
        print::say(common, note);
    }
    if common.json {
        return print::put_json(&json!({ "file": args.out, "model": card }));
    }
    Ok(())
}
