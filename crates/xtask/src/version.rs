//! One version: `[workspace.package]` of the root has it, and every package follows.

mod places;

use anyhow::{Context, Result, ensure};
use places::{PLACES, Place};
use semver::Version;
use std::io::{Write, stdout};
use xshell::Shell;

/// The version of this checkout. Cargo reads it from the root's manifest.
pub(crate) const CURRENT: &str = env!("CARGO_PKG_VERSION");

/// Writes `version` wherever the present one stands; without one, says the present one.
pub(crate) fn run(shell: &Shell, version: Option<&Version>) -> Result<()> {
    let Some(version) = version else {
        return Ok(writeln!(stdout(), "{CURRENT}")?);
    };
    let version = version.to_string();
    // All of them are read before the first is written.
    let texts: Vec<_> = PLACES
        .iter()
        .map(|(path, places)| Ok((path, written(path, places, &shell.read_file(path)?, &version)?)))
        .collect::<Result<_>>()?;
    texts.into_iter().try_for_each(|(path, text)| Ok(shell.write_file(path, text)?))
}

/// The text of a file with `version` in all its places, each of which it must have.
fn written(path: &str, places: &[Place], text: &str, version: &str) -> Result<String> {
    let replace = |text: String, place: &Place| {
        let (text, found) = place.write(&text, version);
        ensure!(found > 0, "{path} has no version where it had one: {place:?}");
        Ok(text)
    };
    places.iter().try_fold(text.to_owned(), replace).context("nothing was written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders::root;
    use serde_json::Value;
    use std::fs;
    use std::process::Command;

    const MANIFESTS: [&str; 4] = [
        "Cargo.toml",
        "bindings/lua/Cargo.toml",
        "bindings/python/Cargo.toml",
        "bindings/wasm/Cargo.toml",
    ];

    fn read(path: &str) -> String {
        fs::read_to_string(root().join(path)).unwrap()
    }

    #[test]
    fn every_place_has_the_version_of_the_workspace() {
        for (path, places) in PLACES {
            let text = read(path);
            let same = written(path, places, &text, CURRENT).unwrap();
            let differ = text.lines().zip(same.lines()).filter(|(is, should)| is != should);
            let differ: Vec<_> = differ.collect();
            assert!(differ.is_empty(), "{path}: run `cargo xtask version {CURRENT}`: {differ:?}");
        }
    }

    #[test]
    fn another_version_is_written_everywhere_and_taken_back() {
        for (path, places) in PLACES {
            let text = read(path);
            let next = written(path, places, &text, "98.7.6-rc.1").unwrap();
            assert!(next.contains("98.7.6-rc.1"), "{path}");
            // Other things than ours have versions in the rest.
            let is_ours = ["deploy/", "docs/"].iter().any(|folder| path.starts_with(folder));
            assert!(!is_ours || !next.contains(CURRENT), "{path} has a place that is not listed");
            assert_eq!(written(path, places, &next, CURRENT).unwrap(), text, "{path}");
        }
    }

    #[test]
    fn a_place_that_is_gone_is_named() {
        let error =
            written("x.toml", &[Place::Line("version = ", "\"")], "name = \"x\"\n", "1.0.0");
        assert!(format!("{:#}", error.unwrap_err()).contains("x.toml has no version"));
    }

    /// A new crate has no line of its own in the table, and must not need one.
    #[test]
    fn every_crate_is_of_this_version_and_so_is_what_it_asks_of_its_sisters() {
        for manifest in MANIFESTS {
            let packages = packages(manifest);
            assert!(!packages.is_empty(), "{manifest}");
            for package in packages {
                assert_eq!(package["version"], CURRENT, "{}", package["name"]);
                for sister in package["dependencies"].as_array().unwrap() {
                    let asked = sister["req"].as_str().unwrap();
                    let is_ours = sister["path"].is_string() && asked != "*";
                    assert!(!is_ours || asked == format!("^{CURRENT}"), "{sister}");
                }
            }
        }
    }

    /// These are told the version when they are built: nothing in them can be behind.
    #[test]
    fn what_is_told_the_version_holds_none() {
        for (path, line) in [
            ("python/pyproject.toml", "dynamic = [\"version\"]"),
            ("bindings/grafana/src/plugin.json", "\"version\": \"%VERSION%\""),
            ("bindings/grafana/src/panel/plugin.json", "\"version\": \"%VERSION%\""),
            ("bindings/grafana/src/datasource/plugin.json", "\"version\": \"%VERSION%\""),
            // LuaRocks' word for whatever the repository holds.
            ("bindings/lua/emqx-rebalance-scm-1.rockspec", "version = \"scm-1\""),
            ("bindings/lua/emqx-rebalance-command-scm-1.rockspec", "version = \"scm-1\""),
        ] {
            assert!(read(path).contains(line), "{path}: {line}");
        }
    }

    fn packages(manifest: &str) -> Vec<Value> {
        let path = root().join(manifest);
        let command = ["metadata", "--format-version=1", "--no-deps", "--offline"];
        let mut cargo = Command::new(env!("CARGO"));
        let output = cargo.args(command).arg("--manifest-path").arg(path).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{manifest}: {error}");
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        metadata["packages"].as_array().unwrap().clone()
    }
}
