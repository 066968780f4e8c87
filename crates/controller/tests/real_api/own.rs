//! Our own `LoadRebalance`, as the guide shows it.

use crate::controller::Controller;
use crate::emqx::{CLIENTS, Emqx};
use crate::place::{Place, read};
use emqx_rebalance_controller::own::RebalancePolicy;
use kube::api::Api;
use kube::runtime::wait::await_condition;
use serde_json::Value;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// The guide's sample.
fn sample() -> String {
    let guide = read("docs/kubernetes.md");
    let (_, rest) = guide.split_once("```yaml\n# loadrebalance.yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// The guide's sample of an evacuation.
fn evacuation() -> String {
    let guide = read("docs/kubernetes.md");
    let (_, rest) = guide.split_once("```yaml\n# nodeevacuation.yaml\n").unwrap();
    let sample = rest.split_once("```").unwrap().0;
    sample
        .replace("waitTakeover: 30", "waitTakeover: 1")
        .replace("waitHealthCheck: 10", "waitHealthCheck: 1")
}

/// The guide's sample of a policy, with all times as short as can be.
fn policy() -> String {
    let guide = read("docs/kubernetes.md");
    let (_, rest) = guide.split_once("```yaml\n# rebalancepolicy.yaml\n").unwrap();
    let sample = rest.split_once("```").unwrap().0;
    let windows = sample.split_once("    windows:").unwrap().1;
    let windows = windows.split_once("    timeZone").unwrap().0;
    sample
        .replace(&format!("    windows:{windows}"), "")
        .replace("imbalanceForS: 10m", "imbalanceForS: 1\n    nodeSettleS: 1\n    coolDownS: 1")
        .replace("waitHealthCheck: 45", "waitHealthCheck: 1")
        .replace("waitTakeover: 30", "waitTakeover: 1")
        + "  pollIntervalSeconds: 1\n"
}

/// Waits until the policy has decided so.
async fn until_decided(place: &Place, reason: &str) {
    let is_it = |object: Option<&RebalancePolicy>| {
        let status = object.and_then(|object| object.status.as_ref());
        let decision = status.and_then(|status| status.decision.as_ref());
        decision.is_some_and(|decision| decision.reason == reason)
    };
    let policies: Api<RebalancePolicy> = Api::namespaced(place.client.clone(), &place.namespace);
    let waiting = await_condition(policies, "emqx", is_it);
    let Ok(found) = timeout(Duration::from_secs(90), waiting).await else {
        panic!("it never decides {reason}")
    };
    found.unwrap();
}

/// With EMQX's waits as short as can be.
fn hastened() -> String {
    let sample = sample();
    let fast = sample
        .replace("waitHealthCheck: 45", "waitHealthCheck: 1")
        .replace("waitTakeover: 30", "waitTakeover: 1");
    assert_ne!(fast, sample);
    fast
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_s_sample_is_done_shown_and_waited_for() {
    let place = Place::new("own").await;
    let emqx = Emqx::operated(&place, "emqx").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    let said = place.kubectl.apply(&hastened()).await;
    assert_eq!(said, "loadrebalance.emqx-rebalance.io/level-emqx created");
    let object = "loadrebalance/level-emqx";
    place.kubectl.run(&["wait", "--for=condition=Completed", "--timeout=2m", object]).await;

    let listed = place.kubectl.run(&["get", "lrb", "level-emqx"]).await;
    println!("{listed}");
    let heading: Vec<_> = listed.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(heading, ["NAME", "PHASE", "PROGRESS", "BEFORE", "AFTER", "AGE"]);
    let row: Vec<_> = listed.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..2], ["level-emqx", "Completed"]);
    assert!(row[3].ends_with('%') && row[4].ends_with('%'), "{listed}");
    let of_category = place.kubectl.run(&["get", "emqx-rebalance", "--output=name"]).await;
    assert!(of_category.contains("loadrebalance.emqx-rebalance.io/level-emqx"), "{of_category}");

    let found = place.kubectl.get(object).await;
    let (metadata, status) = (&found["metadata"], &found["status"]);
    assert_eq!(status["observedGeneration"], metadata["generation"], "{found:#}");
    assert!(metadata.get("finalizers").is_none() && status.get("state").is_none(), "{found:#}");
    let annotations = metadata["annotations"].as_object().unwrap();
    assert_eq!(annotations.len(), 1, "kubectl's own alone: {annotations:?}");
    assert_eq!(found["spec"]["driver"]["settleS"], 30, "defaults are shown");
    let clients = emqx.clients();
    assert_eq!(clients.iter().sum::<u64>(), 3 * CLIENTS, "all came back: {clients:?}");
    assert!(clients[3] > CLIENTS / 2, "{clients:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_of_a_pipeline_waits_for_the_end_and_says_how_it_was() {
    let place = Place::new("own-pipeline").await;
    let emqx = Emqx::operated(&place, "emqx").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    let job = || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/kubernetes/scale_out.sh");
        let mut command = Command::new("sh");
        command.args([script, "emqx"]).env("WAIT", "1").env("NAMESPACE", place.kubectl.namespace());
        command.kill_on_drop(true).output()
    };
    let done = job().await.unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    let object: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(object["status"]["phase"], "Completed", "{object:#}");
    assert!(emqx.clients()[3] > CLIENTS / 2, "{:?}", emqx.clients());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_rebalances_by_itself_and_says_why() {
    let place = Place::new("own-policy").await;
    let emqx = Emqx::operated(&place, "emqx").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    place.kubectl.apply(&policy()).await;
    let object = "rebalancepolicy/emqx";
    place.kubectl.run(&["wait", "--for=condition=Ready", "--timeout=1m", object]).await;
    until_decided(&place, "would_start").await;
    let listed = place.kubectl.run(&["get", "rbp"]).await;
    let why = "--output=jsonpath={.status.wouldHaveStarted[0].message}";
    println!("{listed}\n{}", place.kubectl.run(&["get", "rbp", "emqx", why]).await);
    let made = place.kubectl.run(&["get", "lrb", "--output=name"]).await;
    assert_eq!(made, "", "who observes makes nothing");
    let patch = r#"--patch={"spec": {"policy": {"mode": "auto"}}}"#;
    place.kubectl.run(&["patch", "rbp", "emqx", "--type=merge", patch]).await;
    until_decided(&place, "balanced").await;
    let listed = place.kubectl.run(&["get", "rbp"]).await;
    println!("{listed}");
    let heading: Vec<_> = listed.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(heading, ["NAME", "MODE", "BALANCE", "DECISION", "SINCE", "AGE"]);
    let made = place.kubectl.run(&["get", "lrb", "--output=name"]).await;
    assert_eq!(made.lines().count(), 1, "{made}");
    let clients = emqx.clients();
    assert!(clients[3] > CLIENTS / 2, "{clients:?}");
    // What it has made goes with it.
    place.kubectl.run(&["delete", object]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_refused_or_done_as_its_fields_say() {
    let place = Place::new("own-fields").await;
    let emqx = Emqx::operated(&place, "emqx").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    let apply = ["apply", "--filename=-"];
    for (good, bad, field) in [
        ("connEvictRate: 100", "connEvictRate: 0", "spec.strategy.connEvictRate"),
        ("mode: level", "mode: sideways", "spec.mode"),
        (
            "instance: {name: emqx}",
            "instance: {name: emqx, kind: Pod}",
            "spec.target.instance.kind",
        ),
    ] {
        let wrong = sample().replace(good, bad);
        let refused = place.kubectl.try_with_input(&apply, &wrong).await.unwrap_err();
        assert!(refused.contains(field), "{refused}");
    }
    // A plan that waits for a word, and a run that is deleted in its midst.
    place.kubectl.apply(&format!("{}  approval: Required\n", sample())).await;
    let object = "loadrebalance/level-emqx";
    let wait = |what: &'static str| ["wait", what, "--timeout=1m", object];
    place.kubectl.run(&wait("--for=condition=Planned")).await;
    assert!(!emqx.is_busy());
    let patch = ["patch", object, "--type=merge", "--patch={\"spec\":{\"approval\":\"Given\"}}"];
    place.kubectl.run(&patch).await;
    place.kubectl.run(&wait("--for=condition=Processing")).await;
    place.kubectl.run(&["delete", object]).await;
    assert!(!emqx.is_busy());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_emptied_and_opened_again_by_its_pod() {
    let place = Place::new("own-evacuation").await;
    let emqx = Emqx::operated(&place, "emqx").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    place.kubectl.apply(&evacuation()).await;
    let object = "nodeevacuation/before-maintenance";
    let wait = |what: &'static str| ["wait", what, "--timeout=2m", object];
    place.kubectl.run(&wait("--for=condition=Empty")).await;
    println!("{}", place.kubectl.run(&["get", "nev"]).await);
    let clients = emqx.clients();
    let is_closed = || emqx.cluster.with(|simulation| simulation.cluster.evacuates(1));
    assert!(clients[1] == 0 && is_closed(), "{clients:?}");
    assert_eq!(clients.iter().sum::<u64>(), 3 * CLIENTS, "all are elsewhere: {clients:?}");
    let patch = ["patch", object, "--type=merge", "--patch={\"spec\":{\"open\":true}}"];
    place.kubectl.run(&patch).await;
    place.kubectl.run(&wait("--for=condition=Completed")).await;
    assert!(!is_closed());
    place.kubectl.run(&["delete", object]).await;
}
