//! The images, unpacked as an engine does it, and run as the user that they name.

use super::clean::{Clean, at};
use super::program::story;
use crate::dist::Release;
use crate::dist::binaries::Processor;
use crate::dist::image::{PROGRAMS, file};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

pub(super) fn run(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    for program in &PROGRAMS {
        let temporary = shell.create_temp_dir()?;
        let (layout, place) = (temporary.path().join("layout"), temporary.path().join("root"));
        shell.create_dir(&layout)?;
        shell.create_dir(&place)?;
        let archive = release.file(&file(program.name, release.version));
        cmd!(shell, "tar --extract --file {archive} --directory {layout}").run()?;
        let manifest = manifest_for(&layout, processor)?;
        let layers = at(&manifest, "/layers").as_array().context("no layers")?;
        for layer in layers {
            let blob = blob(&layout, layer)?;
            cmd!(shell, "tar --extract --gzip --file {blob} --directory {place}").run()?;
        }
        let config = read(&blob(&layout, at(&manifest, "/config"))?)?;
        let user = at(&config, "/config/User").as_str().context("no user")?;
        let entry = at(&config, "/config/Entrypoint/0").as_str().context("no entrypoint")?;
        let place = Clean(place);
        let said = place.run(shell, user, &[entry, "--version"], "")?;
        ensure!(said.contains(release.version), "{} says {said}", program.name);
        if program.name == "emqx-rebalance" {
            story(shell, release, &place, entry)?;
        }
    }
    Ok(())
}

/// The manifest of the image for `processor`.
fn manifest_for(layout: &Path, processor: Processor) -> Result<Value> {
    let index = read(&layout.join("index.json"))?;
    let all = read(&blob(layout, at(&index, "/manifests/0"))?)?;
    let manifests = at(&all, "/manifests").as_array().context("no manifests")?;
    let is_for = |one: &&Value| at(one, "/platform/architecture") == processor.short();
    let found = manifests.iter().find(is_for);
    read(&blob(layout, found.with_context(|| format!("none for {}", processor.short()))?)?)
}

fn blob(layout: &Path, descriptor: &Value) -> Result<PathBuf> {
    let digest = at(descriptor, "/digest").as_str().context("no digest")?;
    Ok(layout.join("blobs").join(digest.replace(':', "/")))
}

fn read(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("no {}", file.display()))?;
    Ok(serde_json::from_str(&text)?)
}
