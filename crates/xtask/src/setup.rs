//! What the tests need on the machine.

use crate::step::step;
use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// The target that the browser's packages are built for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Adds the WebAssembly target to the Rust tool chain.
pub(crate) fn wasm_target(shell: &Shell) -> Result<()> {
    step("wasm target", || {
        let installed = cmd!(shell, "rustup target list --installed").quiet().read();
        if installed.context("rustup is needed: see https://rustup.rs")?.contains(WASM) {
            return Ok(());
        }
        Ok(cmd!(shell, "rustup target add {WASM}").run()?)
    })
}
