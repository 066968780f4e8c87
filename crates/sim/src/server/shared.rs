//! The simulation as the tasks of its servers share it, with its clock.

use super::clock::Clock;
use crate::http::Simulation;
use emqx_rebalance_core::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What the listeners and the clock have in common.
pub(crate) struct Shared {
    pub(super) simulation: Mutex<Simulation>,
    pub(super) clock: Clock,
    /// Whether the cluster has ended.
    pub(super) is_ended: watch::Sender<bool>,
}

impl Shared {
    /// The simulation, moved on to the present.
    pub(crate) fn at_present(&self) -> MutexGuard<'_, Simulation> {
        // A panic in one handler must not take the other nodes down.
        let mut simulation = self.simulation.lock().unwrap_or_else(PoisonError::into_inner);
        simulation.advance(self.clock.now());
        simulation
    }

    /// The cluster's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until nobody is to be answered any more: the cluster has ended.
    pub(crate) async fn ended(&self) {
        let mut is_ended = self.is_ended.subscribe();
        let _heard = is_ended.wait_for(|is_ended| *is_ended).await;
    }

    /// Waits until `node` is up, or down.
    pub(crate) async fn until(&self, node: usize, up: bool) {
        self.clock.until(node, up).await;
    }
}

/// Lets everything happen when it is due, until the task is dropped.
pub(super) async fn keep_time(shared: Arc<Shared>) {
    loop {
        let (next, up, hung) = {
            let simulation = shared.at_present();
            let nodes = simulation.cluster.config().nodes.len();
            let up = (0..nodes).map(|node| simulation.cluster.is_up(node)).collect();
            let hung = (0..nodes).map(|node| simulation.cluster.is_hung(node)).collect();
            (simulation.next_event(), up, hung)
        };
        shared.clock.tell(up, hung);
        // An event that is due within this millisecond still gets a moment of its own.
        let wait = next.ms_since(shared.clock.now()).max(1);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait)) => {}
            () = shared.clock.disturbed() => {}
        }
    }
}
