//! Three nodes of which one is emptied, and a switch for everything that can go wrong.

use crate::course::{Kill, Loss, Scene, drive, lost};
use crate::world::name;
use emqx_rebalance_core::driver::{
    Answer, Ask, Driver, DriverOptions, Event, Input, Outcome, Request,
};
use emqx_rebalance_core::{
    Availability, EvacuationPlan, EvacuationPlanOptions, EvacuationState, EvacuationStatus,
    EvictionCounts, GlobalStatus, NodeList, NodeLoad, NodeName, NodeStatus, Refusal, RefusalReason,
    Result, RunStatus, Snapshot, StartAnswer, StopAnswer, Timestamp, plan_evacuation,
};

/// When something happens, and what.
type Incident = (u64, fn(&mut Town));

pub(super) struct Town {
    pub(super) now: Timestamp,
    /// Clients of the nodes.
    pub(super) a: u64,
    pub(super) b: u64,
    /// Sessions of `a` without a client.
    pub(super) sessions: u64,
    /// What the evacuation does, and for how many seconds.
    pub(super) evacuation: Option<(EvacuationState, u64)>,
    /// Evacuations of other nodes.
    pub(super) others: Vec<NodeName>,
    pub(super) foreign: Vec<RunStatus>,
    pub(super) down: Option<NodeName>,
    pub(super) unknown: Option<NodeName>,
    pub(super) max_fds: Option<u64>,
    pub(super) nobody_returns: bool,
    /// EMQX moves neither clients nor sessions.
    pub(super) stuck: bool,
    /// EMQX never says that it is done.
    pub(super) counts_durable_sessions: bool,
    pub(super) hide_polls: u32,
    pub(super) lose_starts: Vec<Loss>,
    pub(super) refuse_start: Option<RefusalReason>,
    pub(super) reads_down: bool,
    pub(super) stop_is_lost: bool,
    /// What happens when the evacuation has lasted so many seconds.
    pub(super) incident: Option<Incident>,
    pub(super) stop_at: Option<u64>,
    pub(super) age: u64,
    pub(super) starts: u32,
    pub(super) stops: u32,
    pub(super) events: Vec<Event>,
}

pub(super) fn a_plan() -> EvacuationPlan {
    let town = Town::new();
    let snapshot = Snapshot::new(town.nodes().nodes).unwrap();
    let evacuation = serde_json::from_str(
        r#"{"conn_evict_rate":10,"sess_evict_rate":10,"wait_health_check":2,"wait_takeover":2}"#,
    );
    let options = EvacuationPlanOptions::default();
    plan_evacuation(&snapshot, &name("a@h"), &evacuation.unwrap(), &options).unwrap()
}

pub(super) fn evacuator(options: &str) -> Driver {
    let options: DriverOptions = serde_json::from_str(options).unwrap();
    Driver::new(a_plan(), options, false).unwrap()
}

impl Town {
    pub(super) fn new() -> Self {
        Self {
            now: Timestamp::from_ms(1_000_000),
            a: 200,
            b: 100,
            sessions: 20,
            evacuation: None,
            others: Vec::new(),
            foreign: Vec::new(),
            down: None,
            unknown: None,
            max_fds: None,
            nobody_returns: false,
            stuck: false,
            counts_durable_sessions: false,
            hide_polls: 0,
            lose_starts: Vec::new(),
            refuse_start: None,
            reads_down: false,
            stop_is_lost: false,
            incident: None,
            stop_at: None,
            age: 0,
            starts: 0,
            stops: 0,
            events: Vec::new(),
        }
    }

    pub(super) fn drive(&mut self, driver: &mut Driver) -> Outcome {
        drive(self, driver, |_, _| Kill::No)
    }

    fn start(&mut self) -> Result<Answer> {
        self.starts += 1;
        let loss = self.lose_starts.pop();
        if loss == Some(Loss::BeforeEmqx) {
            return Err(lost());
        }
        let is_running = self.evacuation.is_some();
        let refused = self.refuse_start.clone();
        let reason = refused.or_else(|| is_running.then_some(RefusalReason::AlreadyStarted));
        if let Some(reason) = reason {
            let refusal = Refusal { reason, status: 400, text: "no".into() };
            return Ok(Answer::Start(StartAnswer::Refused(refusal)));
        }
        self.evacuation = Some((EvacuationState::WaitingHealthCheck, 0));
        if loss == Some(Loss::AfterEmqx) {
            Err(lost())
        } else {
            Ok(Answer::Start(StartAnswer::Started))
        }
    }

