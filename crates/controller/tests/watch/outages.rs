//! EMQX or Kubernetes is away, or others write to the object: none of it fails a rebalance.

use crate::api::{Faults, Key};
use crate::scene::{Scene, condition, phase, within};
use serde_json::json;

#[tokio::test]
async fn emqx_is_down_at_first() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 0]).await;
        scene.emqx.with(|simulation| {
            simulation.cluster.kill(0);
            simulation.cluster.kill(1);
        });
        let key = scene.rebalance("sample", json!({}));
        scene.start_controller();
        scene
            .until(&key, |object| {
                let waiting = condition(object, "Waiting")?;
                (waiting["reason"] == "EmqxUnreachable").then_some(())
            })
            .await;
        assert_eq!(phase(&scene.api.state.get(&key).unwrap()), "");
        scene.emqx.with(|simulation| {
            simulation.cluster.restart(0);
            simulation.cluster.restart(1);
        });
        let object = scene.ended(&key).await;
        // The clients of nodes that died are spread evenly now, or not: either way there is a verdict.
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert!(condition(&object, "Waiting").is_none());
    };
    within(90, test).await;
}

#[tokio::test]
async fn kubernetes_is_away_while_emqx_rebalances() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.api.state.break_it(Faults { is_down: true, ..Faults::default() });
        scene.quiet_again().await;
        scene.api.state.break_it(Faults::default());
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(90, test).await;
}

#[tokio::test]
async fn kubernetes_is_away_while_the_start_is_to_be_kept() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.api.state.break_it(Faults { is_down: true, ..Faults::default() });
        scene.start_controller();
        assert_eq!(scene.relay.starts(), 0);
        scene.api.state.break_it(Faults::default());
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(90, test).await;
}

/// The start is decided and cannot be stored; meanwhile somebody changes their mind.
async fn called_off(call_off: impl FnOnce(&Scene, &Key)) -> Scene {
    let mut scene = Scene::quiet(&[300, 0]).await;
    // The finalizer, the state without a start, and what is about to be done.
    scene.api.state.break_it(Faults { writes_left: Some(3), ..Faults::default() });
    let key = scene.rebalance("sample", json!({}));
    scene.start_controller();
    scene.api.state.until_refused().await;
    assert_eq!(phase(&scene.api.state.get(&scene.made_of(&key)).unwrap()), "Processing");
    call_off(&scene, &key);
    scene.api.state.break_it(Faults::default());
    scene
}

#[tokio::test]
async fn a_start_that_was_never_stored_is_not_sent_after_a_deletion() {
    let test = async {
        let scene = called_off(|scene, key| scene.api.state.delete(key)).await;
        scene.gone(&Key::new("rebalances", "sample")).await;
        assert_eq!(scene.relay.starts(), 0);
    };
    within(90, test).await;
}

#[tokio::test]
async fn a_start_that_was_never_stored_is_not_sent_after_a_stop() {
    let test = async {
        let stop = json!({"metadata": {"annotations": {"rebalance.emqx.io/stop": "true"}}});
        let scene = called_off(|scene, key| scene.api.state.patch(key, &stop)).await;
        let object = scene.ended(&Key::new("rebalances", "sample")).await;
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "Stopped");
        assert_eq!(scene.relay.starts(), 0);
    };
    within(90, test).await;
}

/// A right that is missing is said, and waited for.
#[tokio::test]
async fn kubernetes_forbids_something() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        for what in [
            "get secrets",
            "patch rebalances",
            "post loadrebalances",
            "get loadrebalances",
            "patch loadrebalances",
            "patch loadrebalances/status with a state",
        ] {
            let refusals = vec![(what, 403)];
            scene.api.state.break_it(Faults { refusals, ..Faults::default() });
            let key = scene.rebalance(&what.replace([' ', '/'], "-"), json!({}));
            let message = scene
                .until(&key, |object| {
                    let waiting = condition(object, "Waiting")?;
                    (waiting["reason"] == "KubernetesRefuses").then(|| waiting["message"].clone())
                })
                .await;
            assert_eq!(message, "Forbidden", "in the API's own words");
            assert_eq!(phase(&scene.api.state.get(&key).unwrap()), "");
            scene.api.state.break_it(Faults::default());
            assert_eq!(phase(&scene.ended(&key).await), "Completed");
        }
    };
    within(90, test).await;
}

/// Such as one that is too large.
#[tokio::test]
async fn a_state_that_kubernetes_does_not_take_ends_it_before_anything_is_started() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let refusals = vec![("patch loadrebalances/status with a state", 422)];
        scene.api.state.break_it(Faults { refusals, ..Faults::default() });
        let key = scene.rebalance("sample", json!({}));
        let object = scene.ended(&key).await;
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "KubernetesRefuses");
        assert_eq!(scene.relay.starts(), 0);
    };
    within(60, test).await;
}

#[tokio::test]
async fn every_write_meets_changes_of_others() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        scene.api.state.break_it(Faults { conflicts: 60, ..Faults::default() });
        let key = scene.rebalance("sample", json!({}));
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(scene.relay.starts(), 1);
        assert!(object["metadata"]["annotations"]["storm"].is_string());
        assert!(scene.api.state.faults().conflicts < 60);
    };
    within(90, test).await;
}

#[tokio::test]
async fn the_state_is_taken_away() {
    let test = async {
        let mut scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.kill_controller().await;
        scene.api.state.patch_status(&scene.made_of(&key), &json!({"status": {"state": null}}));
        scene.start_controller();
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Failed", "{object:#}");
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "StateLost");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(60, test).await;
}

/// The leader changed without the old one knowing: what it writes is refused, and it lets go.
#[tokio::test]
async fn two_controllers_start_nothing_twice() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.start_controller();
        let second = scene.another_controller();
        let object = scene.ended(&key).await;
        second.abort();
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(90, test).await;
}
