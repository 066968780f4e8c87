//! `RebalancePolicy`: what it decides, what it makes, and that it never makes it twice.

use crate::api::{Faults, Key};
use crate::scene::{Scene, condition, phase, within};
use serde_json::{Value, json};

fn decided(object: &Value) -> Option<&str> {
    object.pointer("/status/decision/reason")?.as_str()
}

/// Waits until the policy has decided so, and gives it.
async fn until(scene: &Scene, key: &Key, reason: &str) -> Value {
    scene.until(key, |object| (decided(object)? == reason).then(|| object.clone())).await
}

fn runs(scene: &Scene) -> Vec<Value> {
    scene.api.state.list("loadrebalances")
}

/// One that does not wait for long.
fn hasty(mode: &str) -> Value {
    json!({"mode": mode, "imbalanceForS": 1, "nodeSettleS": 1})
}

#[tokio::test]
async fn an_imbalance_that_lasts_is_mended_by_one_rebalance_that_the_policy_owns() {
    let test = async {
        let scene = Scene::of(&[300, 300, 0]).await;
        let key = scene.policy("sample", hasty("auto"));
        let object = until(&scene, &key, "started").await;
        assert!(object["status"]["state"].is_string(), "{object:#}");
        let object = until(&scene, &key, "balanced").await;
        assert_eq!(condition(&object, "Ready").unwrap()["status"], "True", "{object:#}");
        assert_eq!(condition(&object, "Stalled").unwrap()["status"], "False");
        let before: Vec<_> = object["status"]["decisions"].as_array().unwrap().iter().collect();
        assert_eq!(before[0]["reason"], "ended", "{before:#?}");
        assert_eq!(
            (&object["status"]["clients"], &object["status"]["run"]),
            (&json!(600), &Value::Null)
        );
        let [run] = &*runs(&scene) else { panic!("{:#?}", runs(&scene)) };
        assert_eq!((phase(run), &run["spec"]["mode"]), ("Completed", &json!("level")));
        let owner = &run["metadata"]["ownerReferences"][0];
        assert_eq!((&owner["kind"], &owner["name"]), (&json!("RebalancePolicy"), &json!("sample")));
        assert_eq!(owner["uid"], object["metadata"]["uid"]);
    };
    within(90, test).await;
}

#[tokio::test]
async fn who_observes_says_what_it_would_have_done_and_makes_nothing() {
    let test = async {
        let scene = Scene::of(&[300, 300, 0]).await;
        let key = scene.policy("sample", hasty("observe"));
        let would = |object: &Value| {
            object.pointer("/status/wouldHaveStarted/0/message")?.as_str().map(str::to_owned)
        };
        let message = scene.until(&key, would).await;
        assert!(message.starts_with("would start now"), "{message}");
        until(&scene, &key, "cool_down").await;
        assert!(runs(&scene).is_empty());
        assert_eq!(scene.relay.starts(), 0);
    };
    within(60, test).await;
}

#[tokio::test]
async fn a_proposal_waits_for_its_number() {
    let test = async {
        let scene = Scene::of(&[300, 300, 0]).await;
        let key = scene.policy("sample", hasty("propose"));
        let object = until(&scene, &key, "awaiting_approval").await;
        let proposal = &object["status"]["proposal"];
        assert_eq!((&proposal["id"], &proposal["approved"]), (&json!(1), &json!(false)));
        assert!(proposal["overBefore"].is_string() && proposal["disconnects"].as_u64() > Some(150));
        scene.api.state.patch(&key, &json!({"spec": {"approvedProposal": 7}}));
        let read = object["status"]["readTime"].clone();
        scene.until(&key, |object| (object["status"]["readTime"] != read).then_some(())).await;
        assert!(runs(&scene).is_empty(), "another number is nobody's word on this one");
        scene.api.state.patch(&key, &json!({"spec": {"approvedProposal": 1}}));
        let object = until(&scene, &key, "balanced").await;
        assert!(object["status"].get("proposal").is_none(), "{object:#}");
        assert_eq!(runs(&scene).len(), 1);
    };
    within(90, test).await;
}

