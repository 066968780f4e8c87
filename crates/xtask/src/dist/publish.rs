//! Sends a release where people look for it.
//!
//! Each place has a program that sends to it, and that program finds the key: of the maintainer who has logged in
//! with it, or of the forge. Nothing of that is known here.

use super::{CURRENT, manifest};
use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// A place to publish at.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Place {
    /// crates.io, by cargo.
    Crates,
    /// npm, by npm, with its attestation of where it was made.
    Npm,
    /// PyPI, by twine, which takes the word of the forge for a key.
    Pypi,
    /// Images and chart, by skopeo and Helm, to the registry that `--registry` names.
    Registry,
}

/// What is to be published.
#[derive(clap::Args, Debug)]
pub(crate) struct Publish {
    place: Place,
    /// The folder that `cargo xtask dist` made [default: `dist` in the target folder].
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// Where images and chart go, such as `ghcr.io/somebody`.
    #[arg(long, required_if_eq("place", "registry"))]
    registry: Option<String>,
    /// Do all but send.
    #[arg(long)]
    dry_run: bool,
}

/// Publishes what `wishes` say, if it is what its checksums say.
pub(crate) fn run(shell: &Shell, wishes: &Publish) -> Result<()> {
    let folder = super::folder(wishes.from.as_deref())?;
    let faults =
        manifest::faults(&folder).context("there is no release: `cargo xtask dist` makes it")?;
    ensure!(faults.is_empty(), "not what the checksums say: {}", faults.join(", "));
    let files = manifest::files(shell, &folder)?;
    let ending = |end: &str| -> Result<Vec<PathBuf>> {
        let is_it = |file: &&PathBuf| file.to_string_lossy().ends_with(end);
        let found: Vec<_> = files.iter().filter(is_it).cloned().collect();
        ensure!(!found.is_empty(), "{} has no file that ends with {end}", folder.display());
        Ok(found)
    };
    match wishes.place {
        Place::Crates => crates(shell, wishes.dry_run),
        Place::Npm => {
            let packages = ending(&format!("emqx-rebalance-{CURRENT}.tgz"))?;
            packages.iter().try_for_each(|package| npm(shell, package, wishes.dry_run))
        }
        Place::Pypi => {
            let mut packages = ending(".whl")?;
            packages.extend(ending(&format!("emqx_rebalance-{CURRENT}.tar.gz"))?);
            pypi(shell, &packages, wishes.dry_run)
        }
        Place::Registry => {
            let registry = wishes.registry.as_deref().context("--registry is needed")?;
            let chart = ending(&format!("emqx-rebalance-controller-{CURRENT}.tgz"))?;
            registry_of(shell, registry, &ending("-image.tar")?, &chart, wishes.dry_run)
        }
    }
}

fn crates(shell: &Shell, dry_run: bool) -> Result<()> {
    let publish = cmd!(shell, "cargo publish --workspace --locked");
    let dry: &[&str] = if dry_run { &["--dry-run"] } else { &[] };
    Ok(publish.args(dry).run()?)
}

fn npm(shell: &Shell, package: &PathBuf, dry_run: bool) -> Result<()> {
    // Only the forge can attest: it refuses elsewhere.
    let how: &[&str] = if dry_run { &["--dry-run"] } else { &["--provenance"] };
    Ok(cmd!(shell, "npm publish --access public").args(how).arg(package).run()?)
}

fn pypi(shell: &Shell, packages: &[PathBuf], dry_run: bool) -> Result<()> {
    let twine = super::tools(shell, &["twine==7.0.0"])?.program("twine");
    let what = if dry_run { "check" } else { "upload" };
    Ok(cmd!(shell, "{twine} {what}").args(packages).run()?)
}

fn registry_of(
    shell: &Shell,
    registry: &str,
    images: &[PathBuf],
    charts: &[PathBuf],
    dry_run: bool,
) -> Result<()> {
    for image in images {
        let name = image.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let program = name.trim_end_matches(&format!("-{CURRENT}-image.tar")).to_owned();
        let from = format!("oci-archive:{}:{CURRENT}", image.display());
        let to = format!("docker://{registry}/{program}:{CURRENT}");
        let copy = cmd!(shell, "skopeo copy --all {from} {to}");
        let need = "skopeo is needed: apt-get install -y skopeo";
        if dry_run {
            cmd!(shell, "skopeo inspect --raw {from}").ignore_stdout().run().context(need)?;
        } else {
            copy.run().context(need)?;
        }
    }
    let to = format!("oci://{registry}/charts");
    for chart in charts.iter().filter(|_| !dry_run) {
        let push = cmd!(shell, "helm push {chart} {to}");
        push.run().context("Helm is needed: https://helm.sh/docs/intro/install")?;
    }
    Ok(())
}
