//! The recordings of `tests/contract`.

use http::Response;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// One recorded file: its name with the version's folder, and its rows.
pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) rows: Vec<Value>,
}

/// The recordings whose file name `wanted` accepts. Fails if a version has none.
pub(crate) fn recordings(wanted: impl Fn(&str) -> bool) -> Vec<Recording> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/contract");
    let mut found = Vec::new();
    for version in ["5.3.2", "5.8.8", "6.0.3"] {
        let mut names: Vec<String> = fs::read_dir(root.join(version))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".json") && wanted(name))
            .collect();
        names.sort();
        assert!(!names.is_empty(), "no recordings of {version}");
        for name in names {
            let text = fs::read_to_string(root.join(version).join(&name)).unwrap();
            let rows = serde_json::from_str(&text).unwrap();
            found.push(Recording { name: format!("{version}/{name}"), rows });
        }
    }
    found
}

/// The answer as it came over the wire: JSON as JSON, what was not JSON as it is.
pub(crate) fn response(status: &Value, body: &Value) -> Option<Response<Vec<u8>>> {
    let status = u16::try_from(status.as_u64()?).unwrap();
    let bytes = match body {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        json => json.to_string().into_bytes(),
    };
    Some(Response::builder().status(status).body(bytes).unwrap())
}

/// The names in a recorded list.
pub(crate) fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}
