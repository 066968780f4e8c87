//! The controller's own HTTP endpoints: metrics and probes.

use crate::context::Context;
use crate::health::Watches;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What the endpoints show.
#[derive(Clone, Default)]
pub(crate) struct Shown {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Watches>,
    /// Set once this process is the one that acts.
    pub(crate) context: Arc<OnceLock<Arc<Context>>>,
    /// Set once Kubernetes has answered: a process that stands by is ready too.
    pub(crate) is_ready: Arc<OnceLock<()>>,
}

/// Serves `/metrics`, `/healthz`, `/readyz` and what else there is until it is dropped.
pub(crate) async fn serve(
    address: SocketAddr,
    shown: Shown,
    drains: Option<Router>,
) -> io::Result<(SocketAddr, JoinSet<()>)> {
    let listener = bind(address).await?;
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .with_state(shown)
        .merge(drains.unwrap_or_default());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "metrics and probes are not served any more");
        }
    });
    Ok((address, tasks))
}

/// Every address of IPv6 is every one of IPv4 too, but some machines have no IPv6 at all.
async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Err(_) if address.ip() == Ipv6Addr::UNSPECIFIED => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
        }
        bound => bound,
    }
}

async fn metrics(State(shown): State<Shown>) -> impl IntoResponse {
    let (objects, driven) = match shown.context.get() {
        Some(context) => (context.objects(), context.memory.driven()),
        None => (Vec::new(), 0),
    };
    let text = shown.metrics.text(objects.iter().map(AsRef::as_ref), driven);
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}

type Probed = (StatusCode, &'static str);

async fn alive(State(shown): State<Shown>) -> Probed {
    probed(shown.health.are_alive(), "the objects could not be watched for 10 minutes")
}

async fn ready(State(shown): State<Shown>) -> Probed {
    match shown.is_ready.get() {
        Some(()) => probed(shown.health.are_ready(), "the objects cannot be watched"),
        None => probed(false, "the Kubernetes API has not answered yet"),
    }
}

const fn probed(is_well: bool, otherwise: &'static str) -> Probed {
    if is_well { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, otherwise) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn whoever_speaks_ipv4_reaches_every_address() {
        let every = (Ipv6Addr::UNSPECIFIED, 0).into();
        let (address, _tasks) = serve(every, Shown::default(), None).await.unwrap();
        TcpStream::connect((Ipv4Addr::LOCALHOST, address.port())).await.unwrap();
    }
}
