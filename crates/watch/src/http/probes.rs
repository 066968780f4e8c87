//! What programs ask without a token: metrics, whether this process is well, and whether a node takes clients.

use super::Site;
use super::guard::Viewer;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/health/{cluster}/{node}", get(takes))
}

/// What is counted.
pub(super) fn metrics() -> Router<Site> {
    Router::new().route("/metrics", get(counted))
}

async fn counted(_: Viewer, State(site): State<Site>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], site.board.metrics.text(&site.board))
}

/// Whether every cluster was looked at once, whatever came of it.
async fn ready(State(site): State<Site>) -> (StatusCode, &'static str) {
    let is_seen = site.board.places().all(|place| place.known().decision.is_some());
    if is_seen {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not every cluster was looked at yet")
    }
}

/// For load balancers, which send no token. They learn one bit, and nothing of names that are not there:
/// a node that nobody knows takes clients.
async fn takes(
    Path((cluster, node)): Path<(String, String)>,
    State(site): State<Site>,
) -> (StatusCode, &'static str) {
    let takes = site.board.place(&cluster).ok().and_then(|place| place.takes(&node));
    if takes.unwrap_or(true) {
        (StatusCode::OK, "takes clients")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "fuller than the others")
    }
}
