//! The controller as a whole: election, watch, reconciliations.

use crate::clock::Clock;
use crate::context::Context;
use crate::drain;
use crate::hosts::HostPattern;
use crate::instance::{Finder, Kinds};
use crate::leader::{Leadership, LeaseOptions};
use crate::memory::Memory;
use crate::object::MANAGER;
use crate::reconcile::{after_failure, keep_sweeping, reconcile};
use crate::resource::{Rebalance, Served};
use crate::server::{Shown, serve};
use crate::wishes::is_ours;
use futures::StreamExt;
use kube::api::Api;
use kube::client::{Body, ClientBuilder};
use kube::runtime::controller::{self, Controller};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::store::Writer;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Config};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tower::util::MapRequestLayer;
use tracing::{debug, info, warn};

/// How to run the controller.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The namespace to watch; all of them if `None`.
    pub namespace: Option<String>,
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
    let drains = options.drains.then(|| drain::router(&client, &finder, options.namespace.clone()));
    let (address, _server) = serve(options.metrics_addr, shown.clone(), drains).await?;
    info!(%address, "serving metrics and probes");
    let identity = identity();
    let acting = async {
        let served = served(&client, &shown).await;
        let mut leadership = None;
        if let Some(lease) = &options.lease {
            let mut standing = Leadership::stand(&client, lease, &identity).await?;
            info!(identity, "standing by");
            if !standing.until(true).await {
                return Err("the election has ended without a leader".into());
            }
            leadership = Some(standing);
        }
        info!(identity, version = served.as_str(), "watching");
        shown.metrics.set_leader(true);
        Ok::<_, RunError>((served, leadership))
    };
    let (shutdown, stopped) = shared(shutdown);
    let (served, mut leadership) = tokio::select! {
        ready = acting => ready?,
        () = stopped => return Ok(()),
    };
    let mut options = options;
    if let (None, Some(leadership)) = (options.installed, &leadership) {
        options.installed = leadership.since(&client).await?;
    }
    let watching = watch(&client, served, finder, &options, identity, &shown, shutdown);
    tokio::select! {
        () = watching => {}
        () = deposed(leadership.as_mut()) => {
            return Err("another process has become the leader".into());
        }
    }
    if let Some(leadership) = leadership {
        leadership.resign().await;
    }
    Ok(())
}

async fn watch(
    client: &Client,
    served: Served,
    finder: Arc<Finder>,
    options: &RunOptions,
    writer: String,
    shown: &Shown,
    shutdown: impl Future<Output = ()> + Send + Sync + 'static,
) {
    let api: Api<Rebalance> = match &options.namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &served),
        None => Api::all_with(client.clone(), &served),
    };
    let kept = Writer::new(served);
    let store = kept.as_reader();
    shown.health.begin();
    let (health, metrics) = (Arc::clone(&shown.health), Arc::clone(&shown.metrics));
    let seen = watcher(api, watcher::Config::default()).inspect(move |event| {
        health.see(event);
        if let Err(error) = event {
            metrics.watch_failed();
            warn!(%error, "the Rebalance objects cannot be watched");
        }
    });
    let objects = seen.modify(leave_out_the_rest).reflect(kept).applied_objects();
    let controller = Controller::for_stream_with(objects, store, served);
    let reporter = Reporter { controller: MANAGER.to_owned(), instance: Some(writer.clone()) };
    let (turns, mut turn) = mpsc::unbounded_channel();
    let turns_come = futures::stream::poll_fn(move |task| turn.poll_recv(task));
    let context = Arc::new(Context {
        client: client.clone(),
        served,
        store: controller.store(),
        finder,
        installed: options.installed,
        memory: Memory::new(turns),
        clock: Clock::new(),
        writer,
        recorder: Recorder::new(client.clone(), reporter),
        metrics: Arc::clone(&shown.metrics),
    });
    // There is one context in the life of a process.
    let _ = shown.context.set(Arc::clone(&context));
    let controller = controller.reconcile_on(turns_come).graceful_shutdown_on(shutdown);
    let results = controller.run(reconcile, after_failure, Arc::clone(&context));
    let reconciling = results.for_each(|result| async move {
        match result {
            // Told where it happened, and again if it goes on.
            Ok(_)
            | Err(controller::Error::ReconcilerFailed(..) | controller::Error::QueueError(_)) => {}
            Err(error) => debug!(%error, "not reconciled"),
        }
    });
    tokio::select! {
        () = reconciling => {}
        () = keep_sweeping(&context) => {}
    }
}

/// Keeps of an object what we work with: anybody may put a lot beside it, and all objects are in memory.
fn leave_out_the_rest(object: &mut Rebalance) {
    let metadata = &mut object.metadata;
    (metadata.managed_fields, metadata.labels, metadata.owner_references) = (None, None, None);
    if let Some(annotations) = &mut metadata.annotations {
        annotations.retain(|name, _| is_ours(name));
    }
}

/// Waits until the API server serves `Rebalance`, however long that takes.
async fn served(client: &Client, shown: &Shown) -> Served {
    let kinds = Kinds::new(client.clone());
    loop {
        match kinds.rebalances().await {
            Ok(Some(served)) => {
                shown.is_ready.get_or_init(|| ());
                return served;
            }
            Ok(None) => {
                shown.is_ready.get_or_init(|| ());
                warn!("the definition rebalances.apps.emqx.io is not installed");
            }
            Err(error) => warn!(%error, "the Kubernetes API does not answer"),
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

/// Two futures that end when `shutdown` does.
fn shared(
    shutdown: impl Future<Output = ()> + Send + Sync + 'static,
) -> (impl Future<Output = ()> + Send + Sync, impl Future<Output = ()>) {
    let (sender, mut first) = tokio::sync::watch::channel(false);
    let mut second = first.clone();
    tokio::spawn(async move {
        shutdown.await;
        sender.send_replace(true);
    });
    let one = async move { drop(first.wait_for(|is_over| *is_over).await) };
    let other = async move { drop(second.wait_for(|is_over| *is_over).await) };
    (one, other)
}

/// A name that no other process has: two writers of the same name could take each other's state for
/// their own.
fn identity() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| MANAGER.to_owned());
    format!("{host}-{}-{}", std::process::id(), Clock::new().now().as_ms())
}

const LOOK_AGAIN: Duration = Duration::from_secs(5);
