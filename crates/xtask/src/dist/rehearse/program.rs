//! The command, in a place that has no other file, not even a C library.

use super::clean::{Clean, at};
use crate::dist::Release;
use crate::dist::binaries::{Processor, name};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

/// Nobody's user and group.
pub(super) const NOBODY: &str = "65532:65532";
const LOADS: &str = r#"{"version": 1, "nodes": [
    {"node": "emqx@a", "connections": 90000}, {"node": "emqx@b", "connections": 100}]}"#;

/// Unpacks the archive, and does there what a newcomer does.
pub(super) fn unpacked(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    let temporary = shell.create_temp_dir()?;
    let (place, name) = (temporary.path(), name(release.version, processor));
    let archive = release.file(&format!("{name}.tar.gz"));
    cmd!(shell, "tar --extract --file {archive} --directory {place}").run()?;
    for file in ["README.md", "man/emqx-rebalance-plan.1", "completions/_emqx-rebalance"] {
        ensure!(place.join(&name).join(file).is_file(), "{name}.tar.gz lacks {file}");
    }
    cmd!(shell, "chmod 755 {place}").quiet().run()?;
    story(shell, release, &Clean(place.to_owned()), &format!("/{name}/emqx-rebalance"))
}

/// Asks the command what it is, has it plan, and rebalances its embedded cluster to a verdict.
pub(super) fn story(shell: &Shell, release: &Release, place: &Clean, program: &str) -> Result<()> {
    let run =
        |args: &[&str], input: &str| place.run(shell, NOBODY, &[&[program], args].concat(), input);
    let said = run(&["--version"], "")?;
    for told in [release.version, &*release.commit] {
        ensure!(said.contains(told), "it does not say that it is {told}: {said}");
    }
    let plan = run(&["plan", "--input", "-", "--mode", "level", "--output", "json"], LOADS)?;
    let plan: Value = serde_json::from_str(&plan).context("a plan that is no JSON")?;
    ensure!(at(&plan, "/decision") == "start", "it would not start: {}", at(&plan, "/decision"));
    let told = run(&["demo", "--clients", "400", "--counted"], "")?;
    ensure!(told.contains("completed"), "the demo did not come to its end: {told}");
    Ok(())
}
