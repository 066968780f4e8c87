//! The picture of the crates in CONTRIBUTING is kept: what a crate is built on, and what never.
#![cfg(test)]

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

const PREFIX: &str = "emqx-rebalance-";

const MANIFESTS: [&str; 4] = [
    "Cargo.toml",
    "bindings/lua/Cargo.toml",
    "bindings/python/Cargo.toml",
    "bindings/wasm/Cargo.toml",
];

/// Every crate, and those of ours that it may be built on.
const OWN: [(&str, &[&str]); 24] = [
    ("core", &[]),
    ("api", &["core"]),
    ("exchange", &["api", "core"]),
    ("client", &["api", "core", "exchange", "report"]),
    ("sim", &["api", "core", "exchange"]),
    ("swarm", &["core"]),
    ("report", &["core"]),
    ("watch", &["client", "core", "exchange"]),
    ("emqx-rebalance", &["client", "core", "exchange", "report", "sim", "swarm", "watch"]),
    ("controller", &["client", "core"]),
    ("vectors", &["core", "exchange", "sim"]),
    ("generate", &["core"]),
    ("e2e", &[]),
    ("testkit", &[]),
    ("xtask", &[]),
    ("lua", &["api", "client", "core", "exchange", "report"]),
    // The package carries the command and the embedded cluster.
    ("python", &["client", "core", "emqx-rebalance", "exchange", "report", "sim"]),
    ("text-wasm", &["core"]),
    ("planner-wasm", &["core", "text-wasm"]),
    ("report-wasm", &["core", "report", "text-wasm"]),
    ("wasm", &["core", "exchange", "planner-wasm", "text-wasm"]),
    ("simulation-wasm", &["api", "core", "sim"]),
    // What builds and measures the npm package.
    ("package", &["core", "exchange", "sim", "simulation-wasm"]),
    ("native", &["core"]),
];

/// Other people's crates that one must do without, directly.
const FORBIDDEN: [(&str, &[&str]); 11] = [
    ("core", &["tokio", "reqwest", "http", "serde_json", "axum"]),
    ("api", &["tokio", "reqwest", "axum"]),
    ("exchange", &["tokio", "reqwest", "axum", "url"]),
    ("client", &["axum", "kube"]),
    ("sim", &["reqwest", "kube"]),
    ("swarm", &["reqwest", "axum", "kube"]),
    ("report", &["tokio", "reqwest", "http", "axum"]),
    ("watch", &["kube", "reqwest"]),
    ("emqx-rebalance", &["sqlx", "reqwest", "http", "axum", "kube"]),
    ("controller", &["reqwest"]),
    ("wasm", &["tokio", "reqwest", "axum"]),
];

#[test]
fn no_crate_depends_on_one_above_it() {
    let mut seen = BTreeSet::new();
    for package in MANIFESTS.iter().flat_map(|manifest| packages(manifest)) {
        let name = short(&package["name"]).to_owned();
        let allowed = OWN.iter().find(|(listed, _)| *listed == name);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{name} has no place in the table"));
        let forbidden = FORBIDDEN.iter().find(|(listed, _)| *listed == name);
        for dependency in built_on(&package) {
            let is_own = OWN.iter().any(|(listed, _)| *listed == dependency);
            let is_allowed = if is_own {
                allowed.contains(&dependency)
            } else {
                forbidden.is_none_or(|(_, forbidden)| !forbidden.contains(&dependency))
            };
            assert!(is_allowed, "{name} must not depend on {dependency}");
        }
        seen.insert(name);
    }
    for (name, _) in OWN {
        assert!(seen.contains(name), "no crate {name}");
    }
}

/// The packages of a manifest's workspace.
fn packages(manifest: &str) -> Vec<Value> {
    let path = format!("{}/../../{manifest}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--offline",
            "--manifest-path",
            &path,
        ])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{manifest}: {error}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// What a crate is built with, not what its tests use.
fn built_on(package: &Value) -> Vec<&str> {
    let all = package["dependencies"].as_array().unwrap();
    let built = all.iter().filter(|dependency| dependency["kind"].is_null());
    built.map(|dependency| short(&dependency["name"])).collect()
}

/// A crate's name as this project calls it.
fn short(name: &Value) -> &str {
    let name = name.as_str().unwrap();
    name.strip_prefix(PREFIX).unwrap_or(name)
}
