//! The Python package: built, installed where nothing else is, checked and tested.

mod carried;
mod wheels;

pub(crate) use wheels::{ZIG, build as wheels, try_out};

use crate::folders;
use crate::step::step;
use anyhow::{Context, Result, ensure};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

const PACKAGE: &str = "python";
/// Versions that the one wheel is for.
const MINORS: [u32; 5] = [10, 11, 12, 13, 14];
/// The version that builds the wheel, with which everything is checked.
const MAIN: u32 = 11;
/// Parts of the names of licences that a tool may have: packages say them in many ways.
const LICENCES: &str =
    "0BSD;Apache;BSD;ISC;MIT;Mozilla Public;PSF;Public Domain;Python Software Foundation";
/// What builds the wheel. The package names the versions of all other tools.
const MATURIN: &str = "maturin==1.16.0";

/// Builds the package, checks it, and tests it by every Python from 3.10 to 3.14 that is here.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    let main = Venv::main(shell)?;
    step("Python native half, lint", || lint(shell))?;
    step("Python tools", || main.pip(shell, &[MATURIN]))?;
    let wheel = Wheel::build(shell, &main)?;
    step("Python package", || {
        carried::by_wheel(shell, &main.program("python"), &wheel.0, &[])?;
        wheel.install(shell, &main)?;
        main.pip(shell, &[&wheel.with("dev")])
    })?;
    step("Python lint and types", || check(shell, &main))?;
    tests(shell, &main)?;
    for minor in MINORS.into_iter().filter(|minor| *minor != MAIN) {
        let Some(venv) = Venv::new(shell, minor)? else { continue };
        step(&format!("Python package on 3.{minor}"), || {
            wheel.install(shell, &venv)?;
            // The extras are tried on the main version.
            venv.pip(shell, &[&wheel.with("test")])
        })?;
        tests(shell, &venv)?;
    }
    step("Python source distribution", || from_distribution(shell, &main))?;
    // As `pip install .` does here, where the same has been built already.
    step("Python package of the root", || from_source(shell, &main, Path::new(".")))
}

/// The native half, which is a workspace of its own. Warnings are errors.
fn lint(shell: &Shell) -> Result<()> {
    let manifest = "bindings/python/Cargo.toml";
    cmd!(shell, "cargo fmt --check --manifest-path {manifest}").run()?;
    let clippy = cmd!(shell, "cargo clippy --quiet --all-targets --manifest-path {manifest}");
    let clippy = clippy.args(["--", "-D", "warnings"]);
    Ok(clippy.env("CARGO_TARGET_DIR", target().join("cargo")).run()?)
}

/// Everything that reads the package and does not run it. Warnings are errors.
fn check(shell: &Shell, venv: &Venv) -> Result<()> {
    let _folder = shell.push_dir(PACKAGE);
    let (ruff, mypy) = (venv.program("ruff"), venv.program("mypy"));
    cmd!(shell, "{ruff} format --check --quiet . ../examples/python").run()?;
    cmd!(shell, "{ruff} check --quiet . ../examples/python").run()?;
    let cache = venv.folder.join("mypy-cache");
    cmd!(shell, "{mypy} --cache-dir {cache} src tests ../examples/python").quiet().run()?;
    licences(shell, venv)?;
    let (stubtest, pyright) = (venv.program("stubtest"), venv.program("pyright"));
    // Elsewhere, so that the installed package is looked at.
    let _elsewhere = shell.push_dir(&venv.folder);
    cmd!(shell, "{stubtest} emqx_rebalance._native").run()?;
    // It looks for the package by the first Python of the path.
    let verify = cmd!(shell, "{pyright} --ignoreexternal --verifytypes emqx_rebalance");
    Ok(verify.env("PATH", venv.path()).ignore_stdout().run()?)
}

/// Whatever is installed is fit for an Apache-2.0 program: `deny.toml` says the same of crates.
fn licences(shell: &Shell, venv: &Venv) -> Result<()> {
    let program = venv.program("pip-licenses");
    let check = cmd!(shell, "{program} --from=mixed --partial-match --allow-only {LICENCES}");
    Ok(check.quiet().ignore_stdout().run()?)
}

fn tests(shell: &Shell, venv: &Venv) -> Result<()> {
    step(&format!("Python tests by {}", venv.name), || {
        let _folder = shell.push_dir(PACKAGE);
        let python = venv.program("python");
        // Most of a test's time is waiting: several at once.
        let pytest = cmd!(shell, "{python} -m pytest --quiet --numprocesses 4 -p no:cacheprovider");
        Ok(pytest.env("PYTHONDONTWRITEBYTECODE", "1").run()?)
    })
}

/// The source distribution holds all it takes: it is built and installed, away from the repository.
fn from_distribution(shell: &Shell, main: &Venv) -> Result<()> {
    let source = only(shell, &distribution(shell, main)?, "gz")?;
    carried::by_source(shell, &main.program("python"), &source)?;
    from_source(shell, main, &source)
}

/// Makes the source distribution in a folder of its own, which is given.
pub(crate) fn source(shell: &Shell) -> Result<PathBuf> {
    let main = Venv::main(shell)?;
    main.pip(shell, &[MATURIN])?;
    distribution(shell, &main)
}

