//! What this process tells and takes over HTTP: the fleet as JSON, consent, metrics and health checks.

mod api;
mod guard;
mod probes;
mod refusal;
mod views;

use crate::board::Board;
use crate::config::{Listen, Token};
use crate::store::Store;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use emqx_rebalance_core::{Error, Problem, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

pub use api::openapi;

/// What every handler knows.
#[derive(Clone)]
struct Site(Arc<Inner>);

struct Inner {
    board: Arc<Board>,
    store: Store,
    tokens: Vec<Token>,
    /// So many requests are worked on at one time.
    turns: Semaphore,
}

impl std::ops::Deref for Site {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// A server whose address is taken.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    app: Router,
}

/// Takes the address.
///
/// # Errors
/// `config_invalid` if it is taken, or not of this machine.
pub(crate) async fn bind(listen: &Listen, board: Arc<Board>, store: Store) -> Result<Server> {
    let bad = |error: std::io::Error| {
        let bound = format!("an address of this machine that nobody else has: {error}");
        Error::invalid("fleet", vec![Problem::new("listen", listen.address, bound)])
    };
    let listener = TcpListener::bind(listen.address).await.map_err(bad)?;
    let address = listener.local_addr().map_err(bad)?;
    let (tokens, turns) = (listen.tokens.clone(), Semaphore::new(TURNS));
    let site = Site(Arc::new(Inner { board, store, tokens, turns }));
    let app = api::routes()
        .merge(probes::routes())
        .layer(from_fn_with_state(site.clone(), bounded))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .merge(api::streams())
        .with_state(site);
    Ok(Server { address, listener, app })
}

impl Server {
    /// Serves until it is told to stop. Whoever is being answered then is not.
    pub(crate) async fn serve(self, mut stopped: watch::Receiver<bool>) {
        let Self { listener, app, .. } = self;
        tokio::select! {
            _ = stopped.changed() => {}
            _ = axum::serve(listener, app).into_future() => {}
        }
    }
}

/// So many at one time, each for so long.
async fn bounded(State(site): State<Site>, request: Request, next: Next) -> Response {
    let Ok(_turn) = site.turns.try_acquire() else {
        let body = "too many requests at once";
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")], body).into_response();
    };
    let late = (StatusCode::GATEWAY_TIMEOUT, "it took too long");
    timeout(LONGEST, next.run(request)).await.unwrap_or_else(|_| late.into_response())
}

/// Bytes of a request's body: a consent with its reason.
const MAX_BODY: usize = 16 * 1024;
const TURNS: usize = 64;
const LONGEST: Duration = Duration::from_secs(10);
