//! The Rust workspace.

use crate::setup::WASM;
use crate::step::step;
use anyhow::Result;
use xshell::{Shell, cmd};

/// Crates that must build for the browser: they do no IO of their own.
const PURE: [&str; 4] =
    ["emqx-rebalance-core", "emqx-rebalance-api", "emqx-rebalance-exchange", "emqx-rebalance-sim"];

/// Every check that runs no test. Warnings are errors.
pub(crate) fn lint(shell: &Shell) -> Result<()> {
    step("rustfmt", || Ok(cmd!(shell, "cargo fmt --all --check").run()?))?;
    step("clippy", || {
        let clippy = cmd!(shell, "cargo clippy --workspace --all-features --all-targets --quiet");
        Ok(clippy.args(["--", "-D", "warnings"]).run()?)
    })?;
    step("rustdoc", || {
        let doc = cmd!(shell, "cargo doc --workspace --all-features --no-deps --quiet");
        Ok(doc.env("RUSTDOCFLAGS", "-D warnings").run()?)
    })?;
    step("pure crates for wasm", || {
        let packages = PURE.iter().flat_map(|name| ["--package", name]);
        let check = cmd!(shell, "cargo check --quiet --target {WASM}").args(packages);
        Ok(check.env("RUSTFLAGS", "-D warnings").run()?)
    })
}

/// Every test of the workspace, the examples in its documentation included.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    step("cargo test", || Ok(cmd!(shell, "cargo test --workspace --all-features --quiet").run()?))
}
