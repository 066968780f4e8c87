//! Somebody with a policy who looks after a virtual cluster.

use crate::virtual_time::{Incident, VirtualCluster};
use emqx_rebalance_core::driver::{Driver, DriverOptions, OutcomeKind, Status, observe};
use emqx_rebalance_core::policy::{Action, Decision, Engine, Input, Observation, Policy};
use emqx_rebalance_core::{
    Asked, Balance, Error, ErrorKind, GlobalStatus, NodeLoad, NodeName, NodeStatus, Plan, Result,
    RunState, RunStatus, Timestamp,
};
use serde_json::{from_str, to_string};

/// Somebody with a policy who looks after a virtual cluster: at each look another process, which knows what
/// the last one stored.
///
/// ```
/// use emqx_rebalance_core::policy::Policy;
/// use emqx_rebalance_sim::{ClusterConfig, Keeper, VirtualCluster};
///
/// let mut cluster = VirtualCluster::new(ClusterConfig::with_clients(&[9000, 9000, 9000, 0])?)?;
/// let policy = Policy { mode: emqx_rebalance_core::policy::Mode::Auto, ..Policy::default() };
/// let mut keeper = Keeper::new(policy, 1_772_884_800_000);
/// let mut deeds = Vec::new();
/// while cluster.now().as_ms() < 3_600_000 {
///     deeds.extend(keeper.look_after(&mut cluster)?);
/// }
/// assert_eq!(deeds.len(), 1);
/// # Ok::<(), emqx_rebalance_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keeper {
    /// What it acts by.
    pub policy: Policy,
    /// What it plans with.
    pub asked: Asked,
    /// The wall clock at time zero, in milliseconds since 1970.
    pub epoch_ms: u64,
    /// Milliseconds between two looks. Default 30,000.
    pub poll_ms: u64,
    /// Counts are seen so many thousandths too high or too low, at most: they are of different moments.
    /// Default 0.
    pub noise: u64,
    /// Every decision that was another one than the last.
    pub decisions: Vec<Decision>,
    engine: Engine,
    looks: u64,
}

/// A rebalance that a policy has started.
#[derive(Clone, Debug)]
pub struct Deed {
    /// When it began.
    pub began_ms: u64,
    /// When it had its verdict.
    pub ended_ms: u64,
    /// When the policy wanted it stopped.
    pub stopped_ms: Option<u64>,
    /// Nodes that gave clients away.
    pub donors: Vec<NodeName>,
    /// Nodes that took them.
    pub recipients: Vec<NodeName>,
    /// Clients that were sent away meanwhile, by EMQX's own count.
    pub evicted: u64,
    /// Whether every node was up and nothing ran when it began.
    pub was_calm: bool,
    /// The fullest node over the mean after it.
    pub over_after: f64,
}

impl Keeper {
    /// Who acts by `policy` and plans with what is the default, at `epoch_ms` by the wall clock when the
    /// cluster's time is zero.
    pub fn new(policy: Policy, epoch_ms: u64) -> Self {
        Self {
            policy,
            asked: Asked::default(),
            epoch_ms,
            poll_ms: 30_000,
            noise: 0,
            decisions: Vec::new(),
            engine: Engine::default(),
            looks: 0,
        }
    }

    /// Waits for the next look, and does what follows from it: a rebalance is driven to its verdict.
    ///
    /// # Errors
    /// As the cluster, the policy's plan or its driver has them; `conflict` if the policy wants what makes no
    /// sense at that moment, such as another start while one is on, or waits for somebody's approval.
    pub fn look_after(&mut self, cluster: &mut VirtualCluster) -> Result<Option<Deed>> {
        cluster.advance_ms(self.poll_ms);
        match self.look(cluster, 0)?.pop() {
            None => Ok(None),
            Some(Action::Start { plan, driver, .. }) => self.act(cluster, *plan, *driver).map(Some),
            Some(other) => Err(unexpected(&other)),
        }
    }

    /// What the policy makes of the cluster as it is seen, `moved` clients into its run.
    fn look(&mut self, cluster: &mut VirtualCluster, moved: u64) -> Result<Vec<Action>> {
        self.looks += 1;
        let status = self.seen(cluster, moved)?;
        let asked = self.asked.clone();
        let input = Input::Seen(Box::new(Observation { asked, ..Observation::new(&status) }));
        self.decide(cluster, input)
    }

    fn decide(&mut self, cluster: &VirtualCluster, input: Input<'_>) -> Result<Vec<Action>> {
        // Who looks next is another process.
        let stored = to_string(&self.engine).and_then(|text| from_str(&text));
        self.engine = stored.map_err(|error| {
            Error::new(ErrorKind::Protocol, "what a policy stores cannot be read")
                .with("why", error)
        })?;
        let now = Timestamp::from_ms(self.epoch_ms + cluster.now().as_ms());
        let step = self.engine.step(&self.policy, now, input);
        self.decisions.extend(step.is_new.then_some(step.decision));
        Ok(step.actions)
    }

