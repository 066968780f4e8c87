//! The Helm chart and the plain manifests: rendered and installed by Helm itself, as a Python
//! package.

use crate::step::step;
use anyhow::Result;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

const REQUIREMENTS: &str = "deploy/tests/requirements.txt";

/// A Python that has Helm and pytest. Its folder is made again when the requirements change.
pub(crate) fn python(shell: &Shell, folder: &Path) -> Result<PathBuf> {
    let environment = folder.join("python");
    let (python, made_of) = (environment.join("bin/python"), environment.join("requirements.txt"));
    let wanted = shell.read_file(REQUIREMENTS)?;
    if shell.read_file(&made_of).is_ok_and(|made_of| made_of == wanted) {
        return Ok(python);
    }
    step("python with Helm", || {
        cmd!(shell, "python3 -m venv --clear {environment}").run()?;
        let install = cmd!(shell, "{python} -m pip install --quiet --disable-pip-version-check");
        install.args(["--require-hashes", "--requirement", REQUIREMENTS]).run()?;
        Ok(shell.write_file(made_of, wanted)?)
    })?;
    Ok(python)
}

/// Tests the chart: what it renders, and what an API server says to it.
pub(crate) fn test(shell: &Shell, python: &Path) -> Result<()> {
    step("Helm chart", || {
        let test = cmd!(shell, "{python} -B -m pytest -q -p no:cacheprovider deploy/tests");
        Ok(test.run()?)
    })
}

/// What Helm makes of the chart in a folder.
pub(crate) fn render(shell: &Shell, python: &Path, chart: &Path) -> Result<String> {
    Ok(cmd!(shell, "{python} -B deploy/chart.py render {chart}").read()?)
}

/// Writes the definition and the plain manifests again.
pub(crate) fn write_manifests(shell: &Shell, python: &Path) -> Result<()> {
    step("manifests", || {
        for (of, file) in [("emqx", "crd.yaml"), ("own", "own.yaml")] {
            let print = cmd!(shell, "cargo run --quiet --package emqx-rebalance-controller -- crd");
            let definitions = print.arg(of).read()?;
            let file = Path::new("deploy/helm/emqx-rebalance-controller/files").join(file);
            shell.write_file(file, definitions + "\n")?;
        }
        Ok(cmd!(shell, "{python} -B deploy/chart.py").run()?)
    })
}
