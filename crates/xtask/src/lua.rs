//! The Lua module: built once for each Lua, and tested by real interpreters.

mod embedded;
mod nginx;

use crate::folders::{program, root, target};
use crate::step::step;
use anyhow::{Context, Result, anyhow, bail, ensure};
use embedded::Embedded;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use tempfile::TempDir;
use xshell::{Shell, cmd};

/// Cargo's feature for each Lua, and the interpreter that loads what is built with it.
pub(crate) const LUAS: [(&str, &str); 4] =
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
    step("Lua tests", || tests(shell, &modules))?;
    step("Lua examples", || examples(shell, &modules.join(SMALL.0)))?;
    step("Lua rock", || rock(shell))?;
    step("Lua tests by nginx", || nginx::test(shell, &modules.join("luajit"), &program()))
}

/// Has every Lua run the tests, all at once: they wait more than they work.
fn tests(shell: &Shell, modules: &Path) -> Result<()> {
    let all = listed(shell, TESTS, "_spec.lua")?;
    let small = ["no_transport.lua", "offline_spec.lua", "vectors_spec.lua", "carried_spec.lua"];
    let small = small.map(str::to_owned);
    let mut runs: Vec<(&str, &str, &[String])> =
        LUAS.iter().map(|(lua, program)| (*lua, *program, &*all)).collect();
    runs.push(("small", SMALL.1, &small));
    thread::scope(|scope| {
        let begin = |(folder, program, tests)| {
            let module = modules.join(folder);
            scope.spawn(move || test_by(&module, program, tests).context(program))
        };
        let threads: Vec<_> = runs.into_iter().map(begin).collect();
        threads.into_iter().try_for_each(|run| run.join().map_err(|_| anyhow!("a panic"))?)
    })
}

/// Runs the examples as their first lines say.
fn examples(shell: &Shell, module: &Path) -> Result<()> {
    let cluster = Embedded::start(&program())?;
    let folder = TempDir::new()?;
    let state = folder.path().join("level.json");
    let examples = shell.current_dir().join("examples/lua");
    let run = |name: &str| {
        let (lua, example) = (SMALL.1, examples.join(name));
        let run = cmd!(shell, "{lua} {example} {state}").env("LUA_CPATH", module.join("?.so"));
        run.envs(cluster.variables()).read()
    };
    let plan = run("plan.lua")?;
    ensure!(plan.contains("start: 2497 disconnects"), "plan.lua said {plan}");
    let level = run("level.lua")?;
    ensure!(level.contains("completed: "), "level.lua said {level}");
    scale_out(shell, module)
}

/// The job after a scale-out: to the page, to the webhook, and to the exit codes.
fn scale_out(shell: &Shell, module: &Path) -> Result<()> {
    let (cluster, webhook) = (Embedded::start(&program())?, TcpListener::bind("127.0.0.1:0")?);
    let address = webhook.local_addr()?;
    let told = thread::spawn(move || bodies(&webhook));
    let folder = TempDir::new()?;
    let (lua, page) = (SMALL.1, folder.path().join("page.html"));
    let job = shell.current_dir().join("examples/lua/scale_out.lua");
    let run = || cmd!(shell, "{lua} {job} {page}").env("LUA_CPATH", module.join("?.so"));
    let done = run().env("PROGRESS_URL", format!("http://{address}")).envs(cluster.variables());
    let said = done.read()?;
    ensure!(said.contains("completed: "), "scale_out.lua said {said}");
    let written = shell.read_file(&page)?;
    ensure!(written.starts_with("<!DOCTYPE html>"), "scale_out.lua wrote {written}");
    TcpStream::connect(address)?.write_all(b"END")?;
    let Ok(told) = told.join() else { bail!("the webhook panicked") };
    let (first, last) = (told.first(), told.last());
    ensure!(first.is_some_and(|text| text.contains("to_move")), "the webhook was told {told:?}");
    ensure!(last.is_some_and(|text| text.contains("completed")), "the webhook was told {told:?}");
    let refused = run().env("EMQX_URL", "ftp://emqx").ignore_status().output()?;
    ensure!(refused.status.code() == Some(2), "a bad URL ended with {}", refused.status);
    let gone = run().env("EMQX_URL", "http://127.0.0.1:1").ignore_status().output()?;
    ensure!(gone.status.code() == Some(2), "no cluster ended with {}", gone.status);
    Ok(())
}

