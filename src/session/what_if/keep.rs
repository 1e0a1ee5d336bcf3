//! The what-if as a session file and a journal keep it.

use std::sync::Arc;

use crate::session::document::{Edited, Pinned};
use crate::session::state::Session;

use super::{Pin, WhatIf};

impl Session {
    /// What is edited and pinned; `None` where no row is edited.
    pub(in crate::session) fn edited(&self) -> Option<Edited> {
        let of = self.what_if.as_ref()?;
        let pins =
            of.pins.iter().map(|pin| Pinned { name: pin.name.clone(), values: Arc::clone(&pin.values) }).collect();
        Some(Edited {
            name: of.name.clone(),
            row: of.row,
            start: Arc::clone(of.original()),
            now: Arc::clone(of.values()),
            pins,
        })
    }

    /// Takes over what was edited and pinned, which has to fit the open table; it is answered once table and model are
    /// joined.
    pub(in crate::session) fn take_edited(&mut self, edited: &Edited) {
        let fits = self.data.as_ref().is_some_and(|data| data.columns().len() == edited.start.len());
        if edited.is_empty() || !fits || self.opened.is_none() {
            return;
        }
        let mut of = WhatIf::new(edited.name.clone(), edited.row, Arc::clone(&edited.start));
        of.edits.take("Changes kept in the session", Arc::clone(&edited.now));
        let pin = |pin: &Pinned| Pin { name: pin.name.clone(), values: Arc::clone(&pin.values), predictions: None };
        of.pins = edited.pins.iter().map(pin).collect();
        self.what_if = Some(Box::new(of));
    }
}
