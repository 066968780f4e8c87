//! The clusters, and what befalls them in a month.

use emqx_rebalance_core::{Error, NodeName, Result};
use emqx_rebalance_sim::{
    ClusterConfig, Drift, Fault, LoadBalancer, Policy as Balancing, Reconnect, ScheduledFault,
};

/// Midnight of Monday, 2 March 2026, in UTC.
pub(crate) const EPOCH_MS: u64 = 1_772_409_600_000;
pub(crate) const DAYS: u32 = 30;
pub(crate) const DAY_S: u32 = 86_400;
/// Clients of a cluster in the beginning. As many come as go.
pub(crate) const CLIENTS: u32 = 100_000;

/// Five nodes, and a sixth that joins some day; behind a load balancer that goes round and round, with
/// clients that stay for a week on average and come back within seconds.
pub(crate) fn cluster(seed: u64) -> Result<ClusterConfig> {
    let each = u64::from(CLIENTS / 5);
    let mut config = ClusterConfig::with_clients(&[each, each, each, each, each, 0])?;
    config.load_balancer = LoadBalancer::ideal(Balancing::RoundRobin);
    config.reconnect = Reconnect { min_ms: 500, max_ms: 5_000, ..Reconnect::default() };
    let per_s = f64::from(CLIENTS) / f64::from(STAY_DAYS * DAY_S);
    config.drift = Drift { arrivals_per_s: per_s, departures_per_s: per_s };
    config.epoch_s = EPOCH_MS / 1000;
    config.seed = seed;
    config.newcomers = vec![node(6)?];
    config.faults = befalls(seed)?;
    Ok(config)
}

/// Which node, from 1.
pub(crate) fn node(place: u32) -> Result<NodeName> {
    let name = NodeName::new(format!("emqx{place}@127.0.0.1"));
    name.map_err(|problem| Error::invalid("node", vec![problem]))
}

/// In the second week a node joins, at two in the afternoon; in the first and in the third all are
/// restarted, one after the other, on a morning; and three times one dies at any hour, for ten minutes.
fn befalls(seed: u64) -> Result<Vec<ScheduledFault>> {
    let mut faults = Vec::new();
    let mut draw = fastrand::Rng::with_seed(seed);
    let joins_s = (7 + draw.u32(0..5)) * DAY_S + 14 * HOUR_S;
    faults.push(at(joins_s, Fault::NodeAppeared { node: node(6)? }));
    faults.push(at(joins_s + 10, Fault::NodeJoined { node: node(6)? }));
    for (week, nodes) in [(0, 5), (2, 6)] {
        let begins_s = (week * 7 + draw.u32(1..5)) * DAY_S + 10 * HOUR_S;
        for place in 1..=nodes {
            faults.extend(restart(begins_s + place * 240, 60, place)?);
        }
    }
    for _ in 0..3 {
        let dies_s = draw.u32(20 * DAY_S..DAYS * DAY_S);
        faults.extend(restart(dies_s, 600, draw.u32(1..=6))?);
    }
    Ok(faults)
}

fn restart(at_s: u32, for_s: u32, place: u32) -> Result<[ScheduledFault; 2]> {
    let dies = at(at_s, Fault::NodeKilled { node: node(place)? });
    Ok([dies, at(at_s + for_s, Fault::NodeRestarted { node: node(place)? })])
}

fn at(at_s: u32, fault: Fault) -> ScheduledFault {
    ScheduledFault { at_s: at_s.into(), fault }
}

const HOUR_S: u32 = 3_600;
const STAY_DAYS: u32 = 7;
