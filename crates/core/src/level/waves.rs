//! How many rounds it takes, and what chance adds.

use super::account::Wave;
use super::groups;
use super::outlook::{Candidate, Scene, spread_of_chance};
use crate::balancer::LoadBalancer;
use crate::forecast::NodeEnd;
use crate::number::{float, whole};
use crate::snapshot::{NodeLoad, Snapshot};
use crate::strategy::Strategy;

/// A wave must leave less than this share of the imbalance it finds, or a driver does not begin it.
pub(crate) const WORTH: f64 = 0.75;
/// Most rounds that a plan holds out.
const MOST: usize = 3;

/// The rounds expected until the goal is met.
///
/// Each is planned from what the one before is forecast to leave. Behind a random balancer that is
/// level but for chance, and each further round moves only what chance has done: its own noise is
/// about the root of it.
pub(crate) fn expected(scene: &Scene<'_>, chosen: &Candidate, strategy: &Strategy) -> Vec<Wave> {
    let first =
        Wave { over: chosen.balance.over, disconnects: chosen.outlook.forecast.disconnects };
    if scene.options.load_balancer == Some(LoadBalancer::Random) {
        let over = scene.over_by_chance(&chosen.outlook);
        return by_chance(scene, Wave { over, ..first });
    }
    let groups = groups::count(scene);
    let mut waves = vec![first];
    let mut end = chosen.outlook.forecast.end.clone();
    while waves.len() < MOST + groups - 1
        && waves.last().is_some_and(|wave| wave.over > scene.options.goal())
    {
        let Some(next) = next(scene, &end, strategy) else { break };
        let over = waves.last().map_or(0.0, |wave| wave.over);
        let is_group = waves.len() < groups;
        if next.runs.is_empty() || !is_group && next.balance.over >= over * WORTH {
            break;
        }
        let disconnects = next.outlook.forecast.disconnects;
        waves.push(Wave { over: next.balance.over, disconnects });
        end = next.outlook.forecast.end;
    }
    waves
}

/// The round after one that ended at `end`.
fn next(scene: &Scene<'_>, end: &[NodeEnd], strategy: &Strategy) -> Option<Candidate> {
    let load = |(load, end): (&NodeLoad, &NodeEnd)| NodeLoad {
        connections: end.connections,
        ..load.clone()
    };
    let nodes = scene.snapshot.nodes().iter().zip(end).map(load).collect();
    let snapshot = Snapshot::new(nodes).ok()?;
    let scene = Scene { snapshot: &snapshot, ..*scene };
    Some(scene.candidate(scene.level(strategy)))
}

fn by_chance(scene: &Scene<'_>, first: Wave) -> Vec<Wave> {
    let nodes = float(scene.members.len() as u64).max(1.0);
    let mean = scene.nodes().map(|load| float(load.connections)).sum::<f64>() / nodes;
    let mut waves = vec![first];
    let mut over = first.over;
    while over > scene.options.goal() && waves.len() < MOST && mean > 0.0 {
        let each = over * mean / 2.0;
        over = over.min((spread_of_chance(nodes) * each.sqrt()).max(1.0) / mean);
        waves.push(Wave { over, disconnects: whole((each * nodes / 2.0).round()) });
    }
    waves
}
