//! Reads objects that may hold anything.

use super::{Rebalance, RebalanceSpec, RebalanceStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

impl Rebalance {
    /// The object of these parts, as the API server has them: it sees to the metadata, and to little else
    /// where EMQX's own definition is installed.
    pub(crate) fn read(metadata: ObjectMeta, spec: &Value, status: &Value) -> Self {
        let mut problems = Vec::new();
        let read = RebalanceSpec::deserialize(spec).unwrap_or_else(|error| {
            let why = if spec.is_null() { "it is missing".to_owned() } else { error.to_string() };
            problems.push(format!("spec: {why}"));
            RebalanceSpec::default()
        });
        let status = Option::<RebalanceStatus>::deserialize(status).unwrap_or_else(|error| {
            problems.push(format!("status: {error}"));
            Some(the_essential(status))
        });
        let unreadable = (!problems.is_empty()).then(|| problems.join("; "));
        Self { metadata, spec: read, status, unreadable }
    }
}

/// Whether it has ended, and what was said of it, of a status that is not one that we know.
fn the_essential(status: &Value) -> RebalanceStatus {
    let part = |name: &str| status.get(name).unwrap_or(&Value::Null);
    RebalanceStatus {
        phase: part("phase").as_str().map(str::to_owned),
        conditions: Option::deserialize(part("conditions")).unwrap_or_default(),
        ..RebalanceStatus::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Order;
    use kube::core::ObjectList;
    use serde_json::json;

    fn read(object: Value) -> Order {
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn whatever_an_object_holds_the_list_is_read() {
        let good = json!({
            "metadata": {"name": "good"},
            "spec": {"instanceName": "emqx", "rebalanceStrategy": {"connEvictRate": 5}},
        });
        let mut objects = vec![good];
        for spec in [json!(null), json!("text"), json!({}), json!([[]]), json!({"instanceName": 1})]
        {
            for status in [json!(null), json!(7), json!({"phase": []}), json!({"conditions": {}})] {
                objects.push(json!({"metadata": {"name": "bad"}, "spec": spec, "status": status}));
            }
        }
        objects.push(json!({"metadata": {"name": "bare"}}));
        let list = json!({
            "apiVersion": "apps.emqx.io/v2beta1", "kind": "RebalanceList", "metadata": {},
            "items": objects,
        });
        let list: ObjectList<Order> = serde_json::from_value(list).unwrap();
        assert_eq!(list.items.len(), objects.len());
        let unreadable = list.items.iter().filter(|object| object.unreadable.is_some()).count();
        assert_eq!(unreadable, objects.len() - 1);
    }

    #[test]
    fn it_is_said_what_cannot_be_read() {
        let bare = read(json!({"metadata": {"name": "bare"}}));
        assert_eq!(bare.unreadable.as_deref(), Some("spec: it is missing"));
        let strategy = json!({"connEvictRate": "fast"});
        let wrong = json!({"spec": {"instanceName": "a", "rebalanceStrategy": strategy}});
        let why = read(wrong).unreadable.unwrap();
        assert!(why.starts_with("spec: ") && why.contains("fast"), "{why}");
    }

    #[test]
    fn an_end_is_seen_in_a_status_of_another_kind_too() {
        let status = json!({"phase": "Completed", "progress": "lots", "conditions": [
            {"type": "Completed", "status": "True"},
        ]});
        let object = read(json!({"status": status}));
        assert!(object.is_ended());
        assert_eq!(object.status.unwrap().conditions.unwrap().len(), 1);
    }
}
