//! How it ended, and how well the forecast did.

use super::numbers::{count, float, name, names, percent};
use super::table::{self, Column};
use super::{ALERT, GOOD};
use emqx_rebalance_core::driver::{Cause, Outcome, Status};
use emqx_rebalance_core::{NodeEnd, Plan};

/// The verdict in a few lines.
pub(crate) fn outcome(outcome: &Outcome) -> String {
    let (style, mark) = if outcome.result.is_success() { (GOOD, "✔") } else { (ALERT, "✘") };
    let word = outcome.result.as_str().replace('_', " ");
    let detail = table::wrapped(&outcome.detail, 78, "  ");
    let mut text = format!("{style}{mark} {word}{style:#}\n  {detail}\n");
    if let Some(balance) = outcome.balance {
        text.push_str(&format!(
            "  fullest node {} over the average, emptiest {} under\n",
            percent(balance.over),
            percent(balance.under)
        ));
    }
    if !outcome.unchecked.is_empty() {
        let nodes = names(&outcome.unchecked);
        let line = format!("could not ask whether these serve again, look yourself: {nodes}");
        text.push_str(&format!("  {}\n", table::wrapped(&line, 78, "  ")));
    }
    let is_new = |cause: &&Cause| !outcome.detail.contains(&cause.message);
    if let Some(cause) = outcome.cause.as_ref().filter(is_new) {
        let line = format!("cause: {}", cause.message);
        text.push_str(&format!("  {}\n", table::wrapped(&line, 78, "  ")));
    }
    text
}

/// Every node as it was before the `first` plan, as the `last` forecast it and as it is.
pub(crate) fn comparison(first: &Plan, last: &Plan, status: &Status) -> String {
    let columns = [
        Column::Text("node"),
        Column::Number("before"),
        Column::Number("predicted"),
        Column::Number("actual"),
        Column::Number("difference"),
    ];
    let before = |end: &NodeEnd| {
        let mut counts = first.fingerprint.nodes.iter();
        counts.find(|count| count.node == end.node).map(|count| count.connections)
    };
    let row = |end: &NodeEnd| {
        let actual = status.nodes.iter().find(|load| load.node == end.node)?.connections;
        Some(vec![
            name(&end.node),
            count(before(end)?),
            count(end.connections),
            count(actual),
            difference(end.connections, actual),
        ])
    };
    let rows: Vec<_> = last.forecast.end.iter().filter_map(row).collect();
    table::draw(&columns, &rows)
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
