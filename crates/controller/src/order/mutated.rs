//! Objects that somebody has broken: each is read as an order, or as one that cannot be read, and nothing panics.

use super::Order;
use emqx_rebalance_testkit::cases::cases;
use emqx_rebalance_testkit::mutate::{changed, changes};
use kube::core::DynamicObject;
use proptest::prelude::*;
use serde_json::{Value, json};

const WORDS: [&str; 12] = [
    "LoadRebalance",
    "NodeEvacuation",
    "Rebalance",
    "emqx-rebalance.io/v1alpha1",
    "apps.emqx.io/v2beta1",
    "level",
    "Processing",
    "Completed",
    "http://[::1]:18083",
    "2026-01-01T00:00:00Z",
    "1.3",
    "{\"version\": 1}",
];

fn objects() -> [Value; 3] {
    let metadata = json!({
        "name": "a", "namespace": "mqtt", "uid": "0b0e7f3c-5a52-4d43-9d3b-8c1a5c1f2e9d", "generation": 2,
        "creationTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["emqx-rebalance.io/run"],
    });
    let annotations = json!({
        "rebalance.emqx.io/mode": "level", "rebalance.emqx.io/url": "http://a:18083",
        "rebalance.emqx.io/plan-options": "{\"weights\": {\"a@b\": 2}}", "rebalance.emqx.io/state": "{}",
    });
    let mut annotated = metadata.clone();
    annotated["annotations"] = annotations;
    let target = json!({"urls": ["http://a:18083"], "secretName": "emqx-key"});
    let status = json!({"phase": "Processing", "state": "{}", "observedGeneration": 1, "conditions": [
        {"type": "Ready", "status": "True", "reason": "x", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
    ]});
    [
        json!({"apiVersion": "apps.emqx.io/v2beta1", "kind": "Rebalance", "metadata": annotated,
            "spec": {"instanceName": "emqx", "rebalanceStrategy": {"connEvictRate": 7, "relConnThreshold": "1.3"}},
            "status": {"phase": "Processing", "rebalances": [{"node": "a@h", "state": "evicting_conns"}]}}),
        json!({"apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "LoadRebalance", "metadata": metadata,
            "spec": {"target": target, "mode": "level", "strategy": {"connEvictRate": 7}, "plan": {"maxUnavailable": 2},
                "driver": {"settleS": 9}, "stop": false, "reason": "x"}, "status": status}),
        json!({"apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "NodeEvacuation", "metadata": metadata,
            "spec": {"target": target, "node": "a@h", "strategy": {"connEvictRate": 7}}, "status": status}),
    ]
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_broken_object_is_read_as_far_as_it_can_be(which in 0..3_usize, changes in changes(&WORDS)) {
        let object = changed(objects()[which].clone(), &changes, "-");
        // What the API server would not take is no object.
        if let Ok(object) = serde_json::from_value::<DynamicObject>(object) {
            let order = Order::from(object);
            let _ = (order.full_name(), order.is_ended(), order.has_begun(), order.is_deleted());
            let told = order.unreadable.unwrap_or_default();
            prop_assert!(told.chars().count() < 110_000, "{} characters", told.chars().count());
        }
    }
}
