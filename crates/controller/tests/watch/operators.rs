//! Beside EMQX's operator 2.x, which works on the same objects; and after operator 3.x, which has
//! ignored them.

use crate::api::Key;
use crate::scene::{Scene, condition, finalizers, options, phase, within};
use emqx_rebalance_controller::RunOptions;
use serde_json::{Value, json};

/// An object in `phase` as the operator leaves it: conditions without reasons, and its finalizer.
fn of_the_operator(scene: &Scene, name: &str, phase: &str) -> Key {
    let dry = scene.rebalance("template", json!({"rebalance.emqx.io/dry-run": "true"}));
    let mut object = scene.api.state.get(&dry).unwrap();
    object["metadata"]["finalizers"] = json!(["apps.emqx.io/finalizer"]);
    object["status"] = json!({"phase": phase, "conditions": [{"type": phase, "status": "True"}]});
    let key = Key::new("rebalances", name);
    scene.api.state.create(&key, object);
    scene.api.state.delete(&dry);
    key
}

#[tokio::test]
async fn what_the_operator_began_is_the_operator_s_to_end() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 0]).await;
        let theirs = ["Processing", "Completed", "Failed"]
            .map(|phase| of_the_operator(&scene, &phase.to_lowercase(), phase));
        scene.start_controller();
        let mine = scene.rebalance("mine", json!({}));
        assert_eq!(phase(&scene.ended(&mine).await), "Completed", "it is not held up");
        for key in &theirs {
            assert_eq!(scene.api.state.changes_of(key), 1, "{key:?} is left alone");
            scene.api.state.delete(key);
        }
        let next = scene.rebalance("next", json!({}));
        scene.ended(&next).await;
        for key in &theirs {
            let object = scene.api.state.get(key).expect("its finalizer is the operator's");
            assert_eq!(finalizers(&object), 1);
            assert_eq!(scene.api.state.changes_of(key), 2, "{object:#}");
        }
    };
    within(60, test).await;
}

#[tokio::test]
async fn what_was_there_before_the_controller_is_done_if_it_asks_for_that() {
    let test = async {
        let scene = Scene::quiet(&[300, 0]).await;
        let installed = Some(jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1));
        let controller = scene.controller_with(RunOptions { installed, ..options() });
        let key = scene.rebalance("sample", json!({}));
        let waits = |object: &Value| condition(object, "Waiting").cloned();
        assert_eq!(scene.until(&key, waits).await["reason"], "OlderThanController");
        assert_eq!(scene.relay.starts(), 0);
        let adopt = json!({"metadata": {"annotations": {"rebalance.emqx.io/adopt": "true"}}});
        scene.api.state.patch(&key, &adopt);
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert!(condition(&object, "Waiting").is_none());
        controller.abort();
    };
    within(60, test).await;
}
