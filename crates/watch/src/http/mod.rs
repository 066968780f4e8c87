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
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use emqx_rebalance_core::{Error, Problem, Result};
use futures_util::FutureExt;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use refusal::Refusal;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

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
    streams: Arc<Semaphore>,
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
    let streams = Arc::new(Semaphore::new(STREAMS));
    let site = Site(Arc::new(Inner { board, store, tokens, turns, streams }));
    let app = api::routes()
        .merge(probes::metrics())
        .layer(from_fn_with_state(site.clone(), bounded))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        // Not among those that wait for their turn: a flood of requests must not close nodes.
        .merge(probes::routes())
        .merge(api::streams())
        .fallback(async || Refusal::no_such_path())
        .method_not_allowed_fallback(async || Refusal::no_such_method())
        .with_state(site);
    Ok(Server { address, listener, app })
}

impl Server {
    /// Serves until it is told to stop. Whoever is being answered then is not.
    pub(crate) async fn serve(self, mut stopped: watch::Receiver<bool>) {
        let mut open = Connections::default();
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                () = open.closed() => {}
                accepted = self.listener.accept(), if open.has_room() => match accepted {
                    Ok((socket, peer)) => open.add(peer.ip(), answer(socket, self.app.clone())),
                    // No file may be open any more: others close theirs.
                    Err(_) => sleep(ACCEPT_AGAIN).await,
                },
            }
        }
    }
}

/// The connections that are open, and of whom: nobody takes all of them from the others.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<IpAddr>,
    peers: BTreeMap<IpAddr, usize>,
}

impl Connections {
    fn has_room(&self) -> bool {
        self.tasks.len() < CONNECTIONS
    }

    /// Who has too many already is not answered.
    fn add(&mut self, peer: IpAddr, work: impl Future<Output = ()> + Send + 'static) {
        let count = self.peers.entry(peer).or_default();
        if *count < OF_ONE_PEER {
            *count += 1;
            self.tasks.spawn(work.map(move |()| peer));
        }
    }

    /// Waits until one is closed.
    async fn closed(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(peer)) => {
                if let Some(count) = self.peers.get_mut(&peer) {
                    *count = count.saturating_sub(1);
                }
                self.peers.retain(|_, count| *count > 0);
            }
            // One that panicked is counted as open.
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }
}

/// One connection, whose requests have to come in time.
async fn answer(socket: TcpStream, app: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(LONGEST);
    // Whoever is there sees how it ends; there is nobody else to tell.
    let _ = http.serve_connection(TokioIo::new(socket), TowerToHyperService::new(app)).await;
}

/// So many at one time, each for so long.
async fn bounded(State(site): State<Site>, request: Request, next: Next) -> Response {
    let Ok(_turn) = site.turns.try_acquire() else {
        return Refusal::busy("too many requests at once: ask again").into_response();
    };
    let late = || Refusal::late("it took too long").into_response();
    timeout(LONGEST, next.run(request)).await.unwrap_or_else(|_| late())
}

/// Bytes of a request's body: a consent with its reason.
const MAX_BODY: usize = 16 * 1024;
const TURNS: usize = 64;
/// Of those who follow what changes.
const STREAMS: usize = 64;
/// More wait until one is closed. As many as load balancers and people of a large fleet have.
const CONNECTIONS: usize = 1_000;
/// Of one address.
const OF_ONE_PEER: usize = 300;
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
