//! The wheels to publish: one for every glibc from 2.17 on, one for every musl from 1.2 on.

use super::{MAIN, MATURIN, PACKAGE, Venv, fresh, target};
use crate::step::{say, step};
use anyhow::{Context, Result, ensure};
use std::env::consts::ARCH;
use xshell::{Shell, cmd};

/// The C compiler and linker that has the old C libraries: what is built by the machine's own needs
/// at least its glibc.
const ZIG: &str = "ziglang==0.17.1";
/// What each is built for, and the tag that says where it runs.
const KINDS: [(&str, &str); 2] =
    [("unknown-linux-gnu", "manylinux2014"), ("unknown-linux-musl", "musllinux_1_2")];

/// Builds the wheels of this machine's kind of processor, into a folder that is printed.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    let venv = Venv::new(shell, MAIN)?.with_context(|| format!("Python 3.{MAIN} is needed"))?;
    step("Python tools", || venv.pip(shell, &[MATURIN, ZIG]))?;
    let folder = fresh(shell, &target().join("release-wheels"))?;
    let cargo = target().join("cargo");
    let maturin = venv.program("maturin");
    for (kind, tag) in KINDS {
        let triple = format!("{ARCH}-{kind}");
        step(&format!("Python wheel, {tag}"), || {
            cmd!(shell, "rustup target add {triple}").quiet().ignore_stderr().run()?;
            let _folder = shell.push_dir(PACKAGE);
            let build = cmd!(shell, "{maturin} build --quiet --release --zig --target {triple}");
            let build = build.args(["--compatibility", tag, "--out"]).arg(&folder);
            Ok(build.env("PATH", venv.path()).env("CARGO_TARGET_DIR", &cargo).run()?)
        })?;
    }
    let wheels = shell.read_dir(&folder)?;
    ensure!(wheels.len() == KINDS.len(), "{} wheels in {}", wheels.len(), folder.display());
    for wheel in wheels {
        say(&wheel.display().to_string());
    }
    Ok(())
}
