//! The circumstances a plan is made for.

use super::draft::{Draft, Site};
use super::flow::Flow;
use crate::balancer::LoadBalancer;
use crate::forecast::Spread;
use crate::number::float;
use crate::plan::options::PlanOptions;
use crate::reconnect::Ramp;
use crate::snapshot::NodeLoad;
use crate::strategy::Strategy;
use crate::version::EmqxVersion;

/// Seconds by which coordinators tick late, on average: they start one after the other and each
/// ticks by its own clock, up to 0.2 s apart.
pub(crate) const TICK_LAG_S: f64 = 0.1;

/// Seconds until a load balancer that looks once a second sends clients to a node that serves again.
///
/// Up to 1. The plan reckons with nearly the most, since the error of a shorter lag leaves the
/// emptiest node a little emptier, while that of a longer one would leave it the fullest.
pub(crate) const SEEN_LAG_S: f64 = 0.9;

/// What the options forbid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Limits {
    /// Nodes closed at once.
    pub(crate) closed: Option<usize>,
    /// Clients per second that come back to one node.
    pub(crate) node_rate: Option<f64>,
    /// Clients per second that come back to the cluster.
    pub(crate) cluster_rate: Option<f64>,
    /// Ticks that the fullest donor takes.
    pub(crate) ticks: Option<u64>,
}

impl Limits {
    fn of(strategy: &Strategy, options: &PlanOptions) -> Self {
        let waits = u64::from(strategy.wait_health_check) + u64::from(strategy.wait_takeover);
        Self {
            closed: options.max_unavailable.and_then(|n| usize::try_from(n).ok()),
            node_rate: options.max_reconnect_rate,
            cluster_rate: options.max_cluster_reconnect_rate,
            ticks: options.max_duration_s.map(|most| u64::from(most).saturating_sub(waits)),
        }
    }
}

/// The circumstances: what the strategy and the world around the cluster lay down.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) sites: Vec<Site>,
    /// Whether chance decides where a client goes.
    pub(crate) by_chance: bool,
    pub(crate) spread: Spread,
    pub(crate) limits: Limits,
    /// Most clients that a donor may drop per tick.
    pub(crate) top_rate: u64,
    pub(crate) wait_health_check_s: u64,
    pub(crate) wait_takeover_s: u64,
    /// How evicted clients come back.
    pub(crate) profile: Vec<Ramp>,
    /// Shortest wait that every node's EMQX takes.
    pub(crate) least_wait_s: u64,
}

impl Setting {
    /// The circumstances of levelling `nodes`, while `others` take clients too.
    pub(crate) fn of(
        nodes: &[&NodeLoad],
        others: &[&NodeLoad],
        strategy: &Strategy,
        options: &PlanOptions,
    ) -> Self {
        let spread = options.load_balancer.map_or(Spread::Evenly, LoadBalancer::spread);
        let share = share(nodes, others, spread);
        let site = |load: &&NodeLoad| Site {
            clients: float(load.connections),
            target: share * load.weight(),
            member: true,
        };
        let other = |load: &&NodeLoad| {
            let clients = float(load.connections);
            Site { clients, target: clients, member: false }
        };
        Self {
            sites: nodes.iter().map(site).chain(others.iter().map(other)).collect(),
            limits: Limits::of(strategy, options),
            by_chance: options.load_balancer == Some(LoadBalancer::Random),
            spread,
            top_rate: strategy.conn_evict_rate.get().into(),
            wait_health_check_s: strategy.wait_health_check.into(),
            wait_takeover_s: strategy.wait_takeover.into(),
            profile: options.profile().ramps().collect(),
            least_wait_s: nodes.iter().map(|load| least_wait_s(load)).max().unwrap_or(0),
        }
    }

    /// A wait of `seconds` as a start may name it, where the strategy's own is `asked`.
    pub(crate) fn wait(&self, seconds: u64, asked: u64) -> u32 {
        u32::try_from(seconds.max(self.least_wait_s.min(asked))).unwrap_or(u32::MAX)
    }

    /// The same with targets that leave room for chance.
    ///
    /// A node that gets clients by chance aims lower by as many standard deviations as the unluckiest
    /// of them is likely to be off, and the others keep what that leaves over: then none is likelier
    /// to end as the fullest than another.
    pub(crate) fn with_room_for(&self, variances: &[f64]) -> Self {
        let gets = |site: &Site| site.member && site.excess() < 1.0;
        let lucky = float(self.sites.iter().filter(|site| gets(site)).count() as u64);
        let off = 0.8 * (2.0 * lucky.max(1.5).ln()).sqrt();
        let room = |(site, variance): (&Site, &f64)| {
            if gets(site) { off * variance.max(0.0).sqrt() } else { 0.0 }
        };
        let rooms: Vec<f64> = self.sites.iter().zip(variances).map(room).collect();
        let members = self.sites.iter().filter(|site| site.member).count() as u64;
        let kept = rooms.iter().sum::<f64>() / float(members.max(1));
        let aim = |(site, room): (&Site, &f64)| Site {
            target: if site.member { (site.target + kept - room).max(0.0) } else { site.target },
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
    pub(crate) fn flow(&self, draft: &Draft) -> Flow<'_> {
        let mut flow = Flow::new(self.first_tick_s(), &self.profile);
        for hold in draft.holds.iter().flatten() {
            flow.add(hold.ahead_s, hold.ticks, float(hold.rate));
        }
        flow
    }
}

/// EMQX 4 knows no wait of 0 s.
fn least_wait_s(load: &NodeLoad) -> u64 {
    let version = load.version.as_deref().and_then(EmqxVersion::parse);
    u64::from(version.is_some_and(|version| version.major() < 5))
}

/// What each node ends with per weight, less what goes to `others`.
///
/// Behind even spreading each other node gets as many as the emptiest, which is open throughout;
/// behind least connections those below the level are filled to it.
fn share(nodes: &[&NodeLoad], others: &[&NodeLoad], spread: Spread) -> f64 {
    let clients = |load: &&NodeLoad| float(load.connections);
    let total: f64 = nodes.iter().map(clients).sum();
    let weights: f64 = nodes.iter().map(|load| load.weight()).sum();
    let mut others: Vec<f64> = others.iter().map(clients).collect();
    others.sort_by(f64::total_cmp);
    if spread == Spread::Evenly {
        let least = nodes.iter().map(clients).fold(f64::INFINITY, f64::min);
        let count = float(others.len() as u64);
        return (total + count * least.min(total)) / (weights + count);
    }
    let (mut total, mut weights) = (total, weights);
    for below in others {
        if below >= total / weights {
            break;
        }
        total += below;
        weights += 1.0;
    }
    total / weights
}
