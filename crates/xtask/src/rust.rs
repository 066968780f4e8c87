//! The Rust workspace.

use crate::setup::WASM;
use crate::step::step;
use anyhow::Result;
use xshell::{Shell, cmd};

/// Crates that must build for the browser: they do no IO of their own.
const PURE: [&str; 4] =
    ["emqx-rebalance-core", "emqx-rebalance-api", "emqx-rebalance-exchange", "emqx-rebalance-sim"];

/// What writes files that are kept. Tests of theirs fail while the files differ.
const GENERATORS: [&str; 2] = ["emqx-rebalance-generate", "emqx-rebalance-vectors"];

/// Writes again what is generated from the core.
pub(crate) fn generate(shell: &Shell) -> Result<()> {
    GENERATORS.iter().try_for_each(|package| {
        step(package, || Ok(cmd!(shell, "cargo run --quiet --package {package}").run()?))
    })
}

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
    step("generated files", || {
        let test = cmd!(shell, "cargo test --workspace --all-features --quiet");
        Ok(test.args(["--test", "up_to_date"]).run()?)
    })?;
    step("crates to publish", || pack(shell))?;
    step("pure crates for wasm", || {
        let packages = PURE.iter().flat_map(|name| ["--package", name]);
        let check = cmd!(shell, "cargo check --quiet --target {WASM}").args(packages);
        Ok(check.env("RUSTFLAGS", "-D warnings").run()?)
    })
}

/// Packs every crate that is published, each after those that it needs: a circle of crates has no such order.
pub(crate) fn pack(shell: &Shell) -> Result<()> {
    let pack = cmd!(shell, "cargo package --workspace --no-verify --allow-dirty --locked --quiet");
    Ok(pack.run()?)
}

/// Every test of the workspace, the examples in its documentation included.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    step("cargo test", || Ok(cmd!(shell, "cargo test --workspace --all-features --quiet").run()?))
}

/// The tests that need no other program, as a clone has them by `cargo test`.
pub(crate) fn test_default(shell: &Shell) -> Result<()> {
    step("cargo test", || Ok(cmd!(shell, "cargo test --quiet").run()?))
}
