//! Ctrl-C as a wish to cancel: the running job ends at its next step and the program says so with its own exit code.
//! A second Ctrl-C ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// The exit code of cancelled work.
pub const EXIT_CODE: u8 = 4;

static WISH: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Begins to listen; called again it does nothing.
pub fn listen() {
    WISH.get_or_init(|| {
        let wish = Arc::new(AtomicBool::new(false));
        // In this order the second Ctrl-C finds the wish and ends the program. Where no handler can be set, the
        // system's own answer to Ctrl-C stays.
        let handled = flag::register_conditional_shutdown(SIGINT, i32::from(EXIT_CODE), Arc::clone(&wish))
            .and_then(|_id| flag::register(SIGINT, Arc::clone(&wish)));
        drop(handled);
        wish
    });
}

/// Whether Ctrl-C was pressed.
pub fn is_wished() -> bool {
    WISH.get().is_some_and(|wish| wish.load(Ordering::Relaxed))
}
