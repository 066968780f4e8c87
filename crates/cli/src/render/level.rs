//! What a plan of several runs adds: who closes when, how many rounds, what EMQX alone would do.

use super::numbers::{count, duration, percent};
use super::paper::Paper;
use super::table::{self, Column};
use emqx_rebalance_core::{Comparison, LoadBalancer, Move, Plan};

/// Each node: from, to, who leaves, who arrives, when it is closed.
pub(crate) fn moves(moves: &[Move], paper: Paper) -> String {
    let columns = [
        Column::Number("now"),
        Column::Number("leave"),
        Column::Number("arrive"),
        Column::Number("after"),
        Column::Text("closed to new clients"),
    ];
    let row = |node: &Move| {
        let counts = [node.from, node.leave, node.arrive, node.to].map(count);
        [&counts[..], &[closed(node)]].concat()
    };
    let rows: Vec<_> = moves.iter().map(row).collect();
    table::of_nodes(moves.iter().map(|node| &node.node), &columns, &rows, paper)
}

fn closed(node: &Move) -> String {
    match (node.closes_at_s, node.reopens_at_s) {
        (Some(from), Some(to)) => format!("{} to {}", duration(from), duration(to)),
        (Some(from), None) => format!("from {}", duration(from)),
        _ => "never".to_owned(),
    }
}

/// The rounds, and how it ends behind which balancer.
pub(crate) fn facts(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let [first, .., last] = plan.waves.as_slice() {
        let text = format!(
            "{} expected; fullest node {} over after the first, {} after the last",
            plan.waves.len(),
            percent(first.over),
            percent(last.over)
        );
        rows.push(("rounds", text));
    }
    if !plan.behind.is_empty() {
        let each = plan.behind.iter().map(|behind| {
            format!("{} over with {}", percent(behind.over), policy(behind.load_balancer))
        });
        rows.push(("load balancer", each.collect::<Vec<_>>().join(", ")));
    }
    rows
}

/// The plan and EMQX's own rebalance side by side; empty if EMQX would do nothing.
pub(crate) fn comparison(plan: &Plan, paper: Paper) -> String {
    let Some(alone) = &plan.comparison else {
        return "EMQX alone would not move any client.\n".to_owned();
    };
    let ours = Comparison {
        balance: plan.balance.after,
        disconnects: plan.forecast.disconnects,
        duration_s: plan.forecast.duration_s,
    };
    let columns = [
        Column::Text(""),
        Column::Number("fullest over"),
        Column::Number("emptiest under"),
        Column::Number("disconnects"),
        Column::Number("time"),
    ];
    let row = |what: &str, way: &Comparison| {
        vec![
            what.to_owned(),
            percent(way.balance.over),
            percent(way.balance.under),
            count(way.disconnects),
            duration(way.duration_s),
        ]
    };
    let rows = [row("this plan", &ours), row("EMQX alone", alone)];
    let table = table::draw(&columns, &rows, paper);
    format!("{table}\n{}\n", table::wrapped(&judgement(&ours, alone), paper.without(0), ""))
}

/// The difference in a sentence.
fn judgement(ours: &Comparison, alone: &Comparison) -> String {
    let [over, alone_over] = [ours, alone].map(|way| percent(way.balance.over));
    if ours.balance.over >= alone.balance.over {
        return format!("EMQX alone does as well: {alone_over} over.");
    }
    format!(
        "This plan leaves the fullest node {over} over the average where EMQX alone leaves it \
         {alone_over}, for {} disconnects where EMQX needs {}, in {} where it needs {}.",
        count(ours.disconnects),
        count(alone.disconnects),
        duration(ours.duration_s),
        duration(alone.duration_s)
    )
}

fn policy(load_balancer: LoadBalancer) -> &'static str {
    match load_balancer {
        LoadBalancer::RoundRobin => "round robin",
        LoadBalancer::Random => "random",
        LoadBalancer::LeastConnections => "least connections",
        LoadBalancer::Sticky => "sticky",
        LoadBalancer::Auto => "not known yet",
    }
}
