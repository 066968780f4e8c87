//! The packages of languages and of hosts, installed as their users do it.

use super::clean::at;
use crate::dist::{Release, manifest};
use crate::folders::root;
use crate::kube;
use crate::lua::LUAS;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// The file of the release that begins and ends so.
fn named(shell: &Shell, release: &Release, begin: &str, end: &str) -> Result<PathBuf> {
    let is_it = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(begin) && name.ends_with(end)
    };
    let mut files = manifest::files(shell, &release.folder)?;
    files.retain(is_it);
    files.pop().with_context(|| format!("there is no {begin}…{end}"))
}

/// The wheel for this machine in an environment of its own: what a newcomer does.
pub(super) fn python(shell: &Shell, release: &Release) -> Result<()> {
    let tag = format!("{}.whl", std::env::consts::ARCH);
    let wheel = named(shell, release, "emqx_rebalance-", &format!("manylinux2014_{tag}"))?;
    named(shell, release, "emqx_rebalance-", ".tar.gz")?;
    crate::python::try_out(shell, &wheel)
}

/// Every crate built from what its package holds alone, in the order in which they are published.
pub(super) fn crates(shell: &Shell) -> Result<()> {
    Ok(cmd!(shell, "cargo publish --workspace --dry-run --locked --quiet").run()?)
}

/// The tarball in a project of its own, by both ways to import it.
pub(super) fn npm(shell: &Shell, release: &Release) -> Result<()> {
    let package = named(shell, release, "emqx-rebalance-", ".tgz")?;
    let temporary = shell.create_temp_dir()?;
    let _folder = shell.push_dir(temporary.path());
    shell.write_file("package.json", r#"{"private": true, "type": "module"}"#)?;
    cmd!(shell, "npm install --silent --no-audit --no-fund --offline {package}").run()?;
    let work = "const plan = await p.plan({snapshot: {nodes: [{node: 'a', connections: 9000}, \
                {node: 'b', connections: 0}]}}); if (plan.decision !== 'start') throw plan.decision;";
    shell.write_file("esm.mjs", format!("import * as p from 'emqx-rebalance';\n{work}\n"))?;
    let cjs = format!("const p = require('emqx-rebalance');\n(async () => {{ {work} }})();\n");
    shell.write_file("cjs.cjs", cjs)?;
    cmd!(shell, "node esm.mjs").run()?;
    Ok(cmd!(shell, "node cjs.cjs").run()?)
}

/// The module for each Lua.
pub(super) fn lua(shell: &Shell, release: &Release) -> Result<()> {
    let archive = named(shell, release, "emqx-rebalance-lua-", ".tar.gz")?;
    let temporary = shell.create_temp_dir()?;
    let place = temporary.path();
    cmd!(shell, "tar --extract --strip-components 1 --file {archive} --directory {place}").run()?;
    for (folder, program) in LUAS {
        let print = "print(require('emqx_rebalance')._VERSION)";
        let run = cmd!(shell, "{program} -e {print}");
        let run = run.env("LUA_CPATH", place.join("modules").join(folder).join("?.so"));
        let said = run.env("LUA_PATH", place.join("lua/?.lua")).read()?;
        ensure!(said == release.version, "{program} says {said}");
    }
    Ok(())
}

/// The app's archive: one folder, named after the plugin, with what Grafana reads first.
pub(super) fn grafana(shell: &Shell, release: &Release) -> Result<()> {
    let archive = named(shell, release, "emqxrebalance-rebalance-app-", ".zip")?;
    let temporary = shell.create_temp_dir()?;
    let place = temporary.path();
    cmd!(shell, "python3 -m zipfile --extract {archive} {place}").run()?;
    let folders = shell.read_dir(place)?;
    let [folder] = &*folders else { anyhow::bail!("{} things in the archive", folders.len()) };
    let plugin: serde_json::Value =
        serde_json::from_str(&shell.read_file(folder.join("plugin.json"))?)?;
    ensure!(at(&plugin, "/info/version") == release.version, "{}", at(&plugin, "/info/version"));
    let id = at(&plugin, "/id").as_str().context("plugin.json has no id")?;
    ensure!(folder.ends_with(id), "the folder is not called {id}");
    ensure!(folder.join("module.js").is_file(), "no module.js");
    Ok(())
}

/// The chart, rendered by Helm as it is installed.
pub(super) fn kubernetes(shell: &Shell, release: &Release) -> Result<()> {
    let chart = named(shell, release, "emqx-rebalance-controller-", ".tgz")?;
    named(shell, release, "emqx-rebalance-controller-", "-one-namespace.yaml")?;
    let temporary = shell.create_temp_dir()?;
    let place = temporary.path();
    cmd!(shell, "tar --extract --file {chart} --directory {place}").run()?;
    let made = kube::render(shell, &place.join("emqx-rebalance-controller"))?;
    let image = format!("emqx-rebalance-controller:{}", release.version);
    ensure!(made.contains(&image), "the chart does not run {image}");
    Ok(())
}

/// One list for each package.
pub(super) fn sbom(shell: &Shell, release: &Release) -> Result<()> {
    for of in ["emqx-rebalance", "emqx-rebalance-controller", "python", "lua", "wasm"] {
        let file = named(shell, release, &format!("sbom-{of}."), "json")?;
        let text = shell.read_file(file)?;
        let list: serde_json::Value = serde_json::from_str(&text)?;
        let parts = at(&list, "/components").as_array().map_or(0, Vec::len);
        ensure!(parts > 10, "{of} is made of {parts} parts only");
        ensure!(!text.contains(&root().display().to_string()), "{of} tells where it was built");
    }
    Ok(())
}
