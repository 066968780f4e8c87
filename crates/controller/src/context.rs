//! What every reconciliation works with.

use crate::clock::Clock;
use crate::failure::Failure;
use crate::instance::Finder;
use crate::live::Live;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::object::{Mark, Object};
use crate::order::Order;
use crate::report::Report;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Client, Resource, ResourceExt};
use std::sync::{Arc, PoisonError, RwLock};
use tracing::warn;

/// What every reconciliation works with.
pub(crate) struct Context {
    pub(crate) client: Client,
    /// Every object as the watches last showed it, one store for each watch.
    pub(crate) stores: RwLock<Vec<Store<Order>>>,
    pub(crate) finder: Arc<Finder>,
    /// When the controller was installed, if that is known.
    pub(crate) installed: Option<jiff::Timestamp>,
    pub(crate) memory: Memory,
    pub(crate) clock: Clock,
    /// Who we are in the state that objects keep: no other process is called so.
    pub(crate) writer: String,
    pub(crate) recorder: Recorder,
    pub(crate) metrics: Arc<Metrics>,
}

impl Context {
    /// `object` on the API server.
    pub(crate) fn object(&self, object: &Order) -> Object {
        Object::of(&self.client, object)
    }

    /// Every object as the watches last showed it.
    pub(crate) fn objects(&self) -> Vec<Arc<Order>> {
        let stores = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        stores.iter().flat_map(Store::state).collect()
    }

    /// The object `key` as its watch last showed it.
    pub(crate) fn known(&self, key: &ObjectRef<Order>) -> Option<Arc<Order>> {
        let stores = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        stores.iter().find_map(|store| store.get(key))
    }

    /// Takes note of one more watch.
    pub(crate) fn add(&self, store: Store<Order>) {
        self.stores.write().unwrap_or_else(PoisonError::into_inner).push(store);
    }

    /// Whether `object` was there before the controller was: operator 3.x ignores such objects, so
    /// that nobody may have thought of them for long. Those that came shortly before are meant, as
    /// `kubectl apply` of a folder creates both in any order.
    pub(crate) fn is_older(&self, object: &Order) -> bool {
        let created = object.creation_timestamp().map(|time| time.0);
        let limit = self.installed.and_then(|at| at.checked_sub(BEFORE_INSTALLED).ok());
        created.zip(limit).is_some_and(|(created, limit)| created < limit)
    }

    /// Publishes what is worth telling, for `kubectl describe`. An event that cannot be published
    /// is logged and no more: nothing depends on it.
    pub(crate) async fn tell(&self, object: &Order, is_good: bool, reason: &str, note: &str) {
        let event = Event {
            type_: if is_good { EventType::Normal } else { EventType::Warning },
            reason: reason.to_owned(),
            note: Some(note.to_owned()),
            action: "Rebalance".to_owned(),
            secondary: object.behalf.is_some().then(|| object.object_ref(&object.kind)),
        };
        let asker = object.asker();
        self.publish(event, &asker.object_ref(&asker.kind)).await;
    }

    /// Publishes `event` about an object, with as much of its note as Kubernetes takes.
    pub(crate) async fn publish(&self, mut event: Event, about: &ObjectReference) {
        event.note = event.note.map(|note| note.chars().take(MAX_NOTE).collect());
        if let Err(error) = self.recorder.publish(&event, about).await {
            warn!(%error, reason = event.reason, "an event could not be published");
        }
    }

    /// Says that `object` comes to nothing before anything was started for it.
    ///
    /// # Errors
    /// If Kubernetes does not take it.
    pub(crate) async fn fail(
        &self,
        object: &Order,
        reason: &str,
        message: &str,
    ) -> Result<(), Failure> {
        self.report(object, |report| report.failed(reason, message)).await?;
        self.metrics.ended("not_started");
        self.tell(object, false, reason, message).await;
        Ok(())
    }

    /// Writes the status that `change` makes of `object`'s, if it is another one.
    pub(crate) async fn report(
        &self,
        object: &Order,
        change: impl FnOnce(&mut Report),
    ) -> Result<(), Failure> {
        let mut report = Report::of(object, self.clock.written());
        change(&mut report);
        let Some(patch) = report.patch() else { return Ok(()) };
        if !object.kind.is_own() {
            return self.object(object).say(&patch).await;
        }
        self.object(object).write_status(&mut Mark::of(object), &patch).await.map(drop)
    }

    /// The same for an object that is driven, from the status that was written last: the cache may
    /// be older.
    pub(crate) async fn report_live(
        &self,
        live: &mut Live,
        change: impl FnOnce(&mut Report),
    ) -> Result<(), Failure> {
        let known = Order { status: Some(live.status.clone()), ..live.origin.clone() };
        let mut report = Report::of(&known, self.clock.written());
        change(&mut report);
        self.write_live(live, report).await
    }

    /// Writes `report` of an object that is driven.
    pub(crate) async fn write_live(
        &self,
        live: &mut Live,
        mut report: Report,
    ) -> Result<(), Failure> {
        let Some(patch) = report.patch() else { return Ok(()) };
        live.write_status(&self.object(&live.origin), &patch).await?;
        live.status = report.status().clone();
        Ok(())
    }
}

/// How long before the installation an object may have been created that is meant for it.
const BEFORE_INSTALLED: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
/// Kubernetes takes notes of up to 1 kB.
const MAX_NOTE: usize = 1000;
