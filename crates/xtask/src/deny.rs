//! What may be in the dependencies: `deny.toml` says it, cargo-deny checks it.

use crate::step::step;
use crate::tools::Tool;
use anyhow::Result;
use xshell::{Shell, cmd};

/// The workspaces, each of which has a lock file of its own.
const WORKSPACES: [&str; 4] = [".", "bindings/lua", "bindings/python", "bindings/wasm"];
const DENY: Tool = Tool { program: "cargo-deny", version: "0.20.2", command: &[] };

/// Checks the dependencies of every workspace by all rules of the root. Advisories come from a repository, which
/// not every network leads to.
pub(crate) fn check(shell: &Shell) -> Result<()> {
    each(shell, &["advisories", "bans", "licenses", "sources"])
}

/// Checks them by the rules that need no more than the registry.
pub(crate) fn check_without_advisories(shell: &Shell) -> Result<()> {
    each(shell, &["bans", "licenses", "sources"])
}

fn each(shell: &Shell, rules: &[&str]) -> Result<()> {
    let deny = DENY.find(shell)?;
    WORKSPACES.iter().try_for_each(|folder| {
        step(&format!("cargo-deny in {folder}"), || {
            let manifest = format!("{folder}/Cargo.toml");
            let deny = cmd!(shell, "{deny} --manifest-path {manifest} --locked --log-level error");
            Ok(deny.args(["--config", "deny.toml", "check"]).args(rules).run()?)
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
