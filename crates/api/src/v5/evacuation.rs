//! Begins and ends the evacuation of one node.

use super::LOAD_REBALANCE;
use super::error::command;
use crate::request::post_node;
use crate::version::{Capabilities, Gate};
use emqx_rebalance_core::{Evacuation, NodeName, RefusalReason, Result, StartAnswer, StopAnswer};
use http::{Request, Response};
use serde_json::{Map, Value, json};

pub(crate) fn start(
    node: &NodeName,
    evacuation: &Evacuation,
    capabilities: Capabilities,
) -> Result<Request<Vec<u8>>> {
    capabilities.require(Gate::LoadRebalance, "load_rebalance")?;
    let body = Value::Object(options(evacuation, capabilities)?);
    post_node(LOAD_REBALANCE, node, "/evacuation/start", Some(&body))
}

fn options(evacuation: &Evacuation, capabilities: Capabilities) -> Result<Map<String, Value>> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("conn_evict_rate", json!(evacuation.conn_evict_rate));
    put("sess_evict_rate", json!(evacuation.sess_evict_rate));
    put("wait_takeover", json!(evacuation.wait_takeover));
    if let Some(seconds) = evacuation.wait_health_check {
        capabilities.require(Gate::EvacuationWaitHealthCheck, "wait_health_check")?;
        put("wait_health_check", json!(seconds));
    }
    if let Some(nodes) = &evacuation.migrate_to {
        put("migrate_to", json!(nodes));
    }
    if let Some(servers) = &evacuation.redirect_to {
        capabilities.require(Gate::RedirectTo, "redirect_to")?;
        put("redirect_to", json!(servers));
    }
    Ok(body)
}

pub(crate) fn parse_start(response: &Response<Vec<u8>>) -> Result<StartAnswer> {
    Ok(command(response)?.map_or(StartAnswer::Started, StartAnswer::Refused))
}

pub(crate) fn stop(node: &NodeName) -> Result<Request<Vec<u8>>> {
    post_node(LOAD_REBALANCE, node, "/evacuation/stop", None)
}

pub(crate) fn parse_stop(response: &Response<Vec<u8>>) -> Result<StopAnswer> {
    Ok(match command(response)? {
        None => StopAnswer::Stopped,
        Some(refusal) if refusal.reason == RefusalReason::NotStarted => StopAnswer::NotStarted,
        Some(refusal) => StopAnswer::Refused(refusal),
    })
}