    fn act(
        &mut self,
        cluster: &mut VirtualCluster,
        plan: Plan,
        options: DriverOptions,
    ) -> Result<Deed> {
        let was_calm = is_calm(cluster)?;
        let before = evicted(cluster);
        let (donors, recipients) = (plan.donors.clone(), plan.recipients.clone());
        let began_ms = cluster.now().as_ms();
        let driver = Driver::new(plan, options, false)?;
        let (mut next_ms, mut stopped_ms, mut failed) = (began_ms + self.poll_ms, None, None);
        let driven = cluster.drive_with(driver, |cluster, _, _| {
            if cluster.now().as_ms() < next_ms {
                return Incident::None;
            }
            next_ms = cluster.now().as_ms() + self.poll_ms;
            let moved = evicted(cluster) - before;
            match self.look(cluster, moved).map(|mut actions| actions.pop()) {
                Ok(None) => Incident::None,
                Ok(Some(Action::Stop)) => {
                    stopped_ms = Some(cluster.now().as_ms());
                    Incident::Stop
                }
                Ok(Some(other)) => {
                    failed = Some(unexpected(&other));
                    Incident::Stop
                }
                Err(error) => {
                    failed = Some(error);
                    Incident::Stop
                }
            }
        });
        if let Some(failed) = failed {
            return Err(failed);
        }
        self.end(cluster, driven.ok().map(|drive| drive.outcome.result), before)?;
        let snapshot = cluster.simulation().cluster.snapshot()?;
        let loads = snapshot.running().map(|load| (load.connections, 1.0));
        Ok(Deed {
            began_ms,
            ended_ms: cluster.now().as_ms(),
            stopped_ms,
            donors,
            recipients,
            evicted: evicted(cluster) - before,
            was_calm,
            over_after: Balance::of(loads).over,
        })
    }

    fn end(
        &mut self,
        cluster: &mut VirtualCluster,
        result: Option<OutcomeKind>,
        before: u64,
    ) -> Result<()> {
        let disconnects = evicted(cluster) - before;
        let input = match result {
            Some(result) => Input::Ended { result, disconnects },
            // No URL answered when the drive began.
            None => Input::NotStarted("unreachable"),
        };
        self.decide(cluster, input).map(drop)
    }

    /// The cluster as somebody sees it whose counts are of different moments.
    fn seen(&self, cluster: &mut VirtualCluster, moved: u64) -> Result<Status> {
        let simulated = &cluster.simulation().cluster;
        let snapshot = simulated.snapshot()?;
        let seed = simulated.config().seed;
        let noisy = |(i, load): (u64, &NodeLoad)| {
            let swing = any(seed ^ (self.looks * 31 + i)) % (2 * self.noise + 1);
            let connections = load.connections * (1000 + swing - self.noise) / 1000;
            let is_dead = load.status == NodeStatus::Stopped;
            NodeLoad { connections: if is_dead { 0 } else { connections }, ..load.clone() }
        };
        let nodes = (0..).zip(snapshot.nodes()).map(noisy).collect();
        let nodes_of_config = &simulated.config().nodes;
        let coordinators = simulated.coordinators().into_iter();
        let names = coordinators.filter_map(|place| Some(nodes_of_config.get(place)?.name.clone()));
        // Of each the coordinator alone is known.
        let state = || RunState::from("evicting_conns".to_owned());
        let run = |coordinator| RunStatus::new(coordinator, state(), Vec::new(), Vec::new());
        let rebalances = names.map(run).collect();
        let global = GlobalStatus { rebalances, ..GlobalStatus::default() };
        let mut status = observe(nodes, &global, &[]);
        status.progress.moved = moved;
        Ok(status)
    }
}

fn unexpected(action: &Action) -> Error {
    let message = "a policy wants what it cannot want now";
    Error::new(ErrorKind::Conflict, message).with("action", format!("{action:?}"))
}

fn is_calm(cluster: &mut VirtualCluster) -> Result<bool> {
    let cluster = &cluster.simulation().cluster;
    let is_up = |load: &NodeLoad| load.status == NodeStatus::Running;
    Ok(cluster.snapshot()?.nodes().iter().all(is_up) && cluster.coordinators().is_empty())
}

fn evicted(cluster: &mut VirtualCluster) -> u64 {
    cluster.simulation().cluster.totals().evicted
}

/// Any number, of a seed.
fn any(seed: u64) -> u64 {
    crate::rng::Rng::new(seed).next()
}
