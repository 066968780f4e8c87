//! What one namespace may not do to another, nor to what is around the controller.

use crate::api::Key;
use crate::scene::{Scene, base64, condition, options, phase, within};
use emqx_rebalance_controller::RunOptions;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn message(object: &Value) -> &str {
    condition(object, "Failed").unwrap()["message"].as_str().unwrap()
}

#[tokio::test]
async fn an_object_leads_to_its_own_namespace_only() {
    let test = async {
        let scene = Scene::quiet(&[300, 0]).await;
        let strict = RunOptions { allowed_hosts: Vec::new(), ..options() };
        let controller = scene.controller_with(strict);
        for (i, url) in [&scene.relay.urls(), "http://emqx.theirs.svc:18083", "http://[::1]:18083"]
            .iter()
            .enumerate()
        {
            let key = scene.rebalance(&format!("r{i}"), json!({"rebalance.emqx.io/url": url}));
            let object = scene.ended(&key).await;
            assert_eq!(condition(&object, "Failed").unwrap()["reason"], "ConfigInvalid");
            assert!(message(&object).contains("of the namespace default"), "{}", message(&object));
        }
        assert_eq!(scene.relay.starts(), 0);
        controller.abort();
    };
    within(60, test).await;
}

#[tokio::test]
async fn a_secret_goes_only_where_it_says() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let elsewhere = json!({"data": {"hosts": base64("emqx.example.com")}});
        scene.api.state.patch(&Key::new("secrets", "emqx-key"), &elsewhere);
        let key = scene.rebalance("sample", json!({}));
        let object = scene.ended(&key).await;
        assert!(message(&object).contains("does not say that it may be sent there"));
    };
    within(30, test).await;
}

/// What is asked may be any address that is allowed, and no EMQX at all.
#[tokio::test]
async fn no_answer_is_shown_of_whoever_is_asked() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                drop(socket.read(&mut [0; 4096]).await);
                let body = r#"{"code":"SECRET_CODE","message":"the secret of somebody else"}"#;
                let answer = format!(
                    "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                drop(socket.write_all(answer.as_bytes()).await);
            }
        });
        let key = scene.rebalance("sample", json!({"rebalance.emqx.io/url": url}));
        let told = |object: &Value| {
            let kinds = ["Waiting", "Failed"];
            kinds.iter().find_map(|kind| condition(object, kind).cloned())
        };
        let text = scene.until(&key, told).await.to_string();
        assert!(text.contains("400"), "{text}");
        assert!(
            !text.to_lowercase().contains("secret_code") && !text.contains("somebody"),
            "{text}"
        );
    };
    within(30, test).await;
}

#[tokio::test]
async fn nobody_is_held_up_by_another_namespace() {
    let test = async {
        let scene = Scene::of(&[300, 0]).await;
        // It names the same cluster, and pretends to be driven.
        let theirs = Key { namespace: "theirs".to_owned(), ..Key::new("rebalances", "a-first") };
        let mine = scene.rebalance("b-mine", json!({"rebalance.emqx.io/dry-run": "true"}));
        let mut forged = scene.api.state.get(&mine).unwrap();
        forged["metadata"] = json!({"annotations": {
            "rebalance.emqx.io/url": scene.relay.urls(), "rebalance.emqx.io/state": "forged",
        }});
        scene.api.state.create(&theirs, forged);
        let mine = scene.rebalance("c-mine", json!({}));
        assert_eq!(phase(&scene.ended(&mine).await), "Completed");
    };
    within(60, test).await;
}

/// A state that nobody can read ends its object and holds nobody up; so does a name that is none.
#[tokio::test]
async fn nobody_is_held_up_by_nonsense() {
    let test = async {
        let mut scene = Scene::quiet(&[300, 0]).await;
        let forged = scene.rebalance("a-forged", json!({"rebalance.emqx.io/state": "H4sIAAAA"}));
        let path = scene.create("b-path", &json!({}), "../../secrets/x");
        let blank = scene.create("c-blank", &json!({}), "a b");
        scene.start_controller();
        let good = scene.rebalance("d-good", json!({}));
        assert_eq!(phase(&scene.ended(&good).await), "Completed");
        let object = scene.ended(&forged).await;
        assert_eq!(condition(&object, "Failed").unwrap()["reason"], "StateLost");
        for key in [path, blank] {
            let object = scene.ended(&key).await;
            assert_eq!(condition(&object, "Failed").unwrap()["reason"], "ConfigInvalid");
            assert!(message(&object).contains("`spec.instanceName`"), "{}", message(&object));
        }
    };
    within(60, test).await;
}
