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
    /// Another challenger, or none.
    Challenger,
}

impl Session {
    /// Whether unsaved work would go.
    pub fn would_lose(&self, to: Replacement) -> bool {
        match to {
            Replacement::Session => self.is_changed(),
            Replacement::Table => self.data.is_some() && self.is_changed(),
            Replacement::Model => self.holds_unsaved(0) && !self.is_both(),
            Replacement::Challenger => self.holds_unsaved(1) && !self.is_both(),
        }
    }

    /// Whether a model was trained here that the session's file does not hold.
    pub fn holds_unsaved_model(&self) -> bool {
        self.holds_unsaved(0) || self.holds_unsaved(1)
    }

    /// Whether the champion (0) or the challenger (1) was trained here and the session's file does not hold it.
    fn holds_unsaved(&self, which: usize) -> bool {
        let now = self.written_now();
        let held = self.kept.saved.as_ref().is_some_and(|(_, written)| match which {
            0 => written.inputs == now.inputs,
            _ => written.beside.0 == now.beside.0,
        });
        !held && self.trained_models().get(which).is_some_and(Option::is_some)
    }

    /// Whether one model is champion and challenger, so that neither place is the only one.
    fn is_both(&self) -> bool {
        let [own, other] = self.trained_models().map(|model| model.map(|m| m.card().sha256.clone()));
        own.is_some() && own == other
    }
}
