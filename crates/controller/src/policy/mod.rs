//! `RebalancePolicy`: the core's policy at work on the cluster that an object means.
//!
//! A look at the cluster every so often is what drives it. Each look restores the engine from the object's
//! status, lets it decide, writes the status, and only then makes the `LoadRebalance` that the engine wants or
//! stops it: so a controller that dies leaves no second one behind. What it makes is owned by the policy, seen and
//! driven like any other.

mod kept;
mod look;
mod run;
mod shown;

use crate::context::Context;
use crate::failure::Failure;
use crate::instance::Kinds;
use crate::object::MANAGER;
use crate::own::{PolicyStatus, RebalancePolicy};
use crate::server::Shown;
use crate::watch::{Shutdown, until_over};
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use kube::ResourceExt;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::{DeserializeGuard, error_boundary::InvalidObject};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::reflector::store::Writer;
use kube::runtime::{WatchStreamExt, predicates, watcher};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tracing::{debug, info, warn};

/// A policy as it is watched: one that cannot be read keeps no other from being read.
type Guarded = DeserializeGuard<RebalancePolicy>;
type Store = kube::runtime::reflector::Store<Guarded>;

/// What every look works with.
struct Policies {
    context: Arc<Context>,
    store: Store,
}

/// Looks after every policy in `scopes` until `shutdown`.
pub(crate) async fn everything(
    context: &Arc<Context>,
    scopes: &[Option<&str>],
    shown: &Shown,
    shutdown: Shutdown,
) {
    let kinds = Kinds::new(context.client.clone());
    loop {
        match kinds.is_served::<RebalancePolicy>().await {
            Ok(true) => break,
            Ok(false) => debug!("the definition of RebalancePolicy is not installed"),
            Err(error) => warn!(%error, "the Kubernetes API does not answer"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = until_over(shutdown.clone()) => return,
        }
    }
    join_all(scopes.iter().map(|scope| watch(context, *scope, shown, &shutdown))).await;
}

async fn watch(
    context: &Arc<Context>,
    namespace: Option<&str>,
    shown: &Shown,
    shutdown: &Shutdown,
) {
    info!(kind = "RebalancePolicy", namespace, "watching");
    let client = context.client.clone();
    let api: Api<Guarded> = match namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    };
    let kept = Writer::default();
    let store = kept.as_reader();
    let (health, metrics) = (shown.health.begin(), Arc::clone(&shown.metrics));
    let seen = watcher(api, watcher::Config::default()).inspect(move |event| {
        health.see(event);
        if event.is_err() {
            metrics.watch_failed();
        }
    });
    let seen = seen.inspect_err(|error| warn!(%error, "policies cannot be watched"));
    // What we write ourselves is no reason to look.
    let objects = seen
        .default_backoff()
        .reflect(kept)
        .touched_objects()
        .predicate_filter(predicates::generation, Default::default());
    let policies = Arc::new(Policies { context: Arc::clone(context), store: store.clone() });
    let controller =
        Controller::for_stream(objects, store).graceful_shutdown_on(until_over(shutdown.clone()));
    controller.run(reconcile, after_failure, policies).for_each(|_| std::future::ready(())).await;
}

async fn reconcile(object: Arc<Guarded>, policies: Arc<Policies>) -> Result<Action, Failure> {
    match &object.0 {
        Ok(policy) => look::at(&policies, policy).await,
        Err(invalid) => {
            say(&policies.context, invalid).await?;
            Ok(Action::await_change())
        }
    }
}

/// Says on an object that it cannot be read. The rest of its status stays, of which nobody knows what it is.
async fn say(context: &Context, invalid: &InvalidObject) -> Result<(), Failure> {
    let (metadata, why) = (&invalid.metadata, invalid.error.as_str());
    let mut status = PolicyStatus::default();
    let unreadable = Err(("Unreadable", why));
    shown::standing(&mut status, context.clock.now(), metadata.generation, [unreadable; 2]);
    let patch = json!({"status": {
        "observedGeneration": status.observed_generation, "conditions": status.conditions,
    }});
    let kind = ApiResource::erase::<RebalancePolicy>(&());
    let (client, namespace) = (context.client.clone(), metadata.namespace.as_deref());
    let api: Api<DynamicObject> =
        Api::namespaced_with(client, namespace.unwrap_or_default(), &kind);
    let name = metadata.name.as_deref().unwrap_or_default();
    api.patch_status(name, &PatchParams::apply(MANAGER), &Patch::Merge(patch)).await?;
    Ok(())
}

fn after_failure(object: Arc<Guarded>, failure: &Failure, _: Arc<Policies>) -> Action {
    warn!(policy = object.name_any(), %failure, "the policy could not be looked after");
    Action::requeue(AFTER_FAILURE)
}

/// How soon to look again for a definition that is not installed.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How soon to look again after Kubernetes did not do what it was asked.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
