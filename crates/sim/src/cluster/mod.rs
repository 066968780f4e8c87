//! The nodes, what runs on them, and the order in which things happen.

mod command;
mod health;
mod node;
mod view;

pub(crate) use command::{Refusal, StartOptions};
pub(crate) use health::{Crash, NODES_TIMEOUT_MS, RPC_TIMEOUT_MS};
pub(crate) use node::NodeStats;
pub(crate) use view::{LocalStatus, NodeView, Standing};

use crate::agent::Holder;
use crate::config::ClusterConfig;
use crate::coordinator::{Rebalance, Round};
use crate::personality::Personality;
use crate::population::{Counted, Counts, Disturbance, Door, Population, Totals};
use emqx_rebalance_core::{NodeLoad, NodeName, NodeStatus, Result, RunPhase, Snapshot, Timestamp};
use node::{Life, Node};

/// A cluster: nodes, rebalances, evacuations and clients, moved by [`Cluster::advance`] alone.
///
/// Nodes are named by their place in the configuration.
#[derive(Debug)]
pub struct Cluster {
    config: ClusterConfig,
    rules: &'static Personality,
    now: Timestamp,
    nodes: Vec<Node>,
    runs: Vec<Rebalance>,
    /// The last crashes of coordinators.
    crashes: Vec<Crash>,
    population: Box<dyn Population>,
    next_stats: Timestamp,
}

impl Cluster {
    /// A cluster whose clients are counted.
    ///
    /// # Errors
    /// `config_invalid` with every problem of `config`.
    pub fn new(config: ClusterConfig) -> Result<Self> {
        let population = Box::new(Counted::new(&config));
        Self::with_population(config, population)
    }

    /// A cluster with clients of the caller's own making.
    ///
    /// # Errors
    /// `config_invalid` with every problem of `config`.
    pub fn with_population(config: ClusterConfig, population: Box<dyn Population>) -> Result<Self> {
        config.validate()?;
        let mut cluster = Self {
            rules: config.personality.rules(),
            now: Timestamp::default(),
            nodes: config.nodes.iter().map(Node::new).collect(),
            runs: Vec::new(),
            crashes: Vec::new(),
            population,
            next_stats: Timestamp::default(),
            config,
        };
        for newcomer in cluster.config.newcomers.clone() {
            if let Some(node) = cluster.find(newcomer.as_str()) {
                cluster.unmake(node);
            }
        }
        cluster.refresh_stats();
        Ok(cluster)
    }

    /// What the cluster was made of.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// The time it has reached.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When something happens next by itself.
    pub fn next_event(&self) -> Timestamp {
        let runs = self.runs.iter().filter_map(|run| self.run_wakes(run));
        let nodes = self.nodes.iter().filter_map(Node::wake_at);
        runs.chain(nodes)
            .chain(self.population.next_event())
            .fold(self.next_stats, Timestamp::min)
            .max(self.now)
    }

    /// Lets everything happen that is due up to `to`, in order. A `to` in the past does nothing.
    pub fn advance(&mut self, to: Timestamp) {
        while self.next_event() <= to {
            self.now = self.next_event();
            self.happen();
        }
        self.now = self.now.max(to);
    }

    /// Kills a node: its clients lose their connection, its sessions are gone, and what it
    /// coordinated or gave to ends at once.
    pub fn kill(&mut self, node: usize) {
        let Some(dying) = self.nodes.get_mut(node).filter(|node| node.is_up()) else {
            return;
        };
        dying.die();
        self.population.node_died(self.now, node);
        self.end_runs(|run| {
            let had_to_answer = run.stuck.is_some() && run.recipients.contains(&node);
            run.coordinator == node || run.donors.contains(&node) || had_to_answer
        });
    }

    /// Boots a node that was killed. It is back as soon as the configuration's `boot` says.
    pub fn restart(&mut self, node: usize) {
        let now = self.now;
        if let Some(node) = self.nodes.get_mut(node) {
            node.restart(now, &self.config.boot);
        }
    }

    /// Has a node of the configuration's `newcomers` boot on its own: it is a cluster of one.
    pub fn appear(&mut self, node: usize) {
        let now = self.now;
        if let Some(node) = self.nodes.get_mut(node) {
            node.appear(now);
        }
    }

    /// Has a node that is a cluster of one join the cluster, with nobody connected to it. Whatever
    /// runs already ignores it.
    pub fn join(&mut self, node: usize) {
        if let Some(node) = self.nodes.get_mut(node).filter(|node| node.is_up()) {
            node.is_member = true;
        }
    }

