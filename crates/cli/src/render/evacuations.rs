//! Nodes that are being emptied.

use super::numbers::{count, name, names};
use super::table::{self, Column};
use emqx_rebalance_core::{EvacuationState, EvacuationStatus};

/// Every evacuation in a row.
pub(crate) fn evacuations(evacuations: &[EvacuationStatus]) -> String {
    if evacuations.is_empty() {
        return "No node is being emptied.\n".to_owned();
    }
    let columns = [
        Column::Text("node"),
        Column::Number("clients"),
        Column::Number("sessions"),
        Column::Text("state"),
        Column::Text("sessions go to"),
    ];
    let of = |count_: Option<u64>| count_.map_or_else(|| "?".to_owned(), count);
    let row = |evacuation: &EvacuationStatus| {
        vec![
            evacuation.node.as_ref().map_or_else(|| "?".to_owned(), name),
            of(evacuation.counts.current_connected),
            of(evacuation.counts.current_sessions),
            words(&evacuation.state),
            names(&evacuation.recipients),
        ]
    };
    table::draw(&columns, &evacuations.iter().map(row).collect::<Vec<_>>())
}

fn words(state: &EvacuationState) -> String {
    match state {
        EvacuationState::WaitingHealthCheck => "waiting for load balancers",
        EvacuationState::EvictingConns => "dropping clients",
        EvacuationState::WaitingTakeover => "waiting for clients to come back elsewhere",
        EvacuationState::EvictingSessions => "moving sessions of absent clients",
        EvacuationState::Prohibiting => "empty, refuses clients until stopped",
        EvacuationState::Other(word) => word,
    }
    .to_owned()
}
