//! What runs, and how the clients are spread.

use super::numbers::{count, counted, duration, float};
use super::paper::{Names, Paper};
use super::table::{self, Column};
use super::{HEAD, verdict};
use crate::clock;
use emqx_rebalance_core::driver::{RunView, Status};
use emqx_rebalance_core::{NodeLoad, NodeStatus, RunPhase, RunState, plain};

/// The whole status.
pub(crate) fn status(status: &Status, paper: Paper) -> String {
    let names = Names::new(status.nodes.iter().map(|load| &load.node), paper);
    let mut text = format!("{HEAD}{}{HEAD:#}\n", headline(status));
    text.extend(status.runs.iter().map(|shown| run(shown, &names, paper)));
    if status.progress.to_move > 0 {
        let progress = table::wrapped(&progress(status), paper.without(2), "   ");
        text.push_str(&format!(" {progress}\n"));
    }
    text.push('\n');
    text.push_str(&nodes(&status.nodes, paper));
    if let Some(outcome) = &status.outcome {
        text.push('\n');
        text.push_str(&verdict::outcome(outcome, paper));
    }
    text
}

/// What goes on, in one sentence.
fn headline(status: &Status) -> String {
    let evacuating =
        status.nodes.iter().filter(|load| load.status == NodeStatus::Evacuating).count();
    let running = status.runs.len();
    match (running, evacuating) {
        _ if status.outcome.is_some() => "The rebalance has ended.".to_owned(),
        (0, 0) => "No rebalance is running.".to_owned(),
        (0, nodes) => format!("{} being emptied.", are(nodes, "node")),
        (runs, 0) => format!("{} running.", are(runs, "rebalance")),
        (runs, nodes) => {
            format!("{} running, and {} being emptied.", are(runs, "rebalance"), are(nodes, "node"))
        }
    }
}

fn are(number: usize, what: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(number as u64, what))
}

/// One run in a line or two.
fn run(run: &RunView, names: &Names, paper: Paper) -> String {
    let text = format!(
        "{} moves clients from {} to {}: {}",
        names.of(&run.coordinator),
        names.some(&run.donors),
        names.some(&run.recipients),
        state(&run.state)
    );
    format!(" {}\n", table::wrapped(&text, paper.without(2), "   "))
}

/// What a run does now, in plain words and in EMQX's.
pub(crate) fn state(state: &RunState) -> String {
    let words = match state {
        RunState::Phase(phase) => phase_words(*phase),
        RunState::Other(word) => return plain(word).replace('_', " "),
    };
    format!("{words} ({})", state.as_str())
}

/// What a phase means.
pub(crate) fn phase_words(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::WaitHealthCheck => "waiting for load balancers to notice",
        RunPhase::EvictingConns => "moving clients",
        RunPhase::WaitTakeover => "waiting for clients to take over their sessions",
        RunPhase::EvictingSessions => "moving sessions of absent clients",
    }
}

/// How far it is, in one line.
pub(crate) fn progress(status: &Status) -> String {
    let progress = status.progress;
    let least = if progress.moved_unknown { "at least " } else { "" };
    let mut text = format!(
        "{least}{} of {} clients moved ({:.0} %)",
        count(progress.moved),
        count(progress.to_move),
        progress.percent,
    );
    if let Some(missing) = status.missing.filter(|missing| *missing > 0) {
        text.push_str(&format!(", {} not connected now", count(missing)));
    }
    if let Some(seen) = status.reconnects.as_ref().filter(|_| status.outcome.is_none()) {
        text.push_str(&format!(", {}", seen.told()));
    }
    if progress.elapsed_s > 0 {
        text.push_str(&format!(", {} so far", duration(progress.elapsed_s)));
    }
    match (&status.unread, progress.eta_s) {
        (Some(unread), _) => {
            text.push_str(&format!("; as last read, since then: {}", unread.cause.message));
        }
        (None, Some(eta)) => text.push_str(&format!(", {} to go", duration(eta))),
        (None, None) => {}
    }
    text
}

fn nodes(nodes: &[NodeLoad], paper: Paper) -> String {
    let columns = [
        Column::Number("clients"),
        Column::Text(""),
        Column::Number("absent"),
        Column::Text("state"),
    ];
    let most = nodes.iter().map(|load| load.connections).max().unwrap_or(0).max(1);
    let row = |load: &NodeLoad| {
        vec![
            counted_of(load, load.connections),
            table::bar(float(load.connections) / float(most), BAR),
            counted_of(load, load.disconnected_sessions),
            node_words(load),
        ]
    };
    let rows: Vec<_> = nodes.iter().map(row).collect();
    table::of_nodes(nodes.iter().map(|load| &load.node), &columns, &rows, paper)
}

/// A count of a node, unless none was ever read.
fn counted_of(load: &NodeLoad, number: u64) -> String {
    let is_unread = load.status == NodeStatus::Unknown && load.read_at_ms.is_none();
    if is_unread { "?".to_owned() } else { count(number) }
}

/// What a node does. Of one that is not known the counts are old, and when they were read is said.
fn node_words(load: &NodeLoad) -> String {
    let word = match load.status {
        NodeStatus::Running => "running",
        NodeStatus::Stopped => "down",
        NodeStatus::Evacuating => "evacuating",
        NodeStatus::Donor => "donor",
        NodeStatus::Unknown => "not known",
    };
    match load.read_at_ms.filter(|_| load.status == NodeStatus::Unknown) {
        Some(read_at_ms) => format!("{word}, read {}", clock::time(read_at_ms)),
        None => word.to_owned(),
    }
}

const BAR: u16 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_a_node_that_is_not_known_say_when_they_were_read() {
        let node = emqx_rebalance_core::NodeName::new("a@h").unwrap();
        let never = NodeLoad { status: NodeStatus::Unknown, ..NodeLoad::new(node, 30) };
        assert_eq!((counted_of(&never, 30), node_words(&never)), ("?".into(), "not known".into()));
        let once = NodeLoad { read_at_ms: Some(1_796_029_300_000), ..never };
        assert_eq!(counted_of(&once, 30), "30");
        assert!(node_words(&once).starts_with("not known, read "), "{}", node_words(&once));
        assert_eq!(node_words(&NodeLoad { status: NodeStatus::Running, ..once }), "running");
    }

    #[test]
    fn a_word_of_emqx_cannot_steer_a_terminal() {
        let word = RunState::Other("a_\u{1b}[2J\u{202e}".to_owned());
        assert_eq!(state(&word), r"a \u{1b}[2J\u{202e}");
    }
}
