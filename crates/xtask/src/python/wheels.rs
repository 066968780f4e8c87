//! The wheels to publish: for each kind of processor one for every glibc from 2.17 on, and one for every
//! musl from 1.2 on.

use super::{MATURIN, PACKAGE, Venv, carried, fresh, target};
use crate::folders::{root, short_paths};
use crate::setup;
use crate::step::{say, step};
use anyhow::{Context, Result, ensure};
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The C compiler and linker that has the old C libraries: what is built by the machine's own needs
/// at least its glibc.
pub(crate) const ZIG: &str = "ziglang==0.17.1";
/// Kinds of processor, by Rust's and the tags' name.
const PROCESSORS: [&str; 2] = ["x86_64", "aarch64"];
/// C libraries that a wheel may be for: the rest of Rust's name, what maturin calls it, and the tags that it gives.
const LIBRARIES: [(&str, &str, &[&str]); 2] = [
    ("unknown-linux-gnu", "manylinux2014", &["manylinux_2_17", "manylinux2014"]),
    ("unknown-linux-musl", "musllinux_1_2", &["musllinux_1_2"]),
];
/// What a newcomer does first.
const STORY: &str = "python/tests/try_wheel.py";

/// Builds the wheels into a folder that is given, for `processors` or else for all, looks what they
/// carry, and uses the one that runs here.
pub(crate) fn build(shell: &Shell, processors: &[String]) -> Result<PathBuf> {
    let all = PROCESSORS.map(str::to_owned);
    let processors = if processors.is_empty() { &all } else { processors };
    for processor in processors {
        let known = PROCESSORS.join(" and ");
        ensure!(all.contains(processor), "no wheels for `{processor}`: there are {known}");
    }
    let venv = Venv::main(shell)?;
    step("Python tools", || venv.pip(shell, &[MATURIN, ZIG]))?;
    let folder = fresh(shell, &target().join("release-wheels"))?;
    for processor in processors {
        for (library, kind, tags) in LIBRARIES {
            let triple = format!("{processor}-{library}");
            let tags: Vec<String> = tags.iter().map(|tag| format!("{tag}_{processor}")).collect();
            step(&format!("Python wheel, {}", tags.join(" and ")), || {
                let wheel = wheel(shell, &venv, &triple, kind, &folder)?;
                let unpacked = carried::by_wheel(shell, &venv.program("python"), &wheel, &tags)?;
                carried::no_place_of_this_machine(&unpacked)?;
                let size = fs::metadata(&wheel)?.len();
                say(&format!("{size} bytes: {}", wheel.display()));
                // Others than this machine's own do not run here.
                let is_ours = triple == format!("{ARCH}-{}", LIBRARIES[0].0);
                if is_ours { try_out(shell, &wheel) } else { Ok(()) }
            })?;
        }
    }
    Ok(folder)
}

/// Builds one wheel.
fn wheel(shell: &Shell, venv: &Venv, triple: &str, kind: &str, folder: &Path) -> Result<PathBuf> {
    setup::standard_library(shell, triple)?;
    let before = shell.read_dir(folder)?;
    let maturin = venv.program("maturin");
    let _folder = shell.push_dir(PACKAGE);
    let build = cmd!(shell, "{maturin} build --quiet --release --zig --target {triple}");
    let build = build.args(["--compatibility", kind, "--out"]).arg(folder);
    let build = build.env("PATH", venv.path());
    let build = build.env("RUSTFLAGS", short_paths(shell).join(" "));
    build.env("CARGO_TARGET_DIR", target().join("cargo")).run()?;
    let mut made = shell.read_dir(folder)?;
    made.retain(|file| !before.contains(file));
    ensure!(made.len() == 1, "{} new files in {}", made.len(), folder.display());
    made.pop().context("no wheel")
}

/// Uses a wheel as somebody does who has no Rust: in an environment of its own, with its programs alone.
pub(crate) fn try_out(shell: &Shell, wheel: &Path) -> Result<()> {
    let venv = Venv::main(shell)?;
    let fresh = fresh(shell, &target().join("newcomer"))?;
    let (python, story) = (venv.program("python"), root().join(STORY));
    cmd!(shell, "{python} -m venv {fresh}").run()?;
    let bin = fresh.join("bin");
    let (python, elsewhere) = (bin.join("python"), shell.push_dir(&fresh));
    let pip = cmd!(shell, "{python} -m pip install --quiet --disable-pip-version-check --no-index");
    pip.arg(wheel).env("PATH", &bin).run()?;
    cmd!(shell, "{python} -W error {story}").env("PATH", &bin).run()?;
    drop(elsewhere);
    Ok(())
}
