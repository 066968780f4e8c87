//! The programs, each as one file that needs nothing of the Linux that it runs on.

use super::archive::{Archive, Mode, gzipped};
use super::{Release, of_root, tools};
use crate::folders::{short_paths, target};
use crate::python::ZIG;
use crate::setup;
use crate::step::step;
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::env::consts::ARCH;
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// Cargo with that compiler and linker, of Python's registry as it is.
const ZIGBUILD: &str = "cargo-zigbuild==0.24.1";
/// What completions are made for, and the names that shells look for.
const SHELLS: [(&str, &str); 4] = [
    ("bash", "emqx-rebalance.bash"),
    ("zsh", "_emqx-rebalance"),
    ("fish", "emqx-rebalance.fish"),
    ("powershell", "_emqx-rebalance.ps1"),
];
/// What stands beside the program in its archive.
const BESIDE: [&str; 4] = ["LICENSE", "README.md", "CHANGELOG.md", "UPGRADE.md"];

/// A kind of processor, by Rust's name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "verbatim")]
#[expect(non_camel_case_types, reason = "the names that users type, and Rust has")]
pub(crate) enum Processor {
    x86_64,
    aarch64,
}

impl Processor {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::x86_64 => "x86_64",
            Self::aarch64 => "aarch64",
        }
    }

    /// The name that images and Debian have for it.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::x86_64 => "amd64",
            Self::aarch64 => "arm64",
        }
    }

    pub(super) fn triple(self) -> String {
        format!("{}-unknown-linux-musl", self.name())
    }

    /// Whether what is built for it runs here.
    pub(super) fn is_ours(self) -> bool {
        self.name() == ARCH
    }

    /// Where cargo leaves what it builds for it.
    pub(super) fn built(self) -> PathBuf {
        target().join(self.triple()).join("release")
    }
}

/// Builds the programs of a release, unless the same were built before.
pub(super) fn build(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    let triple = processor.triple();
    let venv = tools(shell, &[ZIG, ZIGBUILD])?;
    setup::standard_library(shell, &triple)?;
    step(&format!("programs for {triple}"), || {
        let build = cmd!(shell, "cargo zigbuild --quiet --locked --release --target {triple}");
        let build = build.args(["--package", "emqx-rebalance", "--bin", "emqx-rebalance"]);
        let controller = "emqx-rebalance-controller";
        let build = build.args(["--package", controller, "--bin", controller]);
        let build = build.env("PATH", venv.path()).env("RUSTFLAGS", short_paths(shell).join(" "));
        Ok(build.env("EMQX_REBALANCE_COMMIT", &release.commit).run()?)
    })?;
    beside(shell, processor)
}

/// Writes manual pages and completions beside the program of `processor`.
fn beside(shell: &Shell, processor: Processor) -> Result<()> {
    let folder = processor.built().join("beside");
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    shell.remove_path(&folder)?;
    shell.create_dir(&man)?;
    shell.create_dir(&completions)?;
    // The words are the same on every processor.
    let program = if processor.is_ours() {
        processor.built().join("emqx-rebalance")
    } else {
        cmd!(shell, "cargo build --quiet --package emqx-rebalance").run()?;
        crate::folders::program()
    };
    cmd!(shell, "{program} man --dir {man}").quiet().ignore_stdout().run()?;
    for (of, name) in SHELLS {
        let words = cmd!(shell, "{program} completions {of}").quiet().read()?;
        shell.write_file(completions.join(name), words + "\n")?;
    }
    Ok(())
}

/// The command as an archive to unpack.
pub(super) fn pack(shell: &Shell, release: &Release, processor: Processor) -> Result<()> {
    build(shell, release, processor)?;
    let name = name(release.version, processor);
    let built = processor.built();
    let mut archive = Archive::new(gzipped(), release.time);
    archive.file(
        &format!("{name}/emqx-rebalance"),
        Mode::Program,
        &built.join("emqx-rebalance"),
    )?;
    for file in BESIDE {
        archive.file(&format!("{name}/{file}"), Mode::File, &of_root(file))?;
    }
    archive.tree(&name, &built.join("beside"))?;
    archive.tree(&format!("{name}/systemd"), &of_root("deploy/systemd"))?;
    let bytes = archive.end()?.finish()?;
    shell.write_file(release.file(&format!("{name}.tar.gz")), bytes).context("no archive")
}

/// The archive's name, and that of the folder in it.
pub(super) fn name(version: &str, processor: Processor) -> String {
    format!("emqx-rebalance-{version}-{}-linux", processor.name())
}
