//! What passes between a driver's host and EMQX, and what becomes of it on the way.

use super::scenario::{Doors, Storm};
use emqx_rebalance_core::{NodeName, Timestamp};
use emqx_rebalance_exchange::Access;
use emqx_rebalance_exchange::sansio::{HttpAnswer, HttpRequest};
use emqx_rebalance_sim::{ClusterConfig, Fate, Wire};
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

/// What the network does to a request.
pub(super) fn fate(
    storm: &Storm,
    now: Timestamp,
    request: &HttpRequest,
    random: &mut Random,
) -> Fate {
    let Storm { from_ms, to_ms, lost, delayed, late, slowest_ms, .. } = *storm;
    let drawn = random.below(100);
    // Half of what is lost is a connection that breaks, the other half is silence.
    let is_silence = random.below(2) == 0;
    let told_after_ms =
        if is_silence { request.timeout_ms } else { random.below(request.timeout_ms) };
    let is_command = request.method != "GET";
    match now.as_ms() {
        now if now < from_ms || now >= to_ms => Fate::Well,
        _ if drawn < lost => Fate::Lost { arrives_after_ms: None, told_after_ms },
        _ if drawn < 2 * lost => Fate::Lost { arrives_after_ms: Some(0), told_after_ms },
        _ if drawn < 2 * lost + delayed => {
            Fate::Delayed { out_ms: random.below(slowest_ms), back_ms: random.below(slowest_ms) }
        }
        _ if is_command && drawn < 2 * lost + delayed + late => {
            let arrives_after_ms = Some(told_after_ms + random.below(LATEST_MS));
            Fate::Lost { arrives_after_ms, told_after_ms }
        }
        _ => Fate::Well,
    }
}

/// How the cluster is reached.
pub(super) fn access(config: &ClusterConfig, doors: Doors) -> Access {
    let mut access = Wire::access(config);
    if doors != Doors::Named {
        access.node_urls.clear();
    }
    if doors == Doors::Balanced {
        access.urls = vec![Wire::BALANCER.to_owned()];
    }
    access
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

/// A command may arrive so long after its sender has given it up.
const LATEST_MS: u64 = 40_000;
