//! Joining table and model again, where that was stopped.

use super::job::Job;
use super::ledger::Purpose;
use super::state::Session;

impl Session {
    /// Whether table and model are open and could be joined, but predicting was stopped by hand.
    pub fn is_prediction_stopped(&self) -> bool {
        let open = self.data.is_some() && self.opened.is_some() && self.link.is_none();
        open && self.ledger.refused_link != Some(self.ledger.revision) && !self.is_under_way(&Purpose::Link)
    }

    /// A join was stopped. Where nothing takes its place, what an older one found is no longer about what is open.
    pub(super) fn note_stopped_link(&mut self) {
        if !self.is_under_way(&Purpose::Link) {
            self.link = None;
            self.predictions = None;
            self.performance = None;
        }
    }

    /// Joins table and model where that was stopped.
    pub(super) fn predict_again(&mut self) -> Vec<Job> {
        if self.is_prediction_stopped() { self.link_jobs() } else { Vec::new() }
    }
}
