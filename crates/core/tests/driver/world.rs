//! The smallest cluster a driver can be tried on: donor `a`, recipient `b`, one client a second per
//! unit of rate, and a switch for everything that can go wrong.

use crate::course::{Kill, Loss, Scene, drive, lost};
use crate::truth::denied;
use emqx_rebalance_core::driver::{Answer, Ask, Driver, Event, Input, Outcome, Request};
use emqx_rebalance_core::{
    Availability, EvacuationState, EvacuationStatus, EvictionCounts, GlobalStatus, NodeList,
    NodeLoad, NodeName, NodeStatus, Plan, PlanOptions, Refusal, RefusalReason, Result, RunPhase,
    RunState, RunStatus, Snapshot, StartAnswer, StopAnswer, Strategy, Timestamp, plan,
};

#[derive(Clone)]
struct Incident {
    at: u64,
    happen: fn(&mut World),
}

pub(crate) struct World {
    pub now: Timestamp,
    pub a: u64,
    pub b: u64,
    /// Seconds the active run has lasted.
    pub run: Option<u64>,
    pub closed: bool,
    /// Runs of other people, shown beside ours.
    pub foreign: Vec<RunStatus>,
    /// Clients that are dropped stay away.
    pub nobody_returns: bool,
    /// EMQX evicts nobody.
    pub stuck: bool,
    /// The run crashes after this many seconds.
    pub crash_at: Option<u64>,
    /// Polls that do not show the run although it is there.
    pub hide_polls: u32,
    pub lose_starts: Vec<Loss>,
    pub refuse_start: Option<RefusalReason>,
    pub own_api_down: bool,
    pub reads_down: bool,
    pub nodes_down: bool,
    /// EMQX does not take the key any more.
    pub denied: bool,
    /// A node that nobody can say anything of.
    pub unknown: Option<NodeName>,
    /// The start that was lost arrives right before the next one, which EMQX refuses so.
    pub late_start: Option<RefusalReason>,
    /// Donors stay closed when the run is stopped.
    pub closed_after_stop: bool,
    /// Clients of a second recipient, to which the balancer sends nobody.
    pub twin: Option<u64>,
    /// Clients that are on their way between the nodes while the run evicts.
    pub travelling: u64,
    pub evacuated: Option<NodeName>,
    pub down: Option<NodeName>,
    pub max_fds: Option<u64>,
    /// What happens when the run has lasted so long.
    incidents: Vec<Incident>,
    /// The user asks for a stop when the run has lasted so long.
    pub stop_at: Option<u64>,
    pub starts: u32,
    pub stops: u32,
    pub events: Vec<Event>,
}

pub(crate) fn name(text: &str) -> NodeName {
    NodeName::new(text).unwrap()
}

