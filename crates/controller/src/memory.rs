//! What this process holds in memory: the drivers on their way, and who has which cluster.

use crate::clusters::{Clusters, Spelling};
use crate::live::Live;
use crate::order::Order;
use emqx_rebalance_core::{Job, Timestamp};
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{self, mpsc};

/// A driver on its way; only one reconciliation at a time has it.
pub(crate) type Shared = Arc<sync::Mutex<Live>>;

/// When a plan was shown, and for which generation of the object: Kubernetes counts what is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) at: Timestamp,
    pub(crate) generation: Option<i64>,
}

/// What this process holds in memory. All of it can be had again from the objects.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    lives: Mutex<BTreeMap<String, Shared>>,
    /// The object that has each cluster. The objects tell the same, but a cache tells it late.
    claims: Mutex<BTreeMap<Spelling, String>>,
    clusters: Mutex<Clusters>,
    attempts: Mutex<BTreeMap<String, u32>>,
    /// Objects whose plan was only shown.
    shown: Mutex<BTreeMap<String, Shown>>,
    /// Objects that are done, until the cache shows it too.
    done: Mutex<BTreeSet<String>>,
    /// Who is to reconcile objects at once, since it is their turn.
    turns: Mutex<Vec<mpsc::UnboundedSender<ObjectRef<Order>>>>,
}

impl Memory {
    /// Who listens hears whose turn it is.
    pub(crate) fn listen(&self) -> mpsc::UnboundedReceiver<ObjectRef<Order>> {
        let (turns, turn) = mpsc::unbounded_channel();
        lock(&self.turns).push(turns);
        turn
    }

    /// Has `object` reconciled at once.
    pub(crate) fn call(&self, object: &ObjectRef<Order>) {
        // Nobody listens when the controller is about to end.
        lock(&self.turns).retain(|turns| turns.send(object.clone()).is_ok());
    }

    /// Takes note that `uid` is done, whatever the cache shows.
    pub(crate) fn finish(&self, uid: &str) {
        lock(&self.done).insert(uid.to_owned());
        self.remove(uid);
    }

    /// Whether `uid` is done, whatever the cache shows.
    pub(crate) fn is_done(&self, uid: &str) -> bool {
        lock(&self.done).contains(uid)
    }

    /// The cache shows that `uid` is done.
    pub(crate) fn forget(&self, uid: &str) {
        lock(&self.done).remove(uid);
    }

    /// Takes note that the plan of `uid` was shown.
    pub(crate) fn show(&self, uid: &str, shown: Shown) {
        lock(&self.shown).insert(uid.to_owned(), shown);
    }

    /// When the plan of `uid` was shown last.
    pub(crate) fn shown(&self, uid: &str) -> Option<Shown> {
        lock(&self.shown).get(uid).copied()
    }

    /// Forgets what is kept of objects that are not among `uids`, and of clusters that are not among
    /// `spellings`, apart from drivers and what they have.
    pub(crate) fn keep_only(&self, uids: &BTreeSet<String>, spellings: &BTreeSet<Spelling>) {
        lock(&self.clusters).keep_only(spellings);
        lock(&self.attempts).retain(|uid, _| uids.contains(uid));
        lock(&self.shown).retain(|uid, _| uids.contains(uid));
        lock(&self.done).retain(|uid| uids.contains(uid));
    }

    /// The driver of the object `uid`.
    pub(crate) fn live(&self, uid: &str) -> Option<Shared> {
        lock(&self.lives).get(uid).cloned()
    }

    /// The drivers of objects that are not among `uids`.
    pub(crate) fn others_than(&self, uids: &BTreeSet<String>) -> Vec<(String, Shared)> {
        let lives = lock(&self.lives);
        let others = lives.iter().filter(|(uid, _)| !uids.contains(*uid));
        others.map(|(uid, live)| (uid.clone(), Arc::clone(live))).collect()
    }

    /// Puts a driver there.
    pub(crate) fn insert(&self, uid: &str, live: Live) -> Shared {
        let shared = Arc::new(sync::Mutex::new(live));
        lock(&self.lives).insert(uid.to_owned(), Arc::clone(&shared));
        shared
    }

    /// Takes the driver of `uid` away, and frees its cluster.
    pub(crate) fn remove(&self, uid: &str) {
        lock(&self.lives).remove(uid);
        self.release(uid);
    }

    /// The cluster of `object`, one for all that mean the same.
    pub(crate) fn cluster(&self, object: &Order) -> Spelling {
        lock(&self.clusters).name(object)
    }

    /// Takes note that the cluster of `object` is the one of `job`.
    pub(crate) fn learn(&self, object: &Order, job: &Job) {
        lock(&self.clusters).learn(object, job);
    }

    /// Claims the cluster of `object` for it; false if another object has it.
    pub(crate) fn claim(&self, object: &Order) -> bool {
        let (cluster, uid) = (self.cluster(object), object.uid().unwrap_or_default());
        *lock(&self.claims).entry(cluster).or_insert_with(|| uid.clone()) == uid
    }

    /// Frees the cluster of `uid`.
    pub(crate) fn release(&self, uid: &str) {
        lock(&self.claims).retain(|_, holder| holder != uid);
    }

    /// Counts a failed reconciliation of `uid`: how many in a row.
    pub(crate) fn failed(&self, uid: &str) -> u32 {
        let mut attempts = lock(&self.attempts);
        let attempt = attempts.entry(uid.to_owned()).or_default();
        *attempt = attempt.saturating_add(1);
        *attempt
    }

    /// A reconciliation of `uid` came through.
    pub(crate) fn succeeded(&self, uid: &str) {
        lock(&self.attempts).remove(uid);
    }

    /// Drivers on their way.
    pub(crate) fn driven(&self) -> usize {
        lock(&self.lives).len()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Kind;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    #[test]
    fn a_cluster_is_one_object_s_at_a_time() {
        let memory = Memory::default();
        let [one, two] = ["1", "2"].map(|uid| {
            let metadata = ObjectMeta { uid: Some(uid.to_owned()), ..ObjectMeta::default() };
            Order::bare(Kind::LoadRebalance, metadata)
        });
        assert!(memory.claim(&one));
        assert!(memory.claim(&one));
        assert!(!memory.claim(&two));
        memory.release("1");
        assert!(memory.claim(&two));
    }

    #[test]
    fn nothing_is_kept_of_objects_that_are_gone() {
        let memory = Memory::default();
        for uid in ["gone", "there"] {
            memory.failed(uid);
            memory.finish(uid);
        }
        memory.keep_only(&BTreeSet::from(["there".to_owned()]), &BTreeSet::new());
        assert!(memory.is_done("there") && !memory.is_done("gone"));
        assert_eq!((memory.failed("there"), memory.failed("gone")), (2, 1));
    }

    #[test]
    fn failures_are_counted_until_one_comes_through() {
        let memory = Memory::default();
        assert_eq!((memory.failed("1"), memory.failed("1")), (1, 2));
        memory.succeeded("1");
        assert_eq!(memory.failed("1"), 1);
    }
}
