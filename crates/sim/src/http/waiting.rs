//! Requests whose answer takes its time: a node is slow, hangs, or waits for one that does.

use super::answer;
use super::route::Endpoint;
use super::{Answer, Simulation, erlang};
use crate::cluster::{Crash, RPC_TIMEOUT_MS};
use crate::faults::HttpFailure;
use crate::personality::Api;
use emqx_rebalance_core::Timestamp;
use http::Request;
use std::collections::BTreeMap;

/// Stands for an answer that has not come yet; see [`Simulation::collect`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Ticket(u64);

/// The requests that wait, and the answers that nobody has collected.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    next: u64,
    waiting: BTreeMap<Ticket, Waiting>,
    done: BTreeMap<Ticket, Answer>,
}

#[derive(Debug)]
struct Waiting {
    via: usize,
    request: Request<Vec<u8>>,
    since: Timestamp,
    failure: Option<HttpFailure>,
    /// Whether anybody still wants the answer. EMQX carries out the request all the same.
    wanted: bool,
}

/// What keeps an answer from coming now.
enum Obstacle {
    /// It takes so long in all.
    Slow { ms: u64 },
    /// Somebody must move first.
    Stuck,
    /// It is given up after EMQX's RPC timeout.
    GivenUp,
}

impl Simulation {
    /// The answer that `ticket` stands for, once it has come, and once only.
    pub fn collect(&mut self, ticket: Ticket) -> Option<Answer> {
        self.room.done.remove(&ticket)
    }

    /// Nobody waits for the answer any more. What was asked for is done all the same, if it is a
    /// command.
    pub fn give_up(&mut self, ticket: Ticket) {
        self.room.done.remove(&ticket);
        if let Some(waiting) = self.room.waiting.get_mut(&ticket) {
            waiting.wanted = false;
            if waiting.request.method() == http::Method::GET {
                self.room.waiting.remove(&ticket);
            }
        }
    }

    /// Whether anybody waits for an answer.
    pub(super) fn is_anybody_waiting(&self) -> bool {
        !self.room.waiting.is_empty()
    }

    /// The answer to a request, or a ticket for it.
    pub(super) fn attend(
        &mut self,
        via: usize,
        request: &Request<Vec<u8>>,
        failure: Option<HttpFailure>,
    ) -> Answer {
        let waiting = Waiting {
            via,
            request: request.clone(),
            since: self.cluster.now(),
            failure,
            wanted: true,
        };
        if let Some(answer) = self.answer_now(&waiting) {
            return answer;
        }
        let ticket = Ticket(self.room.next);
        self.room.next += 1;
        self.room.waiting.insert(ticket, waiting);
        Answer::Waiting(ticket)
    }

    /// Answers whatever can be answered by now.
    pub(crate) fn serve_waiting(&mut self) {
        let tickets: Vec<Ticket> = self.room.waiting.keys().copied().collect();
        for ticket in tickets {
            let Some(waiting) = self.room.waiting.remove(&ticket) else { continue };
            match self.answer_now(&waiting) {
                Some(answer) if waiting.wanted => {
                    self.room.done.insert(ticket, answer);
                }
                Some(_) => {}
                None => {
                    self.room.waiting.insert(ticket, waiting);
                }
            }
        }
    }

    /// When an answer comes that only takes time.
    pub(super) fn next_answer(&self) -> Option<Timestamp> {
        self.room.waiting.values().filter_map(|waiting| self.due(waiting)).min()
    }

    fn due(&self, waiting: &Waiting) -> Option<Timestamp> {
        match self.obstacle(waiting) {
            Some(Obstacle::Slow { ms }) => Some(waiting.since.plus_ms(ms)),
            Some(Obstacle::Stuck) => None,
            Some(Obstacle::GivenUp) => Some(waiting.since.plus_ms(RPC_TIMEOUT_MS)),
            None => Some(waiting.since),
        }
        .map(|due| due.max(self.cluster.now()))
    }

    fn answer_now(&mut self, waiting: &Waiting) -> Option<Answer> {
        if !self.cluster.is_up(waiting.via) {
            return Some(Answer::Unreachable);
        }
        let waited_ms = self.cluster.now().ms_since(waiting.since);
        match self.obstacle(waiting) {
            Some(Obstacle::Slow { ms }) if waited_ms < ms => return None,
            Some(Obstacle::Stuck) => return None,
            Some(Obstacle::GivenUp) if waited_ms < RPC_TIMEOUT_MS => return None,
            Some(Obstacle::GivenUp) if self.is_command(waiting) => {
                return Some(self.say(waiting, "timeout"));
            }
            _ => {}
        }
        if let Some(answer) = self.tell_of_crash(waiting) {
            return Some(answer);
        }
        Some(self.failing(waiting.via, &waiting.request, waiting.failure))
    }

