//! Programs of Rust's registry that checks use, of the version that is meant.

use crate::folders::target;
use crate::step::step;
use anyhow::Result;
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// A program, which a package of its name holds.
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    pub(crate) version: &'static str,
    /// What stands before `--version`.
    pub(crate) command: &'static [&'static str],
}

impl Tool {
    /// The one of the machine, if it is of this version, else one of our own.
    pub(crate) fn find(&self, shell: &Shell) -> Result<PathBuf> {
        let Self { program, version, command } = self;
        let ours = target().join("tools");
        let built = ours.join("bin").join(program);
        let is_right = |found: &PathBuf| {
            let said = cmd!(shell, "{found}").args(*command).arg("--version");
            said.quiet().ignore_stderr().read().is_ok_and(|said| said.ends_with(version))
        };
        let found = [PathBuf::from(program), built.clone()].into_iter().find(is_right);
        if let Some(found) = found {
            return Ok(found);
        }
        step(program, || {
            // Unoptimised: that is built in half the time, and it runs for a second either way.
            let install = cmd!(shell, "cargo install --quiet --locked --debug {program}@{version}");
            let install = install.args(["--root"]).arg(&ours);
            let install = install.env("CARGO_TARGET_DIR", ours.join("build"));
            Ok(install.env("CARGO_PROFILE_DEV_DEBUG", "false").run()?)
        })?;
        Ok(built)
    }
}
