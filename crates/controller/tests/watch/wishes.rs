//! What annotations ask for: a dry run, approval, a stop.

use crate::scene::{Scene, condition, has_state, phase, within};
use serde_json::{Value, json};

fn annotated(name: &str, value: &str) -> Value {
    json!({"metadata": {"annotations": {name: value}}})
}

#[tokio::test]
async fn a_dry_run_plans_and_starts_nothing_until_it_is_none() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({"rebalance.emqx.io/dry-run": "true"}));
        let message = scene
            .until(&key, |object| {
                Some(condition(object, "Planned")?["message"].as_str()?.to_owned())
            })
            .await;
        assert!(message.starts_with("1 run, about"), "{message}");
        let object = scene.api.state.get(&key).unwrap();
        assert_eq!((phase(&object), has_state(&object)), ("", false));
        assert_eq!(scene.relay.starts(), 0);
        scene.api.state.patch(&key, &annotated("rebalance.emqx.io/dry-run", "false"));
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(60, test).await;
}

#[tokio::test]
async fn a_plan_waits_for_approval() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({"rebalance.emqx.io/approve": "required"}));
        scene
            .until(&key, |object| {
                let waiting = condition(object, "Waiting")?;
                (waiting["reason"] == "ApprovalRequired").then_some(())
            })
            .await;
        assert_eq!(scene.relay.starts(), 0);
        scene.api.state.patch(&key, &annotated("rebalance.emqx.io/approve", "yes"));
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
    };
    within(60, test).await;
}

#[tokio::test]
async fn a_stop_ends_the_runs_and_keeps_the_object() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.api.state.patch(&key, &annotated("rebalance.emqx.io/stop", "true"));
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Failed", "{object:#}");
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "Stopped");
        assert!(!scene.is_rebalancing());
    };
    within(60, test).await;
}

#[tokio::test]
async fn bad_wishes_are_named_at_once() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({"rebalance.emqx.io/mode": "sideways"}));
        let object = scene.ended(&key).await;
        let failed = condition(&object, "Failed").unwrap();
        assert_eq!(failed["reason"], "ConfigInvalid");
        let message = failed["message"].as_str().unwrap();
        assert!(message.contains("`rebalance.emqx.io/mode` is `sideways`"), "{message}");
        assert_eq!(scene.relay.starts(), 0);
    };
    within(60, test).await;
}
