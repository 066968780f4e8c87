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

/// Makes of the status that somebody applies a merge patch of the one that he applied before: what he
/// says no more goes, at every depth. The state he writes otherwise.
pub(crate) fn applied(old: &Value, mut patch: Value) -> Value {
    let mut before = old["status"].clone();
    before.as_object_mut().map(|status| status.remove("state"));
    take_away(&before, &mut patch["status"]);
    patch
}

/// Names in `patch` as null what `before` has and it has not.
fn take_away(before: &Value, patch: &mut Value) {
    let (Value::Object(before), Value::Object(patch)) = (before, patch) else { return };
    for (name, value) in before {
        take_away(value, patch.entry(name.clone()).or_insert(Value::Null));
    }
}

/// Drops the status fields that EMQX's own definition does not know.
pub(crate) fn prune(object: &mut Value) {
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        let known = ["conditions", "phase", "rebalanceStates", "startedTime", "completedTime"];
        status.retain(|name, _| known.contains(&name.as_str()));
    }
}