    fn stop(&mut self) -> StopAnswer {
        self.stops += 1;
        match self.evacuation.take() {
            Some(_) => StopAnswer::Stopped,
            None => StopAnswer::NotStarted,
        }
    }

    fn nodes(&self) -> NodeList {
        let node = |text: &str, connections, disconnected_sessions| {
            let is_down = self.down.as_ref() == Some(&name(text));
            NodeLoad {
                status: if is_down { NodeStatus::Stopped } else { NodeStatus::Running },
                max_fds: self.max_fds,
                version: Some("5.8.8".into()),
                disconnected_sessions,
                ..NodeLoad::new(name(text), connections)
            }
        };
        let mut nodes =
            vec![node("a@h", self.a, self.sessions), node("b@h", self.b, 0), node("c@h", 100, 0)];
        for load in &mut nodes {
            if self.unknown.as_ref() == Some(&load.node) {
                *load = NodeLoad::unknown(load.node.clone());
            }
        }
        NodeList { nodes, unreadable: Vec::new() }
    }

    fn status(&mut self) -> GlobalStatus {
        let entry = |node: NodeName, state| EvacuationStatus {
            node: Some(node),
            state,
            recipients: Vec::new(),
            conn_evict_rate: None,
            sess_evict_rate: None,
            counts: EvictionCounts::default(),
        };
        let hidden = self.evacuation.is_some() && self.hide_polls > 0;
        self.hide_polls -= u32::from(hidden);
        let ours = self.evacuation.clone().filter(|_| !hidden);
        let ours = ours.map(|(state, _)| entry(name("a@h"), state));
        let others =
            self.others.iter().map(|node| entry(node.clone(), EvacuationState::Prohibiting));
        GlobalStatus {
            rebalances: self.foreign.clone(),
            evacuations: ours.into_iter().chain(others).collect(),
            ..GlobalStatus::default()
        }
    }

    /// What the evacuation does after a second of `state`.
    fn go_on(&mut self, state: EvacuationState, seconds: u64) -> (EvacuationState, u64) {
        use EvacuationState as State;
        let next = match state {
            State::WaitingHealthCheck | State::WaitingTakeover if seconds < 2 => None,
            State::WaitingHealthCheck => Some(State::EvictingConns),
            State::WaitingTakeover => Some(State::EvictingSessions),
            State::EvictingConns if self.a == 0 => Some(State::WaitingTakeover),
            State::EvictingConns if !self.stuck => {
                self.a -= 10;
                self.b += if self.nobody_returns { 0 } else { 10 };
                None
            }
            State::EvictingSessions if self.sessions > 0 && !self.stuck => {
                self.sessions -= 10;
                None
            }
            State::EvictingSessions if !self.stuck && !self.counts_durable_sessions => {
                Some(State::Prohibiting)
            }
            _ => None,
        };
        next.map_or((state, seconds + 1), |next| (next, 0))
    }
}

impl Scene for Town {
    fn now(&mut self) -> &mut Timestamp {
        &mut self.now
    }

    fn second(&mut self) {
        let Some((state, seconds)) = self.evacuation.clone() else { return };
        self.age += 1;
        self.evacuation = Some(self.go_on(state, seconds));
        if let Some((_, happen)) = self.incident.filter(|(at, _)| *at == self.age) {
            happen(self);
        }
    }

    fn answer(&mut self, request: Request) -> Input {
        let answer = match request.ask {
            Ask::StartEvacuation { node, evacuation } => {
                assert_eq!((node, evacuation), (name("a@h"), a_plan().asked.evacuation));
                self.start()
            }
            Ask::StopEvacuation { .. } if self.stop_is_lost => {
                self.stops += 1;
                Err(lost())
            }
            Ask::StopEvacuation { .. } => Ok(Answer::Stop(self.stop())),
            Ask::Start { .. } | Ask::Stop { .. } => panic!("nobody asked for a rebalance"),
            _ if self.reads_down => Err(lost()),
            Ask::Nodes => Ok(Answer::Nodes(self.nodes())),
            Ask::GlobalStatus => Ok(Answer::GlobalStatus(self.status())),
            Ask::Availability { .. } => Ok(Answer::Availability(match self.evacuation {
                Some(_) => Availability::Closed,
                None => Availability::Serving,
            })),
        };
        Input::Answer { id: request.id, answer }
    }

    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.events
    }

    fn stops_now(&mut self) -> bool {
        let stops = self.stop_at == Some(self.age);
        if stops {
            self.stop_at = None;
        }
        stops
    }
}
