//! The fleet as JSON, and what people want done.

#![expect(unused_qualifications, reason = "those that utoipa's macro writes")]

use super::Site;
use super::guard::{Approver, Viewer};
use super::refusal::Refusal;
use super::views::{ClusterView, DecisionView, RunView};
use crate::board::{Choice, Place, Wish};
use crate::store::Rows;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use axum::routing::{get, post};
use axum::{Json, Router};
use emqx_rebalance_core::policy::Decision;
use emqx_rebalance_core::{Error, Problem};
use futures_util::{Stream, stream};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use utoipa::{IntoParams, OpenApi, ToSchema};

type Answer<T> = Result<Json<T>, Refusal>;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/openapi.json", get(async || Json(openapi())))
        .route("/api/v1/clusters", get(clusters))
        .route("/api/v1/clusters/{cluster}", get(cluster))
        .route("/api/v1/clusters/{cluster}/approve", post(approve))
        .route("/api/v1/clusters/{cluster}/reject", post(reject))
        .route("/api/v1/clusters/{cluster}/stop", post(stop))
        .route("/api/v1/decisions", get(decisions))
        .route("/api/v1/runs", get(runs))
}

/// What goes on for as long as somebody reads.
pub(super) fn streams() -> Router<Site> {
    Router::new().route("/api/v1/clusters/{cluster}/events", get(events))
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "emqx-rebalance watch",
        description = "The fleet that one process looks after. Errors have `kind`, \
        `message`, `context`, `problems` and `retryable`, as in every language."
    ),
    paths(clusters, cluster, approve, reject, stop, decisions, runs, events)
)]
struct Described;

/// The description of this API, as OpenAPI.
pub fn openapi() -> serde_json::Value {
    serde_json::to_value(Described::openapi()).unwrap_or_default()
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Of this cluster alone. Default: of all.
    cluster: Option<String>,
    /// Most rows, 1 to 500; the newest come first. Default 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// How many of the newest are left out. Default 0.
    offset: Option<u32>,
}

/// Consent to a proposal, or its opposite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Consented {
    /// The proposal that was looked at.
    id: u64,
    /// What tells its plan from every other one.
    fingerprint: String,
    /// Why, such as a ticket. One line of up to 1,000 bytes.
    reason: Option<String>,
}

/// Why a run is to be stopped.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// Why, such as a ticket. One line of up to 1,000 bytes.
    reason: Option<String>,
}

/// Every cluster, by name.
#[utoipa::path(get, path = "/api/v1/clusters", responses((status = 200, body = Vec<ClusterView>)))]
async fn clusters(_: Viewer, State(site): State<Site>) -> Json<Vec<ClusterView>> {
    Json(site.board.places().map(|place| ClusterView::of(place, place.known())).collect())
}

/// One cluster.
#[utoipa::path(get, path = "/api/v1/clusters/{cluster}", params(("cluster" = String, Path)),
    responses((status = 200, body = ClusterView), (status = 404, description = "The fleet has no such cluster")))]
async fn cluster(
    _: Viewer,
    State(site): State<Site>,
    Path(name): Path<String>,
) -> Answer<ClusterView> {
    let place = place(&site, &name)?;
    Ok(Json(ClusterView::of(place, place.known())))
}

/// The same again whenever it changes, as server-sent events.
#[utoipa::path(get, path = "/api/v1/clusters/{cluster}/events", params(("cluster" = String, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 404, description = "The fleet has no such cluster")))]
async fn events(
    _: Viewer,
    State(site): State<Site>,
    Path(name): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>, Refusal> {
    let place = Arc::clone(place(&site, &name)?);
    let turn = Arc::clone(&site.streams).try_acquire_owned();
    let turn = turn.map_err(|_| Refusal::busy("too many follow what changes: ask now and then"))?;
    let mut follow = place.follow();
    follow.mark_changed();
    let stream = stream::unfold((place, follow, turn), async |(place, mut follow, turn)| {
        follow.changed().await.ok()?;
        let known = follow.borrow_and_update().clone();
        let event = Event::default().json_data(ClusterView::of(&place, known)).ok()?;
        Some((Ok(event), (place, follow, turn)))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

/// Approves the proposal that was looked at: it starts as soon as the policy's windows and limits allow it.
#[utoipa::path(post, path = "/api/v1/clusters/{cluster}/approve", params(("cluster" = String, Path)), request_body = Consented,
    responses((status = 200, description = "What was decided", body = Object), (status = 409, description = "Another proposal waits, or none")))]
async fn approve(
    who: Approver,
    State(site): State<Site>,
    Path(name): Path<String>,
    body: Result<Json<Consented>, JsonRejection>,
) -> Answer<Decision> {
    consent(who, &site, &name, body, Wish::Approve).await
}

/// Rejects the proposal that was looked at: nothing like it is made again before the policy's cool-down is over.
#[utoipa::path(post, path = "/api/v1/clusters/{cluster}/reject", params(("cluster" = String, Path)), request_body = Consented,
    responses((status = 200, description = "What was decided", body = Object), (status = 409, description = "Another proposal waits, or none")))]
