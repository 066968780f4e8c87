//! From `kubectl apply` to the verdict.

use crate::api::Faults;
use crate::scene::{Scene, condition, phase, within};
use serde_json::json;

#[tokio::test]
async fn a_rebalance_completes_and_leaves_nothing_behind() {
    let test = async {
        let scene = Scene::of(&[300, 300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        let status = &object["status"];
        assert!(status["startedTime"].is_string() && status["completedTime"].is_string());
        assert!(status["rebalanceStates"].is_null());
        assert_eq!(status["outcome"]["result"], "completed");
        assert_eq!(condition(&object, "Completed").unwrap()["status"], "True");
        assert_eq!(condition(&object, "Processing").unwrap()["status"], "False");
        assert_eq!(condition(&object, "Ended").unwrap()["status"], "True");
        assert_eq!(status["progress"].get("etaSeconds"), None, "nothing is left: {status:#}");
        assert_eq!(scene.relay.starts(), 1);
    };
    within(60, test).await;
}

#[tokio::test]
async fn the_states_are_shown_as_emqx_s_operator_shows_them() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.slow_rebalance("sample", json!({}));
        scene.in_state(&key, "wait_health_check").await;
        let object = scene.api.state.get(&key).unwrap();
        assert_eq!(phase(&object), "Processing");
        let shown = &object["status"]["rebalanceStates"][0];
        assert_eq!(
            *shown,
            json!({
                "state": "wait_health_check", "session_eviction_rate": 20,
                "connection_eviction_rate": 50, "donors": ["emqx1@127.0.0.1"],
                "recipients": ["emqx2@127.0.0.1"], "node": shown["coordinator_node"],
                "coordinator_node": shown["coordinator_node"],
            })
        );
        for state in ["evicting_conns", "wait_takeover", "evicting_sessions"] {
            scene.in_state(&key, state).await;
        }
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
    };
    within(60, test).await;
}

#[tokio::test]
async fn emqx_s_own_definition_is_enough() {
    let test = async {
        let scene = Scene::of(&[200, 0]).await;
        scene.api.state.break_it(Faults { prunes: true, ..Faults::default() });
        let key = scene.rebalance("sample", json!({}));
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert!(object["status"]["outcome"].is_null());
        let planned = condition(&object, "Planned").unwrap()["message"].as_str().unwrap();
        assert!(planned.contains("drops"), "{planned}");
        let completed = condition(&object, "Completed").unwrap()["message"].as_str().unwrap();
        assert!(completed.contains("over the mean"), "{completed}");
    };
    within(60, test).await;
}

#[tokio::test]
async fn a_level_cluster_is_left_alone() {
    let test = async {
        let scene = Scene::of(&[200, 200]).await;
        let key = scene.rebalance("sample", json!({}));
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(condition(&object, "Completed").unwrap()["reason"], "AlreadyBalanced");
        assert_eq!(scene.relay.starts(), 0);
    };
    within(60, test).await;
}

#[tokio::test]
async fn a_level_plan_is_driven_too() {
    let test = async {
        let scene = Scene::of(&[400, 200, 0]).await;
        let key = scene.rebalance(
            "sample",
            json!({"rebalance.emqx.io/mode": "level", "rebalance.emqx.io/plan-options":
                r#"{"load_balancer": "round_robin"}"#}),
        );
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert_eq!(object["status"]["plan"]["mode"], "level");
    };
    within(90, test).await;
}

/// What a rebalance costs Kubernetes: it goes up with the phases, not with the seconds.
#[tokio::test]
async fn kubernetes_is_asked_few_times() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let key = scene.rebalance("sample", json!({}));
        assert_eq!(phase(&scene.ended(&key).await), "Completed");
        let asked = scene.api.state.asked();
        let count = |what: &str| asked.get(what).copied().unwrap_or(0);
        assert_eq!(count("get rebalances"), 1, "{asked:?}");
        assert_eq!(count("get secrets"), 1, "{asked:?}");
        let writes = count("patch rebalances");
        assert!(writes <= 20, "{asked:?}");
        let events = count("post events") + count("patch events");
        assert!(events <= 4, "{asked:?}");
        println!("requests for one rebalance: {asked:?}");
    };
    within(60, test).await;
}