fn distribution(shell: &Shell, main: &Venv) -> Result<PathBuf> {
    let folder = fresh(shell, &target().join("sdist"))?;
    let maturin = main.program("maturin");
    let _folder = shell.push_dir(PACKAGE);
    cmd!(shell, "{maturin} sdist --out {folder}").run()?;
    Ok(folder)
}

/// Builds `source` as pip does, by the tools that are here, and installs it where nothing else is.
fn from_source(shell: &Shell, main: &Venv, source: &Path) -> Result<()> {
    let into = fresh(shell, &target().join("from-source"))?;
    let python = main.program("python");
    let pip = cmd!(shell, "{python} -m pip install --quiet --no-deps --no-build-isolation");
    let pip = pip.args(["--disable-pip-version-check", "--target"]).arg(&into).arg(source);
    let pip = pip.env("PATH", main.path()).env("CARGO_TARGET_DIR", target().join("cargo"));
    pip.env("MATURIN_PEP517_ARGS", "--profile dev").run()?;
    let _elsewhere = shell.push_dir(&into);
    let line = "import emqx_rebalance as e; assert e.plan(e.Snapshot.of({'a': 9, 'b': 0}))";
    Ok(cmd!(shell, "{python} -c {line}").run()?)
}

/// The wheel.
struct Wheel(PathBuf);

impl Wheel {
    fn build(shell: &Shell, venv: &Venv) -> Result<Self> {
        let folder = fresh(shell, &target().join("wheels"))?;
        step("Python wheel", || {
            let _folder = shell.push_dir(PACKAGE);
            let (maturin, python) = (venv.program("maturin"), venv.program("python"));
            let cargo = target().join("cargo");
            let build = cmd!(shell, "{maturin} build --quiet --profile dev --out {folder}");
            Ok(build.arg("--interpreter").arg(python).env("CARGO_TARGET_DIR", cargo).run()?)
        })?;
        only(shell, &folder, "whl").map(Self)
    }

    /// The wheel with what an extra of it needs.
    fn with(&self, extra: &str) -> String {
        format!("{}[{extra}]", self.0.display())
    }

    fn install(&self, shell: &Shell, venv: &Venv) -> Result<()> {
        let wheel = self.0.display().to_string();
        venv.pip(shell, &["--force-reinstall", "--no-deps", &wheel])
    }
}

/// A Python with packages of its own.
pub(crate) struct Venv {
    name: String,
    folder: PathBuf,
}

impl Venv {
    /// One by Python 3.`minor`, if it is here.
    fn new(shell: &Shell, minor: u32) -> Result<Option<Self>> {
        let name = format!("python3.{minor}");
        let Some(python) = interpreter(shell, minor) else { return Ok(None) };
        let folder = target().join(&name);
        let venv = Self { name, folder };
        if cmd!(shell, "{python} -m venv --help").quiet().ignore_stdout().run().is_err() {
            anyhow::bail!("{} cannot make environments: install its venv", venv.name);
        }
        if !venv.program("python").is_file() {
            let folder = &venv.folder;
            cmd!(shell, "{python} -m venv {folder}").run()?;
        }
        Ok(Some(venv))
    }

    /// The one that builds and checks.
    pub(crate) fn main(shell: &Shell) -> Result<Self> {
        Self::new(shell, MAIN)?.with_context(|| {
            format!("Python 3.{MAIN} is needed: install it, or put its folder into PATH")
        })
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// The path of programs, its own first.
    pub(crate) fn path(&self) -> OsString {
        let mut path = self.folder.join("bin").into_os_string();
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        path
    }

    pub(crate) fn pip(&self, shell: &Shell, what: &[&str]) -> Result<()> {
        let python = self.program("python");
        let pip = cmd!(shell, "{python} -m pip install --quiet --disable-pip-version-check");
        Ok(pip.args(what).run()?)
    }
}

/// Python 3.`minor`, of the PATH or of pyenv.
fn interpreter(shell: &Shell, minor: u32) -> Option<PathBuf> {
    let name = format!("python3.{minor}");
    let mut places = vec![PathBuf::from(&name)];
    if let Some(home) = env::var_os("HOME") {
        let versions = Path::new(&home).join(".pyenv/versions");
        let found = shell.read_dir(versions).unwrap_or_default();
        places.extend(found.into_iter().map(|version| version.join("bin").join(&name)));
    }
    let line = "import sys; print('%d.%d' % sys.version_info[:2])";
    // pyenv puts programs into the PATH that only say which versions have them.
    let is_right = |python: &PathBuf| {
        let said = cmd!(shell, "{python} -c {line}").quiet().ignore_stderr().read();
        said.is_ok_and(|version| version == format!("3.{minor}"))
    };
    places.into_iter().find(is_right)
}

/// Where all of it goes.
fn target() -> PathBuf {
    folders::target().join("python")
}

fn fresh(shell: &Shell, folder: &Path) -> Result<PathBuf> {
    shell.remove_path(folder)?;
    Ok(shell.create_dir(folder)?)
}

/// The one file in `folder` that ends so.
fn only(shell: &Shell, folder: &Path, ending: &str) -> Result<PathBuf> {
    let mut files = shell.read_dir(folder)?;
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    ensure!(files.len() == 1, "{} files in {}", files.len(), folder.display());
    files.pop().context("no file")
}
