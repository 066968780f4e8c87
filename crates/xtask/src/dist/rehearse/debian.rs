//! The packages: Debian's installed in a Debian of nothing but what is essential and systemd, the other one read.

use super::clean::Clean;
use super::program::story;
use crate::dist::Release;
use crate::dist::binaries::Processor;
use crate::dist::packages::{deb_file, rpm_file};
use crate::folders::target;
use crate::step::step;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

const UNIT: &str = "emqx-rebalance-watch.service";
/// What both packages hold.
const HELD: [&str; 5] = [
    "usr/bin/emqx-rebalance",
    "usr/lib/systemd/system/emqx-rebalance-watch.service",
    "usr/share/bash-completion/completions/emqx-rebalance",
    "usr/share/fish/vendor_completions.d/emqx-rebalance.fish",
    "usr/share/man/man1/emqx-rebalance-watch.1",
];

/// Installs the package, uses the command, holds the unit against systemd's rules, and takes it off again.
pub(super) fn installed(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    let package = release.file(&deb_file(release.version, processor));
    let temporary = shell.create_temp_dir()?;
    let place = temporary.path().join("debian");
    let (from, into) = (debian(shell)?, &place);
    cmd!(shell, "cp --archive {from} {into}").run()?;
    shell.copy_file(package, place.join("tmp/it.deb"))?;
    let place = Clean(place);
    let root = |program: &[&str]| place.run(shell, "0:0", program, "");
    root(&["dpkg", "--install", "/tmp/it.deb"])?;
    let listed = root(&["dpkg", "--listfiles", "emqx-rebalance"])?;
    for file in HELD {
        ensure!(listed.contains(file), "the package lacks {file}:\n{listed}");
    }
    story(shell, release, &place, "/usr/bin/emqx-rebalance")?;
    // Nobody can read manual pages in so small a system.
    root(&["systemd-analyze", "verify", "--man=no", UNIT])?;
    let file = format!("/usr/lib/systemd/system/{UNIT}");
    root(&["systemd-analyze", "security", "--offline=yes", "--threshold=20", &file])?;
    let state = root(&["systemctl", "is-enabled", UNIT]).unwrap_or_default();
    ensure!(state != "enabled", "the unit is {state:?}, though there is nothing to watch yet");
    root(&["dpkg", "--purge", "emqx-rebalance"])?;
    ensure!(!place.path().join("usr/bin/emqx-rebalance").exists(), "it is still there");
    Ok(())
}

/// Reads the package, as far as that is possible without a system of its kind.
pub(super) fn rpm(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    let package = release.file(&rpm_file(release.version, processor));
    let need = "rpm is needed: apt-get install -y rpm";
    let listed = cmd!(shell, "rpm --query --list --package {package}").read().context(need)?;
    for file in HELD {
        ensure!(listed.contains(file), "the package lacks {file}:\n{listed}");
    }
    let said = cmd!(shell, "rpm --query --queryformat").arg("%{VERSION}/%{ARCH}");
    let said = said.arg("--package").arg(package);
    let (said, wanted) = (said.read()?, format!("{}/{}", release.version, processor.name()));
    ensure!(said == wanted, "the package says {said}, not {wanted}");
    Ok(())
}

/// A Debian 12 with systemd, made once by debootstrap.
fn debian(shell: &Shell) -> Result<PathBuf> {
    let folder = target().join("debian");
    if !folder.join("done").is_file() {
        step("a Debian to install in", || make(shell, &folder))?;
    }
    Ok(folder)
}

fn make(shell: &Shell, folder: &Path) -> Result<()> {
    shell.remove_path(folder)?;
    let need = "debootstrap is needed, and root: apt-get install -y debootstrap";
    let make = cmd!(shell, "debootstrap --variant=minbase --include=systemd bookworm {folder}");
    make.ignore_stdout().run().context(need)?;
    Ok(shell.write_file(folder.join("done"), "")?)
}
