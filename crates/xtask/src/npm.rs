//! Packages of npm.

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

/// Installs what the current folder's lock file says, unless that was done already.
pub(crate) fn install(shell: &Shell) -> Result<()> {
    let lock = shell.read_file("package-lock.json")?;
    ensure!(!lock.contains("\"resolved\""), "package-lock.json names the registry it came from");
    let marker = "node_modules/.installed";
    if shell.read_file(marker).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let help = "npm is needed, with node 20 or later";
    cmd!(shell, "npm ci --ignore-scripts --no-audit --no-fund").run().context(help)?;
    Ok(shell.write_file(marker, lock)?)
}
