//! Reads files: snapshots as JSON, options as JSON or YAML.

use emqx_rebalance_client::{MAX_FILE, MAX_SECRET, Source, read_bounded, read_to_bound};
use emqx_rebalance_core::{Contract, Error, ErrorKind, Options, Plan, Problem, Result, Snapshot};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::fmt::Display;
use std::io;
use std::path::Path;

/// Reads a snapshot from a JSON file, or from standard input for `-`.
///
/// # Errors
/// `config_invalid` if the file cannot be read or is not exactly one valid snapshot.
pub(crate) fn snapshot(path: &Path) -> Result<Snapshot> {
    let text = text(path, MAX_FILE)?;
    serde_json::from_str::<IgnoredAny>(&text).map_err(|error| {
        if error.to_string().starts_with("trailing characters") {
            return bad_file("the file holds more than one JSON document, give one", path, &error);
        }
        bad_file("not a snapshot", path, &error)
    })?;
    Snapshot::read(&mut serde_json::Deserializer::from_str(&text))
        .map_err(|error| error.with("file", path.display()))
}

/// Reads a plan that `plan --output json` wrote, from a file or from standard input for `-`.
///
/// # Errors
/// `config_invalid` if the file cannot be read, or is no plan of a version that is understood here.
pub(crate) fn plan(path: &Path) -> Result<Plan> {
    let text = text(path, MAX_FILE)?;
    let plan: Plan = serde_json::from_str(&text)
        .map_err(|error| bad_file("not a plan of `plan --output json`", path, &error))?;
    // What is started must be what was approved, so nothing of a later version may be passed over.
    let known = Contract::Plan.version();
    if plan.version != known {
        let problem = Problem::new("version", plan.version, known.to_string());
        return Err(Error::invalid("plan", vec![problem]).with("file", path.display()));
    }
    Ok(plan)
}

/// Reads an object of options from a JSON or YAML file, or from standard input for `-`. JSON is
/// YAML, so one reader does for both.
///
/// # Errors
/// `config_invalid` if the file cannot be read, is no object, or names an option twice.
pub(crate) fn options(path: &Path, what: &str) -> Result<Map<String, Value>> {
    match yaml(path, what)? {
        Value::Object(options) => Ok(options),
        Value::Null => Ok(Map::new()),
        _ => Err(bad_file(&format!("not a {what}"), path, &"expected an object of options")),
    }
}

/// Reads a reconnect profile from a JSON or YAML file. The core checks it, with all else.
///
/// # Errors
/// `config_invalid` if the file cannot be read or holds neither.
pub(crate) fn profile(path: &Path) -> Result<Value> {
    match yaml(path, "reconnect profile")? {
        Value::Null => Err(bad_file("not a reconnect profile", path, &"the file is empty")),
        value => Ok(value),
    }
}

/// Reads a list from a JSON or YAML file, or from standard input for `-`.
///
/// # Errors
/// `config_invalid` if the file cannot be read or is no list.
pub(crate) fn list(path: &Path, what: &str) -> Result<Vec<Value>> {
    match yaml(path, what)? {
        Value::Array(list) => Ok(list),
        Value::Null => Ok(Vec::new()),
        _ => Err(bad_file(&format!("not a {what}"), path, &"expected a list")),
    }
}

fn yaml(path: &Path, what: &str) -> Result<Value> {
    serde_saphyr::from_str(&text(path, MAX_FILE)?)
        .map_err(|error| bad_file(&format!("not a {what}"), path, &yaml_words(&error.to_string())))
}

/// The first line of a YAML error, without the reader's advice to programmers.
fn yaml_words(error: &str) -> &str {
    let line = error.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    line.split_once(", set DuplicateKeyPolicy").map_or(line, |(words, _)| words)
}

/// Reads options of the core from their JSON, with the core's own checks.
///
/// # Errors
/// `config_invalid` with every problem.
pub(crate) fn checked<T: Options>(options: Map<String, Value>) -> Result<T> {
    T::read(Value::Object(options))
}

/// `problem`, which is in `file`.
pub(crate) fn in_file(problem: &Problem, file: &str) -> Problem {
    let bound = format!("{}, in {file}", problem.bound);
    Problem::new(problem.field.as_str(), &problem.value, bound)
}

/// Reads a secret from a file, without the line end that editors add.
///
/// # Errors
/// `config_invalid` if the file cannot be read or is empty.
pub(crate) fn secret(path: &Path) -> Result<String> {
    let text = text(path, MAX_SECRET)?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err(bad_file("the file is empty", path, &"expected a secret"));
    }
    Ok(secret.to_owned())
}

/// Whether a path means standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads a text from a file, or from standard input for `-`.
///
/// # Errors
/// `config_invalid` if the file cannot be read, or is longer than `max` bytes.
pub(crate) fn text(path: &Path, max: u64) -> Result<String> {
    let bytes = match path {
        path if is_stdin(path) => read_to_bound(io::stdin(), max),
        path => read_bounded(path, Source::FileOrPipe, max),
    };
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    text.map_err(|error| bad_file("cannot read the file", path, &error))
}

fn bad_file(message: &str, path: &Path, why: &dyn Display) -> Error {
    Error::new(ErrorKind::ConfigInvalid, message).with("file", path.display()).with("why", why)
}
