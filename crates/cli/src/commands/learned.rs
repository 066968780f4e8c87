//! How the clients of a cluster came back last time.

use crate::clock::now_ms;
use crate::render::numbers::{count, duration};
use emqx_rebalance_client::History;
use emqx_rebalance_core::driver::Record;
use emqx_rebalance_core::{
    Finding, FindingCode, Mode, PlanOptions, Reconnects, Severity, Snapshot,
};
use std::path::PathBuf;

/// Tells `options` of a level plan how the clients of this cluster came back last time, by the history, if
/// nothing else tells it; gives what to say of that. A history that cannot be read tells nothing.
pub(crate) fn tell(
    options: &mut PlanOptions,
    history: Option<PathBuf>,
    snapshot: &Snapshot,
) -> Option<Finding> {
    let is_told = options.reconnect.is_some() || options.reconnect_delay_s.is_some();
    if options.mode != Mode::Level || is_told {
        return None;
    }
    let (records, _) = History::new(history?).read().ok()?;
    let (record, seen) = records.iter().rev().find_map(|record| {
        let seen = record.reconnects.as_ref()?;
        (is_of(record, snapshot) && seen.is_telling()).then_some((record, seen))
    })?;
    let age_s = now_ms().saturating_sub(record.ended_at.as_ms()) / 1000;
    if age_s > OLDEST_S {
        return None;
    }
    options.reconnect = Some(seen.profile.clone());
    Some(finding(seen, age_s))
}

/// Whether a record is of the cluster of `snapshot`: most of its nodes are the same.
fn is_of(record: &Record, snapshot: &Snapshot) -> bool {
    let known = |node: &&emqx_rebalance_core::NodeLoad| snapshot.node(&node.node).is_some();
    record.nodes.iter().filter(known).count() * 2 > record.nodes.len()
}

fn finding(seen: &Reconnects, age_s: u64) -> Finding {
    let message = format!(
        "the plan takes clients to come back as {} of them did in this cluster {} ago: {}; --reconnect \
         says otherwise, --pilot N measures again",
        count(seen.clients),
        duration(age_s),
        seen.told()
    );
    Finding::new(Severity::Info, FindingCode::ReconnectsRemembered, message)
}

/// A fleet may be another one after a quarter of a year.
const OLDEST_S: u64 = 90 * 24 * 3600;
