//! Tells the compiler which commit is built, for `--version`.
//!
//! The first of these that says one: the variable `EMQX_REBALANCE_COMMIT`, the note that cargo puts
//! into a published crate, the checkout that this is built in. Else it is `unknown`. Nothing else of
//! the machine goes into the program, so the same commit is built the same.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

const VARIABLE: &str = "EMQX_REBALANCE_COMMIT";
/// What cargo writes when it packs a crate.
const NOTE: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo:rerun-if-env-changed={VARIABLE}");
    println!("cargo:rerun-if-changed=build.rs");
    let moves = ["HEAD", "logs/HEAD"].map(|file| git(&["rev-parse", "--git-path", file]));
    for file in moves.into_iter().flatten().filter(|file| Path::new(file).exists()) {
        println!("cargo:rerun-if-changed={file}");
    }
    let found = env::var(VARIABLE).ok().and_then(hash).or_else(noted).or_else(checked_out);
    println!("cargo:rustc-env={VARIABLE}={}", found.as_deref().unwrap_or("unknown"));
}

/// `text`, if it is the name of a commit.
fn hash(text: impl AsRef<str>) -> Option<String> {
    let text = text.as_ref().trim();
    let is_hash = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash.then(|| text.to_ascii_lowercase())
}

/// The commit that a published crate was packed from.
fn noted() -> Option<String> {
    let note = fs::read_to_string(NOTE).ok()?;
    let (_, after) = note.split_once("\"sha1\"")?;
    hash(after.split('"').nth(1)?)
}

/// The commit of the checkout, if it is ours: a source distribution may lie in somebody else's.
fn checked_out() -> Option<String> {
    let top = fs::canonicalize(git(&["rev-parse", "--show-toplevel"])?).ok()?;
    let ours = fs::canonicalize("../..").ok()?;
    (top == ours).then(|| git(&["rev-parse", "HEAD"])).flatten().and_then(hash)
}

/// What git says in one line.
fn git(args: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(args).output().ok().filter(|done| done.status.success())?;
    String::from_utf8(output.stdout).ok().map(|said| said.trim().to_owned())
}
