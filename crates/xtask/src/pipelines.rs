//! What the hosted pipelines may be made of: `cargo xtask …`, so that nothing lives in YAML that
//! cannot be run by hand.

use crate::Args;
use crate::folders::root;
use clap::CommandFactory;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Actions that are used: what sets a machine up before the first `cargo xtask`, and what only the forge can do, which is
/// to keep files between jobs, to attest where they were made, and to exchange its word for a registry's key.
const ACTIONS: [&str; 8] = [
    "actions/attest-build-provenance",
    "actions/checkout",
    "actions/download-artifact",
    "actions/setup-node",
    "actions/setup-python",
    "actions/upload-artifact",
    "rust-lang/crates-io-auth-action",
    "taiki-e/install-action",
];
/// The jobs that publish, and what each may write. All others may only read.
const PUBLISHING: [(&str, &[&str]); 4] = [
    ("attest", &["attestations", "id-token"]),
    ("pypi", &["id-token"]),
    ("npm", &["id-token"]),
    ("crates", &["id-token"]),
];

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yml");
    entries.filter(is_yaml).collect()
}

fn parse(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every job of every workflow, with where it stands.
fn jobs() -> Vec<(String, Value)> {
    let jobs_of = |path: PathBuf| {
        let workflow = parse(&path);
        let jobs = workflow["jobs"].as_object().unwrap().clone();
        jobs.into_iter().map(move |(name, job)| (format!("{}: {name}", path.display()), job))
    };
    let jobs: Vec<_> = yaml_files(".github/workflows").into_iter().flat_map(jobs_of).collect();
    assert!(jobs.len() > 3, "no workflows");
    jobs
}

/// Every step with every value of its job's matrix.
fn steps() -> Vec<(String, Value)> {
    let steps_of = |(place, job): (String, Value)| {
        let matrix = job["strategy"]["matrix"].as_object().cloned().unwrap_or_default();
        let steps = job["steps"].as_array().unwrap().clone();
        let expanded = steps.into_iter().flat_map(move |step| expanded(step, &matrix));
        expanded.map(move |step| (place.clone(), step))
    };
    jobs().into_iter().flat_map(steps_of).collect()
}

/// `step` with each value of the matrix where it names one.
fn expanded(step: Value, matrix: &Map<String, Value>) -> Vec<Value> {
    matrix.iter().fold(vec![step], |steps, (name, values)| {
        let mark = format!("${{{{ matrix.{name} }}}}");
        let with = |step: &Value, value: &Value| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            serde_json::from_str(&step.to_string().replace(&mark, &value)).unwrap()
        };
        let values = values.as_array().unwrap();
        steps.iter().flat_map(|step| values.iter().map(|value| with(step, value))).collect()
    })
}

/// Why a step must not be in a workflow.
fn fault(step: &Value) -> Option<String> {
    if let Some(uses) = step["uses"].as_str() {
        let (action, version) = uses.split_once('@')?;
        let is_known = ACTIONS.contains(&action) && !version.is_empty();
        return (!is_known).then(|| format!("{uses} is not among the actions that are used"));
    }
    let Some(line) = step["run"].as_str() else { return Some("it does nothing".to_owned()) };
    let Some(asked) = line.strip_prefix("cargo xtask ") else {
        return Some(format!("{line:?} is a script: make it a command of xtask"));
    };
    let words = ["xtask"].into_iter().chain(asked.split(' '));
    let understood = Args::command().try_get_matches_from(words);
    understood.err().map(|error| format!("cargo xtask {asked}: {error}"))
}

#[test]
fn every_step_is_a_command_of_xtask() {
    let mut asked = 0;
    for (place, step) in steps() {
        assert_eq!(fault(&step), None, "{place}");
        asked += usize::from(step["run"].is_string());
    }
    assert!(asked > 3, "no step runs anything");
}

#[test]
fn scripts_unknown_commands_and_strange_actions_are_found() {
    for step in [
        r#"{"run": "cargo test"}"#,
        r#"{"run": "cargo xtask lint\ncargo xtask test"}"#,
        r#"{"run": "cargo xtask lint && rm x"}"#,
        r#"{"run": "cargo xtask no-such"}"#,
        r#"{"uses": "somebody/else@v1"}"#,
        r#"{"name": "nothing"}"#,
    ] {
        assert!(fault(&serde_json::from_str(step).unwrap()).is_some(), "{step}");
    }
    assert_eq!(fault(&serde_json::from_str(r#"{"run": "cargo xtask lint"}"#).unwrap()), None);
}

#[test]
fn every_job_ends_and_no_workflow_may_write() {
    for (place, job) in jobs() {
        assert!(job["timeout-minutes"].is_u64(), "{place} has no timeout-minutes");
        assert_eq!(written_by(&job), may_write(&place), "{place}");
    }
    for path in yaml_files(".github/workflows") {
        let rights = parse(&path)["permissions"].clone();
        assert_eq!(rights, serde_json::json!({"contents": "read"}), "{}", path.display());
    }
}

/// What a job may write, by its own word.
fn written_by(job: &Value) -> Vec<&str> {
    let rights = job["permissions"].as_object().into_iter().flatten();
    rights.filter(|(_, right)| *right != "read").map(|(name, _)| name.as_str()).collect()
}

/// What the job at `place` must be able to write, and nothing else.
fn may_write(place: &str) -> Vec<&'static str> {
    let (workflow, job) = place.rsplit_once(": ").unwrap();
    let found =
        PUBLISHING.iter().filter(|(name, _)| *name == job && workflow.ends_with("release.yml"));
    found.flat_map(|(_, rights)| rights.iter().copied()).collect()
}

/// What the packages say they run on is what the hosted tests run them on.
#[test]
fn the_matrices_have_the_versions_that_are_promised() {
    let matrices: BTreeSet<String> = jobs()
        .iter()
        .filter_map(|(_, job)| job["strategy"]["matrix"].as_object())
        .flat_map(|matrix| matrix.values())
        .flat_map(|values| values.as_array().unwrap())
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect();
    let python = fs::read_to_string(root().join("python/pyproject.toml")).unwrap();
    let mark = "Programming Language :: Python :: 3.";
    let promised = python.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap());
    let promised = promised.map(|minor| format!("3.{minor}"));
    let others = ["20", "22", "24", "ubuntu-latest", "macos-latest", "windows-latest"];
    for version in promised.chain(others.map(str::to_owned)) {
        assert!(matrices.contains(&version), "{version} is in no matrix: {matrices:?}");
    }
}

/// The forge reads these without telling anybody that it could not.
#[test]
fn what_the_forge_reads_is_yaml() {
    for path in yaml_files(".github/ISSUE_TEMPLATE") {
        assert!(parse(&path).is_object(), "{}", path.display());
    }
    let bot = parse(&root().join(".github/dependabot.yml"));
    let updates = bot["updates"].as_array().unwrap();
    assert!(!updates.is_empty());
    for update in updates {
        let one = update["directory"].as_str().map(str::to_owned).into_iter();
        let many = update["directories"].as_array().into_iter().flatten();
        let folders = one.chain(many.map(|folder| folder.as_str().unwrap().to_owned()));
        for folder in folders {
            assert!(root().join(folder.trim_start_matches('/')).is_dir(), "{folder}");
        }
    }
}
