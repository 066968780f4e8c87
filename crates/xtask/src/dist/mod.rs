//! Makes what a release publishes: `cargo xtask dist`.
//!
//! Every part ends up in one folder, with checksums and a manifest beside it. Whatever is packed here is packed the
//! same from the same files: times are the commit's, owners are root, names are in order.

mod archive;
mod binaries;
mod collected;
mod image;
mod manifest;
mod packages;
mod publish;
mod rehearse;

use crate::folders::{root, target};
use crate::python::Venv;
use crate::step::{say, step};
use crate::version::CURRENT;
use anyhow::{Context, Result, ensure};
use binaries::Processor;
use clap::ValueEnum;
pub(crate) use publish::{Publish, run as publish};
use std::env;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// A part of a release.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Part {
    /// The command as a static program for Linux, with manual pages and completions, as `.tar.gz`.
    Command,
    /// The same as `.deb` and `.rpm`, with a unit for systemd.
    Packages,
    /// Images of the command and of the controller, as OCI layouts.
    Images,
    /// Wheels and the source distribution of Python.
    Python,
    /// The crates, in the order in which each can be published.
    Crates,
    /// The npm package.
    Npm,
    /// The Lua modules of this machine's processor.
    Lua,
    /// The Grafana app, unsigned.
    Grafana,
    /// The Helm chart and the plain manifests.
    Kubernetes,
    /// What all of it is made of, as CycloneDX.
    Sbom,
}

/// What is to be made of a release.
#[derive(clap::Args, Debug)]
pub(crate) struct Wishes {
    /// Parts to make [default: all].
    parts: Vec<Part>,
    /// Kinds of processor, `x86_64` and `aarch64` [default: both].
    #[arg(long = "processor", value_name = "KIND")]
    processors: Vec<Processor>,
    /// The folder to make, which must not exist or be one that this made [default: `dist` in the target folder].
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// Install what was made in clean places, and use it, instead of making anything.
    #[arg(long)]
    rehearse: bool,
}

/// Makes what `wishes` say, or tries what was made.
pub(crate) fn run(shell: &Shell, wishes: &Wishes) -> Result<()> {
    let release = Release::new(shell, wishes)?;
    if wishes.rehearse {
        // What was made says of what: the checkout may be elsewhere by now.
        let commit = manifest::commit(&release.folder)?;
        return rehearse::all(shell, &Release { commit, ..release });
    }
    release.begin(shell)?;
    for part in release.parts.clone() {
        release.make(shell, part).with_context(|| format!("{part:?} could not be made"))?;
    }
    step("checksums", || manifest::write(shell, &release))?;
    say(&format!("written into {}", release.folder.display()));
    Ok(())
}

/// A release that is being made.
struct Release {
    folder: PathBuf,
    parts: Vec<Part>,
    processors: Vec<Processor>,
    version: &'static str,
    commit: String,
    /// The time of everything in it, in seconds since 1970: the commit's, unless `SOURCE_DATE_EPOCH` says another.
    time: u64,
}

impl Release {
    fn new(shell: &Shell, wishes: &Wishes) -> Result<Self> {
        let chosen = |parts: &[Part]| match parts {
            [] => Part::value_variants().to_vec(),
            parts => parts.to_vec(),
        };
        let processors = match &*wishes.processors {
            [] => Processor::value_variants().to_vec(),
            some => some.to_vec(),
        };
        let told = env::var("SOURCE_DATE_EPOCH").ok();
        let time = match told {
            Some(time) => time,
            None => cmd!(shell, "git log -1 --format=%ct").quiet().read()?,
        };
        Ok(Self {
            folder: folder(wishes.into.as_deref())?,
            parts: chosen(&wishes.parts),
            processors,
            version: CURRENT,
            commit: cmd!(shell, "git rev-parse HEAD").quiet().read()?,
            time: time
                .trim()
                .parse()
                .with_context(|| format!("SOURCE_DATE_EPOCH is {time:?}, not seconds"))?,
        })
    }

    /// Makes the folder. What an earlier call left there stays, so that parts can be made one by one.
    fn begin(&self, shell: &Shell) -> Result<()> {
        let is_ours = self.folder.join(manifest::NAME).is_file();
        let is_new = !self.folder.exists() || shell.read_dir(&self.folder)?.is_empty();
        ensure!(is_ours || is_new, "{} holds something else", self.folder.display());
        let changed = cmd!(shell, "git status --porcelain").quiet().read()?;
        if !changed.is_empty() {
            say("there are changes that are not committed: this is no release, but a trial");
        }
        shell.create_dir(&self.folder)?;
        manifest::write(shell, self)
    }

    fn make(&self, shell: &Shell, part: Part) -> Result<()> {
        match part {
            Part::Command => self.each(|processor| binaries::pack(shell, self, processor)),
            Part::Packages => self.each(|processor| packages::make(shell, self, processor)),
            Part::Images => image::make(shell, self),
            Part::Python => collected::python(shell, self),
            Part::Crates => collected::crates(shell, self),
            Part::Npm => collected::npm(shell, self),
            Part::Lua => collected::lua(shell, self),
            Part::Grafana => collected::grafana(shell, self),
            Part::Kubernetes => collected::kubernetes(shell, self),
            Part::Sbom => collected::sbom(shell, self),
        }
    }

    fn each(&self, work: impl Fn(Processor) -> Result<()>) -> Result<()> {
        self.processors.iter().try_for_each(|processor| work(*processor))
    }

    /// A path in the folder.
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The folder of a release, wherever programs that are asked about it run.
fn folder(named: Option<&Path>) -> Result<PathBuf> {
    Ok(std::path::absolute(named.map_or_else(|| target().join("dist"), Path::to_owned))?)
}

/// The Python whose packages build what must run elsewhere too.
fn tools(shell: &Shell, packages: &[&str]) -> Result<Venv> {
    let venv = Venv::main(shell)?;
    venv.pip(shell, packages)?;
    Ok(venv)
}

/// A path of the repository.
fn of_root(path: &str) -> PathBuf {
    root().join(Path::new(path))
}
