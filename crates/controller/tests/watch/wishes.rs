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

/// Writing the plan is a change of the object too, and others change what is no wish.
#[tokio::test]
async fn a_plan_that_is_only_shown_is_made_once_a_minute() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let (_emqx, relay) = scene.another_cluster(&[300, 0]).await;
        let waiting = scene.rebalance("waiting", json!({"rebalance.emqx.io/approve": "required"}));
        let dry = scene.rebalance("dry", json!({"rebalance.emqx.io/dry-run": "true"}));
        for key in [&waiting, &dry] {
            scene.until(key, |object| condition(object, "Planned").map(drop)).await;
            scene.api.state.patch(key, &annotated("somebody", "was here"));
        }
        // Meanwhile another one takes its seconds.
        let other = scene.rebalance("other", json!({"rebalance.emqx.io/url": relay.urls()}));
        assert_eq!(phase(&scene.ended(&other).await), "Completed");
        for key in [&waiting, &dry] {
            // It is created, planned and annotated.
            assert_eq!(
                scene.api.state.changes_of(key),
                3,
                "{:#}",
                scene.api.state.get(key).unwrap()
            );
        }
        let object = scene.api.state.get(&waiting).unwrap();
        assert_eq!(condition(&object, "Waiting").unwrap()["reason"], "ApprovalRequired");
        let asked = scene.api.state.asked();
        assert_eq!(asked.get("get secrets"), Some(&3), "one for each plan: {asked:?}");
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
