//! Begins and ends a rebalance.

use super::LOAD_REBALANCE;
use super::error::command;
use crate::request::post_node;
use crate::version::{Capabilities, Gate};
use emqx_rebalance_core::{NodeName, RefusalReason, Result, StartAnswer, StopAnswer, Strategy};
use http::{Request, Response};
use serde_json::{Map, Value, json};

pub(crate) fn start(
    coordinator: &NodeName,
    nodes: &[NodeName],
    strategy: &Strategy,
    capabilities: Capabilities,
) -> Result<Request<Vec<u8>>> {
    capabilities.require(Gate::LoadRebalance, "load_rebalance")?;
    let body = Value::Object(options(nodes, strategy, capabilities)?);
    post_node(LOAD_REBALANCE, coordinator, "/start", Some(&body))
}

/// Waits are numbers, which EMQX takes as seconds. The RPC timeouts are text: their numbers would
/// be milliseconds.
fn options(
    nodes: &[NodeName],
    strategy: &Strategy,
    capabilities: Capabilities,
) -> Result<Map<String, Value>> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("nodes", json!(nodes));
    put("conn_evict_rate", json!(strategy.conn_evict_rate));
    put("sess_evict_rate", json!(strategy.sess_evict_rate));
    put("wait_health_check", json!(strategy.wait_health_check));
    put("wait_takeover", json!(strategy.wait_takeover));
    put("abs_conn_threshold", json!(strategy.abs_conn_threshold));
    put("rel_conn_threshold", json!(strategy.rel_conn_threshold));
    put("abs_sess_threshold", json!(strategy.abs_sess_threshold));
    put("rel_sess_threshold", json!(strategy.rel_sess_threshold));
    for (name, timeout) in [
        ("conn_evict_rpc_timeout", strategy.conn_evict_rpc_timeout),
        ("sess_evict_rpc_timeout", strategy.sess_evict_rpc_timeout),
    ] {
        if let Some(seconds) = timeout {
            capabilities.require(Gate::RpcTimeouts, name)?;
            put(name, json!(format!("{seconds}s")));
        }
    }
    Ok(body)
}

pub(crate) fn parse_start(response: &Response<Vec<u8>>) -> Result<StartAnswer> {
    Ok(command(response)?.map_or(StartAnswer::Started, StartAnswer::Refused))
}

pub(crate) fn stop(coordinator: &NodeName) -> Result<Request<Vec<u8>>> {
    post_node(LOAD_REBALANCE, coordinator, "/stop", None)
}

pub(crate) fn parse_stop(response: &Response<Vec<u8>>) -> Result<StopAnswer> {
    Ok(match command(response)? {
        None => StopAnswer::Stopped,
        Some(refusal) if refusal.reason == RefusalReason::NotStarted => StopAnswer::NotStarted,
        Some(refusal) => StopAnswer::Refused(refusal),
    })
}
