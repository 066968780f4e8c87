//! Secrets are looked for in all that is written to Kubernetes.

use crate::api::Key;
use crate::scene::{Scene, base64, phase, within};
use emqx_rebalance_testkit::canary::Canaries;
use serde_json::{Value, json};

fn is_over(object: &Value) -> bool {
    ["Completed", "Failed"].contains(&phase(object))
}

#[tokio::test]
async fn no_object_and_no_event_holds_a_secret() {
    let test = async {
        let list = Canaries::list();
        let scene = Scene::of_canaries(&[300, 300, 0], &list).await;
        let mut keys = vec![scene.rebalance("adapted", json!({"rebalance.emqx.io/mode": "level"}))];
        keys.push(scene.load_rebalance("own", 1, json!({"mode": "level"})));
        for key in &keys {
            scene.until(key, |object| is_over(object).then_some(())).await;
        }
        // Who is refused is told so, and not by what.
        for wrong in ["password", "token"] {
            let patch = json!({"data": {"secret": base64(list.secret(wrong))}});
            scene.api.state.patch(&Key::new("secrets", "emqx-key"), &patch);
            let key = scene.load_rebalance(&format!("refused-{wrong}"), 1, json!({}));
            scene.until(&key, |object| is_over(object).then_some(())).await;
        }
        let patch = json!({"data": {"secret": base64(list.secret("api_secret"))}});
        scene.api.state.patch(&Key::new("secrets", "emqx-key"), &patch);
        let evacuation = scene.evacuation("empty", json!({}));
        scene.until(&evacuation, |object| (!phase(object).is_empty()).then_some(())).await;
        let written = scene.api.state.written();
        assert!(
            written.contains("Unauthorized") && written.contains("Completed"),
            "it proves nothing"
        );
        list.assert_none_in("what was written", written);
    };
    within(120, test).await;
}
