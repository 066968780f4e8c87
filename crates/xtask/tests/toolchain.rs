//! The oldest Rust that this is for, everywhere it is said.
#![cfg(test)]

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const MANIFESTS: [&str; 4] = [
    "Cargo.toml",
    "bindings/lua/Cargo.toml",
    "bindings/python/Cargo.toml",
    "bindings/wasm/Cargo.toml",
];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// What stands between `before` and the next `after`.
fn between(file: &str, before: &str, after: char) -> String {
    let text = fs::read_to_string(path(file)).unwrap();
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{file} has no {before}"));
    rest.split(after).next().unwrap().to_owned()
}

/// `1.95` of `1.95.0`.
fn minor(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

fn rust_versions(manifest: &str) -> Vec<(String, String)> {
    let command = ["metadata", "--format-version=1", "--no-deps", "--offline"];
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(command).arg("--manifest-path").arg(path(manifest)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    packages.map(|package| (text(&package["name"]), text(&package["rust_version"]))).collect()
}

/// The oldest Rust, as the workspace says it.
fn oldest() -> String {
    minor(&between("Cargo.toml", "rust-version = \"", '"'))
}

#[test]
fn every_workspace_and_image_is_for_the_same_oldest_rust() {
    let pinned = oldest();
    for manifest in MANIFESTS {
        for (package, oldest) in rust_versions(manifest) {
            assert_eq!(oldest, pinned, "{package} of {manifest}");
        }
    }
    assert_eq!(minor(&between("deploy/Dockerfile", "FROM rust:", '-')), pinned);
}

#[test]
fn the_hosted_pipelines_use_it_too() {
    let pinned = oldest();
    let image = between(".github/workflows/test.yml", "image: rust:", '-');
    assert_eq!(minor(&image), pinned);
}
