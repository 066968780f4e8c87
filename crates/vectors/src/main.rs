//! Writes the vectors that the core makes of itself.

use anyhow::{Context, Result};
use std::fs;

fn main() -> Result<()> {
    for (path, text) in emqx_rebalance_vectors::files()? {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
