//! Cancelling takes effect within a tenth of a second, whatever is being computed and as far as the machine lets us see.

use std::time::{Duration, Instant};

use candor::base::{Knobs, Task};
use candor::explain::{ExplainError, METHODS, Request, Support, Truth, ask};

use super::common::generate::{Shape, chain, setting};
use super::common::toy::{Setting, Toy};

/// Asks everything of a setting too large to finish, cancels, and returns the longest wait and whose it was.
fn longest_wait(setting: &Setting) -> (Duration, &'static str) {
    let truth = Truth { values: vec![0.5; setting.rows.rows()].into(), weights: None };
    let mut longest = (Duration::ZERO, "");
    for &method in METHODS.iter().filter(|m| !matches!(m.supports(&setting.model), Support::No(_))) {
        let knobs = Knobs::check(method.knobs(), []).expect("defaults");
        let scale = method.scales(&setting.model)[0];
        let request = Request { truth: Some(&truth), scale, ..setting.request(&knobs) };
        let task = Task::silent();
        let begun = Instant::now();
        let (answer, stopped) = std::thread::scope(|scope| {
            #[expect(clippy::disallowed_methods, reason = "someone else must cancel")]
            let canceller = scope.spawn(|| {
                while begun.elapsed() < Duration::from_millis(60) {
                    std::thread::yield_now();
                }
                task.cancel();
                Instant::now()
            });
            let answer = ask(method, &request, &task);
            (answer, canceller.join().expect("it only waits"))
        });
        if matches!(answer, Err(ExplainError::Cancelled(_))) {
            longest = longest.max((stopped.elapsed(), method.id()));
        } else {
            assert!(begun.elapsed() < Duration::from_millis(500), "{} was not stopped", method.id());
        }
    }
    longest
}

#[test]
fn every_method_stops_within_a_tenth_of_a_second() {
    let wide = Shape {
        inputs: 12,
        trees: 200,
        depth: 8,
        outputs: 2,
        vector_leaves: false,
        zero_covers: false,
        full: true,
        rows: 20_000,
        background: 500,
    };
    let deep = chain(3000, 3000);
    let rows = setting(2, Shape { inputs: 3000, trees: 1, depth: 1, rows: 200, background: 50, ..wide }).rows;
    let deep = Setting::new(Toy::trees(deep), rows.clone(), rows);
    for setting in [setting(1, wide), deep] {
        // A machine that is busy with other things may make us wait; it does not do so every time.
        let waits: Vec<_> = (0..3).map(|_| longest_wait(&setting)).collect();
        let (wait, method) = waits.iter().min().expect("three waits");
        assert!(*wait < Duration::from_millis(100), "waited {wait:?} for {method}; all: {waits:?}");
    }
}