/// What is sent to `webhook`, up to a request that begins with END.
fn bodies(webhook: &TcpListener) -> Vec<String> {
    let clients = webhook.incoming().flatten();
    let text = |mut client: TcpStream| {
        let mut bytes = [0; 8192];
        let mut text = String::new();
        // curl sends head and body at once or one after the other; its body ends with a brace.
        while let Ok(count @ 1..) = client.read(&mut bytes) {
            text.push_str(&String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()));
            if text.ends_with('}') || text.ends_with("END") {
                break;
            }
        }
        // Whoever asked may be gone.
        let _ = client.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        text
    };
    clients.map(text).take_while(|text| !text.starts_with("END")).collect()
}

/// Has LuaRocks build and install the module, and Lua find it there.
fn rock(shell: &Shell) -> Result<()> {
    let tree = TempDir::new()?;
    let (tree, lua) = (tree.path(), SMALL.1);
    let _folder = shell.push_dir("bindings/lua");
    let rock = "emqx-rebalance-command-scm-1.rockspec";
    let make = cmd!(shell, "luarocks --lua-version 5.4 --tree {tree} make --deps-mode none {rock}");
    let make = make.env("EMQX_REBALANCE_PROFILE", "dev").env("CARGO_TARGET_DIR", own_target());
    make.quiet().ignore_stdout().run()?;
    let found = cmd!(shell, "{lua} -e 'print(require(\"emqx_rebalance\")._VERSION)'")
        .env("LUA_CPATH", tree.join("lib/lua/5.4/?.so"))
        .read()?;
    ensure!(found == env!("CARGO_PKG_VERSION"), "the rock holds version {found}");
    let adapter = tree.join("share/lua/5.4/emqx_rebalance/ngx_cosocket.lua");
    ensure!(adapter.is_file(), "the rock lacks the adapters");
    Ok(())
}

/// Builds the module for one Lua quickly, and gives its folder.
pub(crate) fn module(shell: &Shell, lua: &str) -> Result<PathBuf> {
    let folder = own_target().join("modules").join(lua);
    step(&format!("Lua module for {lua}"), || {
        build_one(shell, lua, &folder, &["--features", lua])
    })?;
    Ok(folder)
}

/// Builds the modules quickly, and gives the folder with one folder for each Lua.
fn modules(shell: &Shell) -> Result<PathBuf> {
    let folder = own_target().join("modules");
    build_into(shell, &folder, &[])?;
    Ok(folder)
}

fn lint(shell: &Shell) -> Result<()> {
    let _folder = shell.push_dir("bindings/lua");
    cmd!(shell, "cargo fmt --check").run()?;
    let target = own_target();
    for features in ["lua54", "lua54,transport"] {
        let clippy =
            cmd!(shell, "cargo clippy --quiet --no-default-features --target-dir {target}");
        clippy.args(["--features", features, "--", "-D", "warnings"]).run()?;
    }
    cmd!(shell, "luacheck --quiet .").run()?;
    Ok(cmd!(shell, "luacheck --quiet --std min ../../examples/lua").run()?)
}

fn build_into(shell: &Shell, folder: &Path, profile: &[&str]) -> Result<()> {
    LUAS.iter().try_for_each(|(lua, _)| {
        step(&format!("Lua module for {lua}"), || {
            let arguments = [profile, &["--features", lua]].concat();
            build_one(shell, lua, &folder.join(lua), &arguments)
        })
    })
}

/// Builds the module and copies it to `folder`. All share one target folder: another Lua builds no
/// more than mlua and the module again.
fn build_one(shell: &Shell, lua: &str, folder: &Path, arguments: &[&str]) -> Result<()> {
    let target = own_target();
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
fn test_by(module: &Path, lua: &str, tests: &[String]) -> Result<()> {
    let shell = Shell::new()?;
    let _folder = shell.push_dir(root().join(TESTS));
    let cluster = Embedded::start(&program())?;
    let hung = TcpListener::bind("127.0.0.1:0")?;
    let vectors = vectors(&shell)?;
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
    let files = shell.read_dir(folder)?;
    let names = files.iter().filter_map(|path| path.file_name()).map(|name| folder.join(name));
    Ok(names.map(|path| path.display().to_string()).filter(|name| name.ends_with(end)).collect())
}

/// Where the modules are built. Apart from the workspace: with a lock file of their own, the two would
/// build each other's dependencies again and again in one folder.
fn own_target() -> PathBuf {
    target().join("lua")
}
