//! What runs: alike in every version.

use super::field::{Fields, Why, missing, node_name};
use super::load::unreadable;
use super::one_line;
use emqx_rebalance_core::{
    DonorStatus, EvacuationState, EvacuationStatus, EvictionCounts, GlobalStatus, LocalStatus,
    NodeName, RunState, RunStatus,
};
use serde_json::Value;

/// One element of a list of what runs, and the name that it stands under if the list is a map.
pub(crate) type Entry<'a> = (Option<&'a str>, &'a Value);

/// Puts together the three lists of a cluster's status.
pub(crate) fn global(
    rebalances: &[Entry<'_>],
    evacuations: &[Entry<'_>],
    purges: &[Entry<'_>],
) -> GlobalStatus {
    let mut status = GlobalStatus::default();
    for (i, entry) in rebalances.iter().enumerate() {
        match run(*entry) {
            Ok(run) => status.rebalances.push(run),
            Err(why) => status.unreadable.push(unreadable("rebalances", i, why)),
        }
    }
    for (i, entry) in evacuations.iter().enumerate() {
        match named_evacuation(*entry) {
            Ok(evacuation) => status.evacuations.push(evacuation),
            Err(why) => status.unreadable.push(unreadable("evacuations", i, why)),
        }
    }
    for (i, entry) in purges.iter().enumerate() {
        match purge(*entry) {
            Ok(node) => status.purges.push(node),
            Err(why) => status.unreadable.push(unreadable("purges", i, why)),
        }
    }
    status
}

/// Reads what a node says of itself.
pub(crate) fn local(value: &Value) -> Result<LocalStatus, Why> {
    let fields = Fields::of(value)?;
    let word = match fields.text("status") {
        Some("disabled") => return Ok(LocalStatus::Disabled),
        Some("enabled") => fields.text("process").ok_or_else(|| missing("process"))?,
        Some(word) => word,
        None => return Err(missing("status")),
    };
    match word {
        "rebalance" => donor(fields).map(LocalStatus::Rebalance),
        "evacuation" => evacuation(fields, None).map(LocalStatus::Evacuation),
        word => Ok(LocalStatus::Other { word: one_line(word, MAX_WORD) }),
    }
}

/// EMQX names the coordinator twice, as `coordinator_node` and as `node`; either will do.
fn run((key, value): Entry<'_>) -> Result<RunStatus, Why> {
    let fields = Fields::of(value)?;
    let coordinator = fields
        .node("coordinator_node")
        .or_else(|_| fields.node("node"))
        .or_else(|why| named(key).ok_or(why))?;
    Ok(RunStatus {
        coordinator,
        state: run_state(fields)?,
        donors: fields.nodes("donors")?,
        recipients: fields.nodes("recipients")?,
        conn_evict_rate: fields.count("connection_eviction_rate")?,
        sess_evict_rate: fields.count("session_eviction_rate")?,
        connection_goal: fields.number("connection_goal")?,
        donor_conn_avg: fields.number("donor_conn_avg")?,
        disconnected_session_goal: fields.number("disconnected_session_goal")?,
        donor_sess_avg: fields.number("donor_sess_avg")?,
    })
}

fn named_evacuation((key, value): Entry<'_>) -> Result<EvacuationStatus, Why> {
    let fields = Fields::of(value)?;
    let node = fields.node("node").or_else(|why| named(key).ok_or(why))?;
    evacuation(fields, Some(node))
}

fn evacuation(fields: Fields<'_>, node: Option<NodeName>) -> Result<EvacuationStatus, Why> {
    let state = fields.text("state").ok_or_else(|| missing("state"))?;
    Ok(EvacuationStatus {
        node,
        state: EvacuationState::from(state.to_owned()),
        recipients: fields.nodes("session_recipients")?,
        conn_evict_rate: fields.count("connection_eviction_rate")?,
        sess_evict_rate: fields.count("session_eviction_rate")?,
        counts: counts(fields)?,
    })
}

fn donor(fields: Fields<'_>) -> Result<DonorStatus, Why> {
    Ok(DonorStatus {
        coordinator: fields.node("coordinator_node")?,
        state: run_state(fields)?,
        recipients: fields.nodes("recipients")?,
        counts: counts(fields)?,
    })
}

fn purge((key, value): Entry<'_>) -> Result<NodeName, Why> {
    named(key).or_else(|| node_name(value)).map_or_else(|| Fields::of(value)?.node("node"), Ok)
}

fn run_state(fields: Fields<'_>) -> Result<RunState, Why> {
    fields.text("state").map(|word| RunState::from(word.to_owned())).ok_or_else(|| missing("state"))
}

fn counts(fields: Fields<'_>) -> Result<EvictionCounts, Why> {
    let Some(stats) = fields.value("stats") else { return Ok(EvictionCounts::default()) };
    let stats = Fields::of(stats)?;
    Ok(EvictionCounts {
        initial_connected: stats.count("initial_connected")?,
        current_connected: stats.count("current_connected")?,
        initial_sessions: stats.count("initial_sessions")?,
        current_sessions: stats.count("current_sessions")?,
        current_disconnected_sessions: stats.count("current_disconnected_sessions")?,
    })
}

fn named(key: Option<&str>) -> Option<NodeName> {
    NodeName::new(key?).ok()
}

const MAX_WORD: usize = 60;
