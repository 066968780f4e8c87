//! What may be in the dependencies: `deny.toml` says it, cargo-deny checks it.

use crate::folders::target;
use crate::step::step;
use anyhow::Result;
use std::path::PathBuf;
use xshell::{Cmd, Shell, cmd};

/// The workspaces, each of which has a lock file of its own.
const WORKSPACES: [&str; 4] = [".", "bindings/lua", "bindings/python", "bindings/wasm"];
const PROGRAM: &str = "cargo-deny";
const VERSION: &str = "0.20.2";

/// Checks the dependencies of every workspace by all rules of the root. Asks for advisories.
pub(crate) fn check(shell: &Shell) -> Result<()> {
    each(shell, &[], &["advisories", "bans", "licenses", "sources"])
}

/// Checks them by the rules that need no network.
pub(crate) fn check_offline(shell: &Shell) -> Result<()> {
    each(shell, &["--offline"], &["bans", "licenses", "sources"])
}

fn each(shell: &Shell, flags: &[&str], rules: &[&str]) -> Result<()> {
    let deny = program(shell)?;
    WORKSPACES.iter().try_for_each(|folder| {
        step(&format!("cargo-deny in {folder}"), || {
            let manifest = format!("{folder}/Cargo.toml");
            let deny = cmd!(shell, "{deny} --manifest-path {manifest} --locked --log-level error");
            Ok(deny.args(["--config", "deny.toml"]).args(flags).arg("check").args(rules).run()?)
        })
    })
}

/// cargo-deny of the version that is meant: the one of the machine, else one of our own.
fn program(shell: &Shell) -> Result<PathBuf> {
    let ours = target().join("tools");
    let built = ours.join("bin").join(PROGRAM);
    let is_right = |deny: &PathBuf| {
        let said: Cmd<'_> = cmd!(shell, "{deny} --version");
        said.quiet().ignore_stderr().read().is_ok_and(|said| said.ends_with(VERSION))
    };
    let found = [PathBuf::from(PROGRAM), built.clone()].into_iter().find(is_right);
    if let Some(found) = found {
        return Ok(found);
    }
    step("cargo-deny", || {
        // Unoptimised: that is built in half the time, and the check takes a second either way.
        let install = cmd!(shell, "cargo install --quiet --locked --debug {PROGRAM}@{VERSION}");
        let install = install.args(["--root"]).arg(&ours);
        let install = install.env("CARGO_TARGET_DIR", ours.join("build"));
        Ok(install.env("CARGO_PROFILE_DEV_DEBUG", "false").run()?)
    })?;
    Ok(built)
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
