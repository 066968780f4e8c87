//! Builds, generates and tests everything: `cargo xtask test`.

mod folders;
mod gateways;
mod grafana;
mod kube;
mod lua;
mod npm;
mod page;
mod picture;
mod python;
mod rust;
mod setup;
mod step;
mod wasm;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xshell::Shell;

/// Builds, generates and tests everything.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sets up what the tests need, then runs every check and every test.
    Test,
    /// Formats, lints and documents the Rust code, and builds the pure crates for the browser.
    Lint,
    /// Writes again what is generated from the core: options and words for every language, vectors.
    Generate,
    /// Tests the controller and its chart on a real API server: the one that KUBECONFIG names, else
    /// one of its own, which takes minutes to build the first time.
    TestKube,
    /// Runs such an API server until ^D, and prints how to use it.
    KubeApi,
    /// Writes the definition of Rebalance and the plain manifests again.
    KubeManifests,
    /// Builds the Lua modules, one for each Lua, into `bindings/lua/build`.
    Lua,
    /// Builds them quickly, and tests them by real interpreters and by nginx.
    TestLua,
    /// Tests the gateways of `examples` by nginx and real MQTT clients.
    TestGateways,
    /// Builds the npm package into `bindings/wasm/npm`.
    Wasm,
    /// Builds it, and tests it in node and in Chromium.
    TestWasm,
    /// Measures the npm package in Chromium against native Rust.
    BenchWasm,
    /// Makes `bindings/console/page` a folder to serve, and the npm package before it.
    Page,
    /// Builds both, and tries the page in Chromium with the embedded cluster.
    TestPage,
    /// Builds the Python package, checks it, and tests it by every Python from 3.10 to 3.13.
    TestPython,
    /// Builds the Python wheels to publish, for old and new glibc and for musl.
    PythonWheels,
    /// Builds the Grafana app into `bindings/grafana/dist`, and the npm package before it.
    Grafana,
    /// Builds both, and tries the app in Chromium with Grafana's own components.
    TestGrafana,
    /// Runs the demo and draws what it prints into `docs/demo.svg`.
    Picture,
}

fn main() -> Result<()> {
    let Args { command } = Args::parse();
    let shell = Shell::new()?;
    shell.change_dir(folders::root());
    match command {
        Command::Test => test(&shell),
        Command::Lint => rust::lint(&shell),
        Command::Generate => rust::generate(&shell),
        Command::TestKube => {
            setup::programs(&shell)?;
            kube::test(&shell)
        }
        Command::KubeApi => kube::serve(&shell),
        Command::KubeManifests => kube::manifests(&shell),
        Command::Lua => lua::build(&shell),
        Command::TestLua => {
            setup::programs(&shell)?;
            lua::test(&shell)
        }
        Command::TestGateways => {
            setup::programs(&shell)?;
            gateways::test(&shell)
        }
        Command::Wasm => {
            setup::wasm_target(&shell)?;
            wasm::build(&shell)
        }
        Command::TestWasm => {
            setup::wasm_target(&shell)?;
            setup::programs(&shell)?;
            wasm::test(&shell)
        }
        Command::BenchWasm => wasm::bench(&shell),
        Command::Page => {
            setup::wasm_target(&shell)?;
            wasm::build(&shell)?;
            page::build(&shell)
        }
        Command::TestPage => {
            setup::wasm_target(&shell)?;
            setup::programs(&shell)?;
            wasm::build(&shell)?;
            page::test(&shell)
        }
        Command::TestPython => python::test(&shell),
        Command::PythonWheels => python::wheels(&shell),
        Command::Grafana => {
            setup::wasm_target(&shell)?;
            wasm::build(&shell)?;
            grafana::build(&shell)
        }
        Command::TestGrafana => {
            setup::wasm_target(&shell)?;
            setup::programs(&shell)?;
            wasm::build(&shell)?;
            grafana::test(&shell)
        }
        Command::Picture => picture::demo(&shell),
    }
}

fn test(shell: &Shell) -> Result<()> {
    step::step("everything", || {
        setup::wasm_target(shell)?;
        setup::programs(shell)?;
        rust::lint(shell)?;
        rust::test(shell)?;
        kube::test(shell)?;
        lua::test(shell)?;
        gateways::test(shell)?;
        wasm::test(shell)?;
        page::test(shell)?;
        grafana::test(shell)?;
        python::test(shell)
    })
}
