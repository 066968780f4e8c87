//! Writes what is generated from the core's tables.

use anyhow::{Context, Result};
use std::fs;

fn main() -> Result<()> {
    for (path, text) in emqx_rebalance_generate::files()? {
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
