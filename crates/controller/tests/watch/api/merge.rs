//! Patches, as RFC 7386 and Kubernetes have them.

use serde_json::{Map, Value};

/// A merge patch.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// A strategic merge of conditions: each is found by its type.
pub(crate) fn strategic(target: &mut Value, patch: &Value) {
    let mut conditions = target["status"]["conditions"].as_array().cloned().unwrap_or_default();
    for new in patch["status"]["conditions"].as_array().unwrap() {
        conditions.retain(|old| old["type"] != new["type"]);
        conditions.push(new.clone());
    }
    target["status"]["conditions"] = Value::Array(conditions);
}

/// Drops the status fields that EMQX's own definition does not know.
pub(crate) fn prune(object: &mut Value) {
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        let known = ["conditions", "phase", "rebalanceStates", "startedTime", "completedTime"];
        status.retain(|name, _| known.contains(&name.as_str()));
    }
}
