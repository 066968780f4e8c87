//! `kubectl delete` stops a rebalance, in whatever phase it is, and whatever has gone meanwhile.

use crate::controller::Controller;
use crate::emqx::Emqx;
use crate::place::Place;
use crate::samples::{V2BETA1, hastened};

const NAME: &str = "rebalance-sample";

async fn stops_in(state: &str) {
    let place = Place::new(&format!("delete-{}", state.replace('_', "-"))).await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    place.kubectl.apply(&slow()).await;
    place.until_state(NAME, state).await;
    assert!(emqx.is_busy());
    // This returns when the object is gone, and that is when the run is stopped.
    place.kubectl.run(&["delete", "rebalance", NAME]).await;
    assert!(!emqx.is_busy());
}

/// Every phase takes seconds.
pub(crate) fn slow() -> String {
    let waits = hastened(V2BETA1).replace(": 1\n", ": 4\n");
    waits
        .replace("connEvictRate: 30", "connEvictRate: 15")
        .replace("sessEvictRate: 30", "sessEvictRate: 5")
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_balancer_looks() {
    stops_in("wait_health_check").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_connections_are_evicted() {
    stops_in("evicting_conns").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_clients_take_their_sessions_over() {
    stops_in("wait_takeover").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_sessions_are_evicted() {
    stops_in("evicting_sessions").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_emqx_itself_was_deleted_first() {
    let place = Place::new("delete-all").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    place.kubectl.apply(&slow()).await;
    place.until_state(NAME, "wait_health_check").await;
    place.kubectl.run(&["delete", "emqx/emqx-ee", "secret/emqx-ee-bootstrap-api-key"]).await;
    emqx.network.cut().await;
    place.kubectl.run(&["delete", "rebalance", NAME, "--wait=false"]).await;
    place.until_gone(NAME).await;
}
