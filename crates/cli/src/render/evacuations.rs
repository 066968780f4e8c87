//! Nodes that are being emptied.

use super::HEAD;
use super::numbers::{change, count, counted, duration};
use super::paper::{Names, Paper};
use super::plan::{back, finding};
use super::table::{self, Column};
use emqx_rebalance_core::{
    EvacuationPlan, EvacuationState, EvacuationStatus, NodeCurve, NodeEnd, plain,
};

/// Every evacuation in a row.
pub(crate) fn evacuations(evacuations: &[EvacuationStatus], paper: Paper) -> String {
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
    let recipients = evacuations.iter().flat_map(|evacuation| &evacuation.recipients);
    let nodes = evacuations.iter().filter_map(|evacuation| evacuation.node.as_ref());
    let names = Names::new(nodes.chain(recipients), paper);
    let of = |count_: Option<u64>| count_.map_or_else(|| "?".to_owned(), count);
    let row = |evacuation: &EvacuationStatus| {
        vec![
            evacuation.node.as_ref().map_or_else(|| "?".to_owned(), |node| names.of(node)),
            of(evacuation.counts.current_connected),
            of(evacuation.counts.current_sessions),
            words(&evacuation.state),
            names.some(&evacuation.recipients),
        ]
    };
    table::draw(&columns, &evacuations.iter().map(row).collect::<Vec<_>>(), paper) + &names.note()
}

/// What emptying a node will do.
pub(crate) fn plan(plan: &EvacuationPlan, paper: Paper) -> String {
    let forecast = &plan.forecast;
    let columns = [
        Column::Number("now"),
        Column::Number("change"),
        Column::Number("after"),
        Column::Number("absent after"),
    ];
    let row = |(curve, end): (&NodeCurve, &NodeEnd)| {
        let now = curve.connections.first().copied().unwrap_or_default();
        let absent = format!("{:.0}", end.disconnected_sessions);
        let change = change(now, end.connections);
        let is_unknown = plan.is_unknown(&curve.node);
        let known = |text: String| if is_unknown { "?".to_owned() } else { text };
        [count(now), change, count(end.connections), absent].map(known).to_vec()
    };
    let rows: Vec<_> = forecast.curve.nodes.iter().zip(&forecast.end).map(row).collect();
    let mut head = format!(
        "Empties {} in {}: {} are disconnected once and connect elsewhere",
        plan.node(),
        duration(forecast.duration_s),
        counted(forecast.disconnects, "client")
    );
    if forecast.sessions_moved > 0.0 {
        head.push_str(&format!(", {:.0} sessions of absent clients move", forecast.sessions_moved));
    }
    head.push('.');
    let head = table::wrapped(&head, paper.without(0), "");
    let nodes = forecast.curve.nodes.iter().map(|curve| &curve.node);
    let table = table::of_nodes(nodes, &columns, &rows, paper);
    let mut text = format!("{HEAD}{head}{HEAD:#}\n\n{table}");
    if let Some(back) = back(forecast) {
        let line = format!("Clients are back elsewhere: {back}.");
        text.push_str(&format!("\n {}\n", table::wrapped(&line, paper.without(2), " ")));
    }
    text.push_str(&format!("\n {}\n", table::wrapped(&plan.reminder, paper.without(2), " ")));
    if !plan.findings.is_empty() {
        text.push('\n');
        text.extend(plan.findings.iter().map(|found| finding(found, paper)));
    }
    text
}

fn words(state: &EvacuationState) -> String {
    match state {
        EvacuationState::WaitingHealthCheck => "waiting for load balancers",
        EvacuationState::EvictingConns => "dropping clients",
        EvacuationState::WaitingTakeover => "waiting for clients to come back elsewhere",
        EvacuationState::EvictingSessions => "moving sessions of absent clients",
        EvacuationState::Prohibiting => "empty, refuses clients until stopped",
        EvacuationState::Other(word) => return plain(word).into_owned(),
    }
    .to_owned()
}
