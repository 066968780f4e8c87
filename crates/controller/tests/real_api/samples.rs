//! The commands of EMQX's article about rebalancing on Kubernetes, and what it says they answer.

use crate::controller::Controller;
use crate::emqx::{CLIENTS, Emqx};
use crate::network::Network;
use crate::place::Place;

/// The article's sample for EMQX 4.4.
pub(crate) const V1BETA4: &str = include_str!("samples/v1beta4.yaml");
/// The reference's sample for EMQX 5.
pub(crate) const V2BETA1: &str = include_str!("samples/v2beta1.yaml");

/// `sample` with EMQX's waits as short as can be and a pace that ends within seconds.
pub(crate) fn hastened(sample: &str) -> String {
    sample
        .replace("waitTakeover: 10", "waitTakeover: 1")
        .replace("waitHealthCheck: 10", "waitHealthCheck: 1")
        .replace("EvictRate: 10", "EvictRate: 30")
        .replace("absConnThreshold: 100", "absConnThreshold: 10")
        .replace("absSessThreshold: 100", "absSessThreshold: 10")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_article_s_sample_is_accepted_shown_and_stopped_by_delete() {
    let place = Place::everywhere("article").await;
    let emqx = Emqx::enterprise(&place, "emqx-ee").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, true).await;
    // The article's thresholds are for thousands of clients; all else is unchanged.
    let sample = V1BETA4.replace("Threshold: 100", "Threshold: 10");
    let said = place.kubectl.apply(&sample).await;
    assert_eq!(said, "rebalance.apps.emqx.io/rebalance-sample created");

    place.until_state("rebalance-sample", "wait_health_check").await;
    let shown = place.kubectl.get("rebalance/rebalance-sample").await;
    let state = &shown["status"]["rebalanceStates"][0];
    assert_eq!(state["donors"].as_array().unwrap().len(), 3, "{state}");
    assert_eq!(state["recipients"].as_array().unwrap().len(), 1, "{state}");
    assert_eq!(state["connection_eviction_rate"], 10);
    assert_eq!(state["session_eviction_rate"], 10);
    assert_eq!(state["node"], state["coordinator_node"]);
    assert!(state["node"].as_str().unwrap().starts_with("emqx-ee@emqx-ee-"), "{state}");
    let listed = place.kubectl.run(&["get", "rebalances", "rebalance-sample"]).await;
    assert_eq!(row(&listed)[..2], ["rebalance-sample", "Processing"]);

    let said = place.kubectl.run(&["delete", "rebalance", "rebalance-sample"]).await;
    assert!(said.ends_with("\"rebalance-sample\" deleted"), "{said}");
    assert!(!emqx.is_busy());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_of_emqx_4_completes() {
    let place = Place::new("v1beta4").await;
    let emqx = Emqx::enterprise(&place, "emqx-ee").await;
    completes(&place, &emqx, V1BETA4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_of_emqx_5_completes() {
    let place = Place::new("v2beta1").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    completes(&place, &emqx, V2BETA1).await;
}

async fn completes(place: &Place, emqx: &Emqx, sample: &str) {
    let controller = Controller::start(place, &emqx.network.proxy, true).await;
    place.kubectl.apply(&hastened(sample)).await;
    let status = place.until_phase("rebalance-sample", "Completed").await;
    assert_eq!(status["outcome"]["result"], "completed", "{status:#}");
    assert!(status["startedTime"].is_string() && status["completedTime"].is_string());

    let listed = place.kubectl.run(&["get", "rebalances", "rebalance-sample"]).await;
    let heading = listed.lines().next().unwrap().split_whitespace();
    assert_eq!(Vec::from_iter(heading), ["NAME", "STATUS", "AGE"]);
    assert_eq!(row(&listed)[..2], ["rebalance-sample", "Completed"]);
    assert!(controller.ask("/readyz").await.starts_with("HTTP/1.1 200"));

    let made = ["get", "lrb", "--selector=emqx-rebalance.io/made-of=Rebalance", "--output=name"];
    let made = place.kubectl.run(&made).await;
    assert!(made.starts_with("loadrebalance.emqx-rebalance.io/rebalance-sample-"), "{made}");
    let object = place.kubectl.get("rebalance/rebalance-sample").await;
    let annotations = object["metadata"]["annotations"].as_object().unwrap();
    assert_eq!(annotations.len(), 1, "kubectl's own alone: {annotations:?}");

    let clients = emqx.clients();
    assert_eq!(clients.iter().sum::<u64>(), 3 * CLIENTS, "all came back: {clients:?}");
    assert!(clients[3] > CLIENTS / 2, "{clients:?}");
    assert_eq!(emqx.network.starts(), 1);
    let events =
        place.kubectl.run(&["get", "events", "--output=jsonpath={.items[*].reason}"]).await;
    assert!(events.contains("Completed"), "{events}");
    place.kubectl.run(&["delete", "rebalance", "rebalance-sample"]).await;
    controller.terminate().await;
}

/// Every shape of a `Rebalance` that EMQX's article, its documentation and the samples of its operator
/// have, from 2.1 on: what the server stores of each is what it says.
#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_sample_is_applied_unchanged() {
    let place = Place::new("shapes").await;
    let article = V1BETA4
        .replace("  rebalanceStrategy:", "  instanceKind: EmqxEnterprise\n  rebalanceStrategy:");
    let without_kind = V2BETA1.replace("  instanceKind: EMQX\n", "");
    assert!(article != V1BETA4 && without_kind != V2BETA1);
    let least = "apiVersion: apps.emqx.io/v2beta1\nkind: Rebalance\nmetadata:\n  name: least\n  labels:\n    \
                 app.kubernetes.io/name: emqx-operator\nspec:\n  instanceName: emqx\n  \
                 rebalanceStrategy:\n    connEvictRate: 5\n";
    let loose = least.replace("name: least", "name: loose").replace(
        "connEvictRate: 5",
        "connEvictRate: 5\n    sessEvictRate: 0\n    waitTakeover: -1\n    absConnThreshold: 0\n    \
         relConnThreshold: '1'\n    relSessThreshold: a lot",
    );
    let samples = [
        ("article", article.as_str(), "EmqxEnterprise"),
        ("first", V1BETA4, "EmqxEnterprise"),
        ("reference", V2BETA1, "EMQX"),
        ("guide", &without_kind, "EMQX"),
        ("least", least, "EMQX"),
        ("loose", &loose, "EMQX"),
    ];
    for (name, sample, kind) in samples {
        let sample = sample.replace("name: rebalance-sample", &format!("name: {name}"));
        let said = place.kubectl.apply(&sample).await;
        assert_eq!(said, format!("rebalance.apps.emqx.io/{name} created"));
        // As stored, whichever version it came in.
        let stored = place.kubectl.get(&format!("rebalances.v2beta1.apps.emqx.io/{name}")).await;
        assert_eq!(stored["spec"]["instanceKind"], kind, "{name}");
        assert!(stored["spec"]["rebalanceStrategy"]["waitHealthCheck"].is_number());
    }
    // Problems with what the definition lets in are said in conditions.
    let network = Network::to(&[]).await;
    let _controller = Controller::start(&place, &network.proxy, false).await;
    let status = place.until_phase("loose", "Failed").await;
    let message = status["conditions"].to_string();
    for field in ["sessEvictRate", "waitTakeover", "absConnThreshold", "relSessThreshold"] {
        assert!(message.contains(field), "{field} in {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_waits_for_the_end_whichever_it_is() {
    let place = Place::new("wait").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    let good = hastened(V2BETA1);
    let bad = V2BETA1.replace("name: rebalance-sample", "name: bad").replace("1.1", "no number");
    place.kubectl.apply(&format!("{good}\n---\n{bad}")).await;
    for (name, phase) in [("rebalance-sample", "Completed"), ("bad", "Failed")] {
        let object = format!("rebalance/{name}");
        place.kubectl.run(&["wait", "--for=condition=Ended", "--timeout=2m", &object]).await;
        assert_eq!(place.kubectl.get(&object).await["status"]["phase"], phase);
    }
}

/// The fields of the only object that `kubectl get` lists.
fn row(listed: &str) -> Vec<&str> {
    listed.lines().nth(1).unwrap().split_whitespace().collect()
}
