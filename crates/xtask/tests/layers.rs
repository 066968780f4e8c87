//! The picture of the crates in DESIGN is kept: what a crate may never depend on.
#![cfg(test)]

use serde_json::Value;
use std::process::Command;

const PREFIX: &str = "emqx-rebalance-";

/// A crate and what it must not depend on, directly.
const FORBIDDEN: [(&str, &[&str]); 5] = [
    ("core", &["api", "client", "sim", "tokio", "reqwest", "http", "serde_json", "axum"]),
    ("api", &["client", "sim", "tokio", "reqwest", "axum"]),
    ("exchange", &["client", "sim", "tokio", "reqwest", "axum", "url"]),
    ("client", &["sim", "axum", "kube"]),
    ("sim", &["client", "reqwest", "kube"]),
];

#[test]
fn no_crate_depends_on_one_above_it() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (name, forbidden) in FORBIDDEN {
        for dependency in dependencies(&metadata, &format!("{PREFIX}{name}")) {
            let short = dependency.strip_prefix(PREFIX).unwrap_or(&dependency);
            assert!(!forbidden.contains(&short), "{name} must not depend on {dependency}");
        }
    }
}

/// What a crate is built with, not what its tests use.
fn dependencies(metadata: &Value, name: &str) -> Vec<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == name);
    let listed = package.unwrap_or_else(|| panic!("no crate {name}"))["dependencies"].as_array();
    let built = listed.unwrap().iter().filter(|dependency| dependency["kind"].is_null());
    built.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}
