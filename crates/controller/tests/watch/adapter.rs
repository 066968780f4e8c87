//! EMQX's `Rebalance` is done by the `LoadRebalance` that is made of it; what a version before has begun is
//! carried over.

use crate::api::{Faults, Key, State};
use crate::scene::{Scene, condition, finalizers, phase, within};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const STATE: &str = "rebalance.emqx.io/state";

#[tokio::test]
async fn one_is_made_done_once_and_gone_with_it() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let asked = json!({"rebalance.emqx.io/reason": "JIRA-7"});
        let key = scene.slow_rebalance("sample", asked);
        scene.in_state(&key, "wait_health_check").await;
        let object = scene.api.state.get(&key).unwrap();
        let annotations = object["metadata"]["annotations"].as_object().unwrap();
        assert_eq!(annotations.len(), 4, "what users write, and nothing else: {annotations:?}");
        assert_eq!(object["metadata"]["finalizers"], json!(["emqx-rebalance.io/stop"]));
        let made = scene.api.state.get(&scene.made_of(&key)).unwrap();
        assert_eq!(
            made["metadata"]["ownerReferences"],
            json!([{
                "apiVersion": "apps.emqx.io/v2beta1", "kind": "Rebalance", "name": "sample",
                "uid": object["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
            }])
        );
        assert_eq!(made["metadata"]["labels"]["emqx-rebalance.io/made-of"], "Rebalance");
        assert_eq!(made["spec"]["reason"], "JIRA-7");
        scene.ended(&key).await;
        assert_eq!(scene.api.state.list("loadrebalances").len(), 1);
        assert_eq!(scene.relay.starts(), 1);
        let told = scene.api.state.list("events");
        let told: Vec<_> = told.iter().map(|event| &event["regarding"]["kind"]).collect();
        assert!(!told.is_empty() && told.iter().all(|kind| **kind == "Rebalance"), "{told:?}");
        let made = scene.made_of(&key);
        scene.api.state.delete(&key);
        scene.gone(&key).await;
        scene.gone(&made).await;
    };
    within(60, test).await;
}

/// Whoever deletes it stops the run, and nobody begins it again.
#[tokio::test]
async fn what_was_made_is_deleted_by_hand() {
    let test = async {
        let scene = Scene::of(&[3000, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.api.state.delete(&scene.made_of(&key));
        let object = scene.ended(&key).await;
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "Stopped", "{object:#}");
        assert!(!scene.is_rebalancing());
        assert_eq!(scene.relay.starts(), 1);
    };
    within(60, test).await;
}

#[tokio::test]
async fn a_definition_that_is_not_there_is_waited_for() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let refusals = vec![("post loadrebalances", 404)];
        scene.api.state.break_it(Faults { refusals, ..Faults::default() });
        let key = scene.rebalance("sample", json!({}));
        let waits = |object: &Value| condition(object, "Waiting").cloned();
        let waiting = scene.until(&key, waits).await;
        assert_eq!(waiting["reason"], "DefinitionMissing");
        scene.api.state.break_it(Faults::default());
        let touched = json!({"metadata": {"annotations": {"somebody": "looks"}}});
        scene.api.state.patch(&key, &touched);
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
    };
    within(60, test).await;
}

/// A `Rebalance` as a version before leaves it in the midst of EMQX's run.
async fn left_behind(state: &str) -> (Scene, Key) {
    let mut scene = Scene::of(&[300, 0]).await;
    let key = scene.slow_rebalance("sample", json!({}));
    scene.in_state(&key, state).await;
    scene.kill_controller().await;
    let made = scene.made_of(&key);
    let kept = scene.api.state.get(&made).unwrap()["status"]["state"].clone();
    assert!(kept.is_string());
    let before = json!({"metadata": {
        "annotations": { STATE: kept }, "finalizers": ["apps.emqx.io/finalizer"],
    }});
    scene.api.state.patch(&key, &before);
    scene.api.state.patch(&made, &json!({"metadata": {"finalizers": null}}));
    scene.api.state.delete(&made);
    (scene, key)
}

#[tokio::test]
async fn what_a_version_before_began_is_carried_over() {
    let test = async {
        let (mut scene, key) = left_behind("wait_health_check").await;
        let began = scene.api.state.get(&key).unwrap()["status"]["startedTime"].clone();
        scene.start_controller();
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(object["status"]["startedTime"], began);
        assert_eq!(scene.relay.starts(), 1);
        assert!(object["metadata"]["annotations"].get(STATE).is_none(), "{object:#}");
    };
    within(60, test).await;
}

/// Each step stands there before the next one.
#[tokio::test]
async fn whoever_carries_it_over_may_die_at_any_step() {
    let test = async {
        let (mut scene, key) = left_behind("wait_health_check").await;
        let says = |object: &Value, text: &str| {
            let state = object["metadata"]["annotations"][STATE].as_str().unwrap_or_default();
            state.starts_with(text).then_some(())
        };
        // What is refused keeps it at its step; each controller but the last dies there.
        for (refused, text) in [
            ("post loadrebalances", "carrying:"),
            ("patch loadrebalances/status with a state", "carrying:"),
        ] {
            let refusals = vec![(refused, 503)];
            scene.api.state.break_it(Faults { refusals, ..Faults::default() });
            let asked = scene.api.state.asked();
            scene.start_controller();
            scene.until(&key, |object| says(object, text)).await;
            let verb = format!("{} loadrebalances", refused.split(' ').next().unwrap());
            let count =
                |asked: &BTreeMap<String, u64>| asked.get(&verb).copied().unwrap_or_default();
            let tried = |now: &State| (count(&now.asked()) > count(&asked)).then_some(());
            scene.api.state.until(tried).await;
            scene.kill_controller().await;
        }
        scene.api.state.break_it(Faults::default());
        scene.start_controller();
        scene.until(&key, |object| says(object, "carried")).await;
        scene.kill_controller().await;
        scene.start_controller();
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(scene.relay.starts(), 1);
        assert_eq!(finalizers(&object), 0);
    };
    within(90, test).await;
}

#[tokio::test]
async fn what_a_version_before_began_is_stopped_by_its_deletion() {
    let test = async {
        let (mut scene, key) = left_behind("evicting_conns").await;
        scene.api.state.delete(&key);
        scene.start_controller();
        scene.gone(&key).await;
        assert!(!scene.is_rebalancing());
        assert_eq!(scene.relay.starts(), 1);
    };
    within(60, test).await;
}

/// The process of that version runs on: it sees that the object is not its own any more.
#[tokio::test]
async fn what_is_carried_over_is_marked_until_its_end() {
    let test = async {
        let (mut scene, key) = left_behind("wait_health_check").await;
        scene.start_controller();
        scene.in_state(&key, "wait_takeover").await;
        let object = scene.api.state.get(&key).unwrap();
        assert_eq!(object["metadata"]["annotations"][STATE], "carried");
        let second = scene.load_rebalance("second", 1, json!({}));
        let reason = |o: &Value| {
            let waiting = condition(o, "Waiting")?["reason"].as_str()?;
            (waiting == "OtherRebalance").then_some(())
        };
        scene.until(&second, reason).await;
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
    };
    within(60, test).await;
}
