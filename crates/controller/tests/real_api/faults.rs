//! Whatever breaks, a rebalance is started once and comes to the verdict it would have come to.

use crate::controller::Controller;
use crate::deleted::slow;
use crate::emqx::Emqx;
use crate::place::Place;
use crate::samples::{V2BETA1, hastened};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

const NAME: &str = "rebalance-sample";
const STATES: [&str; 4] =
    ["wait_health_check", "evicting_conns", "wait_takeover", "evicting_sessions"];

#[tokio::test(flavor = "multi_thread")]
async fn the_controller_is_killed_in_every_phase() {
    let place = Place::new("killed").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    place.kubectl.apply(&slow()).await;
    for i in 0..STATES.len() {
        let controller = Controller::start(&place, &emqx.network.proxy, false).await;
        // Or a later one: on a busy machine, the next controller may come too late for this.
        place.until(NAME, |status| state_of(status).is_some_and(|state| state >= i)).await;
        controller.kill().await;
    }
    let _last = Controller::start(&place, &emqx.network.proxy, false).await;
    let status = place.until_phase(NAME, "Completed").await;
    assert_eq!(status["outcome"]["result"], "completed", "{status:#}");
    assert_eq!(emqx.network.starts(), 1);
}

/// How far EMQX is; past all states once there is a verdict.
fn state_of(status: &Value) -> Option<usize> {
    if status["completedTime"].is_string() {
        return Some(STATES.len());
    }
    STATES.iter().position(|state| status["rebalanceStates"][0]["state"] == *state)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_pod_takes_over() {
    let place = Place::new("standby").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    let first = Controller::start(&place, &emqx.network.proxy, true).await;
    place.kubectl.apply(&slow()).await;
    place.until_state(NAME, "wait_health_check").await;
    let mut second = Controller::start(&place, &emqx.network.proxy, true).await;
    second.until_logged("standing by").await;
    assert!(second.ask("/readyz").await.starts_with("HTTP/1.1 200"), "who stands by is ready");
    first.terminate().await;
    place.until_phase(NAME, "Completed").await;
    assert_eq!(emqx.network.starts(), 1);
    let leads = second.metrics().await;
    assert_eq!(leads.get("emqx_rebalance_controller_leader"), Some(&1.0), "{leads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_writes_the_object_all_the_time() {
    let place = Place::new("conflicts").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    place.kubectl.apply(&hastened(V2BETA1)).await;
    let api = place.rebalances();
    let storm = tokio::spawn(async move {
        for i in 0_u64.. {
            let patch = json!({"metadata": {"annotations": {"example.com/count": i.to_string()}}});
            api.patch(NAME, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
        }
    });
    let status = place.until_phase(NAME, "Completed").await;
    storm.abort();
    assert_eq!(status["outcome"]["result"], "completed", "{status:#}");
    assert_eq!(emqx.network.starts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn emqx_cannot_be_reached_for_a_while() {
    let place = Place::new("unreachable").await;
    let emqx = Emqx::operated(&place, "emqx-ee").await;
    emqx.network.cut().await;
    let _controller = Controller::start(&place, &emqx.network.proxy, false).await;
    place.kubectl.apply(&slow()).await;
    place.until(NAME, |status| status["conditions"][0]["reason"] == "EmqxUnreachable").await;
    assert_eq!(emqx.network.starts(), 0);
    emqx.network.mend();
    place.until_state(NAME, "wait_health_check").await;
    emqx.network.cut().await;
    emqx.network.mend();
    let status = place.until_phase(NAME, "Completed").await;
    assert_eq!(status["outcome"]["result"], "completed", "{status:#}");
    assert_eq!(emqx.network.starts(), 1);
}