    /// What keeps the answer from coming, if anything does.
    fn obstacle(&self, waiting: &Waiting) -> Option<Obstacle> {
        let via = waiting.via;
        if waiting.failure == Some(HttpFailure::NoAnswer) || self.cluster.is_hung(via) {
            return Some(Obstacle::Stuck);
        }
        let rules = self.cluster.rules();
        let endpoint = Endpoint::of(waiting.request.uri().path(), rules.api)?;
        // A donor asks its coordinator's process, which no version gives a time limit.
        if self.asks_coordinator(&endpoint) {
            let coordinator = self.cluster.coordinator_of(via);
            let silent = coordinator.is_some_and(|node| {
                self.cluster.hangs_for(via, node) || self.cluster.is_stuck(node)
            });
            if silent {
                return Some(Obstacle::Stuck);
            }
        }
        let asked = self.asked(via, &endpoint);
        let silent = |node: &usize| {
            self.cluster.hangs_for(via, *node)
                || Self::asks_process(&endpoint) && self.cluster.is_stuck(*node)
        };
        if asked.iter().any(silent) {
            let gives_up = rules.rpc_timeouts;
            return Some(if gives_up { Obstacle::GivenUp } else { Obstacle::Stuck });
        }
        let slowest = asked.iter().map(|node| self.cluster.latency_ms(*node)).max().unwrap_or(0);
        let ms = self.cluster.latency_ms(via).max(slowest);
        (ms > 0).then_some(Obstacle::Slow { ms })
    }

    /// The nodes that `via` calls to answer.
    fn asked(&self, via: usize, endpoint: &Endpoint) -> Vec<usize> {
        match endpoint {
            Endpoint::Nodes
            | Endpoint::Stats
            | Endpoint::MonitorCurrent
            | Endpoint::GlobalStatus
            | Endpoint::Start(_) => self.cluster.running(via),
            Endpoint::Node(name)
            | Endpoint::NodeStats(name)
            | Endpoint::NodeMonitorCurrent(name)
            | Endpoint::Stop(name)
            | Endpoint::StartEvacuation(name)
            | Endpoint::StopEvacuation(name) => self.cluster.find(name).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the processes that coordinate are asked, which do one thing after the other.
    fn asks_process(endpoint: &Endpoint) -> bool {
        matches!(endpoint, Endpoint::GlobalStatus | Endpoint::Start(_) | Endpoint::Stop(_))
    }

    fn asks_coordinator(&self, endpoint: &Endpoint) -> bool {
        match endpoint {
            Endpoint::LocalStatus => true,
            Endpoint::AvailabilityCheck => {
                let rules = self.cluster.rules();
                rules.api == Api::V5 && !rules.availability_is_public
            }
            _ => false,
        }
    }

    fn is_command(&self, waiting: &Waiting) -> bool {
        waiting.request.method() == http::Method::POST
    }

    /// A caller that waited for a coordinator that died is told what it died of.
    fn tell_of_crash(&self, waiting: &Waiting) -> Option<Answer> {
        let rules = self.cluster.rules();
        let endpoint = Endpoint::of(waiting.request.uri().path(), rules.api)?;
        let coordinator = match &endpoint {
            Endpoint::Stop(name) | Endpoint::Start(name) => self.cluster.find(name)?,
            _ => return None,
        };
        let Crash { bad_nodes, .. } = self.cluster.crash_since(coordinator, waiting.since)?;
        Some(self.say(waiting, &erlang::nodes_down("bad_nodes", bad_nodes)))
    }

    /// EMQX's words for a call to another node that failed.
    fn say(&self, waiting: &Waiting, why: &str) -> Answer {
        let rules = self.cluster.rules();
        let path = waiting.request.uri().path();
        let name = match Endpoint::of(path, rules.api) {
            Some(
                Endpoint::Stop(name)
                | Endpoint::Start(name)
                | Endpoint::StartEvacuation(name)
                | Endpoint::StopEvacuation(name),
            ) => erlang::atom(&name),
            _ => String::new(),
        };
        let reply = match rules.api {
            Api::V4 => super::v4::refused(&format!("Error communicating with node {name}")),
            Api::V5 => {
                let message = format!("RPC error on node {name}: {why}");
                answer::undeclared(rules.undeclared_code, "RPC_ERROR", &message)
            }
        };
        Answer::Response(*reply)
    }
}
