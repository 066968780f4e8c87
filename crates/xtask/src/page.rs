//! The browser page: the npm package put beside it, and its tests in Chromium.

use crate::folders::{program, target};
use crate::npm;
use crate::step::step;
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

const PAGE: &str = "bindings/console";
/// What `cargo xtask wasm` builds.
const PACKAGE: &str = "bindings/wasm/npm";

/// Makes `bindings/console/page` a folder that any static server can serve.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    ensure!(shell.path_exists(PACKAGE), "the npm package is missing: run `cargo xtask wasm` first");
    step("browser page", || {
        let folder = Path::new(PAGE).join("page/emqx-rebalance");
        shell.remove_path(&folder)?;
        for part in ["esm", "esm/generated", "wasm"] {
            copy(shell, &Path::new(PACKAGE).join(part), &folder.join(part))?;
        }
        Ok(shell.copy_file(Path::new(PACKAGE).join("LICENSE"), folder.join("LICENSE"))?)
    })
}

/// Builds the page, checks its types, and tries it in Chromium with the embedded cluster.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    build(shell)?;
    step("packages of the page's tests", || dependencies(shell))?;
    step("embedded cluster for the page", || {
        Ok(cmd!(shell, "cargo build --quiet --package emqx-rebalance").run()?)
    })?;
    let pictures = target().join("page-pictures");
    shell.create_dir(&pictures)?;
    let _folder = shell.push_dir(PAGE);
    step("types of the page", || Ok(cmd!(shell, "node node_modules/typescript/bin/tsc").run()?))?;
    step("page in Chromium", || {
        let files = shell.read_dir("tests")?.into_iter();
        let files: Vec<PathBuf> =
            files.filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect();
        ensure!(!files.is_empty(), "the page has no tests");
        let play = cmd!(shell, "node --test --test-reporter=spec --test-concurrency=1 {files...}");
        Ok(play.env("EMQX_REBALANCE", program()).env("SCREENSHOTS", &pictures).run()?)
    })
}

/// Copies the files of a folder, but those that hold WebAssembly as text, since the page fetches it, and those
/// for node.
fn copy(shell: &Shell, from: &Path, to: &Path) -> Result<()> {
    shell.create_dir(to)?;
    for path in shell.read_dir(from)? {
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy();
        let is_of_page = !name.ends_with("base64.js") && !name.ends_with("node.js");
        if path.is_file() && is_of_page {
            shell.copy_file(&path, to.join(&*name))?;
        }
    }
    Ok(())
}

fn dependencies(shell: &Shell) -> Result<()> {
    let _folder = shell.push_dir(PAGE);
    npm::install(shell)
}
