//! What may be in the dependencies: `deny.toml` says it, cargo-deny checks it.

use crate::step::step;
use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// The workspaces, each of which has a lock file of its own.
const WORKSPACES: [&str; 4] = [".", "bindings/lua", "bindings/python", "bindings/wasm"];

/// Checks the dependencies of every workspace by the rules of the root.
pub(crate) fn check(shell: &Shell) -> Result<()> {
    let found = cmd!(shell, "cargo deny --version").quiet().read();
    found.context("cargo-deny is needed: cargo install --locked cargo-deny")?;
    WORKSPACES.iter().try_for_each(|folder| {
        step(&format!("cargo-deny in {folder}"), || {
            let manifest = format!("{folder}/Cargo.toml");
            let deny = cmd!(shell, "cargo deny --manifest-path {manifest}");
            Ok(deny.args(["--locked", "check", "--config", "deny.toml"]).run()?)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders::root;

    #[test]
    fn every_workspace_has_a_lock_file_to_check() {
        for folder in WORKSPACES {
            assert!(root().join(folder).join("Cargo.lock").is_file(), "{folder}");
        }
        assert!(root().join("deny.toml").is_file());
    }
}
