//! Where things are.

use std::env;
use std::path::{Path, PathBuf};
use xshell::Shell;

/// The repository's root.
///
/// Asked for at run time: in a target folder that two clones share, cargo may run the program that
/// it built in the other one.
pub(crate) fn root() -> PathBuf {
    let built = || env!("CARGO_MANIFEST_DIR").into();
    let package: PathBuf = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(built).into();
    package.ancestors().nth(2).map_or_else(|| package.join("../.."), Path::to_owned)
}

/// Cargo's target folder: outside the clone, if so wished.
pub(crate) fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The command, as tests have it built.
pub(crate) fn program() -> PathBuf {
    target().join("debug/emqx-rebalance")
}

/// Flags of rustc that keep the paths of this machine out of the messages of panics, which everybody
/// downloads.
pub(crate) fn short_paths(shell: &Shell) -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    // One folder for each registry. None is there before cargo has downloaded anything.
    let registries = home.and_then(|home| shell.read_dir(home.join("registry/src")).ok());
    let folders = std::iter::once(root()).chain(registries.unwrap_or_default());
    folders.map(|folder| format!("--remap-path-prefix={}=.", folder.display())).collect()
}
