//! The donors' way out of the Service, and their readiness gates.

use crate::api::{Faults, Key};
use crate::scene::{Scene, condition, phase, within};
use serde_json::{Value, json};

/// The EndpointSlice of the Service `mqtt`. The embedded nodes have their address as their host.
fn slice(scene: &Scene, is_ready: bool) -> Key {
    let key = Key::new("endpointslices", "mqtt-1");
    let endpoint = json!({"addresses": ["127.0.0.1"], "conditions": {"ready": is_ready}});
    scene.api.state.create(
        &key,
        json!({
            "metadata": {"labels": {"kubernetes.io/service-name": "mqtt"}},
            "endpoints": [endpoint],
        }),
    );
    key
}

fn service() -> Value {
    json!({"rebalance.emqx.io/service": "mqtt"})
}

#[tokio::test]
async fn donors_that_have_left_are_reported() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        slice(&scene, false);
        let key = scene.slow_rebalance("sample", service());
        let object = scene.ended(&key).await;
        assert_eq!(condition(&object, "DonorsOutOfService").unwrap()["status"], "True");
    };
    within(60, test).await;
}

#[tokio::test]
async fn donors_that_stay_are_warned_of() {
    let test = async {
        // Six seconds of dropping clients.
        let scene = Scene::of(&[600, 0]).await;
        slice(&scene, true);
        let key = scene.rebalance("sample", service());
        let object = scene.ended(&key).await;
        let condition = condition(&object, "DonorsOutOfService").unwrap();
        assert_eq!(condition["status"], "False");
        let message = condition["message"].as_str().unwrap();
        assert!(message.contains("waitHealthCheck of 1 s is too short"), "{message}");
        let events = scene.api.state.list("events");
        let warnings = events.iter().filter(|event| event["reason"] == "DonorsStillInService");
        assert_eq!(warnings.count(), 1);
    };
    within(60, test).await;
}

/// A pod with the gate. Nodes whose names hold addresses are found by their pods' address.
fn pod(scene: &Scene) -> Key {
    let key = Key::new("pods", "emqx-core-0");
    let gates = json!([{"conditionType": "apps.emqx.io/on-serving"}]);
    scene.api.state.create(
        &key,
        json!({
            "metadata": {}, "spec": {"containers": [], "readinessGates": gates},
            "status": {"podIP": "127.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]},
        }),
    );
    key
}

fn gate(pod: &Value) -> Option<&str> {
    let conditions = pod["status"]["conditions"].as_array()?;
    let gate = conditions.iter().find(|c| c["type"] == "apps.emqx.io/on-serving")?;
    gate["status"].as_str()
}

fn gated() -> Value {
    json!({"rebalance.emqx.io/readiness-gate": "true"})
}

#[tokio::test]
async fn the_gate_is_closed_while_clients_are_dropped_and_open_in_the_end() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let pod = pod(&scene);
        let key = scene.slow_rebalance("sample", gated());
        scene.until(&pod, |pod| (gate(pod) == Some("False")).then_some(())).await;
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
        let pod = scene.api.state.get(&pod).unwrap();
        assert_eq!(gate(&pod), Some("True"));
        assert_eq!(pod["status"]["conditions"][0]["type"], "Ready");
    };
    within(60, test).await;
}

#[tokio::test]
async fn the_gate_is_opened_by_the_next_controller_too() {
    let test = async {
        let mut scene = Scene::of(&[300, 0]).await;
        let pod = pod(&scene);
        let key = scene.slow_rebalance("sample", gated());
        scene.until(&pod, |pod| (gate(pod) == Some("False")).then_some(())).await;
        scene.kill_controller().await;
        scene.api.state.delete(&key);
        scene.start_controller();
        scene.gone(&key).await;
        assert_eq!(gate(&scene.api.state.get(&pod).unwrap()), Some("True"));
    };
    within(60, test).await;
}

fn forbid_gates(scene: &Scene) {
    let refusals = vec![("patch pods/status", 403)];
    scene.api.state.break_it(Faults { refusals, ..Faults::default() });
}

/// Without the chart's `readinessGate.enabled`, the controller may not touch pods.
#[tokio::test]
async fn a_gate_that_may_not_be_closed_is_told_of_and_holds_nothing_up() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let pod = pod(&scene);
        forbid_gates(&scene);
        let key = scene.slow_rebalance("sample", gated());
        let message = scene
            .until(&key, |object| {
                let told = condition(object, "DonorsOutOfService")?;
                (told["reason"] == "GateRefused").then(|| told["message"].to_string())
            })
            .await;
        assert!(message.contains("emqx-core-0: Forbidden"), "{message}");
        assert_eq!(gate(&scene.api.state.get(&pod).unwrap()), None);
        scene.api.state.delete(&key);
        scene.gone(&key).await;
        let events = scene.api.state.list("events");
        let warnings = events.iter().filter(|event| event["reason"] == "GateRefused");
        assert_eq!(warnings.count(), 1);
    };
    within(60, test).await;
}

/// The right is taken away while the gate is closed.
#[tokio::test]
async fn a_gate_that_may_not_be_opened_keeps_no_object() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let pod = pod(&scene);
        let key = scene.slow_rebalance("sample", gated());
        scene.until(&pod, |pod| (gate(pod) == Some("False")).then_some(())).await;
        forbid_gates(&scene);
        scene.api.state.delete(&key);
        scene.gone(&key).await;
        let events = scene.api.state.list("events");
        assert!(events.iter().any(|event| event["reason"] == "GateRefused"));
    };
    within(60, test).await;
}
