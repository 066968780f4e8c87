//! The Lua module: built once for each Lua, and tested by real interpreters.

mod embedded;
mod nginx;

use crate::step::step;
use anyhow::{Context, Result, ensure};
use embedded::Embedded;
use std::env;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// Cargo's feature for each Lua, and the interpreter that loads what is built with it.
const LUAS: [(&str, &str); 4] =
    [("lua51", "lua5.1"), ("luajit", "luajit"), ("lua53", "lua5.3"), ("lua54", "lua5.4")];

/// The Lua that tries a build without the built-in transport.
const SMALL: (&str, &str) = ("lua54", "lua5.4");
const TESTS: &str = "bindings/lua/tests";

/// Builds the modules that users get, into `bindings/lua/build`.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    build_into(shell, &shell.current_dir().join("bindings/lua/build"), &["--release"])
}

/// Lints the module, builds it quickly into the target folder, and has it tested by every
/// interpreter and by nginx.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    step("Lua lint", || lint(shell))?;
    let modules = modules(shell)?;
    step("Lua module without the built-in transport", || {
        let small = ["--no-default-features", "--features", SMALL.0];
        build_one(shell, SMALL.0, &modules.join("small"), &small)
    })?;
    step("embedded cluster", || {
        Ok(cmd!(shell, "cargo build --quiet --package emqx-rebalance").run()?)
    })?;
    for (lua, program) in LUAS {
        let tests = listed(shell, TESTS, "_spec.lua")?;
        step(&format!("Lua tests by {program}"), || {
            test_by(shell, &modules.join(lua), program, &tests)
        })?;
    }
    step("Lua tests without the built-in transport", || {
        let tests =
            ["no_transport.lua", "offline_spec.lua", "vectors_spec.lua", "carried_spec.lua"];
        test_by(shell, &modules.join("small"), SMALL.1, &tests.map(str::to_owned))
    })?;
    step("Lua tests by nginx", || nginx::test(shell, &modules.join("luajit"), &program()))
}

/// Builds the modules quickly, and gives the folder with one folder for each Lua.
pub(crate) fn modules(shell: &Shell) -> Result<PathBuf> {
    let folder = target().join("lua-modules");
    build_into(shell, &folder, &[])?;
    Ok(folder)
}

fn lint(shell: &Shell) -> Result<()> {
    let _folder = shell.push_dir("bindings/lua");
    cmd!(shell, "cargo fmt --check").run()?;
    let target = target();
    for features in ["lua54", "lua54,transport"] {
        let clippy =
            cmd!(shell, "cargo clippy --quiet --no-default-features --target-dir {target}");
        clippy.args(["--features", features, "--", "-D", "warnings"]).run()?;
    }
    Ok(cmd!(shell, "luacheck --quiet .").run()?)
}

fn build_into(shell: &Shell, folder: &Path, profile: &[&str]) -> Result<()> {
    LUAS.iter().try_for_each(|(lua, _)| {
        step(&format!("Lua module for {lua}"), || {
            let arguments = [profile, &["--features", lua]].concat();
            build_one(shell, lua, &folder.join(lua), &arguments)
        })
    })
}

/// Builds the module and copies it to `folder`. All builds share one target folder: another Lua
/// builds no more than mlua and the module again.
fn build_one(shell: &Shell, lua: &str, folder: &Path, arguments: &[&str]) -> Result<()> {
    let target = target();
    let manifest = "bindings/lua/Cargo.toml";
    let build = cmd!(shell, "cargo build --quiet --manifest-path {manifest} --target-dir {target}");
    build.args(arguments).run().with_context(|| format!("the module for {lua}"))?;
    let profile = if arguments.contains(&"--release") { "release" } else { "debug" };
    shell.create_dir(folder)?;
    // A program may have the old one in memory: it is replaced, not overwritten.
    let (new, name) = (folder.join("new"), folder.join("emqx_rebalance.so"));
    shell.copy_file(target.join(profile).join("libemqx_rebalance.so"), &new)?;
    Ok(std::fs::rename(new, name)?)
}

/// Runs tests with a cluster of their own, and an address where nobody ever answers.
fn test_by(shell: &Shell, module: &Path, lua: &str, tests: &[String]) -> Result<()> {
    let cluster = Embedded::start(&program())?;
    let hung = TcpListener::bind("127.0.0.1:0")?;
    let _folder = shell.push_dir(TESTS);
    let vectors = vectors(shell)?;
    let run = cmd!(shell, "{lua} run.lua {tests...}")
        .env("LUA", lua)
        .env("LUA_CPATH", module.join("?.so"))
        .env("LUA_PATH", "../lua/?.lua;./?.lua")
        .env("HUNG_URL", format!("http://{}", hung.local_addr()?))
        .env("VECTORS", vectors.join(" "));
    Ok(run.envs(cluster.variables()).run()?)
}

/// Every file of vectors, seen from the tests.
fn vectors(shell: &Shell) -> Result<Vec<String>> {
    let root = Path::new("../../../tests/vectors");
    let folders = shell.read_dir(root)?.into_iter().filter(|path| path.is_dir());
    let mut files = named(shell, root, ".json")?;
    for folder in folders {
        files.extend(named(shell, &folder, ".json")?);
    }
    ensure!(!files.is_empty(), "there are no vectors");
    Ok(files)
}

/// The files of `folder` whose names end in `end`, by name.
fn listed(shell: &Shell, folder: &str, end: &str) -> Result<Vec<String>> {
    let _folder = shell.push_dir(folder);
    let files = named(shell, Path::new("."), end)?;
    ensure!(!files.is_empty(), "there is no {end} in {folder}");
    Ok(files)
}

/// The paths of `folder` that end in `end`.
fn named(shell: &Shell, folder: &Path, end: &str) -> Result<Vec<String>> {
    let files = shell.read_dir(folder)?.into_iter().map(|path| path.display().to_string());
    Ok(files.filter(|name| name.ends_with(end)).collect())
}

/// The command, whose `cluster` is what the tests ask.
fn program() -> PathBuf {
    target().join("debug/emqx-rebalance")
}

/// Where cargo builds: outside the clone, if so wished.
fn target() -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    Path::new(root).join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
