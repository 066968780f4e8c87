//! Several rebalances on one cluster, and runs of somebody else.

use crate::api::{Key, State};
use crate::scene::{Scene, condition, phase, within};
use emqx_rebalance_sim::Answer;
use http::Request;
use serde_json::{Value, json};

#[tokio::test]
async fn the_second_waits_and_says_so() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let first = scene.slow_rebalance("a-first", json!({}));
        scene.in_state(&first, "wait_health_check").await;
        let second = scene.rebalance("b-second", json!({}));
        let message = scene
            .until(&second, |object| {
                let waiting = condition(object, "Waiting")?;
                Some(waiting["message"].as_str()?.to_owned())
            })
            .await;
        assert_eq!(message, "a-first is before it on the same cluster");
        assert_eq!(phase(&scene.api.state.get(&second).unwrap()), "");
        assert_eq!(phase(&scene.ended(&first).await), "Completed");
        let object = scene.ended(&second).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
        assert!(condition(&object, "Waiting").is_none());
    };
    within(60, test).await;
}

#[tokio::test]
async fn a_run_of_somebody_else_is_waited_for_and_left_alone() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let body = json!({
            "conn_evict_rate": 50, "wait_health_check": 2, "wait_takeover": 1,
            "abs_conn_threshold": 10, "rel_conn_threshold": 1.01,
        });
        start(&scene, "emqx2@127.0.0.1", &body);
        assert!(scene.is_rebalancing());
        let key = scene.rebalance("sample", json!({}));
        scene
            .until(&key, |object| {
                let waiting = condition(object, "Waiting")?;
                (waiting["reason"] == "ForeignRun").then_some(())
            })
            .await;
        assert!(scene.is_rebalancing());
        let object = scene.ended(&key).await;
        assert_eq!(phase(&object), "Completed", "{object:#}");
    };
    within(60, test).await;
}

/// Each names another node of the same cluster.
#[tokio::test]
async fn two_ways_to_one_cluster_lead_to_one_queue() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 0]).await;
        let urls = scene.relay.urls();
        let keys: Vec<Key> = urls
            .split(',')
            .enumerate()
            .map(|(i, url)| {
                scene.slow_rebalance(&format!("r{i}"), json!({"rebalance.emqx.io/url": url}))
            })
            .collect();
        scene.start_controller();
        let waits = |state: &State| {
            keys.iter().find(|key| {
                let object = state.get(key).unwrap();
                condition(&object, "Waiting").is_some_and(|waiting| {
                    waiting["reason"] == "OtherRebalance" && phase(&object).is_empty()
                })
            })
        };
        scene.api.state.until(|state| waits(state).map(drop)).await;
        for key in &keys {
            assert_eq!(phase(&scene.ended(key).await), "Completed");
        }
        assert_eq!(scene.relay.starts(), 1);
    };
    within(90, test).await;
}

/// On ten clusters, twenty each.
#[tokio::test]
async fn two_hundred_take_their_turns() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let mut others = Vec::new();
        for _ in 1..10 {
            others.push(scene.another_cluster(&[300, 0]).await);
        }
        let mut keys: Vec<Key> = Vec::new();
        for i in 0..200 {
            let relay = match i % 10 {
                0 => &scene.relay,
                other => &others[other - 1].1,
            };
            let url = json!({"rebalance.emqx.io/url": relay.urls()});
            keys.push(scene.rebalance(&format!("r{i:03}"), url));
        }
        for key in &keys {
            let object = scene.ended(key).await;
            assert_eq!(phase(&object), "Completed", "{object:#}");
        }
        // The first one levels its cluster; there is nothing left for the others.
        let starts = others.iter().map(|(_, relay)| relay.starts()).sum::<usize>();
        assert_eq!(scene.relay.starts() + starts, 10);
    };
    within(240, test).await;
}

fn start(scene: &Scene, coordinator: &str, body: &Value) {
    let path = format!("/api/v5/load_rebalance/{coordinator}/start");
    let mut request = Request::post(path)
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap();
    let secret = emqx_rebalance_client::Secret::new(scene.emqx.api_secret());
    let credentials = emqx_rebalance_api::Credentials::ApiKey { key: scene.emqx.api_key(), secret };
    credentials.apply(&mut request).unwrap();
    let answer = scene.emqx.with(|simulation| simulation.answer(0, &request));
    assert!(matches!(answer, Answer::Response(response) if response.status() == 200));
}
