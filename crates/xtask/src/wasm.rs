//! The npm package: WebAssembly, TypeScript around it, and their tests in node and Chromium.

use crate::folders::{program, short_paths, target};
use crate::npm;
use crate::setup::WASM;
use crate::step::{say, step};
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

const FOLDER: &str = "bindings/wasm";
/// Each module of the package: its crate, its file, and how many bytes it may have when gzipped. That is
/// one per cent more than it has: where the tree lies changes the order of the functions, and so a few
/// hundred bytes of what gzip makes of them.
const MODULES: [(&str, &str, usize); 4] = [
    ("emqx-rebalance-wasm", "emqx_rebalance_wasm", 416_000),
    ("emqx-rebalance-planner-wasm", "emqx_rebalance_planner_wasm", 169_000),
    ("emqx-rebalance-report-wasm", "emqx_rebalance_report_wasm", 177_000),
    ("emqx-rebalance-simulation-wasm", "emqx_rebalance_simulation_wasm", 231_000),
];

/// Builds the npm package into `bindings/wasm/npm`.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    let _folder = shell.push_dir(FOLDER);
    step("WebAssembly modules", || modules(shell))?;
    step("npm packages that the build uses", || dependencies(shell))?;
    step("npm package", || {
        let wasm = MODULES.map(|(_, file, _)| built(file));
        let generated = Path::new("js/src/generated");
        shell.remove_path(generated)?;
        let package = cargo(shell, "run").args(["--package", "package", "--"]);
        package.arg(generated).args(wasm).run()?;
        Ok(cmd!(shell, "node js/build.mjs").run()?)
    })?;
    step("size", || MODULES.iter().try_for_each(|(_, file, most)| weigh(shell, file, *most)))
}

/// Builds the package, lints all of it, and runs every test.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    build(shell)?;
    step("command for the npm package's tests", || {
        Ok(cmd!(shell, "cargo build --quiet --package emqx-rebalance").run()?)
    })?;
    let _folder = shell.push_dir(FOLDER);
    step("lint of the npm package", || lint(shell))?;
    step("tests of the npm package", || {
        let native = native(shell)?;
        let tests = shell.read_dir("js/test")?.into_iter();
        let tests = tests.filter(|path| path.to_string_lossy().ends_with(".test.mjs"));
        let node = cmd!(shell, "node --test --test-reporter=dot").args(tests);
        let node = node.env("EMQX_REBALANCE", program());
        Ok(node.env("REFERENCE", native.join("reference")).run()?)
    })
}

/// Measures size, start and speed of the package in Chromium, against native Rust.
pub(crate) fn bench(shell: &Shell) -> Result<()> {
    build(shell)?;
    let _folder = shell.push_dir(FOLDER);
    let timing = native(shell)?.join("timing");
    Ok(cmd!(shell, "node js/bench.mjs").env("TIMING", timing).run()?)
}

/// Builds what the package is held to, and gives its folder. Optimised: a debug build plans for
/// many seconds.
fn native(shell: &Shell) -> Result<PathBuf> {
    cargo(shell, "build").args(["--release", "--package", "native"]).run()?;
    Ok(target().join("release"))
}

fn modules(shell: &Shell) -> Result<()> {
    let flags = format!("target.{WASM}.rustflags={:?}", short_paths(shell));
    MODULES.iter().try_for_each(|(package, _, _)| {
        let build = cargo(shell, "rustc").args(["--profile", "wasm", "--target", WASM]);
        let build = build.args(["--config", &flags]);
        Ok(build.args(["--package", package, "--lib", "--crate-type", "cdylib"]).run()?)
    })
}

fn lint(shell: &Shell) -> Result<()> {
    cmd!(shell, "cargo fmt --all --check").run()?;
    let packages = MODULES.iter().flat_map(|(package, _, _)| ["--package", package]);
    let clippy = cargo(shell, "clippy").args(["--target", WASM]).args(packages);
    clippy.args(["--", "-D", "warnings"]).run()?;
    let clippy = cargo(shell, "clippy").args(["--package", "package", "--package", "native"]);
    clippy.args(["--", "-D", "warnings"]).run()?;
    let _js = shell.push_dir("js");
    Ok(cmd!(shell, "node node_modules/eslint/bin/eslint.js src").run()?)
}

fn dependencies(shell: &Shell) -> Result<()> {
    let _js = shell.push_dir("js");
    npm::install(shell)
}

/// Prints how large a module is, and fails if that is too much.
fn weigh(shell: &Shell, file: &str, most: usize) -> Result<()> {
    let wasm = format!("npm/wasm/{file}_bg.wasm");
    let raw = shell.read_binary_file(&wasm)?.len();
    let zipped = cmd!(shell, "gzip -9 --stdout {wasm}").output()?.stdout.len();
    say(&format!("{file}: {raw} bytes, gzipped {zipped} of {most}"));
    ensure!(zipped <= most, "{file} is larger than {most} bytes when gzipped");
    Ok(())
}

fn cargo<'a>(shell: &'a Shell, command: &str) -> xshell::Cmd<'a> {
    cmd!(shell, "cargo {command} --quiet --locked --target-dir").arg(target())
}

fn built(file: &str) -> PathBuf {
    target().join(WASM).join("wasm").join(file).with_extension("wasm")
}
