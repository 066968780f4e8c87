//! Lets go of objects that somebody took away by force, with their finalizer: no reconciliation ever
//! comes for them.

use super::ending;
use crate::clusters::Spelling;
use crate::context::Context;
use kube::ResourceExt;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};

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
    let objects = context.objects();
    let there: BTreeSet<String> = objects.iter().filter_map(|object| object.uid()).collect();
    let spellings = objects.iter().map(|object| Spelling::of(object)).collect();
    context.memory.keep_only(&there, &spellings);
    for (uid, live) in context.memory.others_than(&there) {
        let mut live = live.lock().await;
        let object = live.origin.clone();
        match ending::vanished(context, &object, &mut live).await {
            Ok(_) => debug!(uid, "let go"),
            Err(failure) => warn!(%failure, "an object that is gone is not let go yet"),
        }
    }
}

/// Somebody who uses force can wait that long for the next rebalance of the cluster.
const EVERY: Duration = Duration::from_secs(10);
