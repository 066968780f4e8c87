//! `kubectl delete` in every phase: the runs are stopped, and the object goes.

use crate::scene::{Scene, phase, within};
use serde_json::json;

async fn deleted_in(state: &str) {
    let scene = Scene::of(&[300, 0]).await;
    let key = scene.slow_rebalance("sample", json!({}));
    scene.in_state(&key, state).await;
    scene.api.state.delete(&key);
    scene.gone(&key).await;
    assert!(!scene.is_rebalancing());
    assert_eq!(scene.relay.starts(), 1);
}

#[tokio::test]
async fn while_load_balancers_are_given_time() {
    within(60, deleted_in("wait_health_check")).await;
}

#[tokio::test]
async fn while_connections_are_evicted() {
    within(60, deleted_in("evicting_conns")).await;
}

#[tokio::test]
async fn while_sessions_are_taken_over() {
    within(60, deleted_in("wait_takeover")).await;
}

#[tokio::test]
async fn while_sessions_are_moved() {
    within(60, deleted_in("evicting_sessions")).await;
}

#[tokio::test]
async fn after_the_end() {
    let test = async {
        let scene = Scene::of(&[100, 100]).await;
        let key = scene.rebalance("sample", json!({}));
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
        scene.api.state.delete(&key);
        scene.gone(&key).await;
    };
    within(60, test).await;
}

#[tokio::test]
async fn while_emqx_is_gone() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.emqx.with(|simulation| {
            simulation.cluster.kill(0);
            simulation.cluster.kill(1);
        });
        scene.api.state.delete(&key);
        scene.gone(&key).await;
    };
    within(120, test).await;
}

#[tokio::test]
async fn while_emqx_is_gone_and_the_controller_is_a_new_one() {
    let test = async {
        let mut scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.kill_controller().await;
        scene.emqx.with(|simulation| {
            simulation.cluster.kill(0);
            simulation.cluster.kill(1);
        });
        scene.api.state.delete(&key);
        scene.start_controller();
        scene.gone(&key).await;
    };
    within(120, test).await;
}

/// Somebody takes the finalizer away, and the object with it.
#[tokio::test]
async fn by_force() {
    let test = async {
        let scene = Scene::of(&[3000, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.api.state.delete(&key);
        scene.api.state.patch(&key, &json!({"metadata": {"finalizers": null}}));
        scene.gone(&key).await;
        scene.quiet_again().await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
    };
    within(60, test).await;
}

/// The start is on its way then: it arrives, and is stopped.
#[tokio::test]
async fn by_force_while_the_start_is_on_its_way() {
    let test = async {
        let scene = Scene::of(&[3000, 0]).await;
        scene.relay.hold_starts(true);
        let key = scene.rebalance("sample", json!({}));
        scene.relay.until_started().await;
        scene.api.state.delete(&key);
        scene.api.state.patch(&key, &json!({"metadata": {"finalizers": null}}));
        scene.gone(&key).await;
        scene.relay.hold_starts(false);
        scene.relay.until_stopped().await;
        scene.quiet_again().await;
    };
    within(60, test).await;
}
