//! What other commands build, put into the release's folder.

use super::archive::{Archive, Mode, gzipped};
use super::{Release, of_root};
use crate::{folders, grafana, lua, python, rust, sbom, setup, wasm};
use anyhow::{Context, Result, ensure};
use std::env::consts::ARCH;
use std::path::Path;
use xshell::{Shell, cmd};

/// The chart, and what everything of the controller is called.
const CHART: &str = "emqx-rebalance-controller";

/// Wheels for every processor of the release, and the source distribution.
pub(super) fn python(shell: &Shell, release: &Release) -> Result<()> {
    let processors: Vec<String> =
        release.processors.iter().map(|processor| processor.name().to_owned()).collect();
    let wheels = python::wheels(shell, &processors)?;
    let source = python::source(shell)?;
    copy_all(shell, &wheels, release)?;
    copy_all(shell, &source, release)
}

/// The crates, as `cargo publish` sends them.
pub(super) fn crates(shell: &Shell, release: &Release) -> Result<()> {
    let packed = folders::target().join("package");
    shell.remove_path(&packed)?;
    rust::pack(shell)?;
    let mut files = shell.read_dir(packed)?;
    files.retain(|file| file.extension().is_some_and(|end| end == "crate"));
    files.iter().try_for_each(|file| Ok(shell.copy_file(file, &release.folder)?))
}

/// The npm package, as `npm publish` takes it.
pub(super) fn npm(shell: &Shell, release: &Release) -> Result<()> {
    setup::wasm_target(shell)?;
    wasm::build(shell)?;
    let _folder = shell.push_dir("bindings/wasm/npm");
    let into = &release.folder;
    Ok(cmd!(shell, "npm pack --silent --pack-destination {into}").ignore_stdout().run()?)
}

/// The modules for every Lua, which need the glibc of the machine that built them.
pub(super) fn lua(shell: &Shell, release: &Release) -> Result<()> {
    lua::build(shell)?;
    let name = format!("emqx-rebalance-lua-{}-{ARCH}-linux-gnu", release.version);
    let mut archive = Archive::new(gzipped(), release.time);
    archive.file(&format!("{name}/LICENSE"), Mode::File, &of_root("LICENSE"))?;
    archive.tree(&format!("{name}/modules"), &of_root("bindings/lua/build"))?;
    archive.tree(&format!("{name}/lua"), &of_root("bindings/lua/lua"))?;
    let bytes = archive.end()?.finish()?;
    Ok(shell.write_file(release.file(&format!("{name}.tar.gz")), bytes)?)
}

/// The Grafana app as the archive that `grafana cli` installs, with the one folder that Grafana wants.
pub(super) fn grafana(shell: &Shell, release: &Release) -> Result<()> {
    setup::wasm_target(shell)?;
    wasm::build(shell)?;
    grafana::build(shell)?;
    let plugin: serde_json::Value =
        serde_json::from_str(&shell.read_file("bindings/grafana/dist/plugin.json")?)?;
    let id =
        plugin.get("id").and_then(serde_json::Value::as_str).context("plugin.json has no id")?;
    let staged = shell.create_temp_dir()?;
    let folder = staged.path().join(id);
    cmd!(shell, "cp -R bindings/grafana/dist {folder}").run()?;
    let file = release.file(&format!("{id}-{}.zip", release.version));
    shell.remove_path(&file)?;
    let time = format!("--date=@{}", release.time);
    // Python's zip takes the times of the files: they are those of the commit.
    cmd!(shell, "find {folder} -exec touch").args([&*time, "{}", "+"]).run()?;
    let _folder = shell.push_dir(staged.path());
    Ok(cmd!(shell, "python3 -m zipfile --create {file} {id}").run()?)
}

/// The chart, as `helm install` and `helm push` take it, and the manifests for those who have no Helm.
pub(super) fn kubernetes(shell: &Shell, release: &Release) -> Result<()> {
    let mut archive = Archive::new(gzipped(), release.time);
    archive.tree(CHART, &of_root("deploy/helm").join(CHART))?;
    let bytes = archive.end()?.finish()?;
    shell.write_file(release.file(&format!("{CHART}-{}.tgz", release.version)), bytes)?;
    for scope in ["all-namespaces", "one-namespace"] {
        let name = format!("{CHART}-{}-{scope}.yaml", release.version);
        shell.copy_file(format!("deploy/manifests/{scope}.yaml"), release.file(&name))?;
    }
    Ok(())
}

/// What everything is made of.
pub(super) fn sbom(shell: &Shell, release: &Release) -> Result<()> {
    sbom::write(shell)?;
    for file in shell.read_dir(folders::target().join("sbom"))? {
        let name = file.file_name().context("a file without a name")?.to_string_lossy();
        shell.copy_file(&file, release.file(&format!("sbom-{name}")))?;
    }
    Ok(())
}

fn copy_all(shell: &Shell, from: &Path, release: &Release) -> Result<()> {
    let files = shell.read_dir(from)?;
    ensure!(!files.is_empty(), "{} is empty", from.display());
    files.iter().try_for_each(|file| Ok(shell.copy_file(file, &release.folder)?))
}
