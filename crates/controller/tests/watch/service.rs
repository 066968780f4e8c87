//! The donors' way out of the Service.

use crate::api::Key;
use crate::scene::{Scene, condition, within};
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
