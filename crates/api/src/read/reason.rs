//! From EMQX's texts to reasons. The texts of both APIs are told apart by themselves.

use super::erlang;
use super::field::Fields;
use super::one_line;
use emqx_rebalance_core::RefusalReason;
use serde_json::Value;

/// The reason that `text` gives.
///
/// Sources: contract/5.3.2 and 5.8.8, 03 to 05; for EMQX 4.4 its API's own texts
/// (`emqx_node_rebalance_api.erl` of August 2022).
pub(crate) fn reason(text: &str) -> RefusalReason {
    let text = text.trim();
    bad_option(text)
        .or_else(|| about_nodes(text))
        .or_else(|| rpc(text))
        .unwrap_or_else(|| word(after_node(text)))
}

/// What follows `error on node 'a@b': `, which EMQX 5 puts before a coordinator's answer.
fn after_node(text: &str) -> &str {
    let cut = text.strip_prefix("error on node ").and_then(|rest| rest.split_once("': "));
    cut.map_or(text, |(_, rest)| rest)
}

fn word(text: &str) -> RefusalReason {
    match text {
        "already_started" => RefusalReason::AlreadyStarted,
        "not_started" => RefusalReason::NotStarted,
        "nothing_to_balance" => RefusalReason::NothingToBalance,
        text if BUSY.contains(&text) => RefusalReason::EvictionAgentBusy { nodes: Vec::new() },
        _ => RefusalReason::Other,
    }
}

fn about_nodes(text: &str) -> Option<RefusalReason> {
    if let Some(node) = text.strip_prefix("Node not found: ") {
        return Some(RefusalReason::NodeNotFound { node: one_line(node, MAX_NODE) });
    }
    // EMQX 4: the node of the path and those of `nodes` are checked alike.
    if let Some(node) = text.strip_prefix("invalid node: ") {
        return Some(RefusalReason::InvalidNodes { nodes: vec![one_line(node, MAX_NODE)] });
    }
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if starts(&["Invalid nodes:"]) {
        return Some(RefusalReason::InvalidNodes { nodes: erlang::names(text) });
    }
    starts(&["Nodes unavailable:", "unavailable nodes in ", "no available nodes list in "])
        .then(|| RefusalReason::NodesUnavailable { nodes: erlang::names(text) })
}

fn rpc(text: &str) -> Option<RefusalReason> {
    const SIGNS: [&str; 6] = [
        "RPC_ERROR",
        "RPC error",
        "bad_nodes",
        "bad_results",
        "Error communicating with node",
        "Unrecognized rpc result",
    ];
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return None;
    }
    let nodes = erlang::blamed(text);
    if text.contains("noproc") && !text.contains("bad_nodes") {
        return Some(RefusalReason::NotRunning { nodes });
    }
    Some(if BUSY.iter().any(|word| text.contains(word)) {
        RefusalReason::EvictionAgentBusy { nodes }
    } else {
        RefusalReason::RpcFailed { nodes }
    })
}

fn bad_option(text: &str) -> Option<RefusalReason> {
    if text.starts_with('{') {
        return serde_json::from_slice(text.as_bytes()).ok().and_then(|value| schema_error(&value));
    }
    if text.starts_with("#{") {
        let option = erlang::map_value(text, "field").unwrap_or_default();
        let why = erlang::map_value(text, "message")
            .or_else(|| erlang::map_value(text, "reason"))
            .unwrap_or_default();
        return Some(option_error(option, "", why));
    }
    if text == "Invalid json message received" {
        return Some(option_error("", "", text));
    }
    v4_option(text)
}

/// EMQX 5: `{"path":"root.conn_evict_rate","value":0,"reason":{"expected":"pos_integer()"},…}`.
fn schema_error(value: &Value) -> Option<RefusalReason> {
    let fields = Fields::of(value).ok()?;
    let path = fields.text("path")?;
    let reason = fields.value("reason")?;
    let why = match reason.get("expected").and_then(Value::as_str) {
        Some(expected) => format!("expected {expected}"),
        None => reason.as_str().map_or_else(|| reason.to_string(), str::to_owned),
    };
    if let Some(unknown) = fields.text("unknown") {
        return Some(option_error(unknown, "", &why));
    }
    let option = path.strip_prefix("root").unwrap_or(path).trim_start_matches('.');
    let shown = match fields.value("value") {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    Some(option_error(option, &shown, &why))
}

/// EMQX 4: `invalid conn_evict_rate value`, `Unknown rebalance param: {<<"foo">>,1}`.
fn v4_option(text: &str) -> Option<RefusalReason> {
    if text.starts_with("Unknown rebalance param:") || text.starts_with("Unknown evacuation param:")
    {
        let option = text.split('"').nth(1).unwrap_or_default();
        return Some(option_error(option, "", "unknown_fields"));
    }
    let rest = text.strip_prefix("invalid ")?;
    let option = rest
        .strip_suffix(" value")
        .or_else(|| rest.strip_prefix("string in "))
        .or_else(|| rest.strip_prefix("node list in ").and_then(|list| list.split(':').next()))?;
    Some(option_error(option, "", text))
}

fn option_error(option: &str, value: &str, why: &str) -> RefusalReason {
    RefusalReason::BadOption {
        option: one_line(option, MAX_OPTION),
        value: one_line(value, MAX_OPTION),
        why: one_line(why, MAX_WHY),
    }
}

/// EMQX's words for a node whose eviction agent serves another: up to 5.3, from 5.4 on, and an
/// evacuation.
const BUSY: [&str; 3] = ["already_enabled", "invalid_coordinator", "eviction_agent_busy"];
const MAX_NODE: usize = 255;
const MAX_OPTION: usize = 100;
const MAX_WHY: usize = 200;
/// Which refusal the text of a 500 is.
pub(crate) fn internal(text: &str) -> RefusalReason {
    match reason(text) {
        RefusalReason::Other if text.contains("noproc") => {
            RefusalReason::NotRunning { nodes: Vec::new() }
        }
        RefusalReason::Other => RefusalReason::Failed,
        reason => reason,
    }
}
