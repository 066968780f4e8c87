//! Lets go of objects that somebody took away by force, with their finalizer: no reconciliation ever
//! comes for them.

use super::gates;
use crate::context::Context;
use crate::failure::Failure;
use crate::live::Live;
use kube::ResourceExt;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

/// Sweeps now and then, for ever.
pub(crate) async fn keep_sweeping(context: &Context) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        sweep(context).await;
    }
}

async fn sweep(context: &Context) {
    let there: BTreeSet<String> =
        context.store.state().iter().filter_map(|object| object.uid()).collect();
    for (uid, live) in context.desk.others_than(&there) {
        let mut live = live.lock().await;
        match let_go(context, &mut live).await {
            Ok(()) => context.desk.remove(&uid),
            Err(failure) => warn!(%failure, "an object that is gone is not let go yet"),
        }
    }
}

/// Does what its deletion would have done.
async fn let_go(context: &Context, live: &mut Live) -> Result<(), Failure> {
    let object = live.origin.clone();
    info!(object = %object.name_any(), "the object was taken away by force; stopping its runs");
    if let Some(cluster) = &live.cluster {
        let runs = live.status().runs;
        for run in runs.iter().filter(|run| run.state.phase().is_some()) {
            if let Err(error) = cluster.stop(Some(&run.coordinator)).await {
                warn!(%error, coordinator = %run.coordinator, "not stopped; it ends by itself");
            }
        }
    }
    gates::open_all(context, &object, live).await
}

/// Somebody who uses force can wait that long for the next rebalance of the cluster.
const EVERY: Duration = Duration::from_secs(10);
