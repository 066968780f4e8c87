//! The controller as a whole: election, watches, reconciliations.

use crate::clock::Clock;
use crate::context::Context;
use crate::drain;
use crate::hosts::HostPattern;
use crate::instance::{Finder, Kinds};
use crate::leader::{Leadership, LeaseOptions};
use crate::memory::Memory;
use crate::object::MANAGER;
use crate::reconcile::keep_sweeping;
use crate::server::{Shown, serve};
use crate::watch::{self, Shutdown};
use kube::client::{Body, ClientBuilder};
use kube::runtime::events::{Recorder, Reporter};
use kube::{Client, Config};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tower::util::MapRequestLayer;
use tracing::{info, warn};

/// How to run the controller.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The namespaces to watch; all of them if there are none.
    pub namespaces: Vec<String>,
    /// Where to serve `/metrics`, `/healthz` and `/readyz`. Port 0 is any that is free.
    pub metrics_addr: SocketAddr,
    /// The lease by which the leader is elected; `None` for a process that is the only one.
    pub lease: Option<LeaseOptions>,
    /// Hosts that objects may name by `rebalance.emqx.io/url`, beside those of their own namespace.
    pub allowed_hosts: Vec<HostPattern>,
    /// When the controller was installed: what is much older is done only if it asks for that. By
    /// default, when the lease was created; without a lease nothing is too old.
    pub installed: Option<jiff::Timestamp>,
    /// Whether to serve `POST /drain`, by which pods have their node emptied before they end.
    pub drains: bool,
}

/// Why the controller cannot go on. The process should end and be started again.
pub type RunError = Box<dyn std::error::Error + Send + Sync>;

/// Runs the controller until `shutdown`.
///
/// # Errors
/// If metrics cannot be served, the configuration leads to no API server, or another process has
/// become the leader.
pub async fn run(
    config: Config,
    options: RunOptions,
    shutdown: impl Future<Output = ()> + Send + Sync + 'static,
) -> Result<(), RunError> {
    let shown = Shown::default();
    let client = counting(config, &shown)?;
    let finder = Arc::new(Finder::new(client.clone(), options.allowed_hosts.clone()));
    let drains = options.drains.then(|| drain::router(&client, &finder, &options.namespaces));
    let (address, _server) = serve(options.metrics_addr, shown.clone(), drains).await?;
    info!(%address, "serving metrics and probes");
    let identity = identity();
    let acting = async {
        until_any_is_served(&client, &shown).await;
        let mut leadership = None;
        if let Some(lease) = &options.lease {
            let mut standing = Leadership::stand(&client, lease, &identity).await?;
            info!(identity, "standing by");
            if !standing.until(true).await {
                return Err("the election has ended without a leader".into());
            }
            leadership = Some(standing);
        }
        shown.metrics.set_leader(true);
        Ok::<_, RunError>(leadership)
    };
    let (shutdown, stopped) = shared(shutdown);
    let mut leadership = tokio::select! {
        ready = acting => ready?,
        () = stopped => return Ok(()),
    };
    let mut installed = options.installed;
    if let (None, Some(leadership)) = (installed, &leadership) {
        installed = leadership.since(&client).await?;
    }
    let reporter = Reporter { controller: MANAGER.to_owned(), instance: Some(identity.clone()) };
    let context = Arc::new(Context {
        recorder: Recorder::new(client.clone(), reporter),
        client,
        stores: RwLock::default(),
        finder,
        installed,
        memory: Memory::default(),
        clock: Clock::new(),
        writer: identity,
        metrics: Arc::clone(&shown.metrics),
    });
    // There is one context in the life of a process.
    let _ = shown.context.set(Arc::clone(&context));
    tokio::select! {
        () = watch::everything(&context, &options.namespaces, &shown, shutdown) => {}
        () = keep_sweeping(&context) => {}
        () = deposed(leadership.as_mut()) => {
            return Err("another process has become the leader".into());
        }
    }
    if let Some(leadership) = leadership {
        leadership.resign().await;
    }
    Ok(())
}

/// Waits until the API server serves a resource that asks for something, however long that takes.
async fn until_any_is_served(client: &Client, shown: &Shown) {
    let kinds = Kinds::new(client.clone());
    loop {
        let mut found = Vec::new();
        for versions in watch::KINDS {
            found.push(kinds.served(versions).await);
        }
        if found.iter().any(Result::is_ok) {
            shown.is_ready.get_or_init(|| ());
        }
        if found.iter().any(|found| matches!(found, Ok(Some(_)))) {
            return;
        }
        match found.into_iter().find_map(Result::err) {
            Some(error) => warn!(%error, "the Kubernetes API does not answer"),
            None => warn!("no definition of a resource that asks for a rebalance is installed"),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A client that counts its requests, and does not repeat them: it would do so for minutes, with what
/// is not wanted any more. Whoever asks tries again, after another look.
fn counting(mut config: Config, shown: &Shown) -> Result<Client, kube::Error> {
    config.default_retry = false;
    let metrics = Arc::clone(&shown.metrics);
    let count = MapRequestLayer::new(move |request: http::Request<Body>| {
        let is_watch = request.uri().query().is_some_and(|query| query.contains("watch="));
        let verb = if is_watch { "watch" } else { request.method().as_str() };
        metrics.asked(&verb.to_ascii_lowercase());
        request
    });
    Ok(ClientBuilder::try_from(config)?.with_layer(&count).build())
}

async fn deposed(leadership: Option<&mut Leadership>) {
    match leadership {
        Some(leadership) => drop(leadership.until(false).await),
        None => std::future::pending().await,
    }
}

/// What ends when `shutdown` does, for as many as there are, and once more.
fn shared(
    shutdown: impl Future<Output = ()> + Send + Sync + 'static,
) -> (Shutdown, impl Future<Output = ()>) {
    let (sender, receiver) = tokio::sync::watch::channel(false);
    let mut one = receiver.clone();
    tokio::spawn(async move {
        shutdown.await;
        sender.send_replace(true);
    });
    let stopped = async move { drop(one.wait_for(|is_over| *is_over).await) };
    (receiver, stopped)
}

/// A name that no other process has: two writers of the same name could take each other's state for
/// their own.
fn identity() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| MANAGER.to_owned());
    format!("{host}-{}-{}", std::process::id(), Clock::new().now().as_ms())
}

const LOOK_AGAIN: Duration = Duration::from_secs(5);
