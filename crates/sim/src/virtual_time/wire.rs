//! Requests on their way to nodes, and answers on their way back.

use crate::http::{Answer, Simulation, Ticket};
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_exchange::sansio::{Failure, FailureKind, HttpAnswer, HttpRequest};
use http::{Request, Response};

/// A network in virtual time: takes requests to the nodes of a simulation, and answers back.
///
/// The node at place `i` answers at `http://n{i}`, and one node after the other behind the load
/// balancer at [`Self::BALANCER`]. Nodes are named after one host, `127.0.0.1`, and what is looked for
/// there is found to be the first of them.
#[derive(Debug)]
pub struct Wire {
    parcels: Vec<Parcel>,
    /// How many requests in a row the load balancer passes on to one node. Default 1, at least 1.
    pub in_a_row: usize,
    /// How many it has passed on.
    balanced: usize,
}

/// What the network does to a request.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Fate {
    /// Both ways take no time.
    #[default]
    Well,
    /// Both ways take time.
    Delayed {
        /// Milliseconds that the request takes.
        out_ms: u64,
        /// Milliseconds that its answer takes.
        back_ms: u64,
    },
    /// Its sender hears of no answer.
    Lost {
        /// Milliseconds after which it arrives, if it does.
        arrives_after_ms: Option<u64>,
        /// Milliseconds after which its sender is told that the connection broke.
        told_after_ms: u64,
    },
}

/// What has happened on the way.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A node got a request.
    Arrived,
    /// A sender got its answer, or hears that there is none.
    Answered(HttpAnswer),
}

/// A request on its way, or its answer.
#[derive(Debug)]
struct Parcel {
    request: HttpRequest,
    stage: Stage,
    /// What its answer takes on its way back; `None` if nobody gets it.
    back_ms: Option<u64>,
    /// When its sender gives it up, and why; `None` once nobody waits for it.
    given_up: Option<(Timestamp, FailureKind)>,
}

#[derive(Debug)]
enum Stage {
    Out {
        at: Timestamp,
    },
    /// The node works on it.
    There {
        ticket: Ticket,
    },
    Back {
        at: Timestamp,
        answer: HttpAnswer,
    },
    Lost,
}

impl Default for Wire {
    fn default() -> Self {
        Self { parcels: Vec::new(), in_a_row: 1, balanced: 0 }
    }
}

impl Wire {
    /// Where the load balancer answers.
    pub const BALANCER: &str = "http://balancer";

    /// Where the node at place `node` answers.
    pub fn url(node: usize) -> String {
        format!("{NODE}{node}")
    }

    /// Takes a request that is sent now. It moves by [`Self::proceed`] alone.
    pub fn send(&mut self, now: Timestamp, request: HttpRequest, fate: Fate) {
        let out = |ms: u64| Stage::Out { at: now.plus_ms(ms) };
        let timeout_ms = request.timeout_ms;
        let (stage, back_ms, told_after_ms) = match fate {
            Fate::Well => (out(0), Some(0), timeout_ms),
            Fate::Delayed { out_ms, back_ms } => (out(out_ms), Some(back_ms), timeout_ms),
            Fate::Lost { arrives_after_ms, told_after_ms } => {
                (arrives_after_ms.map_or(Stage::Lost, out), None, told_after_ms.min(timeout_ms))
            }
        };
        let is_silence = told_after_ms >= timeout_ms;
        let kind = if is_silence { FailureKind::Timeout } else { FailureKind::Unreachable };
        let given_up = Some((now.plus_ms(told_after_ms), kind));
        self.parcels.push(Parcel { request, stage, back_ms, given_up });
    }

    /// Goes one step on with what is due by now. To be called until there is no news.
    pub fn proceed(&mut self, simulation: &mut Simulation) -> Option<News> {
        let now = simulation.cluster.now();
        for parcel in &mut self.parcels {
            parcel.fetch(simulation);
        }
        let is_due = |parcel: &Parcel| parcel.next_event().is_some_and(|at| at <= now);
        let i = self.parcels.iter().position(is_due)?;
        let mut parcel = self.parcels.remove(i);
        match parcel.stage {
            Stage::Out { at } if at <= now => {
                let via = self.place(&parcel.request.url, simulation);
                parcel.arrive(simulation, via);
                self.parcels.insert(i, parcel);
                Some(News::Arrived)
            }
            Stage::Back { at, answer } if at <= now => Some(News::Answered(answer)),
            _ => {
                let (id, kind) = (parcel.request.id, parcel.given_up?.1);
                self.parcels.extend(parcel.forget(simulation));
                let failure = Failure { kind, message: String::new() };
                Some(News::Answered(heard(id, Err(failure))))
            }
        }
    }

    /// When something moves by itself, if it does not wait for a node.
    pub fn next_event(&self) -> Option<Timestamp> {
        self.parcels.iter().filter_map(Parcel::next_event).min()
    }

    /// Whether a node works on a request.
    pub fn is_answer_due(&self) -> bool {
        self.parcels.iter().any(|parcel| matches!(parcel.stage, Stage::There { .. }))
    }

