//! Requests whose answer takes its time: a node is slow, hangs, or waits for one that does.

use super::answer;
use super::rebalance::put;
use super::route::Endpoint;
use super::{Answer, Simulation, erlang};
use crate::cluster::{Crash, NODES_TIMEOUT_MS, RPC_TIMEOUT_MS};
use crate::faults::HttpFailure;
use crate::personality::Api;
use emqx_rebalance_core::Timestamp;
use http::Request;
use serde_json::Value;
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
    /// Whether EMQX has given it up, though the node that hangs will read it one day.
    given_up: bool,
    /// The coordinator that held the node as its donor when the request came.
    coordinator: Option<usize>,
    /// The runs that could be learnt of when the request came, if the node read it then.
    runs: Option<Vec<Value>>,
}

/// What keeps an answer from coming now.
enum Obstacle {
    /// It takes so long in all.
    Slow { ms: u64 },
    /// Somebody must move first.
    Stuck,
    /// It is given up after so long, unless somebody moves first.
    Limit { ms: u64, then: Then },
}

impl Obstacle {
    /// How long it stands in the way at most.
    fn limit_ms(&self) -> Option<u64> {
        match self {
            Self::Slow { ms } | Self::Limit { ms, .. } => Some(*ms),
            Self::Stuck => None,
        }
    }
}

