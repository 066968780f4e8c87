//! The real time of a simulation, and what has become of its nodes by then.

use emqx_rebalance_core::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Real time since the cluster was started.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    disturbed: Notify,
    /// Which nodes are up.
    up: watch::Sender<Vec<bool>>,
    /// Which nodes hang.
    hung: watch::Sender<Vec<bool>>,
    /// How often the simulation has moved on: answers that were waited for may have come.
    turns: watch::Sender<u64>,
}

impl Clock {
    pub(super) fn new(nodes: usize) -> Self {
        let up = watch::Sender::new(vec![true; nodes]);
        let hung = watch::Sender::new(vec![false; nodes]);
        let (disturbed, turns) = (Notify::new(), watch::Sender::new(0));
        Self { start: Instant::now(), disturbed, up, hung, turns }
    }

    pub(super) fn now(&self) -> Timestamp {
        let elapsed = self.start.elapsed().as_millis();
        Timestamp::from_ms(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// Tells the clock that the next event may have changed.
    pub(super) fn disturb(&self) {
        self.disturbed.notify_one();
    }

    /// Waits until the next event may have changed.
    pub(super) async fn disturbed(&self) {
        self.disturbed.notified().await;
    }

    /// Waits until `node` is up, or down.
    pub(super) async fn until(&self, node: usize, wanted: bool) {
        let mut up = self.up.subscribe();
        // The sender lives in the same value, so the wait cannot fail.
        let _reached = up.wait_for(|up| up.get(node) == Some(&wanted)).await.is_ok();
    }

    /// Which nodes hang, now and whenever that changes.
    pub(super) fn hung(&self) -> watch::Receiver<Vec<bool>> {
        self.hung.subscribe()
    }

    /// Tells whenever the simulation has moved on.
    pub(super) fn turns(&self) -> watch::Receiver<u64> {
        self.turns.subscribe()
    }

    /// Tells that the simulation has moved on.
    pub(super) fn tell(&self, now_up: Vec<bool>, now_hung: Vec<bool>) {
        replace(&self.up, now_up);
        replace(&self.hung, now_hung);
        self.turns.send_modify(|turns| *turns += 1);
    }
}

fn replace(states: &watch::Sender<Vec<bool>>, now: Vec<bool>) {
    states.send_if_modified(|states| {
        let changed = *states != now;
        *states = now;
        changed
    });
}
