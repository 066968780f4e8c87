//! Our own `LoadRebalance`: done by the same code as EMQX's `Rebalance`, with its state in its status.

use crate::scene::{Scene, condition, finalizers, phase, within};
use serde_json::{Value, json};

fn state(object: &Value) -> Option<&str> {
    object.pointer("/status/state")?.as_str()
}

fn run_state(object: &Value) -> Option<&str> {
    object.pointer("/status/runs/0/state")?.as_str()
}

fn is_over(object: &Value) -> bool {
    ["Completed", "Failed"].contains(&phase(object))
        && state(object).is_none()
        && finalizers(object) == 0
}

#[tokio::test]
async fn a_load_rebalance_completes_and_every_tool_can_tell() {
    let test = async {
        let scene = Scene::of(&[300, 300, 0]).await;
        let key = scene.load_rebalance("sample", 1, json!({"mode": "level"}));
        let object = scene.until(&key, |o| is_over(o).then(|| o.clone())).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        for (kind, expected) in [
            ("Ready", "True"),
            ("Reconciling", "False"),
            ("Stalled", "False"),
            ("Completed", "True"),
            ("Ended", "True"),
        ] {
            assert_eq!(condition(&object, kind).unwrap()["status"], expected, "{kind}");
        }
        let status = &object["status"];
        assert!(status["plan"]["overBefore"].is_string() && status["outcome"]["over"].is_string());
        assert!(status.get("runs").is_none() && status["progress"].get("etaSeconds").is_none());
        assert!(object["metadata"].get("annotations").is_none(), "nothing of ours is annotated");
    };
    within(60, test).await;
}

#[tokio::test]
async fn another_process_goes_on_from_the_status() {
    let test = async {
        let mut scene = Scene::of(&[300, 0]).await;
        let key = scene.load_rebalance("sample", 4, json!({}));
        scene.until(&key, |o| (run_state(o)? == "wait_health_check").then_some(())).await;
        let object = scene.api.state.get(&key).unwrap();
        assert!(state(&object).is_some());
        assert_eq!(object["metadata"]["finalizers"], json!(["emqx-rebalance.io/stop"]));
        scene.kill_controller().await;
        scene.start_controller();
        let object = scene.until(&key, |o| is_over(o).then(|| o.clone())).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(90, test).await;
}

#[tokio::test]
async fn both_kinds_wait_for_each_other() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let first = scene.slow_rebalance("first", json!({}));
        scene.in_state(&first, "wait_health_check").await;
        let second = scene.load_rebalance("second", 1, json!({}));
        let reason = |o: &Value| {
            let waiting = condition(o, "Waiting")?["reason"].as_str()?;
            (waiting == "OtherRebalance").then_some(())
        };
        scene.until(&second, reason).await;
        assert_eq!(phase(&scene.ended(&first).await), "Completed");
        let object = scene.until(&second, |o| is_over(o).then(|| o.clone())).await;
        assert_eq!(condition(&object, "Completed").unwrap()["reason"], "AlreadyBalanced");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(90, test).await;
}

#[tokio::test]
async fn it_is_stopped_by_its_field_and_goes_when_its_time_is_over() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.load_rebalance("sample", 4, json!({}));
        scene.until(&key, |o| (run_state(o)? == "wait_health_check").then_some(())).await;
        scene.api.state.patch(&key, &json!({"spec": {"stop": true}}));
        let object = scene.until(&key, |o| is_over(o).then(|| o.clone())).await;
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "Stopped", "{object:#}");
        assert_eq!(condition(&object, "Stalled").unwrap()["status"], "True");
        assert!(!scene.is_rebalancing());
        scene.api.state.patch(&key, &json!({"spec": {"ttlSecondsAfterFinished": 0}}));
        scene.gone(&key).await;
    };
    within(60, test).await;
}

#[tokio::test]
async fn deleting_it_stops_its_run_first() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.load_rebalance("sample", 4, json!({}));
        scene.until(&key, |o| (run_state(o)? == "wait_health_check").then_some(())).await;
        scene.api.state.delete(&key);
        scene.gone(&key).await;
        assert!(!scene.is_rebalancing());
    };
    within(60, test).await;
}

#[tokio::test]
async fn what_cannot_be_done_is_said_by_field() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.load_rebalance("sample", 1, json!({"driver": {"settleS": 0}}));
        let object = scene.until(&key, |o| is_over(o).then(|| o.clone())).await;
        let failed = condition(&object, "Failed").unwrap();
        assert_eq!(failed["reason"], "ConfigInvalid");
        assert!(failed["message"].as_str().unwrap().contains("`spec.driver.settleS`"), "{failed}");
        assert_eq!(scene.relay.starts(), 0);
    };
    within(60, test).await;
}