pub(crate) fn a_plan() -> Plan {
    let nodes = vec![NodeLoad::new(name("a@h"), 200), NodeLoad::new(name("b@h"), 0)];
    let strategy: Strategy = serde_json::from_str(
        r#"{"conn_evict_rate":10,"wait_health_check":2,"wait_takeover":2,
            "abs_conn_threshold":1,"rel_conn_threshold":1.01}"#,
    )
    .unwrap();
    plan(&Snapshot::new(nodes).unwrap(), &strategy, &PlanOptions::default()).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: Timestamp::from_ms(1_000_000),
            a: 200,
            b: 0,
            run: None,
            closed: false,
            foreign: Vec::new(),
            nobody_returns: false,
            stuck: false,
            crash_at: None,
            hide_polls: 0,
            lose_starts: Vec::new(),
            refuse_start: None,
            own_api_down: false,
            reads_down: false,
            nodes_down: false,
            denied: false,
            unknown: None,
            late_start: None,
            closed_after_stop: false,
            twin: None,
            travelling: 0,
            evacuated: None,
            down: None,
            max_fds: None,
            incidents: Vec::new(),
            stop_at: None,
            starts: 0,
            stops: 0,
            events: Vec::new(),
        }
    }

    /// Lets something happen when the run has lasted `age` seconds.
    pub(crate) fn at(&mut self, age: u64, incident: fn(&mut Self)) {
        self.incidents.push(Incident { at: age, happen: incident });
    }

    /// Runs `driver` to its verdict, at most an hour.
    pub(crate) fn drive(&mut self, driver: &mut Driver) -> Outcome {
        self.drive_with(driver, |_, _| Kill::No)
    }

    /// The same; `between` is asked after each step, before its requests are sent. It may throw the
    /// switches too.
    pub(crate) fn drive_with(
        &mut self,
        driver: &mut Driver,
        between: impl FnMut(&mut Self, &Driver) -> Kill,
    ) -> Outcome {
        drive(self, driver, between)
    }

    fn phase(&self, age: u64) -> Option<RunPhase> {
        let evicting_s = if self.stuck { 1_000_000 } else { 10 };
        match age {
            0..2 => Some(RunPhase::WaitHealthCheck),
            _ if age < 2 + evicting_s => Some(RunPhase::EvictingConns),
            _ if age < 4 + evicting_s => Some(RunPhase::WaitTakeover),
            _ => None,
        }
    }

    fn start(&mut self, nodes: &[NodeName]) -> Result<Answer> {
        assert_eq!(nodes.get(..2), Some([name("a@h"), name("b@h")].as_slice()));
        self.starts += 1;
        let loss = self.lose_starts.pop();
        if loss == Some(Loss::BeforeEmqx) {
            return Err(lost());
        }
        if let Some(reason) = self.late_start.take() {
            self.run = Some(0);
            self.closed = true;
            let refusal = Refusal { reason, status: 400, text: "no".into() };
            return Ok(Answer::Start(StartAnswer::Refused(refusal)));
        }
        if let Some(reason) = self.refuse_start.clone() {
            let refusal = Refusal { reason, status: 400, text: "no".into() };
            return Ok(Answer::Start(StartAnswer::Refused(refusal)));
        }
        assert_eq!(self.run, None, "a second start while the first runs");
        self.run = Some(0);
        self.closed = true;
        if loss == Some(Loss::AfterEmqx) {
            Err(lost())
        } else {
            Ok(Answer::Start(StartAnswer::Started))
        }
    }

    fn stop(&mut self) -> StopAnswer {
        self.stops += 1;
        self.closed = self.closed_after_stop && self.stops < 2;
        match self.run.take() {
            Some(_) => StopAnswer::Stopped,
            None => StopAnswer::NotStarted,
        }
    }

    fn nodes(&self) -> NodeList {
        let is_evicting =
            self.run.is_some_and(|age| self.phase(age) == Some(RunPhase::EvictingConns));
        let travelling = if is_evicting { self.travelling.min(self.b) } else { 0 };
        let node = |text: &str, connections| {
            let is_down = self.down.as_ref() == Some(&name(text));
            let status = if is_down { NodeStatus::Stopped } else { NodeStatus::Running };
            let max_fds = self.max_fds;
            NodeLoad { status, max_fds, ..NodeLoad::new(name(text), connections) }
        };
        let mut nodes = vec![node("a@h", self.a), node("b@h", self.b - travelling)];
        nodes.extend(self.twin.map(|clients| node("c@h", clients)));
        for load in &mut nodes {
            if self.unknown.as_ref() == Some(&load.node) {
                *load = NodeLoad::unknown(load.node.clone());
            }
        }
        NodeList { nodes, unreadable: Vec::new() }
    }

    fn status(&mut self) -> GlobalStatus {
        let mut rebalances = self.foreign.clone();
        let phase = self.run.and_then(|age| self.phase(age));
        let hidden = phase.is_some() && self.hide_polls > 0;
        self.hide_polls -= u32::from(hidden);
        let mut ours = phase.filter(|_| !hidden).map(|phase| entry("b@h", "a@h", "b@h", phase));
        if let (Some(entry), Some(_)) = (&mut ours, self.twin) {
            entry.recipients.push(name("c@h"));
        }
        rebalances.extend(ours);
        let evacuations = self.evacuated.iter().map(|node| EvacuationStatus {
            node: Some(node.clone()),
            state: EvacuationState::EvictingConns,
            recipients: Vec::new(),
            conn_evict_rate: None,
            sess_evict_rate: None,
            counts: EvictionCounts::default(),
        });
        let evacuations = evacuations.collect();
        GlobalStatus { rebalances, evacuations, ..GlobalStatus::default() }
    }
}

impl Scene for World {
    fn now(&mut self) -> &mut Timestamp {
        &mut self.now
    }

    /// One second of EMQX: wait 2 s, evict until level, wait 2 s, gone.
    fn second(&mut self) {
        let Some(age) = self.run else { return };
        self.run = Some(age + 1);
        for incident in self.incidents.clone() {
            if incident.at == age {
                (incident.happen)(self);
            }
        }
        if self.crash_at.is_some_and(|at| age >= at) || self.phase(age).is_none() {
            self.run = None;
            self.closed = false;
        } else if self.phase(age) == Some(RunPhase::EvictingConns) && !self.stuck {
            self.a -= 10;
            self.b += if self.nobody_returns { 0 } else { 10 };
        }
    }

    fn answer(&mut self, request: Request) -> Input {
        let answer = match request.ask {
            Ask::Start { run } => self.start(&run.nodes),
            Ask::StartEvacuation { .. } | Ask::StopEvacuation { .. } => {
                panic!("nobody asked for an evacuation")
            }
            Ask::Stop { .. } => Ok(Answer::Stop(self.stop())),
            _ if self.reads_down => Err(lost()),
            ask if self.denied => denied(&ask),
            Ask::Nodes if self.nodes_down => Err(lost()),
            Ask::Nodes => Ok(Answer::Nodes(self.nodes())),
            Ask::GlobalStatus => Ok(Answer::GlobalStatus(self.status())),
            Ask::Availability { .. } if self.own_api_down => Err(lost()),
            Ask::Availability { node } if self.closed && node == name("a@h") => {
                Ok(Answer::Availability(Availability::Closed))
            }
            Ask::Availability { .. } => Ok(Answer::Availability(Availability::Serving)),
        };
        Input::Answer { id: request.id, answer }
    }

    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.events
    }

    fn stops_now(&mut self) -> bool {
        let stops = self.stop_at.is_some() && self.run == self.stop_at;
        if stops {
            self.stop_at = None;
        }
        stops
    }
}

pub(crate) fn entry(coordinator: &str, donor: &str, recipient: &str, phase: RunPhase) -> RunStatus {
    let state = RunState::Phase(phase);
    RunStatus::new(name(coordinator), state, vec![name(donor)], vec![name(recipient)])
}