    fn unmake(&mut self, node: usize) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.life = Life::Unborn;
            node.is_member = false;
        }
    }

    /// Whether a node is in the cluster, up or not.
    pub(crate) fn is_member(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| node.is_member)
    }

    /// Whether `observer` has ever heard of `node`.
    pub(crate) fn knows(&self, observer: usize, node: usize) -> bool {
        observer == node || self.is_member(observer) && self.is_member(node)
    }

    /// The place of the node called `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.config.nodes.iter().position(|node| node.name.as_str() == name)
    }

    /// Whether a node takes part in the cluster and listens on its ports.
    pub fn is_up(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(Node::is_up)
    }

    /// Whether the node's clients and its load balancer find it open.
    pub fn door(&self, node: usize) -> Door {
        Door { accepts: self.accepts(node), available: self.is_available(node) }
    }

    /// What is on a node now.
    pub fn counts(&self, node: usize) -> Counts {
        self.population.counts(node)
    }

    /// What became of the clients so far.
    pub fn totals(&self) -> Totals {
        self.population.totals()
    }

    /// Lets something befall the clients. Whether it could.
    pub(crate) fn disturb_clients(&mut self, disturbance: &Disturbance) -> bool {
        self.population.disturb(self.now, disturbance)
    }

    /// Whether a rebalance or an evacuation has something left to do.
    pub fn is_busy(&self) -> bool {
        !self.runs.is_empty() || self.nodes.iter().any(|node| node.evacuation_wakes().is_some())
    }

    /// The nodes that coordinate a rebalance now, whether or not they would say so.
    pub fn coordinators(&self) -> Vec<usize> {
        let mut coordinators: Vec<_> = self.runs.iter().map(|run| run.coordinator).collect();
        coordinators.sort_unstable();
        coordinators
    }

    /// Whether a node is being evacuated, or will be once it is up again.
    pub fn evacuates(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| node.evacuation.is_some())
    }

    /// The load of every node now, as a client would read it from `/nodes`.
    ///
    /// # Errors
    /// Never for a cluster whose configuration is valid.
    pub fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::new((0..self.nodes.len()).filter_map(|node| self.load(node)).collect())
    }

    fn load(&self, node: usize) -> Option<NodeLoad> {
        let config = self.config.nodes.get(node).filter(|_| self.is_member(node))?;
        let counts = self.population.counts(node);
        let mut load = NodeLoad::new(config.name.clone(), counts.connected);
        load.sessions = counts.sessions();
        load.disconnected_sessions = counts.disconnected_sessions;
        load.role = Some(config.role);
        load.version = Some(self.rules.version.to_owned());
        load.status = match self.nodes.get(node) {
            Some(node) if !node.is_up() => NodeStatus::Stopped,
            Some(node) if node.evacuation.is_some() => NodeStatus::Evacuating,
            _ => NodeStatus::Running,
        };
        Some(load)
    }

    /// The one thing that is due first: clients, then boots, evacuations and rebalances in the
    /// order in which they were started, then the statistics.
    fn happen(&mut self) {
        let now = self.now;
        if self.population.next_event().is_some_and(|due| due <= now) {
            let doors: Vec<Door> = (0..self.nodes.len()).map(|node| self.door(node)).collect();
            self.population.advance(now, &doors);
        } else if let Some(node) = self.nodes.iter().position(|node| node.boots_by(now)) {
            self.boot(node);
        } else if let Some(node) = self.nodes.iter().position(|node| node.evacuates_by(now)) {
            self.evacuate(node);
        } else if let Some(node) = self.nodes.iter().position(|node| node.ails_by(now)) {
            self.attend_health(node);
        } else if let Some(run) = self.run_due(now) {
            self.wake_run(run);
        } else {
            self.refresh_stats();
        }
    }

    fn boot(&mut self, node: usize) {
        let now = self.now;
        let Some(booting) = self.nodes.get_mut(node) else { return };
        booting.boot(now);
        if booting.life == Life::Up && booting.evacuation.is_some() {
            let enabled = booting.agent.enable(Holder::Evacuation, Counts::default(), self.rules);
            debug_assert!(enabled.is_ok(), "a node that just booted is nobody's donor");
        }
    }

    fn evacuate(&mut self, node: usize) {
        let recipients = self.session_recipients(node);
        let Some(at) = self.nodes.get_mut(node) else { return };
        let Some(evacuation) = at.evacuation.as_mut() else { return };
        if !evacuation.refuses() && !self.rules.evacuation_holds_agent_at_once {
            let counts = self.population.counts(node);
            if at.agent.enable(Holder::Evacuation, counts, self.rules).is_err() {
                // The node is a rebalance's donor: the evacuation dies without a word.
                at.evacuation = None;
                return;
            }
        }
        let away = self.config.durable_sessions;
        evacuation.wake(self.now, node, &recipients, away, &mut *self.population);
    }

    fn run_due(&self, now: Timestamp) -> Option<usize> {
        let is_due = |run: &Rebalance| self.run_wakes(run).is_some_and(|at| at <= now);
        self.runs.iter().position(is_due)
    }

    fn wake_run(&mut self, place: usize) {
        let Some(run) = self.runs.get(place) else { return };
        if run.stuck.is_some() {
            let run = self.runs.remove(place);
            return self.crash(&run);
        }
        let coordinator = run.coordinator;
        let must_wait = !self.silent_nodes(run).is_empty();
        let takes_ms = self.round_takes_ms(run);
        let is_well = |node| self.sees(coordinator, node) && !self.is_cut_off(coordinator, node);
        let up: Vec<bool> = (0..self.nodes.len()).map(is_well).collect();
        let now = self.now;
        let Some(run) = self.runs.get_mut(place) else { return };
        if must_wait {
            run.stuck = Some(now);
            return;
        }
        let is_up = |node: usize| up.get(node).copied().unwrap_or(false);
        match run.wake(&mut *self.population, is_up) {
            Round::Continues => run.wake_at = run.wake_at.plus_ms(takes_ms),
            Round::Ended => {
                let run = self.runs.remove(place);
                self.release(&run);
            }
            Round::Crashed => {
                let run = self.runs.remove(place);
                self.crash(&run);
            }
        }
    }

    /// Ends a run whose coordinator died.
    ///
    /// It costs one restart of a supervisor on the coordinator, and one on every donor that it
    /// held. Source: EMQX's `emqx_node_rebalance_agent`, which is linked to its coordinator.
    fn crash(&mut self, run: &Rebalance) {
        let held = self.held(run);
        self.release(run);
        let now = self.now;
        let takes_part = run.donors.iter().chain(&run.recipients);
        let silent = self.silent_nodes(run);
        let bad = takes_part
            .filter(|node| {
                silent.contains(node)
                    || !self.sees(run.coordinator, **node)
                    || self.is_cut_off(run.coordinator, **node)
            })
            .filter_map(|node| self.name(*node).cloned());
        let crash = Crash { coordinator: run.coordinator, at: now, bad_nodes: bad.collect() };
        self.crashes.push(crash);
        let kept = self.crashes.len().saturating_sub(MAX_CRASHES_KEPT);
        self.crashes.drain(..kept);
        for crashed in held.into_iter().chain([run.coordinator]) {
            let node = self.nodes.get_mut(crashed).filter(|node| node.is_up());
            if node.is_some_and(|node| node.count_crash(now)) {
                // The application is gone, and with it whatever it took part in.
                self.end_runs(|run| run.coordinator == crashed || run.donors.contains(&crashed));
            }
        }
    }

    /// The donors that a run's coordinator holds.
    fn held(&self, run: &Rebalance) -> Vec<usize> {
        let holder = Some(Holder::Rebalance { coordinator: run.coordinator });
        let is_held = |donor: &&usize| {
            self.nodes.get(**donor).is_some_and(|node| node.agent.holder() == holder)
        };
        run.donors.iter().filter(is_held).copied().collect()
    }

    /// Opens the donors of a run that is over.
    fn release(&mut self, run: &Rebalance) {
        for donor in &run.donors {
            if let Some(node) = self.nodes.get_mut(*donor) {
                node.agent.release(Holder::Rebalance { coordinator: run.coordinator });
            }
        }
    }

    fn refresh_stats(&mut self) {
        self.next_stats = self.now.plus_ms(STATS_INTERVAL_MS);
        for (i, node) in self.nodes.iter_mut().enumerate() {
            node.stats.refresh(self.population.counts(i));
        }
    }

    fn accepts(&self, node: usize) -> bool {
        let open = |at: &&Node| at.is_up() && at.is_member && !self.is_hung(node);
        let Some(at) = self.nodes.get(node).filter(open) else {
            return false;
        };
        match at.agent.holder() {
            None => true,
            Some(Holder::Evacuation) => at.evacuation.as_ref().is_none_or(|e| !e.refuses()),
            Some(Holder::Rebalance { coordinator }) => {
                self.rules.donors_accept_while_waiting && self.waits(coordinator)
            }
        }
    }

    fn waits(&self, coordinator: usize) -> bool {
        self.run_of(coordinator).is_some_and(|run| run.phase == RunPhase::WaitHealthCheck)
    }

    fn is_available(&self, node: usize) -> bool {
        let free = |node: &Node| node.agent.holder().is_none() && node.evacuation.is_none();
        let open = |at: &Node| at.is_serving() && at.is_member && free(at) && !self.is_hung(node);
        self.nodes.get(node).is_some_and(open)
    }

    fn run_of(&self, coordinator: usize) -> Option<&Rebalance> {
        self.runs.iter().find(|run| run.coordinator == coordinator)
    }

    fn name(&self, node: usize) -> Option<&NodeName> {
        self.config.nodes.get(node).map(|node| &node.name)
    }
}

/// Of which crashes a caller that waited may still hear.
const MAX_CRASHES_KEPT: usize = 100;
/// How often EMQX refreshes the counters behind `/stats`.
const STATS_INTERVAL_MS: u64 = 1000;
