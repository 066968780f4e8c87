//! What every language says of options and words, from the core's tables.
//!
//! `cargo xtask generate` writes the files; a test fails if they are out of date. What the core's tables
//! say is thus what Python, Lua, Grafana, the browser page and the documentation say.

mod console;
mod docs;
mod grafana;
mod lua;
mod python;
mod reconnects;
#[cfg(test)]
mod runbooks;
mod tables;
mod words;

use anyhow::Result;
use std::path::{Path, PathBuf};

/// How generated files begin, after the language's mark of a comment.
const MARK: &str = "Written by `cargo xtask generate` from the core's tables: change those.";

/// The path and the text of every file.
///
/// # Errors
/// If a word has no documentation.
pub fn files() -> Result<Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = [
        ("python/src/emqx_rebalance/_words.py", python::words()?),
        ("python/src/emqx_rebalance/_wishes.py", python::wishes()),
        ("python/src/emqx_rebalance/_strategy.py", python::resolved()),
        ("bindings/lua/lua/emqx_rebalance/options.lua", lua::options()),
        ("bindings/grafana/src/panel/numbers.ts", grafana::numbers()),
        ("bindings/grafana/src/presets.ts", grafana::presets()?),
        ("bindings/console/page/js/options.js", console::options()?),
        ("docs/options.md", docs::options()),
        ("docs/reconnects.md", reconnects::page()?),
    ];
    Ok(files.into_iter().map(|(path, text)| (root.join(path), text)).collect())
}