/// What EMQX answers if it gives up waiting for a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Then {
    /// Without what that node would have said.
    Without,
    /// 500 for a call to another node that failed, in the words of `/load_rebalance`.
    RpcError,
    /// The same, and the other node will read the command once it goes on.
    RpcErrorNow,
    /// 500 for a crash in the handler.
    Crash,
    /// The connection is closed.
    Closed,
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
        let mut waiting = Waiting {
            via,
            request: request.clone(),
            since: self.cluster.now(),
            failure,
            wanted: true,
            given_up: false,
            coordinator: self.cluster.coordinator_of(via),
            runs: None,
        };
        if let Some(answer) = self.answer_now(&mut waiting) {
            return answer;
        }
        if !self.cluster.is_hung(via) {
            waiting.runs = Some(self.shown_runs(via));
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
            let Some(mut waiting) = self.room.waiting.remove(&ticket) else { continue };
            let answer = self.answer_now(&mut waiting);
            let goes_on = answer.is_none() || waiting.given_up && waiting.wanted;
            if let Some(answer) = answer.filter(|_| waiting.wanted) {
                self.room.done.insert(ticket, answer);
            }
            if goes_on {
                waiting.wanted &= !waiting.given_up;
                self.room.waiting.insert(ticket, waiting);
            }
        }
    }

    /// When an answer comes that only takes time.
    pub(super) fn next_answer(&self) -> Option<Timestamp> {
        self.room.waiting.values().filter_map(|waiting| self.due(waiting)).min()
    }

    fn due(&self, waiting: &Waiting) -> Option<Timestamp> {
        let due = match self.obstacle(waiting) {
            Some(obstacle) => waiting.since.plus_ms(obstacle.limit_ms()?),
            None => waiting.since,
        };
        Some(due.max(self.cluster.now()))
    }

    fn answer_now(&mut self, waiting: &mut Waiting) -> Option<Answer> {
        if !self.cluster.is_up(waiting.via) {
            waiting.given_up = false;
            return Some(Answer::Unreachable);
        }
        let waited_ms = self.cluster.now().ms_since(waiting.since);
        let mut gives_up = false;
        if let Some(obstacle) = self.obstacle(waiting) {
            if obstacle.limit_ms().is_none_or(|ms| waited_ms < ms) {
                return None;
            }
            if let Obstacle::Limit { then, .. } = obstacle {
                match then {
                    Then::Without => gives_up = true,
                    Then::RpcError => return Some(self.say(waiting, "timeout")),
                    Then::RpcErrorNow => {
                        waiting.given_up = true;
                        return Some(self.say(waiting, "timeout"));
                    }
                    Then::Crash => return Some(Answer::Response(*answer::internal(TIMEOUT))),
                    Then::Closed => return Some(Answer::Reset),
                }
            }
        }
        // What was given up is carried out now, and nobody is told.
        waiting.given_up = false;
        if let Some(answer) = self.tell_of_crash(waiting) {
            return Some(answer);
        }
        let answer = self.failing(waiting.via, &waiting.request, waiting.failure);
        // EMQX asks for the runs first, and only then for evacuations.
        let is_late = gives_up || self.cluster.rules().rpc_timeouts && waited_ms >= RPC_TIMEOUT_MS;
        Some(match &waiting.runs {
            Some(runs) if is_late => with_runs(answer, runs),
            _ => answer,
        })
    }

    /// What keeps the answer from coming, if anything does.
    fn obstacle(&self, waiting: &Waiting) -> Option<Obstacle> {
        let via = waiting.via;
        if waiting.failure == Some(HttpFailure::NoAnswer) || self.cluster.is_hung(via) {
            return Some(Obstacle::Stuck);
        }
        let rules = self.cluster.rules();
        let endpoint = Endpoint::of(waiting.request.uri().path(), rules)?;
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
        let asked = self.asked(waiting, &endpoint);
        let limit = self.limit(&endpoint);
        let silent = |node: &usize| {
            self.cluster.hangs_for(via, *node)
                || self.asks_process(&endpoint, *node) && self.cluster.is_stuck(*node)
                || limit.as_ref().is_some_and(|(ms, _)| self.cluster.latency_of(via, *node) > *ms)
        };
        if asked.iter().any(silent) {
            return Some(match limit {
                _ if waiting.given_up => Obstacle::Stuck,
                Some((ms, then)) => {
                    Obstacle::Limit { ms, then: self.then(waiting, &endpoint, then) }
                }
                None => Obstacle::Stuck,
            });
        }
        // A call that fails does so at once.
        if let Some(then) = self.fails(via, &endpoint) {
            return Some(Obstacle::Limit { ms: 0, then });
        }
        let slowest = asked.iter().map(|node| self.cluster.latency_ms(*node)).max().unwrap_or(0);
        let ms = self.cluster.latency_ms(via).max(slowest);
        (ms > 0).then_some(Obstacle::Slow { ms })
    }

    /// How long a request waits for a node that does not answer, and what becomes of it then;
    /// `None` if for ever.
    ///
    /// Source: contract/6.0.3, 06_hang_*; the 30 s of `/nodes` and the lack of any limit under
    /// `/load_rebalance` before 5.9 EMQX's source, and contract/5.3.2, 06_hang_*. Nobody recorded
    /// `/stats` of all nodes, nor what releases before 6.0.3 do at `/nodes/{node}/stats` and
    /// `/monitor_current`: the same, it is assumed.
    fn limit(&self, endpoint: &Endpoint) -> Option<(u64, Then)> {
        let rules = self.cluster.rules();
        let rpc = rules.rpc_timeouts.then_some(RPC_TIMEOUT_MS);
        match endpoint {
            Endpoint::GlobalStatus => rpc.map(|ms| (3 * ms, Then::Without)),
            Endpoint::Start(_)
            | Endpoint::Stop(_)
            | Endpoint::StartEvacuation(_)
            | Endpoint::StopEvacuation(_) => rpc.map(|ms| (ms, Then::RpcError)),
            _ if rules.api == Api::V4 => None,
            Endpoint::Nodes => Some((NODES_TIMEOUT_MS, Then::Without)),
            Endpoint::Node(_) => Some((NODES_TIMEOUT_MS, Then::Crash)),
            Endpoint::Stats | Endpoint::NodeStats(_) => Some((IDLE_TIMEOUT_MS, Then::Closed)),
            Endpoint::MonitorCurrent | Endpoint::NodeMonitorCurrent(_) => {
                Some((MONITOR_TIMEOUT_MS, Then::Crash))
            }
            _ => None,
        }
    }

    /// A command is not lost because EMQX gives up waiting for the node that it is for: once that
    /// node goes on, it reads it. Nobody recorded this; it follows from how Erlang's calls work.
    ///
    /// A start that names a node that does not answer is refused on the way, since EMQX asks every
    /// named node first whether it can take part.
    fn then(&self, waiting: &Waiting, endpoint: &Endpoint, then: Then) -> Then {
        let named = named_nodes(waiting.request.body()).is_some();
        let via = waiting.via;
        match endpoint {
            Endpoint::Start(name)
            | Endpoint::Stop(name)
            | Endpoint::StartEvacuation(name)
            | Endpoint::StopEvacuation(name) => {
                let target = self.cluster.find(name);
                let waits = |node| self.cluster.hangs_for(via, node) || self.cluster.is_stuck(node);
                if target.is_some_and(waits) {
                    Then::RpcErrorNow
                } else if named {
                    Then::Without
                } else {
                    then
                }
            }
            _ => then,
        }
    }

    /// What becomes of a request whose calls to other nodes fail at once, if any do that it cannot
    /// do without. The words are those of a hung node: nobody recorded others.
    fn fails(&self, via: usize, endpoint: &Endpoint) -> Option<Then> {
        let is_cut_off = |name: &str| {
            self.cluster.find(name).is_some_and(|node| self.cluster.is_cut_off(via, node))
        };
        match endpoint {
            Endpoint::Start(name)
            | Endpoint::Stop(name)
            | Endpoint::StartEvacuation(name)
            | Endpoint::StopEvacuation(name) => is_cut_off(name).then_some(Then::RpcError),
            Endpoint::Node(name)
            | Endpoint::NodeStats(name)
            | Endpoint::NodeMonitorCurrent(name) => is_cut_off(name).then_some(Then::Crash),
            Endpoint::Stats | Endpoint::MonitorCurrent => {
                let mut running = self.cluster.running(via).into_iter();
                running.any(|node| self.cluster.is_cut_off(via, node)).then_some(Then::Crash)
            }
            _ => None,
        }
    }

    /// The nodes that `via` calls to answer, or has called.
    fn asked(&self, waiting: &Waiting, endpoint: &Endpoint) -> Vec<usize> {
        let via = waiting.via;
        match endpoint {
            Endpoint::Nodes
            | Endpoint::Stats
            | Endpoint::MonitorCurrent
            | Endpoint::GlobalStatus => self.cluster.running(via),
            Endpoint::Start(name) => {
                let Some(coordinator) = self.cluster.find(name) else { return Vec::new() };
                let named = named_nodes(waiting.request.body());
                let mut asked = named.map_or_else(
                    || self.cluster.running(via),
                    |names| names.iter().filter_map(|name| self.cluster.find(name)).collect(),
                );
                asked.push(coordinator);
                asked
            }
            Endpoint::Node(name)
            | Endpoint::NodeStats(name)
            | Endpoint::NodeMonitorCurrent(name)
            | Endpoint::Stop(name)
            | Endpoint::StartEvacuation(name)
            | Endpoint::StopEvacuation(name) => self.cluster.find(name).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the process of `node` that coordinates is asked, which does one thing after the
    /// other.
    fn asks_process(&self, endpoint: &Endpoint, node: usize) -> bool {
        match endpoint {
            Endpoint::GlobalStatus => true,
            Endpoint::Start(name) | Endpoint::Stop(name) => self.cluster.find(name) == Some(node),
            _ => false,
        }
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

    /// A caller that waited for a coordinator that died is told what it died of.
    fn tell_of_crash(&self, waiting: &Waiting) -> Option<Answer> {
        let rules = self.cluster.rules();
        let endpoint = Endpoint::of(waiting.request.uri().path(), rules)?;
        let (coordinator, asked_by_donor) = match &endpoint {
            Endpoint::Stop(name) | Endpoint::Start(name) => (self.cluster.find(name)?, false),
            asks if rules.api == Api::V5 && self.asks_coordinator(asks) => {
                (waiting.coordinator?, true)
            }
            _ => return None,
        };
        let Crash { bad_nodes, .. } = self.cluster.crash_since(coordinator, waiting.since)?;
        if asked_by_donor {
            let why = erlang::died_while_asked(bad_nodes);
            return Some(Answer::Response(*answer::internal(&why)));
        }
        Some(self.say(waiting, &erlang::nodes_down("bad_nodes", bad_nodes)))
    }

    /// EMQX's words for a call to another node that failed.
    fn say(&self, waiting: &Waiting, why: &str) -> Answer {
        let rules = self.cluster.rules();
        let path = waiting.request.uri().path();
        let name = match Endpoint::of(path, rules) {
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

/// The nodes that a start names, if it names any.
fn named_nodes(body: &[u8]) -> Option<Vec<String>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let names = body.get("nodes")?.as_array()?;
    Some(names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

/// An answer about the whole cluster with the runs that were known earlier.
fn with_runs(answer: Answer, runs: &[Value]) -> Answer {
    let Answer::Response(mut response) = answer else { return answer };
    let body = serde_json::from_slice::<Value>(response.body());
    if let Ok(mut body) = body
        && body.get("rebalances").is_some_and(Value::is_array)
    {
        put(&mut body, "rebalances", runs.to_vec());
        *response.body_mut() = body.to_string().into_bytes();
    }
    Answer::Response(response)
}

/// When EMQX's web server closes a connection on which its handler says nothing: seen.
const IDLE_TIMEOUT_MS: u64 = 60_000;
/// How long `/monitor_current` waits: seen.
const MONITOR_TIMEOUT_MS: u64 = 5_000;
/// What a handler dies of that waited too long.
const TIMEOUT: &str = "error, {erpc,timeout}, [{erpc,call,5,[{file,\"erpc.erl\"},{line,1374}]}]";
