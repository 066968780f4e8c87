//! Reads objects of every kind as orders.

use super::{Behalf, Kind, Order, Target, Task};
use crate::adapter::STATE;
use crate::own::{LoadRebalanceSpec, NodeEvacuationSpec, OwnStatus};
use crate::resource::Rebalance;
use crate::wishes::{self, Wishes};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::DynamicObject;
use serde::Deserialize;
use serde_json::Value;

impl From<DynamicObject> for Order {
    fn from(object: DynamicObject) -> Self {
        let DynamicObject { types, metadata, mut data } = object;
        let known = types.and_then(|types| Kind::of(&types.api_version, &types.kind));
        let [spec, status] =
            ["spec", "status"].map(|part| data.get_mut(part).map(Value::take).unwrap_or_default());
        match known.unwrap_or_default() {
            kind @ Kind::Rebalance(_) => {
                Self::of_rebalance(kind, Rebalance::read(metadata, &spec, &status))
            }
            kind @ (Kind::LoadRebalance | Kind::NodeEvacuation) => {
                Self::of_own(kind, metadata, &spec, &status)
            }
        }
    }
}

impl Order {
    /// What EMQX's `Rebalance` asks for, by its fields and its annotations.
    pub(crate) fn of_rebalance(kind: Kind, object: Rebalance) -> Self {
        let (wishes, urls) = (Wishes::of(&object), wishes::urls(&object));
        let (asks_to_stop, task) = (
            wishes::asks_to_stop(&object),
            object.spec.rebalance_strategy.to_core().map(Task::Rebalance),
        );
        let Rebalance { mut metadata, spec, status, unreadable } = object;
        let state = metadata.annotations.as_mut().and_then(|all| all.remove(STATE));
        let instance = Target::Instance { kind: spec.instance_kind, name: spec.instance_name };
        Self {
            target: urls.map_or(instance, Target::Urls),
            task,
            wishes,
            asks_to_stop,
            state,
            status,
            unreadable,
            ..Self::bare(kind, of_use(metadata))
        }
    }

    fn of_own(kind: Kind, metadata: ObjectMeta, spec: &Value, status: &Value) -> Self {
        let behalf = behalf(&metadata);
        let mut order = Self { behalf, ..Self::bare(kind, of_use(metadata)) };
        match Option::<OwnStatus>::deserialize(status) {
            Ok(None) => {}
            Ok(Some(mut status)) => {
                order.state = status.state.take();
                order.status = Some(status.into());
            }
            Err(error) => order.unreadable = Some(format!("status: {error}")),
        }
        let read = match kind {
            Kind::NodeEvacuation => {
                NodeEvacuationSpec::deserialize(spec).map(|spec| spec.ask(&mut order))
            }
            _ => LoadRebalanceSpec::deserialize(spec).map(|spec| spec.ask(&mut order)),
        };
        if let Err(error) = read {
            order.unreadable = Some(format!("spec: {error}"));
        }
        order
    }
}

/// The `Rebalance` that controls the object of `metadata`.
fn behalf(metadata: &ObjectMeta) -> Option<Behalf> {
    let owners = metadata.owner_references.iter().flatten();
    let owner = owners.filter(|owner| owner.controller == Some(true)).find_map(|owner| {
        let kind = Kind::of(&owner.api_version, &owner.kind)?;
        (!kind.is_own()).then_some((kind, owner))
    });
    let (kind, owner) = owner?;
    Some(Behalf { kind, name: owner.name.clone(), uid: owner.uid.clone() })
}

/// Keeps what we work with: anybody may put a lot beside it, and all objects are in memory.
fn of_use(mut metadata: ObjectMeta) -> ObjectMeta {
    (metadata.managed_fields, metadata.owner_references) = (None, None);
    (metadata.labels, metadata.annotations) = (None, None);
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::ObjectList;
    use serde_json::json;

    fn load(spec: &Value, status: &Value) -> Order {
        serde_json::from_value(json!({
            "apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "LoadRebalance",
            "metadata": {"name": "a", "labels": {"big": "b"}}, "spec": spec, "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn whatever_an_object_of_ours_holds_the_list_is_read() {
        let items: Vec<_> = [json!(null), json!(7), json!({}), json!({"target": "a"})]
            .iter()
            .map(|part| {
                json!({
                    "apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "LoadRebalance",
                    "metadata": {"name": "bad"}, "spec": part, "status": part,
                })
            })
            .collect();
        let list = json!({
            "apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "LoadRebalanceList",
            "metadata": {}, "items": items,
        });
        let list: ObjectList<Order> = serde_json::from_value(list).unwrap();
        assert_eq!(list.items.len(), 4);
        for order in list.items {
            assert_eq!(order.kind, Kind::LoadRebalance);
            assert!(order.unreadable.is_some(), "{order:?}");
        }
    }

    #[test]
    fn the_fields_of_ours_say_what_annotations_say_of_emqx_s() {
        let ours = load(
            &json!({
                "target": {"instance": {"name": "emqx"}}, "mode": "level",
                "strategy": {"connEvictRate": 7}, "plan": {"targetOver": 0.1},
                "driver": {"maxMissingPercent": 20}, "dryRun": true, "approval": "Required",
                "reason": "JIRA-7", "force": true,
            }),
            &json!(null),
        );
        let theirs: Order = serde_json::from_value(json!({
            "apiVersion": "apps.emqx.io/v2beta1", "kind": "Rebalance",
            "metadata": {"name": "a", "annotations": {
                "rebalance.emqx.io/mode": "level", "rebalance.emqx.io/dry-run": "true",
                "rebalance.emqx.io/plan-options": r#"{"target_over": 0.1}"#,
                "rebalance.emqx.io/driver-options": r#"{"max_missing_percent": 20}"#,
                "rebalance.emqx.io/approve": "required", "rebalance.emqx.io/reason": "JIRA-7",
                "rebalance.emqx.io/force": "true",
            }},
            "spec": {"instanceName": "emqx", "rebalanceStrategy": {"connEvictRate": 7}},
        }))
        .unwrap();
        assert_eq!(ours.unreadable, None);
        assert_eq!(ours.wishes.unwrap(), theirs.wishes.unwrap());
        assert_eq!(ours.target, theirs.target);
        assert_eq!(ours.task.unwrap(), theirs.task.unwrap());
        assert_eq!(ours.metadata.labels, None, "nothing is kept that is not worked with");
    }

    #[test]
    fn every_problem_is_named_by_its_field() {
        let order = load(
            &json!({
                "target": {"instance": {"name": "emqx"}}, "strategy": {"connEvictRate": 0},
                "plan": {"planet": 7}, "driver": {"settleS": 0, "unknownOption": 1},
            }),
            &json!(null),
        );
        let task = order.task.unwrap_err().to_string();
        assert!(task.contains("`spec.strategy.connEvictRate` is `0`"), "{task}");
        let wishes = order.wishes.unwrap_err().to_string();
        for field in ["spec.plan.planet", "spec.driver.settleS", "spec.driver.unknownOption"] {
            assert!(wishes.contains(field), "{field} in {wishes}");
        }
    }
}
