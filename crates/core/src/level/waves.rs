//! How many rounds it takes, and what chance adds.

use super::account::Wave;
use super::balancer::LoadBalancer;
use super::outlook::{Candidate, Scene};
use super::whole;
use crate::balance::float;
use crate::forecast::Outlook;

/// Most rounds that a plan holds out.
const MOST: usize = 3;

/// The rounds expected until the goal is met.
///
/// After the first, what is left is what chance has done: each further round moves only that, so
/// its own noise is the root of it.
pub(crate) fn expected(scene: &Scene<'_>, chosen: &Candidate) -> Vec<Wave> {
    let nodes = float(scene.members.len() as u64).max(1.0);
    let mean = scene.nodes().map(|load| float(load.connections)).sum::<f64>() / nodes;
    let by_chance = scene.options.load_balancer == Some(LoadBalancer::Random);
    let mut over = chosen.balance.over;
    if by_chance {
        over += noise(scene, &chosen.outlook);
    }
    let mut waves = vec![Wave { over, disconnects: chosen.outlook.forecast.disconnects }];
    while over > scene.options.goal() && waves.len() < MOST && mean > 0.0 {
        let moved = over * mean * nodes / 4.0;
        let each = 2.0 * moved / nodes;
        let left =
            if by_chance { spread_of_chance(nodes) * each.sqrt() } else { each.sqrt() / 4.0 };
        over = over.min(left.max(1.0) / mean);
        waves.push(Wave { over, disconnects: whole(moved.round()) });
    }
    waves
}

/// By how much chance makes the fullest node fuller than its expected count, against the mean.
///
/// A node that `n` clients came to at random has got `n` give or take the root of `n`.
pub(crate) fn noise(scene: &Scene<'_>, outlook: &Outlook) -> f64 {
    let nodes = float(scene.members.len() as u64).max(1.0);
    let mean = scene.nodes().map(|load| float(load.connections)).sum::<f64>() / nodes;
    let arrived = |(load, i): (&crate::snapshot::NodeLoad, &usize)| {
        let end = outlook.forecast.end.get(*i).map_or(0, |end| end.connections);
        let dropped = outlook.dropped.get(*i).copied().unwrap_or(0);
        float((end + dropped).saturating_sub(load.connections))
    };
    let arrived: Vec<f64> = scene.nodes().zip(scene.members).map(arrived).collect();
    let filled = arrived.iter().filter(|n| **n > 0.0).count() as u64;
    let most = arrived.into_iter().fold(0.0, f64::max);
    if filled < 2 || mean <= 0.0 {
        return 0.0;
    }
    spread_of_chance(float(filled)) * most.sqrt() / mean
}

/// How many standard deviations the highest of `n` lies above their mean, about.
fn spread_of_chance(n: f64) -> f64 {
    (2.0 * n.max(2.0).ln()).sqrt() * 0.8
}
