//! What this process holds in memory: the drivers on their way, and who has which cluster.

use crate::live::Live;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync;

/// A driver on its way; only one reconciliation at a time has it.
pub(crate) type Shared = Arc<sync::Mutex<Live>>;

/// What this process holds in memory. All of it can be had again from the objects.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    lives: Mutex<BTreeMap<String, Shared>>,
    /// The object that has each cluster. The objects tell the same, but a cache tells it late.
    claims: Mutex<BTreeMap<String, String>>,
    attempts: Mutex<BTreeMap<String, u32>>,
}

impl Desk {
    /// The driver of the object `uid`.
    pub(crate) fn live(&self, uid: &str) -> Option<Shared> {
        lock(&self.lives).get(uid).cloned()
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

    /// Claims `cluster` for `uid`; false if another object has it.
    pub(crate) fn claim(&self, cluster: &str, uid: &str) -> bool {
        let mut claims = lock(&self.claims);
        claims.entry(cluster.to_owned()).or_insert_with(|| uid.to_owned()) == uid
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

    #[test]
    fn a_cluster_is_one_object_s_at_a_time() {
        let desk = Desk::default();
        assert!(desk.claim("a", "1"));
        assert!(desk.claim("a", "1"));
        assert!(!desk.claim("a", "2"));
        desk.release("1");
        assert!(desk.claim("a", "2"));
    }

    #[test]
    fn failures_are_counted_until_one_comes_through() {
        let desk = Desk::default();
        assert_eq!((desk.failed("1"), desk.failed("1")), (1, 2));
        desk.succeeded("1");
        assert_eq!(desk.failed("1"), 1);
    }
}
