//! The cells of an edited row and the steps that led to them, each with its name.

use std::sync::Arc;

use crate::data::Value;

/// Steps kept; older ones are forgotten.
const DEPTH: usize = 1_000;

/// One edit: its name, and the cells before and after it.
#[derive(Clone, Debug)]
struct Step {
    name: String,
    before: Arc<[Value]>,
    after: Arc<[Value]>,
}

/// Cells with their history.
#[derive(Clone, Debug)]
pub struct Edits {
    original: Arc<[Value]>,
    values: Arc<[Value]>,
    done: Vec<Step>,
    undone: Vec<Step>,
    /// The column whose last step may still grow.
    moving: Option<usize>,
}

impl Edits {
    /// Nothing edited yet.
    pub fn new(original: Arc<[Value]>) -> Self {
        let values = Arc::clone(&original);
        Self { original, values, done: Vec::new(), undone: Vec::new(), moving: None }
    }

    /// The cells now.
    pub fn values(&self) -> &Arc<[Value]> {
        &self.values
    }

    /// The cells at the start.
    pub fn original(&self) -> &Arc<[Value]> {
        &self.original
    }

    /// Gives one column a value; `moving` says that this step may still grow. `false` when nothing changed.
    pub fn set(&mut self, (column, name): (usize, &str), value: Value, moving: bool) -> bool {
        let grows = self.moving == Some(column);
        self.moving = moving.then_some(column);
        let mut values = self.values.to_vec();
        match values.get_mut(column) {
            Some(place) if !place.is_same(&value) => *place = value,
            _ => return false,
        }
        let values: Arc<[Value]> = values.into();
        match self.done.last_mut().filter(|_| grows) {
            Some(step) => {
                step.after = Arc::clone(&values);
                self.values = values;
            }
            None => self.push(format!("Change of “{name}”"), values),
        }
        true
    }

    /// Takes other cells as one step; `false` when they are the same.
    pub fn take(&mut self, name: &str, values: Arc<[Value]>) -> bool {
        self.moving = None;
        let same =
            values.len() == self.values.len() && values.iter().zip(self.values.iter()).all(|(a, b)| a.is_same(b));
        if !same {
            self.push(name.to_owned(), values);
        }
        !same
    }

    fn push(&mut self, name: String, values: Arc<[Value]>) {
        self.undone.clear();
        let before = std::mem::replace(&mut self.values, Arc::clone(&values));
        self.done.push(Step { name, before, after: values });
        if self.done.len() > DEPTH {
            self.done.remove(0);
        }
    }

    /// Takes back the last step; `false` without one.
    pub fn undo(&mut self) -> bool {
        self.moving = None;
        let Some(step) = self.done.pop() else { return false };
        self.values = Arc::clone(&step.before);
        self.undone.push(step);
        true
    }

    /// Repeats what was taken back; `false` when nothing was.
    pub fn redo(&mut self) -> bool {
        self.moving = None;
        let Some(step) = self.undone.pop() else { return false };
        self.values = Arc::clone(&step.after);
        self.done.push(step);
        true
    }

    /// The name of what undo would take back.
    pub fn undo_name(&self) -> Option<&str> {
        self.done.last().map(|step| step.name.as_str())
    }

    /// The name of what redo would repeat.
    pub fn redo_name(&self) -> Option<&str> {
        self.undone.last().map(|step| step.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(edits: &Edits) -> Vec<f64> {
        let number = |value: &Value| if let Value::Number(v) = value { *v } else { -1.0 };
        edits.values().iter().map(number).collect()
    }

    #[test]
    fn one_movement_is_one_step_and_the_next_movement_another() {
        let mut edits = Edits::new([Value::Number(1.0), Value::Number(2.0)].into());
        for (value, moving) in [(3.0, true), (4.0, true), (5.0, true), (5.0, false), (6.0, true), (7.0, false)] {
            edits.set((0, "x"), Value::Number(value), moving);
        }
        assert_eq!(numbers(&edits), [7.0, 2.0]);
        assert!(edits.undo());
        assert_eq!(numbers(&edits), [5.0, 2.0], "the second movement is taken back as one");
        assert!(edits.undo());
        assert_eq!(numbers(&edits), [1.0, 2.0]);
        assert!(!edits.undo());
        assert!(edits.redo() && edits.redo() && !edits.redo());
        assert_eq!(numbers(&edits), [7.0, 2.0]);
    }

    #[test]
    fn a_movement_of_another_column_begins_a_step_of_its_own() {
        let mut edits = Edits::new([Value::Number(1.0), Value::Number(2.0)].into());
        edits.set((0, "x"), Value::Number(3.0), true);
        edits.set((1, "y"), Value::Number(4.0), true);
        assert_eq!(edits.undo_name(), Some("Change of “y”"));
        edits.undo();
        assert_eq!(numbers(&edits), [3.0, 2.0]);
    }

    #[test]
    fn a_value_as_before_is_no_step() {
        let mut edits = Edits::new([Value::Number(0.0)].into());
        assert!(!edits.set((0, "x"), Value::Number(-0.0), false));
        assert!(!edits.set((9, "none"), Value::Missing, false));
        assert!(!edits.take("Reset", [Value::Number(0.0)].into()));
        assert_eq!(edits.undo_name(), None);
    }
}
