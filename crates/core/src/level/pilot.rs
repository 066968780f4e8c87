//! A small part first, to see how clients come back.
//!
//! One run of EMQX's own kind: all nodes above the mean are closed and drop as many clients in a tick or a
//! few, so that those come back to the nodes that lack some. A recipient coordinates it: the donors' few
//! starts an hour are for the rest of the plan.

use super::outlook::{Candidate, Scene};
use crate::balancer::LoadBalancer;
use crate::number::{float, whole};
use crate::plan::{Pilot, PilotRun, Run};
use crate::snapshot::NodeLoad;
use crate::strategy::Strategy;
use crate::units::{AbsThreshold, EvictRate, RelThreshold};

impl Scene<'_> {
    /// The run that shows how clients come back, before those of `chosen`: none if that is known, or
    /// `chosen` does not drop clients enough for it to be worth the time.
    pub(crate) fn pilot(&self, chosen: &Candidate, strategy: &Strategy) -> Option<PilotRun> {
        let drops = chosen.outlook.forecast.disconnects;
        let clients = match self.options.pilot {
            Pilot::Clients(clients) => u64::from(clients).min(drops),
            Pilot::Auto if self.has_to_learn() => whole(float(drops) * SHARE).max(LEAST),
            Pilot::Auto | Pilot::Off => return None,
        };
        let is_worth_it = self.options.pilot != Pilot::Auto || drops >= clients * WORTH;
        if chosen.runs.is_empty() || !is_worth_it {
            return None;
        }
        let split = self.split();
        let pace = self.pace(&split, clients, strategy)?;
        let most_s = u64::from(strategy.wait_health_check) + pace.ticks + u64::from(MOST_S);
        let clients = pace.rate * pace.ticks * split.donors.len() as u64;
        Some(PilotRun { run: run(&split, pace, strategy)?, clients, most_s })
    }

    /// Whether there is something that the plan was not told.
    fn has_to_learn(&self) -> bool {
        let options = self.options;
        options.told_profile().is_none() || options.load_balancer == Some(LoadBalancer::Auto)
    }

    /// The fullest nodes above the mean, as many as may be closed, and all that EMQX takes for recipients
    /// beside them.
    fn split(&self) -> Split<'_> {
        let mut nodes: Vec<&NodeLoad> = self.nodes().collect();
        nodes.sort_by(|a, b| b.connections.cmp(&a.connections).then(a.node.cmp(&b.node)));
        let mean = mean(&nodes);
        let most = self.options.max_unavailable.and_then(|most| usize::try_from(most).ok());
        let above = nodes.iter().filter(|load| float(load.connections) > mean);
        let donors: Vec<&NodeLoad> = above.take(most.unwrap_or(usize::MAX)).copied().collect();
        let below = nodes.iter().filter(|load| float(load.connections) < mean);
        Split { donors, recipients: below.copied().collect() }
    }

    /// How fast the donors drop about `clients` together.
    fn pace(&self, split: &Split<'_>, clients: u64, strategy: &Strategy) -> Option<Pace> {
        let donors = split.donors.len() as u64;
        let apart = mean(&split.donors) - mean(&split.recipients);
        let each = clients.div_ceil(donors.max(1)).min(whole(apart / 2.0));
        let by_node =
            self.options.max_reconnect_rate.map(|rate| rate * float(split.recipients.len() as u64));
        let limits = [self.options.max_cluster_reconnect_rate, by_node];
        let allowed = limits.into_iter().flatten().fold(f64::INFINITY, f64::min);
        let top =
            u64::from(strategy.conn_evict_rate.get()).min(whole(allowed / float(donors.max(1))));
        let ticks = each.div_ceil(top.max(1)).clamp(1, MOST_TICKS);
        let rate = (each / ticks).clamp(1, top.max(1));
        // Half way between the last tick that drops and the check that ends it.
        let apart_at_the_end = (apart - (float(ticks) - 0.5) * float(rate)).floor();
        let is_possible = donors > 0 && !split.recipients.is_empty() && apart_at_the_end >= 1.0;
        is_possible.then_some(Pace { rate, ticks, abs: apart_at_the_end })
    }
}

/// Who drops clients, and who gets them.
struct Split<'a> {
    donors: Vec<&'a NodeLoad>,
    recipients: Vec<&'a NodeLoad>,
}

/// How fast, and where EMQX stops.
#[derive(Clone, Copy)]
struct Pace {
    rate: u64,
    ticks: u64,
    abs: f64,
}

fn run(split: &Split<'_>, pace: Pace, strategy: &Strategy) -> Option<Run> {
    let names =
        |loads: &[&NodeLoad]| loads.iter().map(|load| load.node.clone()).collect::<Vec<_>>();
    let (donors, recipients) = (names(&split.donors), names(&split.recipients));
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Some(Run {
        coordinator: recipients.last()?.clone(),
        nodes: [donors.clone(), recipients.clone()].concat(),
        donors,
        recipients,
        strategy: Strategy {
            conn_evict_rate: EvictRate::at_least_one(number(pace.rate)),
            wait_takeover: MOST_S,
            abs_conn_threshold: AbsThreshold::at_least_one(number(whole(pace.abs))),
            rel_conn_threshold: RelThreshold::TIGHTEST,
            // It moves no sessions, which would keep the donors closed for longer.
            abs_sess_threshold: AbsThreshold::at_least_one(u32::MAX),
            rel_sess_threshold: RelThreshold::TIGHTEST,
            ..strategy.clone()
        },
    })
}

fn mean(nodes: &[&NodeLoad]) -> f64 {
    let sum: f64 = nodes.iter().map(|load| float(load.connections)).sum();
    sum / float(nodes.len() as u64).max(1.0)
}

/// Of the clients that a plan drops, the part that is dropped first.
const SHARE: f64 = 0.02;
/// Fewer show nothing for sure: of 200, a share is known within 7 % but for one time in twenty.
const LEAST: u64 = 200;
/// A plan that drops fewer than so many times as much is over before there is much to gain.
const WORTH: u64 = 3;
/// Most seconds until they are back.
const MOST_S: u32 = 60;
/// Most ticks that they are dropped in: the fewer, the clearer it is who comes back when.
const MOST_TICKS: u64 = 10;
