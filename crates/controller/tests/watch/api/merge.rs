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

/// Drops the status fields that EMQX's own definition does not know.
pub(crate) fn prune(object: &mut Value) {
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        let known = ["conditions", "phase", "rebalanceStates", "startedTime", "completedTime"];
        status.retain(|name, _| known.contains(&name.as_str()));
    }
}
