//! Builds, generates and tests everything: `cargo xtask test`.

mod changelog;
mod deny;
mod dist;
mod folders;
mod gateways;
mod grafana;
mod kube;
mod lua;
mod npm;
mod page;
mod picture;
#[cfg(test)]
mod pipelines;
mod python;
mod rust;
mod sbom;
mod setup;
mod soak;
mod step;
mod tools;
mod version;
mod wasm;

use anyhow::Result;
use clap::{Parser, Subcommand};
use jiff::civil::Date;
use semver::Version;
use std::path::PathBuf;
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
    /// Runs what `cargo test` runs: the crates and tests that need no other program.
    TestRust {
        /// Every crate, and the tests beside other programs too, which are set up.
        #[arg(long)]
        programs: bool,
    },
    /// Checks licences, sources, bans and advisories of every dependency, by cargo-deny.
    Deny {
        /// But for the advisories, which are in a repository elsewhere: what `test` does.
        #[arg(long)]
        without_advisories: bool,
    },
    /// Writes what everything that is published is made of, as CycloneDX, into `sbom` in the target folder.
    Sbom,
    /// Says the version, or writes another one wherever it stands.
    Version {
        /// The new one, such as `0.2.0`.
        version: Option<Version>,
    },
    /// Prints what a release brought, from CHANGELOG.md.
    Changelog {
        /// The release, such as `0.1.0` [default: what is in none yet].
        release: Option<String>,
    },
    /// Makes what is in no release yet, in CHANGELOG.md, the section of the present version.
    CutChangelog {
        /// The day of the release, such as `2026-12-24`.
        date: Date,
    },
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
    /// Builds the Python package, checks it, and tests it by every Python from 3.10 to 3.14 that is here.
    TestPython,
    /// Builds the Python wheels to publish, for old and new glibc and for musl, and uses the one that
    /// runs here.
    PythonWheels {
        /// Kinds of processor, `x86_64` and `aarch64` [default: both].
        processors: Vec<String>,
    },
    /// Builds the Grafana app into `bindings/grafana/dist`, and the npm package before it.
    Grafana,
    /// Builds both, and tries the app in Chromium with Grafana's own components.
    TestGrafana,
    /// Makes what a release publishes into one folder, with checksums and a manifest.
    Dist(dist::Wishes),
    /// Publishes what the folder of a release holds. It takes the rights of a maintainer, or the forge's word for them.
    Publish(dist::Publish),
    /// Looks for what nobody has met yet, for hours: before a release. Writes a report.
    Soak {
        /// Drawn cases for each property of the driver; of what is only read, ten times as many.
        #[arg(long, default_value_t = 10_000)]
        cases: u32,
        /// Where the report goes [default: `soak.md` in the target folder].
        #[arg(long)]
        report: Option<PathBuf>,
    },
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
        Command::TestRust { programs: false } => rust::test_default(&shell),
        Command::TestRust { programs: true } => {
            setup::programs(&shell)?;
            rust::test(&shell)
        }
        Command::Deny { without_advisories: false } => deny::check(&shell),
        Command::Deny { without_advisories: true } => deny::check_without_advisories(&shell),
        Command::Sbom => sbom::write(&shell),
        Command::Version { version } => version::run(&shell, version.as_ref()),
        Command::Changelog { release } => changelog::show(&shell, release.as_deref()),
        Command::CutChangelog { date } => changelog::cut(&shell, date),
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
        Command::PythonWheels { processors } => python::wheels(&shell, &processors)
            .map(|folder| step::say(&folder.display().to_string())),
        Command::Dist(wishes) => dist::run(&shell, &wishes),
        Command::Publish(wishes) => dist::publish(&shell, &wishes),
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
        Command::Soak { cases, report } => soak::run(&shell, cases, report),
        Command::Picture => picture::demo(&shell),
    }
}

fn test(shell: &Shell) -> Result<()> {
    step::step("everything", || {
        setup::wasm_target(shell)?;
        setup::programs(shell)?;
        rust::lint(shell)?;
        deny::check_without_advisories(shell)?;
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