async fn reject(
    who: Approver,
    State(site): State<Site>,
    Path(name): Path<String>,
    body: Result<Json<Consented>, JsonRejection>,
) -> Answer<Decision> {
    consent(who, &site, &name, body, Wish::Reject).await
}

/// Stops the run that this process has started. Clients that moved stay where they are.
#[utoipa::path(post, path = "/api/v1/clusters/{cluster}/stop", params(("cluster" = String, Path)), request_body = Reason,
    responses((status = 200, description = "What was decided", body = Object), (status = 409, description = "No run of this process is on")))]
async fn stop(
    Approver(who): Approver,
    State(site): State<Site>,
    Path(name): Path<String>,
    body: Result<Json<Reason>, JsonRejection>,
) -> Answer<Decision> {
    let Json(Reason { reason }) = body.map_err(unread)?;
    let place = place(&site, &name)?;
    Ok(Json(place.ask(Wish::Stop, who, checked(reason)?).await?))
}

/// The last decisions.
#[utoipa::path(get, path = "/api/v1/decisions", params(Which), responses((status = 200, body = Vec<DecisionView>)))]
async fn decisions(
    _: Viewer,
    State(site): State<Site>,
    which: Result<Query<Which>, QueryRejection>,
) -> Answer<Vec<DecisionView>> {
    let (cluster, rows) = rows(&site, which)?;
    let rows = site.store.decisions(cluster.as_deref(), rows).await?;
    Ok(Json(rows.into_iter().map(DecisionView::from).collect()))
}

/// The last runs that have ended.
#[utoipa::path(get, path = "/api/v1/runs", params(Which), responses((status = 200, body = Vec<RunView>)))]
async fn runs(
    _: Viewer,
    State(site): State<Site>,
    which: Result<Query<Which>, QueryRejection>,
) -> Answer<Vec<RunView>> {
    let (cluster, rows) = rows(&site, which)?;
    let rows = site.store.history(cluster.as_deref(), rows).await?;
    Ok(Json(rows.into_iter().map(RunView::from).collect()))
}

async fn consent(
    Approver(who): Approver,
    site: &Site,
    name: &str,
    body: Result<Json<Consented>, JsonRejection>,
    wish: impl FnOnce(Choice) -> Wish,
) -> Answer<Decision> {
    let Json(Consented { id, fingerprint, reason }) = body.map_err(unread)?;
    let place = place(site, name)?;
    let wish = wish(Choice { id, fingerprint });
    Ok(Json(place.ask(wish, who, checked(reason)?).await?))
}

fn place<'a>(site: &'a Site, name: &str) -> Result<&'a Arc<Place>, Refusal> {
    site.board.place(name).map_err(Refusal::unknown)
}

fn rows(
    site: &Site,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<(Option<String>, Rows), Refusal> {
    let Query(Which { cluster, limit, offset }) = which.map_err(unread)?;
    if let Some(name) = &cluster {
        place(site, name)?;
    }
    let limit = limit.unwrap_or(ROWS);
    if !(1..=MOST_ROWS).contains(&limit) {
        let bound = format!("a whole number from 1 to {MOST_ROWS}");
        return Err(Error::invalid("query", vec![Problem::new("limit", limit, bound)]).into());
    }
    Ok((cluster, Rows { limit, offset: offset.unwrap_or(0) }))
}

/// What cannot be read as what was to be sent.
fn unread(why: impl std::fmt::Display) -> Refusal {
    let problem = Problem::new("request", why, "as the description of this API says");
    Error::invalid("request", vec![problem]).into()
}

fn checked(reason: Option<String>) -> Result<Option<String>, Refusal> {
    match reason {
        Some(text)
            if text.is_empty()
                || text.len() > MOST_REASON
                || text.chars().any(char::is_control) =>
        {
            let bound = format!("one line of 1 to {MOST_REASON} bytes");
            Err(Error::invalid("request", vec![Problem::new("reason", text, bound)]).into())
        }
        reason => Ok(reason),
    }
}

const ROWS: u32 = 50;
const MOST_ROWS: u32 = 500;
const MOST_REASON: usize = 1_000;
