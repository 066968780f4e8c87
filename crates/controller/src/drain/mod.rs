//! Empties a node before its pod goes: what a `preStop` hook calls.
//!
//! Kubernetes ends a pod with all its clients at once. A pod that asks `POST /drain` first has its
//! node's clients and sessions moved within the time that it has, and is answered when the node is empty
//! or the time is nearly over. Any replica can do this: nothing is kept, since the pod goes anyway.

mod budget;
mod node;
mod who;

use crate::instance::Finder;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use budget::Budget;
use emqx_rebalance_client::{Cluster, Run};
use emqx_rebalance_core::driver::DriverOptions;
use emqx_rebalance_core::{Error, Evacuation, EvacuationPlanOptions, NodeName, NodeStatus};
use kube::Client;
use node::Drained;
pub(crate) use node::node_of;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{info, warn};
use who::Pod;

/// What drains need.
struct Drains {
    client: Client,
    finder: Arc<Finder>,
    /// The namespaces whose pods are drained; all of them if there are none.
    namespaces: Vec<String>,
    /// How many requests are looked at at once: whoever reaches the port may send them.
    places: Semaphore,
}

/// How many nodes are emptied at once, and a few more requests to be refused.
const PLACES: usize = 32;

/// What a drain came to.
#[derive(Debug, Serialize)]
struct Answer {
    /// Whether the node is empty.
    drained: bool,
    /// In a sentence.
    detail: String,
}

/// Why nothing is drained.
struct Refusal(StatusCode, String);

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self(status, message.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(Answer { drained: false, detail: self.1 })).into_response()
    }
}

/// The endpoint, for pods of `namespaces`, or of all of them.
pub(crate) fn router(client: &Client, finder: &Arc<Finder>, namespaces: &[String]) -> Router {
    let (client, finder, namespaces) = (client.clone(), Arc::clone(finder), namespaces.to_vec());
    let drains = Drains { client, finder, namespaces, places: Semaphore::new(PLACES) };
    Router::new().route("/drain", routing::post(answer)).with_state(Arc::new(drains))
}

#[derive(Deserialize)]
struct Asked {
    within: u64,
}

async fn answer(
    State(drains): State<Arc<Drains>>,
    Query(Asked { within }): Query<Asked>,
    headers: HeaderMap,
) -> Result<Json<Answer>, Refusal> {
    let budget = Budget::of(within).ok_or_else(|| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("within must be {} seconds", budget::BOUND))
    })?;
    // Goes on if whoever asked hangs up: the node must be opened again at the end.
    let draining = tokio::spawn(async move {
        let _place = drains.places.try_acquire().map_err(|_| {
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many drains at once: ask again")
        })?;
        let pod = who::asks(&drains.client, bearer(&headers)).await?;
        if !drains.namespaces.is_empty() && !drains.namespaces.contains(&pod.namespace) {
            let message = format!("the namespace {} is not looked after here", pod.namespace);
            return Err(Refusal::new(StatusCode::FORBIDDEN, message));
        }
        drain(&drains, &pod, budget).await
    });
    match draining.await {
        Ok(answer) => answer.map(Json),
        Err(_) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the drain has failed")),
    }
}

fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
}

async fn drain(drains: &Drains, pod: &Pod, budget: Budget) -> Result<Answer, Refusal> {
    let began = Instant::now();
    let Drained { cluster, node, load, is_evacuating } = node::find(&drains.finder, pod).await?;
    if load.connections == 0 && load.sessions == 0 {
        return Ok(Answer { drained: true, detail: format!("{node} has no clients") });
    }
    if is_evacuating {
        let emptied = emptied(&cluster, &node);
        let over = || Answer { drained: false, detail: "the time is over".to_owned() };
        return Ok(timeout_at(began + budget.limit(), emptied).await.unwrap_or_else(|_| over()));
    }
    info!(%node, ?load, ?budget, "draining");
    let run = begin(&cluster, &node, &budget.evacuation(load)).await?;
    let ended = timeout_at(began + budget.limit(), run.wait()).await;
    let mut answer = match ended {
        Ok(Ok(outcome)) if outcome.result.is_success() => {
            Answer { drained: true, detail: format!("{node} has no clients any more") }
        }
        Ok(Ok(outcome)) => Answer { drained: false, detail: outcome.detail },
        Ok(Err(error)) => Answer { drained: false, detail: error.message().to_owned() },
        Err(_) => {
            run.detach().await;
            Answer { drained: false, detail: "the time is over".to_owned() }
        }
    };
    if !is_reopened(&cluster, &node).await {
        answer.detail.push_str(CLOSED);
    }
    info!(%node, drained = answer.drained, detail = answer.detail, "drained");
    Ok(answer)
}

/// Waits until a node is empty that is being emptied already: by a drain whose answer was lost, of this
/// process or another one, or by somebody else. Whoever began that opens the node again.
async fn emptied(cluster: &Cluster, node: &NodeName) -> Answer {
    loop {
        // What cannot be read for a while is asked for again.
        if let Ok(snapshot) = cluster.snapshot().await {
            let load = snapshot.node(node);
            if load.is_some_and(|load| load.connections == 0 && load.sessions == 0) {
                return Answer { drained: true, detail: format!("{node} has no clients any more") };
            }
            if load.is_none_or(|load| load.status != NodeStatus::Evacuating) {
                let detail = format!("{node} is not emptied any more, and has clients");
                return Answer { drained: false, detail };
            }
        }
        sleep(LOOK_AGAIN).await;
    }
}

async fn begin(
    cluster: &Cluster,
    node: &NodeName,
    evacuation: &Evacuation,
) -> Result<Run, Refusal> {
    let plan = cluster.plan_evacuation(node, evacuation, &EvacuationPlanOptions::default()).await;
    let run = plan.and_then(|plan| cluster.evacuate(plan, DriverOptions::default(), false));
    run.map_err(|error| not_drained(&error))
}

/// An evacuation outlives a restart of its node where the node keeps its data: without this, the next
/// pod of that name would take no clients. Until this pod stops, it is no endpoint of its Services.
async fn is_reopened(cluster: &Cluster, node: &NodeName) -> bool {
    match timeout(REOPEN, cluster.stop_evacuation(node)).await {
        Ok(Ok(_)) => return true,
        Ok(Err(error)) => warn!(%error, %node, "the evacuation is not stopped"),
        Err(_) => warn!(%node, "EMQX does not answer whether the evacuation is stopped"),
    }
    false
}

/// What EMQX, or the plan, has against it. Whoever asks is told the kind and our own words.
fn not_drained(error: &Error) -> Refusal {
    let status =
        if error.is_retryable() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::CONFLICT };
    Refusal::new(status, error.message())
}

const CLOSED: &str = "; EMQX did not confirm that the evacuation is stopped: a node that keeps its data may \
                      take no clients when it comes back, until it is stopped";
/// How soon to look again whether the node is empty.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long the node is asked to open again, of the time that [`Budget`] keeps back.
const REOPEN: Duration = budget::KEPT_BACK;
