//! Whether an explanation fits into memory, asked before it is begun.

use crate::base::{Problem, text};

/// The size of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Rows asked about.
    pub rows: usize,
    /// Features of a row.
    pub features: usize,
    /// Numbers for each feature of a row: outputs, twice as many with standard errors.
    pub numbers: usize,
}

impl Size {
    /// Bytes of one row: its encoded values, and its answer twice while parts of it are joined.
    fn row_bytes(&self) -> u64 {
        8 * self.features.max(1) as u64 * (1 + 2 * self.numbers.max(1) as u64)
    }

    /// Refuses when `free` bytes do not hold the work; the refusal says how many rows would fit. Where the system does
    /// not tell what is free, nothing is refused.
    pub fn check(&self, free: Option<u64>) -> Result<(), Problem> {
        let needed = self.row_bytes().saturating_mul(self.rows as u64);
        let Some(free) = free.filter(|free| needed > *free) else { return Ok(()) };
        let fit = usize::try_from(free / self.row_bytes()).unwrap_or(usize::MAX);
        Err(Problem::new(
            format!("Could not explain {}", text::counted(self.rows, "row")),
            format!("that takes about {} of memory, {} are free", text::bytes(needed), text::bytes(free)),
            format!(
                "Explain at most {} in one go (Settings), or close other programs; `candor explain` works in batches",
                text::counted(fit, "row")
            ),
        ))
    }
}

/// Bytes that can be taken without pushing others out: what the system says is available, within the limit of the
/// control group where there is one. `None` where the system does not tell.
pub fn free() -> Option<u64> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let available = available(&meminfo)?;
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let group = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    Some(group.map_or(available, |(most, held)| available.min(most.saturating_sub(held))))
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemAvailable:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()?.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_the_number_of_rows_that_do() {
        let size = Size { rows: 1_000_000, features: 30, numbers: 1 };
        assert!(size.check(Some(720_000_000)).is_ok() && size.check(None).is_ok());
        let problem = size.check(Some(360_000_000)).expect_err("half of it does not hold all");
        assert!(problem.hint.contains("at most 500\u{2009}000 rows"), "{}", problem.hint);
        assert!(problem.place.contains("720"), "{}", problem.place);
    }

    #[test]
    fn the_size_of_anything_is_refused_without_overflow() {
        let size = Size { rows: usize::MAX, features: usize::MAX >> 8, numbers: 3 };
        assert!(size.check(Some(1 << 40)).is_err());
    }

    #[test]
    fn what_is_available_is_read_in_kibibytes() {
        let text = "MemTotal:       24600000 kB\nMemFree:         3000 kB\nMemAvailable:   2048 kB\n";
        assert_eq!(available(text), Some(2048 << 10));
        assert_eq!(available("MemTotal: 1 kB"), None);
    }
}
