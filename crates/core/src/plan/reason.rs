//! Why there is nothing to balance, and what would change that.

use super::model::Decision;
use super::split::Split;
use crate::snapshot::{NodeLoad, NodeStatus};
use crate::strategy::Strategy;

/// One sentence of numbers and one of advice, or `None` if there is something to balance.
pub(crate) fn explain(
    split: &Split<'_>,
    strategy: &Strategy,
    decision: Decision,
) -> Option<String> {
    if decision == Decision::Start {
        return None;
    }
    let nodes = split.donors.len() + split.recipients.len();
    Some(match (nodes, split.recipients.len()) {
        (0, _) => "no running node takes part: name the nodes, or exclude fewer".to_owned(),
        (1, _) => {
            "only one node takes part: a rebalance needs another node to move clients to".to_owned()
        }
        (_, 0) => no_recipients(split),
        _ => within(split, strategy),
    })
}

/// Why nothing is planned for `nodes` while some of them lose clients in a rebalance that runs: what
/// they will end with is not known. `None` if none of them does.
pub(crate) fn running(nodes: &[&NodeLoad]) -> Option<String> {
    let donors = nodes.iter().filter(|load| load.status == NodeStatus::Donor);
    let donors: Vec<&str> = donors.map(|load| load.node.as_str()).collect();
    (!donors.is_empty()).then(|| {
        format!(
            "a rebalance is running, in which these nodes lose clients: {}; wait for its end, or \
             stop it",
            donors.join(", ")
        )
    })
}

/// EMQX looks at connections alone to tell donors from recipients.
fn no_recipients(split: &Split<'_>) -> String {
    let (conns, _) = split.conn_means();
    let sessions = split.donors.iter().map(|load| load.sessions);
    let advice = if sessions.clone().min() == sessions.max() {
        "nothing is left to level"
    } else {
        "their sessions differ, but EMQX moves sessions only from nodes with more connections than \
         the average: evacuate a node to move its sessions"
    };
    format!(
        "all {} nodes hold {conns:.0} connections, so none is below the average; {advice}",
        split.donors.len()
    )
}

fn within(split: &Split<'_>, strategy: &Strategy) -> String {
    let (donors, recipients) = split.conn_means();
    let gap = donors - recipients;
    let abs = f64::from(strategy.abs_conn_threshold.get());
    let mut held = Vec::new();
    let mut change = Vec::new();
    if gap <= abs {
        held.push(format!("within abs_conn_threshold {abs}"));
        change.push(format!("abs_conn_threshold below {}", gap.ceil().max(2.0)));
    }
    if donors <= recipients * strategy.rel_conn_threshold.get() {
        held.push(format!("within rel_conn_threshold {}", strategy.rel_conn_threshold));
        change.push(format!("rel_conn_threshold below {:.4}", donors / recipients));
    }
    format!(
        "donors average {donors:.1} connections and recipients {recipients:.1}: the difference of \
         {gap:.1} is {}{}; to balance further, set {}",
        held.join(" and "),
        sessions(split),
        change.join(" and "),
    )
}

fn sessions(split: &Split<'_>) -> String {
    let (donors, recipients) = split.session_means();
    if donors <= recipients {
        return String::new();
    }
    format!(", and so are their sessions ({donors:.1} and {recipients:.1})")
}
