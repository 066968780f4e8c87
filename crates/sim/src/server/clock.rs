//! Moves the simulation along with real time.

use super::Shared;
use emqx_rebalance_core::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Real time since the cluster was started.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    disturbed: Notify,
    /// Which nodes are up.
    up: watch::Sender<Vec<bool>>,
}

impl Clock {
    pub(super) fn new(nodes: usize) -> Self {
        let up = watch::Sender::new(vec![true; nodes]);
        Self { start: Instant::now(), disturbed: Notify::new(), up }
    }

    pub(super) fn now(&self) -> Timestamp {
        let elapsed = self.start.elapsed().as_millis();
        Timestamp::from_ms(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// Tells the clock that the next event may have changed.
    pub(super) fn disturb(&self) {
        self.disturbed.notify_one();
    }

    /// Waits until `node` is up, or down.
    pub(super) async fn until(&self, node: usize, wanted: bool) {
        let mut up = self.up.subscribe();
        // The sender lives in the same value, so the wait cannot fail.
        let _reached = up.wait_for(|up| up.get(node) == Some(&wanted)).await.is_ok();
    }

    fn tell(&self, now_up: Vec<bool>) {
        self.up.send_if_modified(|up| {
            let changed = *up != now_up;
            *up = now_up;
            changed
        });
    }
}

/// Lets everything happen when it is due, until the task is dropped.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        let (next, up) = {
            let simulation = shared.at_present();
            let nodes = simulation.cluster.config().nodes.len();
            let up = (0..nodes).map(|node| simulation.cluster.is_up(node)).collect();
            (simulation.cluster.next_event(), up)
        };
        shared.clock.tell(up);
        // An event that is due within this millisecond still gets a moment of its own.
        let wait = next.ms_since(shared.clock.now()).max(1);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait)) => {}
            () = shared.clock.disturbed.notified() => {}
        }
    }
}
