//! A node is emptied before its pod goes: what a pod's `preStop` hook asks for, with the token that
//! Kubernetes gives the pod.

use crate::controller::Controller;
use crate::emqx::{ACCOUNT, CLIENTS, Emqx};
use crate::place::Place;
use serde_json::{Value, json};

/// A token for `audience`, bound to `pod` as those are that Kubernetes projects into pods.
async fn token(place: &Place, pod: &str, audience: &str) -> String {
    let uid = place.kubectl.get(&format!("pod/{pod}")).await["metadata"]["uid"].clone();
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {
            "audiences": [audience],
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod, "uid": uid},
        },
    });
    let path = format!("/api/v1/namespaces/{}/serviceaccounts/{ACCOUNT}/token", place.namespace);
    let create = ["create", "--raw", &path, "--filename=-"];
    let granted = place.kubectl.with_input(&create, &request.to_string()).await;
    let granted: Value = serde_json::from_str(&granted).unwrap();
    granted["status"]["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_has_its_node_emptied_before_it_goes() {
    let place = Place::new("drain").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    place.kubectl.run(&["create", "serviceaccount", ACCOUNT]).await;
    let account = format!("--serviceaccount={}:emqx-rebalance-controller", place.namespace);
    let role = "--clusterrole=system:auth-delegator";
    place.kubectl.run(&["create", "clusterrolebinding", &place.namespace, role, &account]).await;
    let arguments = ["--no-leader-elect", "--drains"];
    let controller = Controller::start_with(&place, &emqx.network.proxy, &arguments).await;

    let pod = "emqx-ee-1";
    let wrong = token(&place, pod, "somebody-else").await;
    for refused in ["", "nonsense", &wrong] {
        let answer = controller.drain(30, refused).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    let right = token(&place, pod, "emqx-rebalance").await;
    let answer = controller.drain(5, &right).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("from 10"), "{answer}");
    assert!(!emqx.is_busy(), "nothing was begun");

    // A hook that hears no answer asks again while the first drain is still on.
    let asked_again = async {
        while !emqx.is_busy() {
            tokio::task::yield_now().await;
        }
        controller.drain(60, &right).await
    };
    let (answer, again) = tokio::join!(controller.drain(60, &right), asked_again);
    for answer in [answer, again] {
        let is_good = answer.starts_with("HTTP/1.1 200") && answer.contains("\"drained\":true");
        assert!(is_good && answer.contains("has no clients any more\""), "{answer}");
    }
    let clients = emqx.clients();
    assert_eq!(clients[1], 0, "{clients:?}");
    assert_eq!(clients.iter().sum::<u64>(), 3 * CLIENTS, "all are elsewhere: {clients:?}");
    assert!(!emqx.is_busy(), "the next pod of this name takes clients again");

    // Once more, as a hook that is called again: there is nothing left to do.
    let answer = controller.drain(60, &right).await;
    assert!(answer.contains("has no clients"), "{answer}");
}
