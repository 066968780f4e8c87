//! What wheels and source distributions must carry, beside the code: what package indices show, what
//! whoever packages them further needs, and where they run.

use super::{fresh, target};
use crate::folders::root;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// Beginnings of lines of the metadata.
const TOLD: [&str; 12] = [
    "Name: emqx-rebalance",
    "Requires-Python: >=3.10",
    "License-Expression: Apache-2.0",
    "License-File: LICENSE",
    "Classifier: Programming Language :: Python :: 3.10",
    "Classifier: Programming Language :: Rust",
    "Classifier: Typing :: Typed",
    "Project-URL: Changelog, https://",
    "Project-URL: Documentation, https://",
    "Project-URL: Homepage, https://",
    "Project-URL: Issues, https://",
    "Project-URL: Source, https://",
];
/// Ends of paths in a wheel.
const IN_WHEEL: [&str; 6] = [
    "emqx_rebalance/__init__.py",
    "emqx_rebalance/_native.abi3.so",
    "emqx_rebalance/_native.pyi",
    "emqx_rebalance/py.typed",
    ".dist-info/entry_points.txt",
    ".dist-info/licenses/LICENSE",
];
/// Ends of paths in a source distribution.
const IN_SOURCE: [&str; 5] =
    ["/LICENSE", "/CHANGELOG.md", "/README.md", "/tests/conftest.py", "/tests/test_values.py"];

/// Makes sure that a wheel carries all it must, and runs where `tags` say; gives the folder into which
/// it was unpacked.
pub(super) fn by_wheel(
    shell: &Shell,
    python: &Path,
    wheel: &Path,
    tags: &[String],
) -> Result<PathBuf> {
    let folder = fresh(shell, &target().join("carried"))?;
    cmd!(shell, "{python} -m zipfile -e {wheel} {folder}").quiet().run()?;
    let files = files(&folder)?;
    holds(&files, &IN_WHEEL, wheel)?;
    tells(&files, ".dist-info/METADATA", &TOLD, wheel)?;
    let tags: Vec<String> = tags.iter().map(|tag| format!("Tag: cp310-abi3-{tag}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    tells(&files, ".dist-info/WHEEL", &tags, wheel)?;
    Ok(folder)
}

/// Makes sure that no file in a folder tells where it was built.
pub(super) fn no_place_of_this_machine(folder: &Path) -> Result<()> {
    let here = root().into_os_string().into_encoded_bytes();
    for file in files(folder)? {
        let bytes = fs::read(&file)?;
        let is_told = bytes.windows(here.len()).any(|part| part == here);
        ensure!(!is_told, "{} tells where it was built", file.display());
    }
    Ok(())
}

/// The same of a source distribution.
pub(super) fn by_source(shell: &Shell, python: &Path, source: &Path) -> Result<()> {
    let folder = fresh(shell, &target().join("carried"))?;
    cmd!(shell, "{python} -m tarfile -e {source} {folder}").quiet().run()?;
    let files = files(&folder)?;
    holds(&files, &IN_SOURCE, source)?;
    tells(&files, "/PKG-INFO", &TOLD, source)
}

/// That every one of `ends` is the end of a path.
fn holds(files: &[PathBuf], ends: &[&str], carrier: &Path) -> Result<()> {
    ends.iter().try_for_each(|end| first(files, end, carrier).map(drop))
}

/// That the file has lines which begin so.
fn tells(files: &[PathBuf], end: &str, beginnings: &[&str], carrier: &Path) -> Result<()> {
    let text = fs::read_to_string(first(files, end, carrier)?)?;
    for beginning in beginnings {
        let is_told = text.lines().any(|line| line.starts_with(beginning));
        ensure!(is_told, "no `{beginning}` in {end} of {}", carrier.display());
    }
    Ok(())
}

/// The first file whose path ends so.
fn first<'a>(files: &'a [PathBuf], end: &str, carrier: &Path) -> Result<&'a PathBuf> {
    let found = files.iter().find(|file| file.to_string_lossy().ends_with(end));
    found.with_context(|| format!("no {end} in {}", carrier.display()))
}

/// Every file in a folder, at any depth.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}
