//! Small computations beside the session's jobs: sort orders, row filters. The last value stays on screen while the
//! next one is computed, and nothing here is ever waited for.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, LazyLock};

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

impl<K: PartialEq, T: Send + Sync + 'static> Aside<K, T> {
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
            let at_once = waits(ctx);
            let ctx = ctx.clone();
            let work = move || {
                // The receiver is gone when something newer was asked; then nobody wants this.
                if sender.send(compute()).is_ok() {
                    ctx.request_repaint();
                }
            };
            if at_once {
                work();
                self.pending = Some((key, receiver));
                self.collect();
            } else if std::thread::Builder::new().name("candor-aside".to_owned()).spawn(work).is_ok() {
                self.pending = Some((key, receiver));
            }
        } else if known {
            self.pending = None;
        }
        self.value.as_ref()
    }

    /// The last value or, while it is being computed, the one before; what is being computed is finished even where
    /// the key has changed since, so that something newer arrives while a view keeps moving.
    pub(crate) fn keep_up<F>(&mut self, ctx: &egui::Context, key: &K, compute: F)
    where
        F: FnOnce() -> T + Send + 'static,
        K: Clone,
    {
        self.collect();
        if self.pending.is_none() {
            self.ask(ctx, key.clone(), compute);
        }
    }

    /// The value for `key`, when it is there.
    pub(crate) fn known(&self, key: &K) -> Option<&Arc<T>> {
        self.value.as_ref().filter(|_| self.key.as_ref() == Some(key))
    }

    /// The last value, whatever its key.
    pub(crate) fn last(&self) -> Option<&T> {
        self.value.as_deref()
    }

    /// The last value to be shared, whatever its key.
    pub(crate) fn last_shared(&self) -> Option<&Arc<T>> {
        self.value.as_ref()
    }

    /// What the last value was computed for.
    pub(crate) fn last_key(&self) -> Option<&K> {
        self.key.as_ref()
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
                if let Some(old) = self.value.replace(Arc::new(value)) {
                    drop_aside(old);
                }
            }
            Err(TryRecvError::Disconnected) => self.pending = None,
            Err(TryRecvError::Empty) => {}
        }
    }
}

/// From now on, whatever is asked aside in this window is there at once, so that the same events give the same frames.
pub(crate) fn wait_always(ctx: &egui::Context) {
    ctx.data_mut(|data| data.insert_temp(egui::Id::NULL, Waits));
}

fn waits(ctx: &egui::Context) -> bool {
    ctx.data(|data| data.get_temp::<Waits>(egui::Id::NULL)).is_some()
}

/// Marks a window in which everything is waited for.
#[derive(Clone, Copy)]
struct Waits;

/// A thread that frees what it is given.
static DROPPER: LazyLock<Option<SyncSender<Box<dyn Send>>>> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel::<Box<dyn Send>>(64);
    let work = move || receiver.into_iter().for_each(drop);
    std::thread::Builder::new().name("candor-dropper".to_owned()).spawn(work).is_ok().then_some(sender)
});

/// Frees something aside: handing back hundreds of megabytes takes longer than a frame.
pub(crate) fn drop_aside(thing: impl Send + 'static) {
    if let Some(sender) = &*DROPPER {
        // A dropper that has too much to do hands the thing back, and it is freed here.
        drop(sender.try_send(Box::new(thing)));
    }
}
