//! Seeded clusters to judge plans on.

use super::driven::{self, Driven};
use super::{Deal, Fleet, Look, Rng, Verdict, World, judge};
use emqx_rebalance_core::driver::{Driver, DriverOptions};
use emqx_rebalance_core::{
    Bounds, LoadBalancer, Mode, NodeLoad, NodeName, Plan, PlanOptions, ReconnectProfile, Snapshot,
    Strategy, plan,
};

/// A cluster and the strategy to level it with.
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) names: Vec<NodeName>,
    pub(crate) counts: Vec<u64>,
    pub(crate) strategy: Strategy,
}

/// What is around a cluster, and what a plan is told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around {
    pub(crate) deal: Deal,
    pub(crate) look: Look,
    pub(crate) fleet: Fleet,
    /// How clients come back, as the plan is told.
    pub(crate) told: Option<Fleet>,
    /// Whether the plan is told how the balancer deals, or has to learn it.
    pub(crate) is_deal_told: bool,
}

impl Around {
    /// Prompt clients, as plans take them to be that are not told.
    pub(crate) const fn prompt(deal: Deal, look: Look) -> Self {
        Self { deal, look, fleet: Fleet::PROMPT, told: None, is_deal_told: true }
    }
}

/// Cluster `seed`: 3 to 30 nodes with heavy-tailed loads, some empty, `clients` of them in all.
pub(crate) fn case(seed: u64, clients: (f64, f64)) -> Case {
    let mut rng = Rng::new(seed);
    let n = 3 + rng.below(28);
    let tail = rng.between(0.5, 1.5);
    let empty = rng.between(0.0, 0.4);
    let raw: Vec<f64> = (0..n)
        .map(|_| if rng.unit() < empty { 0.0 } else { (normal(&mut rng) * tail).exp() })
        .collect();
    let total = rng.scale(clients.0, clients.1);
    let sum: f64 = raw.iter().sum::<f64>().max(1e-9);
    let counts: Vec<u64> = raw.iter().map(|x| (x / sum * total).round() as u64).collect();
    let mean = counts.iter().sum::<u64>() as f64 / n as f64;
    let excess = counts.iter().max().copied().unwrap_or(0) as f64 - mean;
    let ticks = rng.scale(15.0, 300.0);
    let rate = (excess / ticks).ceil().max(1.0) as u64;
    let waits = [(3, 1), (5, 5), (10, 5), (10, 10), (30, 30), (60, 60)];
    let (health, takeover) = waits[rng.below(waits.len())];
    let json = format!(
        r#"{{"conn_evict_rate":{rate},"wait_health_check":{health},"wait_takeover":{takeover},
            "abs_conn_threshold":1,"rel_conn_threshold":1.0001}}"#
    );
    Case {
        seed,
        names: (1..=n).map(|i| NodeName::new(format!("emqx{i:02}@10.0.0.{i}")).unwrap()).collect(),
        counts,
        strategy: serde_json::from_str(&json).unwrap(),
    }
}

impl Case {
    /// What no plan can beat.
    pub(crate) fn bounds(&self) -> Bounds {
        let loads: Vec<(u64, f64)> = self.counts.iter().map(|count| (*count, 1.0)).collect();
        Bounds::of(&loads, &self.strategy)
    }

    /// EMQX's own run.
    pub(crate) fn single(&self, around: Around) -> Verdict {
        let made = self.plan(&self.counts, Mode::Single, around);
        self.judge(&self.counts, &made, around, 0)
    }

    /// After each of `waves`, planned from the counts the last one left; disconnects and time add up.
    pub(crate) fn level(&self, around: Around, waves: u64) -> Vec<Verdict> {
        let mut counts = self.counts.clone();
        let (mut disconnects, mut duration_s, mut refused) = (0, 0.0, 0);
        let wave = |wave: u64| {
            let made = self.plan(&counts, Mode::Level, around);
            let mut verdict = self.judge(&counts, &made, around, wave);
            counts.clone_from(&verdict.counts);
            disconnects += verdict.disconnects;
            duration_s += verdict.duration_s;
            refused += verdict.refused;
            (verdict.disconnects, verdict.duration_s) = (disconnects, duration_s);
            verdict.refused = refused;
            verdict
        };
        (0..waves).map(wave).collect()
    }

    /// With a driver at work.
    pub(crate) fn driven(&self, around: Around, options: DriverOptions) -> Driven {
        self.driven_by(self.plan(&self.counts, Mode::Level, around), around, options)
    }

    /// With a driver at work on the plan `made`.
    pub(crate) fn driven_by(&self, made: Plan, around: Around, options: DriverOptions) -> Driven {
        let driver = Driver::new(made, options, false).unwrap();
        let Around { deal, look, fleet, .. } = around;
        let world = World { deal, look, fleet, seed: self.seed * 7 };
        driven::drive(&self.names, &self.counts, driver, world)
    }

    pub(crate) fn plan(&self, counts: &[u64], mode: Mode, around: Around) -> Plan {
        let load_balancer = Some(match around.deal {
            _ if !around.is_deal_told => LoadBalancer::Auto,
            Deal::RoundRobin => LoadBalancer::RoundRobin,
            Deal::Random => LoadBalancer::Random,
            Deal::LeastConnections => LoadBalancer::LeastConnections,
        });
        let told = |fleet: Fleet| ReconnectProfile::new(&fleet.points()).unwrap();
        let reconnect = around.told.map(told);
        let options = PlanOptions { mode, load_balancer, reconnect, ..PlanOptions::default() };
        plan(&self.snapshot(counts), &self.strategy, &options).unwrap()
    }

    fn judge(&self, counts: &[u64], made: &Plan, around: Around, wave: u64) -> Verdict {
        let Around { deal, look, fleet, .. } = around;
        let world = World { deal, look, fleet, seed: self.seed * 7 + wave };
        judge(&self.names, counts, &made.runs, world)
    }

    pub(crate) fn snapshot(&self, counts: &[u64]) -> Snapshot {
        let load = |(name, count): (&NodeName, &u64)| NodeLoad::new(name.clone(), *count);
        Snapshot::new(self.names.iter().zip(counts).map(load).collect()).unwrap()
    }
}

fn normal(rng: &mut Rng) -> f64 {
    (-2.0 * rng.unit().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * rng.unit()).cos()
}
