//! Requests on their way to nodes, and answers on their way back.

use crate::config::ClusterConfig;
use crate::http::{Answer, Simulation, Ticket};
use emqx_rebalance_api::Secret;
use emqx_rebalance_core::Timestamp;
use emqx_rebalance_exchange::sansio::{Failure, FailureKind, HttpAnswer, HttpRequest};
use emqx_rebalance_exchange::{Access, Auth};
use http::{Request, Response};

/// A network in virtual time: takes requests to the nodes of a simulation, and answers back.
///
/// A node answers at [`Self::url`], a port of the host that all nodes are named after; the one at place
/// `i` also at `http://n{i}`, a host of another name; and one after the other behind the load balancer at
/// [`Self::BALANCER`].
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
    pub const BALANCER: &str = "http://balancer:18083";

    /// Where the node at place `node` answers.
    pub fn url(node: usize) -> String {
        format!("{HOST}{}", FIRST_PORT + node)
    }

    /// How to reach a cluster: every node at a URL of its own, as who has the cluster's API key.
    pub fn access(config: &ClusterConfig) -> Access {
        let names = config.nodes.iter().map(|node| node.name.clone());
        let urls: Vec<String> = (0..config.nodes.len()).map(Self::url).collect();
        let (key, secret) = (&config.credentials.api_key, &config.credentials.api_secret);
        Access {
            node_urls: names.zip(urls.clone()).collect(),
            urls,
            auth: Auth::ApiKey { key: key.clone(), secret: Secret::new(secret) },
            ..Access::default()
        }
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
        self.fetch(simulation);
        let is_due = |parcel: &Parcel| parcel.next_event().is_some_and(|at| at <= now);
        let i = self.parcels.iter().position(is_due)?;
        let parcel = self.parcels.remove(i);
        Some(match parcel.stage {
            Stage::Out { at } if at <= now => {
                let answer = self.deliver(&parcel.request, simulation);
                if let Some(parcel) = parcel.answered(answer, simulation) {
                    self.parcels.insert(i, parcel);
                }
                News::Arrived
            }
            Stage::Back { at, answer } if at <= now => News::Answered(answer),
            _ => {
                let (id, (_, kind)) = (parcel.request.id, parcel.given_up?);
                self.parcels.extend(parcel.forgotten(simulation));
                News::Answered(heard(id, Err(Failure { kind, message: String::new() })))
            }
        })
    }

    /// Takes the answers that nodes have come to.
    fn fetch(&mut self, simulation: &mut Simulation) {
        let parcels = std::mem::take(&mut self.parcels).into_iter();
        let fetched = parcels.filter_map(|parcel| match parcel.stage {
            Stage::There { ticket } => match simulation.collect(ticket) {
                Some(answer) => parcel.answered(answer, simulation),
                None => Some(parcel),
            },
            _ => Some(parcel),
        });
        self.parcels = fetched.collect();
    }

    /// When something moves by itself, if it does not wait for a node.
    pub fn next_event(&self) -> Option<Timestamp> {
        self.parcels.iter().filter_map(Parcel::next_event).min()
    }

    /// Whether a node works on a request.
    pub(super) fn is_answer_due(&self) -> bool {
        self.parcels.iter().any(|parcel| matches!(parcel.stage, Stage::There { .. }))
    }

    /// Whether a command has yet to reach a node.
    pub fn has_commands(&self) -> bool {
        self.parcels.iter().any(Parcel::is_command_on_its_way)
    }

    /// Nobody waits for any answer any more. A command on its way arrives all the same.
    pub fn forget(&mut self, simulation: &mut Simulation) {
        let parcels = std::mem::take(&mut self.parcels).into_iter();
        self.parcels = parcels.filter_map(|parcel| parcel.forgotten(simulation)).collect();
    }

    fn deliver(&mut self, request: &HttpRequest, simulation: &mut Simulation) -> Answer {
        let (base, path) = split(&request.url);
        match (self.place(base, simulation), delivered(request, path)) {
            (Some(via), Ok(request)) => simulation.answer(via, &request),
            _ => Answer::Unreachable,
        }
    }

    /// The place of the node that a URL leads to.
    fn place(&mut self, base: &str, simulation: &Simulation) -> Option<usize> {
        if base == Self::BALANCER {
            return Some(self.balance(simulation));
        }
        match base.strip_prefix(HOST) {
            Some(port) => port.parse::<usize>().ok()?.checked_sub(FIRST_PORT),
            None => base.strip_prefix("http://n")?.parse().ok(),
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

    /// What is left of it once a node has it.
    fn answered(mut self, answer: Answer, simulation: &mut Simulation) -> Option<Self> {
        self.stage = match (answer, self.back_ms) {
            (Answer::Waiting(ticket), Some(_)) => Stage::There { ticket },
            (Answer::Waiting(ticket), None) => {
                simulation.give_up(ticket);
                Stage::Lost
            }
            (answer, Some(back_ms)) => {
                let at = simulation.cluster.now().plus_ms(back_ms);
                Stage::Back { at, answer: heard(self.request.id, whole(answer)) }
            }
            (_, None) => Stage::Lost,
        };
        (self.back_ms.is_some() || self.given_up.is_some()).then_some(self)
    }

    fn is_command_on_its_way(&self) -> bool {
        self.request.method != "GET" && matches!(self.stage, Stage::Out { .. })
    }

    /// What is left of it once nobody waits for its answer.
    fn forgotten(mut self, simulation: &mut Simulation) -> Option<Self> {
        if let Stage::There { ticket } = self.stage {
            simulation.give_up(ticket);
        }
        (self.back_ms, self.given_up) = (None, None);
        self.is_command_on_its_way().then_some(self)
    }
}

/// Scheme, host and port of a URL, and its path.
fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    let path = url.get(host..).and_then(|rest| rest.find('/'));
    url.split_at(path.map_or(url.len(), |at| host + at))
}

/// The request as a node gets it.
fn delivered(request: &HttpRequest, path: &str) -> http::Result<Request<Vec<u8>>> {
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

/// What the URLs of nodes begin with, before their ports.
const HOST: &str = "http://127.0.0.1:";
/// EMQX's own.
const FIRST_PORT: usize = 18_083;
