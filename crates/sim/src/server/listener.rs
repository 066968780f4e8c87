//! One node's HTTP port: open while the node is up.

use super::cannot_listen;
use super::shared::Shared;
use crate::http::{Answer, Ticket};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use emqx_rebalance_core::Result;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;

/// A bound port that serves one node.
#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    node: usize,
}

#[derive(Clone)]
struct Node {
    shared: Arc<Shared>,
    node: usize,
}

impl Listener {
    pub(super) async fn bind(address: SocketAddr, node: usize) -> Result<Self> {
        let bound = TcpListener::bind(address).await.and_then(|socket| {
            let address = socket.local_addr()?;
            Ok(Self { socket, address, node })
        });
        bound.map_err(|error| cannot_listen(address, &error))
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the node, closes the port while it is down, opens the same one when it is back.
    pub(super) async fn run(self, shared: Arc<Shared>) {
        let node = Node { shared, node: self.node };
        let mut socket = Some(self.socket);
        loop {
            if let Some(socket) = socket.take() {
                node.serve(socket).await;
            }
            node.shared.clock.until(node.node, true).await;
            socket = TcpListener::bind(self.address).await.ok();
            if socket.is_none() {
                // Somebody took the port meanwhile, or the old connections still linger.
                tokio::time::sleep(REBIND).await;
            }
        }
    }
}

impl Node {
    /// Answers until the node goes down, or the cluster ends. Connections that are open then are closed once idle.
    async fn serve(&self, socket: TcpListener) {
        let app = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self.clone());
        let node = self.clone();
        let server = axum::serve(socket, app).with_graceful_shutdown(async move {
            tokio::select! {
                () = node.shared.clock.until(node.node, false) => {}
                () = node.shared.ended() => {}
            }
        });
        // An error here is that of a socket that is gone, which is where this was going anyway.
        let _closed: io::Result<()> = server.await;
    }
}

async fn answer(State(node): State<Node>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let request = Request::from_parts(parts, body.to_vec());
    let answer = node.shared.at_present().answer(node.node, &request);
    node.shared.clock.disturb();
    let answer = match answer {
        Answer::Waiting(ticket) => Queued { node, ticket }.answer().await,
        answer => answer,
    };
    match answer {
        Answer::Response(response) => response.map(Body::from),
        Answer::Truncated(response) => response.map(|part| Body::new(Broken::after(part))),
        Answer::Unreachable | Answer::Reset | Answer::Waiting(_) => {
            Response::new(Body::new(Broken::default()))
        }
    }
}

/// A request whose answer takes its time. Whoever sent it may go away meanwhile.
struct Queued {
    node: Node,
    ticket: Ticket,
}

impl Queued {
    async fn answer(&self) -> Answer {
        let mut turns = self.node.shared.clock.turns();
        loop {
            turns.mark_unchanged();
            if let Some(answer) = self.node.shared.at_present().collect(self.ticket) {
                return answer;
            }
            if turns.changed().await.is_err() {
                return Answer::Reset;
            }
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.node.shared.at_present().give_up(self.ticket);
    }
}

/// A body that fails, so that the connection is closed before the answer is whole.
#[derive(Default)]
struct Broken {
    /// What is sent before that.
    part: Option<Bytes>,
}

impl Broken {
    fn after(part: Vec<u8>) -> Self {
        Self { part: Some(part.into()) }
    }
}

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<http_body::Frame<Bytes>, io::Error>>> {
        let frame = self.part.take().map(http_body::Frame::data);
        Poll::Ready(Some(frame.ok_or_else(|| io::ErrorKind::ConnectionReset.into())))
    }
}

/// How long to wait until a port is tried again.
const REBIND: Duration = Duration::from_millis(100);
/// More than any request of the API needs.
const MAX_BODY: usize = 1 << 20;
