//! An independent simulation of EMQX's rules, client by client, to judge plans by.
//!
//! It knows nothing of how a plan was made: it reads the plan's runs in order, as a cluster would
//! get them. Evicted clients come back one by one, 0.5 to 1.5 times the delay later, through a load
//! balancer that looks at the nodes once a second; coordinators tick up to 0.2 s out of phase.
//! A donor is closed from the start of its run to its end, as in EMQX before 5.4.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "test support: a panic is a failed test, and counts are small"
)]

mod cluster;
pub(crate) mod clusters;
pub(crate) mod driven;
mod fleet;
mod rng;
mod tally;

pub(crate) use fleet::Fleet;
pub(crate) use rng::Rng;
pub(crate) use tally::Tally;

use cluster::Cluster;
use emqx_rebalance_core::{NodeName, Run};

/// How the load balancer deals clients out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Deal {
    RoundRobin,
    Random,
    LeastConnections,
}

/// When the balancer looks at the nodes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Look {
    /// On the second, with the first start.
    OnTheSecond,
    /// Once a second, at any part of it.
    Anywhere,
}

/// The world around the cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) deal: Deal,
    pub(crate) look: Look,
    pub(crate) fleet: Fleet,
    pub(crate) seed: u64,
}

/// What a plan did.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) counts: Vec<u64>,
    pub(crate) disconnects: u64,
    /// Seconds from the first start to the end of the last run.
    pub(crate) duration_s: f64,
    /// Starts that EMQX refused.
    pub(crate) refused: usize,
}

impl Verdict {
    /// The fullest node over the mean.
    pub(crate) fn over(&self) -> f64 {
        let total: u64 = self.counts.iter().sum();
        let max = self.counts.iter().max().copied().unwrap_or(0);
        max as f64 * self.counts.len() as f64 / total as f64 - 1.0
    }
}

/// Plays `runs` on nodes `names` that hold `counts` clients.
pub(crate) fn judge(names: &[NodeName], counts: &[u64], runs: &[Run], world: World) -> Verdict {
    let mut cluster = Cluster::new(names, counts, world);
    let refused = runs.iter().filter(|run| !cluster.start(run)).count();
    cluster.finish();
    Verdict {
        disconnects: cluster.disconnects,
        duration_s: cluster.runs.iter().map(|run| run.ended_s).fold(0.0, f64::max),
        refused,
        counts: cluster.counts,
    }
}
