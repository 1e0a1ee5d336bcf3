//! Undo and redo of roles and plan, each step with its name.

use crate::data::Role;

use super::command::Plan;

/// Steps kept; older ones are forgotten.
const DEPTH: usize = 100;

/// One change that can be taken back.
#[derive(Clone, Debug)]
pub struct Step {
    /// What undo would take back, as the menu shows it: `Role of “age”`.
    pub name: String,
    /// What it changed.
    pub change: Change,
}

/// What a step changed: before and after.
#[derive(Clone, Debug)]
pub enum Change {
    /// Roles of all columns.
    Roles(Vec<Role>, Vec<Role>),
    /// The plan.
    Plan(Box<Plan>, Box<Plan>),
}

/// Done and undone steps, newest last.
#[derive(Debug, Default)]
pub struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl History {
    /// Remembers a step; what was undone before can no longer be repeated.
    pub fn push(&mut self, step: Step) {
        self.undone.clear();
        self.done.push(step);
        if self.done.len() > DEPTH {
            self.done.remove(0);
        }
    }

    /// Takes back the newest step and hands it over.
    pub fn undo(&mut self) -> Option<Step> {
        let step = self.done.pop()?;
        self.undone.push(step.clone());
        Some(step)
    }

    /// Repeats what was taken back last and hands it over.
    pub fn redo(&mut self) -> Option<Step> {
        let step = self.undone.pop()?;
        self.done.push(step.clone());
        Some(step)
    }

    /// The name of what undo would take back.
    pub fn undo_name(&self) -> Option<&str> {
        self.done.last().map(|s| s.name.as_str())
    }

    /// The name of what redo would repeat.
    pub fn redo_name(&self) -> Option<&str> {
        self.undone.last().map(|s| s.name.as_str())
    }

    /// Forgets changes of roles: they belong to a table that is no longer open.
    pub fn forget_roles(&mut self) {
        let keeps = |step: &Step| matches!(step.change, Change::Plan(..));
        self.done.retain(keeps);
        self.undone.retain(keeps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str) -> Step {
        Step { name: name.to_owned(), change: Change::Roles(vec![Role::Feature], vec![Role::Target]) }
    }

    #[test]
    fn a_new_change_ends_what_could_be_repeated() {
        let mut history = History::default();
        history.push(step("one"));
        history.push(step("two"));
        assert_eq!(history.undo().map(|s| s.name).as_deref(), Some("two"));
        assert_eq!((history.undo_name(), history.redo_name()), (Some("one"), Some("two")));
        history.push(step("three"));
        assert_eq!((history.undo_name(), history.redo_name()), (Some("three"), None));
    }

    #[test]
    fn another_table_forgets_roles_but_not_the_plan() {
        let mut history = History::default();
        history.push(step("roles"));
        history.push(Step { name: "plan".to_owned(), change: Change::Plan(Box::default(), Box::default()) });
        history.forget_roles();
        assert_eq!(history.undo_name(), Some("plan"));
        history.undo();
        assert_eq!(history.undo_name(), None);
    }
}
