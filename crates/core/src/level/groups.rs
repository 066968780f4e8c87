//! Donors in groups, one after the other, where only so many nodes may be closed at once.
//!
//! A group drops its clients and opens again before the next one closes. Those that wait for their turn are
//! open meanwhile, and get their part of what is dropped: they drop more when it is theirs, and those that
//! were first drop more than their excess, by what they will get of the others.

use super::draft::Site;
use super::outlook::Scene;
use super::setting::Setting;
use crate::forecast::Spread;
use crate::number::float;

/// In how many groups the donors are closed.
pub(crate) fn count(scene: &Scene<'_>) -> usize {
    let limit = scene.options.max_unavailable.and_then(|most| usize::try_from(most).ok());
    let donors = scene.names(|load, share| load > share).len();
    limit.map_or(1, |most| donors.div_ceil(most.max(1))).max(1)
}

/// The setting of the first group: those that wait for their turn only take their part of what is dropped,
/// and all others aim lower by what they will get of the later groups.
pub(crate) fn first(setting: Setting) -> Setting {
    let donors = donors(&setting);
    let most = setting.limits.closed.unwrap_or(usize::MAX).max(1);
    let Some((group, _)) = donors.split_at_checked(most).filter(|(_, waiting)| !waiting.is_empty())
    else {
        return setting;
    };
    let gained = gained(&setting, &donors, most);
    let site = |(i, site): (usize, &Site)| {
        let lower = Site { target: (site.target - gained).max(0.0), ..*site };
        // Whoever holds more than this lower target, and is not in the group, waits too.
        if site.member && (group.contains(&i) || lower.excess() < 1.0) {
            lower
        } else {
            Site { target: site.clients, member: false, ..*site }
        }
    };
    let sites = setting.sites.iter().enumerate().map(site).collect();
    Setting { sites, ..setting }
}

/// What each node that is open gets of the clients that the groups after the first will drop.
fn gained(setting: &Setting, donors: &[usize], most: usize) -> f64 {
    if setting.spread == Spread::ToEmptiest {
        return 0.0;
    }
    let excess = |site: &usize| setting.sites.get(*site).map_or(0.0, Site::excess);
    let sum = |group: &[usize]| (group.iter().map(excess).sum(), float(group.len() as u64));
    let groups: Vec<(f64, f64)> = donors.chunks(most).map(sum).collect();
    let sites = float(setting.sites.len() as u64);
    let mut gains = vec![0.0; groups.len()];
    // What a group drops is its excess and what its nodes get of all others: a few rounds settle it.
    for _ in 0..ROUNDS {
        for (i, (excess, nodes)) in groups.iter().enumerate() {
            let all: f64 = gains.iter().sum();
            let Some(own) = gains.get_mut(i) else { break };
            let others = all - *own;
            *own = (excess + nodes * others) / (sites - nodes).max(1.0);
        }
    }
    gains.iter().skip(1).sum()
}

/// Sites with an excess of a client or more, the fullest first.
fn donors(setting: &Setting) -> Vec<usize> {
    let sites = setting.sites.iter().enumerate();
    let mut able: Vec<(usize, f64)> = sites
        .filter(|(_, site)| site.member && site.excess() >= 1.0)
        .map(|(i, site)| (i, site.excess()))
        .collect();
    able.sort_by(|a, b| b.1.total_cmp(&a.1));
    able.into_iter().map(|(site, _)| site).collect()
}

/// Of the nodes, some are never closed, so that each round adds less than the one before.
const ROUNDS: usize = 100;
