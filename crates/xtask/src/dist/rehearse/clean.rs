//! A place in which there is nothing but what was put there, and what programs say there.

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// A folder that is the root of whatever runs in it.
pub(super) struct Clean(pub(super) PathBuf);

impl Clean {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Runs a program as `user`, without a variable of this machine, and gives what it prints.
    pub(super) fn run(
        &self,
        shell: &Shell,
        user: &str,
        program: &[&str],
        input: &str,
    ) -> Result<String> {
        let folder = self.path();
        let run = cmd!(shell, "chroot --userspec={user}").arg(folder).args(program);
        let path = "/usr/sbin:/usr/bin:/sbin:/bin";
        let run = run.env_clear().env("PATH", path).env("HOME", "/tmp").stdin(input);
        run.read().with_context(|| {
            format!("`{}` failed in {}; chroot takes root", program.join(" "), folder.display())
        })
    }
}

/// The part of `value` at a path such as `/config/User`; null if there is none.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    value.pointer(path).unwrap_or(&Value::Null)
}
