//! The same numbers to read: every node's ends, and the whole course.

use crate::markup::text;
use crate::numbers::{change, count, float, percent, rounded, time};
use crate::paint::Palette;
use crate::series::Count;
use crate::{ReportInput, Sample};
use emqx_rebalance_core::{NodeCurve, NodeName};
use std::fmt::Write;

/// One row for every node: before, predicted, measured.
pub(crate) fn section(input: &ReportInput<'_>, palette: &Palette) -> String {
    let nodes = &input.plan.forecast.curve.nodes;
    let scale = nodes.iter().flat_map(|node| &node.connections).copied().max().unwrap_or(1).max(1);
    let mut html = String::from(
        "<section><h2>Nodes</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\">node</th>\
         <th scope=\"col\">part</th><th scope=\"col\" class=\"n\">before</th><th scope=\"col\" class=\"n\">predicted</th>\
         <th scope=\"col\" class=\"n\">measured</th><th scope=\"col\" class=\"n\">change</th>\
         <th scope=\"col\" class=\"n\">off the prediction</th><th scope=\"col\" class=\"bars\">clients</th></tr>\
         </thead><tbody>",
    );
    for node in nodes {
        row(&mut html, node, &Ends::of(node, input), palette, scale);
    }
    html.push_str("</tbody></table></div></section>");
    html
}

/// A node's clients at the ends.
struct Ends {
    /// None if the node did not answer when the plan was made.
    planned: Option<Planned>,
    measured: Option<u64>,
}

/// A node's clients as the plan has them.
#[derive(Clone, Copy)]
struct Planned {
    before: u64,
    predicted: u64,
}

impl Ends {
    fn of(node: &NodeCurve, input: &ReportInput<'_>) -> Self {
        let end = input.plan.forecast.end.iter().find(|end| end.node == node.node);
        let last = input.samples.last();
        let planned = Planned {
            before: node.connections.first().copied().unwrap_or(0),
            predicted: end.map_or(0, |end| end.connections),
        };
        Self {
            planned: (!input.plan.fingerprint.is_unknown(&node.node)).then_some(planned),
            measured: last.and_then(|last| clients(last, &node.node)),
        }
    }
}

fn row(html: &mut String, node: &NodeCurve, ends: &Ends, palette: &Palette, scale: u64) {
    let Ends { planned, measured } = *ends;
    let now = measured.or_else(|| planned.map(|planned| planned.predicted));
    let unread = || "–".to_owned();
    let share = |clients: Option<u64>| float(clients.unwrap_or(0)) / float(scale) * 100.0;
    let class = palette.class(&node.node);
    _ = write!(
        html,
        "<tr><th scope=\"row\"><i class=\"box {class}\"></i><code title=\"{}\">{}</code></th><td>{}</td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td>\
         <td class=\"bars\"><i class=\"bar before\" style=\"width:{:.1}%\"></i>\
         <i class=\"bar {class}\" style=\"width:{:.1}%\"></i></td></tr>",
        text(&node.node),
        text(palette.name(&node.node)),
        palette.part(&node.node).word(),
        planned.map_or_else(unread, |planned| count(planned.before)),
        planned.map_or_else(unread, |planned| count(planned.predicted)),
        measured.map_or_else(unread, count),
        planned.zip(now).map_or_else(unread, |(planned, now)| change(planned.before, now)),
        planned.zip(measured).map_or_else(unread, |(planned, now)| off(planned.predicted, now)),
        share(planned.map(|planned| planned.before)),
        share(now),
    );
}

/// How far a node is from its forecast.
fn off(predicted: u64, measured: u64) -> String {
    if predicted == 0 {
        return change(predicted, measured);
    }
    percent(float(predicted.abs_diff(measured)) / float(predicted))
}

/// The measured course, thin enough to read; nothing if nothing was measured.
pub(crate) fn course(input: &ReportInput<'_>, palette: &Palette) -> String {
    if input.samples.is_empty() {
        return String::new();
    }
    let nodes: Vec<&NodeName> = input.plan.forecast.curve.nodes.iter().map(|n| &n.node).collect();
    let mut html = String::from(
        "<section><details><summary>Measured course: clients, and disconnected sessions where \
         there are any</summary><div class=\"wide\"><table><thead><tr><th scope=\"col\">time</th>",
    );
    for node in &nodes {
        let class = palette.class(node);
        _ = write!(
            html,
            "<th scope=\"col\"><i class=\"box {class}\"></i>{}</th>",
            text(palette.name(node))
        );
    }
    html.push_str("</tr></thead><tbody>");
    let step = input.samples.len().div_ceil(MAX_ROWS).max(1);
    for sample in input.samples.iter().step_by(step) {
        _ = write!(html, "<tr><th scope=\"row\">{}</th>", time(sample.t_s));
        for node in &nodes {
            _ = write!(html, "<td class=\"n\">{}</td>", cell(sample, node));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div></details></section>");
    html
}

fn cell(sample: &Sample, node: &NodeName) -> String {
    let Some(found) = sample.nodes.iter().find(|found| found.node == *node) else {
        return "–".to_owned();
    };
    let clients = count(Count::Connections.of(found));
    match Count::DisconnectedSessions.of(found) {
        0 => clients,
        away => format!("{clients} <small>+{}</small>", rounded(float(away))),
    }
}

fn clients(sample: &Sample, node: &NodeName) -> Option<u64> {
    let found = sample.nodes.iter().find(|found| found.node == *node)?;
    Some(Count::Connections.of(found))
}

const MAX_ROWS: usize = 60;