#[tokio::test]
async fn what_could_not_be_made_was_not_started_and_is_decided_again() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 300, 0]).await;
        let refusals = vec![("post loadrebalances", 500)];
        scene.api.state.break_it(Faults { refusals, ..Faults::default() });
        let key = scene.policy("sample", hasty("auto"));
        scene.start_controller();
        let object = scene
            .until(&key, |object| object.pointer("/status/run/name").map(|_| object.clone()))
            .await;
        assert!(object["status"]["run"].get("uid").is_none(), "{object:#}");
        scene.kill_controller().await;
        scene.api.state.break_it(Faults::default());
        scene.start_controller();
        let object = until(&scene, &key, "balanced").await;
        let told = object["status"]["decisions"].to_string();
        assert!(told.contains("was not started"), "{told}");
        assert_eq!((runs(&scene).len(), scene.relay.starts() > 0), (1, true));
    };
    within(120, test).await;
}

#[tokio::test]
async fn another_process_hears_the_end_of_what_the_first_one_began() {
    let test = async {
        let mut scene = Scene::of(&[300, 300, 0]).await;
        let key = scene.policy("sample", hasty("auto"));
        scene.until(&key, |object| object.pointer("/status/run/uid").map(drop)).await;
        scene.kill_controller().await;
        scene.start_controller();
        let object = until(&scene, &key, "balanced").await;
        let told = object["status"]["decisions"].to_string();
        assert!(told.contains("the run ended after"), "{told}");
        assert_eq!(runs(&scene).len(), 1);
    };
    within(90, test).await;
}

#[tokio::test]
async fn a_rolling_restart_is_followed_by_one_rebalance() {
    let test = async {
        let scene = Scene::of(&[300, 300, 300]).await;
        // An imbalance alone would have to last an hour: it is the nodes that came back that call for it.
        let policy = json!({"mode": "auto", "imbalanceForS": "1h", "nodeSettleS": "3s"});
        let key = scene.policy("sample", policy);
        until(&scene, &key, "balanced").await;
        for node in 0..3 {
            scene.emqx.with(|simulation| simulation.cluster.kill(node));
            until(&scene, &key, "node_down").await;
            scene.emqx.with(|simulation| simulation.cluster.restart(node));
            scene.until(&key, |o| (decided(o)? != "node_down").then_some(())).await;
            assert!(runs(&scene).is_empty(), "not while nodes go and come");
        }
        until(&scene, &key, "started").await;
        until(&scene, &key, "balanced").await;
        assert_eq!(runs(&scene).len(), 1);
    };
    within(120, test).await;
}

#[tokio::test]
async fn one_that_cannot_be_read_says_so_and_keeps_no_other_from_its_work() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 300, 0]).await;
        let key = Key::new("rebalancepolicies", "strange");
        let object = json!({
            "apiVersion": "emqx-rebalance.io/v1alpha1", "kind": "RebalancePolicy", "metadata": {},
            "spec": {"target": 7},
        });
        scene.api.state.create(&key, object);
        let good = scene.policy("sample", hasty("observe"));
        // There before the controller is, so that it stands in its first list.
        scene.start_controller();
        until(&scene, &good, "would_start").await;
        let stalled = scene.until(&key, |object| condition(object, "Stalled").cloned()).await;
        assert_eq!(
            (&stalled["status"], &stalled["reason"]),
            (&json!("True"), &json!("Unreadable"))
        );
    };
    within(60, test).await;
}

#[tokio::test]
async fn wrong_fields_and_a_second_policy_for_one_cluster_are_said_and_decide_nothing() {
    let test = async {
        let scene = Scene::of(&[300, 300, 0]).await;
        let first = scene.policy("first", hasty("observe"));
        until(&scene, &first, "waiting").await;
        let second = scene.policy("second", hasty("auto"));
        let crossed = json!({"balancedOver": 0.5, "imbalanceOver": 0.1});
        let wrong = scene.policy("wrong", crossed);
        for (key, reason, part) in [
            (&second, "OtherPolicy", "first looks after this cluster"),
            (&wrong, "SpecInvalid", "spec.policy.balancedOver"),
        ] {
            let stalled = |object: &Value| {
                condition(object, "Stalled").filter(|it| it["status"] == "True").cloned()
            };
            let found = scene.until(key, stalled).await;
            assert_eq!(found["reason"], reason, "{found}");
            assert!(found["message"].as_str().unwrap().contains(part), "{found}");
        }
        assert!(runs(&scene).is_empty());
    };
    within(60, test).await;
}
