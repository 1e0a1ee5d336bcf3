//! A progress bar on standard error, on a terminal only.

use std::io::{IsTerminal as _, Write as _};

use crate::base::{Task, text};
use crate::session::Job;
use crate::session::stream::STAGE;
use crate::worker::{JobClock, Sampler};

use super::args::Common;
use super::interrupt;

/// Characters of the bar.
const WIDTH: usize = 24;
/// Seconds before the bar appears: what is done at once needs none.
const PATIENCE_SECS: f64 = 0.4;

/// Whether progress is shown at all.
pub fn is_shown(common: Common) -> bool {
    !common.quiet && !common.json && std::io::stderr().is_terminal()
}

/// Watches a job: shows its progress in a bar that disappears when dropped, and passes Ctrl-C on to it.
pub struct Bar {
    sampler: Option<Sampler>,
    shown: bool,
}

impl Bar {
    /// Watches `job` until it is dropped.
    pub fn start(job: &Job, shown: bool) -> Self {
        let title = job.title.clone();
        Self::titled(job, shown, move |_task| title.clone())
    }

    /// As [`Bar::start`], for a job that explains about `rows` rows: tells how many are done.
    pub fn rows(job: &Job, shown: bool, rows: usize) -> Self {
        Self::titled(job, shown, move |task| match (task.stage(), task.fraction()) {
            (STAGE, Some(share)) => {
                let done = (f64::from(share) * rows as f64).round() as usize;
                format!("{STAGE} · {} of {}", text::count(done), text::counted(rows, "row"))
            }
            (stage, _) => stage.to_owned(),
        })
    }

    fn titled(job: &Job, shown: bool, title: impl Fn(&Task) -> String + Send + 'static) -> Self {
        let look = move |task: &Task, clock: JobClock| {
            if interrupt::is_wished() {
                task.cancel();
            }
            if shown && clock.elapsed_secs > PATIENCE_SECS {
                put(&format!("\r\u{1b}[2K{}", line(&title(task), task.fraction(), clock)));
            }
        };
        Self { sampler: Some(Sampler::start(job.task.clone(), look)), shown }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.sampler = None;
        if self.shown {
            put("\r\u{1b}[2K");
        }
    }
}

fn put(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // A terminal that has gone away shows no progress; the work goes on.
    stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()).ok();
}

fn line(title: &str, share: Option<f32>, clock: JobClock) -> String {
    let title = text::harmless(title);
    let Some(share) = share else { return format!("{title} · {}", text::duration(clock.elapsed_secs)) };
    let full = ((share * WIDTH as f32) as usize).min(WIDTH);
    let left = clock.left_secs.map_or_else(String::new, |secs| format!(" · {} left", text::duration(secs)));
    format!("{title} {}{} {}{left}", "█".repeat(full), "░".repeat(WIDTH - full), text::percent(f64::from(share)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_share_and_time_left() {
        let clock = JobClock { elapsed_secs: 4.0, left_secs: Some(12.0) };
        let text = line("Explaining", Some(0.25), clock);
        assert!(text.contains("25.0\u{2009}%") && text.contains("12\u{2009}s left"), "{text}");
        assert_eq!(text.matches('█').count(), WIDTH / 4);
    }
}
