//! Objects that hold what nobody can read, which EMQX's own definition lets in.

use crate::api::Key;
use crate::scene::{Scene, condition, phase, within};
use serde_json::{Value, json};

/// Creates the object with nothing but `fields`.
fn create(scene: &Scene, name: &str, mut fields: Value) -> Key {
    let key = Key::new("rebalances", name);
    fields["metadata"] = json!({});
    scene.api.state.create(&key, fields);
    key
}

#[tokio::test]
async fn one_object_stops_nobody_else() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 0]).await;
        let strategy = json!({"connEvictRate": "fast"});
        let unreadable = [
            create(&scene, "bare", json!({})),
            create(&scene, "empty", json!({"spec": {}})),
            create(
                &scene,
                "wrong",
                json!({"spec": {"instanceName": "a", "rebalanceStrategy": strategy}}),
            ),
            create(&scene, "strange", json!({"status": {"progress": 7}})),
        ];
        // There before the controller is, so that they stand in its first list.
        scene.start_controller();
        let key = scene.rebalance("sample", json!({}));
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
        for key in unreadable {
            let waits = |object: &Value| condition(object, "Waiting").cloned();
            let waiting = scene.until(&key, waits).await;
            assert_eq!(waiting["reason"], "Unreadable");
            assert!(waiting["message"].as_str().unwrap().contains("spec: "), "{waiting}");
            assert_eq!(scene.api.state.changes_of(&key), 2, "it is said once");
        }
    };
    within(60, test).await;
}

#[tokio::test]
async fn what_is_mended_is_done() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = create(&scene, "bare", json!({}));
        scene.until(&key, |object| condition(object, "Waiting").map(drop)).await;
        let good = scene.rebalance("sample", json!({"rebalance.emqx.io/dry-run": "true"}));
        let good = scene.api.state.get(&good).unwrap();
        let mut annotations = good["metadata"]["annotations"].clone();
        annotations["rebalance.emqx.io/dry-run"] = Value::Null;
        scene
            .api
            .state
            .patch(&key, &json!({"metadata": {"annotations": annotations}, "spec": good["spec"]}));
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert!(condition(&object, "Waiting").is_none());
    };
    within(60, test).await;
}

/// Somebody breaks an object while EMQX rebalances for it: what runs is ended as ever.
#[tokio::test]
async fn what_runs_is_still_driven() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.slow_rebalance("sample", json!({}));
        scene.in_state(&key, "wait_health_check").await;
        scene.api.state.patch(&key, &json!({"spec": null}));
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
    };
    within(60, test).await;
}
