//! Watches every kind of object in every namespace that is looked after, each with a controller of its
//! own; all of them share one context, so that a cluster has one turn at a time whoever asks.

use crate::context::Context;
use crate::instance::Kinds;
use crate::order::{Kind, Order};
use crate::policy;
use crate::reconcile::{after_failure, reconcile};
use crate::resource::Served;
use crate::server::Shown;
use futures::future::{join, join_all};
use futures::{Stream, StreamExt, TryStreamExt, future, stream};
use kube::api::Api;
use kube::runtime::controller::{self, Controller};
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use std::sync::Arc;
use std::time::Duration;
use tracing::{debug, info, warn};

/// Tells when the process is to end.
pub(crate) type Shutdown = tokio::sync::watch::Receiver<bool>;

/// The resources to watch, each in the first of its versions that is served.
pub(crate) const KINDS: [&[Kind]; 3] = [
    &[Kind::Rebalance(Served::V2Beta1), Kind::Rebalance(Served::V1Beta4)],
    &[Kind::LoadRebalance],
    &[Kind::NodeEvacuation],
];

/// Watches and reconciles until `shutdown`.
pub(crate) async fn everything(
    context: &Arc<Context>,
    namespaces: &[String],
    shown: &Shown,
    shutdown: Shutdown,
) {
    let every = [None];
    let some: Vec<Option<&str>> = namespaces.iter().map(|name| Some(name.as_str())).collect();
    let scopes = if some.is_empty() { every.as_slice() } else { &some };
    let watches = KINDS.into_iter().map(|versions| {
        let shutdown = shutdown.clone();
        async move {
            let Some(kind) = until_served(context, versions, shutdown.clone()).await else {
                return;
            };
            let watched = scopes.iter().map(|scope| watch(context, kind, *scope, shown, &shutdown));
            join_all(watched).await;
        }
    });
    let policies = policy::everything(context, scopes, shown, shutdown.clone());
    join(join_all(watches), policies).await;
}

/// Waits until the process is to end.
pub(crate) async fn until_over(mut shutdown: Shutdown) {
    drop(shutdown.wait_for(|is_over| *is_over).await);
}

/// The kind among `versions` that is served, as soon as one is: a definition may come at any time.
async fn until_served(context: &Context, versions: &[Kind], shutdown: Shutdown) -> Option<Kind> {
    let kinds = Kinds::new(context.client.clone());
    loop {
        match kinds.served(versions).await {
            Ok(Some(kind)) => return Some(kind),
            Ok(None) => debug!(kind = ?versions.first(), "the definition is not installed"),
            Err(error) => warn!(%error, "the Kubernetes API does not answer"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = until_over(shutdown.clone()) => return None,
        }
    }
}

async fn watch(
    context: &Arc<Context>,
    kind: Kind,
    namespace: Option<&str>,
    shown: &Shown,
    shutdown: &Shutdown,
) {
    info!(
        identity = context.writer,
        kind = kind.word(),
        version = kind.version(),
        namespace,
        "watching"
    );
    let kept = Writer::new(kind);
    let store = kept.as_reader();
    context.add(store.clone());
    let (told, shown_last) = (Arc::clone(context), store.clone());
    let objects = seen(context, kind, namespace, shown)
        .reflect(kept)
        .inspect_ok(move |event| call_askers(&told, &shown_last, event))
        .applied_objects();
    let config = controller::Config::default().concurrency(if kind.is_own() { 0 } else { AT_ONCE });
    let controller = Controller::for_stream_with(objects, store, kind)
        .with_config(config)
        .reconcile_on(turns(context, kind, namespace))
        .graceful_shutdown_on(until_over(shutdown.clone()));
    let results = controller.run(reconcile, after_failure, Arc::clone(context));
    let reconciling = results.for_each(|result| async move {
        match result {
            // Told where it happened, and again if it goes on.
            Ok(_)
            | Err(controller::Error::ReconcilerFailed(..) | controller::Error::QueueError(_)) => {}
            Err(error) => debug!(%error, "not reconciled"),
        }
    });
    reconciling.await;
}

/// What the watch brings; the probes and the metrics are told of it.
fn seen(
    context: &Context,
    kind: Kind,
    namespace: Option<&str>,
    shown: &Shown,
) -> impl Stream<Item = Result<watcher::Event<Order>, watcher::Error>> + use<> {
    let api: Api<Order> = match namespace {
        Some(namespace) => Api::namespaced_with(context.client.clone(), namespace, &kind),
        None => Api::all_with(context.client.clone(), &kind),
    };
    let (health, metrics) = (shown.health.begin(), Arc::clone(&shown.metrics));
    watcher(api, watcher::Config::default()).inspect(move |event| {
        health.see(event);
        if let Err(error) = event {
            metrics.watch_failed();
            warn!(%error, kind = kind.word(), "the objects cannot be watched");
        }
    })
}

/// Has each `Rebalance` look that something was made of which `event` tells of. A list is in the store
/// when it is whole.
fn call_askers(context: &Context, store: &Store<Order>, event: &watcher::Event<Order>) {
    let call = |object: &Order| {
        if object.behalf.is_some() {
            let asker = object.asker();
            context.memory.call(&ObjectRef::from_obj_with(&asker, asker.kind));
        }
    };
    match event {
        watcher::Event::Apply(object) | watcher::Event::Delete(object) => call(object),
        watcher::Event::InitDone => store.state().iter().for_each(|object| call(object)),
        watcher::Event::Init | watcher::Event::InitApply(_) => {}
    }
}

/// The objects of this watch whose turn it is.
fn turns(
    context: &Context,
    kind: Kind,
    namespace: Option<&str>,
) -> impl Stream<Item = ObjectRef<Order>> + use<> {
    let mut turn = context.memory.listen();
    let namespace = namespace.map(str::to_owned);
    let turns = stream::poll_fn(move |task| turn.poll_recv(task));
    turns.filter_map(move |object| {
        let is_here = namespace.is_none() || object.namespace == namespace;
        // The version that another object names it by may be another one than is watched.
        let is_ours = is_here && object.dyntype.word() == kind.word();
        let namespace = object.namespace.unwrap_or_default();
        let object = ObjectRef::new_with(&object.name, kind).within(&namespace);
        future::ready(is_ours.then_some(object))
    })
}

/// How many objects of EMQX's are looked at at once, which takes a few requests to Kubernetes for each; what
/// is driven waits for EMQX, and for nobody else.
const AT_ONCE: u16 = 64;
/// How soon to look again for a definition that is not installed.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
