//! What EMQX was asked to do.

use crate::markup::text;
use crate::numbers::count;
use emqx_rebalance_core::{NodeName, Plan, Run};
use std::fmt::Write;

/// A row for every run; nothing if none is to start.
pub(crate) fn section(plan: &Plan) -> String {
    if plan.runs.is_empty() {
        return String::new();
    }
    let mut html = String::from(
        "<section><h2>Runs</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\">coordinator</th>\
         <th scope=\"col\">donors</th><th scope=\"col\">recipients</th>\
         <th scope=\"col\" class=\"n\"><code>conn_evict_rate</code></th>\
         <th scope=\"col\" class=\"n\"><code>sess_evict_rate</code></th><th scope=\"col\">waits</th>\
         <th scope=\"col\">connections end within</th></tr></thead><tbody>",
    );
    for run in &plan.runs {
        row(&mut html, run);
    }
    html.push_str("</tbody></table></div></section>");
    html
}

fn row(html: &mut String, run: &Run) {
    let strategy = &run.strategy;
    _ = write!(
        html,
        "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td><td>{} s, {} s</td><td>{} or ×{}</td></tr>",
        text(&run.coordinator),
        names(&run.donors),
        names(&run.recipients),
        count(strategy.conn_evict_rate.get().into()),
        count(strategy.sess_evict_rate.get().into()),
        strategy.wait_health_check,
        strategy.wait_takeover,
        count(strategy.abs_conn_threshold.get().into()),
        strategy.rel_conn_threshold.get(),
    );
}

fn names(nodes: &[NodeName]) -> String {
    let shown: Vec<String> =
        nodes.iter().take(MAX_NAMES).map(|node| format!("<code>{}</code>", text(node))).collect();
    let more = nodes.len().saturating_sub(MAX_NAMES);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(" "))
}

const MAX_NAMES: usize = 6;
