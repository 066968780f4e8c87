//! The circumstances a plan is made for.

use super::draft::{Draft, Site};
use super::flow::Flow;
use crate::balancer::LoadBalancer;
use crate::forecast::Spread;
use crate::number::{float, whole};
use crate::plan::options::PlanOptions;
use crate::reconnect::{Ramp, ReconnectProfile};
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
    /// Seconds that donors stay closed after their last tick, as far as the search has come.
    pub(crate) wait_takeover_s: u64,
    /// Those that are worth trying, the first as asked.
    pub(crate) waits_s: Vec<u64>,
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
        let profile = options.profile();
        let share = share(nodes, others, spread, profile.comes());
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
            waits_s: waits(strategy.wait_takeover.into(), &profile),
            profile: profile.ramps().collect(),
            least_wait_s: nodes.iter().map(|load| least_wait_s(load)).max().unwrap_or(0),
        }
    }

    /// The same where donors stay closed for `wait_takeover_s` after their last tick.
    pub(crate) fn waiting(&self, wait_takeover_s: u64) -> Self {
        Self { wait_takeover_s, ..self.clone() }
    }

    /// Seconds that donors stay closed beyond what was asked.
    pub(crate) fn longer_wait_s(&self) -> u64 {
        self.wait_takeover_s.saturating_sub(self.waits_s.first().copied().unwrap_or_default())
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

/// The waits worth trying: as asked, and such that most late clients come back while donors are closed and
/// go where they should. A node that opens is seen by the balancer later than its last tick was.
fn waits(asked_s: u64, profile: &ReconnectProfile) -> Vec<u64> {
    let wait = |part: f64| whole((profile.time_of(part) - 1.0 - SEEN_LAG_S).ceil().max(0.0));
    let mut waits = vec![asked_s];
    waits.extend(PARTS_BACK.map(wait).into_iter().filter(|wait_s| *wait_s > asked_s));
    waits.dedup();
    waits
}

/// The parts of the clients that come which may be back when donors open.
const PARTS_BACK: [f64; 4] = [0.7, 0.9, 0.97, 1.0];

/// EMQX 4 knows no wait of 0 s.
fn least_wait_s(load: &NodeLoad) -> u64 {
    let version = load.version.as_deref().and_then(EmqxVersion::parse);
    u64::from(version.is_some_and(|version| version.major() < 5))
}

/// What each node ends with per weight, where only a share `comes` of those come back that donors drop.
fn share(nodes: &[&NodeLoad], others: &[&NodeLoad], spread: Spread, comes: f64) -> f64 {
    let mut share = share_of_all(nodes, others, spread, 0.0);
    for _ in 0..ROUNDS_OF_LOSS {
        let excess = |load: &&NodeLoad| (float(load.connections) - share * load.weight()).max(0.0);
        let lost = nodes.iter().map(excess).sum::<f64>() * (1.0 - comes);
        share = share_of_all(nodes, others, spread, lost);
    }
    share
}

/// The less come back, the more there is to drop: each round leaves a share of the error of the last.
const ROUNDS_OF_LOSS: usize = 12;

/// What each node ends with per weight, less what goes to `others` and `lost` clients.
///
/// Behind even spreading each other node gets as many as the emptiest, which is open throughout;
/// behind least connections those below the level are filled to it.
fn share_of_all(nodes: &[&NodeLoad], others: &[&NodeLoad], spread: Spread, lost: f64) -> f64 {
    let clients = |load: &&NodeLoad| float(load.connections);
    let total: f64 = nodes.iter().map(clients).sum::<f64>() - lost;
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
