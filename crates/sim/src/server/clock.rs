//! Moves the simulation along with real time.

use super::Shared;
use emqx_rebalance_core::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Real time since the cluster was started.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    disturbed: Notify,
    changed: Notify,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), disturbed: Notify::new(), changed: Notify::new() }
    }

    pub(super) fn now(&self) -> Timestamp {
        let elapsed = self.start.elapsed().as_millis();
        Timestamp::from_ms(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// Tells the clock that the next event may have changed.
    pub(super) fn disturb(&self) {
        self.disturbed.notify_one();
        self.changed.notify_waiters();
    }

    /// Waits until something may have changed in the cluster.
    pub(super) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }
}

/// Lets everything happen when it is due, until the task is dropped.
pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        let next = shared.at_present().cluster.next_event();
        shared.clock.changed.notify_waiters();
        // An event that is due within this millisecond still gets a moment of its own.
        let wait = next.ms_since(shared.clock.now()).max(1);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait)) => {}
            () = shared.clock.disturbed.notified() => {}
        }
    }
}
