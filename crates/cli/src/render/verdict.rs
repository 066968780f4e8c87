//! How it ended, and how well the forecast did.

use super::numbers::{count, float, percent};
use super::paper::{Names, Paper};
use super::table::{self, Column};
use super::{ALERT, GOOD};
use emqx_rebalance_core::driver::{Cause, Outcome, Status};
use emqx_rebalance_core::{NodeEnd, NodeLoad, Plan};

/// The verdict in a few lines.
pub(crate) fn outcome(outcome: &Outcome, paper: Paper) -> String {
    let (style, mark) = if outcome.result.is_success() { (GOOD, "✔") } else { (ALERT, "✘") };
    let word = outcome.result.as_str().replace('_', " ");
    let line = |text: &str| format!("  {}\n", table::wrapped(text, paper.without(2), "  "));
    let mut text = format!("{style}{mark} {word}{style:#}\n{}", line(&outcome.detail));
    if let Some(balance) = outcome.balance {
        text.push_str(&format!(
            "  fullest node {} over the average, emptiest {} under\n",
            percent(balance.over),
            percent(balance.under)
        ));
    }
    if !outcome.unchecked.is_empty() {
        let nodes = Names::new(&outcome.unchecked, paper).some(&outcome.unchecked);
        let asked = "could not ask whether these serve again, look yourself";
        text.push_str(&line(&format!("{asked}: {nodes}")));
    }
    let is_new = |cause: &&Cause| !outcome.detail.contains(&cause.message);
    if let Some(cause) = outcome.cause.as_ref().filter(is_new) {
        text.push_str(&line(&format!("cause: {}", cause.message)));
    }
    text
}

/// Every node as it was before `plan`, as that promised and as it is.
pub(crate) fn comparison(plan: &Plan, status: &Status, paper: Paper) -> String {
    let columns = [
        Column::Number("before"),
        Column::Number("predicted"),
        Column::Number("actual"),
        Column::Number("difference"),
    ];
    let before = |end: &NodeEnd| {
        let mut counts = plan.fingerprint.nodes.iter();
        counts.find(|count| count.node == end.node && !count.unknown).map(|count| count.connections)
    };
    let predicted =
        |end: &NodeEnd| (!plan.fingerprint.is_unknown(&end.node)).then_some(end.connections);
    let unread = || "?".to_owned();
    let row = |end: &NodeEnd| {
        let load = status.nodes.iter().find(|load| load.node == end.node);
        let actual = load.and_then(NodeLoad::known_connections);
        vec![
            before(end).map_or_else(unread, count),
            predicted(end).map_or_else(unread, count),
            actual.map_or_else(unread, count),
            predicted(end).zip(actual).map_or_else(unread, |(of, is)| difference(of, is)),
        ]
    };
    let rows: Vec<_> = plan.forecast.end.iter().map(row).collect();
    table::of_nodes(plan.forecast.end.iter().map(|end| &end.node), &columns, &rows, paper)
}

/// How far the actual count is from the predicted one: "+12 (0.5 %)".
fn difference(predicted: u64, actual: u64) -> String {
    let sign = match actual.cmp(&predicted) {
        std::cmp::Ordering::Less => "-",
        std::cmp::Ordering::Equal => return "0".to_owned(),
        std::cmp::Ordering::Greater => "+",
    };
    let by = actual.abs_diff(predicted);
    if predicted == 0 {
        return format!("{sign}{}", count(by));
    }
    format!("{sign}{} ({})", count(by), percent(float(by) / float(predicted)))
}
