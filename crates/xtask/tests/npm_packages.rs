//! What may be in the npm packages that are built with: each is known by its hash, and has a licence that
//! is fit for an Apache-2.0 program. `deny.toml` says the same of crates.
#![cfg(test)]

use serde_json::Value;
use std::path::Path;

const LOCKS: [&str; 4] = [
    "bindings/console/package-lock.json",
    "bindings/grafana/harness/react18/package-lock.json",
    "bindings/grafana/package-lock.json",
    "bindings/wasm/js/package-lock.json",
];

/// Another one is a decision, not an accident.
const ALLOWED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Python-2.0",
    "Unlicense",
    "Zlib",
    // Data and fonts that Grafana's tools bring.
    "CC-BY-3.0",
    "CC-BY-4.0",
    "OFL-1.1",
    // Of files that are used as they are: linters, an accessibility checker.
    "MPL-2.0",
];

/// Packages that say it in their files alone, or by a field that npm does not know any more: MIT, and
/// Unlicense for those with `equal` and `interface` in their names.
const UNSAID: [&str; 9] = [
    "body",
    "fast-shallow-equal",
    "bytes",
    "continuable-cache",
    "error",
    "get-document",
    "react-universal-interface",
    "safe-json-parse",
    "string-template",
];

#[test]
fn every_package_is_known_by_its_hash_and_may_be_used() {
    let mut wrong = Vec::new();
    for lock in LOCKS {
        let packages = packages(lock);
        assert!(packages.len() > 3, "{lock} holds {} packages", packages.len());
        for (place, package) in &packages {
            wrong.extend(
                problem(place, package).map(|problem| format!("{lock}: {place} {problem}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_may_not_be_used_is_named() {
    let with = |licence: &str| serde_json::json!({"integrity": "sha512-x", "license": licence});
    assert_eq!(problem("node_modules/a", &with("(GPL-3.0 OR MIT)")), None);
    let both = problem("node_modules/a", &with("GPL-3.0 AND MIT"));
    assert_eq!(both.as_deref(), Some("has the licence GPL-3.0 AND MIT"));
    let unsaid = problem("node_modules/a", &serde_json::json!({"integrity": "sha512-x"}));
    assert_eq!(unsaid.as_deref(), Some("does not say its licence"));
    let unhashed = problem("node_modules/a", &serde_json::json!({"license": "MIT"}));
    assert_eq!(unhashed.as_deref(), Some("has no hash"));
}

fn packages(lock: &str) -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let lock: Value =
        serde_json::from_str(&std::fs::read_to_string(root.join(lock)).unwrap()).unwrap();
    let packages = lock["packages"].as_object().unwrap().clone();
    // The first one is what the lock is of.
    packages.into_iter().filter(|(place, _)| !place.is_empty()).collect()
}

fn problem(place: &str, package: &Value) -> Option<String> {
    let is_ours = package["link"] == true || !place.contains("node_modules");
    if is_ours {
        return None;
    }
    let is_hashed = package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha"));
    let name = place.rsplit("node_modules/").next().unwrap_or(place);
    match package["license"].as_str() {
        _ if !is_hashed => Some("has no hash".to_owned()),
        None if UNSAID.contains(&name) => None,
        None => Some("does not say its licence".to_owned()),
        Some(licence) if is_allowed(licence) => None,
        Some(licence) => Some(format!("has the licence {licence}")),
    }
}

/// Whether one of the choices is allowed, with all that it takes.
fn is_allowed(licence: &str) -> bool {
    let plain = licence.replace(['(', ')'], "");
    plain.split(" OR ").any(|choice| choice.split(" AND ").all(|one| ALLOWED.contains(&one.trim())))
}
