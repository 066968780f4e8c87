//! Reads the options of a start, and complains as EMQX 4 does.

use crate::coordinator::RpcTimeouts;
use crate::evacuation::EvacuationOptions;
use crate::http::erlang;
use emqx_rebalance_core::{AbsThreshold, EvictRate, RelThreshold, Strategy};
use serde_json::Value;

/// The options of a start, and the names of the nodes that take part.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub(super) strategy: Strategy,
    pub(super) rpc_timeouts: RpcTimeouts,
    pub(super) nodes: Option<Value>,
}

/// Reads the options of a rebalance.
///
/// # Errors
/// EMQX's message about the first one that is wrong.
pub(super) fn rebalance(body: &Value) -> Result<Start, String> {
    let mut start = Start::default();
    let strategy = &mut start.strategy;
    for (name, value) in body.as_object().into_iter().flatten() {
        match name.as_str() {
            "conn_evict_rate" => strategy.conn_evict_rate = rate(name, value)?,
            "sess_evict_rate" => strategy.sess_evict_rate = rate(name, value)?,
            "wait_health_check" => strategy.wait_health_check = whole(name, value)?,
            "wait_takeover" => strategy.wait_takeover = whole(name, value)?,
            "abs_conn_threshold" => strategy.abs_conn_threshold = abs(name, value)?,
            "abs_sess_threshold" => strategy.abs_sess_threshold = abs(name, value)?,
            "rel_conn_threshold" => strategy.rel_conn_threshold = rel(name, value)?,
            "rel_sess_threshold" => strategy.rel_sess_threshold = rel(name, value)?,
            "nodes" => start.nodes = Some(value.clone()),
            _ => return Err(unknown("rebalance", name, value)),
        }
    }
    Ok(start)
}

/// Reads the options of an evacuation, and the names of the nodes that its sessions go to.
///
/// # Errors
/// EMQX's message about the first one that is wrong.
pub(super) fn evacuation(body: &Value) -> Result<(EvacuationOptions, Option<Value>), String> {
    let base = Strategy::default();
    let mut options = EvacuationOptions {
        conn_evict_rate: base.conn_evict_rate,
        sess_evict_rate: base.sess_evict_rate,
        // There is none in EMQX 4: clients are refused and dropped at once.
        wait_health_check: 0,
        wait_takeover: base.wait_takeover,
        migrate_to: None,
    };
    let mut migrate_to = None;
    for (name, value) in body.as_object().into_iter().flatten() {
        match name.as_str() {
            "conn_evict_rate" => options.conn_evict_rate = rate(name, value)?,
            "sess_evict_rate" => options.sess_evict_rate = rate(name, value)?,
            "wait_takeover" => options.wait_takeover = whole(name, value)?,
            "migrate_to" => migrate_to = Some(value.clone()),
            "redirect_to" if value.is_string() => {}
            "redirect_to" => return Err("invalid string in server_reference".to_owned()),
            _ => return Err(unknown("evacuation", name, value)),
        }
    }
    Ok((options, migrate_to))
}

fn unknown(what: &str, name: &str, value: &Value) -> String {
    let value = value.as_str().map_or_else(|| value.to_string(), erlang::binary);
    format!("Unknown {what} param: {{{},{value}}}", erlang::binary(name))
}

/// A whole number from 1; text is none.
fn whole(name: &str, value: &Value) -> Result<u32, String> {
    let number = value.as_u64().filter(|number| *number > 0);
    number
        .map(|number| u32::try_from(number).unwrap_or(u32::MAX))
        .ok_or_else(|| format!("invalid {name} value"))
}

fn rate(name: &str, value: &Value) -> Result<EvictRate, String> {
    EvictRate::new(whole(name, value)?).ok_or_else(|| format!("invalid {name} value"))
}

fn abs(name: &str, value: &Value) -> Result<AbsThreshold, String> {
    AbsThreshold::new(whole(name, value)?).ok_or_else(|| format!("invalid {name} value"))
}

fn rel(name: &str, value: &Value) -> Result<RelThreshold, String> {
    let ratio = value.as_f64().and_then(RelThreshold::new);
    ratio.ok_or_else(|| format!("invalid {name} value"))
}
