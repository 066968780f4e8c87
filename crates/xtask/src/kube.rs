//! A real Kubernetes API server, and the tests that need one.

mod apiserver;
mod cluster;
mod debian;
mod deploy;

use crate::folders;
use crate::step::step;
use anyhow::{Context, Result};
use cluster::Cluster;
use std::env;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The controller's tests that need an API server. Their target is marked `test = false`, so that
/// `cargo test` without an API server leaves them out.
const TESTS: [&str; 4] = ["--package", "emqx-rebalance-controller", "--test", "real_api"];

/// Runs everything that needs an API server: the chart installed by Helm, and the controller with
/// the rights that the chart gives it.
///
/// `KUBECONFIG`, where it is set, names the cluster to use; its user must be an administrator, and
/// `kubectl` must be on the path. Else one is started here, and stopped at the end.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    let folder = folder()?;
    let python = deploy::python(shell, &folder)?;
    with_cluster(shell, &folder, || {
        deploy::test(shell, &python)?;
        step("controller on a real API server", || {
            cmd!(shell, "cargo clippy --quiet").args(TESTS).args(["--", "-D", "warnings"]).run()?;
            Ok(cmd!(shell, "cargo test --quiet").args(TESTS).run()?)
        })
    })
}

/// Keeps an API server running until the input ends, for people who want to try something.
pub(crate) fn serve(shell: &Shell) -> Result<()> {
    let folder = folder()?;
    let bin = apiserver::find_or_build(shell, &folder)?;
    let cluster = Cluster::start(shell, &bin)?;
    let mut out = std::io::stdout();
    writeln!(out, "export KUBECONFIG={}", cluster.kubeconfig().display())?;
    writeln!(out, "export PATH={}:$PATH", bin.display())?;
    writeln!(std::io::stderr(), "press ^D to stop")?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// What the chart in a folder is made into.
pub(crate) fn render(shell: &Shell, chart: &Path) -> Result<String> {
    let python = deploy::python(shell, &folder()?)?;
    deploy::render(shell, &python, chart)
}

/// Writes the plain manifests again from the chart.
pub(crate) fn manifests(shell: &Shell) -> Result<()> {
    let python = deploy::python(shell, &folder()?)?;
    deploy::write_manifests(shell, &python)
}

/// Runs `work` with `KUBECONFIG` set, and with our `kubectl` first on the path where the cluster
/// is ours.
fn with_cluster(shell: &Shell, folder: &Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
    if env::var_os("KUBECONFIG").is_some() {
        return work();
    }
    let bin = apiserver::find_or_build(shell, folder)?;
    let cluster = Cluster::start(shell, &bin)?;
    let _kubeconfig = shell.push_env("KUBECONFIG", cluster.kubeconfig());
    let _path = shell.push_env("PATH", with_first_on_path(&bin)?);
    work()
}

fn with_first_on_path(bin: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(bin.to_owned()).chain(env::split_paths(&path));
    env::join_paths(folders).context("the target folder's path must hold no colon")
}

/// Where what is downloaded and built for Kubernetes is kept: beside what cargo builds.
fn folder() -> Result<PathBuf> {
    let folder = folders::target().join("kube");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.canonicalize()?)
}
