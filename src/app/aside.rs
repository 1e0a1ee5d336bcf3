//! Small computations beside the session's jobs: sort orders, row filters. The last value stays on screen while the
//! next one is computed, and nothing here is ever waited for.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use eframe::egui;

/// A value that depends on a key and is computed elsewhere.
pub(crate) struct Aside<K, T> {
    key: Option<K>,
    value: Option<Arc<T>>,
    pending: Option<(K, Receiver<T>)>,
}

impl<K, T> Default for Aside<K, T> {
    fn default() -> Self {
        Self { key: None, value: None, pending: None }
    }
}

impl<K: PartialEq, T: Send + 'static> Aside<K, T> {
    /// The value for `key` or, while it is being computed, the last one. Starts `compute` when the key is new.
    pub(crate) fn ask<F>(&mut self, ctx: &egui::Context, key: K, compute: F) -> Option<&Arc<T>>
    where
        F: FnOnce() -> T + Send + 'static,
    {
        self.collect();
        let known = self.key.as_ref() == Some(&key);
        let asked = self.pending.as_ref().is_some_and(|(k, _)| *k == key);
        if !known && !asked {
            let (sender, receiver) = sync_channel(1);
            let ctx = ctx.clone();
            let work = move || {
                // The receiver is gone when something newer was asked; then nobody wants this.
                if sender.send(compute()).is_ok() {
                    ctx.request_repaint();
                }
            };
            if std::thread::Builder::new().name("candor-aside".to_owned()).spawn(work).is_ok() {
                self.pending = Some((key, receiver));
            }
        } else if known {
            self.pending = None;
        }
        self.value.as_ref()
    }

    /// The last value, whatever its key.
    pub(crate) fn last(&self) -> Option<&T> {
        self.value.as_deref()
    }

    /// Whether the value shown is not yet the one asked for.
    pub(crate) fn is_busy(&self) -> bool {
        self.pending.is_some()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn collect(&mut self) {
        let Some((_, receiver)) = &self.pending else { return };
        match receiver.try_recv() {
            Ok(value) => {
                self.key = self.pending.take().map(|(key, _)| key);
                self.value = Some(Arc::new(value));
            }
            Err(TryRecvError::Disconnected) => self.pending = None,
            Err(TryRecvError::Empty) => {}
        }
    }
}
