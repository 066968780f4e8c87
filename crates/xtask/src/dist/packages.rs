//! Packages of Debian's and of Red Hat's kind: what they hold is said in `crates/cli/Cargo.toml`.

use super::Release;
use super::binaries::{self, Processor};
use crate::folders::target;
use crate::step::step;
use crate::tools::Tool;
use anyhow::Result;
use xshell::{Shell, cmd};

const DEB: Tool = Tool { program: "cargo-deb", version: "3.8.0", command: &["deb"] };
const RPM: Tool =
    Tool { program: "cargo-generate-rpm", version: "0.21.1", command: &["generate-rpm"] };

pub(super) fn make(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    binaries::build(shell, release, processor)?;
    step(&format!(".deb for {}", processor.short()), || deb(shell, release, processor))?;
    step(&format!(".rpm for {}", processor.name()), || rpm(shell, release, processor))
}

/// The name of Debian's package.
pub(super) fn deb_file(version: &str, processor: Processor) -> String {
    format!("emqx-rebalance_{version}_{}.deb", processor.short())
}

/// The name of the other one.
pub(super) fn rpm_file(version: &str, processor: Processor) -> String {
    format!("emqx-rebalance-{version}-1.{}.rpm", processor.name())
}

fn deb(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    let (deb, triple) = (DEB.find(shell)?, processor.triple());
    let file = release.file(&deb_file(release.version, processor));
    let pack = cmd!(shell, "{deb} deb --quiet --no-build --no-strip --locked --target {triple}");
    let pack = pack.args(["--package", "emqx-rebalance", "--deb-revision", "", "--output"]);
    Ok(pack.arg(file).env("SOURCE_DATE_EPOCH", release.time.to_string()).run()?)
}

fn rpm(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    let (rpm, triple) = (RPM.find(shell)?, processor.triple());
    let (time, folder) = (release.time.to_string(), target());
    let file = release.file(&rpm_file(release.version, processor));
    let pack = cmd!(shell, "{rpm} generate-rpm --package crates/cli --target {triple}");
    let pack = pack.args(["--source-date", &*time, "--auto-req", "disabled"]);
    Ok(pack
        .args(["--payload-compress", "gzip", "--target-dir"])
        .arg(folder)
        .arg("--output")
        .arg(file)
        .run()?)
}
