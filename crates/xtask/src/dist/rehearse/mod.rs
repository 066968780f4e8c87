//! Installs what was made in clean places, where there is no Rust, and uses it.
//!
//! Programs run in folders that they cannot leave (`chroot`), which takes root. What is for another kind of
//! processor is looked at and not run.

mod clean;
mod debian;
mod images;
mod languages;
mod program;

use super::binaries::Processor;
use super::{Part, Release, manifest};
use crate::setup;
use crate::step::{say, step};
use anyhow::{Result, ensure};
use std::path::Path;
use xshell::Shell;

/// Tries every part of `release` that is asked for.
pub(super) fn all(shell: &Shell, release: &Release) -> Result<()> {
    step("checksums", || whole(&release.folder))?;
    release
        .parts
        .iter()
        .try_for_each(|part| step(&format!("rehearsal of {part:?}"), || one(shell, release, *part)))
}

/// That the folder holds what its checksums say.
fn whole(folder: &Path) -> Result<()> {
    let faults = manifest::faults(folder)?;
    ensure!(faults.is_empty(), "not what the checksums say: {}", faults.join(", "));
    Ok(())
}

fn one(shell: &Shell, release: &Release, part: Part) -> Result<()> {
    match part {
        Part::Command => ours(release, |processor| program::unpacked(shell, release, processor)),
        Part::Packages => {
            setup::packaging(shell)?;
            ours(release, |processor| debian::installed(shell, release, processor))?;
            release.each(|processor| debian::rpm(shell, release, processor))
        }
        Part::Images => ours(release, |processor| images::run(shell, release, processor)),
        Part::Python => languages::python(shell, release),
        Part::Crates => languages::crates(shell),
        Part::Npm => languages::npm(shell, release),
        Part::Lua => {
            setup::programs(shell)?;
            languages::lua(shell, release)
        }
        Part::Grafana => languages::grafana(shell, release),
        Part::Kubernetes => languages::kubernetes(shell, release),
        Part::Sbom => languages::sbom(shell, release),
    }
}

/// Runs what is for this machine's processor.
fn ours(release: &Release, work: impl Fn(Processor) -> Result<()>) -> Result<()> {
    release.each(|processor| {
        if processor.is_ours() {
            return work(processor);
        }
        say(&format!("what is for {} does not run here: not tried", processor.name()));
        Ok(())
    })
}
