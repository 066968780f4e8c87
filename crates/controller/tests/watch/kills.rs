//! The controller dies anywhere; another one goes on, and nothing is started twice.

use crate::api::Faults;
use crate::scene::{Scene, condition, phase, within};
use serde_json::{Value, json};

async fn killed_in(state: &str) {
    let mut scene = Scene::of(&[300, 0]).await;
    let key = scene.slow_rebalance("sample", json!({}));
    scene.in_state(&key, state).await;
    scene.kill_controller().await;
    scene.start_controller();
    let object = scene.ended(&key).await;
    assert_eq!(phase(&object), "Completed", "{object:#}");
    assert_eq!(scene.relay.starts(), 1);
}

#[tokio::test]
async fn while_load_balancers_are_given_time() {
    within(60, killed_in("wait_health_check")).await;
}

#[tokio::test]
async fn while_connections_are_evicted() {
    within(60, killed_in("evicting_conns")).await;
}

#[tokio::test]
async fn while_sessions_are_taken_over() {
    within(60, killed_in("wait_takeover")).await;
}

#[tokio::test]
async fn while_sessions_are_moved() {
    within(60, killed_in("evicting_sessions")).await;
}

/// The state is there before anything is asked of EMQX.
#[tokio::test]
async fn before_the_start_is_sent() {
    let test = async {
        let mut scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        let made = scene.made_of(&key);
        scene.until(&made, |made| made["status"]["state"].is_string().then_some(())).await;
        scene.kill_controller().await;
        scene.start_controller();
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(60, test).await;
}

/// The state is stored, and then Kubernetes and the controller are gone, and EMQX too.
#[tokio::test]
async fn before_the_plan_is_written() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 0]).await;
        // The finalizer and the state.
        scene.api.state.break_it(Faults { writes_left: Some(2), ..Faults::default() });
        let key = scene.rebalance("sample", json!({}));
        scene.start_controller();
        scene.api.state.until_refused().await;
        scene.kill_controller().await;
        scene.emqx.with(|simulation| [0, 1].map(|node| simulation.cluster.kill(node)));
        scene.api.state.break_it(Faults::default());
        scene.start_controller();
        let lost = |object: &Value| {
            let reason = &condition(object, "Waiting")?["reason"];
            (reason == "EmqxUnreachable").then(|| object.clone())
        };
        let object = scene.until(&key, lost).await;
        assert_eq!(phase(&object), "Processing");
        assert!(condition(&object, "Planned").is_some(), "{object:#}");
        scene.emqx.with(|simulation| [0, 1].map(|node| simulation.cluster.restart(node)));
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert!(condition(&object, "Waiting").is_none());
    };
    within(90, test).await;
}

/// The start is on its way and its answer is lost: the next controller looks before it asks again.
#[tokio::test]
async fn while_the_start_is_on_its_way() {
    let test = async {
        let mut scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.relay.until_started().await;
        scene.kill_controller().await;
        scene.start_controller();
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        // A request may die in the socket; then it never was a start for EMQX.
        let starts = scene.relay.starts();
        assert!(starts <= 2, "{starts} starts");
    };
    within(60, test).await;
}

/// The controller is away while EMQX comes to its end.
#[tokio::test]
async fn until_emqx_is_done() {
    let test = async {
        let mut scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.kill_controller().await;
        scene.quiet_again().await;
        scene.start_controller();
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(60, test).await;
}

#[tokio::test]
async fn while_it_is_told_to_stop() {
    let test = async {
        let mut scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        scene.in_state(&key, "evicting_conns").await;
        scene.api.state.delete(&key);
        scene.kill_controller().await;
        scene.start_controller();
        scene.gone(&key).await;
        assert!(!scene.is_rebalancing());
        assert_eq!(scene.relay.starts(), 1);
    };
    within(60, test).await;
}