    /// Whether a command has yet to reach a node.
    pub fn has_commands(&self) -> bool {
        self.parcels.iter().any(Parcel::is_command_on_its_way)
    }

    /// Nobody waits for any answer any more. A command on its way arrives all the same.
    pub fn forget(&mut self, simulation: &mut Simulation) {
        let parcels = std::mem::take(&mut self.parcels).into_iter();
        self.parcels = parcels.filter_map(|parcel| parcel.forget(simulation)).collect();
    }

    /// The place of the node that a URL leads to.
    fn place(&mut self, url: &str, simulation: &Simulation) -> Option<usize> {
        let host = url.split("/api/").next()?;
        match host.strip_prefix(NODE) {
            Some(place) => place.parse().ok(),
            None if host == Self::BALANCER => Some(self.balance(simulation)),
            None => host.ends_with(NAMED_HOST).then_some(0),
        }
    }

    /// The next node whose API listens.
    fn balance(&mut self, simulation: &Simulation) -> usize {
        let nodes = simulation.cluster.config().nodes.len();
        self.balanced += 1;
        let first = self.balanced / self.in_a_row.max(1);
        let mut turns = (0..nodes).map(|step| (first + step) % nodes);
        turns.find(|via| simulation.cluster.is_up(*via)).unwrap_or(0)
    }
}

impl Parcel {
    /// When it moves by itself.
    fn next_event(&self) -> Option<Timestamp> {
        let given_up = self.given_up.map(|(at, _)| at);
        match self.stage {
            Stage::Out { at } | Stage::Back { at, .. } => {
                Some(given_up.map_or(at, |given_up| given_up.min(at)))
            }
            Stage::There { .. } | Stage::Lost => given_up,
        }
    }

    fn arrive(&mut self, simulation: &mut Simulation, via: Option<usize>) {
        let answer = match (via, delivered(&self.request)) {
            (Some(via), Ok(request)) => simulation.answer(via, &request),
            _ => Answer::Unreachable,
        };
        self.stage = match answer {
            Answer::Waiting(ticket) => Stage::There { ticket },
            answer => self.back(answer, simulation),
        };
        if let (Stage::There { ticket }, None) = (&self.stage, self.back_ms) {
            simulation.give_up(*ticket);
            self.stage = Stage::Lost;
        }
    }

    /// Takes the node's answer, if it has one.
    fn fetch(&mut self, simulation: &mut Simulation) {
        if let Stage::There { ticket } = self.stage
            && let Some(answer) = simulation.collect(ticket)
        {
            self.stage = self.back(answer, simulation);
        }
    }

    fn back(&self, answer: Answer, simulation: &Simulation) -> Stage {
        let Some(back_ms) = self.back_ms else { return Stage::Lost };
        let at = simulation.cluster.now().plus_ms(back_ms);
        Stage::Back { at, answer: heard(self.request.id, whole(answer)) }
    }

    fn is_command_on_its_way(&self) -> bool {
        self.request.method != "GET" && matches!(self.stage, Stage::Out { .. })
    }

    /// What is left of it once nobody waits for its answer.
    fn forget(mut self, simulation: &mut Simulation) -> Option<Self> {
        if let Stage::There { ticket } = self.stage {
            simulation.give_up(ticket);
        }
        (self.back_ms, self.given_up) = (None, None);
        self.is_command_on_its_way().then_some(self)
    }
}

/// The request as a node gets it.
fn delivered(request: &HttpRequest) -> http::Result<Request<Vec<u8>>> {
    let path = request.url.find("/api/").and_then(|at| request.url.get(at..)).unwrap_or_default();
    let mut delivered = Request::builder().method(request.method.as_str()).uri(path);
    for (name, value) in &request.headers {
        delivered = delivered.header(name, value);
    }
    delivered.body(request.body.clone().unwrap_or_default().into_bytes())
}

/// What a client hears that hears of nothing else.
pub(super) fn whole(answer: Answer) -> Result<Response<Vec<u8>>, Failure> {
    let failure = |kind, message: &str| Err(Failure { kind, message: message.to_owned() });
    match answer {
        Answer::Response(response) => Ok(response),
        Answer::Unreachable => failure(FailureKind::Unreachable, "the node is down"),
        Answer::Reset => failure(FailureKind::Unreachable, "the connection was closed"),
        Answer::Truncated(_) => failure(FailureKind::Protocol, "the answer broke off"),
        Answer::Waiting(_) => failure(FailureKind::Timeout, "no answer in time"),
    }
}

fn heard(id: u64, answer: Result<Response<Vec<u8>>, Failure>) -> HttpAnswer {
    match answer {
        Ok(response) => HttpAnswer {
            id,
            status: Some(response.status().as_u16()),
            body: String::from_utf8_lossy(response.body()).into_owned(),
            error: None,
        },
        Err(failure) => HttpAnswer { id, status: None, body: String::new(), error: Some(failure) },
    }
}

/// What the URL of a node begins with, before its place.
const NODE: &str = "http://n";
/// The host in the names of all nodes, behind which the first one listens.
const NAMED_HOST: &str = "://127.0.0.1";
