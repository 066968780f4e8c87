//! The circumstances a plan is made for.

use super::balancer::LoadBalancer;
use super::draft::{Draft, Hold, Site};
use super::flow::Flow;
use crate::balance::float;
use crate::forecast::Spread;
use crate::plan::PlanOptions;
use crate::snapshot::NodeLoad;
use crate::strategy::Strategy;

/// Seconds by which coordinators tick late, on average: they start one after the other and each
/// ticks by its own clock, up to 0.2 s apart.
pub(crate) const TICK_LAG_S: f64 = 0.1;

/// Seconds until a load balancer that looks once a second sends clients to a node that serves again.
///
/// Up to 1. The plan reckons with nearly the most, since the error of a shorter lag leaves the
/// emptiest node a little emptier, while that of a longer one would leave it the fullest.
pub(crate) const SEEN_LAG_S: f64 = 0.9;

/// The circumstances: what the strategy and the world around the cluster lay down.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) sites: Vec<Site>,
    pub(crate) spread: Spread,
    /// Most clients that a donor may drop per tick.
    pub(crate) top_rate: u64,
    pub(crate) wait_health_check_s: u64,
    pub(crate) wait_takeover_s: u64,
    pub(crate) reconnect_delay_s: f64,
}

impl Setting {
    /// The circumstances of levelling `nodes`.
    pub(crate) fn of(nodes: &[&NodeLoad], strategy: &Strategy, options: &PlanOptions) -> Self {
        let total: f64 = nodes.iter().map(|load| float(load.connections)).sum();
        let weights: f64 = nodes.iter().map(|load| load.weight()).sum();
        let site = |load: &&NodeLoad| Site {
            clients: float(load.connections),
            target: total * load.weight() / weights,
        };
        Self {
            sites: nodes.iter().map(site).collect(),
            spread: options.load_balancer.map_or(Spread::Evenly, LoadBalancer::spread),
            top_rate: strategy.conn_evict_rate.get().into(),
            wait_health_check_s: strategy.wait_health_check.into(),
            wait_takeover_s: strategy.wait_takeover.into(),
            reconnect_delay_s: options.delay_s(),
        }
    }

    /// When the first clients are dropped.
    pub(crate) fn first_tick_s(&self) -> f64 {
        float(self.wait_health_check_s) + TICK_LAG_S
    }

    /// When the balancer sends clients to a node whose run ends `lasts_s` after its first tick.
    pub(crate) fn opens_s(&self, lasts_s: f64) -> f64 {
        self.first_tick_s() + lasts_s + SEEN_LAG_S
    }

    /// The clients that `draft` sends back.
    pub(crate) fn flow(&self, draft: &Draft) -> Flow {
        let mut flow = Flow::new(self.first_tick_s(), self.reconnect_delay_s);
        for hold in draft.holds.iter().flatten() {
            flow.add(hold.ahead_s, hold.ticks, float(hold.rate));
        }
        flow
    }

    /// When the balancer sends clients to each node.
    pub(crate) fn openings(&self, draft: &Draft) -> Vec<f64> {
        let opens = |hold: &Option<Hold>| hold.map_or(0.0, |hold| self.opens_s(hold.lasts_s()));
        draft.holds.iter().map(opens).collect()
    }
}
