//! The vectors in `tests/vectors` that the core makes of itself, so that every language can show
//! that it gives the same: the same plans, the same errors, the same requests.
//!
//! `single.json` is not made here: an independent program made it, and the core is held to it.
//! `cargo run -p emqx-rebalance-vectors` writes the files; a test fails if they are out of date, so a
//! change of behaviour is seen in the diff.

mod asked;
mod calls;
mod reconnects;
mod talks;

use anyhow::Result;
use serde_json::Value;
use std::path::PathBuf;

/// Every file by its path in the repository, and what it must hold.
///
/// # Errors
/// If a request in a case is not one, or the embedded cluster cannot be made.
pub fn files() -> Result<Vec<(PathBuf, String)>> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors"));
    let calls = calls::file()?;
    let talks = talks::file()?;
    Ok(vec![
        (root.join("calls/calls.json"), text(&calls)?),
        (root.join("talks/talks.json"), text(&talks)?),
    ])
}

/// One case to a line, so that diffs are short and readers need no memory of the whole.
fn text(file: &Value) -> Result<String> {
    let cases = file["cases"].as_array().map(Vec::as_slice).unwrap_or_default();
    let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
    let about = serde_json::to_string(&file["about"])?;
    Ok(format!("{{\"about\":{about},\"cases\":[\n{}\n]}}\n", lines.join(",\n")))
}
