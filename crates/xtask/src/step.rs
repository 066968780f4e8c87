//! One thing after the other, with a line before each and its time after.

use anyhow::{Context, Result};
use std::io::Write;
use std::time::Instant;

/// Runs `work` between two lines on stderr that name it.
pub(crate) fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    say(&format!("=== {name}"));
    let began = Instant::now();
    work().with_context(|| format!("{name} failed"))?;
    say(&format!("=== {name}: {:.1} s", began.elapsed().as_secs_f64()));
    Ok(())
}

/// Writes a line to stderr.
pub(crate) fn say(line: &str) {
    // A closed stderr is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}
