//! The Grafana app: built into `bindings/grafana/dist`, and tried in Chromium with Grafana's own components.

use crate::folders::{program, target};
use crate::step::step;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

const GRAFANA: &str = "bindings/grafana";
/// Where `cargo xtask wasm` builds the package that the app depends on, in the folder `npm`.
const PLANNER: &str = "bindings/wasm";
/// What says which packages are needed, and where they are had.
const MANIFESTS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// Builds the app that users get from the planner's package.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    let planner = Path::new(PLANNER).join("npm/package.json");
    ensure!(shell.path_exists(planner), "the planner is missing: run `cargo xtask wasm` first");
    packages(shell)?;
    step("Grafana app", || npm(shell, &["run", "--silent", "build"]))
}

/// Builds the app, and tries everything about it.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    build(shell)?;
    step("Grafana lint", || {
        npm(shell, &["run", "--silent", "typecheck"])?;
        npm(shell, &["run", "--silent", "lint"])
    })?;
    step("Grafana alert rules", || {
        let _folder = shell.push_dir(format!("{GRAFANA}/alerts"));
        cmd!(shell, "promtool check rules emqx-rebalance.rules.yml").run()?;
        Ok(cmd!(shell, "promtool test rules emqx-rebalance.test.yml good-days.test.yml").run()?)
    })?;
    step("embedded cluster", || {
        Ok(cmd!(shell, "cargo build --quiet --package emqx-rebalance").run()?)
    })?;
    step("Grafana stories in Chromium", || play(shell, &newest(shell)))?;
    let oldest = oldest(shell);
    step("packages of the oldest Grafana", || {
        installed(shell, &oldest.manifests, &oldest.packages)
    })?;
    step("Grafana stories with the oldest Grafana in Chromium", || play(shell, &oldest))
}

/// A Grafana that the harness stands for.
struct Stand {
    /// Where its `package.json` is.
    manifests: PathBuf,
    /// The folder in whose `node_modules` its packages are.
    packages: PathBuf,
    /// A name for its folders.
    name: &'static str,
    /// How the version of React begins that it must have.
    react: &'static str,
    /// The stories to play, or all.
    specs: &'static [&'static str],
}

/// The Grafana that the app is developed with.
fn newest(shell: &Shell) -> Stand {
    let home = shell.current_dir().join(GRAFANA);
    let name = "newest";
    Stand { manifests: home.clone(), packages: home, name, react: "19.", specs: &[] }
}

/// The oldest line of Grafana whose packages can be had of those that the app supports; it has
/// another React.
fn oldest(shell: &Shell) -> Stand {
    let name = "oldest";
    Stand {
        manifests: shell.current_dir().join(GRAFANA).join("harness/react18"),
        packages: target().join("grafana").join(name).join("npm"),
        name,
        react: "18.",
        specs: &["harness/guard.spec.mjs", "harness/looks.spec.mjs", "harness/run.spec.mjs"],
    }
}

/// Plays the stories with the embedded cluster, in a Grafana of `stand`'s packages.
fn play(shell: &Shell, stand: &Stand) -> Result<()> {
    let folder = target().join("grafana").join(stand.name);
    let (bundle, packages) = (folder.join("harness"), &stand.packages);
    let _folder = shell.push_dir(GRAFANA);
    cmd!(shell, "node harness/build.mjs {bundle} {packages}").run()?;
    let play = cmd!(shell, "node --test --test-reporter=spec --test-concurrency=1")
        // For a whole file: every story has a deadline of its own.
        .arg("--test-timeout=900000");
    let play =
        if stand.specs.is_empty() { play.args(specs(shell)?) } else { play.args(stand.specs) };
    let play = play.env("EMQX_REBALANCE", program()).env("HARNESS_BUNDLE", bundle);
    let play = play.env("HARNESS_OUT", folder.join("pictures"));
    Ok(play.env("HARNESS_REACT", stand.react).run()?)
}

/// Every story.
fn specs(shell: &Shell) -> Result<Vec<PathBuf>> {
    let files = shell.read_dir("harness")?.into_iter();
    let specs: Vec<_> =
        files.filter(|path| path.to_string_lossy().ends_with(".spec.mjs")).collect();
    ensure!(!specs.is_empty(), "there are no stories");
    Ok(specs)
}

/// Installs what `package-lock.json` lists into the target folder, where a second checkout finds
/// it, and puts links where node looks: to the packages, and beside them to the planner's, which
/// `package.json` names by its place beside this folder.
fn packages(shell: &Shell) -> Result<()> {
    let folder = target().join("grafana/npm");
    let home = shell.current_dir().join(GRAFANA);
    let link = home.join("node_modules");
    if link.is_dir() && !link.is_symlink() {
        // Somebody installs by hand.
        return Ok(());
    }
    step("Grafana packages", || {
        let planner = target().join("grafana/wasm");
        shell.create_dir(&folder)?;
        linked(&shell.current_dir().join(PLANNER), &planner)?;
        installed(shell, &home, &folder)?;
        linked(&folder.join("node_modules"), &link)
    })
}

/// Has `link` be a link to `place`, also if it is one to a checkout that is gone.
fn linked(place: &Path, link: &Path) -> Result<()> {
    if link.is_symlink() {
        fs::remove_file(link)?;
    }
    symlink(place, link).with_context(|| format!("cannot link {}", link.display()))
}

/// Has `folder` hold the packages of the lock file in `home`.
fn installed(shell: &Shell, home: &Path, folder: &Path) -> Result<()> {
    if is_installed(shell, home, folder)? { Ok(()) } else { install(shell, home, folder) }
}

/// Whether `folder` holds the packages of the lock file in `home`, installed to the end.
fn is_installed(shell: &Shell, home: &Path, folder: &Path) -> Result<bool> {
    let done = folder.join("installed.json");
    Ok(shell.path_exists(&done)
        && shell.read_file(done)? == shell.read_file(home.join("package-lock.json"))?)
}

fn install(shell: &Shell, home: &Path, folder: &Path) -> Result<()> {
    shell.create_dir(folder)?;
    for name in MANIFESTS {
        shell.copy_file(home.join(name), folder.join(name))?;
    }
    let _folder = shell.push_dir(folder);
    cmd!(shell, "npm ci --no-progress").run()?;
    Ok(shell.copy_file("package-lock.json", "installed.json")?)
}

fn npm(shell: &Shell, arguments: &[&str]) -> Result<()> {
    let _folder = shell.push_dir(GRAFANA);
    Ok(cmd!(shell, "npm {arguments...}").run()?)
}
