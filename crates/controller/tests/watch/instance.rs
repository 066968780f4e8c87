//! Clusters that EMQX's operator manages, and those that are not there.

use crate::api::Key;
use crate::scene::{Scene, base64, condition, phase, within};
use serde_json::{Value, json};

/// What EMQX Operator makes of an `EMQX` named emqx: here all pods have one address, and the first
/// node answers there.
fn manage(scene: &Scene) {
    let state = &scene.api.state;
    let port = scene.emqx.addresses()[0].port();
    let node = |i: u32| json!({"node": format!("emqx{i}@127.0.0.1"), "podUID": format!("p{i}")});
    state.create(
        &Key::new("emqxes", "emqx"),
        json!({
            "apiVersion": "apps.emqx.io/v2beta1", "kind": "EMQX", "metadata": {},
            "status": {"coreNodes": [node(1), node(2)]},
        }),
    );
    let keys = format!("emqx-operator-controller:{}", scene.emqx.api_secret());
    assert_eq!(scene.emqx.api_key(), "emqx-operator-controller");
    state.create(
        &Key::new("secrets", "emqx-bootstrap-api-key"),
        json!({"metadata": {}, "data": {"bootstrap_api_key": base64(&keys)}}),
    );
    let ports = json!([{"name": "dashboard", "port": 18083, "targetPort": port}]);
    state.create(
        &Key::new("services", "emqx-dashboard"),
        json!({"metadata": {}, "spec": {"clusterIP": "None", "ports": ports}}),
    );
    let ready = json!([{"type": "ContainersReady", "status": "True"}]);
    state.create(
        &Key::new("pods", "emqx-core-0"),
        json!({
            "metadata": {"labels": {
                "apps.emqx.io/instance": "emqx", "apps.emqx.io/db-role": "core",
            }},
            "status": {"podIP": "127.0.0.1", "conditions": ready},
        }),
    );
}

fn quick() -> Value {
    json!({"annotations": {"rebalance.emqx.io/driver-options":
        r#"{"poll_interval_ms": 100, "settle_s": 2, "empty_polls": 2}"#}})
}

#[tokio::test]
async fn an_instance_of_the_operator_is_found_by_its_name() {
    let test = async {
        let mut scene = Scene::quiet_with_key(&[300, 0], "emqx-operator-controller").await;
        manage(&scene);
        scene.start_controller();
        let key = scene.create("sample", &quick(), "emqx");
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
    };
    within(60, test).await;
}

#[tokio::test]
async fn an_instance_may_come_after_its_rebalance() {
    let test = async {
        let mut scene = Scene::quiet_with_key(&[300, 0], "emqx-operator-controller").await;
        scene.start_controller();
        let key = scene.create("sample", &quick(), "emqx");
        let message = scene
            .until(&key, |object| {
                Some(condition(object, "Waiting")?["message"].as_str()?.to_owned())
            })
            .await;
        assert_eq!(message, "EMQX emqx is not found");
        manage(&scene);
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
    };
    within(60, test).await;
}

#[tokio::test]
async fn an_object_without_an_instance_goes_at_once() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.create("sample", &json!({}), "nowhere");
        scene.until(&key, |object| condition(object, "Waiting").map(drop)).await;
        scene.api.state.delete(&key);
        scene.gone(&key).await;
    };
    within(30, test).await;
}

#[tokio::test]
async fn a_secret_that_was_not_lent_is_not_read() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let data = json!({"key": base64("stolen"), "secret": base64("stolen")});
        let secret = Key::new("secrets", "theirs");
        scene.api.state.create(&secret, json!({"metadata": {}, "data": data}));
        let key = scene.rebalance("sample", json!({"rebalance.emqx.io/secret": "theirs"}));
        let object = scene.ended(&key).await;
        let message = condition(&object, "Failed").unwrap()["message"].as_str().unwrap();
        assert!(message.contains("label it"), "{message}");
    };
    within(30, test).await;
}

#[tokio::test]
async fn a_wrong_key_is_said_to_be_wrong() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let patch = json!({"data": {"secret": base64("wrong")}});
        scene.api.state.patch(&Key::new("secrets", "emqx-key"), &patch);
        let key = scene.rebalance("sample", json!({}));
        let object = scene.ended(&key).await;
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "Unauthorized");
    };
    within(30, test).await;
}
