//! What would go if something else were opened: the one place that decides when a question is due.
//!
//! Unsaved work is what somebody decided and a model trained here, not where somebody looked. Answers count once the
//! session has a file, because that file then no longer holds what is on screen.

use super::state::Session;

/// What takes a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Another session or a sample: nothing of this one stays.
    Session,
    /// Another table, which begins another document.
    Table,
    /// Another model, which stays in the document: decisions about table, cohorts and plan stay with it.
    Model,
}

impl Session {
    /// Whether unsaved work would go.
    pub fn would_lose(&self, to: Replacement) -> bool {
        match to {
            Replacement::Session => self.is_changed(),
            Replacement::Table => self.data.is_some() && self.is_changed(),
            Replacement::Model => self.holds_unsaved_model(),
        }
    }

    /// Whether the open model was trained here and the session's file does not hold it.
    pub fn holds_unsaved_model(&self) -> bool {
        let trained = self.opened.as_ref().is_some_and(|m| m.card().path.is_none());
        let held = self.kept.saved.as_ref().is_some_and(|(_, written)| written.inputs == self.written_now().inputs);
        trained && !held
    }
}
