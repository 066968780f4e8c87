//! What is in a release, and the checksums to hold it against.

use super::Release;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::Shell;

/// The list of all that a release holds, for programs.
pub(super) const NAME: &str = "manifest.json";
/// The same as `sha256sum --check` reads it.
pub(super) const SUMS: &str = "SHA256SUMS";

/// Writes both for what is in the folder.
pub(super) fn write(shell: &Shell, release: &Release) -> Result<()> {
    let files = files(shell, &release.folder)?;
    let files = files.iter().map(|path| Held::read(path)).collect::<Result<Vec<_>>>()?;
    let mut sums = String::new();
    for file in &files {
        writeln!(sums, "{}  {}", file.sha256, file.name)?;
    }
    shell.write_file(release.file(SUMS), sums)?;
    let files: Vec<Value> = files.iter().map(Held::told).collect();
    let all = json!({
        "version": release.version,
        "commit": release.commit,
        "time": release.time,
        "files": files,
    });
    Ok(shell.write_file(release.file(NAME), format!("{all:#}\n"))?)
}

/// Whatever was made, in order.
pub(super) fn files(shell: &Shell, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = shell.read_dir(folder)?;
    files.retain(|file| file.is_file() && ![NAME, SUMS].iter().any(|own| file.ends_with(own)));
    Ok(files)
}

/// A file of a release.
struct Held {
    name: String,
    bytes: usize,
    sha256: String,
}

impl Held {
    fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, bytes: bytes.len(), sha256: hex(&Sha256::digest(&bytes)) })
    }

    fn told(&self) -> Value {
        json!({"name": self.name, "bytes": self.bytes, "sha256": self.sha256})
    }
}

/// Bytes as digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Text takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The commit that the release in `folder` was made of.
pub(super) fn commit(folder: &Path) -> Result<String> {
    let none = || format!("there is no release in {}: make it first", folder.display());
    let text = fs::read_to_string(folder.join(NAME)).with_context(none)?;
    let manifest: Value = serde_json::from_str(&text)?;
    let commit = manifest.get("commit").and_then(Value::as_str);
    Ok(commit.context("manifest.json names no commit")?.to_owned())
}

/// What of `made` is not what its checksum says, or is missing.
pub(super) fn faults(folder: &Path) -> Result<Vec<String>> {
    let sums = fs::read_to_string(folder.join(SUMS))?;
    let fault = |line: &str| {
        let (sum, name) = line.split_once("  ")?;
        let is_right = Held::read(&folder.join(name)).is_ok_and(|held| held.sha256 == sum);
        (!is_right).then(|| name.to_owned())
    };
    Ok(sums.lines().filter_map(fault).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_that_sha256sum_makes_and_a_changed_file_is_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b"), "abc").unwrap();
        fs::write(folder.path().join("a"), "").unwrap();
        let release = Release {
            folder: folder.path().to_owned(),
            parts: Vec::new(),
            processors: Vec::new(),
            version: "1.2.3",
            commit: "c0ffee".to_owned(),
            time: 0,
        };
        write(&Shell::new().unwrap(), &release).unwrap();
        let sums = fs::read_to_string(folder.path().join(SUMS)).unwrap();
        assert_eq!(
            sums,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n"
        );
        assert_eq!(commit(folder.path()).unwrap(), "c0ffee");
        assert_eq!(faults(folder.path()).unwrap(), Vec::<String>::new());
        fs::write(folder.path().join("b"), "abd").unwrap();
        fs::remove_file(folder.path().join("a")).unwrap();
        assert_eq!(faults(folder.path()).unwrap(), ["a", "b"]);
    }
}
