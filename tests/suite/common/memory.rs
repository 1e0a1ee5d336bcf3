//! Tests that run again in a process with little memory.

use std::process::Command;

/// Address space of the process that opens hostile files, in kB: far below what their counts ask for.
const MEMORY_KB: u64 = 3 << 20;
/// Tells the test that it already runs inside that limit.
const INSIDE: &str = "CANDOR_TEST_WITH_LITTLE_MEMORY";

/// Runs `test`, `module::name`, again in a process that may not use more than `MEMORY_KB`; there, runs `body`.
#[cfg(unix)]
pub fn with_little_memory(test: &str, body: impl Fn()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let own = std::env::current_exe().expect("the test knows its program");
    let line = format!("ulimit -v {MEMORY_KB}; exec \"$0\" --exact --test-threads=1 {test}");
    let output = Command::new("sh").args(["-c", &line]).arg(own).env(INSIDE, "1").output().expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Elsewhere only the test itself runs.
#[cfg(not(unix))]
pub fn with_little_memory(_test: &str, body: impl Fn()) {
    body();
}
