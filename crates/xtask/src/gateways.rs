//! The gateways of `examples`: by Debian's nginx, the embedded cluster and real MQTT clients.

use crate::folders::program;
use crate::lua;
use crate::step::step;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use xshell::{Shell, cmd};

const TESTS: &str = "tests/gateways";
/// Longer than any file of tests takes on a machine that is busy with other things.
const LIMIT: &str = "900s";
/// Measures: nothing else may go on meanwhile.
const ALONE: &str = "test_latency";

/// Lints their Lua, and runs every test.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    step("gateways lint", || lint(shell))?;
    let module = lua::module(shell, "luajit")?.canonicalize()?;
    cmd!(shell, "cargo build --quiet --package emqx-rebalance").run()?;
    let tests = Tests { folder: shell.current_dir().join(TESTS), module };
    step("gateways by LuaJIT alone", || specs(shell, &tests.module))?;
    step("gateways by nginx", || tests.at_once(&tests.names(shell)?))?;
    step("gateways: latency", || tests.at_once(&[ALONE.to_owned()]))
}

fn lint(shell: &Shell) -> Result<()> {
    for folder in ["examples", TESTS] {
        let _folder = shell.push_dir(folder);
        cmd!(shell, "luacheck --quiet .").run()?;
    }
    Ok(())
}

/// What needs no nginx.
fn specs(shell: &Shell, module: &Path) -> Result<()> {
    let folders = ["bindings/lua/tests", "examples/nginx-mqtt/lua", "examples/nginx-gateway/lua"];
    let path = folders.map(|folder| format!("{folder}/?.lua")).join(";");
    let specs = ["choice", "store"].map(|name| format!("{TESTS}/{name}_spec.lua"));
    let run = cmd!(shell, "luajit bindings/lua/tests/run.lua {specs...}");
    Ok(run.env("LUA_PATH", path).env("LUA_CPATH", module.join("?.so")).run()?)
}

/// Where the tests are, and the module that nginx loads.
struct Tests {
    folder: PathBuf,
    module: PathBuf,
}

impl Tests {
    /// All but the one that measures.
    fn names(&self, shell: &Shell) -> Result<Vec<String>> {
        let files = shell.read_dir(&self.folder)?;
        let names = files.iter().filter_map(|file| test_of(file)).filter(|name| name != ALONE);
        let names: Vec<String> = names.collect();
        ensure!(!names.is_empty(), "there are no tests in {TESTS}");
        Ok(names)
    }

    /// Runs files of tests at the same time: most of their time they wait for a rebalance.
    fn at_once(&self, names: &[String]) -> Result<()> {
        thread::scope(|scope| {
            let running: Vec<_> =
                names.iter().map(|name| (name, scope.spawn(|| self.run(name)))).collect();
            let ended = running.into_iter().map(|(name, test)| {
                let is_passed = test.join().unwrap_or_else(|_| Ok(false))?;
                ensure!(is_passed, "{name} failed");
                Ok(())
            });
            // All of them: each failure was printed.
            ended.collect::<Vec<_>>().into_iter().collect()
        })
    }

    /// Runs one file, prints what it says, and gives whether it passed.
    fn run(&self, name: &str) -> Result<bool> {
        // Ends what the test started as well.
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10", LIMIT]);
        command.args(["python3", "-B", "-m", "unittest", "--verbose", name]);
        command.current_dir(&self.folder);
        command.env("EMQX_REBALANCE", program().canonicalize()?);
        command.env("LUA_MODULES", &self.module);
        let output = command.output().context("python3 is needed")?;
        for text in [output.stdout, output.stderr] {
            std::io::copy(&mut text.as_slice(), &mut std::io::stderr())?;
        }
        Ok(output.status.success())
    }
}

/// The test in a file, if it is one: `test_plugin` in `test_plugin.py`.
fn test_of(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?.strip_suffix(".py")?;
    name.starts_with("test_").then(|| name.to_owned())
}
