//! What everything that is published is made of, as CycloneDX: for whoever has to know what they run. The npm
//! package and the Grafana app carry nobody's code but what is in the WebAssembly.

use crate::folders::{root, target};
use crate::step::{say, step};
use crate::tools::Tool;
use anyhow::Result;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

const CYCLONEDX: Tool =
    Tool { program: "cargo-cyclonedx", version: "0.5.9", command: &["cyclonedx"] };
/// What is published of crates: its name, its workspace, and its folder there.
const CRATES: [(&str, &str, &str); 5] = [
    ("emqx-rebalance", ".", "crates/cli"),
    ("emqx-rebalance-controller", ".", "crates/controller"),
    ("python", "bindings/python", "."),
    ("lua", "bindings/lua", "."),
    ("wasm", "bindings/wasm", "."),
];
/// The file that is written beside each manifest, and taken from there.
const BESIDE: &str = "sbom-of-this-crate";

/// Writes one file for each into `sbom` in the target folder.
pub(crate) fn write(shell: &Shell) -> Result<()> {
    let into = target().join("sbom");
    shell.remove_path(&into)?;
    shell.create_dir(&into)?;
    let cyclonedx = CYCLONEDX.find(shell)?;
    for (name, workspace, folder) in CRATES {
        step(&format!("SBOM of {name}"), || {
            let manifest = Path::new(workspace).join("Cargo.toml");
            let write = cmd!(
                shell,
                "{cyclonedx} cyclonedx --quiet --format json --manifest-path {manifest}"
            );
            let written = write.args(["--override-filename", BESIDE]).run();
            let found = root().join(workspace).join(folder).join(BESIDE).with_extension("json");
            let kept = into.join(name).with_extension("cdx.json");
            let copied = written.map(|()| {
                // Crates of ours are named by their folders, which are nobody's business elsewhere.
                let text = shell.read_file(&found)?;
                shell.write_file(&kept, text.replace(&root().display().to_string(), "."))
            });
            for beside in beside(shell, &root().join(workspace))? {
                shell.remove_path(beside)?;
            }
            Ok(copied??)
        })?;
    }
    say(&format!("written into {}", into.display()));
    Ok(())
}

/// The files that were written for every crate of a workspace.
fn beside(shell: &Shell, workspace: &Path) -> Result<Vec<PathBuf>> {
    let _folder = shell.push_dir(workspace);
    let metadata = cmd!(shell, "cargo metadata --no-deps --format-version 1").quiet().read()?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array);
    let manifests =
        packages.into_iter().flatten().filter_map(|package| package["manifest_path"].as_str());
    let files =
        manifests.map(|manifest| Path::new(manifest).with_file_name(BESIDE).with_extension("json"));
    Ok(files.filter(|file| file.is_file()).collect())
}
