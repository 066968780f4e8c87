//! Debian's packages without installing them: downloaded and unpacked into a folder of ours, so
//! that nobody need be root, no service is started and nothing of the machine changes.

use anyhow::{Context, Result, ensure};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// Debian's own archive key, so that nothing else is trusted.
const KEY: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Packages and sources of the Debian release that this machine is set up for.
pub(crate) struct Debian<'a> {
    shell: &'a Shell,
    folder: PathBuf,
}

impl<'a> Debian<'a> {
    /// Reads the lists of packages and of sources from the mirrors that the machine uses.
    pub(crate) fn new(shell: &'a Shell, folder: &Path) -> Result<Self> {
        let debian = Self { shell, folder: folder.to_owned() };
        for part in ["lists/partial", "cache/archives/partial", "packages"] {
            shell.create_dir(folder.join(part))?;
        }
        shell.write_file(folder.join("sources.list"), sources(shell)?)?;
        shell.write_file(debian.config(), settings(folder))?;
        cmd!(shell, "apt-get update -qq").env("APT_CONFIG", debian.config()).run()?;
        Ok(debian)
    }

    /// Unpacks `packages` into `root`.
    pub(crate) fn unpack(&self, packages: &[&str], root: &Path) -> Result<()> {
        let shell = self.shell;
        let _folder = shell.push_dir(self.folder.join("packages"));
        cmd!(shell, "apt-get download -qq {packages...}").env("APT_CONFIG", self.config()).run()?;
        let mut files = shell.read_dir(".")?;
        files.sort();
        for file in files {
            cmd!(shell, "dpkg-deb --extract {file} {root}").run()?;
            shell.remove_path(file)?;
        }
        Ok(())
    }

    /// Unpacks the source of `package` into `folder`, which must be new, and answers its version.
    pub(crate) fn source(&self, package: &str, folder: &Path) -> Result<String> {
        let shell = self.shell;
        let parent = folder.parent().context("the folder of a source has a parent")?;
        let _folder = shell.push_dir(shell.create_dir(parent)?);
        let config = self.config();
        cmd!(shell, "apt-get source -qq {package}").env("APT_CONFIG", config).quiet().run()?;
        let unpacked = shell.read_dir(".")?.into_iter().find(|path| path.is_dir());
        std::fs::rename(unpacked.context("apt-get source unpacked nothing")?, folder)?;
        let log = folder.join("debian/changelog");
        Ok(cmd!(shell, "dpkg-parsechangelog --file {log} --show-field Version").read()?)
    }

    fn config(&self) -> PathBuf {
        self.folder.join("apt.conf")
    }
}

/// The machine's Debian mirrors, once for packages and once for sources.
fn sources(shell: &Shell) -> Result<String> {
    let format = "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)";
    let known = cmd!(shell, "apt-get indextargets --format {format}").arg("Created-By: Packages");
    let mut list = String::new();
    for mirror in known.read()?.lines().filter_map(|line| line.strip_prefix("Debian ")) {
        writeln!(list, "deb [signed-by={KEY}] {mirror}\ndeb-src [signed-by={KEY}] {mirror}")?;
    }
    ensure!(!list.is_empty(), "apt knows no mirror of Debian: run apt-get update, as root");
    Ok(list)
}

/// Makes apt use the list of sources in `folder`, and keep all it writes there.
fn settings(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "Dir::Etc::sourcelist \"{folder}/sources.list\";\n\
         Dir::Etc::sourceparts \"-\";\n\
         Dir::State::lists \"{folder}/lists\";\n\
         Dir::Cache \"{folder}/cache\";\n\
         APT::Sandbox::User \"root\";\n"
    )
}
