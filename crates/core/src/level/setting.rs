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

/// A shorter lag, to see how much a draft depends on it.
pub(crate) const SHORT_LAG_S: f64 = 0.35;

/// The circumstances: what the strategy and the world around the cluster lay down.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) sites: Vec<Site>,
    /// Whether chance decides where a client goes.
    pub(crate) by_chance: bool,
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
            by_chance: options.load_balancer == Some(LoadBalancer::Random),
            spread: options.load_balancer.map_or(Spread::Evenly, LoadBalancer::spread),
            top_rate: strategy.conn_evict_rate.get().into(),
            wait_health_check_s: strategy.wait_health_check.into(),
            wait_takeover_s: strategy.wait_takeover.into(),
            reconnect_delay_s: options.delay_s(),
        }
    }

    /// The same with targets that leave room for chance.
    ///
    /// A node that gets clients by chance aims lower by as many standard deviations as the unluckiest
    /// of them is likely to be off, and the others keep what that leaves over: then none is likelier
    /// to end as the fullest than another.
    pub(crate) fn with_room_for(&self, variances: &[f64]) -> Self {
        let gets = |site: &Site| site.excess() < 1.0;
        let lucky = float(self.sites.iter().filter(|site| gets(site)).count() as u64);
        let off = 0.8 * (2.0 * lucky.max(1.5).ln()).sqrt();
        let room = |(site, variance): (&Site, &f64)| {
            if gets(site) { off * variance.max(0.0).sqrt() } else { 0.0 }
        };
        let rooms: Vec<f64> = self.sites.iter().zip(variances).map(room).collect();
        let kept = rooms.iter().sum::<f64>() / float(self.sites.len() as u64);
        let aim = |(site, room): (&Site, &f64)| Site {
            target: (site.target + kept - room).max(0.0),
            ..*site
        };
        Self { sites: self.sites.iter().zip(&rooms).map(aim).collect(), ..self.clone() }
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

    /// When the balancer sends clients to each node, if it takes `lag_s` to see that one serves.
    pub(crate) fn openings(&self, draft: &Draft, lag_s: f64) -> Vec<f64> {
        let at = |hold: Hold| self.opens_s(hold.lasts_s()) - SEEN_LAG_S + lag_s;
        let opens = |hold: &Option<Hold>| hold.map_or(0.0, at);
        draft.holds.iter().map(opens).collect()
    }
}
