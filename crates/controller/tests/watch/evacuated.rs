//! `NodeEvacuation`: a node is emptied, held, and opened again, whatever becomes of the controller.

use crate::api::Key;
use crate::scene::{Scene, condition, finalizers, phase, within};
use serde_json::{Value, json};

async fn in_phase(scene: &Scene, key: &Key, wanted: &str) -> Value {
    scene.until(key, |object| (phase(object) == wanted).then(|| object.clone())).await
}

fn clients(scene: &Scene) -> u64 {
    scene.emqx.with(|simulation| simulation.cluster.counts(0).connected)
}

fn is_closed(scene: &Scene, node: usize) -> bool {
    scene.emqx.with(|simulation| simulation.cluster.evacuates(node))
}

#[tokio::test]
async fn a_node_is_emptied_held_over_a_new_leader_and_opened_again() {
    let test = async {
        let mut scene = Scene::of(&[200, 0]).await;
        let key = scene.evacuation("empty-it", json!({}));
        let object = in_phase(&scene, &key, "Empty").await;
        assert_eq!(clients(&scene), 0);
        for kind in ["Empty", "Ready", "Planned"] {
            assert_eq!(condition(&object, kind).unwrap()["status"], "True", "{kind}");
        }
        assert_eq!(condition(&object, "Empty").unwrap()["reason"], "SafeToStop");
        assert!(object["status"]["state"].is_string() && finalizers(&object) == 1);
        assert!(is_closed(&scene, 0), "until it is opened");

        // A rebalance waits until the node is open, and so does the next leader.
        let waiting = scene.load_rebalance("later", 1, json!({}));
        let is_waiting = |object: &Value| {
            (condition(object, "Waiting")?["reason"] == "OtherRebalance").then_some(())
        };
        scene.until(&waiting, is_waiting).await;
        scene.kill_controller().await;
        scene.start_controller();
        scene.api.state.patch(&key, &json!({"spec": {"open": true}}));
        let object = in_phase(&scene, &key, "Completed").await;
        assert_eq!(condition(&object, "Completed").unwrap()["reason"], "Opened");
        assert_eq!(condition(&object, "Empty").unwrap()["status"], "False");
        assert!(!is_closed(&scene, 0));
        let is_done = |object: &Value| (finalizers(object) == 0).then_some(());
        scene.until(&key, is_done).await;
        let object = in_phase(&scene, &waiting, "Completed").await;
        assert_eq!(phase(&object), "Completed");
    };
    within(90, test).await;
}

#[tokio::test]
async fn deleting_it_opens_the_node() {
    let test = async {
        let scene = Scene::of(&[200, 0]).await;
        let key = scene.evacuation("empty-it", json!({}));
        in_phase(&scene, &key, "Empty").await;
        assert!(is_closed(&scene, 0));
        scene.api.state.delete(&key);
        scene.gone(&key).await;
        assert!(!is_closed(&scene, 0));

        // In its midst, too.
        let key = scene.evacuation(
            "once-more",
            json!({"node": "emqx2@127.0.0.1",
            "strategy": {"connEvictRate": 1, "waitHealthCheck": 1}}),
        );
        scene.until(&key, |o| o.pointer("/status/runs/0").is_some().then_some(())).await;
        scene.api.state.delete(&key);
        scene.gone(&key).await;
        assert!(!is_closed(&scene, 1));
    };
    within(90, test).await;
}

#[tokio::test]
async fn a_node_that_is_not_there_is_named() {
    let test = async {
        let scene = Scene::of(&[200, 0]).await;
        let key = scene.evacuation("empty-it", json!({"node": "emqx9@127.0.0.1"}));
        let object = in_phase(&scene, &key, "Failed").await;
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "UnknownNode", "{object:#}");
    };
    within(60, test).await;
}
