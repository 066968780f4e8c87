//! What passes between a driver's host and EMQX, and what becomes of it on the way.

use super::scenario::{Doors, Storm};
use emqx_rebalance_core::{NodeName, Timestamp};
use emqx_rebalance_exchange::sansio::{Failure, FailureKind, HttpAnswer, HttpRequest};
use emqx_rebalance_exchange::{Access, Auth};
use emqx_rebalance_sim::{Answer, ClusterConfig, Ticket};
use http::Request;
use serde_json::json;

/// SplitMix64, as the simulator's own.
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}

/// What a request is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    Start(NodeName),
    Stop(NodeName),
    StartEvacuation(NodeName),
    StopEvacuation(NodeName),
    /// The counts of nodes.
    Counts,
    /// What runs.
    Runs,
    /// What runs on the node that is asked.
    OwnRuns,
    Other,
}

impl Purpose {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let (_, path) = request.url.split_once("/api/v").unwrap_or_default();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let name = |text: &str| NodeName::new(text.replace("%40", "@")).unwrap();
        match parts.as_slice() {
            ["load_rebalance", node, "start"] => Self::Start(name(node)),
            ["load_rebalance", node, "stop"] => Self::Stop(name(node)),
            ["load_rebalance", node, "evacuation", "start"] => Self::StartEvacuation(name(node)),
            ["load_rebalance", node, "evacuation", "stop"] => Self::StopEvacuation(name(node)),
            ["load_rebalance", "global_status"] => Self::Runs,
            ["load_rebalance", "status"] => Self::OwnRuns,
            ["nodes", ..] => Self::Counts,
            _ => Self::Other,
        }
    }

    pub(super) fn is_start(&self) -> bool {
        matches!(self, Self::Start(_) | Self::StartEvacuation(_))
    }

    pub(super) fn started(&self) -> Option<&NodeName> {
        match self {
            Self::Start(name) | Self::StartEvacuation(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn stopped(&self) -> Option<&NodeName> {
        match self {
            Self::Stop(name) | Self::StopEvacuation(name) => Some(name),
            _ => None,
        }
    }
}

/// A request on its way to a node, or its answer on the way back.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) request: HttpRequest,
    pub(super) stage: Stage,
    /// The answer's way back takes so long.
    pub(super) back_ms: u64,
    /// Whether its sender still waits.
    pub(super) wanted: bool,
}

#[derive(Debug)]
pub(super) enum Stage {
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
}

impl Parcel {
    pub(super) fn is_command(&self) -> bool {
        self.request.method != "GET"
    }

    /// Whether it may still do something to EMQX.
    pub(super) fn is_stray(&self) -> bool {
        self.is_command() && !matches!(self.stage, Stage::Back { .. })
    }
}

/// What the network does to a request.
pub(super) enum Fate {
    Well,
    /// Its sender hears nothing but that.
    Lost {
        arrives_after_ms: Option<u64>,
        told_after_ms: u64,
    },
    Delayed {
        out_ms: u64,
        back_ms: u64,
    },
}

impl Fate {
    pub(super) fn draw(
        storm: &Storm,
        now: Timestamp,
        request: &HttpRequest,
        random: &mut Random,
    ) -> Self {
        let Storm { from_ms, to_ms, lost, delayed, late, slowest_ms, .. } = *storm;
        let drawn = random.below(100);
        // Half of what is lost is a connection that breaks, the other half is silence.
        let is_silence = random.below(2) == 0;
        let told_after_ms =
            if is_silence { request.timeout_ms } else { random.below(request.timeout_ms) };
        let is_command = request.method != "GET";
        match now.as_ms() {
            now if now < from_ms || now >= to_ms => Self::Well,
            _ if drawn < lost => Self::Lost { arrives_after_ms: None, told_after_ms },
            _ if drawn < 2 * lost => Self::Lost { arrives_after_ms: Some(0), told_after_ms },
            _ if drawn < 2 * lost + delayed => Self::Delayed {
                out_ms: random.below(slowest_ms),
                back_ms: random.below(slowest_ms),
            },
            _ if is_command && drawn < 2 * lost + delayed + late => {
                let arrives_after_ms = Some(told_after_ms + random.below(LATEST_MS));
                Self::Lost { arrives_after_ms, told_after_ms }
            }
            _ => Self::Well,
        }
    }
}

pub(super) fn failure(id: u64, kind: FailureKind) -> HttpAnswer {
    let error = Some(Failure { kind, message: String::new() });
    HttpAnswer { id, status: None, body: String::new(), error }
}

/// An answer as an HTTP client sees it; `None` if it has yet to come.
pub(super) fn seen(id: u64, answer: Answer) -> Result<HttpAnswer, Ticket> {
    Ok(match answer {
        Answer::Response(response) => {
            let status = Some(response.status().as_u16());
            let body = String::from_utf8_lossy(response.body()).into_owned();
            HttpAnswer { id, status, body, error: None }
        }
        Answer::Truncated(_) => failure(id, FailureKind::Protocol),
        Answer::Waiting(ticket) => return Err(ticket),
        _ => failure(id, FailureKind::Unreachable),
    })
}

/// The request as a node gets it.
pub(super) fn delivered(request: &HttpRequest, has_key: bool) -> Request<Vec<u8>> {
    let url = request.url.as_str();
    let (_, host_and_path) = url.split_once("://").unwrap();
    let path = host_and_path.find('/').and_then(|at| host_and_path.get(at..)).unwrap();
    let mut delivered = Request::builder().method(request.method.as_str()).uri(path);
    for (name, value) in &request.headers {
        let is_key = name == "authorization";
        let value = if is_key && !has_key { "Basic bm9ib2R5Om5vdGhpbmc=" } else { value };
        delivered = delivered.header(name, value);
    }
    delivered.body(request.body.clone().unwrap_or_default().into_bytes()).unwrap()
}

/// How the cluster is reached.
pub(super) fn access(config: &ClusterConfig, doors: Doors) -> Access {
    let url = |place: usize| format!("http://127.0.0.1:{}", FIRST_PORT + place);
    let urls: Vec<String> = (0..config.nodes.len()).map(url).collect();
    let names = config.nodes.iter().map(|node| node.name.clone());
    let credentials = &config.credentials;
    let auth = Auth::ApiKey {
        key: credentials.api_key.clone(),
        secret: emqx_rebalance_api::Secret::new(&credentials.api_secret),
    };
    let node_urls = match doors {
        Doors::Named => names.zip(urls.clone()).collect(),
        Doors::Each | Doors::Balanced => std::collections::BTreeMap::new(),
    };
    let urls = if doors == Doors::Balanced { vec![BALANCER.to_owned()] } else { urls };
    Access { urls, node_urls, auth, ..Access::default() }
}

/// The place of the node that a URL leads to; `None` for the load balancer before the API.
pub(super) fn place(url: &str) -> Option<usize> {
    let (_, rest) = url.split_once("127.0.0.1:")?;
    let port: usize = rest.split('/').next()?.parse().ok()?;
    port.checked_sub(FIRST_PORT)
}

/// What a node says of others, changed.
#[derive(Clone, Debug)]
pub(super) enum Lie {
    /// The list of nodes leaves this one out.
    LeavesOut(NodeName),
    /// The list of nodes says that nobody reaches this one.
    Unreachable(NodeName),
    /// No run is shown, nor an evacuation.
    HidesRuns,
}

impl Lie {
    pub(super) fn told(&self, purpose: &Purpose, answer: &mut HttpAnswer) {
        let Ok(mut json) = serde_json::from_str::<serde_json::Value>(&answer.body) else { return };
        match (self, purpose) {
            (Self::HidesRuns, Purpose::Runs) if answer.status == Some(200) => {
                for list in ["rebalances", "evacuations"] {
                    if let Some(list) = json.get_mut(list) {
                        *list = json!([]);
                    }
                }
            }
            (Self::LeavesOut(node) | Self::Unreachable(node), Purpose::Counts) => {
                let list = if json.is_array() { Some(&mut json) } else { json.get_mut("data") };
                let Some(list) = list.and_then(|list| list.as_array_mut()) else { return };
                list.retain(|entry| entry["node"] != node.as_str());
                if matches!(self, Self::Unreachable(_)) {
                    list.push(json!({ "node": node, "node_status": "unreachable" }));
                }
            }
            _ => return,
        }
        answer.body = json.to_string();
    }
}

const FIRST_PORT: usize = 18_083;
const BALANCER: &str = "http://balancer:18083";
/// A command may arrive so long after its sender has given it up.
const LATEST_MS: u64 = 40_000;
